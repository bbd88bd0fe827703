"""The training loop of stochastic steps, for one network.

`skdl.engine.stacked_training` has the loop for several networks in one pass, and
`skdl.engine.lbfgs` the training by SciPy's L-BFGS.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from skdl.engine.augmentation import Augmentation
from skdl.engine.batching import Batches, Data
from skdl.engine.clipping import clip_gradient, norm, update_ratio
from skdl.engine.divergence import (
    DIVERGENCE_FACTOR,
    has_diverged,
    loss_at_zero,
    reference_of,
)
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
from skdl.engine.setups import Setup

__all__ = ["train"]


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
    setup: Setup | None = None,
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
    setup : Setup, optional
        The network with memory of an earlier training. A new one by default.
    """
    # Python numbers: a NumPy number would promote float32 to float64.
    alpha = float(alpha)
    clip_factor: float | list[float] = 1.0
    batches = Batches(
        data, batch_size, network.dtype, network.takes_any_dtype, augmentation
    )
    parameters = network.parameters
    setup = Setup(network) if setup is None else setup
    gradient, workspaces = setup.allocate(batch_size, data.n_rows, dropout_rng)
    term = start_penalty(penalty, alpha, network, gradient, optimizer)
    before = np.empty_like(parameters)
    n_zero_weights = data.count_zero_weights()
    progress.batches = -(-data.n_rows // batch_size)
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
                    progress.reference_loss = reference_of(value)
                watching = None
                if observer is not None and observer.wants(progress.steps):
                    watching = observer
                    if _show_batch(watching, workspace, batch_weight, network, value):
                        return
                epoch.loss += value * batch_weight
                total_weight += batch_weight
                limit = DIVERGENCE_FACTOR * progress.reference_loss
                if not (network.stack or value <= limit):
                    at_zero = loss_at_zero(loss, targets, workspace)
                    epoch.diverged = has_diverged(value, progress, at_zero)
                    if epoch.diverged:
                        break
                # The remaining rows may all have weight 0: then this is the last step
                # of the epoch, whose norms are recorded.
                is_last = rows_left <= n_zero_weights
                if is_last:
                    epoch.gradient_norm = norm(gradient)
                    np.copyto(before, parameters)
                if max_norm is not None:
                    clip_factor = clip_gradient(gradient, max_norm)
                step_rate = float(rate(progress))
                optimizer.step(parameters, gradient, step_rate)
                if term is not None:
                    term.shrink(step_rate, clip_factor)
                if watching is not None:
                    watching.after(parameters, step_rate)
                progress.steps += 1
                if is_last:
                    epoch.update_ratio = update_ratio(parameters, before)
                if deadline is not None and perf_counter() > deadline:
                    epoch.timed_out = True
                    break
            epoch.loss = epoch.loss / total_weight
            progress.count_epoch(data.n_rows - rows_left, total_weight)
            if on_epoch(epoch):
                return


def _show_batch(observer, workspace, batch_weight, network, value):
    """Show an observer a batch before its step; return whether it ends training."""
    on_batch = getattr(observer, "batch", None)
    if on_batch is not None:
        on_batch(workspace.mean_of_rows(), batch_weight)
    return observer.before(network.parameters, workspace.gradient, value)
