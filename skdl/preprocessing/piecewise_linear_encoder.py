"""Numbers as positions in quantile bins."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_parameters
from skdl._inputs import TakesValidationSets, check_inputs
from skdl._parameters import ExplainedParameters
from skdl._sklearn import Interval, check_feature_names_in, fit_context
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl.preprocessing._number_codes import (
    blocks,
    filled,
    known_values,
    mean_positions,
    piecewise_linear,
    quantile_edges,
    robust_statistics,
)

__all__ = ["PiecewiseLinearEncoder"]

OPTIONS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


@explain_parameters
@dataclass(eq=False, repr=False)
class PiecewiseLinearEncoder(
    Versioned,
    ExplainedParameters,
    TakesValidationSets,
    TransformerMixin,
    BaseEstimator,
):
    """Encode each number by its position in each of several quantile bins.

    With the edges e_0 < e_1 < ... < e_T of the bins of a column, the output columns of
    a number x are, for t = 1, ..., T ::

        factor * (min(max((x - e_(t-1)) / (e_t - e_(t-1)), 0), 1) - mean_t)

    where mean_t gives the column the mean 0 on the training data. A linear function of
    these columns is a piecewise linear function of x that may bend at each edge [1]_.
    So a net learns steps and bumps of a number much faster.

    The edges are the different quantiles at 0, 1/n_bins, ..., 1. A column with fewer
    than two bins, or with at most two different values, has no output columns. Place
    the encoder beside a scaler, for example with
    :func:`sklearn.pipeline.make_union`.

    Parameters
    ----------
    n_bins : int, default=8
        Number of bins of a column. Equal quantiles make it smaller.
    factor : float, default=0.7
        Factor of the output; positive. The columns of one number are together as large
        as a number in units of its spread.

    Attributes
    ----------
    bin_edges_ : list of n_features ndarrays of shape (n_edges,)
        Edges of the bins of each column, in float64; empty without bins.
    bin_means_ : list of n_features ndarrays of shape (n_edges - 1,)
        Mean position in each bin, from 0 to 1.
    medians_ : ndarray of shape (n_features,)
        Median of each column, which stands for missing values. NaN for a column that
        is all NaN.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    SmoothClipScaler : The plain number beside this code.
    TabularEncoder : Both, and categories and missing values, for data frames.
    sklearn.preprocessing.KBinsDiscretizer : Bins without a position inside.

    Notes
    -----
    NaN stands for a missing value: `fit` ignores it in the quantiles, and gives it the
    code of the median. float32 input gives float32 output. A call that raises leaves
    the estimator unchanged.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical
       features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from skdl.preprocessing import PiecewiseLinearEncoder
    >>> X = [[0.0], [1.0], [2.0], [6.0], [10.0]]
    >>> encoder = PiecewiseLinearEncoder(n_bins=2, factor=1.0).fit(X)
    >>> encoder.bin_edges_, encoder.bin_means_
    ([array([ 0.,  2., 10.])], [array([0.7, 0.3])])
    >>> encoder.transform([[1.0], [6.0], [99.0]]).round(3)
    array([[-0.2, -0.3],
           [ 0.3,  0.2],
           [ 0.3,  0.7]])
    """

    _: KW_ONLY
    n_bins: int = 8
    factor: float = 0.7

    _parameter_constraints: ClassVar[dict] = {
        "n_bins": [Interval(Integral, 2, None, closed="left")],
        "factor": [Interval(Real, 0, None, closed="neither")],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: None = None) -> Self:
        """Learn the bins of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers. NaN stands for missing values; infinity is refused.
        y : None
            Ignored.

        Returns
        -------
        self : PiecewiseLinearEncoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If X contains infinity or is not two-dimensional, or the range of a column
            overflows.
        """
        with unchanged_on_error(self):
            rows = check_inputs(self, X, **OPTIONS)
            medians, self.bin_edges_, self.bin_means_ = [], [], []
            names = check_feature_names_in(self)
            for name, column in zip(names, rows.T, strict=True):
                values = column.astype(np.float64)
                known = known_values(values)
                medians.append(robust_statistics(known, name)[0])
                edges = quantile_edges(known, self.n_bins)
                means = mean_positions(filled(values, medians[-1]), edges)
                self.bin_edges_.append(edges)
                self.bin_means_.append(means)
            self.medians_ = np.array(medians)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Encode X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows with the columns seen by `fit`.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_bins_in_all)
            The bins of the first column, then those of the second, ...; in float32 if
            X is float32, else in float64.
        """
        check_is_fitted(self)
        rows = check_inputs(self, X, reset=False, **OPTIONS)
        Z = np.empty((len(rows), sum(map(len, self.bin_means_))), rows.dtype)
        start = 0
        for i, (edges, means) in enumerate(
            zip(self.bin_edges_, self.bin_means_, strict=True)
        ):
            if not len(means):
                continue
            columns = slice(start, start + len(means))
            start = columns.stop
            for part in blocks(len(rows)):
                values = filled(rows[part, i].astype(np.float64), self.medians_[i])
                piecewise_linear(values, edges, means, self.factor, Z[part, columns])
        return Z

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of the input. None stands for `feature_names_in_`, or
            for x0, x1, ...

        Returns
        -------
        names : ndarray of str objects
            The name of the column, followed by _bin0, _bin1, ...
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        return np.array(
            [
                f"{name}_bin{t}"
                for name, means in zip(names, self.bin_means_, strict=True)
                for t in range(len(means))
            ],
            dtype=object,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
