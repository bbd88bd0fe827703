"""Ensembles of nets that are trained on different rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np

from skdl._arguments import explain_parameters
from skdl._parameters import N_MEMBERS
from skdl._sklearn import Interval, StrOptions
from skdl.engine.prediction import by_passes, raw_scores
from skdl.ensemble._bags import fit_bags
from skdl.ensemble._base import EnsembleClassifier, EnsembleRegressor
from skdl.ensemble._voting import Ballot
from skdl.estimators._internal_api import each_output, predictions_of, rows_at_once

__all__ = ["BaggingEnsembleClassifier", "BaggingEnsembleRegressor"]

CONSTRAINTS = {
    "estimator": [None, object],
    "n_members": [N_MEMBERS],
    "max_samples": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Real, 0, 1, closed="right"),
    ],
    "bootstrap": ["boolean"],
    "cv": [None, "cv_object"],
    "n_jobs": [None, Integral],
    "random_state": ["random_state"],
}


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class BaggingEnsembleClassifier(EnsembleClassifier):
    """An ensemble of classifiers that are trained on different rows.

    Each member gets rows drawn with replacement (bagging), or all folds but one
    (k-fold bagging), and a seed of its own. Each row is predicted by the members that
    were not trained on it: `oob_score_` estimates the accuracy without a test set.
    Small nets train in one stack, in a fraction of the time.

    Parameters
    ----------
    estimator : classifier of skdl, optional
        The net; by default ``MLPClassifier()``. It is cloned.
    n_members : int, default=10
        Number of nets to train, at most 10,000. With `cv`, it is the number of splits
        instead.
    max_samples : int or float, default=1.0
        Number of rows to draw for each member, or their share. Not used with `cv`.
    bootstrap : bool, default=True
        Whether rows are drawn with replacement. Not used with `cv`.
    cv : int, splitter, iterable or None, default=None
        Instead of drawing rows, train a member on the training rows of each split, and
        leave out its test rows. An int is a number of folds, by class for one column of
        labels and without shuffling, as in `sklearn.model_selection.check_cv`.
    voting : {'soft', 'hard', 'margin'}, default='soft'
        'soft' takes the mean of the members' probabilities, 'hard' counts their
        decisions, 'margin' takes the mean of their raw scores. Hinge losses have no
        probabilities.
    weights : {'confidence'}, optional
        With 'confidence', a member's vote counts as much as the probability that the
        member gives to its decision on the row (on each label of an indicator matrix).
        By default, all members count the same.
    n_jobs : int, optional
        Number of processes of joblib; each trains an equal part of the nets. By
        default, skdl chooses: as many as there are cores if training takes long, one
        otherwise. `joblib.parallel_config` sets another default. The members depend on
        `n_jobs` only by rounding.
    random_state : int, RandomState instance or None, default=None
        Source of the rows and of the members' seeds; the net's own `random_state` is
        ignored.

    Attributes
    ----------
    estimators_ : list of nets
        The fitted members. The list is made on access; the members' arrays are views of
        the ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each member.
    oob_score_ : float
        Accuracy on the rows that are left out by at least one member, each predicted
        by the members that leave it out. Missing if there are no such rows;
        NaN if all of them have the weight 0.
    oob_decision_function_ : ndarray of shape (n_samples, n_classes), or list
        The votes of these members: probabilities, as `predict_proba` returns them; of
        a net without probabilities, and with ``voting='hard'``, what
        `decision_function` returns. NaN in rows that no member leaves out. A list for
        several columns of labels.
    classes_ : ndarray of shape (n_classes,), or list of ndarray
        The classes; a list for several columns of labels.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X has names.

    See Also
    --------
    SeedEnsembleClassifier : Members that see all rows, and differ in their seeds.
    sklearn.ensemble.BaggingClassifier : The same for any estimator.

    Notes
    -----
    Every member knows all classes. If no row of a class is drawn, one row of that class
    is added with weight 0.

    With the net's `early_stopping`, and without `X_val` or a `validation_split`, each
    member validates on the rows that it leaves out. The net's own split would put
    copies of a row on both sides. `oob_score_` is then slightly too good.

    References
    ----------
    L. Breiman, "Bagging predictors", Machine Learning 24, 1996.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.ensemble import BaggingEnsembleClassifier
    >>> net = SoftmaxClassifier(10, learning_rate_init=0.05, tol=0.001)
    >>> ensemble = BaggingEnsembleClassifier(net, n_members=5, random_state=0)
    >>> ensemble = ensemble.fit(*load_iris(return_X_y=True))
    >>> bool(ensemble.oob_score_ > 0.9)
    True
    >>> ensemble.oob_decision_function_.shape
    (150, 3)
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 10
    max_samples: int | float = 1.0
    bootstrap: bool = True
    cv: int | Iterable | Any | None = None
    voting: Literal["soft", "hard", "margin"] = "soft"
    weights: Literal["confidence"] | None = None
    n_jobs: int | None = None
    random_state: int | np.random.RandomState | None = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"soft", "hard", "margin"})],
        "weights": [None, StrOptions({"confidence"})],
    }

    _oob_name: ClassVar[str] = "oob_decision_function_"

    def _fit_members(self, *args):
        return fit_bags(self, *args)

    def _left_out(self, members, X, rows, counted):
        """Predict rows by the members that have not seen them: return labels and votes.

        Parameters
        ----------
        members : Members
        X : ndarray or CSR array
        rows : ndarray of int
        counted : ndarray of bool of shape (n_members, n_rows)
        """
        has_probabilities = hasattr(self, "predict_proba")
        vote = Ballot.probabilities if has_probabilities else Ballot.decision

        def count(method, parts, scores):
            def of_output(output, scores):
                voting = self.voting if len(scores) > 1 else "margin"
                return method(Ballot(output, scores, voting, self.weights, part))

            n = scores.shape[-2]
            part = counted[:, parts[0] : parts[0] + n]
            parts[0] += n
            return each_output(members.nets[0], of_output, scores)

        network = members.network
        n_rows = rows_at_once(network, X)
        return [
            by_passes(network, X, partial(count, method, [0]), rows, n_rows)
            for method in (Ballot.labels, vote)
        ]


