"""Targets of classifiers: labels, distributions as y, and label smoothing."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skdl._distributions import check_distributions

__all__ = [
    "check_label_smoothing",
    "check_labels",
    "encoded",
    "is_matrix",
    "smoothed",
    "soft_rows",
]


def check_labels(classifier, y):
    """Return y, and whether it is an indicator matrix; refuse what is neither."""
    if issparse(y):
        y = y.toarray()
    kind = type_of_target(y, input_name="y")
    multilabel = kind == "multilabel-indicator"
    if multilabel and not classifier._multilabel_allowed:
        raise ValueError(
            f"{type(classifier).__name__} with loss={classifier.loss!r} gives each row "
            "one class, but y is a multilabel indicator matrix. LogisticClassifier and "
            "MLPClassifier take those; SoftmaxClassifier and loss='kl_divergence' take "
            "them as probabilities of classes, if each row sums to 1."
        )
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        hint = (
            " SoftmaxClassifier and loss='kl_divergence' take a matrix of "
            "probabilities, too."
        )
        raise ValueError(
            f"Unknown label type: {kind!r}. y must hold one class label per row "
            "(strings, integers or booleans), or be an indicator matrix."
            + (hint if kind == "continuous-multioutput" else "")
        )
    return (y, True) if multilabel else (column_or_1d(y, warn=True), False)


def check_label_smoothing(classifier):
    """Refuse to smooth targets that are no probabilities."""
    amount = classifier.label_smoothing
    if amount and not hasattr(classifier._loss_kind, "probabilities"):
        raise ValueError(
            f"label_smoothing={amount!r} mixes targets that are probabilities, and "
            f"those of loss={classifier.loss!r} are not. Set label_smoothing=0.0, or "
            "take SoftmaxClassifier, LogisticClassifier, or MLPClassifier with one of "
            "their losses."
        )


def is_matrix(y):
    """Tell whether y has several columns, whatever it is made of."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # rows of unequal length: what validates y names them
        return False
    return len(shape) == 2 and shape[1] > 1


def soft_rows(y):
    """Return a matrix of one distribution over the classes per row.

    Parameters
    ----------
    y : {array-like, sparse matrix} of shape (n_samples, n_classes)

    Returns
    -------
    y : ndarray of float64
        Its rows sum to 1 up to rounding: what the tolerance let pass is divided out, or
        the gradient p - t would not fit the loss.

    Raises
    ------
    ValueError
        If a row is no distribution.
    """
    try:
        y, _, _ = check_distributions(y.toarray() if issparse(y) else y, "y")
    except ValueError as error:
        raise ValueError(
            f"{error} Here a matrix y holds one distribution over the classes per row "
            "(divide rows by their sums, if they are almost ones); for several labels "
            "per row take LogisticClassifier, or MLPClassifier with its default loss."
        ) from error
    return y / y.sum(axis=1, keepdims=True)


def encoded(loss, y, n_classes, dtype):
    """Return (targets, table) of a loss, which may be a user's own."""
    coding = loss.encode(y, n_classes, dtype)
    name = type(loss).__name__
    if not (isinstance(coding, tuple) and len(coding) == 2):
        raise ValueError(
            f"{name}.encode must return (targets, table), where table may be None, got "
            f"{type(coding).__name__}."
        )
    targets, table = coding
    rows = targets if table is None else table
    if np.shape(targets)[:1] != y.shape[:1] or np.ndim(rows) != 2:
        raise ValueError(
            f"{name}.encode must return targets with a row for each of the "
            f"{y.shape[0]} samples (numbers of rows, if there is a table), and what "
            f"holds the rows must be 2-D; got targets of shape {np.shape(targets)}"
            + ("." if table is None else f" and a table of shape {np.shape(table)}.")
        )
    return targets, table


def smoothed(targets, table, amount, n_choices):
    """Mix each target with the uniform distribution: (1 - ε) t + ε / n_choices.

    Parameters
    ----------
    targets, table : ndarray
        As `encode` of a loss returned them; the table may be None.
    amount : float
        The ε, in [0, 1).
    n_choices : int
        Number of classes that exclude one another; 2 for a label, which is one or not.
    """
    amount = float(amount)

    def mix(rows):
        return (1 - amount) * rows + amount / n_choices

    return (mix(targets), None) if table is None else (targets, mix(table))
