"""Uncorrelated columns of variance 1."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_array, check_is_fitted

from skdl._arguments import explain_parameters
from skdl._inputs import TakesValidationSets, check_inputs, check_numbers
from skdl._parameters import ExplainedParameters
from skdl._sklearn import Interval, fit_context
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.engine.moments import principal_axes, updated_moments
from skdl.preprocessing._batches import checked_batch

__all__ = ["PCAWhitener"]

# Elements per block: the deviations from the mean stay in the cache.
BLOCK = 2**19
FLOAT_DTYPES = [np.float64, np.float32]
# Attributes that are computed from the moments when they are first read.
DECOMPOSED = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "n_components_",
    "scale_",
)


@explain_parameters
@dataclass(eq=False, repr=False)
class PCAWhitener(
    Versioned,
    ExplainedParameters,
    ClassNamePrefixFeaturesOutMixin,
    TakesValidationSets,
    TransformerMixin,
    BaseEstimator,
):
    """Rotate to the principal axes and divide each by its standard deviation.

    For rows x_i of weights w_i, and with W = sum_i w_i, the population covariance ::

        mean = (1/W) sum_i w_i x_i
        C    = (1/W) sum_i w_i (x_i - mean)(x_i - mean)^T = U diag(S) U^T

    gives the output z = (x - mean) U / sqrt(S + eps S_1), with S_1 the largest
    variance. Its covariance is diag(S / (S + eps S_1)), whatever the units of X. With
    ``zca=True`` the output is z U^T, the whitened data that are closest to the input
    [1]_. Batches are merged by the formula of Chan et al. [2]_, so `partial_fit` over
    any batches of the rows equals one `fit`.

    Directions without variance are dropped: in the output they would be rounding
    errors, magnified by 1 / sqrt(eps S_1).

    Parameters
    ----------
    n_components : int, float in (0, 1) or None, default=None
        Directions to keep, in the order of decreasing variance. An int is their number.
        A float keeps the fewest directions that have this fraction of the total
        variance. None keeps all directions with variance.
    eps : float, default=1e-5
        Fraction of the largest variance that is added to all variances; at least 0. It
        limits the magnification of directions of small variance to 1 / sqrt(eps) times
        that of the first direction.
    zca : bool, default=False
        Whether to rotate back to the axes of the input. Then the output has all columns
        of the input, even if directions were dropped.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean of each column, in float64.
    components_ : ndarray of shape (n_components_, n_features)
        The kept columns of U as rows. The largest loading of each row is positive; if
        several loadings are equal to six digits, the first of them is.
    explained_variance_ : ndarray of shape (n_components_,)
        The kept entries of S, in decreasing order.
    explained_variance_ratio_ : ndarray of shape (n_components_,)
        `explained_variance_` divided by the trace of C.
    scale_ : ndarray of shape (n_components_,)
        sqrt(explained_variance_ + eps * explained_variance_[0]).
    n_components_ : int
        Number of kept directions.
    n_samples_seen_ : int
        Number of rows of positive weight.
    weight_sum_ : float
        Sum of the weights of these rows.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Notes
    -----
    A direction counts as without variance if rounding errors can explain its variance.
    Two bounds apply, with e the spacing of floats at 1. The error of the computed C is
    at most 100 n_features e S_1, with e of float64. The rounding of the input gives at
    most 4 n_features e^2 m^2, with m^2 the largest mean square of a column and e of the
    least precise dtype seen. So put a `Standardizer` first if the columns have very
    different units.

    If no direction has variance, as after a single row, the first axis is kept, with
    variance and ratio 0 and scale 1. The rows seen are then mapped to 0.

    `fit` decomposes the covariance at once. `partial_fit` leaves this to the first use
    of the result. For fewer rows than columns, the smaller matrix of the products of
    the rows is decomposed.

    Sums are kept in float64; float32 input gives float32 output. A call that raises
    leaves the estimator unchanged.

    Many rows of images take less time: products of pixels of 8 bits are exact in
    float32. The pixels may be whole numbers, or divided by 255 or 256. Rows without
    weights are recognized by their values; a float next to k / 255 counts as k / 255.

    References
    ----------
    .. [1] A. Kessy, A. Lewin and K. Strimmer, "Optimal whitening and decorrelation",
       The American Statistician 72(4), 309-314, 2018.
    .. [2] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the
       sample variance", The American Statistician 37(3), 242-247, 1983.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing import PCAWhitener
    >>> X = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> whitener = PCAWhitener(eps=0.0).fit(X)
    >>> whitener.explained_variance_
    array([2. , 0.5])
    >>> Z = whitener.transform(X)
    >>> (Z.T @ Z / 4).round(6)
    array([[1., 0.],
           [0., 1.]])
    """

    _: KW_ONLY
    n_components: int | float | None = None
    eps: float = 1e-5
    zca: bool = False

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            None,
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
        ],
        "eps": [Interval(Real, 0, None, closed="left")],
        "zca": ["boolean"],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn the principal axes of X, from scratch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, dense and finite.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows; a row of weight 0 has no effect.

        Returns
        -------
        self : PCAWhitener
            The fitted estimator.

        Raises
        ------
        ValueError
            If X is not finite, dense and two-dimensional; if its variance overflows; if
            a weight is negative or NaN, or all weights are 0; or if `n_components`
            exceeds the number of directions with variance.
        """
        with unchanged_on_error(self):
            return self._learn(X, sample_weight, first=True, complete=True)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from one more batch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, dense and finite, with the columns of the first batch.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows, as for `fit`.

        Returns
        -------
        self : PCAWhitener
            The fitted estimator.

        Raises
        ------
        ValueError
            As `fit`, and if the columns differ from those of earlier batches. But an
            int `n_components` may be as large as `n_features_in_`. While fewer
            directions have variance, all of these are kept.
        """
        with unchanged_on_error(self):
            first = not hasattr(self, "_moments")
            return self._learn(X, sample_weight, first=first, complete=False)

    def _learn(self, X, sample_weight, *, first, complete):
        """Update the moments; `complete` says that no more batches follow."""
        # The moments say whether X is finite. Rows of weight 0 would not reach them.
        check = sample_weight is not None
        given = X
        X, weights = checked_batch(
            self, X, sample_weight, reset=first, ensure_all_finite=check
        )
        asked = self.n_components
        if not complete and isinstance(asked, Integral) and asked > X.shape[1]:
            self._refuse_n_components(X.shape[1], "")
        prior = None if first else self._moments
        try:
            moments = updated_moments(prior, X, weights, full=True)
        except ValueError:
            # This names the values that are not finite, if they are the cause.
            checked_batch(self, given, sample_weight, reset=first)
            raise
        input_eps = float(np.finfo(X.dtype).eps)
        self._eps = input_eps if first else max(input_eps, self._eps)
        self._moments = tuple(moments)
        self.mean_ = moments.mean
        self.n_samples_seen_ = len(X) + (0 if first else self.n_samples_seen_)
        self.weight_sum_ = moments.weight
        # The parameters may change before the axes are computed.
        self._asked = asked, self.eps
        for name in DECOMPOSED:
            self.__dict__.pop(name, None)
        if complete:
            n_axes = self._decompose()
            if isinstance(asked, Integral) and asked > n_axes:
                self._refuse_n_components(n_axes, f" and {n_axes} directions to keep")
        return self

    def __getattr__(self, name):
        """Compute an attribute that `partial_fit` has postponed."""
        if name in DECOMPOSED and "_asked" in vars(self):
            self._decompose()
            return vars(self)[name]
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def _decompose(self):
        """Set what follows from the moments; return the number of directions."""
        variances, axes, total = principal_axes(self._moments, self._eps)
        n_components, eps = self._asked
        n = _n_kept(variances / total, n_components)
        scale = np.sqrt(variances + eps * variances[0]) if variances[0] else np.ones(1)
        # In one call, since several threads may ask at the same time.
        self.__dict__.update(
            components_=axes[:n],
            explained_variance_=variances[:n],
            explained_variance_ratio_=variances[:n] / total,
            n_components_=n,
            scale_=scale[:n],
        )
        return len(axes)

    def _refuse_n_components(self, at_most, because):
        raise ValueError(
            f"n_components={self.n_components} is too large: it must be at most "
            f"{at_most}, since X has {self.n_features_in_} features{because}."
        )

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Whiten X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows with the columns seen by `fit`.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components_), or (n_samples, n_features)
            Whitened rows, in float32 if X is float32, else in float64. With `zca` they
            have n_features columns.
        """
        check_is_fitted(self)
        rows = check_inputs(self, X, dtype=FLOAT_DTYPES, reset=False)
        dtype = rows.dtype
        axes = self.components_.astype(dtype, copy=False)
        scale = self.scale_.astype(dtype, copy=False)
        # The mean has two parts, so that an offset costs no digits. The second part is
        # left out where it is below the rounding of the result.
        mean = self.mean_.astype(dtype)
        rest = (self.mean_ - mean).astype(dtype)
        has_rest = np.abs(rest).max() > np.finfo(dtype).eps * scale.min()
        step = _rows_per_block(rows.shape[1])
        n_columns = rows.shape[1] if self.zca else len(axes)
        Z = np.empty((len(rows), n_columns), dtype)
        memory = np.empty((min(step, len(rows)), rows.shape[1]), dtype)
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            deviation, out = memory[: len(block)], Z[start : start + step]
            np.subtract(block, mean, out=deviation)
            if has_rest:
                np.subtract(deviation, rest, out=deviation)
            whitened = np.matmul(deviation, axes.T, out=None if self.zca else out)
            np.divide(whitened, scale, out=whitened)
            if self.zca:
                np.matmul(whitened, axes, out=out)
        return Z

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Undo `transform`, except for the dropped directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_), or (n_samples, n_features)
            Whitened data, or predictions of them; with `zca` of n_features columns.
            Names of columns are ignored. A single column may have shape (n_samples,).

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            (X * scale_) @ components_ + mean_, in float32 if X is float32, else in
            float64.

        Raises
        ------
        ValueError
            If X does not have the number of columns that `transform` returns.
        """
        check_is_fitted(self)
        check_numbers(X, "X")
        Z: Any = check_array(X, dtype=FLOAT_DTYPES, ensure_2d=False, estimator=self)
        n_columns = len(self.mean_) if self.zca else self.n_components_
        if Z.ndim == n_columns == 1:
            Z = Z[:, np.newaxis]
        if Z.shape[1:] != (n_columns,):
            n = f"{Z.shape[1]} features" if Z.ndim == 2 else f"the shape {Z.shape}"
            raise ValueError(
                f"X has {n}, but inverse_transform of {type(self).__name__} expects "
                f"the {n_columns} columns that transform returns."
            )
        whitened = Z @ self.components_.T if self.zca else Z
        original = (whitened * self.scale_) @ self.components_ + self.mean_
        return original.astype(Z.dtype, copy=False)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of the input, used only with `zca`. None stands for
            `feature_names_in_`, or for x0, x1, ...

        Returns
        -------
        names : ndarray of str objects
            pcawhitener0, pcawhitener1, ...; with `zca` the names of the input columns.
        """
        mixin: Any = ClassNamePrefixFeaturesOutMixin
        if self.zca:
            mixin = OneToOneFeatureMixin
        return mixin.get_feature_names_out(self, input_features)

    @property
    def _n_features_out(self):
        return self.n_components_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _rows_per_block(n_columns):
    return max(64, BLOCK // n_columns)


def _n_kept(ratios, n_components):
    """Return the number of directions to keep."""
    if n_components is None:
        return len(ratios)
    if isinstance(n_components, Integral):
        return min(n_components, len(ratios))
    # With the tolerance, 0.5 keeps two of four equal variances.
    n = np.searchsorted(np.cumsum(ratios), n_components - 1e-12) + 1
    return min(int(n), len(ratios))
