"""Clear errors for what functions and displays are called with."""

import math
from numbers import Integral, Real

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from skdl._inputs import columns_named, refuse_lazy

__all__ = [
    "check_integer",
    "check_lengths",
    "check_members",
    "check_number",
    "check_rows",
]


def check_lengths(X, y, sample_weight=None):
    """Refuse data without rows, and such with unequal numbers of rows."""
    refuse_lazy(X, "X")
    refuse_lazy(y, "y")
    if X is None:
        raise ValueError("X is missing: y is about its rows.")
    check_consistent_length(X, y, sample_weight)


def check_integer(name, value, least=1):
    """Raise unless a value is an integer of at least `least`; return it as an int."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an int of at least {least}, got {value!r}.")
    return int(value)


def check_number(name, value, above=0):
    """Raise unless a value is a finite number above a bound."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and above < value < math.inf):
        raise ValueError(
            f"{name} must be a finite number above {above}, got {value!r}."
        )


def check_members(name, values, n):
    """Return numbers of units or layers, of which there are n, as an array.

    Parameters
    ----------
    name : str
    values : array-like of int
        Negative ones count from the last, which is -1.
    n : int

    Raises
    ------
    ValueError
        If it is no sequence of such numbers, or empty.
    """
    array = np.asarray(values)
    right = array.ndim == 1 and array.size and array.dtype.kind in "iu"
    if not right or array.min() < -n or array.max() >= n:
        raise ValueError(
            f"{name} must be a sequence of ints from {-n} to {n - 1}, got {values!r}."
        )
    return array % n


def check_rows(X):
    """Return the rows of X as an array that can be drawn; sparse ones become dense.

    Raises
    ------
    ValueError
        If it is no table of numbers.
    """
    refuse_lazy(X, "X")
    rows = X.toarray() if issparse(X) else X
    with columns_named(X):
        return check_array(rows, ensure_all_finite=False, input_name="X")
