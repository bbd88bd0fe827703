"""Weighted means and co-moments that can be merged without loss of digits.

Every quantity is held relative to a point near the data, so that an offset of the
columns costs no accuracy, and two parts of a data set are joined by the pairwise
formula of [1]_, so that the way rows are cut into batches does not matter.

References
----------
.. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise
   algorithm for computing sample variances", Stanford STAN-CS-79-773, 1979; and
   "Algorithms for computing the sample variance", The American Statistician 37(3),
   242-247, 1983.
.. [2] O. Møller, "Quasi double-precision in floating point addition", BIT 5,
   37-50, 1965.
"""

from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.sparse import issparse

from skdl._inputs import check_inputs, check_numbers, check_weight_sizes
from skdl._sklearn import check_sample_weight

__all__ = [
    "Moments",
    "checked_batch",
    "decaying_weights",
    "known_counts",
    "principal_axes",
    "updated_moments",
]

# Elements of a sparse X that are made dense at a time, where nothing else will do.
BLOCK = 2**20
# Rows whose deviations, in float64, stay in the cache.
ROWS = 1024


class Moments(NamedTuple):
    """First and second moments of weighted rows x_i of weights w_i.

    Estimators store it as a plain tuple, which every serializer can write.

    Attributes
    ----------
    weight : float, or ndarray of shape (n_features,)
        W = sum_i w_i; by column where NaN left out values of some columns.
    mean : ndarray of shape (n_features,)
        (1/W) sum_i w_i x_i, rounded to float64; 0 for a column without a value.
    tail : ndarray of shape (n_features,)
        What the rounding of `mean` left out: the mean is ``mean + tail``. Thousands
        of merges thereby do not add up their rounding errors.
    comoment : ndarray of shape (n_features,) or (n, n_features)
        sum_i w_i (x_i - mean)^2 by column, or the matrix
        C = sum_i w_i (x_i - mean)(x_i - mean)^T. Divided by W, these are the population
        variances and covariances. As long as the rows are fewer than the columns, the
        matrix is held as a factor A of n < n_features rows with A^T A = C.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._moments import Moments
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
    def of(cls, X, weights, *, full):
        """Moments of the rows of one batch, in two passes about a shift.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows, at least one.
        weights : ndarray of shape (n_rows,) or (n_rows, n_features)
            Non-negative float64 weights. A matrix has zeros where X is NaN.
        full : bool
            Whether `comoment` is the matrix, which takes finite X.

        Returns
        -------
        Moments
        """
        if weights.ndim == 2:
            return cls._of_known(X, weights)
        # The heaviest row lies within sqrt(n_rows) standard deviations of the mean,
        # hence subtracting it is harmless whatever the offset; and columns that
        # never change get differences, and a variance, of exactly zero.
        shift = X[np.argmax(weights)].astype(np.float64)
        weight = float(weights.sum())
        if full and len(X) > ROWS:
            return cls._in_passes(X, weights, shift, weight)
        deviation = X - shift
        # Momentum can round all weights to zero; the batch then counts for nothing.
        mean = weights @ deviation / (weight or 1.0)
        deviation -= mean
        if full:
            deviation *= np.sqrt(weights)[:, np.newaxis]
            few = len(X) < X.shape[1]
            comoment = deviation if few else deviation.T @ deviation
        else:
            comoment = weights @ deviation**2
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def _of_known(cls, X, weights):
        """Moments by column of what is not NaN."""
        heaviest = np.argmax(weights, axis=0)
        shift = X[heaviest, np.arange(X.shape[1])].astype(np.float64)
        shift[np.isnan(shift)] = 0.0  # a column of nothing but NaN
        deviation = X - shift
        deviation[np.isnan(deviation)] = 0.0
        weight = weights.sum(axis=0)
        mean = np.einsum("ij,ij->j", weights, deviation) / _not_zero(weight)
        deviation -= mean
        comoment = np.einsum("ij,ij,ij->j", weights, deviation, deviation)
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def of_sparse(cls, X, weights):
        """Moments by column of a sparse batch, its zeros included.

        Parameters
        ----------
        X : CSC array or matrix of shape (n_rows, n_features)
            Without duplicates. NaN counts for nothing.
        weights : ndarray of shape (n_rows,)
            Non-negative float64 weights.

        Returns
        -------
        Moments
        """
        n_rows, n_columns = X.shape
        stored = np.diff(X.indptr)
        columns = np.repeat(np.arange(n_columns), stored)

        def summed(values):
            return np.bincount(columns, values, n_columns)

        known = ~np.isnan(X.data)
        of_entries = weights[X.indices] * known
        weight, rest = float(weights.sum()), None
        if not known.all():
            missing = summed(~known)
            unknown = summed(weights[X.indices] * ~known)
            weight = np.where(missing < n_rows, weight - unknown, 0.0)
        # Exactly 0 in full columns: these have no zeros that are not stored.
        rest = np.where(stored < n_rows, weight - summed(of_entries), 0.0)
        # A value of a full column as its shift leaves constants exact.
        shift = np.zeros(n_columns)
        shift[columns[known]] = X.data[known]
        shift[stored < n_rows] = 0.0
        deviation = np.where(known, X.data - shift[columns], 0.0)
        mean = summed(of_entries * deviation) / _not_zero(weight)
        deviation -= mean[columns]
        comoment = summed(of_entries * deviation**2) + np.maximum(rest, 0.0) * mean**2
        return cls(weight, *_two_sum(shift, mean), comoment)

    @classmethod
    def _in_passes(cls, X, weights, shift, weight):
        """Moments with the matrix, in one pass over X and a few rows at a time."""
        n_rows, n_columns = X.shape
        step = max(ROWS, n_columns)
        # Near the mean, as a few rows from all over X tell it: what is left of the
        # mean then takes no digits away. Columns that never change stay exact.
        few = slice(None, None, -(-n_rows // ROWS))
        guess = weights[few] @ (X[few] - shift)
        near = shift + guess / (weights[few].sum() or 1.0)
        roots = None if (weights == 1).all() else np.sqrt(weights)[:, np.newaxis]
        mean, comoment = np.zeros(n_columns), np.zeros((n_columns, n_columns))
        for start in range(0, n_rows, step):
            rows = slice(start, start + step)
            deviation = X[rows] - near
            mean += weights[rows] @ deviation
            if roots is not None:
                deviation *= roots[rows]
            comoment += deviation.T @ deviation
        mean /= weight
        comoment -= weight * np.outer(mean, mean)
        return cls(weight, *_two_sum(near, mean), comoment)

    def matrix(self):
        """Return the matrix C, from its factor if that is what `comoment` is."""
        A = self.comoment
        return A.T @ A if len(A) < A.shape[1] else A

    def scaled(self, factor):
        """Moments with all weights multiplied by `factor` (at least 0)."""
        return self._replace(
            weight=self.weight * factor, comoment=self.comoment * factor
        )

    def merged(self, other):
        """Moments of the rows of both: the update formula of Chan et al.

        With d the difference of the means, the mean moves by d W_b / W and the
        comoments add up together with d d^T W_a W_b / W.
        """
        # Starting from the heavier mean keeps the rounding of d below the standard
        # deviation of the union even if momentum has all but erased the other.
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
        """Return the heavier and the lighter of both, or of each of their columns."""
        first = np.greater_equal(self.weight, other.weight)
        if first.ndim == 0:
            return (self, other) if first else (other, self)
        return (
            Moments(*(np.where(first, x, y) for x, y in zip(*pair, strict=True)))
            for pair in ((self, other), (other, self))
        )


def _not_zero(weight):
    """Return weights to divide by: what has none has a sum of 0, too."""
    return weight + (weight == 0)


def _two_sum(a, b):
    """Rounded sum of two arrays and its exact rounding error (Møller [2]_)."""
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)


def updated_moments(prior, X, weights, *, full=False, momentum=None):
    """Moments after one more batch.

    Parameters
    ----------
    prior : Moments, tuple or None
        State before the batch; None if there is none. It is not modified.
    X : ndarray, CSR or CSC array or matrix of shape (n_rows, n_features)
        Rows of the batch; sparse ones, and NaN, not with `full`.
    weights : ndarray of shape (n_rows,) or (n_rows, n_features)
        Positive weights. For a dense X with NaN a matrix, which has zeros there.
    full : bool, default=False
        Whether to accumulate the co-moment matrix.
    momentum : float in (0, 1] or None, default=None
        None weighs all rows alike; otherwise see `decaying_weights`, and the
        weight of the result is 1.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError
        If the squares of the data overflow float64.
    """
    prior = None if prior is None else Moments(*prior)
    first = True if prior is None else np.equal(prior.weight, 0)
    # Columns that begin later than others, after nothing but NaN.
    late = momentum is not None and np.any(first) and not np.all(first)
    if issparse(X):
        X = X.tocsc()
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        if late or (momentum is not None and np.isnan(X.data).any()):
            return _dense_by_columns(prior, X, weights, momentum)
    if late and weights.ndim == 1:
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
        sizes = moments.comoment
        if full and len(sizes) < len(moments.mean):
            sizes = np.vdot(sizes, sizes)  # of the matrix, not only of its factor
    if not np.isfinite(sizes).all():
        values = X.data if issparse(X) else X
        raise ValueError(
            "The variance of X overflows float64: the values of X or of sample_weight "
            f"are too large (largest |X| is {np.nanmax(np.abs(values)):.3g}, sum of "
            f"the weights is {weights.sum():.3g})."
        )
    return moments


def _dense_by_columns(prior, X, weights, momentum):
    """Moments of a sparse X with NaN: by momentum, rows count for each column alone."""
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


def decaying_weights(weights, momentum, *, first):
    """Weights by which an exponential average is a plain weighted average.

    Row i of weight w_i moves the average by the fraction k_i = 1 - (1-k)^w_i, that
    is by as much as w_i rows of weight one. What it contributes in the end is
    k_i (1-k)^(sum of the later weights).

    Parameters
    ----------
    weights : ndarray of shape (n_rows,) or (n_rows, n_features)
        Positive weights, in the order of the rows; by column, some may be 0.
    momentum : float in (0, 1]
        k, the fraction by which a row of weight one moves the average.
    first : bool, or ndarray of bool of shape (n_features,)
        Whether the average starts at the first row that counts (whose k is 1).

    Returns
    -------
    decayed : ndarray of the shape of `weights`
        The contribution of each row.
    remaining : float, or ndarray of shape (n_features,)
        The factor (1-k)^(sum of weights) left to everything before the batch. The
        two sum to 1, or `decayed` does so alone if `first`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._moments import decaying_weights
    >>> decaying_weights(np.ones(3), 0.5, first=True)
    (array([0.25, 0.25, 0.5 ]), 0.125)
    """
    keep = 1.0 - momentum
    later = np.zeros_like(weights)
    later[:-1] = np.cumsum(weights[:0:-1], axis=0)[::-1]
    share = 1.0 - keep**weights
    if weights.ndim == 1:
        share[0] = 1.0 if np.all(first) else share[0]
        return share * keep**later, float(keep ** weights.sum())
    columns = np.flatnonzero(first & (weights > 0).any(axis=0))
    share[np.argmax(weights > 0, axis=0)[columns], columns] = 1.0
    return share * keep**later, keep ** weights.sum(axis=0)


def principal_axes(moments, input_eps):
    """Directions in which the data vary, by decreasing variance.

    Parameters
    ----------
    moments : Moments
        With a co-moment matrix, or its factor.
    input_eps : float
        Spacing of floats at 1 in the dtype of the data.

    Returns
    -------
    variances : ndarray of shape (n_axes,)
        The eigenvalues of the population covariance that rounding cannot explain;
        a single 0 if there is none.
    axes : ndarray of shape (n_axes, n_features)
        Their eigenvectors as rows, the largest loading of each positive; the first
        coordinate axis if there is none.
    total : float
        The sum of all variances, those that rounding may explain included.
    """
    A, n_features = moments.comoment, len(moments.mean)
    few = len(A) < n_features
    # A^T A and the smaller A A^T have the same eigenvalues but for zeros.
    products = A @ A.T if few else A
    diagonal = np.einsum("ij,ij->j", A, A) if few else np.diag(A)
    with np.errstate(over="ignore"):  # Infinite noise hides every variance, rightly.
        mean_squares = moments.mean**2 + diagonal / moments.weight
    variances, vectors = linalg.eigh(
        products / moments.weight, driver="evd", overwrite_a=True, check_finite=False
    )
    variances, vectors = variances[::-1], vectors.T[::-1]
    noise = n_features * max(
        100 * np.finfo(np.float64).eps * variances[0],
        4 * input_eps**2 * mean_squares.max(),
    )
    rank = np.count_nonzero(variances > noise)
    if rank == 0:
        return np.zeros(1), np.eye(1, n_features), 1.0
    variances, axes = variances[:rank], vectors[:rank]
    if few:
        axes = axes @ A
        axes /= np.sqrt(np.einsum("ij,ij->i", axes, axes))[:, np.newaxis]
    # Loadings that only rounding tells apart must not decide the sign.
    size = np.abs(axes)
    largest = np.argmax(size >= (1 - 1e-6) * size.max(axis=1, keepdims=True), axis=1)
    signs = np.sign(axes[np.arange(rank), largest])
    total = float(diagonal.sum()) / moments.weight
    return variances, axes * signs[:, np.newaxis], total


def checked_batch(estimator, X, sample_weight, *, reset, **options):
    """Validated rows of positive weight, and their weights.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` and `feature_names_in_` are set if `reset`, or else
        compared.
    X : array-like of shape (n_samples, n_features)
        float32 is kept, everything else becomes float64.
    sample_weight : array-like of shape (n_samples,), float or None
        Non-negative weights, not all of them zero; None stands for ones.
    reset : bool
        Whether this is the first batch.
    **options
        As for `check_inputs`, which takes dense and finite data by default.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features), or CSR or CSC array or matrix
        The rows of positive weight.
    weights : ndarray of shape (n_rows,), or (n_rows, n_features) for a dense X with NaN
        Their float64 weights; 0 where X is NaN.

    Raises
    ------
    ValueError
        If X or the weights are not as described.
    """
    X = check_inputs(
        estimator, X, dtype=[np.float64, np.float32], reset=reset, **options
    )
    check_numbers(sample_weight, "sample_weight")
    weights = check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    counted = weights > 0
    if not counted.any():
        raise ValueError("sample_weight must hold at least one positive weight.")
    check_weight_sizes(weights, 1e-100, 1e100)
    if not counted.all():
        X, weights = X[counted], weights[counted]
    if not issparse(X) and options.get("ensure_all_finite") == "allow-nan":
        missing = np.isnan(X)
        if missing.any():
            weights = weights[:, np.newaxis] * ~missing
    return X, weights


def known_counts(X, weights):
    """Number of values that are not NaN, and the sum of their weights.

    Parameters
    ----------
    X, weights
        As `checked_batch` returns them.

    Returns
    -------
    n_known : int, or ndarray of shape (n_features,)
        By column if NaN is among the values.
    weight : float, or ndarray of shape (n_features,)
    """
    if weights.ndim == 2:
        return np.count_nonzero(weights, axis=0), weights.sum(axis=0)
    n_rows, weight = X.shape[0], float(weights.sum())
    if not issparse(X) or not np.isnan(X.data).any():
        return n_rows, weight
    entries = X.tocoo()
    unknown = np.isnan(entries.data)
    rows, columns = entries.row[unknown], entries.col[unknown]
    n_known = n_rows - np.bincount(columns, minlength=X.shape[1])
    missing = np.bincount(columns, weights[rows], X.shape[1])
    return n_known, np.where(n_known > 0, weight - missing, 0.0)
