"""Which rows a model gets wrong, and how much."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["absolute_errors", "misclassified", "one_column"]


def one_column(name, values):
    """Return labels or numbers, one for each row, as an array."""
    values = values.toarray() if issparse(values) else np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{name} must have one label or number for each row, got shape "
            f"{values.shape}. Of several outputs, draw one by from_predictions."
        )
    if values.dtype == object and any(one is None for one in values):
        raise ValueError(f"{name} contains None: leave out rows without a label.")
    return values


def absolute_errors(y_true, y_pred):
    """Return |y_true - y_pred|; what are no numbers is refused."""
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be numbers, as classes is None, got "
                f"{values[:1].tolist()} …: of labels, give scores as y_pred and the "
                "classes."
            )
    return np.abs(np.subtract(y_true, y_pred, dtype=float))


def misclassified(y_true, scores, classes, probabilities):
    """Find the rows that a classifier gets wrong.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,)
    scores : array-like of shape (n_samples, n_classes), or of the second of two classes
    classes : array-like of shape (n_classes,)
    probabilities : bool
        Whether the scores are.

    Returns
    -------
    rows : ndarray of int
        The worst first.
    labels : ndarray of shape (n_samples,)
        Predicted ones.
    found : ndarray of shape (n_samples, 2)
        Scores of the predicted and of the true label.
    """
    scores, classes = np.asarray(scores), np.asarray(classes)
    if scores.dtype.kind not in "biuf":
        raise ValueError(
            "y_pred must be scores, one for each class, and no labels, as classes are "
            f"given; got {scores[:1].tolist()} …"
        )
    scores = scores.astype(float)
    if scores.ndim == 1:
        scores = np.column_stack([1 - scores if probabilities else -scores, scores])
    if scores.shape[1] != len(classes):
        raise ValueError(
            f"y_pred has {scores.shape[1]} columns, and there are {len(classes)} "
            "classes."
        )
    unknown = np.setdiff1d(y_true, classes)
    if len(unknown):
        raise ValueError(f"y has labels that are not among the classes: {unknown}.")
    order = np.argsort(classes)
    codes = order[np.searchsorted(classes, y_true, sorter=order)]
    best, places = scores.argmax(axis=1), np.arange(len(scores))
    found = np.column_stack([scores[places, best], scores[places, codes]])
    wrong = np.flatnonzero(best != codes)
    # Probabilities: the smallest of the true class. Scores: its largest distance.
    lead = found[wrong, 0] - found[wrong, 1]
    rank = found[wrong, 1] if probabilities else -lead
    return wrong[np.lexsort((-lead, rank))], classes[best], found
