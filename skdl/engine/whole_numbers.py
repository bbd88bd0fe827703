"""Sums of rows of whole numbers, such as pixels, without rounding errors."""

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from skdl.engine.exact_products import LARGEST, ROWS, SplitProducts

__all__ = ["WholeSums", "sums_of_whole_numbers"]

# Factors that make whole numbers of whole numbers, and of pixels k / 255 or
# k / 256. The product of 255 and such a pixel, rounded to its dtype, is exactly k.
SCALES = 1.0, 255.0, 256.0
# Products with 255 of larger numbers may be whole because they are rounded.
MOST = 2**16
# Columns at least, per byte of a number. With fewer, the conversion takes longer than
# the products save.
COLUMNS = 60
# Rows of the sample, and rows that are converted at once: they stay in the cache.
SAMPLE, STEP = 256, 32


class WholeSums(NamedTuple):
    """Sums of rows x_i = center + z_i / scale with whole numbers z_i.

    Attributes
    ----------
    n_rows : int
        The number of rows.
    scale : float
        The factor that makes whole numbers of the rows.
    center : ndarray of shape (n_features,)
        A value of each column, in float64; the background, if there is one.
    total : ndarray of shape (n_features,)
        sum_i z_i, exact in float64.
    products : ndarray of shape (n_features, n_features)
        sum_i z_i z_i^T, exact in float64, in Fortran order and zero below the diagonal.
    """

    n_rows: int
    scale: float
    center: np.ndarray
    total: np.ndarray
    products: np.ndarray


def sums_of_whole_numbers(X: np.ndarray) -> WholeSums | None:
    """Return sums of the first rows of X, up to rows of other numbers.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows of float32 or float64, at least one.

    Returns
    -------
    sums : WholeSums or None
        The sums of the first `n_rows` rows; None if there are no such rows, or if the
        sums would save no time.

    Notes
    -----
    Whole numbers may differ from the center by 255. A pixel is the float next to
    k / 255. The sums are about those of k / 255 itself: the difference is the rounding
    error that X has already. It does not affect the center.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.whole_numbers import sums_of_whole_numbers
    >>> X = np.tile([[1.0, 2.0], [1.0, 4.0], [1.0, 4.0]], (1, 250))
    >>> sums = sums_of_whole_numbers(X)
    >>> sums.center[:2]
    array([1., 4.])
    >>> sums.total[:2]
    array([ 0., -2.])
    >>> sums.products[:2, :2]
    array([[0., 0.],
           [0., 4.]])
    """
    n_rows, n_columns = X.shape
    if n_columns < COLUMNS * X.itemsize:
        return None
    sample = X[:: -(-n_rows // SAMPLE)]
    for scale in SCALES:
        # Two rows decide at once for most other data.
        if _are_whole(X[:2], scale) and _are_whole(sample, scale):
            break
    else:
        return None
    center = _central_values(sample)
    reader, products = _Reader(center, scale), SplitProducts(sample - center)
    blas: Any = linalg.blas
    total, ones = np.zeros(n_columns), np.ones(ROWS, np.float32)
    end = 0
    while end < n_rows:
        z = reader.whole_numbers(X[end : end + ROWS])
        if z is None:
            break
        total += blas.sgemv(1.0, z.T, ones[: len(z)])
        products.add(z)
        end += len(z)
    if not end:
        return None
    center = center.astype(np.float64)
    return WholeSums(end, scale, center, total, products.upper_triangle())


def _are_whole(X, scale):
    """Return whether all elements become whole numbers if multiplied by `scale`."""
    scaled = X * X.dtype.type(scale)
    # For infinity, which a product may be, the difference is NaN.
    if np.any(scaled - np.rint(scaled)):
        return False
    return scale != 255 or np.abs(scaled).max() <= MOST


def _central_values(sample):
    """Return a value of each column, near the mean of the middle half of its values.

    This is the background, if there is one. Differences from the center have small
    squares; those of a constant column are 0.
    """
    n = len(sample)
    middle = np.sort(sample, axis=0)[n // 4 : n - n // 4]
    nearest = np.argmin(np.abs(middle - middle.mean(axis=0)), axis=0)
    return middle[nearest, np.arange(sample.shape[1])]


class _Reader:
    """Memory in which rows become whole numbers about a center."""

    def __init__(self, center, scale):
        dtype, shape = center.dtype, (STEP, len(center))
        self.scale = dtype.type(scale)
        self.center = np.tile(np.rint(center * self.scale), (STEP, 1))
        self.scaled, self.whole = np.empty(shape, dtype), np.empty(shape, dtype)
        self.z = np.empty((ROWS, len(center)), np.float32)

    def whole_numbers(self, X):
        """Return the numbers in float32, until the next call; None for other rows."""
        for start in range(0, len(X), STEP):
            rows = X[start : start + STEP]
            n = len(rows)
            scaled = np.multiply(rows, self.scale, out=self.scaled[:n])
            whole = np.rint(scaled, out=self.whole[:n])
            if not (scaled == whole).all():
                return None
            z = self.z[start : start + n]
            np.subtract(whole, self.center[:n], out=z, casting="same_kind")
            # Unlike BLAS, which finds the largest number, this needs no threads.
            if max(z.max(), -z.min()) > LARGEST:
                return None
        return self.z[: len(X)]
