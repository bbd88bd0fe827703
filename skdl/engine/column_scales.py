"""Columns of X and y whose scale is so far from 1 that training suffers.

Source of the bounds on X: LeCun et al., "Efficient BackProp", 1998, on scaled and
centred inputs.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skdl.engine.moments import updated_moments

__all__ = [
    "LARGE_RMS",
    "LARGE_VALUE",
    "SHORT_ROWS",
    "SMALL_SHARE",
    "TARGET_SIZES",
    "ColumnScales",
    "are_scaled",
    "column_statistics",
    "unscaled_targets",
]

# A standardized column has a root mean square of 1, and a column between 0 and 1 less.
# From about 10 on, one column dominates a unit's input, and its gradient.
LARGE_RMS = 10.0
# The zeros of a sparse column hide its large values from the root mean square.
LARGE_VALUE = 100.0
# A column that is so much smaller than the median column has hardly any effect: its
# weight would have to grow a hundredfold. Rare pixels and words reach a tenth of the
# others.
SMALL_SHARE = 0.01
# Starting weights suit rows whose norm is about the root of the number of columns; the
# norm of a document is 1. Rows with norms below this look all alike to a net.
SHORT_ROWS = 0.01
# Starting weights give outputs of size 1, and biases reach a mean of 10 in thousands of
# Adam's steps of 1e-3.
TARGET_SIZES = (0.1, 10.0)
# Elements per block of `are_scaled`, which stays in the cache.
BLOCK = 2**16
# How far inside of the bounds `are_scaled` stays, because it computes in float32.
MARGIN = 1.02


def column_statistics(X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, variance and largest absolute value of each column.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), or CSR array
        The rows to measure.
    """
    if issparse(X):
        moments = updated_moments(None, X, np.ones(X.shape[0]))
        largest = np.ravel(abs(X).max(axis=0).toarray()).astype(float)
        return moments.mean, moments.comoment / moments.weight, largest
    X = X.astype(np.float64, copy=False)
    return X.mean(axis=0), X.var(axis=0), np.abs(X).max(axis=0)


def are_scaled(X: Any) -> bool:
    """Return True if mean squares alone show that `ColumnScales` finds nothing.

    It takes a tenth of the time or less. False says nothing about the columns.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), or CSR array
        The rows to measure; at least one row, without NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.column_scales import are_scaled
    >>> X = np.array([[1.0, 30.0], [-1.0, 31.0]])
    >>> are_scaled(X), are_scaled(X / 20)
    (False, True)
    """
    if issparse(X):
        return False
    n_rows, n_columns = X.shape
    dtype = X.dtype if X.dtype == np.float64 else np.float32
    step = min(n_rows, max(1, BLOCK // n_columns))
    squares, ones = np.empty((step, n_columns), dtype), np.ones(step, dtype)
    sums, largest = np.zeros(n_columns), 0.0
    with np.errstate(over="ignore"):
        for start in range(0, n_rows, step):
            block = X[start : start + step].astype(dtype, copy=False)
            n = len(block)
            np.multiply(block, block, out=squares[:n])
            # A product sums over the rows faster than a reduction.
            sums += ones[:n] @ squares[:n]
            largest = max(largest, float(squares[:n].max()))
    rms, largest = np.sqrt(sums / n_rows), np.sqrt(largest)
    # A column's largest value is at least its root mean square.
    return bool(
        (rms < LARGE_RMS / MARGIN).all()
        and (rms > MARGIN * SMALL_SHARE * largest).all()
        and np.linalg.norm(rms) > MARGIN * SHORT_ROWS
    )


class ColumnScales(NamedTuple):
    """The scales of columns, and which of them are far from 1.

    Attributes
    ----------
    mean, rms, largest : ndarray of shape (n_columns,)
        Mean, root mean square and largest absolute value.
    is_constant : ndarray of bool of shape (n_columns,)
        Whether the column has the same value in all rows, up to rounding.
    unscaled : ndarray of int
        Numbers of the columns that are not scaled. The columns with a root mean square
        farthest from 1 come first.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.column_scales import ColumnScales
    >>> X = np.array([[1.0, 30.0, 7.0, 90.0], [-1.0, 31.0, 7.0, 90.5]])
    >>> scales = ColumnScales.of(X)
    >>> scales.unscaled, scales.is_constant
    (array([3, 1]), array([False, False,  True, False]))
    """

    mean: np.ndarray
    rms: np.ndarray
    largest: np.ndarray
    is_constant: np.ndarray
    unscaled: np.ndarray

    @classmethod
    def of(cls, X: Any) -> "ColumnScales":
        """Measure the columns of X.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns), or CSR array
            The rows to measure.
        """
        mean, variance, largest = column_statistics(X)
        rms = np.sqrt(mean**2 + variance)
        # The variance of a constant 0.1 is not exactly 0, because of rounding.
        is_constant = variance <= (1e-7 * largest) ** 2
        is_unscaled = rms > LARGE_RMS
        if issparse(X):
            is_unscaled |= largest > LARGE_VALUE
        varying = largest[~is_constant]
        if len(varying):
            is_unscaled |= largest < SMALL_SHARE * np.median(varying)
            is_unscaled |= np.linalg.norm(rms) < SHORT_ROWS
        columns = np.flatnonzero(is_unscaled & ~is_constant)
        order = np.argsort(-np.abs(np.log(rms[columns])), kind="stable")
        return cls(mean, rms, largest, is_constant, columns[order])


def unscaled_targets(
    y: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and deviation of each output, and whether one of them is far from 1.

    Constant outputs are not among them.

    Parameters
    ----------
    y : ndarray of shape (n_rows, n_outputs)
        The numbers to predict.

    Returns
    -------
    mean, deviation : ndarray of shape (n_outputs,)
        Mean and standard deviation of each output.
    is_far : ndarray of bool of shape (n_outputs,)
        Whether the output is not scaled.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.column_scales import unscaled_targets
    >>> unscaled_targets(np.array([[150.0, 0.5], [151.0, -0.5]]))[2]
    array([ True, False])
    """
    y = y.astype(np.float64, copy=False)
    mean, deviation = y.mean(axis=0), y.std(axis=0)
    low, high = TARGET_SIZES
    is_far = (np.abs(mean) > high) | (deviation > high)
    return mean, deviation, is_far | ((deviation < low) & (deviation > 0))
