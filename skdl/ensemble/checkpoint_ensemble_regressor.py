"""The mean of one net's checkpoints."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from skdl._sklearn import Interval, StrOptions
from skdl.ensemble._checkpoints import CheckpointMembers
from skdl.ensemble._regressor import EnsembleRegressor
from skdl.ensemble._snapshots import SNAPSHOTS

__all__ = ["CheckpointEnsembleRegressor"]


@dataclass(eq=False, repr=False)
class CheckpointEnsembleRegressor(EnsembleRegressor, CheckpointMembers):
    """An ensemble for the price of one training run.

    A net is trained once, and copies of it from the way predict together. Their
    parameters lie in one stacked array, and they predict in one pass.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        The net, with a stochastic solver; by default ``MLPRegressor()``. It is cloned.
    n_members : int, default=5
        How many copies to take.
    snapshots : {'cyclic', 'best', 'last'}, default='cyclic'
        When to take them:

        - 'cyclic': at the ends of the cycles of a rate that is started anew, a snapshot
          ensemble [1]_. The net's `learning_rate` becomes a
          ``CosineRestarts(max_iter // n_members)``, unless it is such a schedule, of
          whose cycles the last ones count then; a plateau does not end training;
        - 'best': after the epochs of the best validation scores;
        - 'last': after the last epochs, for example of a constant rate, to average
          their weights [2]_.
    voting : {'mean', 'median'}, default='mean'
        Of the members' predictions.
    weights : {'score'}, optional
        What a member counts in the mean: its rank by validation score, from 1 for the
        lowest. By default, all count the same.
    average_weights : bool, default=False
        Whether the mean of the copies' weights and biases is taken as a single net,
        with means and variances of batch normalization of its own, computed anew on
        the training rows.
    random_state : int, RandomState instance or None, default=None
        Takes the place of the net's, unless None.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The members, fitted, in the order of their epochs; one if weights are averaged.
        Made when asked for; their arrays are views of the ensemble's.
    member_epochs_ : ndarray of int
        The epochs after which they were taken, counted from 1.
    member_scores_ : ndarray of float, or None
        Their validation scores, if there were rows to validate on.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.

    See Also
    --------
    SeedEnsembleRegressor : Several training runs, whose members differ more.

    Notes
    -----
    'best', and weights by score, need rows to validate on: those given to ``fit``,
    those of the net's `validation_split`, or else a share of `validation_fraction` is
    held out. Whether they stop training is up to the net's `early_stopping`.

    References
    ----------
    .. [1] G. Huang, Y. Li, G. Pleiss, Z. Liu, J. Hopcroft, K. Weinberger, "Snapshot
       ensembles: train 1, get M for free", ICLR 2017.
    .. [2] P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. Wilson, "Averaging
       weights leads to wider optima and better generalization", UAI 2018. There, the
       statistics are those of batches; here, of all rows as prediction meets them.

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

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [None, object],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "snapshots": [StrOptions(set(SNAPSHOTS))],
        "voting": [StrOptions({"mean", "median"})],
        "weights": [None, StrOptions({"score"})],
        "average_weights": ["boolean"],
        "random_state": ["random_state"],
    }
