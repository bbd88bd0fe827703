"""Classes in and out: what every classifying net shares."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import check_partial_fit_first_call, fit_context
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.estimators._base import BaseNet, has_partial_fit
from skdl.estimators._parameters import CLASSIFIER_CONSTRAINTS
from skdl.estimators._targets import (
    check_label_smoothing,
    check_labels,
    encoded,
    is_matrix,
    smoothed,
    soft_rows,
)
from skdl.estimators._validation import check_loss

__all__ = ["BaseClassifier"]


def _has_probabilities(classifier):
    if not hasattr(classifier._loss_kind, "probabilities"):
        raise AttributeError(
            f"loss={classifier.loss!r} gives scores, not probabilities. Wrap the "
            "classifier in sklearn.calibration.CalibratedClassifierCV to get them."
        )
    return True


@dataclass(eq=False, repr=False)
class BaseClassifier(ClassifierMixin, BaseNet):
    """A net whose targets are classes; subclasses differ in `loss`."""

    _parameter_constraints: ClassVar[dict] = CLASSIFIER_CONSTRAINTS
    _y_numeric: ClassVar[bool] = False

    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: str | object | Sequence = "relu"
    _: KW_ONLY
    label_smoothing: float = 0.0

    @available_if(has_partial_fit)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X, y, sample_weight=None, classes=None, *,
        X_val=None, y_val=None, sample_weight_val=None,
    ):  # fmt: skip
        """Make one pass over X and y, from where the last call ended.

        k calls on the same data give the parameters of ``fit`` with ``max_iter=k``.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        sample_weight : array-like of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), optional
            All classes that will ever occur: needed in the first call, and then not.
            Soft targets say it themselves.

        X_val : array-like of shape (n_rows, n_features) or ValidationSet, optional
            Rows to validate on, as in ``fit``. With `early_stopping`, once more calls
            than `n_iter_no_change` in a row did not improve their score, the best
            call's parameters come back, and `stop_reason_` says "converged".
        y_val : array-like of shape (n_rows,) or (n_rows, n_outputs), optional
        sample_weight_val : array-like of shape (n_rows,), optional

        Returns
        -------
        self : object
        """
        return self._partial_fit(
            X, y, sample_weight, X_val, y_val, sample_weight_val, classes=classes
        )

    @property
    def _loss_kind(self):
        """What `loss` names, for what it can do: the classes may not be known yet."""
        if not isinstance(self.loss, str):
            return self.loss
        return CLASSIFICATION_LOSSES.get(
            "logistic" if self.loss == "log_loss" else self.loss
        )

    @property
    def _multilabel_allowed(self):
        return getattr(self._loss_kind, "multilabel", False)

    @property
    def _soft_targets_allowed(self):
        return getattr(self._loss_kind, "soft_targets", False)

    def _code_targets(self, y, dtype, first, incremental, classes):
        check_label_smoothing(self)
        soft = self._soft_targets_allowed and is_matrix(y)
        y, multilabel = (y, False) if soft else check_labels(self, y)
        seen = np.arange(y.shape[1]) if soft or multilabel else np.unique(y)
        if incremental:
            if soft and classes is None and first:
                classes = seen
            # Sets classes_ in the first call; refuses other ones later.
            check_partial_fit_first_call(self, classes)
        elif first:
            self.classes_ = seen
        if first:
            self._multilabel = multilabel
        self._check_classes(seen, multilabel, soft, incremental)
        loss, n_classes = self._loss(), len(self.classes_)
        codes = y if soft or multilabel else np.searchsorted(self.classes_, y)
        targets, table = encoded(loss, codes, n_classes, dtype)
        if self.label_smoothing and (multilabel or n_classes > 1):
            n_choices = 2 if multilabel else n_classes
            targets, table = smoothed(targets, table, self.label_smoothing, n_choices)
        n_scores = n_classes if multilabel else loss.n_scores(n_classes)
        return codes.argmax(axis=1) if soft else codes, targets, table, n_scores

    def _check_classes(self, seen, multilabel, soft, incremental):
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
        if soft and not np.array_equal(seen, self.classes_):
            raise ValueError(
                f"y has probabilities of {len(seen)} classes, which are 0 to "
                f"{len(seen) - 1}, but classes are {self.classes_}."
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
        if not isinstance(name, str):
            return check_loss(name)
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
        p = self._loss().probabilities(scores, **self._links())
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
        loss = self._loss()
        if not hasattr(loss, "log_probabilities"):
            return np.log(self.predict_proba(X))
        return loss.log_probabilities(scores, **self._links())

    def score(self, X, y, sample_weight=None):
        """Return the share of rows that are classified correctly.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), or an indicator (n_samples, n_labels)
            Of an indicator all labels of a row count as one. Where the net takes soft
            targets, a matrix of probabilities stands for each row's most probable
            class.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        accuracy : float
        """
        check_is_fitted(self)
        if self._soft_targets_allowed and is_matrix(y):
            y = soft_rows(y)
            self._check_classes(np.arange(y.shape[1]), False, True, True)
            y = self.classes_[y.argmax(axis=1)]
        return super().score(X, y, sample_weight)

    def _links(self):
        """Return what the links need to know: nothing, unless y had several labels."""
        return {"exclusive": False} if self._multilabel else {}

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
