"""The training loops: stochastic steps, and SciPy's L-BFGS."""

from time import perf_counter

import numpy as np
from scipy.optimize import minimize

from skdl.engine.batching import Batches
from skdl.engine.clipping import clip_gradient
from skdl.engine.penalties import L2Penalty
from skdl.engine.progress import Epoch
from skdl.engine.workspace import Workspace

__all__ = ["train", "train_lbfgs"]


def train(
    network, loss, optimizer, data, rng, *,
    alpha, batch_size, rate, progress, max_epochs, on_epoch, max_norm=None,
    penalty=None, dropout_rng=None, deadline=None, augmentation=None, observer=None,
):  # fmt: skip
    """Train a network by stochastic steps, in place.

    Parameters
    ----------
    network : Network
    loss : loss object
    optimizer : optimizer state
        What an optimizer's ``start`` returned for ``network.parameters``.
    data : Data
    rng : numpy.random.Generator, or None to keep the rows in order
    alpha : float
        Strength of the penalty: the objective of a batch is its mean loss plus
        alpha / batch weight · R(W), with the sum of its rows' weights as its weight.
    batch_size : int
    rate : callable
        Returns the learning rate of the next step for a Progress.
    progress : Progress
        Counted up in place.
    max_epochs : int
    on_epoch : callable
        Gets an Epoch. Training stops when it returns True.
    max_norm : float, optional
        Longer gradients are clipped to this length. Thresholds of the penalty shrink
        by the same factor, as if the rate were lower.
    penalty : penalty object, optional
        R, one of `skdl.engine`; by default `L2Penalty()`, ½‖W‖².
    dropout_rng : numpy.random.Generator, optional
        What dropout draws from; a network with dropout needs it.
    deadline : float, optional
        When to stop, on the clock of `time.perf_counter`, within an epoch, too.
    augmentation : Augmentation, optional
        What the rows of each batch pass through.
    observer : object, optional
        Is told of single steps and writes to nothing: where ``wants(step)`` is true for
        the number of steps before it, ``before(parameters, gradient, objective)`` and,
        unless the objective has exploded, ``after(parameters, rate)`` follow. The
        objective is that of the batch, and the gradient is not clipped yet. If
        ``before`` returns True, training ends at once, without that step and the end of
        the epoch. If it has a method ``batch(loss, weight)``, this is called first with
        the batch's mean loss, without the penalty, and the sum of its rows' weights.
    """
    # float() of all that a user may give: a NumPy number would promote float32.
    alpha = float(alpha)
    penalty = L2Penalty() if penalty is None else penalty
    proximal = penalty.start(network, optimizer) if alpha else None
    smooth, sharp, clipped = alpha * penalty.smooth, alpha * penalty.sharp, 1.0
    batches = Batches(
        data, batch_size, network.dtype, network.takes_any_dtype, augmentation
    )
    parameters, gradient = network.parameters, np.zeros_like(network.parameters)
    workspaces = _workspaces(network, gradient, batch_size, data.n_rows, dropout_rng)
    before = np.empty_like(parameters)
    progress.batches = -(-data.n_rows // batch_size)
    weightless = _count_weightless(data)
    batch = getattr(observer, "batch", None)
    # Overflow on the way to divergence is found by the loss: NumPy's warnings about it
    # would say nothing that helps.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(max_epochs):
            epoch, total_weight = Epoch(), 0.0
            rows_left = data.n_rows
            for X, targets, weights in batches.epoch(rng):
                n_rows = X.shape[0]
                rows_left -= n_rows
                batch_weight = n_rows if weights is None else float(weights.sum())
                if not batch_weight:
                    # Nothing to learn from: not even momentum moves.
                    progress.steps += 1
                    continue
                workspace = workspaces[n_rows]
                value = network.loss_and_gradient(
                    X, targets, weights, loss, smooth, workspace
                )
                if proximal is not None:
                    strength = sharp / batch_weight
                    value = value + strength * proximal.value()
                if progress.usual is None:
                    progress.usual = _size(value)
                observed = observer is not None and observer.wants(progress.steps)
                if observed:
                    if batch is not None:
                        batch(workspace.mean_of_rows(), batch_weight)
                    if observer.before(parameters, gradient, value):
                        return
                epoch.loss += value * batch_weight
                total_weight += batch_weight
                if not (network.stack or value <= EXPLOSION * progress.usual):
                    usual = _loss_at_zero(loss, targets, workspace)
                    progress.usual = max(progress.usual, _size(usual))
                    epoch.diverged = not value <= EXPLOSION * progress.usual
                    if epoch.diverged:
                        break
                # What is left may weigh nothing, and then this step is the last.
                last = rows_left <= weightless
                if last:
                    epoch.gradient_norm = _norm(gradient)
                    np.copyto(before, parameters)
                if max_norm is not None:
                    clipped = clip_gradient(gradient, max_norm)
                now = float(rate(progress))
                optimizer.step(parameters, gradient, now)
                if proximal is not None:
                    proximal.shrink(now, np.multiply(clipped, strength))
                if observed:
                    observer.after(parameters, now)
                progress.steps += 1
                if last:
                    epoch.update_ratio = _update_ratio(parameters, before)
                if deadline is not None and perf_counter() > deadline:
                    epoch.timed_out = True
                    break
            rows_seen = data.n_rows - rows_left
            progress.epochs += 1
            if progress.weight is None:
                progress.weight = float(progress.rows)
            progress.weight += total_weight
            progress.rows += rows_seen
            epoch.loss = epoch.loss / total_weight
            if on_epoch(epoch):
                return


# A loss that has grown by this factor comes back by no step that made it grow.
EXPLOSION = 1e10


def _size(loss):
    """Return |loss|, the largest of a stack, as a number from 1 to what is finite."""
    size = float(np.max(np.abs(loss)))
    return max(1.0, size if size < np.finfo(np.float64).max / EXPLOSION else 1.0)


def _loss_at_zero(loss, targets, workspace):
    """Return the largest row loss of scores that are zero; gradients are lost.

    Asked only for a batch that looks as if it had exploded: its targets may be far
    larger than the first batch's.
    """
    scores, rows = np.zeros_like(workspace.score_gradient), workspace.rows
    loss.rows_and_gradient(scores, targets, rows, workspace.score_gradient)
    return rows.max()


def _count_weightless(data):
    if data.weights is None:
        return 0
    used = data.weights if data.rows is None else data.weights[data.rows]
    return data.n_rows - np.count_nonzero(used)


def _norm(vectors):
    """Return the Euclidean norm over the last axis."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors)).astype(float)[()]


def _update_ratio(parameters, before):
    """Return ‖Δw‖ / ‖w‖; `before` is scratch from here on."""
    size = _norm(before)
    np.subtract(parameters, before, out=before)
    return _norm(before) / size


def _workspaces(network, gradient, batch_size, n_rows, rng=None):
    """Return a workspace for each size of batch, the last one's included."""
    return {
        size: Workspace(network, size, True, gradient, rng)
        for size in {batch_size, n_rows % batch_size} - {0}
    }


# Rows that L-BFGS evaluates at a time: its memory does not grow with the data.
LBFGS_ROWS = 8192
EPSILON = np.finfo(np.float64).eps


def train_lbfgs(
    network, loss, data, *,
    alpha, max_iter, max_fun, tol, on_epoch, on_end, on_begin=None, observer=None,
):  # fmt: skip
    """Minimize the whole objective by L-BFGS, in place.

    Parameters
    ----------
    network, loss, data, alpha
        As for `train`.
    max_iter, max_fun : int
        Bounds on iterations and on evaluations of the objective.
    tol : float
        Training ends when no element of the gradient is larger; it ends before, if an
        iteration lowers the objective by less than 2.2e-9 of it: SciPy's default, and
        scikit-learn's. A tol below 1e-4 lowers this bound in proportion, or it could
        not be reached.
    on_epoch : callable
        Gets an Epoch after each iteration. Training stops when it returns True.
    on_end : callable
        Gets SciPy's OptimizeResult, whose ``x`` is in the network by then.
    on_begin : callable, optional
        Called without arguments when an iteration begins: not after the last one, of
        which SciPy tells only afterwards that it was the last.
    observer : object, optional
        As for `train`, with iterations as steps: objective and gradient are those after
        the iteration, which is over before training ends, and the rate is NaN.

    References
    ----------
    D. Liu, J. Nocedal, "On the limited memory BFGS method for large scale
    optimization", 1989.
    """
    objective = _FullObjective(network, loss, data, alpha)
    before = network.parameters.astype(np.float64)
    # The first evaluation is of the start, before any iteration.
    evaluations, iterations, begun = 0, 0, False

    def evaluate(parameters):
        nonlocal evaluations, begun
        if on_begin is not None and evaluations and not begun:
            begun = True
            on_begin()
        evaluations += 1
        return objective(parameters)

    def after_iteration(intermediate_result):
        nonlocal begun, iterations
        begun = False
        np.copyto(network.parameters, intermediate_result.x, casting="same_kind")
        ends = False
        if observer is not None and observer.wants(iterations):
            value = intermediate_result.fun
            ends = observer.before(before, objective.gradient, value)
            observer.after(intermediate_result.x, np.nan)
        iterations += 1
        epoch = Epoch(
            intermediate_result.fun,
            _norm(objective.gradient),
            _update_ratio(intermediate_result.x, before),
        )
        np.copyto(before, intermediate_result.x)
        # SciPy knows only this exception as a wish to stop; it does not leave here.
        if on_epoch(epoch) or ends:
            raise StopIteration

    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            result = minimize(
                evaluate,
                before.copy(),
                method="L-BFGS-B",
                jac=True,
                callback=after_iteration,
                options={
                    "maxiter": max_iter,
                    "maxfun": max_fun,
                    "gtol": tol,
                    "ftol": max(64 * EPSILON, 1e7 * EPSILON * min(1, tol / 1e-4)),
                },
            )
    except KeyboardInterrupt:
        # Not in the middle of a line search.
        np.copyto(network.parameters, before, casting="same_kind")
        raise
    np.copyto(network.parameters, result.x, casting="same_kind")
    on_end(result)


class _FullObjective:
    """The objective on all rows and its gradient, evaluated block by block."""

    def __init__(self, network, loss, data, alpha):
        self.network, self.loss, self.alpha = network, loss, alpha
        n_rows = data.n_rows
        size = min(n_rows, LBFGS_ROWS)
        self.batches = Batches(data, size, network.dtype, network.takes_any_dtype)
        gradient = np.zeros_like(network.parameters)
        self.workspaces = _workspaces(network, gradient, size, n_rows)
        self.total_weight = n_rows
        if data.weights is not None:
            used = data.weights if data.rows is None else data.weights[data.rows]
            self.total_weight = float(used.sum())

    def __call__(self, parameters):
        network = self.network
        np.copyto(network.parameters, parameters, casting="same_kind")
        value, gradient = 0.0, np.zeros_like(parameters)
        for X, targets, weights in self.batches.epoch():
            share = X.shape[0] if weights is None else float(weights.sum())
            if not share:
                continue
            share /= self.total_weight
            workspace = self.workspaces[X.shape[0]]
            value += share * network.loss_and_gradient(
                X, targets, weights, self.loss, 0, workspace
            )
            gradient += np.multiply(workspace.gradient, share, out=workspace.gradient)
        strength = self.alpha / self.total_weight
        W = network.parameters[: network.n_weights]
        gradient[: network.n_weights] += strength * W
        # SciPy works on with what it gets: a copy tells the norm.
        self.gradient = gradient.copy()
        return float(value + strength / 2 * np.dot(W, W)), gradient
