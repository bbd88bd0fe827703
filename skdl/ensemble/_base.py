"""The base classes of ensembles, and validation rows that all members share."""

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from scipy.stats import rankdata
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    clone,
    is_classifier,
)
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_arguments
from skdl._inputs import check_numbers
from skdl._missing_names import Missing
from skdl._parameters import ExplainedParameters
from skdl._sklearn import BaseSearchCV, available_if, fit_context
from skdl._version import Versioned
from skdl.engine.prediction import by_passes, raw_scores
from skdl.engine.stacking import unstack
from skdl.ensemble._voting import Ballot
from skdl.estimators import (
    MLPClassifier,
    MLPRegressor,
    TabularClassifier,
    TabularRegressor,
)
from skdl.estimators._internal_api import (
    BaseClassifier,
    check_X,
    each_output,
    predictions_of,
    reads_bytes,
    rows_at_once,
    score_predictions,
    split_rows,
    stack_columns,
    with_network,
)


@dataclass
class Members:
    """The members of a fitted ensemble.

    Attributes
    ----------
    nets : list
        Fitted nets whose networks were taken out.
    network : Network
        All their networks as one stack, in the order of `nets`.
    attributes : dict
        Fitted attributes of the ensemble.
    """

    nets: list
    network: Any
    attributes: dict


