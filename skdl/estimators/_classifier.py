"""Classes in and out: what every classifying net shares."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import fit_context
from skdl.estimators._base import BaseNet, has_partial_fit
from skdl.estimators._parameters import CLASSIFIER_CONSTRAINTS
from skdl.estimators._targets import loss_kind, targets_of

__all__ = ["BaseClassifier"]


def _has_probabilities(classifier):
    if not hasattr(loss_kind(classifier), "probabilities"):
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
    _takes_distributions: ClassVar[bool] = False

    hidden_layer_sizes: int | Sequence[int] = (100,)
    activation: str | object | Sequence = "relu"
    _: KW_ONLY
    label_smoothing: float = 0.0
    class_weight: dict | list | str | None = None

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
        y : array-like of shape (n_samples,), (n_samples, n_labels) or (n_samples, \
n_columns)
            As for ``fit``; a matrix has columns of labels wherever `classes` is a list.
        sample_weight : array-like of shape (n_samples,), optional
        classes : array-like of shape (n_classes,), or list of array-like, optional
            All classes that will ever occur: needed in the first call, and then not.
            Of several columns of labels it is a list with the classes of each. Soft
            targets say it themselves.

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
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported by partial_fit, "
                "which sees a batch and not the frequencies of the classes. Compute "
                "them from enough of y: set class_weight to dict(zip(classes, "
                "sklearn.utils.compute_class_weight('balanced', classes=classes, "
                "y=y)))."
            )
        return self._partial_fit(
            X, y, sample_weight, X_val, y_val, sample_weight_val, classes=classes
        )

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
        return self._at_rest()._decode(X, "decode")

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
        return self._at_rest()._decode(X, "decision")

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
        return self._at_rest()._decode(X, "probabilities")

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
        return self._at_rest()._decode(X, "log_probabilities")

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
        net = self._at_rest()
        check_is_fitted(net)
        return targets_of(net).score_predictions(y, net.predict(X), sample_weight)

    @property
    def coef_(self):
        """Weights of a linear model, (1 or n_classes, n_features).

        ``X @ coef_.T + intercept_`` is the decision function, for an X as `standardize`
        leaves it; one row for two classes.
        A list of such arrays for several columns of labels.
        """
        weights, _ = self._linear_layer("coef_")
        columns = targets_of(self._at_rest()).decision_columns(weights)
        return [c.T for c in columns] if isinstance(columns, list) else columns.T

    @property
    def intercept_(self):
        """Biases of a linear model, of shape (1,) or (n_classes,).

        A list of such arrays for several columns of labels.
        """
        _, biases = self._linear_layer("intercept_")
        return targets_of(self._at_rest()).decision_columns(biases)

    def __sklearn_tags__(self):
        """Several labels per row, where the loss allows it."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = loss_kind(self).multilabel
        return tags
