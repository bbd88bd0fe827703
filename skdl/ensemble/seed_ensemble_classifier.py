"""Votes of nets that differ in their seeds."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from skdl._sklearn import Interval, StrOptions
from skdl.ensemble._classifier import EnsembleClassifier
from skdl.ensemble._seeds import SeedMembers

__all__ = ["SeedEnsembleClassifier"]


@dataclass(eq=False, repr=False)
class SeedEnsembleClassifier(EnsembleClassifier, SeedMembers):
    """Many nets that differ in their seeds alone, of which the best vote.

    The seed of a net draws its starting weights, the order of the rows and the masks of
    dropout. The parameters of the members lie in one stacked array, and they predict in
    one pass.

    Parameters
    ----------
    estimator : classifier of skdl, optional
        The net; by default ``MLPClassifier()``. It is cloned.
    n_members : int, default=10
        How many to train.
    n_best : int, optional
        How many of them to keep, those of the best validation scores; by default all.
    voting : {'soft', 'hard', 'margin'}, default='soft'
        What is counted: the mean of the members' probabilities, their decisions, or the
        mean of their raw scores. Hinge losses have no probabilities.
    weights : {'confidence', 'score'}, optional
        What a vote counts: with 'confidence' the probability that the member gives to
        its decision on the row (on each label, if they do not exclude one another);
        with 'score' its rank by validation score, from 1 for the lowest. By default,
        all count the same.
    n_jobs : int, optional
        How many to train at the same time, by joblib. The members do not depend on it.
    random_state : int, RandomState instance or None, default=None
        What seeds the members; the net's own is not used.

    Attributes
    ----------
    estimators_ : list of nets
        The members, fitted. Made when asked for; their arrays are views of the
        ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each.
    member_scores_ : ndarray of float, or None
        Their validation scores, if there were rows to validate on.
    classes_ : ndarray of shape (n_classes,), or list of ndarray
        A list for several columns of labels.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.

    See Also
    --------
    CheckpointEnsembleClassifier : The price of one training run.
    sklearn.ensemble.BaggingClassifier : Members that differ in their rows, too.

    Notes
    -----
    `n_best`, weights by score, and early stopping need rows to validate on: those given
    to ``fit``, those of the net's `validation_split`, or else a share of
    `validation_fraction` is held out, by class, the same for all members.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive
    uncertainty estimation using deep ensembles", NeurIPS 2017 (there, all are kept).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.ensemble import SeedEnsembleClassifier
    >>> net = SoftmaxClassifier(10, learning_rate_init=0.05, n_iter_no_change=5)
    >>> ensemble = SeedEnsembleClassifier(net, n_members=4, n_best=3, random_state=0)
    >>> ensemble = ensemble.fit(*load_iris(return_X_y=True))
    >>> len(ensemble.estimators_)
    3
    >>> ensemble.score(*load_iris(return_X_y=True)) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [None, object],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "n_best": [None, Interval(Integral, 1, None, closed="left")],
        "voting": [StrOptions({"soft", "hard", "margin"})],
        "weights": [None, StrOptions({"confidence", "score"})],
        "n_jobs": [None, Integral],
        "random_state": ["random_state"],
    }