class BaseEnsemble(Versioned, ExplainedParameters, BaseEstimator):
    """Base class of ensembles, whose members predict in one pass over a stack.

    A subclass has the parameters `estimator`, `voting` and `weights`, and

    - ``_kind``, ``_kind_name`` and ``_default``: the class that `estimator` must be an
      instance of, its name in error messages, and the class that None stands for;
    - ``_check_voting()``, which refuses options of the vote that contradict each other;
    - ``_fit_members(net, X, y, sample_weight, validation)``, which returns `Members`.
    """

    estimator: Any
    voting: str
    weights: str | None

    _kind: ClassVar[type]
    _kind_name: ClassVar[str]
    _default: ClassVar[type]

    @fit_context(prefer_skip_nested_validation=False)
    @explain_arguments
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the members to X and y.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets of any kind that the net takes.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.
        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Rows to score the members on. Without them, rows of X are held out where
            scores are needed.
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
            Targets of `X_val`.
        sample_weight_val : array-like of shape (n_rows,), optional
            Weights of the rows of `X_val`.

        Returns
        -------
        self : object
            The fitted ensemble.

        Raises
        ------
        ValueError
            For an invalid parameter or array, and if training diverges. The ensemble
            does not change in these cases.
        """
        net = clone(self._base_estimator())
        self._check_voting()
        net._validate_params()
        validation = {
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
        }
        members = self._fit_members(net, X, y, sample_weight, validation)
        for member in members.nets:
            # Callbacks belong to the estimator; copies would be saved with each member.
            member.set_callbacks()
        first = members.nets[0]
        fitted = {"_nets": members.nets, "_network": members.network}
        fitted |= members.attributes | {"n_features_in_": first.n_features_in_}
        fitted["_reads_bytes"] = reads_bytes(first)
        for name in ("classes_", "feature_names_in_"):
            if hasattr(first, name):
                fitted[name] = getattr(first, name)
        # One assignment: attributes of an earlier fit are removed at the same moment.
        parameters = {k: v for k, v in vars(self).items() if not k.endswith("_")}
        self.__dict__ = parameters | fitted
        return self

    def _fit_members(self, net, X, y, sample_weight, validation) -> Members:
        raise NotImplementedError

    def _check_voting(self):
        raise NotImplementedError

    @property
    def estimators_(self) -> list:
        """List of the fitted members; their arrays are views of the ensemble's."""
        if "_network" not in vars(self):
            raise AttributeError(
                f"This {type(self).__name__} is not fitted yet: no 'estimators_'."
            )
        return [
            with_network(net, unstack(self._network, i))
            for i, net in enumerate(self._nets)
        ]

    def _base_estimator(self):
        """Return the estimator; raise unless it is a net that can be a member."""
        estimator = self._default() if self.estimator is None else self.estimator
        if not isinstance(estimator, self._kind):
            raise ValueError(
                f"estimator of {type(self).__name__} must be one of skdl's "
                f"{self._kind_name}, got {_described(estimator)}"
                f"{self._sibling(estimator)}"
            )
        return estimator

    def _sibling(self, estimator):
        """Return a sentence about the ensemble for nets of the other kind, or ""."""
        if not isinstance(estimator, BaseClassifier | MLPRegressor):
            return ""
        other = "Classifier" if is_classifier(estimator) else "Regressor"
        mine = "Regressor" if is_classifier(estimator) else "Classifier"
        return f" Take {type(self).__name__.replace(mine, other)}."

    def _member_scores(self, X):
        """Return raw scores of all members, (n_members, n_samples, n_scores)."""
        X = self._checked_rows(X)
        return raw_scores(self._network, X, max_rows=rows_at_once(self._network, X))

    def _checked_rows(self, X):
        """Return X for the network; raise unless the ensemble can predict."""
        self._check_vote()
        return check_X(self, X)

    def _check_vote(self):
        """Raise unless the ensemble can predict."""
        check_is_fitted(self)
        # `voting` and `weights` may have been set after fit.
        self._validate_params()
        self._check_voting()
        if self.weights == "score" and self.member_scores_ is None:
            raise ValueError(
                "weights='score' needs validation scores, and fit took none: call fit "
                "again, now that weights='score' is set."
            )

    def _vote_weights(self):
        """Return None, "confidence", or the ranks of the members' scores."""
        if self.weights != "score":
            return self.weights
        scores = self.member_scores_
        return rankdata(np.where(np.isnan(scores), -np.inf, scores))

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether ``fit`` has stored a network."""
        return "_network" in vars(self)

    def __sklearn_tags__(self) -> Any:
        """Return tags with the inputs and targets that the estimator takes."""
        tags, inner = super().__sklearn_tags__(), get_tags(self._base_estimator())
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        return tags


def _has_probabilities(ensemble):
    if ensemble.voting == "hard":
        raise AttributeError("voting='hard' counts votes, which are not probabilities.")
    # A net without probabilities raises an error that says why.
    ensemble._base_estimator().predict_proba  # noqa: B018
    return True


def _described(estimator):
    """Describe an estimator that is not a net, and say what to write instead."""
    if isinstance(estimator, type):
        name = estimator.__name__
        return f"a class: write {name}(), not {name}."
    name = type(estimator).__name__
    if type(estimator).__module__.startswith("sklearn.neural_network."):
        return f"scikit-learn's {name}: import {name} from skdl."
    if isinstance(estimator, Pipeline):
        return (
            f"{estimator!r}. Put the ensemble into a pipeline, not a pipeline into the "
            "ensemble."
        )
    if isinstance(estimator, BaseSearchCV):
        return f"{name}: fit it first, and pass its best_estimator_."
    if isinstance(estimator, TabularClassifier | TabularRegressor):
        return f"{name}, which has several members already."
    return f"{estimator!r}."


class EnsembleClassifier(ClassifierMixin, BaseEnsemble):
    """Base class of ensembles of classifiers, whose members vote."""

    _kind: ClassVar[type] = BaseClassifier
    _kind_name: ClassVar[str] = "classifiers"
    _related_names = MappingProxyType(
        {"voting": {"mean": "soft", "average": "soft", "majority": "hard"}}
    )
    _default: ClassVar[type] = MLPClassifier

    @explain_arguments
    def predict(self, X: Any) -> np.ndarray:
        """Return the class that wins the vote, for each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator (n_samples, n_labels)
            Labels; (n_samples, n_columns) for several columns of labels. In a tie, the
            first class in the order of `classes_` wins.
        """
        labels = self._count(Ballot.labels, X)
        return stack_columns(labels) if isinstance(labels, list) else labels

    @explain_arguments
    def decision_function(self, X: Any) -> Any:
        """Return the result of the vote, whose largest column `predict` returns.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,)
            With 'soft' the logarithms of `predict_proba`, with 'hard' the shares of the
            votes, with 'margin' the mean of the members' decision functions. For two
            classes the score of the second class minus that of the first, which is
            positive if the second wins; likewise for each label of an indicator matrix.
            A list of such arrays for several columns of labels.
        """
        return self._count(Ballot.decision, X)

    @available_if(_has_probabilities)
    @explain_arguments
    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class; not with voting='hard'.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            With 'soft' the mean of the members' probabilities, with 'margin' the
            probabilities of the mean of their raw scores. A list of such arrays for
            several columns of labels.
        """
        return self._count(Ballot.probabilities, X)

    @available_if(_has_probabilities)
    @explain_arguments
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithm of each probability, computed in log space.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to classify.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            A list of such arrays for several columns of labels.
        """
        return self._count(Ballot.log_probabilities, X)

    @explain_arguments
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows that are classified correctly.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to classify.
        y : array-like of shape (n_samples,), or an indicator (n_samples, n_labels)
            True labels, as for the nets: a row with several labels needs all of them
            right, and soft targets stand for their most probable class.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        accuracy : float
            Weighted share of correct rows.
        """
        check_is_fitted(self)
        return score_predictions(self._nets[0], y, self.predict(X), sample_weight)

    def _count(self, method, X):
        """Return the result of a method of `Ballot`; a list for several columns."""
        X, network = self._checked_rows(X), self._network
        weights = self._vote_weights()

        def count(output, scores):
            # The vote of a single member is its own decision.
            voting = self.voting if len(scores) > 1 else "margin"
            return method(Ballot(output, scores, voting, weights))

        # The scores of one pass at a time: many classes make them large.
        votes = partial(each_output, self._nets[0], count)
        return by_passes(network, X, votes, max_rows=rows_at_once(network, X))

    def _check_voting(self):
        net = self._base_estimator()
        if hasattr(net, "predict_proba"):
            return
        if self.voting == "soft" and not self._is_single_net():
            raise ValueError(
                f"voting='soft' takes the mean of probabilities, and {net!r} has none: "
                "take voting='margin', the mean of scores, or 'hard'."
            )
        if self.weights == "confidence":
            raise ValueError(
                f"weights='confidence' are probabilities, and {net!r} has none: take "
                "weights='score' or None."
            )

    def _is_single_net(self):
        """Return whether the members become one net, which does not vote."""
        return False

    def __sklearn_tags__(self) -> Any:
        """Return tags with the kinds of labels that the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags = get_tags(self._base_estimator()).classifier_tags
        return tags


class EnsembleRegressor(RegressorMixin, BaseEnsemble):
    """Base class of ensembles of regressors, whose predictions are averaged."""

    _kind: ClassVar[type] = MLPRegressor
    _kind_name: ClassVar[str] = "regressors"
    _related_names = MappingProxyType({"voting": {"soft": "mean", "average": "mean"}})
    _default: ClassVar[type] = MLPRegressor

    predict_interval = Missing(
        "TabularRegressor has it. Members with loss=Quantile([0.05, 0.95]) predict the "
        "ends of an interval; Quantile is in skdl.engine."
    )

    @explain_arguments
    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the mean or the median of the members' predictions.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to predict.
        return_std : bool, default=False
            Whether to return the standard deviation of the predictions, too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions. Several quantiles add an axis, as in the nets' predictions.
        std : ndarray of the shape of y
            Only with `return_std`: the root of the members' mean squared deviation from
            their mean, with the weights of the mean. It measures how much the members
            disagree, not the noise in y.
        """
        scores = self._member_scores(X)
        if return_std and len(scores) == 1:
            raise ValueError("return_std=True needs several members, and there is one.")
        # Members that hold out other rows have other means and deviations of y.
        members = zip(self._nets, scores, strict=True)
        each = np.stack([predictions_of(net, part) for net, part in members])
        weights = self._vote_weights()
        if weights is None:
            weights = np.ones(len(each))
        mean = _mean(each, weights)
        y = mean if self.voting == "mean" else np.median(each, axis=0)
        if not return_std:
            return y
        return y, np.sqrt(_mean(np.square(each - mean), weights))

    @explain_arguments
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R² of the predictions; with a quantile loss, D² of the pinball loss.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
            Rows to predict.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        score : float
            1 for perfect predictions, 0 for the best constant.
        """
        check_is_fitted(self)
        check_numbers(y, "y")
        return score_predictions(self._nets[0], y, self.predict(X), sample_weight)

    def _check_voting(self):
        if self.voting == "median" and self.weights is not None:
            raise ValueError(
                f"weights={self.weights!r} are for voting='mean': the median has none."
            )


def _mean(values, weights):
    """Return the weighted mean over the first axis, in the dtype of the values."""
    shares = np.asarray(weights / np.sum(weights), values.dtype)
    return np.tensordot(shares, values, axes=1)


class FractionSplit:
    """The split that early stopping makes, with a seed of its own.

    Parameters
    ----------
    fraction : float
        Share of the rows that validate.
    seed : int
        Seed of the random choice.
    stratified : bool
        Whether y holds labels, whose shares are to be the same in both parts.
    """

    def __init__(self, fraction, seed, stratified):
        self.fraction = fraction
        self.seed = seed
        self.stratified = stratified

    def __repr__(self):
        return f"<a share of {self.fraction} of the rows>"

    def split(self, X, y, groups=None):
        """Yield (training, validation), row numbers, once."""
        labels = y if self.stratified and y.ndim == 1 else None
        rng = np.random.default_rng(self.seed)
        yield split_rows(X.shape[0], self.fraction, labels, rng)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return 1."""
        return 1


