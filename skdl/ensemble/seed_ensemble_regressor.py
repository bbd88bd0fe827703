"""The mean of nets that differ in their seeds."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from skdl._sklearn import Interval, StrOptions
from skdl.ensemble._regressor import EnsembleRegressor
from skdl.ensemble._seeds import SeedMembers

__all__ = ["SeedEnsembleRegressor"]


@dataclass(eq=False, repr=False)
class SeedEnsembleRegressor(EnsembleRegressor, SeedMembers):
    """Many nets that differ in their seeds alone, of which the best predict together.

    The seed of a net draws its starting weights, the order of the rows and the masks of
    dropout. The parameters of the members lie in one stacked array, and they predict in
    one pass.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        The net; by default ``MLPRegressor()``. It is cloned.
    n_members : int, default=10
        How many to train.
    n_best : int, optional
        How many of them to keep, those of the best validation scores; by default all.
    voting : {'mean', 'median'}, default='mean'
        Of the members' predictions.
    weights : {'score'}, optional
        What a member counts in the mean: its rank by validation score, from 1 for the
        lowest. By default, all count the same.
    n_jobs : int, optional
        How many to train at the same time, by joblib. The members do not depend on it.
    random_state : int, RandomState instance or None, default=None
        What seeds the members; the net's own is not used.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The members, fitted. Made when asked for; their arrays are views of the
        ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each.
    member_scores_ : ndarray of float, or None
        Their validation scores, if there were rows to validate on.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.

    See Also
    --------
    CheckpointEnsembleRegressor : The price of one training run.
    sklearn.ensemble.BaggingRegressor : Members that differ in their rows, too.

    Notes
    -----
    `n_best`, weights by score, and early stopping need rows to validate on: those given
    to ``fit``, those of the net's `validation_split`, or else a share of
    `validation_fraction` is held out, the same for all members.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive
    uncertainty estimation using deep ensembles", NeurIPS 2017. There, each member
    predicts a variance of its own, too; ``std`` of `predict` has no such share.

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

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [None, object],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "n_best": [None, Interval(Integral, 1, None, closed="left")],
        "voting": [StrOptions({"mean", "median"})],
        "weights": [None, StrOptions({"score"})],
        "n_jobs": [None, Integral],
        "random_state": ["random_state"],
    }