@explain_parameters
@dataclass(eq=False, repr=False, kw_only=True)
class BaggingEnsembleRegressor(EnsembleRegressor):
    """An ensemble of regressors that are trained on different rows.

    Each member gets rows drawn with replacement (bagging), or all folds but one
    (k-fold bagging), and a seed of its own. Each row is predicted by the members that
    were not trained on it: `oob_score_` estimates R² without a test set. Small nets
    train in one stack, in a fraction of the time.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        The net; by default ``MLPRegressor()``. It is cloned.
    n_members : int, default=10
        Number of nets to train, at most 10,000. With `cv`, it is the number of splits
        instead.
    max_samples : int or float, default=1.0
        Number of rows to draw for each member, or their share. Not used with `cv`.
    bootstrap : bool, default=True
        Whether rows are drawn with replacement. Not used with `cv`.
    cv : int, splitter, iterable or None, default=None
        Instead of drawing rows, train a member on the training rows of each split, and
        leave out its test rows. An int is a number of folds, by class for one column of
        labels and without shuffling, as in `sklearn.model_selection.check_cv`.
    voting : {'mean', 'median'}, default='mean'
        Whether to predict the mean or the median of the members' predictions.
    n_jobs : int, optional
        Number of processes of joblib; each trains an equal part of the nets. By
        default, skdl chooses: as many as there are cores if training takes long, one
        otherwise. `joblib.parallel_config` sets another default. The members depend on
        `n_jobs` only by rounding.
    random_state : int, RandomState instance or None, default=None
        Source of the rows and of the members' seeds; the net's own `random_state` is
        ignored.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The fitted members. The list is made on access; the members' arrays are views of
        the ensemble's.
    member_seeds_ : ndarray of int
        The `random_state` of each member.
    oob_score_ : float
        R² on the rows that are left out by at least one member, each predicted by the
        members that leave it out. Missing if there are no such rows; NaN if all of
        them have the weight 0. With a quantile loss, D² of the pinball loss.
    oob_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        These predictions. NaN in rows that no member leaves out.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Names of the columns, if X has names.

    See Also
    --------
    SeedEnsembleRegressor : Members that see all rows, and differ in their seeds.
    BaggingEnsembleClassifier : Notes on early stopping.
    sklearn.ensemble.BaggingRegressor : The same for any estimator.

    References
    ----------
    L. Breiman, "Bagging predictors", Machine Learning 24, 1996.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import KFold
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdl import MLPRegressor, Standardizer
    >>> from skdl.ensemble import BaggingEnsembleRegressor
    >>> net = MLPRegressor(early_stopping=True, learning_rate_init=0.01)
    >>> folds = KFold(4, shuffle=True, random_state=0)
    >>> ensemble = BaggingEnsembleRegressor(net, cv=folds, random_state=0)
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(Standardizer(), ensemble).fit(X, y / 100)
    >>> len(ensemble.estimators_), ensemble.oob_prediction_.shape
    (4, (442,))
    >>> bool(ensemble.oob_score_ > 0.3)
    True
    """

    estimator: Any = field(default=None, kw_only=False)
    n_members: int = 10
    max_samples: int | float = 1.0
    bootstrap: bool = True
    cv: int | Iterable | Any | None = None
    voting: Literal["mean", "median"] = "mean"
    n_jobs: int | None = None
    random_state: int | np.random.RandomState | None = None

    # Ranks of scores on different rows would not compare.
    weights: ClassVar[None] = None

    _parameter_constraints: ClassVar[dict] = {
        **CONSTRAINTS,
        "voting": [StrOptions({"mean", "median"})],
    }

    _oob_name: ClassVar[str] = "oob_prediction_"

    def _fit_members(self, *args):
        return fit_bags(self, *args)

    def _left_out(self, members, X, rows, counted):
        """Predict rows by the members that have not seen them.

        The predictions are returned twice, because they are also what is scored.
        """
        network = members.network
        scores = raw_scores(network, X, rows, rows_at_once(network, X))
        each = np.stack(
            [
                predictions_of(net, part)
                for net, part in zip(members.nets, scores, strict=True)
            ]
        )
        each[~counted] = np.nan
        average = np.nanmean if self.voting == "mean" else np.nanmedian
        return [average(each, axis=0)] * 2
