"""Which rows a model gets wrong, and how much."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_consistent_length

from skdl.estimators._targets import is_list_of_classes

__all__ = [
    "Errors",
    "absolute_errors",
    "errors_of",
    "misclassified",
    "one_column",
    "output_names",
    "worst_first",
]


@dataclass
class Errors:
    """What a model says of one output, and how wrong it is.

    Attributes
    ----------
    true, predicted : ndarray of shape (n_samples,)
        Labels or numbers.
    rank, tie : ndarray of shape (n_samples,)
        The lower, the worse; the rank is infinite where nothing is wrong, and among
        equal ranks the tie decides.
    found : ndarray of shape (n_samples, 2), or None
        Scores of the predicted and of the true label.
    """

    true: np.ndarray
    predicted: np.ndarray
    rank: np.ndarray
    tie: np.ndarray
    found: np.ndarray | None = None


def errors_of(y_true, y_pred, classes, probabilities):
    """Return a list of the `Errors` of each output.

    Parameters
    ----------
    y_true, y_pred, classes, probabilities
        As for `MistakesDisplay.from_predictions`.
    """
    if classes is None:
        true, predicted = _columns_of("y_true", y_true), _columns_of("y_pred", y_pred)
        if len(true) != len(predicted):
            raise ValueError(
                "y_true and y_pred must have a column for each output, got "
                f"{len(true)} and {len(predicted)}: of several quantiles, draw one of "
                "them by from_predictions."
            )
        check_consistent_length(*true, *predicted)
        if len(true) == 1:
            return [absolute_errors(*true, *predicted)]
        return [
            absolute_errors(one, other, np.std(one) or 1.0)
            for one, other in zip(true, predicted, strict=True)
        ]
    if is_list_of_classes(classes):
        true = _columns_of("y_true", y_true)
        if not len(true) == len(y_pred) == len(classes):
            raise ValueError(
                f"y_true has {len(true)} columns, y_pred a list of {len(y_pred)} and "
                f"classes one of {len(classes)}."
            )
    else:
        true, y_pred, classes = [one_column("y", y_true)], [y_pred], [classes]
    check_consistent_length(*true, *y_pred)
    return [
        misclassified(*of_one, probabilities)
        for of_one in zip(true, y_pred, classes, strict=True)
    ]


def output_names(y, classes, n):
    """Return what n outputs are called: by the names of y's columns, if it has any."""
    if hasattr(y, "columns"):
        return [str(name) for name in y.columns]
    labels = classes is not None and all(list(one) == [0, 1] for one in classes)
    return [f"{'label' if labels else 'output'} {j}" for j in range(n)]


def worst_first(errors):
    """Return the rows with errors, and which output is the worst of each.

    Parameters
    ----------
    errors : list of Errors
        One for each output.

    Returns
    -------
    rows, outputs : ndarray of int
    """
    ranks = np.column_stack([one.rank for one in errors])
    ties = np.column_stack([one.tie for one in errors])
    outputs, each = np.lexsort((ties, ranks))[:, 0], np.arange(len(ranks))
    ranks, ties = ranks[each, outputs], ties[each, outputs]
    rows = np.lexsort((ties, ranks))
    rows = rows[ranks[rows] != np.inf]
    return rows, outputs[rows]


def one_column(name, values):
    """Return labels or numbers, one for each row, as an array."""
    columns = _columns_of(name, values)
    if len(columns) > 1:
        raise ValueError(
            f"{name} must have one label or number for each row, got shape "
            f"{np.shape(values)}."
        )
    return columns[0]


def _columns_of(name, values):
    """Return the columns of labels or numbers as a list of arrays."""
    values = values.toarray() if issparse(values) else np.asarray(values)
    if values.ndim not in (1, 2) or not values.size:
        raise ValueError(
            f"{name} must have one label or number for each row, or a column for each "
            f"output, got shape {values.shape}."
        )
    if values.dtype == object:
        if any(one is None for one in values.flat):
            raise ValueError(f"{name} contains None: leave out rows without a label.")
        # Of a frame whose columns are of many types.
        columns = values.T if values.ndim == 2 else [values]
        return [np.array(column.tolist()) for column in columns]
    return [values] if values.ndim == 1 else list(values.T)


def absolute_errors(y_true, y_pred, unit=1.0):
    """Return `Errors` by |y_true - y_pred|; what are no numbers is refused.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_samples,)
    unit : float, default=1.0
        By which errors are divided.
    """
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be numbers, as classes is None, got "
                f"{values[:1].tolist()} …: of labels, give scores as y_pred and the "
                "classes."
            )
    sizes = np.abs(np.subtract(y_true, y_pred, dtype=float)) / unit
    return Errors(y_true, y_pred, -sizes, np.zeros(len(sizes)))


def misclassified(y_true, scores, classes, probabilities):
    """Return the `Errors` of a classifier.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,)
    scores : array-like of shape (n_samples, n_classes), or of the second of two classes
    classes : array-like of shape (n_classes,)
    probabilities : bool
        Whether the scores are.
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
    # Probabilities: the smallest of the true class. Scores: its largest distance.
    lead = found[:, 0] - found[:, 1]
    rank = np.where(best == codes, np.inf, found[:, 1] if probabilities else -lead)
    return Errors(classes[codes], classes[best], rank, -lead, found)
