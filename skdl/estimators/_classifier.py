"""Classes in and out: what every classifying net shares."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import fit_context
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.engine.multi_output import MultiOutput
from skdl.estimators._base import BaseNet, has_partial_fit
from skdl.estimators._class_weight import check_class_weight, class_weights
from skdl.estimators._classes import (
    check_classes,
    check_shares,
    classes_in,
    start_classes,
)
from skdl.estimators._outputs import Output, share_of_right_rows, side_by_side
from skdl.estimators._parameters import CLASSIFIER_CONSTRAINTS
from skdl.estimators._targets import (
    check_label_smoothing,
    encoded,
    holds_distributions,
    is_list_of_classes,
    read_labels,
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
    class_weight: dict | list | str | None = None

    @available_if(has_partial_fit)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Make one pass over X and y, from where the last call ended.

        k calls on the same data give the parameters of ``fit`` with ``max_iter=k``.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), (n_samples, n_labels) or (n_samples, \
n_columns)
            As for ``fit``; a matrix has columns of labels wherever `classes` is a list.
        sample_weight : array-like of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), or list of array-like, optional
            All classes that will ever occur: needed in the first call, and then not.
            Of several columns of labels it is a list with the classes of each. Soft
            targets say it themselves.

        Returns
        -------
        self : object
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported by partial_fit, "
                "which sees a batch and not the frequencies of the classes. Compute "
                "them from enough of y: set class_weight to dict(zip(classes, "
                "sklearn.utils.compute_class_weight('balanced', classes=classes, "
                "y=y)))."
            )
        with self._training(
            X, y, sample_weight, incremental=True, classes=classes
        ) as train:
            train()
        return self

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

    @property
    def _several_outputs(self):
        return isinstance(getattr(self, "classes_", None), list)

    def _read_targets(self, y, first, classes):
        """Return y, as soft targets where it means those."""
        if self._means_columns(first, classes) or not self._soft_targets_allowed:
            return y
        return soft_rows(y) if holds_distributions(y) else y

    def _means_columns(self, first, classes):
        """Tell whether it is known, before y is seen, that it has columns of labels."""
        return is_list_of_classes(classes) if first else self._several_outputs

    def _code_targets(self, y, dtype, first, incremental, classes):
        check_label_smoothing(self)
        y, kind = self._kind_of(y, self._means_columns(first, classes))
        seen = classes_in(y, kind)
        if incremental:
            start_classes(self, seen, kind, classes)
        elif first:
            self.classes_ = seen
        if first:
            self._multilabel = kind == "indicator"
        check_classes(self, seen, kind, incremental)
        codes = self._class_numbers(y, kind)
        check_class_weight(
            self.class_weight, None if kind in ("labels", "soft") else codes.shape[1]
        )
        loss, n_classes = self._loss(), self._n_classes
        if self._several_outputs:
            # Of a user's own loss: it is told by its name here.
            encoded(self._outputs[0].loss, codes[:, 0], n_classes[0], dtype)
        targets, table = encoded(loss, codes, n_classes, dtype)
        if self.label_smoothing:
            n_choices = self._n_choices(targets if table is None else table)
            targets, table = smoothed(targets, table, self.label_smoothing, n_choices)
        n_scores = n_classes if self._multilabel else loss.n_scores(n_classes)
        return codes, targets, table, n_scores

    def _kind_of(self, y, several):
        if not several and self._soft_targets_allowed and holds_distributions(y):
            return y, "soft"
        return read_labels(self, y, several)

    def _class_numbers(self, y, kind):
        if kind in ("soft", "indicator"):
            return y
        if kind == "labels":
            return np.searchsorted(self.classes_, y)
        pairs = zip(self.classes_, y, strict=True)
        return np.column_stack([np.searchsorted(*pair) for pair in pairs])

    @property
    def _n_classes(self):
        if self._several_outputs:
            return [len(classes) for classes in self.classes_]
        return len(self.classes_)

    def _n_choices(self, rows):
        """Return how many classes exclude one another, where each score is about."""
        if not self._several_outputs:
            return 2 if self._multilabel else self._n_classes
        return np.repeat(self._n_classes, self._loss().widths)

    def _training_weights(self, y, weights, dtype):
        if self.class_weight is None:
            return weights
        options, n_columns = self.class_weight, len(self.classes_)
        each = None if weights is None else weights[:, 0].astype(np.float64)
        if self._multilabel or self._several_outputs:
            if options == "balanced":
                options = ["balanced"] * n_columns
            columns = self.classes_
            if self._multilabel:
                y, columns = y.astype(int), [np.arange(2)] * n_columns
            by_class = np.ones(len(y))
            for i, classes in enumerate(columns):
                name = f"class_weight[{i}]"
                by_class *= class_weights(options[i], y[:, i], classes, each, name)
        else:
            by_class = class_weights(options, y, self.classes_, each)
        product = by_class.astype(dtype)[:, np.newaxis]
        if weights is not None:
            product *= weights
        if not product.any():
            raise ValueError(
                f"class_weight={self.class_weight!r} leaves no row with a weight that "
                "is not zero."
            )
        return product

    def _strata(self, y):
        """Return what a random split keeps the shares of, or None."""
        if self._multilabel:
            return None
        if self._several_outputs:
            combinations, counts = np.unique(
                y, axis=0, return_inverse=True, return_counts=True
            )[1:]
            return combinations if counts.min() > 1 else None
        codes = y.argmax(axis=1) if y.ndim == 2 else y
        check_shares(codes, self.classes_)
        return self.classes_[codes]

    def _validation_score(self, y, scores, weights):
        if self._several_outputs:
            decided = np.column_stack(self._each_output(Output.numbers, scores))
            return np.average((decided == y).all(axis=1), weights=weights)
        if y.ndim == 2 and not self._multilabel:
            y = y.argmax(axis=1)
        decided = self._each_output(Output.numbers, scores)
        return accuracy_score(y, decided, sample_weight=weights)

    def _loss(self):
        losses = [output.loss for output in self._outputs]
        if not self._several_outputs:
            return losses[0]
        pairs = zip(losses, self._n_classes, strict=True)
        return MultiOutput(losses, [loss.n_scores(k) for loss, k in pairs])

    @property
    def _outputs(self):
        """One `Output` for each column of labels."""
        columns = self.classes_ if self._several_outputs else [self.classes_]
        return [
            Output(classes, self._loss_of(len(classes)), self._multilabel)
            for classes in columns
        ]

    def _loss_of(self, n_classes):
        name = self.loss
        if not isinstance(name, str):
            return check_loss(name)
        if name == "log_loss":
            exclusive = n_classes > 2 and not self._multilabel
            name = "softmax" if exclusive else "logistic"
        return CLASSIFICATION_LOSSES[name]()

    def _each_output(self, method, scores):
        """Return what a method of `Output` says; a list of it for several columns."""
        outputs = self._outputs
        if not self._several_outputs:
            return method(outputs[0], scores)
        parts = self._loss().split(scores)
        return [method(*pair) for pair in zip(outputs, parts, strict=True)]

    def predict(self, X):
        """Return the most probable class of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,), or an indicator (n_samples, n_labels)
            Of several columns of labels, (n_samples, n_columns).
        """
        check_is_fitted(self)
        labels = self._each_output(Output.labels, self._raw_scores(X))
        return side_by_side(labels) if self._several_outputs else labels

    def decision_function(self, X):
        """Return the raw scores of each row.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,)
            One-dimensional for two classes: the logit, or the second class's score
            minus the first's. The class is the second where it is positive. A list of
            such arrays for several columns of labels.
        """
        check_is_fitted(self)
        return self._each_output(Output.decision, self._raw_scores(X))

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
            exclude one another. A list of such arrays for several columns of labels.
        """
        check_is_fitted(self)
        return self._each_output(Output.probabilities, self._raw_scores(X))

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Return the logarithm of each probability, computed without leaving log space.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Finite for all finite scores. A list of such arrays for several columns of
            labels.
        """
        check_is_fitted(self)
        return self._each_output(Output.log_probabilities, self._raw_scores(X))

    def score(self, X, y, sample_weight=None):
        """Return the share of rows that are classified correctly.

        Parameters
        ----------
        X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), or an indicator (n_samples, n_labels)
            Of an indicator, and of several columns of labels, a row is right if all its
            labels are. Where the net takes soft targets, a matrix of probabilities
            stands for each row's most probable class.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        accuracy : float
        """
        check_is_fitted(self)
        if self._several_outputs:
            return share_of_right_rows(y, self.predict(X), sample_weight)
        if self._soft_targets_allowed and holds_distributions(y):
            y = soft_rows(y)
            check_classes(self, np.arange(y.shape[1]), "soft", True)
            y = self.classes_[y.argmax(axis=1)]
        return super().score(X, y, sample_weight)

    @property
    def coef_(self):
        """Weights of a linear model, (1 or n_classes, n_features).

        ``X @ coef_.T + intercept_`` is the decision function; one row for two classes.
        A list of such arrays for several columns of labels.
        """
        weights, _ = self._linear_layer("coef_")
        columns = self._each_output(Output.decision_columns, weights)
        return [c.T for c in columns] if self._several_outputs else columns.T

    @property
    def intercept_(self):
        """Biases of a linear model, of shape (1,) or (n_classes,).

        A list of such arrays for several columns of labels.
        """
        _, biases = self._linear_layer("intercept_")
        return self._each_output(Output.decision_columns, biases)

    def __sklearn_tags__(self):
        """Several labels per row, where the loss allows it.

        Several columns of labels are allowed by every loss; the tag says so where
        zeros and ones are, too, which scikit-learn's checks take for columns of labels.
        """
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self._multilabel_allowed
        tags.target_tags.multi_output = self._multilabel_allowed
        return tags