def hold_out(net, validation, random_state):
    """Make a net hold out rows for validation, unless it has validation rows.

    Its `early_stopping` does not change.

    Parameters
    ----------
    net : estimator
        A net that is not fitted. Its `validation_split` may be set here.
    validation : dict
        The arguments X_val, y_val and sample_weight_val of ``fit``.
    random_state : int, RandomState instance or None
        What the seed of the split is drawn from.
    """
    if validation["X_val"] is not None or net.validation_split is not None:
        return
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    split = FractionSplit(net.validation_fraction, seed, is_classifier(net))
    net.set_params(validation_split=split)


def known_scores(scores, net, *, needed):
    """Return scores as an array, or None if all of them are NaN.

    Parameters
    ----------
    scores : sequence of float
        Validation scores of the members; NaN for a member without one.
    net : estimator
        A net with the `scoring` of the members.
    needed : bool
        Whether members are chosen or weighted by their scores.

    Raises
    ------
    ValueError
        If the scores are needed, and all are NaN.
    """
    scores = np.array(scores, dtype=np.float64)
    if not np.isnan(scores).all():
        return scores
    if needed:
        raise ValueError(
            f"estimator has scoring={net.scoring!r}, which gave no member a validation "
            "score that is a number: take another scorer, or a vote that needs no "
            "scores (weights=None, and all members)."
        )
    return None
