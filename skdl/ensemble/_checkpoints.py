"""Members out of one training run."""

from copy import copy
from dataclasses import KW_ONLY, dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._warn import warn
from skdl.callbacks import Checkpoint
from skdl.engine.averaging import average, renew_statistics
from skdl.engine.schedules import CosineRestarts
from skdl.engine.stacking import stack
from skdl.ensemble._base import BaseEnsemble
from skdl.ensemble._snapshots import Snapshot, Snapshots
from skdl.ensemble._validation import check_parameters, hold_out, known_scores

__all__ = ["CheckpointMembers"]

# Reasons to stop that the user, or a budget, gives.
CUT_SHORT = ("callback", "interrupted", "max_time")


@dataclass(eq=False, repr=False)
class CheckpointMembers(BaseEnsemble):
    """Fits one net and keeps what it was on the way."""

    _: KW_ONLY
    n_members: int = 5
    snapshots: str = "cyclic"
    average_weights: bool = False
    random_state: int | np.random.RandomState | None = None

    def _fit_members(self, net, X, y, sample_weight, given):
        check_parameters(net)
        self._check_averaging()
        if net.solver == "lbfgs":
            raise ValueError(
                f"estimator has solver='lbfgs', and {type(self).__name__} needs "
                "epochs of a stochastic solver: take one such as 'adam', or an "
                "ensemble of seeds."
            )
        callbacks = getattr(net, "_skl_callbacks", [])
        if any(isinstance(one, Checkpoint) and one.resume for one in callbacks):
            raise ValueError(
                f"estimator has a Checkpoint(resume=True), from whose file a run goes "
                f"on without the copies that {type(self).__name__} took before: set "
                "resume=False, or take an ensemble of seeds."
            )
        net.set_params(warm_start=False)
        if self.random_state is not None:
            net.set_params(random_state=self.random_state)
        cyclic, split = self.snapshots == "cyclic", net.validation_split
        last_epoch = self._set_cycles(net) if cyclic else None
        if self.snapshots == "best" or self.weights == "score":
            hold_out(net, given, net.random_state)
        snapshots = Snapshots(self.snapshots, self.n_members, last_epoch)
        net.set_callbacks(*callbacks, snapshots).fit(X, y, sample_weight, **given)
        net.set_callbacks(*callbacks).set_params(validation_split=split)
        return self._members(net, snapshots)

    def _members(self, net, snapshots):
        network, kept = net._network, snapshots.kept
        del net._network
        is_cut_short = not kept and self._may_keep_the_end(net)
        if is_cut_short:
            kept = [_end_of(net, network)]
        if not kept:
            raise ValueError(
                f"Training ended after {net.n_iter_} epochs "
                f"(stop_reason_={net.stop_reason_!r}) without one that "
                f"snapshots={self.snapshots!r} could take: no epoch had a validation "
                "score that is a number."
            )
        if len(kept) < self.n_members:
            warn(
                f"There are {len(kept)} members instead of n_members="
                f"{self.n_members}: training ended after {net.n_iter_} epochs "
                f"(stop_reason_={net.stop_reason_!r})."
                + (" The member is the net as it was then." if is_cut_short else ""),
                ConvergenceWarning,
            )
        arrays = [snapshot.arrays for snapshot in kept]
        epochs = np.array([snapshot.epoch for snapshot in kept])
        scores = [snapshot.score for snapshot in kept]
        # A single member needs no score to be weighed by.
        needed = self.weights == "score" and not is_cut_short
        known = known_scores(scores, net, needed=needed)
        scores = np.array(scores) if is_cut_short and self.weights else known
        results = {"member_epochs_": epochs, "member_scores_": scores}
        if self.average_weights:
            average(network, arrays)
            renew_statistics(network, snapshots.data)
            arrays, kept = [network.snapshot()], kept[-1:]
        nets = [net]
        if not is_cut_short:
            nets = [_as_of(net, snapshot) for snapshot in kept]
        return nets, stack(network, arrays), results

    def _may_keep_the_end(self, net):
        """Tell whether the net's end is a member, where no epoch became one.

        An interruption in the first cycle must not lose the training so far. Scores
        that are never a number are an error of the scorer.
        """
        return self.snapshots != "best" or net.stop_reason_ in CUT_SHORT

    def _set_cycles(self, net):
        """Give a net a schedule with cycles; return the epoch that ends the last."""
        rate, n_members = net.learning_rate, self.n_members
        if isinstance(rate, str) and rate == "constant":
            rate = CosineRestarts(max(1, net.max_iter // n_members))
        if not hasattr(rate, "ends_cycle"):
            raise ValueError(
                f"snapshots='cyclic' sets the learning rate, and the estimator has "
                f"learning_rate={rate!r}: leave it at 'constant', or give it a "
                "CosineRestarts of skdl.engine; or take snapshots='best' or 'last'."
            )
        rate.check()
        ends = [n for n in range(1, net.max_iter + 1) if rate.ends_cycle(n)]
        if len(ends) < n_members:
            raise ValueError(
                f"n_members={n_members} needs as many cycles of the learning rate, and "
                f"max_iter={net.max_iter} of the estimator has room for {len(ends)}: "
                "raise max_iter, or lower n_members."
            )
        # A plateau is no reason to stop: the next cycle leaves it.
        net.set_params(learning_rate=rate, n_iter_no_change=np.inf)
        return ends[-1]

    def _check_averaging(self):
        if self.average_weights and (
            self.weights is not None or self.voting in ("hard", "median")
        ):
            raise ValueError(
                "average_weights=True leaves one net, which has nothing to vote on: "
                f"voting={self.voting!r} and weights={self.weights!r} must be at their "
                "defaults."
            )


def _end_of(net, network):
    """Return the `Snapshot` of a net as training left it."""
    score = net.best_validation_score_
    if score is None or score == -np.inf:
        score = np.nan
    loss = net.loss_curve_[-1] if net.loss_curve_ else np.nan
    return Snapshot(net.n_iter_, net.t_, score, loss, network.snapshot())


def _as_of(net, snapshot):
    """Return a copy of a net whose records end with an epoch."""
    member, epoch = copy(net), snapshot.epoch
    member.n_iter_, member.t_ = epoch, snapshot.rows
    member.loss_curve_ = net.loss_curve_[:epoch]
    member.loss_ = member.loss_curve_[-1]
    member.history_ = {name: values[:epoch] for name, values in net.history_.items()}
    # Bests pass NaN by, as they do while nets train.
    if net.validation_scores_ is None:
        member.best_loss_ = np.fmin.reduce(member.loss_curve_)
    else:
        member.validation_scores_ = net.validation_scores_[:epoch]
        best = np.fmax.reduce(member.validation_scores_, initial=-np.inf)
        member.best_validation_score_ = float(best)
    return member
