"""The training loop of stochastic steps; `skdl.engine.lbfgs` has the other one.

`train` trains one network, and `StackedTraining` does the same for several networks in
one pass. They are two loops, because all that differs between members is an array in
the one and a Python number in the other, which costs less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_rows, aligned_zeros
from skdl.engine.augmentation import Augmentation
from skdl.engine.batching import Batches, Data
from skdl.engine.clipping import clip_each, clip_gradient, norm, update_ratio
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
from skdl.engine.stacked_batches import StackedBatches
from skdl.engine.stacked_steps import OptimizerStack, PenaltyStack
from skdl.engine.stacking import join, leave
from skdl.engine.workspace import workspaces_for

__all__ = ["Member", "StackedTraining", "train"]

# Treat the run as diverged once a batch loss exceeds this multiple of the reference
# loss: at this rate it does not recover.
DIVERGENCE_FACTOR = 1e10
# NumPy's buffer in a stack, in elements. With the usual one of 8192, NumPy copies rows
# of up to 2048 elements to operate on several at once, which takes four times as long.
BUFFER = 2048


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
    parameters = network.parameters
    gradient = aligned_zeros(parameters.shape, parameters.dtype)
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


@dataclass
class Member:
    """One network of a stack in training, with the arguments that `train` takes.

    Attributes
    ----------
    network, loss, optimizer, data, rng, alpha, batch_size, rate, progress
        See `train`.
    max_norm, penalty, dropout_rng, augmentation
        See `train`.
    rate_lasts : bool
        Whether `rate` returns the same for all steps of an epoch.
    """

    network: Network
    loss: ClassificationLoss | RegressionLoss
    optimizer: Any
    data: Data
    rng: np.random.Generator | None
    alpha: float
    batch_size: int
    rate: Callable[[Progress], float]
    progress: Progress
    max_norm: float | None = None
    penalty: Penalty | None = None
    dropout_rng: np.random.Generator | None = None
    augmentation: Augmentation | None = None
    rate_lasts: bool = False

    def leave(self):
        """Leave a stack, with arrays of its own."""
        self.optimizer.leave()
        leave(self.network)


class StackedTraining:
    """Trains several networks in one pass, epoch by epoch.

    Each member ends an epoch as `train` would have left it. The members agree in what
    fixes the shape of a pass: layout and kinds of layers, dtype, loss, number of rows,
    batch size, kind of optimizer. All else is each member's own.

    While they are members, networks and states of optimizers hold views of arrays of
    the stack: they can be read, saved and restored between two epochs. Layers are
    attached only once a member leaves.

    Parameters
    ----------
    members : sequence of Member
        Members whose penalties and optimizers fit into a stack: see
        `skdl.engine.stacked_steps`.

    Attributes
    ----------
    members : list of Member
    network : Network
        The stack.
    """

    def __init__(self, members):
        self.members = members = list(members)
        first = members[0]
        self.network = network = join([member.network for member in members])
        size = network.parameters[0].size
        self.gradient = aligned_rows(len(members), size, network.dtype)
        self.optimizer = OptimizerStack(
            [member.optimizer for member in members], network.parameters, self.gradient
        )
        alphas = [float(member.alpha) for member in members]
        self.term = None
        if any(alphas):
            penalties = [member.penalty for member in members]
            self.term = PenaltyStack(
                penalties, alphas, network, self.gradient, self.optimizer
            )
        self.n_rows, size = first.data.n_rows, first.batch_size
        parts = [member.data for member in members]
        self.batches = StackedBatches(
            parts, [member.rng for member in members], size, network.dtype,
            network.takes_any_dtype, [member.augmentation for member in members],
        )  # fmt: skip
        # One generator for each member; None while it makes no step.
        self.drawing: list = [member.dropout_rng for member in members]
        self.workspaces = workspaces_for(
            network, self.gradient, size, self.n_rows, self.drawing
        )
        n_parameters = network.parameters[0].size
        self.before = aligned_rows(len(members), n_parameters, network.dtype)
        limits = [member.max_norm for member in members]
        self.max_norms = np.array([np.inf if c is None else float(c) for c in limits])
        self.clips = bool(np.isfinite(self.max_norms).any())
        self.n_zero_weight = np.array([_count_zero_weights(data) for data in parts])
        self.rates_last = all(member.rate_lasts for member in members)
        for member in members:
            member.progress.batches = -(-self.n_rows // size)

    def epoch(self):
        """Train each member for one epoch.

        Returns
        -------
        epochs : list of Epoch
            The report on each member.
        """
        # A restart may have loaded an optimizer.
        self.optimizer.collect()
        before = np.setbufsize(BUFFER)
        try:
            return self._epoch()
        finally:
            np.setbufsize(before)

    def _epoch(self):
        members, network, term = self.members, self.network, self.term
        loss, sums = members[0].loss, _Sums(members)
        clip_factors, rows_left = 1.0, self.n_rows
        most_zeros, n_members = int(self.n_zero_weight.max()), len(members)
        # Divergence is found by the loss: NumPy's warnings about overflow do not help.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for X, targets, weights in self.batches.epoch(sums.trains):
                n_rows = X.shape[-2]
                rows_left -= n_rows
                batch_weights = _batch_weights(weights, n_rows)
                if most_zeros and not np.any(batch_weights):
                    # No row counts: not even momentum moves the parameters.
                    sums.count_step()
                    continue
                resting = self._rest(batch_weights, sums) if most_zeros else {}
                workspace = self.workspaces[n_rows]
                values = network.loss_and_gradient(X, targets, weights, loss, workspace)
                if term is not None:
                    values = values + term.add(batch_weights)
                sums.add(values, batch_weights, resting)
                # Faster than `all`.
                if np.count_nonzero(values <= sums.limits) < n_members:
                    at_zero = _loss_at_zero(loss, targets, workspace)
                    for i in sums.diverging(values, at_zero, resting):
                        self._fall_asleep(i, sums, rows_left)
                last = None
                if rows_left <= most_zeros:
                    last = self._are_last(rows_left, sums, resting)
                    sums.note("gradient_norm", norm(self.gradient), last)
                    np.copyto(self.before, network.parameters)
                if self.clips:
                    clip_factors = clip_each(self.gradient, self.max_norms)
                rates = self._rates(sums, resting)
                self.optimizer.step(rates)
                if term is not None:
                    term.shrink(rates, clip_factors)
                sums.count_step()
                if last is not None:
                    ratios = update_ratio(network.parameters, self.before)
                    sums.note("update_ratio", ratios, last)
                if resting:
                    self._resume(resting)
        self.optimizer.publish()
        self._resume(sums.asleep)
        return sums.epochs(self.n_rows)

    def _rates(self, sums, resting):
        """Return the rates of the members that make this step, and 0 for the others.

        Returns
        -------
        rates : float or ndarray of shape (n_members, 1)
            One number if all are equal.
        """
        all_step = not (resting or sums.asleep)
        if all_step and sums.rates is not None:
            return sums.rates
        sums.publish_steps()
        rates: Any = np.zeros((len(self.members), 1))
        for i, member in enumerate(self.members):
            if all_step or (sums.trains[i] and i not in resting):
                rates[i] = member.rate(member.progress)
        if (rates == rates[0]).all():
            rates = float(rates[0, 0])
        if all_step and self.rates_last:
            sums.rates = rates
        return rates

    def _rest(self, batch_weights, sums):
        """Save the members whose batch has no weight: nothing of them may change.

        Their weight becomes 1, by which sums can be divided.
        """
        resting = {}
        if isinstance(batch_weights, np.ndarray):
            for i in np.flatnonzero(batch_weights == 0).tolist():
                batch_weights[i] = 1.0
                if sums.trains[i]:
                    resting[i], self.drawing[i] = self._save(i), None
        return resting

    def _fall_asleep(self, i, sums, rows_left):
        """Save a member that has diverged; from now on it computes with zeros."""
        sums.sleep(i, self._save(i), rows_left)
        self.drawing[i] = None
        self.network.parameters[i] = 0

    def _save(self, i):
        self.optimizer.publish()
        member = self.members[i]
        return member.network.snapshot(), member.optimizer.state_dict()

    def _resume(self, saved):
        """Put back members that computed, but made no step."""
        if saved:
            self.optimizer.publish()
        for i, (snapshot, moments) in saved.items():
            member = self.members[i]
            member.network.restore(snapshot)
            member.optimizer.load(moments)
            self.drawing[i] = member.dropout_rng
        if saved:
            self.optimizer.collect()

    def _are_last(self, rows_left, sums, resting):
        """Return the members whose last step of this epoch may be the current one."""
        last = (rows_left <= self.n_zero_weight) & sums.trains
        last[list(resting)] = False
        return np.flatnonzero(last).tolist()

    def synchronize(self):
        """Bring generators to the state that they would have alone.

        Call this before members leave, or their generators are stored.
        """
        self.batches.orders.synchronize()


class _Sums:
    """What an epoch of a stack sums up, with an element for each member.

    Attributes
    ----------
    limits : ndarray
        The losses above which members diverge.
    trains : list of bool
        Whether each member has not diverged in this epoch.
    asleep : dict
        The saved states of those that have.
    """

    def __init__(self, members):
        self.progresses = [member.progress for member in members]
        n = len(members)
        # The weights are a float while those of all members are equal.
        self.losses = np.zeros(n)
        self.weights: Any = 0.0
        self.trains, self.asleep = [True] * n, {}
        self.reports = [Epoch() for _ in members]
        self.rows_left = {}
        self.rates: Any = None
        self.n_new_steps = 0
        self._set_limits()

    def _set_limits(self):
        references = [progress.reference_loss for progress in self.progresses]
        self.missing = [i for i, loss in enumerate(references) if loss is None]
        self.limits = np.array(
            [
                np.inf if loss is None else DIVERGENCE_FACTOR * loss
                for loss in references
            ]
        )

    def add(self, values, batch_weights, resting):
        """Add the objectives of a batch; the first one is a member's reference."""
        if resting:
            batch_weights = np.array(batch_weights)
            batch_weights[list(resting)] = 0.0
        self.losses += values * batch_weights
        self.weights = self.weights + batch_weights
        if self.missing:
            for i in set(self.missing) - set(resting):
                self.progresses[i].reference_loss = _reference(values[i])
            self._set_limits()

    def diverging(self, values, at_zero, resting):
        """Return the members that diverge, as `train` decides it."""
        found = []
        for i in np.flatnonzero(~(values <= self.limits)).tolist():
            if self.trains[i] and i not in resting:
                progress = self.progresses[i]
                largest = max(progress.reference_loss, _reference(at_zero[i]))
                progress.reference_loss = largest
                self.limits[i] = DIVERGENCE_FACTOR * largest
                if not values[i] <= self.limits[i]:
                    found.append(i)
        return found

    def sleep(self, i, saved, rows_left):
        """Note that the epoch of a member ends here."""
        self.publish_steps()
        self.trains[i], self.asleep[i] = False, saved
        self.rows_left[i] = rows_left, self.losses[i], self._weight(i)
        self.reports[i].diverged = True

    def _weight(self, i):
        several = isinstance(self.weights, np.ndarray)
        return self.weights[i] if several else self.weights

    def note(self, name, values, members):
        """Write one value into the report of some members."""
        for i in members:
            setattr(self.reports[i], name, values[i])

    def count_step(self):
        """Count a step of each member that has not diverged."""
        self.n_new_steps += 1

    def publish_steps(self):
        """Tell the members how many steps they have made."""
        for progress, trains in zip(self.progresses, self.trains, strict=True):
            if trains:
                progress.steps += self.n_new_steps
        self.n_new_steps = 0

    def epochs(self, n_rows):
        """Count the epoch and its rows; return the reports."""
        self.publish_steps()
        for i, (progress, report) in enumerate(
            zip(self.progresses, self.reports, strict=True)
        ):
            end = 0, self.losses[i], self._weight(i)
            rows_left, loss, weight = self.rows_left.get(i, end)
            progress.epochs += 1
            if progress.weight is None:
                progress.weight = float(progress.rows)
            progress.weight += float(weight)
            progress.rows += n_rows - rows_left
            report.loss = float(loss / weight)
        return self.reports


def _batch_weights(weights, n_rows):
    """Return the sum of a batch's weights: a float, or one for each member."""
    if weights is None:
        return float(n_rows)
    if weights.ndim == 2:
        return float(weights.sum())
    return np.add.reduce(weights, axis=-2)[:, 0].astype(np.float64)


def _reference(loss):
    """Return |loss|, the largest of a stack, but at least 1 and safely finite."""
    size = float(np.max(np.abs(loss)))
    largest = np.finfo(np.float64).max / DIVERGENCE_FACTOR
    return max(1.0, size if size < largest else 1.0)


def _loss_at_zero(loss, targets, workspace):
    """Return the largest row loss if all scores were zero; gradients are overwritten.

    Called only for a batch whose loss looks like divergence. For a stack, return the
    largest one of each network.
    """
    scores, rows = np.zeros_like(workspace.score_gradient), workspace.rows
    loss.rows_and_gradient(scores, targets, rows, workspace.score_gradient)
    return rows.max(axis=(-2, -1))


def _count_zero_weights(data):
    """Return how many of the rows in use have weight 0."""
    if data.weights is None:
        return 0
    used = data.weights if data.rows is None else data.weights[data.rows]
    return data.n_rows - np.count_nonzero(used)
