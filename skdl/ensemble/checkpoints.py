"""Ensembles of the checkpoints of one training run."""

from copy import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._arguments import explain_parameters
from skdl._parameters import N_MEMBERS
from skdl._sklearn import StrOptions
from skdl._warn import warn
from skdl.callbacks import Checkpoint
from skdl.callbacks.base import NetCallback
from skdl.engine.averaging import average, renew_statistics
from skdl.engine.schedules import CosineRestarts
from skdl.engine.stacking import stack
from skdl.ensemble._base import (
    EnsembleClassifier,
    EnsembleRegressor,
    Members,
    hold_out,
    known_scores,
)
from skdl.estimators._internal_api import setting, take_network, uses_lbfgs

__all__ = [
    "CheckpointEnsembleClassifier",
    "CheckpointEnsembleRegressor",
    "Snapshot",
    "Snapshots",
    "fit_checkpoints",
]

SNAPSHOTS = ("cyclic", "best", "last")
# Values of `stop_reason_` after which a run was shorter than the user intended.
CUT_SHORT = ("callback", "interrupted", "max_time")
CONSTRAINTS = {
    "estimator": [None, object],
    "n_members": [N_MEMBERS],
    "snapshots": [StrOptions(set(SNAPSHOTS))],
    "average_weights": ["boolean"],
    "random_state": ["random_state"],
}


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class CheckpointEnsembleClassifier(EnsembleClassifier):
    """An ensemble of classifiers at the price of one training run.

    One net is trained. Copies of it, taken during the training, vote. Their parameters
    lie in one stacked array, and they predict in one pass.

    Parameters
    ----------
    estimator : classifier of skdl, optional
        The net, with a stochastic solver; by default ``MLPClassifier()``. It is cloned.
    n_members : int, default=5
        Number of copies, at most 10,000.
    snapshots : {'cyclic', 'best', 'last'}, default='cyclic'
        When to take the copies:

        - 'cyclic': at the end of each cycle of a learning rate that falls and restarts,
          a snapshot ensemble [1]_. The net's `learning_rate` becomes a
          ``CosineRestarts(max_iter // n_members)``. If it is a `CosineRestarts`
          already, the ends of its last cycles are taken. A plateau does not end
          training;
        - 'best': after the epochs with the best validation scores;
        - 'last': after the last epochs, for example of a constant rate, to average
          their weights [2]_.
    voting : {'soft', 'hard', 'margin'}, default='soft'
        'soft' takes the mean of the members' probabilities, 'hard' counts their
        decisions, 'margin' takes the mean of their raw scores. Hinge losses have no
        probabilities.
    weights : {'confidence', 'score'}, optional
        Weight of a member's vote: with 'confidence' the probability that the member
        gives to its decision on the row (on each label of an indicator matrix); with
        'score' its rank by validation score, from 1 for the lowest. By default, all
        members count the same.
    average_weights : bool, default=False
        Whether to make one net of the mean of the copies' weights and biases. The
        statistics of its batch normalization are computed from the training rows. It
        predicts at the price of one net, without a vote.
    random_state : int, RandomState instance or None, default=None
        Replaces the net's `random_state`, unless None.

    Attributes
    ----------
    estimators_ : list of nets
        The fitted members, in the order of their epochs; one if weights are averaged.
        The list is made on access; the members' arrays are views of the ensemble's.
    member_epochs_ : ndarray of int
        The epochs after which the copies were taken, counted from 1.
    member_scores_ : ndarray of float, or None
        Validation scores of the members, None without validation rows.
    classes_ : ndarray of shape (n_classes,), or list of ndarray
        The classes; a list for several columns of labels.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X has names.

    See Also
    --------
    SeedEnsembleClassifier : Several training runs, whose members differ more.

    Notes
    -----
    'best' and ``weights='score'`` need validation rows: `X_val` of ``fit``, or the rows
    of the net's `validation_split`, or else a share of `validation_fraction`, which is
    held out by class. The net's `early_stopping` decides whether their scores also stop
    the training.

    References
    ----------
    .. [1] G. Huang, Y. Li, G. Pleiss, Z. Liu, J. Hopcroft, K. Weinberger, "Snapshot
       ensembles: train 1, get M for free", ICLR 2017.
    .. [2] P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. Wilson, "Averaging
       weights leads to wider optima and better generalization", UAI 2018. There, the
       statistics are those of mini-batches; here, of all rows as in prediction.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.ensemble import CheckpointEnsembleClassifier
    >>> net = SoftmaxClassifier(10, learning_rate_init=0.05, max_iter=60)
    >>> ensemble = CheckpointEnsembleClassifier(net, n_members=3, random_state=0)
    >>> ensemble = ensemble.fit(*load_iris(return_X_y=True))
    >>> ensemble.member_epochs_
    array([20, 40, 60])
    >>> ensemble.score(*load_iris(return_X_y=True)) > 0.95
    True
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 5
    snapshots: Literal["cyclic", "best", "last"] = "cyclic"
    voting: Literal["soft", "hard", "margin"] = "soft"
    weights: Literal["confidence", "score"] | None = None
    average_weights: bool = False
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"soft", "hard", "margin"})],
        "weights": [None, StrOptions({"confidence", "score"})],
    }

    def _fit_members(self, *args):
        return fit_checkpoints(self, *args)

    def _is_single_net(self):
        return self.average_weights


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class CheckpointEnsembleRegressor(EnsembleRegressor):
    """An ensemble of regressors at the price of one training run.

    One net is trained, and the predictions of copies of it, taken during the training,
    are averaged. Their parameters lie in one stacked array, and they predict in one
    pass.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        The net, with a stochastic solver; by default ``MLPRegressor()``. It is cloned.
    n_members : int, default=5
        Number of copies, at most 10,000.
    snapshots : {'cyclic', 'best', 'last'}, default='cyclic'
        When to take the copies: 'cyclic' at the end of each cycle of a learning rate
        that falls and restarts, 'best' after the epochs with the best validation
        scores, 'last' after the last epochs. `CheckpointEnsembleClassifier` describes
        them.
    voting : {'mean', 'median'}, default='mean'
        Whether to predict the mean or the median of the members' predictions.
    weights : {'score'}, optional
        Weight of a member in the mean: with 'score' its rank by validation score, from
        1 for the lowest. By default, all members count the same.
    average_weights : bool, default=False
        Whether to make one net of the mean of the copies' weights and biases. The
        statistics of its batch normalization are computed from the training rows.
    random_state : int, RandomState instance or None, default=None
        Replaces the net's `random_state`, unless None.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The fitted members, in the order of their epochs; one if weights are averaged.
        The list is made on access; the members' arrays are views of the ensemble's.
    member_epochs_ : ndarray of int
        The epochs after which the copies were taken, counted from 1.
    member_scores_ : ndarray of float, or None
        Validation scores of the members, None without validation rows.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X has names.

    See Also
    --------
    SeedEnsembleRegressor : Several training runs, whose members differ more.
    CheckpointEnsembleClassifier : Notes on validation rows, and references.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import MLPRegressor, Standardizer
    >>> from skdl.ensemble import CheckpointEnsembleRegressor
    >>> net = MLPRegressor(hidden_layer_sizes=10, learning_rate_init=0.05, max_iter=60)
    >>> ensemble = CheckpointEnsembleRegressor(net, n_members=3, random_state=0)
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(Standardizer(), ensemble).fit(X, y / 100)
    >>> mean, std = model.predict(X, return_std=True)
    >>> mean.shape, std.shape
    ((442,), (442,))
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 5
    snapshots: Literal["cyclic", "best", "last"] = "cyclic"
    voting: Literal["mean", "median"] = "mean"
    weights: Literal["score"] | None = None
    average_weights: bool = False
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"mean", "median"})],
        "weights": [None, StrOptions({"score"})],
    }

    def _fit_members(self, *args):
        return fit_checkpoints(self, *args)


