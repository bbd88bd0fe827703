"""Checks of the arguments of functions and displays."""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from skdl._inputs import columns_named, refuse_containers
from skdl._numbers_of_rows import check_numbers_of_rows
from skdl._text import exceeds_floats, repr_of_number


def check_lengths(X: Any, y: Any, sample_weight: Any = None) -> None:
    """Raise if X is missing or lazy, or if numbers of rows differ."""
    refuse_containers(X, "X")
    refuse_containers(y, "y")
    if X is None:
        raise ValueError("X is missing: y holds the targets of the rows of X.")
    check_numbers_of_rows(X=X, y=y, sample_weight=sample_weight)


def check_integer(name: str, value: Any, least: int = 1) -> int:
    """Return an integer of at least `least` as an int; raise for other values."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an int of at least {least}, got {value!r}.")
    return int(value)


def check_number(name: str, value: Any, above: float = 0) -> None:
    """Raise unless a value is a finite number above a bound."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and above < value < math.inf) or exceeds_floats(value):
        raise ValueError(
            f"{name} must be a finite number above {above}, got "
            f"{repr_of_number(value)}."
        )


def check_indices(name: str, values: Any, n: int) -> np.ndarray:
    """Return indices of n units or layers as an array of ints from 0 to n - 1.

    Parameters
    ----------
    name : str
        The parameter's name, for the error.
    values : array-like of int
        Indices; negative ones count from the end.
    n : int
        The number of units or layers.

    Raises
    ------
    ValueError
        If `values` is empty or not a sequence of valid indices.
    """
    array = np.asarray(values)
    right = array.ndim == 1 and array.size and array.dtype.kind in "iu"
    if not right or array.min() < -n or array.max() >= n:
        raise ValueError(
            f"{name} must be a sequence of ints from {-n} to {n - 1}, got {values!r}."
        )
    return array % n


def check_table(X: Any) -> np.ndarray:
    """Return X as a dense table of numbers, in which NaN is allowed.

    Raises
    ------
    ValueError
        If X is not a table of numbers.
    """
    refuse_containers(X, "X")
    table = X.toarray() if issparse(X) else X
    with columns_named(X):
        return check_array(table, ensure_all_finite=False, input_name="X")
