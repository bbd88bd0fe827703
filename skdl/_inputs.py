"""What users give as X, y and weights, checked by scikit-learn and explained by us."""

from contextlib import contextmanager

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

__all__ = ["check_inputs", "columns_named"]


def check_inputs(estimator, X, y="no_validation", **options):
    """Call scikit-learn's ``validate_data``, and say more where it says little.

    Parameters
    ----------
    estimator : estimator
    X : array-like, data frame or sparse matrix
    y : array-like, optional
    **options
        As for `sklearn.utils.validation.validate_data`.

    Returns
    -------
    X : ndarray or CSR array
    y : ndarray
        Only if y is given.

    Raises
    ------
    ValueError, TypeError
        scikit-learn's, with the names of a data frame's columns that hold no numbers;
        and one for a y in which None stands for a label or a number.
    """
    if _is_frame_of_float32(X):
        # scikit-learn would take the first dtype allowed, which is float64.
        options["dtype"] = np.float32
    with columns_named(X):
        checked = validate_data(estimator, X, y, **options)
    if not isinstance(y, str):
        _check_no_none(checked[1], options.get("y_numeric", False))
    return checked


@contextmanager
def columns_named(X):
    """Add to a ValueError or TypeError which columns of a data frame hold no numbers.

    Parameters
    ----------
    X : array-like or data frame
        What is checked inside.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        columns = _columns_without_numbers(X)
        if not columns:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{error}\nNo numbers are in the columns {', '.join(columns)}: encode them "
            "first, for example by sklearn.preprocessing.OneHotEncoder in a "
            "ColumnTransformer."
        ) from error


def _is_frame_of_float32(X):
    """Tell a data frame of polars, or of pandas' nullable floats."""
    if type(X).__name__ != "DataFrame" or not hasattr(X, "dtypes"):
        return False
    return {str(dtype) for dtype in X.dtypes} == {"Float32"}


def _columns_without_numbers(frame):
    """Return "name (dtype)" of the columns of a data frame that do not convert."""
    found = []
    if not (hasattr(frame, "columns") and hasattr(frame, "__getitem__")):
        return found
    for name in frame.columns:
        if not _holds_numbers(frame[name]):
            found.append(f"{name!r} ({getattr(frame[name], 'dtype', 'unknown')})")
    return found


def _holds_numbers(column):
    try:
        column = np.asarray(column)
        column.astype(np.float64)
    except (TypeError, ValueError):
        return False
    # NumPy makes numbers of days, scikit-learn does not.
    return column.dtype.kind not in "mM"


def _check_no_none(y, numeric):
    # scikit-learn takes None for finite, and then makes it NaN or cannot sort it.
    if numeric:
        assert_all_finite(y, input_name="y")
    elif y.dtype == object:
        rows = np.argwhere(np.equal(y, None))
        if len(rows):
            raise ValueError(
                f"Input y contains None, first in row {rows[0][0]} (counted from 0): "
                "leave out rows without a label, or give None a name."
            )
