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

from skdl._inputs import check_inputs
from skdl._sklearn import check_sample_weight

__all__ = [
    "Moments",
    "checked_batch",
    "decaying_weights",
    "principal_axes",
    "updated_moments",
]


class Moments(NamedTuple):
    """First and second moments of weighted rows x_i of weights w_i.

    Estimators store it as a plain tuple, which every serializer can write.

    Attributes
    ----------
    weight : float
        W = sum_i w_i.
    mean : ndarray of shape (n_features,)
        (1/W) sum_i w_i x_i, rounded to float64.
    tail : ndarray of shape (n_features,)
        What the rounding of `mean` left out: the mean is ``mean + tail``. Thousands
        of merges thereby do not add up their rounding errors.
    comoment : ndarray of shape (n_features,) or (n_features, n_features)
        sum_i w_i (x_i - mean)^2 by column, or the matrix
        sum_i w_i (x_i - mean)(x_i - mean)^T. Divided by W, these are the population
        variances and covariances.

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

    weight: float
    mean: np.ndarray
    tail: np.ndarray
    comoment: np.ndarray

    @classmethod
    def of(cls, X, weights, *, full):
        """Moments of the rows of one batch, in two passes about a shift.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Finite rows, at least one.
        weights : ndarray of shape (n_rows,)
            Non-negative float64 weights.
        full : bool
            Whether `comoment` is the matrix.

        Returns
        -------
        Moments
        """
        # The heaviest row lies within sqrt(n_rows) standard deviations of the mean,
        # hence subtracting it is harmless whatever the offset; and columns that
        # never change get differences, and a variance, of exactly zero.
        shift = X[np.argmax(weights)].astype(np.float64)
        deviation = X - shift
        weight = float(weights.sum())
        # Momentum can round all weights to zero; the batch then counts for nothing.
        mean = weights @ deviation / (weight or 1.0)
        deviation -= mean
        if full:
            deviation *= np.sqrt(weights)[:, np.newaxis]
            comoment = deviation.T @ deviation
        else:
            comoment = weights @ deviation**2
        return cls(weight, *_two_sum(shift, mean), comoment)

    def scaled(self, factor):
        """Moments with all weights multiplied by `factor` (float, at least 0)."""
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
        a, b = (self, other) if self.weight >= other.weight else (other, self)
        weight = a.weight + b.weight
        share = b.weight / weight
        d = (b.mean - a.mean) + (b.tail - a.tail)
        square = np.outer(d, d) if a.comoment.ndim == 2 else d**2
        return Moments(
            weight,
            *_two_sum(a.mean, a.tail + share * d),
            a.comoment + b.comoment + a.weight * share * square,
        )


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
    X : ndarray of shape (n_rows, n_features)
        Rows of the batch.
    weights : ndarray of shape (n_rows,)
        Positive weights.
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
    with np.errstate(over="ignore", invalid="ignore"):
        remaining = None
        if momentum is not None:
            weights, remaining = decaying_weights(
                weights, momentum, first=prior is None
            )
        moments = Moments.of(X, weights, full=full)
        if prior is not None:
            prior = Moments(*prior)
            if remaining is not None:
                prior = prior.scaled(remaining / prior.weight)
            moments = prior.merged(moments)
    if not np.isfinite(moments.comoment).all():
        raise ValueError(
            "The variance of X overflows float64: the values of X or of sample_weight "
            f"are too large (largest |X| is {np.abs(X).max():.3g}, sum of the weights "
            f"is {weights.sum():.3g})."
        )
    return moments


def decaying_weights(weights, momentum, *, first):
    """Weights by which an exponential average is a plain weighted average.

    Row i of weight w_i moves the average by the fraction k_i = 1 - (1-k)^w_i, that
    is by as much as w_i rows of weight one. What it contributes in the end is
    k_i (1-k)^(sum of the later weights).

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Positive weights, in the order of the rows.
    momentum : float in (0, 1]
        k, the fraction by which a row of weight one moves the average.
    first : bool
        Whether the average starts at the first row (k_1 = 1).

    Returns
    -------
    decayed : ndarray of shape (n_rows,)
        The contribution of each row.
    remaining : float
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
    later = np.append(np.cumsum(weights[:0:-1])[::-1], 0.0)
    share = 1.0 - keep**weights
    if first:
        share[0] = 1.0
    return share * keep**later, float(keep ** weights.sum())


def principal_axes(moments, input_eps):
    """Directions in which the data vary, by decreasing variance.

    Parameters
    ----------
    moments : Moments
        With a co-moment matrix.
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
    """
    covariance = moments.comoment / moments.weight
    variances, axes = np.linalg.eigh(covariance)
    variances, axes = variances[::-1], axes.T[::-1]
    with np.errstate(over="ignore"):  # Infinite noise hides every variance, rightly.
        mean_squares = moments.mean**2 + np.diag(covariance)
    noise = len(variances) * max(
        100 * np.finfo(np.float64).eps * variances[0],
        4 * input_eps**2 * mean_squares.max(),
    )
    rank = np.count_nonzero(variances > noise)
    if rank == 0:
        return np.zeros(1), np.eye(1, len(variances))
    variances, axes = variances[:rank], axes[:rank]
    # Loadings that only rounding tells apart must not decide the sign.
    size = np.abs(axes)
    largest = np.argmax(size >= (1 - 1e-6) * size.max(axis=1, keepdims=True), axis=1)
    signs = np.sign(axes[np.arange(rank), largest])
    return variances, axes * signs[:, np.newaxis]


def checked_batch(estimator, X, sample_weight, *, reset):
    """Validated rows of positive weight, and their weights.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` and `feature_names_in_` are set if `reset`, or else
        compared.
    X : array-like of shape (n_samples, n_features)
        Dense and finite; float32 is kept, everything else becomes float64.
    sample_weight : array-like of shape (n_samples,), float or None
        Non-negative weights, not all of them zero; None stands for ones.
    reset : bool
        Whether this is the first batch.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features)
        The rows of positive weight.
    weights : ndarray of shape (n_rows,)
        Their float64 weights.

    Raises
    ------
    ValueError
        If X or the weights are not as described.
    """
    X = check_inputs(estimator, X, dtype=[np.float64, np.float32], reset=reset)
    weights = check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    counted = weights > 0
    if not counted.any():
        raise ValueError("sample_weight must hold at least one positive weight.")
    return (X, weights) if counted.all() else (X[counted], weights[counted])
