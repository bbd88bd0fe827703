"""Ensembles of nets that differ in their seeds."""

from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skdl._arguments import explain_parameters
from skdl._parameters import N_MEMBERS
from skdl._sklearn import Interval, StrOptions
from skdl.ensemble._base import (
    EnsembleClassifier,
    EnsembleRegressor,
    Members,
    hold_out,
    known_scores,
)
from skdl.ensemble._members import fit_calls, stack_networks
from skdl.estimators._internal_api import Call, uses_lbfgs

__all__ = ["SeedEnsembleClassifier", "SeedEnsembleRegressor", "fit_seeds"]

CONSTRAINTS = {
    "estimator": [None, object],
    "n_members": [N_MEMBERS],
    "n_best": [None, Interval(Integral, 1, None, closed="left")],
    "n_jobs": [None, Integral],
    "random_state": ["random_state"],
}


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class SeedEnsembleClassifier(EnsembleClassifier):
    """An ensemble of classifiers that differ only in their seeds; the best vote.

    The seed of a net decides its starting weights, the order of the rows and the masks
    of dropout. Small nets train in one stack, in a fraction of the time. The parameters
    of the members lie in one stacked array, and they predict in one pass.

    Parameters
    ----------
    estimator : classifier of skdl, optional
        The net; by default ``MLPClassifier()``. It is cloned.
    n_members : int, default=10
        Number of nets to train, at most 10,000.
    n_best : int, optional
        Number of nets to keep: those with the best validation scores. By default all.
    voting : {'soft', 'hard', 'margin'}, default='soft'
        'soft' takes the mean of the members' probabilities, 'hard' counts their
        decisions, 'margin' takes the mean of their raw scores. Hinge losses have no
        probabilities.
    weights : {'confidence', 'score'}, optional
        Weight of a member's vote: with 'confidence' the probability that the member
        gives to its decision on the row (on each label of an indicator matrix); with
        'score' its rank by validation score, from 1 for the lowest. By default, all
        members count the same.
    n_jobs : int, optional
        Number of processes of joblib; each trains an equal part of the nets. By
        default, skdl chooses: as many as there are cores if training takes long, one
        otherwise. `joblib.parallel_config` sets another default. The members depend on
        `n_jobs` only by rounding.
    random_state : int, RandomState instance or None, default=None
        Source of the members' seeds; the net's own `random_state` is ignored.

    Attributes
    ----------
    estimators_ : list of nets
        The fitted members. The list is made on access; the members' arrays are views of
        the ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each member.
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
    CheckpointEnsembleClassifier : An ensemble at the price of one training run.
    BaggingEnsembleClassifier : Members that also differ in their rows.

    Notes
    -----
    `n_best`, ``weights='score'`` and early stopping need validation rows: `X_val` of
    ``fit``, or the rows of the net's `validation_split`, or else a share of
    `validation_fraction`, which is held out by class. They are the same for all
    members.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive
    uncertainty estimation using deep ensembles", NeurIPS 2017 (there, all are kept).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.ensemble import SeedEnsembleClassifier
    >>> net = SoftmaxClassifier(10, learning_rate_init=0.05, tol=1e-3)
    >>> ensemble = SeedEnsembleClassifier(net, n_members=4, n_best=3, random_state=0)
    >>> ensemble = ensemble.fit(*load_iris(return_X_y=True))
    >>> len(ensemble.estimators_)
    3
    >>> ensemble.score(*load_iris(return_X_y=True)) > 0.95
    True
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 10
    n_best: int | None = None
    voting: Literal["soft", "hard", "margin"] = "soft"
    weights: Literal["confidence", "score"] | None = None
    n_jobs: int | None = None
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"soft", "hard", "margin"})],
        "weights": [None, StrOptions({"confidence", "score"})],
    }

    def _fit_members(self, *args):
        return fit_seeds(self, *args)


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class SeedEnsembleRegressor(EnsembleRegressor):
    """An ensemble of regressors that differ only in their seeds.

    The seed of a net decides its starting weights, the order of the rows and the masks
    of dropout. The predictions of the best nets are averaged. Small nets train in one
    stack, in a fraction of the time. The parameters of the members lie in one stacked
    array, and they predict in one pass.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        The net; by default ``MLPRegressor()``. It is cloned.
    n_members : int, default=10
        Number of nets to train, at most 10,000.
    n_best : int, optional
        Number of nets to keep: those with the best validation scores. By default all.
    voting : {'mean', 'median'}, default='mean'
        Whether to predict the mean or the median of the members' predictions.
    weights : {'score'}, optional
        Weight of a member in the mean: with 'score' its rank by validation score, from
        1 for the lowest. By default, all members count the same.
    n_jobs : int, optional
        Number of processes of joblib; each trains an equal part of the nets. By
        default, skdl chooses: as many as there are cores if training takes long, one
        otherwise. `joblib.parallel_config` sets another default. The members depend on
        `n_jobs` only by rounding.
    random_state : int, RandomState instance or None, default=None
        Source of the members' seeds; the net's own `random_state` is ignored.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The fitted members. The list is made on access; the members' arrays are views of
        the ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each member.
    member_scores_ : ndarray of float, or None
        Validation scores of the members, None without validation rows.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X has names.

    See Also
    --------
    CheckpointEnsembleRegressor : An ensemble at the price of one training run.
    SeedEnsembleClassifier : Notes on validation rows.
    BaggingEnsembleRegressor : Members that also differ in their rows.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive
    uncertainty estimation using deep ensembles", NeurIPS 2017. There, each member also
    predicts a variance of its own, which ``std`` of `predict` does not contain.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import MLPRegressor, Standardizer
    >>> from skdl.ensemble import SeedEnsembleRegressor
    >>> net = MLPRegressor(early_stopping=True, learning_rate_init=0.01)
    >>> ensemble = SeedEnsembleRegressor(net, n_members=3, random_state=0)
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(Standardizer(), ensemble).fit(X, y / 100)
    >>> mean, std = model.predict(X, return_std=True)
    >>> mean.shape, std.shape
    ((442,), (442,))
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 10
    n_best: int | None = None
    voting: Literal["mean", "median"] = "mean"
    weights: Literal["score"] | None = None
    n_jobs: int | None = None
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"mean", "median"})],
        "weights": [None, StrOptions({"score"})],
    }

    def _fit_members(self, *args):
        return fit_seeds(self, *args)


