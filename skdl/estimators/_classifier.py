"""Classes in and out: what every classifying net shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import check_partial_fit_first_call, fit_context
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.estimators._base import BaseNet, has_partial_fit

__all__ = ["BaseClassifier"]

MARGIN_LOSSES = ("hinge", "squared_hinge")


def _has_probabilities(classifier):
    if classifier.loss in MARGIN_LOSSES:
        raise AttributeError(
            f"loss={classifier.loss!r} gives scores, not probabilities. Wrap the "
            "classifier in sklearn.calibration.CalibratedClassifierCV to get them."
        )
    return True


@dataclass(eq=False, repr=False)
class BaseClassifier(ClassifierMixin, BaseNet):
    """A net whose targets are classes; subclasses differ in `loss`."""

    _y_numeric: ClassVar[bool] = False
    _multilabel_allowed: ClassVar[bool] = True

    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: str | object | Sequence = "relu"

    @available_if(has_partial_fit)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Make one pass over X and y, from where the last call ended.

        k calls on the same data give the parameters of ``fit`` with ``max_iter=k``.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        sample_weight : array-like of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), optional
            All classes that will ever occur: needed in the first call, and then not.

        Returns
        -------
        self : object
        """
        with self._training(
            X, y, sample_weight, incremental=True, classes=classes
        ) as train:
            train()
        return self

    def _code_targets(self, y, dtype, first, incremental, classes):
        if issparse(y):
            y = y.toarray()
        kind = type_of_target(y, input_name="y")
        multilabel = kind == "multilabel-indicator"
        if multilabel and not self._multilabel_allowed:
            raise ValueError(
                f"{type(self).__name__} with loss={self.loss!r} gives each row one "
                "class, but y is a multilabel indicator matrix. LogisticClassifier and "
                "MLPClassifier take those."
            )
        if kind not in ("binary", "multiclass", "multilabel-indicator"):
            raise ValueError(
                f"Unknown label type: {kind!r}. y must hold one class label per row "
                "(strings, integers or booleans), or be an indicator matrix."
            )
        if not multilabel:
            y = column_or_1d(y, warn=True)
        seen = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if incremental:
            # Sets classes_ in the first call; refuses other ones later.
            check_partial_fit_first_call(self, classes)
        elif first:
            self.classes_ = seen
        if first:
            self._multilabel = multilabel
        self._check_classes(seen, multilabel, incremental)
        codes = y if multilabel else np.searchsorted(self.classes_, y)
        loss = self._loss()
        targets, table = loss.encode(codes, len(self.classes_), dtype)
        n_scores = len(self.classes_)
        if not multilabel:
            n_scores = loss.n_scores(n_scores)
        return codes, targets, table, n_scores

    def _check_classes(self, seen, multilabel, incremental):
        """Refuse a y whose classes are not those that the network is for."""
        if multilabel != self._multilabel:
            raise ValueError(
                "y is a multilabel indicator matrix in one call of fit or partial_fit, "
                "and holds one label per row in another."
            )
        if multilabel and len(seen) != len(self.classes_):
            raise ValueError(
                f"y is an indicator matrix of {len(seen)} labels, but classes are "
                f"{self.classes_}."
            )
        # Batches need not show all classes; warm starts must, as in scikit-learn.
        if not incremental and not np.array_equal(seen, self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the "
                f"previous call to fit. Previously got {self.classes_}, `y` has {seen}"
            )
        if len(np.setdiff1d(seen, self.classes_)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. `self.classes_` has "
                f"{self.classes_}. 'y' has {seen}."
            )

    def _strata(self, codes):
        return None if self._multilabel else self.classes_[codes]

    def _validation_score(self, codes, scores, weights):
        return accuracy_score(codes, self._decide(scores), sample_weight=weights)

    def _loss(self):
        name = self.loss
        if name == "log_loss":
            exclusive = len(self.classes_) > 2 and not self._multilabel
            name = "softmax" if exclusive else "logistic"
        return CLASSIFICATION_LOSSES[name]()

    def _decide(self, scores):
        """Return class numbers (n_samples,), or an indicator matrix."""
        if self._multilabel:
            return (scores > 0).astype(int)
        if scores.shape[1] > 1:
            return scores.argmax(axis=1)
        # One score stands for two classes; where there is but one class, for none.
        return np.minimum(scores[:, 0] > 0, len(self.classes_) - 1).astype(int)

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator (n_samples, n_labels)
        """
        check_is_fitted(self)
        decided = self._decide(self._raw_scores(X))
        return decided if self._multilabel else self.classes_[decided]

    def decision_function(self, X):
        """Return the raw scores of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,)
            One-dimensional for two classes: the logit, or the second class's score
            minus the first's. The class is the second where it is positive.
        """
        check_is_fitted(self)
        scores = self._raw_scores(X)
        if self._multilabel or scores.shape[1] > 2:
            return scores
        return scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`, and never 0. Rows sum to 1, unless labels do not
            exclude one another.
        """
        check_is_fitted(self)
        scores = self._raw_scores(X)
        if len(self.classes_) == 1 and not self._multilabel:
            return np.ones_like(scores)
        p = self._loss().probabilities(scores, exclusive=not self._multilabel)
        # No finite score makes a class impossible: what underflows is no zero.
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Return the logarithm of each probability, computed without leaving log space.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Finite for all finite scores.
        """
        check_is_fitted(self)
        scores = self._raw_scores(X)
        if len(self.classes_) == 1 and not self._multilabel:
            return np.zeros_like(scores)
        return self._loss().log_probabilities(scores, exclusive=not self._multilabel)

    @property
    def coef_(self):
        """Weights of a linear model, (1 or n_classes, n_features).

        ``X @ coef_.T + intercept_`` is the decision function; one row for two classes.
        """
        weights, _ = self._linear_layer("coef_")
        return _one_row_for_two(weights.T, self._multilabel)

    @property
    def intercept_(self):
        """Biases of a linear model, of shape (1,) or (n_classes,)."""
        _, biases = self._linear_layer("intercept_")
        return _one_row_for_two(biases, self._multilabel)

    def __sklearn_tags__(self):
        """Several labels per row, where the loss allows it."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self._multilabel_allowed
        return tags


def _one_row_for_two(rows, multilabel):
    """Turn two classes' rows into their difference, as the decision function is."""
    if multilabel or len(rows) != 2:
        return rows
    return rows[1:] - rows[:1]