def fit_checkpoints(ensemble, net, X, y, sample_weight, validation):
    """Train a net once, and return copies of it as `Members`.

    Parameters
    ----------
    ensemble : CheckpointEnsembleClassifier or CheckpointEnsembleRegressor
        Its parameters say which copies to take.
    net : estimator
        The net, which is changed here.
    X, y, sample_weight : array-like
        Training rows, targets and weights, as for ``fit``.
    validation : dict
        The arguments X_val, y_val and sample_weight_val of ``fit``.
    """
    _check_averaging(ensemble)
    callbacks = getattr(net, "_skl_callbacks", [])
    _check_net(ensemble, net, callbacks)
    net.set_params(warm_start=False)
    if ensemble.random_state is not None:
        net.set_params(random_state=ensemble.random_state)
    split = net.validation_split
    cyclic = ensemble.snapshots == "cyclic"
    last_epoch = _set_cycles(net, ensemble.n_members) if cyclic else None
    if ensemble.snapshots == "best" or ensemble.weights == "score":
        hold_out(net, validation, net.random_state)
    snapshots = Snapshots(ensemble.snapshots, ensemble.n_members, last_epoch)
    net.set_callbacks(*callbacks, snapshots).fit(X, y, sample_weight, **validation)
    net.set_callbacks(*callbacks).set_params(validation_split=split)
    return _members(ensemble, net, snapshots)


