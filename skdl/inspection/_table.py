"""Rows of a table, in which some columns may hold words."""

from contextlib import suppress

import numpy as np
from scipy.sparse import issparse

from skdl.inspection._arguments import check_rows

__all__ = ["in_cell", "numbers_of", "read_table"]

# Letters that have room in a cell.
MAX_LETTERS = 9


def read_table(X):
    """Return the rows of X as they are: words stay words.

    Parameters
    ----------
    X : {array-like, sparse matrix or array} of shape (n_samples, n_features)

    Returns
    -------
    rows : ndarray of shape (n_samples, n_features)
        Of numbers, or of objects if there are words.
    center, scale : ndarray of shape (n_features,)
        Mean and standard deviation of the numbers that are there; NaN without any.
    """
    if issparse(X) or np.ndim(X) != 2:
        rows = check_rows(X)
    else:
        rows = np.asarray(X)
        if rows.dtype.kind not in "biuf":
            rows = np.asarray(X, dtype=object)
    numbers = np.ma.masked_invalid(numbers_of(rows))
    center, scale = numbers.mean(axis=0), numbers.std(axis=0)
    return rows, np.ma.filled(center, np.nan), np.ma.filled(scale, np.nan)


def numbers_of(rows):
    """Return rows as floats, with NaN in columns that hold words."""
    if rows.dtype != object:
        return rows.astype(float)
    numbers = np.full(rows.shape, np.nan)
    for j, column in enumerate(rows.T):
        with suppress(TypeError, ValueError):
            numbers[:, j] = column.astype(float)
    return numbers


def in_cell(value):
    """Return a number or a word as short as a cell is wide."""
    try:
        said = str(value) if isinstance(value, str) else f"{value:.3g}"
    except (TypeError, ValueError):
        said = str(value)
    return said if len(said) <= MAX_LETTERS else f"{said[: MAX_LETTERS - 1]}…"
