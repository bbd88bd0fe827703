"""The training loop of stochastic steps, for several networks in one pass.

The steps are those of `skdl.engine.training.train`. That loop is a function of its own,
because all that differs between members is an array here and a Python number there,
which costs less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_rows
from skdl.engine.augmentation import Augmentation
from skdl.engine.batching import Data
from skdl.engine.clipping import clip_each, norm, update_ratio
from skdl.engine.divergence import (
    DIVERGENCE_FACTOR,
    has_diverged,
    loss_at_zero,
    reference_of,
)
from skdl.engine.network import Network
from skdl.engine.progress import Epoch, Progress
from skdl.engine.protocols import ClassificationLoss, Penalty, RegressionLoss
from skdl.engine.stacked_batches import StackedBatches
from skdl.engine.stacked_steps import OptimizerStack, PenaltyStack
from skdl.engine.stacking import join, leave
from skdl.engine.workspace import workspaces_for

__all__ = ["Member", "StackedTraining"]

# NumPy's buffer in a stack, in elements. With the usual one of 8192, NumPy copies rows
# of up to 2048 elements to operate on several at once, which takes four times as long.
BUFFER = 2048


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
        self.n_zero_weights = np.array([data.count_zero_weights() for data in parts])
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
        loss, sums = members[0].loss, _EpochSums(members)
        clip_factors, rows_left = 1.0, self.n_rows
        most_zeros, n_members = int(self.n_zero_weights.max()), len(members)
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
                skipped = self._skip(batch_weights, sums) if most_zeros else {}
                workspace = self.workspaces[n_rows]
                values = network.loss_and_gradient(X, targets, weights, loss, workspace)
                if term is not None:
                    values = values + term.add(batch_weights)
                sums.add(values, batch_weights, skipped)
                # Faster than `all`.
                if np.count_nonzero(values <= sums.limits) < n_members:
                    at_zero = loss_at_zero(loss, targets, workspace)
                    for i in sums.diverging(values, at_zero, skipped):
                        self._end_member(i, sums, rows_left)
                last = None
                if rows_left <= most_zeros:
                    last = self._are_last(rows_left, sums, skipped)
                    sums.note("gradient_norm", norm(self.gradient), last)
                    np.copyto(self.before, network.parameters)
                if self.clips:
                    clip_factors = clip_each(self.gradient, self.max_norms)
                rates = self._rates(sums, skipped)
                self.optimizer.step(rates)
                if term is not None:
                    term.shrink(rates, clip_factors)
                sums.count_step()
                if last is not None:
                    ratios = update_ratio(network.parameters, self.before)
                    sums.note("update_ratio", ratios, last)
                if skipped:
                    self._put_back(skipped)
        self.optimizer.publish()
        self._put_back(sums.ended)
        return sums.epochs(self.n_rows)

    def _rates(self, sums, skipped):
        """Return the rates of the members that make this step, and 0 for the others.

        Returns
        -------
        rates : float or ndarray of shape (n_members, 1)
            One number if all are equal.
        """
        all_step = not (skipped or sums.ended)
        if all_step and sums.rates is not None:
            return sums.rates
        sums.publish_steps()
        rates: Any = np.zeros((len(self.members), 1))
        for i, member in enumerate(self.members):
            if all_step or (sums.trains[i] and i not in skipped):
                rates[i] = member.rate(member.progress)
        if (rates == rates[0]).all():
            rates = float(rates[0, 0])
        if all_step and self.rates_last:
            sums.rates = rates
        return rates

    def _skip(self, batch_weights, sums):
        """Save the members that skip a batch, because none of its rows has weight.

        Their batch weight becomes 1, by which sums can be divided. After the step,
        `_put_back` restores these members.
        """
        skipped = {}
        if isinstance(batch_weights, np.ndarray):
            for i in np.flatnonzero(batch_weights == 0).tolist():
                batch_weights[i] = 1.0
                if sums.trains[i]:
                    skipped[i], self.drawing[i] = self._save(i), None
        return skipped

    def _end_member(self, i, sums, rows_left):
        """End the epoch of a member that has diverged.

        It is saved. Until the epoch ends, it computes with parameters of zero.
        """
        sums.end_member(i, self._save(i), rows_left)
        self.drawing[i] = None
        self.network.parameters[i] = 0

    def _save(self, i):
        self.optimizer.publish()
        member = self.members[i]
        return member.network.snapshot(), member.optimizer.state_dict()

    def _put_back(self, saved):
        """Restore members that took part in computations, but make no step."""
        if saved:
            self.optimizer.publish()
        for i, (snapshot, moments) in saved.items():
            member = self.members[i]
            member.network.restore(snapshot)
            member.optimizer.load(moments)
            self.drawing[i] = member.dropout_rng
        if saved:
            self.optimizer.collect()

    def _are_last(self, rows_left, sums, skipped):
        """Return the members whose last step of this epoch may be the current one."""
        last = (rows_left <= self.n_zero_weights) & sums.trains
        last[list(skipped)] = False
        return np.flatnonzero(last).tolist()

    def synchronize(self):
        """Bring generators to the state that they would have alone.

        Call this before members leave, or their generators are stored.
        """
        self.batches.orders.synchronize()


class _EpochSums:
    """What an epoch of a stack sums up, with an element for each member.

    Attributes
    ----------
    limits : ndarray
        The losses above which members diverge.
    trains : list of bool
        Whether each member still trains in this epoch: it has not diverged.
    ended : dict
        The saved states of the members that have diverged.
    """

    def __init__(self, members):
        self.progresses = [member.progress for member in members]
        n = len(members)
        # The weights are a float while those of all members are equal.
        self.losses = np.zeros(n)
        self.weights: Any = 0.0
        self.trains, self.ended = [True] * n, {}
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

    def add(self, values, batch_weights, skipped):
        """Add the objectives of a batch; the first one is a member's reference."""
        if skipped:
            batch_weights = np.array(batch_weights)
            batch_weights[list(skipped)] = 0.0
        self.losses += values * batch_weights
        self.weights = self.weights + batch_weights
        if self.missing:
            for i in set(self.missing) - set(skipped):
                self.progresses[i].reference_loss = reference_of(values[i])
            self._set_limits()

    def diverging(self, values, at_zero, skipped):
        """Return the members that diverge, as `train` decides it."""
        found = []
        for i in np.flatnonzero(~(values <= self.limits)).tolist():
            if self.trains[i] and i not in skipped:
                progress = self.progresses[i]
                if has_diverged(values[i], progress, at_zero[i]):
                    found.append(i)
                self.limits[i] = DIVERGENCE_FACTOR * progress.reference_loss
        return found

    def end_member(self, i, saved, rows_left):
        """Note that the epoch of a member ends here."""
        self.publish_steps()
        self.trains[i], self.ended[i] = False, saved
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
            progress.count_epoch(n_rows - rows_left, float(weight))
            report.loss = float(loss / weight)
        return self.reports


def _batch_weights(weights, n_rows):
    """Return the sum of a batch's weights: a float, or one for each member."""
    if weights is None:
        return float(n_rows)
    if weights.ndim == 2:
        return float(weights.sum())
    return np.add.reduce(weights, axis=-2)[:, 0].astype(np.float64)