def _check_averaging(ensemble):
    if ensemble.average_weights and (
        ensemble.weights is not None or ensemble.voting in ("hard", "median")
    ):
        raise ValueError(
            "average_weights=True makes one net, which has nothing to vote on: "
            f"voting={ensemble.voting!r} and weights={ensemble.weights!r} must be at "
            "their defaults."
        )


def _check_net(ensemble, net, callbacks):
    name = type(ensemble).__name__
    if uses_lbfgs(net):
        raise ValueError(
            f"estimator has solver='lbfgs', and {name} needs epochs of a stochastic "
            "solver: set solver='adam', or take an ensemble of seeds."
        )
    if any(isinstance(part, Checkpoint) and part.resume for part in callbacks):
        raise ValueError(
            "estimator has a Checkpoint(resume=True). A resumed run does not have the "
            f"copies that {name} took before: set resume=False, or take an ensemble of "
            "seeds."
        )


def _set_cycles(net, n_members):
    """Set a learning rate with cycles; return the epoch that ends the last cycle."""
    rate: Any = setting(net, "learning_rate")
    if rate == "constant":
        rate = CosineRestarts(max(1, net.max_iter // n_members))
    if rate == "cosine_restarts":
        rate = CosineRestarts()
    if not hasattr(rate, "ends_cycle"):
        raise ValueError(
            "snapshots='cyclic' sets the learning rate, and the estimator has "
            f"learning_rate={rate!r}: leave it at 'constant', set a CosineRestarts of "
            "skdl.engine, or take snapshots='best' or 'last'."
        )
    rate.check()
    ends = [n for n in range(1, net.max_iter + 1) if rate.ends_cycle(n)]
    if len(ends) < n_members:
        raise ValueError(
            f"n_members={n_members} needs as many cycles of the learning rate, and "
            f"max_iter={net.max_iter} of the estimator is enough for {len(ends)}: "
            "raise max_iter, or lower n_members."
        )
    # Training must not stop on a plateau: the next cycle leaves it.
    net.set_params(learning_rate=rate, n_iter_no_change=np.inf)
    return ends[-1]


def _members(ensemble, net, snapshots):
    """Return the snapshots of a trained net as `Members`."""
    network, kept = take_network(net), snapshots.kept
    is_cut_short = not kept and _may_keep_the_end(ensemble, net)
    if is_cut_short:
        kept = [_end_of(net, network)]
    if not kept:
        raise ValueError(
            f"Training ended after {net.n_iter_} epochs (stop_reason_="
            f"{net.stop_reason_!r}), and snapshots={ensemble.snapshots!r} found no "
            "epoch to take: no epoch had a validation score that is a number."
        )
    if len(kept) < ensemble.n_members:
        warn(
            f"There are {len(kept)} members instead of n_members="
            f"{ensemble.n_members}: training ended after {net.n_iter_} epochs "
            f"(stop_reason_={net.stop_reason_!r})."
            + (" The member is the net at that time." if is_cut_short else ""),
            ConvergenceWarning,
        )
    arrays = [snapshot.arrays for snapshot in kept]
    attributes = {
        "member_epochs_": np.array([snapshot.epoch for snapshot in kept]),
        "member_scores_": _scores_of(ensemble, net, kept, is_cut_short),
    }
    if ensemble.average_weights:
        average(network, arrays)
        renew_statistics(network, snapshots.data)
        arrays, kept = [network.snapshot()], kept[-1:]
    nets = [net] if is_cut_short else [_as_of(net, snapshot) for snapshot in kept]
    return Members(nets, stack(network, arrays), attributes)


def _scores_of(ensemble, net, kept, is_cut_short):
    """Return the members' validation scores, or None without scores."""
    scores = [snapshot.score for snapshot in kept]
    if is_cut_short and ensemble.weights:
        # A single member needs no score, but weights='score' needs an array.
        return np.array(scores)
    return known_scores(scores, net, needed=ensemble.weights == "score")


def _may_keep_the_end(ensemble, net):
    """Return whether the final net is the only member if no snapshot was taken.

    After Ctrl-C in the first cycle, the training so far is kept. With snapshots="best",
    no snapshot means that every score was NaN: that is an error of the scorer.
    """
    return ensemble.snapshots != "best" or net.stop_reason_ in CUT_SHORT


@dataclass(frozen=True)
class Snapshot:
    """A net at the end of an epoch.

    Attributes
    ----------
    epoch : int
        Number of the epoch, counted from 1.
    rows : int
        Number of rows seen by then.
    score, loss : float
        Validation score and validation loss, or NaN.
    arrays : tuple of ndarray
        Result of ``Network.snapshot``.
    """

    epoch: int
    rows: int
    score: float
    loss: float
    arrays: tuple


class Snapshots(NetCallback):
    """A callback that copies a network during training.

    Parameters
    ----------
    which : {"cyclic", "best", "last"}
        "cyclic" takes epochs at the ends of the schedule's cycles, "best" those of the
        highest validation scores (and for equal scores, of the lowest validation
        losses), "last" all.
    n_kept : int
        Number of copies to keep: the last ones, with "best" the best ones.
    last_epoch : int, optional
        Epoch after which to stop training.

    Attributes
    ----------
    kept : list of Snapshot
        The copies, in the order of the epochs.
    data : Data
        Training rows, after training.
    """

    def __init__(self, which, n_kept, last_epoch=None):
        self.which = which
        self.n_kept = n_kept
        self.last_epoch = last_epoch
        self.kept = []
        self.data = None

    def on_epoch_end(self, run: Any) -> bool:
        """Copy the network if the epoch is one to keep; return whether to stop."""
        epoch = run.net.n_iter_
        if run.stop_reason != "diverged":
            self._consider(run, epoch)
        return epoch == self.last_epoch

    def on_fit_end(self, run: Any) -> None:
        """Store the training rows."""
        self.data = run.data

    def _consider(self, run, epoch):
        score = run.history["validation_score"][-1]
        loss = run.history["validation_loss"][-1]
        if self.which == "cyclic" and not run.schedule.ends_cycle(epoch):
            return
        if self.which == "best" and np.isnan(score):
            return
        if len(self.kept) == self.n_kept:
            place = 0
            if self.which == "best":
                # With few rows scores are often equal. If losses are, too, the earlier
                # epoch stays.
                ranks = [(s.score, -s.loss, -s.epoch) for s in self.kept]
                place = ranks.index(min(ranks))
                if (score, -loss) <= ranks[place][:2]:
                    return
            del self.kept[place]
        rows, arrays = run.progress.rows, run.network.snapshot()
        self.kept.append(Snapshot(epoch, rows, score, loss, arrays))


def _end_of(net, network):
    """Return the `Snapshot` of a net at the end of training."""
    score = net.best_validation_score_
    if score is None or score == -np.inf:
        score = np.nan
    loss = net.loss_curve_[-1] if net.loss_curve_ else np.nan
    return Snapshot(net.n_iter_, net.t_, score, loss, network.snapshot())


def _as_of(net, snapshot):
    """Return a copy of a net whose records end with the epoch of a snapshot."""
    member, epoch = copy(net), snapshot.epoch
    member.n_iter_, member.t_ = epoch, snapshot.rows
    member.loss_curve_ = net.loss_curve_[:epoch]
    member.loss_ = member.loss_curve_[-1]
    member.history_ = {name: values[:epoch] for name, values in net.history_.items()}
    # NaN is never the best, as in training.
    if net.validation_scores_ is None:
        member.best_loss_ = np.fmin.reduce(member.loss_curve_)
    else:
        member.validation_scores_ = net.validation_scores_[:epoch]
        best = np.fmax.reduce(member.validation_scores_, initial=-np.inf)
        member.best_validation_score_ = float(best)
    return member
