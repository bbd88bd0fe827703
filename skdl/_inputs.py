"""What users give as X, y and weights, checked by scikit-learn and explained by us."""

from contextlib import contextmanager
from functools import wraps

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from skdl._explain import (
    columns_of_dates,
    explanation_of,
    first_missing,
    or_nothing,
    types_in,
)

__all__ = [
    "check_inputs",
    "check_numbers",
    "check_weight_sizes",
    "columns_named",
    "refuse_lazy",
    "takes_validation_sets",
]


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
        scikit-learn's, with the columns of X and the rows that it is about; and for
        what it takes for numbers or labels: dates in X, a missing label, and dates and
        text as targets of a regression.
    """
    refuse_lazy(X, "X")
    _refuse_dates(X)
    if or_nothing(_is_frame_of_float32, X, nothing=False):
        # scikit-learn would take the first dtype allowed, which is float64.
        options["dtype"] = np.float32
    given = not isinstance(y, str)
    if given:
        refuse_lazy(y, "y")
        numeric = options.get("y_numeric")
        if numeric:
            check_numbers(y, "y")
        _refuse_missing(y, numeric)
        if not numeric:
            # scikit-learn would make numbers of a frame with a column of categories.
            y = or_nothing(_without_categories, y, nothing=y)
    with columns_named(X):
        checked = validate_data(estimator, X, y, **options)
    if given and options.get("y_numeric"):
        # scikit-learn takes None for finite, and then makes it NaN.
        assert_all_finite(checked[1], input_name="y")
    return checked


def takes_validation_sets(transform):
    """Have a transformer's method take a `ValidationSet`, too, and return one.

    ``Pipeline(..., transform_input=["X_val"])`` hands over whatever X_val is.

    Parameters
    ----------
    transform : callable
        Of the transformer and X.
    """

    @wraps(transform)
    def of_either(self, X):
        if hasattr(type(X), "with_X"):
            return X.with_X(transform(self, X.X))
        return transform(self, X)

    return of_either


@contextmanager
def columns_named(X):
    """Add to a ValueError or TypeError which columns of X it is about.

    Parameters
    ----------
    X : array-like or data frame
        What is checked inside.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        text = or_nothing(explanation_of, X, error)
        if not text:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{error}\n{text}") from error


def check_numbers(values, name):
    """Refuse dates, durations and text, of which NumPy would make some number.

    Parameters
    ----------
    values : array-like
        Targets of a regression, or weights.
    name : str
        What errors call it.

    Raises
    ------
    ValueError
    """
    if issparse(values):
        return
    dates = or_nothing(columns_of_dates, values, nothing=[])
    if dates:
        raise ValueError(
            f"{name} holds dates or durations, and must hold numbers: their unit is "
            "for you to choose, as in (dates - dates.min()) / np.timedelta64(1, 'D')."
        )
    text = or_nothing(_first_text, values, nothing=None)
    if text is not None:
        raise ValueError(
            f"{name} holds text, {text[1]!r} in row {text[0]} (counted from 0), and "
            "must hold numbers: convert it by pd.to_numeric"
            + (", or take a classifier if these are labels." if name == "y" else ".")
        )


def _first_text(values):
    array = np.asarray(values)
    if array.dtype.kind not in "OUST":
        return None
    if array.dtype.kind == "O" and not any(
        issubclass(kind, str | bytes) for kind in types_in(array)
    ):
        return None
    for i, row in enumerate(array.reshape(len(array), -1)):
        for value in row:
            if isinstance(value, str | bytes):
                return i, value.item() if isinstance(value, np.generic) else value
    return None


def refuse_lazy(values, name):
    """Refuse a frame whose rows are not read yet."""
    if or_nothing(_is_lazy, values, nothing=False):
        raise TypeError(
            f"{name} is a {type(values).__name__}, which holds no rows yet: pass "
            f"{name}.collect()."
        )


def _is_lazy(values):
    return callable(getattr(values, "collect", None)) and not hasattr(values, "shape")


def _refuse_dates(X):
    """Refuse dates and durations: NumPy makes numbers of them, in whatever unit."""
    columns = or_nothing(_dates_of, X, nothing=[])
    if columns:
        raise TypeError(
            f"No numbers are in the columns {', '.join(columns)}: dates and durations "
            "have no unit that a net could know. Make numbers of them, for example "
            "column.dt.dayofyear or (column - start) / np.timedelta64(1, 'D')."
        )


def _dates_of(X):
    # scikit-learn refuses other dates in a list, which would take long to look through.
    return columns_of_dates(X[:1] if isinstance(X, list | tuple) else X)


def _is_frame_of_float32(X):
    """Tell a data frame of polars, or of pandas' nullable floats."""
    if type(X).__name__ != "DataFrame" or not hasattr(X, "dtypes"):
        return False
    return {str(dtype) for dtype in X.dtypes} == {"Float32"}


def _without_categories(y):
    frame = hasattr(y, "iloc") and hasattr(y, "columns")
    if frame and any(str(dtype) == "category" for dtype in y.dtypes):
        return np.asarray(y)
    return y


def _refuse_missing(y, numeric):
    # scikit-learn takes None for finite, and cannot sort it; pandas' NA it compares.
    missing = or_nothing(_missing_one, y, nothing=None)
    if missing is not None:
        row, value = missing
        raise ValueError(
            f"Input y contains {'NaN' if numeric else _name_of(value)}, first in row "
            f"{row} (counted from 0): leave out rows without a "
            + ("target." if numeric else "label, or give them one of its own.")
        )


def _missing_one(y):
    y = np.asarray(y)
    if y.dtype.kind in "mM":
        rows = np.argwhere(np.isnat(y))
        return (rows[0][0], np.datetime64("NaT")) if len(rows) else None
    return first_missing(y) if y.dtype.kind == "O" and y.ndim in (1, 2) else None


def _name_of(missing):
    return {"NoneType": "None", "datetime64": "NaT"}.get(type(missing).__name__, "NaN")


def check_weight_sizes(weights, least, most, name="sample_weight"):
    """Refuse weights that sums and products cannot hold.

    Parameters
    ----------
    weights : ndarray
        Not negative. All of them zero is for others to refuse.
    least, most : float
        Between which the largest weight may lie.
    name : str, default="sample_weight"
        What they are called in the error.

    Raises
    ------
    ValueError
    """
    largest = float(np.max(weights))
    if largest and not least <= largest <= most:
        raise ValueError(
            f"The largest weight in {name} is {largest:.3g}. It must lie between "
            f"{least:.0e} and {most:.0e}: beyond, sums of weights overflow or vanish. "
            "Divide all weights by the largest."
        )
