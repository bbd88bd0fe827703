"""Weighted means and co-moments that can be merged without loss of digits.

Deviations are taken from a point near the data, so an offset of the columns costs no
accuracy. Two parts of a data set are merged by the pairwise formula of [1]_, so the
result does not depend on how the rows are cut into batches.

References
----------
.. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise
   algorithm for computing sample variances", Stanford STAN-CS-79-773, 1979; and
   "Algorithms for computing the sample variance", The American Statistician 37(3),
   242-247, 1983.
.. [2] O. Møller, "Quasi double-precision in floating point addition", BIT 5,
   37-50, 1965.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg
from scipy.sparse import issparse

from skdl.engine.blocks import subtract_row
from skdl.engine.whole_numbers import sums_of_whole_numbers

__all__ = [
    "Moments",
    "decaying_weights",
    "principal_axes",
    "safe_scale",
    "updated_moments",
]

# Elements per block where a sparse X has to be made dense.
BLOCK = 2**20
# More rows than this are summed up in blocks. Their center comes from a sample of about
# this size.
ROWS, SAMPLE = 1024, 256
# Rows per block at least, and elements per block: the float64 deviations fit into the
# cache, and the product takes the full speed of BLAS.
MATRIX_ROWS, MATRIX_BLOCK = 512, 2**17


class Moments(NamedTuple):
    """First and second moments of rows x_i with weights w_i.

    Estimators store the moments as a plain tuple, which every serializer can write.

    Attributes
    ----------
    weight : float, or ndarray of shape (n_features,)
        W = sum_i w_i; one sum per column if some values are NaN.
    mean : ndarray of shape (n_features,)
        (1/W) sum_i w_i x_i, rounded to float64; 0 for a column without values.
    tail : ndarray of shape (n_features,)
        Rounding error of `mean`: the exact mean is ``mean + tail``. With it, rounding
        errors do not add up over thousands of merges.
    comoment : ndarray of shape (n_features,) or (n, n_features)
        sum_i w_i (x_i - mean)^2 by column, or the matrix
        C = sum_i w_i (x_i - mean)(x_i - mean)^T. Divided by W, they are the population
        variances and covariances. While there are fewer rows than columns, the matrix
        is stored as a factor A of n < n_features rows with A^T A = C.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.moments import Moments
    >>> X = np.array([[10.0, 20.0], [32.0, 52.0]])
    >>> moments = Moments.of(X, np.ones(2), full=True)
    >>> moments.mean
    array([21., 36.])
    >>> moments.comoment / moments.weight
    array([[121., 176.],
           [176., 256.]])
    """

    weight: float | np.ndarray
    mean: np.ndarray
    tail: np.ndarray
    comoment: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, weights: np.ndarray, *, full: bool) -> "Moments":
        """Compute the moments of one batch in two passes, about a shift.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows, at least one.
        weights : ndarray of shape (n_rows,) or (n_rows, n_features)
            Non-negative float64 weights. A matrix has zeros where X is NaN.
        full : bool
            Whether `comoment` is the matrix; X must be finite then.

        Returns
        -------
        Moments
            The moments of the batch.
        """
        if weights.ndim == 2:
            return cls._of_known(X, weights)
        if full and len(X) > ROWS and (weights == 1).all():
            # Pixels, for example: products in float32 are exact, and take less time.
            sums = sums_of_whole_numbers(X)
            if sums is not None:
                return cls._of_whole(sums, X, weights)
        # The row of largest weight lies within sqrt(n_rows) standard deviations of the
        # mean, so differences from it keep their digits. Constant columns have
        # differences, and a variance, of exactly 0.
        shift = X[np.argmax(weights)].astype(np.float64)
        weight = float(weights.sum())
        if full and len(X) > ROWS:
            return cls._in_blocks(X, weights, shift, weight)
        # NumPy subtracts numbers of one dtype several times faster.
        deviation = X.astype(np.float64)
        subtract_row(deviation, shift)
        # Momentum can round all weights to 0; then the batch has no effect.
        mean = weights @ deviation / (weight or 1.0)
        subtract_row(deviation, mean)
        if full:
            deviation *= np.sqrt(weights)[:, np.newaxis]
            is_factor = len(X) < X.shape[1]
            comoment = deviation if is_factor else deviation.T @ deviation
        else:
            deviation *= deviation
            comoment = weights @ deviation
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def _of_known(cls, X, weights):
        """Compute the moments of each column's values that are not NaN."""
        heaviest = np.argmax(weights, axis=0)
        shift = X[heaviest, np.arange(X.shape[1])].astype(np.float64)
        shift[np.isnan(shift)] = 0.0  # columns that are all NaN
        deviation = X - shift
        deviation[np.isnan(deviation)] = 0.0
        weight = weights.sum(axis=0)
        mean = np.einsum("ij,ij->j", weights, deviation) / _not_zero(weight)
        deviation -= mean
        comoment = np.einsum("ij,ij,ij->j", weights, deviation, deviation)
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def of_sparse(cls, X, weights: np.ndarray) -> "Moments":
        """Compute the moments of each column of a sparse batch, zeros included.

        Parameters
        ----------
        X : CSC array or matrix of shape (n_rows, n_features)
            Rows without duplicate entries. NaN is skipped.
        weights : ndarray of shape (n_rows,)
            Non-negative float64 weights.

        Returns
        -------
        Moments
            The moments of the batch.
        """
        n_rows, n_columns = X.shape
        stored = np.diff(X.indptr)
        columns = np.repeat(np.arange(n_columns), stored)

        def sum_by_column(values):
            return np.bincount(columns, values, n_columns)

        known = ~np.isnan(X.data)
        entry_weights = weights[X.indices] * known
        weight = float(weights.sum())
        if not known.all():
            n_missing = sum_by_column(~known)
            missing_weight = sum_by_column(weights[X.indices] * ~known)
            weight = np.where(n_missing < n_rows, weight - missing_weight, 0.0)
        # The weight of the zeros that are not stored; exactly 0 for full columns.
        zero_weight = np.where(
            stored < n_rows, weight - sum_by_column(entry_weights), 0.0
        )
        # The shift of a full column is one of its values: constants stay exact.
        shift = np.zeros(n_columns)
        shift[columns[known]] = X.data[known]
        shift[stored < n_rows] = 0.0
        deviation = np.where(known, X.data - shift[columns], 0.0)
        mean = sum_by_column(entry_weights * deviation) / _not_zero(weight)
        deviation -= mean[columns]
        comoment = (
            sum_by_column(entry_weights * deviation**2)
            + np.maximum(zero_weight, 0.0) * mean**2
        )
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def _in_blocks(cls, X, weights, shift, weight):
        """Compute the moments with the matrix in one pass, block by block."""
        n_rows, n_columns = X.shape
        step = min(n_rows, max(MATRIX_ROWS, MATRIX_BLOCK // n_columns))
        center = _rough_center(X, weights, shift)
        is_centered = not center.any()
        roots = None if (weights == 1).all() else np.sqrt(weights)[:, np.newaxis]
        is_double = X.dtype == np.float64 and X.flags.c_contiguous
        is_ready = is_double and is_centered and roots is None
        blas: Any = linalg.blas
        mean = np.zeros(n_columns)
        memory = None if is_ready else np.empty((step, n_columns))
        comoment = np.zeros((n_columns, n_columns), order="F")
        for start in range(0, n_rows, step):
            rows = slice(start, min(start + step, n_rows))
            deviation = X[rows]
            if memory is not None:
                deviation = memory[: rows.stop - start]
                # NumPy subtracts numbers of one dtype several times faster.
                np.copyto(deviation, X[rows])
            if not is_centered:
                subtract_row(deviation, center)
            # SciPy's BLAS alone: next to it, the threads of NumPy's would compete.
            mean += blas.dgemv(1.0, deviation.T, weights[rows])
            if roots is not None:
                deviation *= roots[rows]
            # These products are added to the upper triangle, in place.
            blas.dsyrk(1.0, deviation.T, 1.0, comoment, overwrite_c=True)
        mean /= weight
        comoment = _about_mean(comoment, weight, mean)
        return cls(weight, *_two_sum(center, mean), comoment)

    @classmethod
    def _of_whole(cls, sums, X, weights):
        """Compute the moments from the sums of the first rows, and the other rows."""
        n = sums.n_rows
        mean = sums.total / n
        comoment = _about_mean(sums.products, n, mean)
        comoment /= sums.scale**2
        mean = _two_sum(sums.center, mean / sums.scale)
        moments = cls(float(n), *mean, comoment)
        if n == len(X):
            return moments
        return moments.merged(cls.of(X[n:], weights[n:], full=True))

    def matrix(self) -> np.ndarray:
        """Return the matrix C, also if `comoment` is its factor."""
        A = self.comoment
        return A.T @ A if len(A) < A.shape[1] else A

    def scaled(self, factor: float | np.ndarray) -> "Moments":
        """Return the moments with all weights multiplied by `factor` (at least 0)."""
        return self._replace(
            weight=self.weight * factor, comoment=self.comoment * factor
        )

    def merged(self, other: "Moments") -> "Moments":
        """Return the moments of the rows of both, by the formula of Chan et al.

        With d the difference of the means, the mean moves by d W_b / W. The co-moments
        are added, and d d^T W_a W_b / W with them.
        """
        # Starting from the mean of larger weight keeps the rounding error of d below
        # the standard deviation of all rows, even if momentum has left the other part
        # hardly any weight.
        a, b = self._by_weight(other)
        weight = a.weight + b.weight
        share = b.weight / _not_zero(weight)
        d = (b.mean - a.mean) + (b.tail - a.tail)
        mean = _two_sum(a.mean, a.tail + share * d)
        if a.comoment.ndim == 1:
            comoment = a.comoment + b.comoment + a.weight * share * d**2
        elif len(a.comoment) + len(b.comoment) + 1 < len(d):
            between = np.sqrt(a.weight * share) * d
            comoment = np.vstack([a.comoment, b.comoment, between])
        else:
            comoment = a.matrix() + b.matrix()
            comoment += a.weight * share * np.outer(d, d)
        return Moments(weight, *mean, comoment)

    def _by_weight(self, other):
        """Return both, the one of larger weight first; column by column if need be."""
        first = np.greater_equal(self.weight, other.weight)
        if first.ndim == 0:
            return (self, other) if first else (other, self)
        return (
            Moments(*(np.where(first, x, y) for x, y in zip(*pair, strict=True)))
            for pair in ((self, other), (other, self))
        )


def _rough_center(X, weights, shift):
    """Return what to subtract from each column, so that its sums keep their digits.

    It is the mean of a sample of rows. The deviations from it have a small mean, and to
    subtract that later costs no digits; constant columns stay exact. It is 0 for
    columns near 0, which lose at most one digit: where all are, nothing is subtracted.
    """
    sample = slice(None, None, -(-len(X) // SAMPLE))
    deviation, weights = X[sample] - shift, weights[sample]
    weight = weights.sum() or 1.0
    mean = weights @ deviation / weight
    deviation -= mean
    variance = weights @ deviation**2 / weight
    center = shift + mean
    return np.where(center**2 <= 10 * variance, 0.0, center)


def _about_mean(products, weight, mean):
    """Return the co-moment matrix of rows, whose mean is given as a difference.

    The products are those of differences from the same center, as an upper triangle in
    Fortran order, which is overwritten.
    """
    blas: Any = linalg.blas
    blas.dsyr(-weight, mean, a=products, overwrite_a=True)
    products += np.triu(products, 1).T
    # Symmetric to the bit, and the transposed view lies in memory row by row.
    return products.T


def _not_zero(weight):
    """Return weights to divide by: 1 in place of 0, where the sum is 0, too."""
    return weight + (weight == 0)


def _two_sum(a, b):
    """Return the rounded sum of two arrays and its exact rounding error [2]_."""
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)


def updated_moments(
    prior: Moments | tuple | None,
    X,
    weights: np.ndarray,
    *,
    full: bool = False,
    momentum: float | None = None,
    name: str = "X",
) -> Moments:
    """Return the moments after one more batch.

    Parameters
    ----------
    prior : Moments, tuple or None
        Moments before the batch, which are not modified; None for the first batch.
    X : ndarray, CSR or CSC array or matrix of shape (n_rows, n_features)
        Rows of the batch. With `full` they must be dense, without NaN.
    weights : ndarray of shape (n_rows,) or (n_rows, n_features)
        Positive weights. A dense X with NaN needs a matrix, with zeros at the NaN.
    full : bool, default=False
        Whether to accumulate the co-moment matrix.
    momentum : float in (0, 1] or None, default=None
        With a number, the moments are exponential averages of total weight 1, see
        `decaying_weights`. None gives all rows the same influence.
    name : str, default="X"
        What the data are, in the error.

    Returns
    -------
    Moments
        The moments of all rows so far.

    Raises
    ------
    ValueError
        If the squares of the data overflow float64; with `full`, also if X is not
        finite.
    """
    prior = None if prior is None else Moments._make(prior)
    first = True if prior is None else np.equal(prior.weight, 0)
    # Some columns have had values before, and others only NaN.
    starts_differ = momentum is not None and np.any(first) and not np.all(first)
    if issparse(X):
        X = X.tocsc()
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        if starts_differ or (momentum is not None and np.isnan(X.data).any()):
            return _dense_by_columns(prior, X, weights, momentum)
    if starts_differ and weights.ndim == 1:
        weights = np.repeat(weights[:, np.newaxis], X.shape[1], axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        remaining = None
        if momentum is not None:
            weights, remaining = decaying_weights(weights, momentum, first=first)
        if issparse(X):
            moments = Moments.of_sparse(X, weights)
        else:
            moments = Moments.of(X, weights, full=full)
        if prior is not None:
            if remaining is not None:
                prior = prior.scaled(remaining / _not_zero(prior.weight))
            moments = prior.merged(moments)
        comoment = moments.comoment
        if full and len(comoment) < len(moments.mean):
            comoment = np.vdot(comoment, comoment)  # the factor's square can overflow
    if not np.isfinite(comoment).all():
        values = X.data if issparse(X) else X
        raise ValueError(
            f"The variance of {name} overflows float64: the values of {name} or of "
            f"sample_weight are too large (largest |{name}| is "
            f"{np.nanmax(np.abs(values), initial=0):.3g}, sum of the weights is "
            f"{weights.sum():.3g})."
        )
    return moments


def _dense_by_columns(prior, X, weights, momentum):
    """Return moments with momentum of a sparse X with NaN.

    The weight of a row depends on the later values of the same column. So blocks of
    columns are made dense.
    """
    n_rows, n_columns = X.shape
    step, parts = max(1, BLOCK // n_rows), []
    for start in range(0, n_columns, step):
        columns = slice(start, start + step)
        before = None
        if prior is not None:
            whole = (np.broadcast_to(part, n_columns) for part in prior)
            before = Moments(*(part[columns] for part in whole))
        block = X[:, columns].toarray()
        known = weights[:, np.newaxis] * ~np.isnan(block)
        parts.append(updated_moments(before, block, known, momentum=momentum))
    return Moments(*map(np.concatenate, zip(*parts, strict=True)))


def decaying_weights(
    weights: np.ndarray, momentum: float, *, first: bool | np.ndarray
) -> tuple[np.ndarray, float | np.ndarray]:
    """Return weights that turn a weighted average into an exponential average.

    A row of weight w_i moves the average by the fraction k_i = 1 - (1-k)^w_i, as w_i
    rows of weight 1 would. Its share in the final average is
    k_i (1-k)^(sum of the later weights).

    Parameters
    ----------
    weights : ndarray of shape (n_rows,) or (n_rows, n_features)
        Positive weights, in the order of the rows. A matrix may hold zeros.
    momentum : float in (0, 1]
        k, the fraction by which a row of weight 1 moves the average.
    first : bool, or ndarray of bool of shape (n_features,)
        Whether the average starts in this batch: its first row of positive weight
        then has k_i = 1.

    Returns
    -------
    decayed : ndarray of the shape of `weights`
        The share of each row.
    remaining : float, or ndarray of shape (n_features,)
        The share of all rows before the batch, (1-k)^(sum of weights). `decayed` and
        `remaining` sum to 1; if `first`, `decayed` alone does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.moments import decaying_weights
    >>> decaying_weights(np.ones(3), 0.5, first=True)
    (array([0.25, 0.25, 0.5 ]), 0.125)
    """
    decay = 1.0 - momentum
    later = np.zeros_like(weights)
    later[:-1] = np.cumsum(weights[:0:-1], axis=0)[::-1]
    share = 1.0 - decay**weights
    if weights.ndim == 1:
        share[0] = 1.0 if np.all(first) else share[0]
        return share * decay**later, float(decay ** weights.sum())
    columns = np.flatnonzero(first & (weights > 0).any(axis=0))
    share[np.argmax(weights > 0, axis=0)[columns], columns] = 1.0
    return share * decay**later, decay ** weights.sum(axis=0)


def safe_scale(mean: np.ndarray, variance: np.ndarray, input_eps: float) -> np.ndarray:
    """Return standard deviations to divide by: 1 for constant columns.

    A column is constant up to rounding if its standard deviation is at most
    2 input_eps abs(mean).

    Parameters
    ----------
    mean : ndarray of shape (n_features,)
        Mean of each column.
    variance : ndarray of shape (n_features,)
        Variance of each column.
    input_eps : float
        Spacing of floats at 1 in the dtype of the data.

    Returns
    -------
    scale : ndarray of shape (n_features,)
        sqrt(variance), or 1; NaN where the mean and the variance are NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.moments import safe_scale
    >>> safe_scale(np.array([4.0, 5.0]), np.array([9.0, 1e-31]), 2**-52)
    array([3., 1.])
    """
    scale = np.sqrt(variance)
    return np.where(scale <= 2 * input_eps * np.abs(mean), 1.0, scale)


def principal_axes(
    moments: Moments | tuple, input_eps: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the directions in which the data vary, by decreasing variance.

    Parameters
    ----------
    moments : Moments or tuple
        Moments with the co-moment matrix, or its factor.
    input_eps : float
        Spacing of floats at 1 in the dtype of the data.

    Returns
    -------
    variances : ndarray of shape (n_axes,)
        The eigenvalues of the population covariance that exceed rounding errors; a
        single 0 if no eigenvalue does.
    axes : ndarray of shape (n_axes, n_features)
        Their eigenvectors as rows, the largest loading of each positive; the first
        coordinate axis if no eigenvalue exceeds rounding errors.
    total : float
        The sum of all eigenvalues, also of those that may be rounding errors.
    """
    moments = Moments._make(moments)
    A, n_features = moments.comoment, len(moments.mean)
    is_factor = len(A) < n_features
    # A^T A and the smaller A A^T have the same eigenvalues except zeros.
    products = A @ A.T if is_factor else A
    diagonal = np.einsum("ij,ij->j", A, A) if is_factor else np.diag(A)
    with np.errstate(over="ignore"):  # infinite noise exceeds every variance
        mean_squares = moments.mean**2 + diagonal / moments.weight
    variances, vectors = _eigenvectors(products / moments.weight)
    noise = n_features * max(
        100 * np.finfo(np.float64).eps * variances[0],
        4 * input_eps**2 * mean_squares.max(),
    )
    rank = np.count_nonzero(variances > noise)
    if rank == 0:
        return np.zeros(1), np.eye(1, n_features), 1.0
    variances, axes = variances[:rank], vectors[:rank]
    if is_factor:
        axes = axes @ A
        axes /= np.sqrt(np.einsum("ij,ij->i", axes, axes))[:, np.newaxis]
    # Loadings that differ by rounding errors only must not decide the sign.
    size = np.abs(axes)
    largest = np.argmax(size >= (1 - 1e-6) * size.max(axis=1, keepdims=True), axis=1)
    signs = np.sign(axes[np.arange(rank), largest])
    total = float(diagonal.sum() / moments.weight)
    return variances, axes * signs[:, np.newaxis], total


def _eigenvectors(matrix):
    """Return the eigenvalues in decreasing order, and the eigenvectors as rows.

    Rows and columns of zeros are left out, which saves time. Each of them has an
    eigenvalue of 0.
    """
    kept = np.flatnonzero(np.diag(matrix))
    if 0 < len(kept) < len(matrix):
        values, parts = _eigenvectors(matrix[kept].take(kept, axis=1))
        vectors = np.zeros((len(kept), len(matrix)))
        vectors[:, kept] = parts
        return values, vectors
    # The transposed symmetric matrix is in Fortran order: LAPACK gets no copy of it.
    values, vectors = linalg.eigh(
        matrix.T, driver="evd", overwrite_a=True, check_finite=False
    )
    return values[::-1], vectors.T[::-1]
