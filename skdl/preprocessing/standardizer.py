"""Columns of mean 0 and variance 1."""

from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse, sparray, spmatrix
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.sparsefuncs import inplace_column_scale
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_parameters
from skdl._inputs import TakesValidationSets, check_inputs, check_numbers
from skdl._parameters import ExplainedParameters
from skdl._sklearn import Interval, fit_context
from skdl._transaction import unchanged_on_error
from skdl._typing import MatrixLike
from skdl._version import Versioned
from skdl.engine.moments import safe_scale, updated_moments
from skdl.preprocessing._batches import checked_batch, known_counts

__all__ = ["Standardizer"]

OPTIONS = {"accept_sparse": ("csr", "csc"), "ensure_all_finite": "allow-nan"}
FLOAT_DTYPES = [np.float64, np.float32]


@explain_parameters
@dataclass(eq=False, repr=False)
class Standardizer(
    Versioned,
    ExplainedParameters,
    OneToOneFeatureMixin,
    TakesValidationSets,
    TransformerMixin,
    BaseEstimator,
):
    """Subtract the mean of each column and divide by its standard deviation.

    The output is z = (x - mean) / std, where for rows x_i of weights w_i and with
    W = sum_i w_i, column by column::

        mean = (1/W) sum_i w_i x_i
        var  = (1/W) sum_i w_i (x_i - mean)^2        std = sqrt(var)

    This is the population variance (ddof 0). Batches are merged by the formula of
    Chan et al. [1]_, so `partial_fit` over any batches of the rows equals one `fit`.

    With ``momentum=k`` the statistics are exponential averages in the order of the
    rows. The first row sets mean = x and var = 0. Each further row updates them by the
    exponentially weighted form of West's recursion [2]_ [3]_::

        d    = x - mean
        mean = mean + k d
        var  = (1 - k) (var + k d^2)

    A row of weight w uses k_w = 1 - (1-k)^w instead of k. For an integer w this equals
    w repetitions of the row.

    NaN stands for a missing value: the statistics ignore it, and `transform` keeps it.
    A sparse X stays sparse; it needs ``with_mean=False``. Zeros that a sparse X does
    not store count like any other number.

    Parameters
    ----------
    momentum : float in (0, 1] or None, default=None
        Fraction by which one row moves the running statistics; 1 keeps the last row
        only, whose variance is 0. None gives all rows the same influence.
    with_mean : bool, default=True
        Whether to subtract the mean. `mean_` is learned in both cases.
    with_std : bool, default=True
        Whether to divide by the standard deviation. `scale_` is learned in both cases.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean of each column, in float64. For a column that is all NaN, `mean_`, `var_`
        and `scale_` are NaN.
    var_ : ndarray of shape (n_features,)
        Variance of each column, in float64.
    scale_ : ndarray of shape (n_features,)
        sqrt(var_), but 1 for columns that are constant up to rounding: those with
        sqrt(var_) <= 2 eps abs(mean_). eps is the spacing of floats at 1 in the least
        precise dtype seen.
    n_samples_seen_ : int, or ndarray of shape (n_features,)
        Number of rows of positive weight; one number per column if the columns differ
        in their number of NaN.
    weight_sum_ : float, or ndarray of shape (n_features,)
        Sum of the weights of these rows.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    PCAWhitener : Also removes the correlation of the columns.

    Notes
    -----
    Moments are computed in float64, as deviations from a point near the data. float32
    input gives float32 output. A call that raises leaves the estimator unchanged.

    With `momentum` the order of the rows matters. scikit-learn's estimator check of
    sample weights shuffles the rows, and so does not apply.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the
       sample variance", The American Statistician 37(3), 242-247, 1983.
    .. [2] D. H. D. West, "Updating mean and variance estimates: an improved method",
       Communications of the ACM 22(9), 532-535, 1979.
    .. [3] T. Finch, "Incremental calculation of weighted mean and variance",
       University of Cambridge, 2009.

    Examples
    --------
    >>> from skdl.preprocessing import Standardizer
    >>> X = [[0.0, 5.0], [4.0, 5.0], [8.0, 5.0], [4.0, 5.0]]
    >>> scaler = Standardizer().fit(X)
    >>> scaler.mean_, scaler.var_
    (array([4., 5.]), array([8., 0.]))
    >>> scaler.transform([[6.0, 5.0]]).round(4)
    array([[0.7071, 0.    ]])
    >>> Standardizer(momentum=0.5).fit(X).mean_
    array([4.5, 5. ])
    """

    _: KW_ONLY
    momentum: float | None = None
    with_mean: bool = True
    with_std: bool = True

    _parameter_constraints: ClassVar[dict] = {
        "momentum": [None, Interval(Real, 0, 1, closed="right")],
        "with_mean": ["boolean"],
        "with_std": ["boolean"],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: MatrixLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn the statistics of X, from scratch.

        Parameters
        ----------
        X : {array-like, CSR or CSC matrix or array} of shape (n_samples, n_features)
            Rows of numbers. NaN stands for missing values; infinity is refused.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows; a row of weight 0 has no effect.

        Returns
        -------
        self : Standardizer
            The fitted estimator.

        Raises
        ------
        ValueError
            If X contains infinity, is not two-dimensional, or is sparse with
            ``with_mean=True``; if its variance overflows; if a weight is negative or
            NaN, all weights are 0, or the largest is not between 1e-100 and 1e100.
        """
        with unchanged_on_error(self):
            return self._learn(X, sample_weight, first=True)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: MatrixLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from one more batch.

        Parameters
        ----------
        X : {array-like, CSR or CSC matrix or array} of shape (n_samples, n_features)
            Rows with the columns of the first batch. NaN stands for missing values.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows; a row of weight 0 has no effect.

        Returns
        -------
        self : Standardizer
            The fitted estimator.

        Raises
        ------
        ValueError
            As `fit`, and if the columns differ from those of earlier batches.
        """
        with unchanged_on_error(self):
            return self._learn(X, sample_weight, first=not hasattr(self, "_moments"))

    def _learn(self, X, sample_weight, *, first):
        X, weights = checked_batch(self, X, sample_weight, reset=first, **OPTIONS)
        self._refuse_sparse(X)
        moments = updated_moments(
            None if first else self._moments, X, weights, momentum=self.momentum
        )
        eps = float(np.finfo(X.dtype).eps)
        self._eps = eps if first else max(eps, self._eps)
        self._moments = tuple(moments)
        known = np.not_equal(moments.weight, 0)
        self.mean_ = np.where(known, moments.mean, np.nan)
        weight = np.where(known, moments.weight, np.nan)
        self.var_ = moments.comoment / weight
        self.scale_ = safe_scale(self.mean_, self.var_, self._eps)
        n_known, weight = known_counts(X, weights)
        if not first:
            n_known = n_known + self.n_samples_seen_
            weight = weight + self.weight_sum_
        self.n_samples_seen_ = _scalar_if_equal(n_known)
        self.weight_sum_ = _scalar_if_equal(weight)
        return self

    def transform(self, X: MatrixLike) -> np.ndarray | sparray | spmatrix:
        """Standardize X.

        Parameters
        ----------
        X : {array-like, CSR or CSC matrix or array} of shape (n_samples, n_features)
            Rows with the columns seen by `fit`.

        Returns
        -------
        Z : ndarray, CSR or CSC array or matrix of shape (n_samples, n_features)
            (X - mean_) / scale_, in float32 if X is float32, else in float64; NaN where
            X is NaN.
        """
        check_is_fitted(self)
        rows = check_inputs(self, X, dtype=FLOAT_DTYPES, reset=False, **OPTIONS)
        self._refuse_sparse(rows)
        shift, scale = self._shift_and_scale()
        if issparse(rows):
            return _scaled_columns(rows, 1 / scale)
        return ((rows - shift) / scale).astype(rows.dtype, copy=False)

    def inverse_transform(self, X: MatrixLike) -> np.ndarray | sparray | spmatrix:
        """Undo `transform`, for data or for predictions in standardized units.

        Parameters
        ----------
        X : {array-like, CSR or CSC matrix or array} of shape (n_samples, n_features)
            Standardized data; names of columns are ignored. If `fit` saw a single
            column, X may have shape (n_samples,) or any number of columns. All of them
            are converted to the units of that column, such as predicted quantiles.

        Returns
        -------
        X_original : ndarray, CSR or CSC array or matrix of the shape of X
            X * scale_ + mean_, in float32 if X is float32, else in float64.

        Raises
        ------
        ValueError
            If the number of columns differs from that seen by `fit`.
        """
        check_is_fitted(self)
        check_numbers(X, "X")
        Z: Any = check_array(
            X, dtype=FLOAT_DTYPES, ensure_2d=False, estimator=self, input_name="X",
            **OPTIONS,
        )  # fmt: skip
        self._refuse_sparse(Z)
        n_columns = len(self.mean_)
        if n_columns > 1 and Z.shape[1:] != (n_columns,):
            raise ValueError(
                f"X has the shape {Z.shape}, but {type(self).__name__} was fitted on "
                f"{n_columns} columns: inverse_transform needs the shape "
                f"(n_samples, {n_columns}). Only if it was fitted on one "
                "column, X may have any number of columns, or one dimension."
            )
        shift, scale = self._shift_and_scale()
        if issparse(Z):
            return _scaled_columns(Z, np.broadcast_to(scale, Z.shape[1]))
        return (Z * scale + shift).astype(Z.dtype, copy=False)

    def _shift_and_scale(self):
        """Return the shift and the scale that the parameters ask for."""
        shift = self.mean_ if self.with_mean else np.zeros_like(self.mean_)
        scale = self.scale_ if self.with_std else np.ones_like(self.scale_)
        return shift, scale

    def _refuse_sparse(self, X):
        if self.with_mean and issparse(X):
            raise ValueError(
                "Standardizer(with_mean=True) subtracts means, so a sparse X would "
                "become dense. Set with_mean=False, or pass X.toarray()."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = not self.with_mean
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _scaled_columns(X, factors):
    """Return a sparse X with each column multiplied by its factor."""
    X = X.copy()
    inplace_column_scale(X, np.ascontiguousarray(factors))
    return X


def _scalar_if_equal(values):
    """Return the common value of all columns, or an array if they differ."""
    values = np.asarray(values)
    return values if values.size and np.ptp(values) else values.ravel()[0].item()
