"""In which form y holds classes, such as labels or an indicator matrix."""

from enum import Enum

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skdl.estimators._labels import (
    holds_distributions,
    is_matrix,
    plain_labels,
    soft_rows,
)
from skdl.estimators._resolve import loss_kind

__all__ = [
    "Form",
    "has_label_columns",
    "means_distributions",
    "parse",
    "read_distributions",
    "takes_distributions",
]


class Form(Enum):
    """In which form y holds classes. The value says what y is, in errors."""

    LABELS = "one label per row"
    SOFT_ROWS = "one distribution over the classes per row"
    INDICATOR = "a multilabel indicator matrix"
    LABEL_COLUMNS = "several columns of labels"


def parse(net, y, columns=False):
    """Return the values of y, and the form in which it holds classes.

    Parameters
    ----------
    net : estimator
        A classifier.
    y : ndarray or sparse matrix
    columns : bool, default=False
        Whether a matrix has a class label in each column, even if all are 0 and 1.

    Returns
    -------
    values : ndarray, or list of ndarray
        Labels, a matrix, or the columns of labels.
    form : Form
    """
    if means_distributions(net, y, columns=columns):
        return y, Form.SOFT_ROWS
    if issparse(y):
        _refuse_sparse_column(y)
        y = y.toarray()
    matrix = is_matrix(y)
    if matrix and y.dtype.kind == "O":  # of a frame whose columns are of many types
        parts = [plain_labels(y[:, i], f"Column {i} of y") for i in range(y.shape[1])]
        if any(part.dtype.kind == "U" for part in parts):
            for i, part in enumerate(parts):
                _check_label_type(type_of_target(part), f"Column {i} of y")
            return parts, Form.LABEL_COLUMNS
        y = np.column_stack(parts)
    elif y.dtype.kind == "O":
        y = plain_labels(y, "y")
    if y.ndim == 1 and y.dtype.kind in "biuU":
        # type_of_target would search for the classes, which takes long.
        return np.ascontiguousarray(y), Form.LABELS
    kind = type_of_target(y, input_name="y")
    if matrix and kind in ("multilabel-indicator", "multiclass-multioutput"):
        if columns or not _is_indicator(y):
            return list(y.T), Form.LABEL_COLUMNS
        _check_indicator_allowed(net)
        return y, Form.INDICATOR
    if kind not in ("binary", "multiclass"):
        hints = {
            "continuous": " For numbers, use a regressor, such as MLPRegressor.",
            "continuous-multioutput": " A matrix of probabilities is for "
            "SoftmaxClassifier and loss='kl_divergence'.",
        }
        raise ValueError(
            f"Unknown label type: {kind!r}. y must hold one class label per row "
            "(strings, integers or booleans), or one in each of several columns, or be "
            "an indicator matrix." + hints.get(kind, "")
        )
    return column_or_1d(y, warn=True), Form.LABELS


def has_label_columns(net):
    """Tell whether a net is fitted to several columns of class labels.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    """
    return isinstance(getattr(net, "classes_", None), list)


def means_distributions(net, y, *, columns=None):
    """Tell whether a net reads y as one distribution over the classes per row.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    y : array-like
    columns : bool, optional
        Whether y is known to have class labels in several columns; by default, whether
        the y that the net was fitted to had them.
    """
    columns = has_label_columns(net) if columns is None else columns
    if columns or net._y_numeric or not takes_distributions(net):
        return False
    return holds_distributions(y)


def takes_distributions(net):
    """Tell whether a classifier takes soft targets.

    Parameters
    ----------
    net : estimator
    """
    return net._takes_distributions or loss_kind(net).soft_targets


def read_distributions(net, y, *, columns=None):
    """Return y, as checked distributions where it holds those.

    scikit-learn's checks come after this. They would refuse a NaN without its row.

    Parameters
    ----------
    net, y, columns
        As for `means_distributions`.
    """
    return soft_rows(y) if means_distributions(net, y, columns=columns) else y


def _refuse_sparse_column(y):
    if y.ndim == 1 or y.shape[1] == 1:
        raise TypeError(
            "Sparse data was passed for y, and one label per row must be dense, or "
            "nothing could score it: pass y.toarray().ravel()."
        )


def _is_indicator(y):
    return bool(((y == 0) | (y == 1)).all()) if y.dtype.kind in "biuf" else False


def _check_label_type(kind, name):
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind!r}. {name} must hold class labels: strings, "
            "integers or booleans."
        )


def _check_indicator_allowed(net):
    if not loss_kind(net).multilabel:
        raise ValueError(
            f"{type(net).__name__} with loss={net.loss!r} gives each row one class, "
            "but y is a multilabel indicator matrix. For several labels per row, take "
            "LogisticClassifier or MLPClassifier. If each row of y sums to 1, "
            "SoftmaxClassifier and loss='kl_divergence' take y as probabilities of the "
            "classes. For two labels in each column, call partial_fit with a list of "
            "arrays as classes."
        )
