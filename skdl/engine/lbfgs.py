"""Training by SciPy's L-BFGS, on the whole objective."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize

from skdl.engine.batching import Batches, Data
from skdl.engine.clipping import norm, update_ratio
from skdl.engine.network import Network
from skdl.engine.penalties import start_penalty
from skdl.engine.progress import Epoch
from skdl.engine.protocols import ClassificationLoss, RegressionLoss, StepObserver
from skdl.engine.workspace import workspaces_for

__all__ = ["train_lbfgs"]

# Rows that are evaluated at a time: memory does not grow with the data.
ROWS = 8192
EPSILON = np.finfo(np.float64).eps


def train_lbfgs(
    network: Network,
    loss: ClassificationLoss | RegressionLoss,
    data: Data,
    *,
    alpha: float,
    max_iter: int,
    max_fun: int,
    tol: float,
    on_epoch: Callable[[Epoch], bool | None],
    on_end: Callable[[Any], None],
    on_begin: Callable[[], None] | None = None,
    observer: StepObserver | None = None,
) -> None:
    """Minimize the whole objective by L-BFGS, in place.

    Parameters
    ----------
    network : Network
        The network to train. Its parameters change in place.
    loss : loss object
        See `skdl.engine.losses`.
    data : Data
        The rows to train on.
    alpha : float
        Strength of the L2 penalty: the objective is the mean loss plus
        alpha / total weight · ½‖W‖².
    max_iter, max_fun : int
        Bounds on iterations and on evaluations of the objective.
    tol : float
        Training ends when no element of the gradient is larger. It also ends when an
        iteration lowers the objective by less than 2.2e-9 of its value, as SciPy's and
        scikit-learn's defaults have it. A tol below 1e-4 lowers this second bound in
        proportion; otherwise tol could not be reached.
    on_epoch : callable
        Called with an `Epoch` after each iteration. Training stops when it returns
        True.
    on_end : callable
        Called with SciPy's OptimizeResult, after its ``x`` was copied to the network.
    on_begin : callable, optional
        Called without arguments when an iteration begins. SciPy tells only after the
        last iteration that it was the last, so none begins after it.
    observer : step observer, optional
        Sees single iterations as steps, see `skdl.engine.protocols.StepObserver`.
        Objective and gradient are those after the iteration, and the rate is NaN. An
        iteration is complete before training ends.

    References
    ----------
    D. Liu, J. Nocedal, "On the limited memory BFGS method for large scale
    optimization", 1989.
    """
    objective = _FullObjective(network, loss, data, alpha)
    before = network.parameters.astype(np.float64)
    # The first evaluation is at the start, before any iteration.
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
        x, value = intermediate_result.x, intermediate_result.fun
        np.copyto(network.parameters, x, casting="same_kind")
        ends = False
        if observer is not None and observer.wants(iterations):
            ends = observer.before(before, objective.gradient, value)
            observer.after(x, np.nan)
        iterations += 1
        epoch = Epoch(value, norm(objective.gradient), update_ratio(x, before))
        np.copyto(before, x)
        # SciPy's way to ask for the end. SciPy catches this exception.
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
        # Keep the last complete iteration, not a point of the line search.
        np.copyto(network.parameters, before, casting="same_kind")
        raise
    np.copyto(network.parameters, result.x, casting="same_kind")
    on_end(result)


class _FullObjective:
    """The objective on all rows and its gradient, evaluated block by block.

    Attributes
    ----------
    gradient : ndarray of shape (n_parameters,)
        The gradient of the latest evaluation, in float64.
    """

    def __init__(self, network, loss, data, alpha):
        self.network, self.loss = network, loss
        n_rows = data.n_rows
        size = min(n_rows, ROWS)
        self.batches = Batches(data, size, network.dtype, network.takes_any_dtype)
        block_gradient = np.zeros_like(network.parameters)
        self.workspaces = workspaces_for(network, block_gradient, size, n_rows)
        self.total_weight = n_rows
        used = data.used_weights
        if used is not None:
            self.total_weight = float(used.sum())
        self.gradient = np.zeros(network.parameters.shape)
        self.term = start_penalty(None, alpha, network, self.gradient)

    def __call__(self, parameters):
        network, gradient = self.network, self.gradient
        np.copyto(network.parameters, parameters, casting="same_kind")
        value = 0.0
        gradient.fill(0)
        for X, targets, weights in self.batches.epoch():
            share = X.shape[0] if weights is None else float(weights.sum())
            if not share:
                continue
            share /= self.total_weight
            workspace = self.workspaces[X.shape[0]]
            value += share * network.loss_and_gradient(
                X, targets, weights, self.loss, workspace
            )
            np.multiply(workspace.gradient, share, out=workspace.gradient)
            np.add(gradient, workspace.gradient, out=gradient)
        if self.term is not None:
            value += self.term.add(self.total_weight)
        # SciPy may overwrite the gradient that it gets.
        return float(value), gradient.copy()
