"""Numbers in units of their spread, without outliers."""

from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_parameters
from skdl._inputs import TakesValidationSets, check_inputs
from skdl._parameters import ExplainedParameters
from skdl._sklearn import Interval, check_feature_names_in, fit_context
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.preprocessing._number_codes import (
    blocks,
    known_values,
    robust_statistics,
    smooth_clip,
)

__all__ = ["SmoothClipScaler"]

OPTIONS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


@explain_parameters
@dataclass(eq=False, repr=False)
class SmoothClipScaler(
    Versioned,
    ExplainedParameters,
    OneToOneFeatureMixin,
    TakesValidationSets,
    TransformerMixin,
    BaseEstimator,
):
    """Scale each column by its median and quartiles, and bound outliers smoothly.

    The output is ::

        z / sqrt(1 + (z / limit)^2)        with z = (x - median) / IQR

    where IQR is the difference of the quartiles. Near the median the output is z, and
    outliers approach -`limit` and `limit` [1]_. The order of values is kept.

    Parameters
    ----------
    limit : float, default=3.0
        Bound of the output; positive.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Median of each column, without NaN; NaN for a column that is all NaN.
    scale_ : ndarray of shape (n_features,)
        Difference of the quartiles of each column, or half the range if the quartiles
        are equal, or 1 if all values are equal. NaN for a column that is all NaN.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    PiecewiseLinearEncoder : Adds columns in which a linear model can bend.
    TabularEncoder : Both, and categories and missing values, for data frames.
    sklearn.preprocessing.RobustScaler : The same scale without a bound.

    Notes
    -----
    NaN stands for a missing value: `fit` ignores it, and `transform` keeps it. float32
    input gives float32 output. A call that raises leaves the estimator unchanged.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.

    Examples
    --------
    >>> from skdl.preprocessing import SmoothClipScaler
    >>> X = [[1.0], [2.0], [3.0], [4.0], [1000.0]]
    >>> scaler = SmoothClipScaler().fit(X)
    >>> scaler.center_, scaler.scale_
    (array([3.]), array([2.]))
    >>> scaler.transform(X).ravel().round(3)
    array([-0.949, -0.493,  0.   ,  0.493,  3.   ])
    """

    _: KW_ONLY
    limit: float = 3.0

    _parameter_constraints: ClassVar[dict] = {
        "limit": [Interval(Real, 0, None, closed="neither")],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: None = None) -> Self:
        """Learn the median and the quartiles of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers. NaN stands for missing values; infinity is refused.
        y : None
            Ignored.

        Returns
        -------
        self : SmoothClipScaler
            The fitted estimator.

        Raises
        ------
        ValueError
            If X contains infinity or is not two-dimensional, or the range of a column
            overflows.
        """
        with unchanged_on_error(self):
            rows = check_inputs(self, X, **OPTIONS)
            statistics = [
                robust_statistics(known_values(column.astype(np.float64)), name)
                for name, column in zip(
                    check_feature_names_in(self), rows.T, strict=True
                )
            ]
            self.center_, scale = np.transpose(statistics)
            self.scale_ = np.where(scale == 0, 1.0, scale)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Scale and bound X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows with the columns seen by `fit`.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features)
            Numbers between -`limit` and `limit`, in float32 if X is float32, else in
            float64; NaN where X is NaN.
        """
        check_is_fitted(self)
        rows = check_inputs(self, X, reset=False, **OPTIONS)
        Z = np.empty(rows.shape, rows.dtype)
        for part in blocks(len(rows)):
            smooth_clip(rows[part], self.center_, self.scale_, self.limit, Z[part])
        return Z

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
