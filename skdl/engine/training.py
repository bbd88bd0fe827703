"""The training loop of stochastic steps; `skdl.engine.lbfgs` has the other one."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from skdl.engine.augmentation import Augmentation
from skdl.engine.batching import Batches, Data
from skdl.engine.clipping import clip_gradient, norm, update_ratio
from skdl.engine.network import Network
from skdl.engine.penalties import start_penalty
from skdl.engine.progress import Epoch, Progress
from skdl.engine.protocols import (
    ClassificationLoss,
    OptimizerState,
    Penalty,
    RegressionLoss,
    StepObserver,
)
from skdl.engine.workspace import workspaces_for

__all__ = ["train"]

# Treat the run as diverged once a batch loss exceeds this multiple of the reference
# loss: at this rate it does not recover.
DIVERGENCE_FACTOR = 1e10


def train(
    network: Network,
    loss: ClassificationLoss | RegressionLoss,
    optimizer: OptimizerState,
    data: Data,
    rng: np.random.Generator | None,
    *,
    alpha: float,
    batch_size: int,
    rate: Callable[[Progress], float],
    progress: Progress,
    max_epochs: int,
    on_epoch: Callable[[Epoch], bool | None],
    max_norm: float | None = None,
    penalty: Penalty | None = None,
    dropout_rng: np.random.Generator | None = None,
    deadline: float | None = None,
    augmentation: Augmentation | None = None,
    observer: StepObserver | None = None,
) -> None:
    """Train a network by stochastic steps, in place.

    Each batch takes one step: loss and gradient, penalty, clipping, optimizer,
    thresholds of the penalty.

    Parameters
    ----------
    network : Network
        The network to train. Its parameters and statistics change in place.
    loss : loss object
        See `skdl.engine.losses`.
    optimizer : optimizer state
        What an optimizer's ``start`` returned for ``network.parameters``.
    data : Data
        The rows to train on.
    rng : numpy.random.Generator, or None
        Shuffles the rows of each epoch. None keeps them in order.
    alpha : float
        Strength of the penalty: the objective of a batch is its mean loss plus
        alpha / batch weight · R(W). The batch weight is the sum of its row weights.
    batch_size : int
        Rows per batch. The last batch of an epoch may be smaller.
    rate : callable
        ``rate(progress)`` returns the learning rate of the next step.
    progress : Progress
        Counters of epochs, steps and rows, updated in place.
    max_epochs : int
        Epochs to train at most.
    on_epoch : callable
        Called with an `Epoch` after each epoch. Training stops when it returns True.
    max_norm : float, optional
        Longer gradients are clipped to this norm. The penalty's thresholds shrink by
        the same factor, as if the rate were lower.
    penalty : penalty object, optional
        R, one of `skdl.engine.penalties`. The default is `L2Penalty()`, ½‖W‖².
    dropout_rng : numpy.random.Generator, optional
        Where dropout draws from. A network with dropout needs it.
    deadline : float, optional
        When to stop, on the clock of `time.perf_counter`, also within an epoch.
    augmentation : Augmentation, optional
        Transforms the rows of each batch.
    observer : step observer, optional
        Sees single steps, see `skdl.engine.protocols.StepObserver`.
    """
    # Python numbers: a NumPy number would promote float32 to float64.
    alpha = float(alpha)
    clip_factor: float | list[float] = 1.0
    batches = Batches(
        data, batch_size, network.dtype, network.takes_any_dtype, augmentation
    )
    parameters, gradient = network.parameters, np.zeros_like(network.parameters)
    term = start_penalty(penalty, alpha, network, gradient, optimizer)
    workspaces = workspaces_for(network, gradient, batch_size, data.n_rows, dropout_rng)
    before = np.empty_like(parameters)
    progress.batches = -(-data.n_rows // batch_size)
    n_zero_weight = _count_zero_weights(data)
    on_batch = getattr(observer, "batch", None)
    # Divergence is found by the loss: NumPy's warnings about overflow do not help.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(max_epochs):
            epoch, total_weight = Epoch(), 0.0
            rows_left = data.n_rows
            for X, targets, weights in batches.epoch(rng):
                n_rows = X.shape[0]
                rows_left -= n_rows
                batch_weight = n_rows if weights is None else float(weights.sum())
                if not batch_weight:
                    # No row counts: not even momentum moves the parameters.
                    progress.steps += 1
                    continue
                workspace = workspaces[n_rows]
                value = network.loss_and_gradient(X, targets, weights, loss, workspace)
                if term is not None:
                    value = value + term.add(batch_weight)
                if progress.reference_loss is None:
                    progress.reference_loss = _reference(value)
                observed = observer is not None and observer.wants(progress.steps)
                if observed and observer is not None:
                    if on_batch is not None:
                        on_batch(workspace.mean_of_rows(), batch_weight)
                    if observer.before(parameters, gradient, value):
                        return
                epoch.loss += value * batch_weight
                total_weight += batch_weight
                limit = DIVERGENCE_FACTOR * progress.reference_loss
                if not (network.stack or value <= limit):
                    # The targets of this batch may be far larger than the first ones.
                    at_zero = _reference(_loss_at_zero(loss, targets, workspace))
                    progress.reference_loss = max(progress.reference_loss, at_zero)
                    limit = DIVERGENCE_FACTOR * progress.reference_loss
                    epoch.diverged = not value <= limit
                    if epoch.diverged:
                        break
                # The remaining rows may all have weight 0: then this is the last step
                # of the epoch, whose norms are recorded.
                is_last = rows_left <= n_zero_weight
                if is_last:
                    epoch.gradient_norm = norm(gradient)
                    np.copyto(before, parameters)
                if max_norm is not None:
                    clip_factor = clip_gradient(gradient, max_norm)
                step_rate = float(rate(progress))
                optimizer.step(parameters, gradient, step_rate)
                if term is not None:
                    term.shrink(step_rate, clip_factor)
                if observed and observer is not None:
                    observer.after(parameters, step_rate)
                progress.steps += 1
                if is_last:
                    epoch.update_ratio = update_ratio(parameters, before)
                if deadline is not None and perf_counter() > deadline:
                    epoch.timed_out = True
                    break
            progress.epochs += 1
            if progress.weight is None:
                progress.weight = float(progress.rows)
            progress.weight += total_weight
            progress.rows += data.n_rows - rows_left
            epoch.loss = epoch.loss / total_weight
            if on_epoch(epoch):
                return


def _reference(loss):
    """Return |loss|, the largest of a stack, but at least 1 and safely finite."""
    size = float(np.max(np.abs(loss)))
    largest = np.finfo(np.float64).max / DIVERGENCE_FACTOR
    return max(1.0, size if size < largest else 1.0)


def _loss_at_zero(loss, targets, workspace):
    """Return the largest row loss if all scores were zero; gradients are overwritten.

    Called only for a batch whose loss looks like divergence.
    """
    scores, rows = np.zeros_like(workspace.score_gradient), workspace.rows
    loss.rows_and_gradient(scores, targets, rows, workspace.score_gradient)
    return rows.max()


def _count_zero_weights(data):
    """Return how many of the rows in use have weight 0."""
    if data.weights is None:
        return 0
    used = data.weights if data.rows is None else data.weights[data.rows]
    return data.n_rows - np.count_nonzero(used)
