"""Class labels and distributions over classes, as arrays: checked and made plain."""

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score

from skdl._data_errors import or_nothing, types_in
from skdl._distributions import check_distributions
from skdl._warn import warn

__all__ = [
    "as_labels",
    "class_numbers",
    "holds_distributions",
    "is_list_of_classes",
    "is_matrix",
    "plain_labels",
    "soft_rows",
    "stack_columns",
    "subset_accuracy",
    "unique_labels",
    "warn_if_many_classes",
]

# With so few rows, many distinct labels may be chance.
FEW_LABELS = 20


def as_labels(labels):
    """Return labels as an array; an object array becomes one of text or of numbers.

    Parameters
    ----------
    labels : array-like or sparse matrix
        A sparse matrix is returned as it is.
    """
    if issparse(labels):
        return labels
    array = np.asarray(labels)
    if array.dtype.kind == "T":  # NumPy's StringDType, which scikit-learn lacks
        array = array.astype(object)
    are_objects = array.dtype.kind == "O" and array.ndim in (1, 2)
    return plain_labels(array, "y") if are_objects else array


def plain_labels(labels, name):
    """Return the labels of an object array as an array of text or of numbers.

    Parameters
    ----------
    labels : ndarray of object
        Without None and other missing values.
    name : str
        The array's name in errors, capitalized as at the start of a sentence.

    Returns
    -------
    labels : ndarray

    Raises
    ------
    ValueError
        If the labels are of several kinds, or of a kind that no metric can score.
    """
    kinds = {kind: _kind_of_label(kind) for kind in types_in(labels)}
    if "other" in kinds.values():
        i = next(
            i for i, label in enumerate(labels.flat) if kinds[type(label)] == "other"
        )
        kind = type(labels.flat[i]).__name__
        raise ValueError(
            f"Unknown label type: 'unknown'. {name} holds an object of type {kind} in "
            f"row {i} (counted from 0), and class labels are strings, integers or "
            "booleans: write y.astype(str)."
        )
    if len(set(kinds.values())) > 1:
        is_text = [kinds[type(label)] == "text" for label in labels.flat]
        raise ValueError(
            f"Unknown label type: 'mixed'. {name} holds text, first in row "
            f"{is_text.index(True)}, beside numbers, first in row "
            f"{is_text.index(False)} (counted from 0): write y.astype(str), or convert "
            "all labels to numbers."
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
    """Return the sorted classes among labels; text is as wide as its longest label.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
    """
    labels = as_labels(labels)
    lowest, width = _span_of_integers(labels)
    if width:
        # NumPy would hash each label, which takes 20 times as long.
        is_class = np.zeros(width, bool)
        is_class[_above(labels, lowest)] = True
        return (np.flatnonzero(is_class) + lowest).astype(labels.dtype)
    classes = np.unique(labels)
    return np.array(classes.tolist()) if classes.dtype.kind == "U" else classes


def warn_if_many_classes(classes, n_rows, regressor):
    """Warn if most labels are distinct, as numbers to predict and row names are.

    The rule is that of scikit-learn's `check_classification_targets`.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    n_rows : int
        Number of labels.
    regressor : str
        The estimator for numbers.
    """
    if n_rows <= FEW_LABELS or len(classes) <= round(n_rows / 2):
        return
    if classes.dtype.kind in "iuf":
        advice = f"If y holds numbers to predict, use {regressor}."
    else:
        advice = "If y holds a name for each row, take another column as y."
    warn(f"y has {len(classes)} classes in {n_rows} rows. {advice}", UserWarning)


def class_numbers(classes, labels):
    """Return the number of each label's class.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted; all labels are among them.
    labels : ndarray of shape (n_samples,)
    """
    lowest, width = _span_of_integers(classes, at_most=max(64, len(labels)))
    if not width or labels.dtype.kind not in "iu":
        return np.searchsorted(classes, labels)
    number_of = np.zeros(width, np.intp)
    number_of[_above(classes, lowest)] = np.arange(len(classes))
    return number_of[_above(labels, lowest)]


def _span_of_integers(values, at_most=None):
    """Return the lowest of some integers, and how many lie between their extremes.

    The second is 0 for values of another type, and if it exceeds `at_most`, which is
    the number of values by default, or 64 if that is larger.
    """
    if values.dtype.kind not in "iu" or values.ndim != 1 or not len(values):
        return 0, 0
    lowest, width = int(values.min()), int(values.max()) - int(values.min()) + 1
    fits = width <= (max(64, len(values)) if at_most is None else at_most)
    return (lowest, width) if fits and abs(lowest) < 2**62 else (0, 0)


def _above(values, lowest):
    """Return how far integers are above the lowest, without an overflow."""
    return np.subtract(values, lowest, dtype=np.intp, casting="unsafe")


def is_list_of_classes(classes):
    """Tell whether classes are given for each of several columns of labels.

    Parameters
    ----------
    classes : array-like, or list of array-like
        The argument `classes` of ``partial_fit``.
    """
    is_long = isinstance(classes, list | tuple) and len(classes) > 1
    return is_long and all(np.ndim(column) == 1 for column in classes)


def is_matrix(y):
    """Tell whether y has more than one column, whatever container it is.

    Parameters
    ----------
    y : array-like, data frame or sparse matrix
    """
    if isinstance(y, np.ndarray):
        return y.ndim == 2 and y.shape[1] > 1
    # False where that fails: the check of y names its faults.
    return or_nothing(_has_columns, y, nothing=False)


def _has_columns(y):
    shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    return len(shape) == 2 and shape[1] > 1


def holds_distributions(y):
    """Tell whether y is a matrix of soft targets, for a loss that takes them.

    Floats are soft targets, and so are zeros and ones of any type, as in one-hot rows.
    Other integers and text are class labels in several columns.

    Parameters
    ----------
    y : array-like, data frame or sparse matrix
    """
    if not is_matrix(y):
        return False
    y = y.data if issparse(y) else np.asarray(y)
    if y.dtype.kind in "bf":
        return True
    if y.dtype.kind == "O":
        try:
            y = y.astype(np.float64)
        except (OverflowError, TypeError, ValueError):
            return False
        if not np.array_equal(y, np.round(y)):
            return True
    return y.dtype.kind in "iuf" and bool(((y == 0) | (y == 1)).all())


def soft_rows(y):
    """Return a matrix of soft targets as float64, each row divided by its sum.

    Parameters
    ----------
    y : {array-like, sparse matrix} of shape (n_samples, n_classes)

    Returns
    -------
    y : ndarray of float64
        Rows that sum to 1 up to rounding. Otherwise the gradient p - t of the softmax
        would not belong to its loss.

    Raises
    ------
    ValueError
        If a row is not a distribution within the tolerance of its dtype.
    """
    try:
        y, _, _ = check_distributions(y.toarray() if issparse(y) else y, "y")
    except ValueError as error:
        raise ValueError(
            f"{error} With this loss, each row of a matrix y of numbers from 0 to 1 is "
            "one distribution over the classes. If the sums of rows are almost 1, "
            "divide the rows by them. For several labels per row, take "
            "LogisticClassifier, or MLPClassifier with its default loss."
        ) from error
    return y / y.sum(axis=1, keepdims=True)


def stack_columns(columns):
    """Return columns of labels as a matrix, of objects if their types differ.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
    """
    kinds = {column.dtype.kind for column in columns}
    if len(kinds) == 1 or kinds <= set("iuf"):
        return np.column_stack(columns)
    return np.column_stack([column.astype(object) for column in columns])


def subset_accuracy(y, predicted, sample_weight=None):
    """Return the share of rows whose labels are all predicted correctly.

    Parameters
    ----------
    y : {array-like, sparse matrix} of shape (n_samples, n_columns)
        True labels.
    predicted : ndarray of shape (n_samples, n_columns)
    sample_weight : array-like of shape (n_samples,), optional
    """
    y = y.toarray() if issparse(y) else np.asarray(y)
    if y.shape != predicted.shape:
        raise ValueError(
            f"y must be of shape {predicted.shape}, a label for each row and column, "
            f"got {y.shape}."
        )
    is_right = (y == predicted).all(axis=1)
    return accuracy_score(np.ones_like(is_right), is_right, sample_weight=sample_weight)
