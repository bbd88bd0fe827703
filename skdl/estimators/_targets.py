"""Targets of classifiers: labels, distributions as y, and label smoothing."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skdl._distributions import check_distributions
from skdl._explain import or_nothing, types_in
from skdl.engine.target_tables import MixedTable, TargetTable

__all__ = [
    "as_labels",
    "check_label_smoothing",
    "encoded",
    "holds_distributions",
    "is_list_of_classes",
    "is_matrix",
    "plain_labels",
    "read_labels",
    "smoothed",
    "soft_rows",
    "unique_labels",
]


def read_labels(classifier, y, several):
    """Return (y, kind), and refuse what holds no class labels.

    Parameters
    ----------
    classifier : BaseClassifier
    y : {ndarray, sparse matrix}
        Anything but soft targets.
    several : bool
        Whether a matrix has a class label in each column, even if these are 0 and 1.

    Returns
    -------
    y : ndarray, or list of ndarray
        One label per row; or an indicator matrix; or the columns.
    kind : {"labels", "indicator", "columns"}
    """
    if issparse(y):
        _refuse_sparse_column(y)
        y = y.toarray()
    matrix = is_matrix(y)
    if matrix and y.dtype.kind == "O":  # of a frame whose columns are of many types
        columns = [plain_labels(y[:, i], f"Column {i} of y") for i in range(y.shape[1])]
        if any(column.dtype.kind == "U" for column in columns):
            for i, column in enumerate(columns):
                _check_kind(type_of_target(column), f"Column {i} of y")
            return columns, "columns"
        y = np.column_stack(columns)
    elif y.dtype.kind == "O":
        y = plain_labels(y, "y")
    kind = type_of_target(y, input_name="y")
    if matrix and kind in ("multilabel-indicator", "multiclass-multioutput"):
        if several or not _is_indicator(y):
            return list(y.T), "columns"
        if not classifier._multilabel_allowed:
            raise ValueError(
                f"{type(classifier).__name__} with loss={classifier.loss!r} gives each "
                "row one class, but y is a multilabel indicator matrix. "
                "LogisticClassifier and MLPClassifier take those; SoftmaxClassifier "
                "and loss='kl_divergence' take them as probabilities of classes, if "
                "each row sums to 1; and partial_fit takes any two labels per column, "
                "with a list of arrays as classes."
            )
        return y, "indicator"
    if kind not in ("binary", "multiclass"):
        hint = (
            " SoftmaxClassifier and loss='kl_divergence' take a matrix of "
            "probabilities, too."
        )
        raise ValueError(
            f"Unknown label type: {kind!r}. y must hold one class label per row "
            "(strings, integers or booleans), or one in each of several columns, or be "
            "an indicator matrix." + (hint if kind == "continuous-multioutput" else "")
        )
    return column_or_1d(y, warn=True), "labels"


def _is_indicator(y):
    return bool(((y == 0) | (y == 1)).all()) if y.dtype.kind in "biuf" else False


def _refuse_sparse_column(y):
    if y.ndim == 1 or y.shape[1] == 1:
        raise TypeError(
            "Sparse data was passed for y, and one label per row must be dense, or "
            "nothing could score it: pass y.toarray().ravel()."
        )


def _check_kind(kind, name):
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind!r}. {name} must hold class labels: strings, "
            "integers or booleans."
        )


def plain_labels(labels, name):
    """Return labels of an object array as an array of text or of numbers.

    Parameters
    ----------
    labels : ndarray of object
        Without None and the like.
    name : str
        What errors call it, at the begin of a sentence.

    Returns
    -------
    labels : ndarray

    Raises
    ------
    ValueError
        If they are of several kinds, or of one that no metric could score.
    """
    kinds = {kind: _kind_of_label(kind) for kind in types_in(labels)}
    if "other" in kinds.values():
        i = next(i for i, one in enumerate(labels.flat) if kinds[type(one)] == "other")
        kind = type(labels.flat[i]).__name__
        raise ValueError(
            f"Unknown label type: 'unknown'. {name} holds an object of type {kind} in "
            f"row {i} (counted from 0), and class labels are strings, integers or "
            "booleans: write y.astype(str)."
        )
    if len(set(kinds.values())) > 1:
        text = [kinds[type(one)] == "text" for one in labels.flat]
        raise ValueError(
            f"Unknown label type: 'mixed'. {name} holds text, first in row "
            f"{text.index(True)}, beside numbers, first in row {text.index(False)} "
            "(counted from 0): write y.astype(str), or make numbers of all."
        )
    plain = np.array(labels.tolist())
    if plain.dtype.kind == "O":
        raise ValueError(
            f"Unknown label type: 'unknown'. {name} holds integers beyond 64 bits: "
            "write y.astype(str)."
        )
    return plain


def _kind_of_label(kind):
    if issubclass(kind, str):
        return "text"
    numbers = bool | int | float | np.bool_ | np.integer | np.floating
    return "number" if issubclass(kind, numbers) else "other"


def unique_labels(labels):
    """Return the classes among labels, sorted; text no wider than the longest one.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
    """
    classes = np.unique(as_labels(labels))
    return np.array(classes.tolist()) if classes.dtype.kind == "U" else classes


def as_labels(labels):
    """Return labels as `plain_labels` does, and what is no object array as an array.

    Parameters
    ----------
    labels : array-like or sparse matrix
        The latter is returned as it is.
    """
    if issparse(labels):
        return labels
    array = np.asarray(labels)
    plain = array.dtype.kind == "O" and array.ndim == 1
    return plain_labels(array, "y") if plain else array


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
    return or_nothing(_has_columns, y, nothing=False)  # what validates y names faults


def _has_columns(y):
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    return len(shape) == 2 and shape[1] > 1


def holds_distributions(y):
    """Tell whether a matrix y means soft targets, where the loss takes those.

    Floats do, and zeros and ones of any type, as one-hot rows are. Integers beyond them
    and text are class labels, one in each column.
    """
    if not is_matrix(y):
        return False
    y = y.data if issparse(y) else np.asarray(y)
    if y.dtype.kind in "bf":
        return True
    if y.dtype.kind == "O":
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError):
            return False
        if not np.array_equal(y, np.round(y)):
            return True
    return y.dtype.kind in "iuf" and bool(((y == 0) | (y == 1)).all())


def is_list_of_classes(classes):
    """Tell whether ``partial_fit`` got an array of classes for each of many columns."""
    several = isinstance(classes, list | tuple) and len(classes) > 1
    return several and all(np.ndim(column) == 1 for column in classes)


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
            "(divide rows by their sums, if they are almost ones), unless it holds "
            "labels beyond 0 and 1; for several labels per row take "
            "LogisticClassifier, or MLPClassifier with its default loss."
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
        As `encode` of a loss returned them; the table may be None or a `TargetTable`.
    amount : float
        The ε, in [0, 1).
    n_choices : int or ndarray of shape (n_scores,)
        Number of classes that exclude one another; 2 for a label, which is one or not.
        A single class is certain, and its target stays.
    """
    amount = np.where(np.equal(n_choices, 1), 0.0, float(amount))

    def mix(rows):
        keep, add = (1 - amount).astype(rows.dtype), amount / n_choices
        add = add.astype(rows.dtype)
        if isinstance(rows, TargetTable):
            return MixedTable(rows, keep, add)
        return keep * rows + add

    return (mix(targets), None) if table is None else (targets, mix(table))