def fit_seeds(ensemble, net, X, y, sample_weight, validation):
    """Train a net once for each seed, and return the best nets as `Members`.

    Parameters
    ----------
    ensemble : SeedEnsembleClassifier or SeedEnsembleRegressor
        Its parameters say how many nets to train and to keep.
    net : estimator
        The net, which is changed here.
    X, y, sample_weight : array-like
        Training rows, targets and weights, as for ``fit``.
    validation : dict
        The arguments X_val, y_val and sample_weight_val of ``fit``.
    """
    n_members = ensemble.n_members
    n_best = n_members if ensemble.n_best is None else ensemble.n_best
    if n_best > n_members:
        raise ValueError(f"n_best={n_best} must not be above n_members={n_members}.")
    net.set_params(warm_start=False)
    rng = check_random_state(ensemble.random_state)
    seeds = rng.randint(np.iinfo(np.int32).max, size=n_members)
    some, split = n_best < n_members, net.validation_split
    needs_scores = some or ensemble.weights == "score"
    if needs_scores or (net.early_stopping and not uses_lbfgs(net)):
        # All members are scored on the same rows: other scores do not compare.
        hold_out(net, validation, rng)
    calls = [
        Call(
            clone(net).set_params(random_state=seed), X, y, sample_weight, **validation
        )
        for seed in seeds.tolist()
    ]
    nets = fit_calls(ensemble, calls)
    found = [_validation_score(member) for member in nets]
    scores: Any = known_scores(found, net, needed=needs_scores)
    kept = np.arange(n_members)
    if some and scores is not None:
        # A stable sort keeps the first seed among equal scores; NaN comes last.
        kept = np.sort(np.argsort(-scores, kind="stable")[:n_best])
    nets = [nets[i].set_params(validation_split=split) for i in kept]
    attributes = {
        "member_seeds_": seeds[kept],
        "member_scores_": None if scores is None else scores[kept],
    }
    return Members(nets, stack_networks(nets), attributes)


def _validation_score(net):
    """Return the validation score of the final parameters of a net, or NaN."""
    if net.best_validation_score_ is not None:  # early stopping restored them
        return net.best_validation_score_
    scores = net.history_["validation_score"]
    # A run without an epoch has no score: the start of lbfgs may be the optimum.
    return scores[-1] if len(scores) else np.nan
