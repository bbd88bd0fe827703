"""Products of columns of small whole numbers, in float32 and exact.

float32 numbers hold all whole numbers up to 2^24. If the squares of whole numbers sum
up to less in each column, so do the products of any two columns. Each of these sums is
then exact in float32, whatever the order in which BLAS adds up. Products in float32
take half the time of those in float64.
"""

from typing import Any

import numpy as np
from scipy import linalg

__all__ = ["LARGEST", "ROWS", "ExactProducts", "SplitProducts"]

# All sums are exact in float32 if sums of squares are below the limit.
LIMIT = 2**24
# This holds for 256 rows of numbers up to 255: 256 * 255^2 < 2^24.
ROWS = 256
LARGEST = 255
# Rows are split if this saves the time of a row's products with 160 columns, or more.
WORTH_SPLITTING = 160
# The number of common columns is a multiple of this.
COMMON = 16


class ExactProducts:
    """The matrix sum_i z_i z_i^T of rows z_i.

    Parameters
    ----------
    n_columns : int
        The number of columns.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.exact_products import ExactProducts
    >>> products = ExactProducts(2)
    >>> products.add(np.array([[1, 2], [3, -4]], np.float32))
    >>> products.upper_triangle()
    array([[ 10., -10.],
           [  0.,  20.]])
    """

    def __init__(self, n_columns: int) -> None:
        shape = n_columns, n_columns
        self._sums = np.zeros(shape, order="F")
        # Exact sums that are still to be added to the others, if there are any.
        self._recent = np.zeros(shape, np.float32, order="F")
        self._has_recent = False

    def add(self, rows: np.ndarray) -> None:
        """Add the products of these rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Whole numbers from -255 to 255 in float32, in at most `ROWS` rows.
        """
        if not len(rows):
            return
        if self._has_recent:
            squares = np.einsum("ij,ij->j", rows, rows)
            # Even if it is rounded, a sum that reaches the limit is not below.
            if (self._recent.diagonal() + squares).max() >= LIMIT:
                self._update()
        blas: Any = linalg.blas
        # In neither order does BLAS get a copy of the rows.
        is_fortran = rows.flags.f_contiguous
        a = rows if is_fortran else rows.T
        beta = 1.0 if self._has_recent else 0.0
        blas.ssyrk(1.0, a, beta, self._recent, trans=is_fortran, overwrite_c=True)
        self._has_recent = True

    def upper_triangle(self) -> np.ndarray:
        """Return the matrix in float64 and Fortran order, zero below its diagonal."""
        self._update()
        return self._sums

    def _update(self):
        if self._has_recent:
            self._sums += self._recent
            self._has_recent = False


class SplitProducts:
    """As `ExactProducts`, for rows that often are 0 in the same columns.

    Most images have the same background at their borders. Rows that are 0 in all rare
    columns need the products of the common columns only.

    Parameters
    ----------
    sample : ndarray of shape (n_rows, n_columns)
        Some of the rows, which decide which columns are common.

    Attributes
    ----------
    common : ndarray of int
        The columns that often differ from 0, in increasing order.
    rare : ndarray of int
        The other columns; none if to split the rows takes longer.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.exact_products import SplitProducts
    >>> rows = np.ones((3, 500), np.float32)
    >>> rows[:, 32:] = 0
    >>> products = SplitProducts(rows)
    >>> len(products.common), len(products.rare)
    (32, 468)
    >>> products.add(rows)
    >>> products.upper_triangle().diagonal()[30:34]
    array([3., 3., 0., 0.])
    """

    def __init__(self, sample: np.ndarray) -> None:
        n_columns = sample.shape[1]
        self.common, self.rare = _common_and_rare(sample != 0)
        self._of_all = ExactProducts(n_columns)
        self._of_common = ExactProducts(len(self.common) if self.rare.size else 0)
        # Rows that need all columns wait here until there are enough.
        self._waiting = np.empty((2 * ROWS, n_columns), np.float32)
        self._n_waiting = 0

    def add(self, rows: np.ndarray) -> None:
        """Add the products of these rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Whole numbers from -255 to 255 in float32, in at most `ROWS` rows.
        """
        if not self.rare.size:
            self._of_all.add(rows)
            return
        rare = rows[:, self.rare]
        needs_all = np.einsum("ij,ij->i", rare, rare) > 0
        self._of_common.add(rows[~needs_all][:, self.common])
        self._wait(rows[needs_all])

    def upper_triangle(self) -> np.ndarray:
        """Return the matrix in float64 and Fortran order, zero below its diagonal."""
        self._of_all.add(self._waiting[: self._n_waiting])
        self._n_waiting = 0
        matrix = self._of_all.upper_triangle()
        if self.rare.size:
            places = np.ix_(self.common, self.common)
            matrix[places] += self._of_common.upper_triangle()
        return matrix

    def _wait(self, rows):
        n = self._n_waiting + len(rows)
        self._waiting[self._n_waiting : n] = rows
        if n >= ROWS:
            self._of_all.add(self._waiting[:ROWS])
            n -= ROWS
            self._waiting[:n] = self._waiting[ROWS : ROWS + n]
        self._n_waiting = n


def _common_and_rare(differs):
    """Choose common and rare columns, given where the rows of a sample differ from 0.

    With m common columns of n, the products of a row take the time m^2 if the row is 0
    in the rare columns, and n^2 otherwise.
    """
    n = differs.shape[1]
    order = np.argsort(-differs.mean(axis=0), kind="stable")
    differs = differs[:, order]
    n_needed = np.where(differs.any(axis=1), n - differs[:, ::-1].argmax(axis=1), 0)
    n_common = np.arange(COMMON, n, COMMON)
    if not n_common.size:
        return np.arange(n), order[:0]
    needs_all = (n_needed > n_common[:, np.newaxis]).mean(axis=1)
    time = n_common**2 + needs_all * (n**2 - n_common**2)
    best = np.argmin(time)
    if n - time[best] / n < WORTH_SPLITTING:
        return np.arange(n), order[:0]
    # In increasing order, the upper triangle of all holds that of the common columns.
    return np.sort(order[: n_common[best]]), np.sort(order[n_common[best] :])
