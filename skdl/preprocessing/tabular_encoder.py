"""Tables as numbers that a net learns well from."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import repeat
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdl._arguments import explain_parameters
from skdl._data_errors import is_missing
from skdl._inputs import TakesValidationSets
from skdl._parameters import ExplainedParameters
from skdl._sklearn import (
    Interval,
    StrOptions,
    check_categorical_features,
    check_feature_names_in,
    fit_context,
)
from skdl._text import join_names
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl._warn import warn
from skdl.preprocessing._number_codes import (
    blocks,
    filled,
    known_values,
    mean_positions,
    piecewise_linear,
    quantile_edges,
    robust_statistics,
    smooth_clip,
)
from skdl.preprocessing._table_columns import (
    Table,
    alphabetical,
    as_levels,
    as_numbers,
    kind_of,
    read_table,
)

__all__ = ["TabularEncoder"]

# Bound of scaled numbers, and factor of the code of the bins.
LIMIT, FACTOR = 3.0, 0.7
KINDS = {"number": "numbers", "date": "dates or durations", "category": "a category"}


@explain_parameters
@dataclass(eq=False, repr=False)
class TabularEncoder(
    Versioned,
    ExplainedParameters,
    TakesValidationSets,
    TransformerMixin,
    BaseEstimator,
):
    """Encode a table of numbers, categories and missing values for a net.

    The table may be a data frame of pandas or polars, a table of pyarrow, or an array.
    Each of its columns gives these columns of float32 numbers [1]_ [2]_:

    ==================== ===============================================================
    column               output
    ==================== ===============================================================
    number               z / sqrt(1 + (z/3)^2) with z = (x - median) / IQR, as
                         `SmoothClipScaler`; and its position in each quantile bin, as
                         `PiecewiseLinearEncoder`. A constant gives no column
    missing number       the code of the median; and a column that is 1 for missing
                         numbers and 0 for others, if some were missing in `fit`
    date                 as a number: days since 1970-01-01, with a warning
    two levels           one column: -1, +1, or 0 for a level that `fit` has not seen
    three or more levels one column of 0 and 1 for each frequent level. Rare levels and
                         levels that `fit` has not seen are 0 in all columns
    missing category     a level of its own
    ==================== ===============================================================

    Columns of text, booleans and dtype "category" are categories. Every other column
    must hold numbers or dates. A column without information has no output: one that is
    constant, empty, or has only rare levels.

    Parameters
    ----------
    categorical_features : "from_dtype", None, or array-like of bool, int or str, \
            default="from_dtype"
        Columns of numbers or dates that are categories: a mask of all columns,
        indices, or names. Text and booleans are categories in any case.
        "from_dtype" adds numbers of the dtypes "category" and "Enum". None adds none.
    n_bins : int, default=8
        Number of quantile bins of a number; 1 leaves out the bins. Equal quantiles
        make it smaller, and numbers of two different values have none.
    min_frequency : int, default=5
        Fewest rows in which a level must occur to get a column. It does not apply to
        categories of two levels.
    max_categories : int, default=255
        Most levels of a category that get a column; the most frequent ones do.

    Attributes
    ----------
    kinds_ : list of {"number", "date", "category", "missing"}
        What each column is encoded as.
    center_ : ndarray of shape (n_features,)
        Median of each number; NaN for categories and empty columns.
    scale_ : ndarray of shape (n_features,)
        Difference of the quartiles of each number, or half its range if the quartiles
        are equal, so 0 for a constant. NaN for categories and empty columns.
    bin_edges_ : list of n_features ndarrays of shape (n_edges,)
        Edges of the bins of each number; empty without bins.
    bin_means_ : list of n_features ndarrays of shape (n_edges - 1,)
        Mean position in each bin, which is subtracted.
    has_indicator_ : ndarray of bool of shape (n_features,)
        Whether a column marks the missing numbers.
    categories_ : list of n_features lists
        Levels of each category that have a column, in alphabetical order; None for
        missing values. Of two levels the first is -1. Empty for numbers.
    is_binary_ : ndarray of bool of shape (n_features,)
        Whether the column is a category of two levels.
    widths_ : list of int
        Number of output columns of each column.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    SmoothClipScaler : The scale of numbers by itself.
    PiecewiseLinearEncoder : The bins of numbers by itself.
    sklearn.preprocessing.OneHotEncoder : Categories by themselves.
    sklearn.impute.MissingIndicator : Indicators of missing numbers by themselves.

    Notes
    -----
    Missing values are None, NaN, pandas' NA and NaT, and polars' and pyarrow's null.
    Infinity is refused. A list of rows, or an array of objects, may mix numbers and
    text; a column of objects counts as numbers if all its values are numbers.

    `transform` reads one column at a time, and needs little memory beside its result.
    A call that raises leaves the estimator unchanged.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong
       pre-tuned MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Y. Gorishniy, I. Rubachev and A. Babenko, "On embeddings for numerical
       features in tabular deep learning", NeurIPS 2022.

    Examples
    --------
    >>> from skdl.preprocessing import TabularEncoder
    >>> X = [[31.0, "Aachen"], [48.0, "Bonn"], [None, "Bonn"], [75.0, "Trier"]]
    >>> encoder = TabularEncoder(n_bins=2, min_frequency=2).fit(X)
    >>> encoder.get_feature_names_out().tolist()
    ['x0', 'missingindicator_x0', 'x0_bin0', 'x0_bin1', 'x1_Bonn']
    >>> encoder.transform([[75.0, "Cologne"], [None, "Bonn"]]).round(2)
    array([[ 1.14,  0.  ,  0.18,  0.52,  0.  ],
           [ 0.  ,  1.  ,  0.18, -0.18,  1.  ]], dtype=float32)
    """

    _: KW_ONLY
    categorical_features: str | Sequence | ArrayLike | None = "from_dtype"
    n_bins: int = 8
    min_frequency: int = 5
    max_categories: int = 255

    _parameter_constraints: ClassVar[dict] = {
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "min_frequency": [Interval(Integral, 1, None, closed="left")],
        "max_categories": [Interval(Integral, 1, None, closed="left")],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: None = None) -> Self:
        """Learn the code of each column.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.
        y : None
            Ignored.

        Returns
        -------
        self : TabularEncoder
            The fitted estimator.

        Raises
        ------
        TypeError
            If a column holds other objects, such as lists, or X is sparse.
        ValueError
            If X contains infinity, is not two-dimensional or has no rows; if the range
            of a column overflows; or if `categorical_features` does not fit X.
        """
        with unchanged_on_error(self):
            table = X if isinstance(X, Table) else read_table(self, X, reset=True)
            self.n_features_in_ = table.shape[1]
            chosen = check_categorical_features(table.data, self.categorical_features)
            n = self.n_features_in_
            self.kinds_ = []
            self.center_, self.scale_ = np.full((2, n), np.nan)
            self.bin_edges_ = [np.empty(0) for _ in range(n)]
            self.bin_means_ = [np.empty(0) for _ in range(n)]
            self.categories_ = [[] for _ in range(n)]
            self.has_indicator_, self.is_binary_ = np.zeros((2, n), bool)
            dates, texts = [], []
            for i in range(n):
                values, name = table.column(i)
                is_chosen = chosen is not None and chosen[i]
                kind = "category" if is_chosen else kind_of(values, name)
                self.kinds_.append(kind)
                if kind == "category":
                    counts = table.counted(as_levels(values, name))
                    self._learn_levels(i, counts)
                    if _is_lost_number(counts, self.categories_[i]):
                        texts.append(name)
                elif kind != "missing":
                    self._learn_number(i, as_numbers(values, name), name)
                if kind == "date":
                    dates.append(name)
            _warn_of(dates, texts)
        return self

    def _learn_number(self, i, values, name):
        known = known_values(values)
        self.center_[i], self.scale_[i] = robust_statistics(known, name)
        self.has_indicator_[i] = 0 < len(known) < len(values)
        if self.n_bins > 1:
            edges = quantile_edges(known, self.n_bins)
            self.bin_edges_[i] = edges
            self.bin_means_[i] = mean_positions(filled(values, self.center_[i]), edges)

    def _learn_levels(self, i, counts):
        self.is_binary_[i] = len(counts) == 2
        kept = list(counts)
        if len(counts) > 2:
            # Sorted first, so that the order of rows does not decide between equals.
            frequent = [
                level
                for level in sorted(counts, key=alphabetical)
                if counts[level] >= self.min_frequency
            ]
            frequent.sort(key=counts.get, reverse=True)
            kept = frequent[: self.max_categories]
        elif len(counts) == 1:
            kept = []
        self.categories_[i] = sorted(kept, key=alphabetical)

    def transform(self, X: Any) -> np.ndarray:
        """Encode a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns seen by `fit`, in the same order.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features_out)
            The code, in float32 and without NaN. There may be no column.

        Raises
        ------
        TypeError
            If a column holds something else than in `fit`: text where there were
            numbers, numbers where there was text, or dates instead of numbers.
        ValueError
            If names, order or number of the columns differ from those in `fit`, or X
            contains infinity.
        """
        check_is_fitted(self)
        return self._encode(read_table(self, X, reset=False))

    def transform_blocks(self, X: Any, n_rows: int = 8192) -> Iterator[np.ndarray]:
        """Encode a table block by block, for tables whose code would fill the memory.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns seen by `fit`, in the same order.
        n_rows : int, default=8192
            Number of rows of a block; the last one may have fewer.

        Yields
        ------
        Z : ndarray of shape (n_rows, n_features_out)
            The code of the next rows, as `transform` returns it.

        Raises
        ------
        TypeError, ValueError
            As `transform` does, before the first block.
        """
        check_is_fitted(self)
        # Tabular nets read X themselves, so that errors and warnings name them.
        table = X if isinstance(X, Table) else read_table(self, X, reset=False)
        n = table.shape[0]
        if n > n_rows:
            # One column at a time. A block alone would not show what a column holds.
            for i, kind in enumerate(self.kinds_):
                self._read(i, kind, table, checks=True)
        for start in range(0, n, n_rows):
            part = table.rows(slice(start, start + n_rows)) if n > n_rows else table
            yield self._encode(part, checks=n <= n_rows)

    def _encode(self, table, checks=True):
        widths = self.widths_
        Z = np.zeros((table.shape[0], sum(widths)), np.float32)
        stop = 0
        for i, (kind, width) in enumerate(zip(self.kinds_, widths, strict=True)):
            stop += width
            values, out = self._read(i, kind, table, checks), Z[:, stop - width : stop]
            if kind == "category":
                self._write_levels(i, values, out)
            elif kind != "missing":
                self._write_number(i, values, out)
        return Z

    def _read(self, i, kind, table, checks):
        """Return a column as levels or as numbers; None if it has no code."""
        values, name = table.column(i)
        if kind == "category":
            levels = as_levels(values, name)
            if checks:
                self._check_levels(i, levels, name)
            return levels
        if kind == "missing":
            return None
        if checks:
            self._check_kind(i, values, name)
        return as_numbers(values, name)

    @property
    def widths_(self) -> list[int]:
        """Number of output columns of each column."""
        check_is_fitted(self)
        return [self._width(i) for i in range(self.n_features_in_)]

    def _width(self, i):
        if self.kinds_[i] == "category":
            return 1 if self.is_binary_[i] else len(self.categories_[i])
        has_scale = self.scale_[i] > 0
        return int(has_scale) + int(self.has_indicator_[i]) + len(self.bin_means_[i])

    def _check_kind(self, i, values, name):
        """Refuse a column that held numbers, and now holds something else."""
        kind = kind_of(values, name)
        # Booleans are numbers, and a column without values may have any dtype.
        if kind == "category" and _only_booleans(values):
            kind = "number"
        if kind == "missing" or (values.dtype.kind == "f" and np.isnan(values).all()):
            return
        if kind != self.kinds_[i]:
            raise TypeError(
                f"Column {name} held {KINDS[self.kinds_[i]]} in fit, and holds "
                f"{KINDS[kind]} now: convert it to the same kind."
            )

    def _check_levels(self, i, levels, name):
        """Refuse numbers in a column of text: every row would be an unknown level."""
        known = {
            type(level) is str for level in self.categories_[i] if level is not None
        }
        now = {type(level) is str for level in levels if level is not None}
        if known and now and not known & now:
            held, holds = ("text", "numbers") if True in known else ("numbers", "text")
            raise TypeError(
                f"Column {name} held {held} in fit, and holds {holds} now: convert it "
                "to the same kind, for example by column.astype(str)."
            )

    def _write_number(self, i, values, out):
        missing = np.isnan(values) if self.has_indicator_[i] else None
        has_scale, means = self.scale_[i] > 0, self.bin_means_[i]
        bins = slice(out.shape[1] - len(means), None)
        for rows in blocks(len(values)):
            part = filled(values[rows], self.center_[i])
            if has_scale:
                center, scale = self.center_[i], self.scale_[i]
                smooth_clip(part, center, scale, LIMIT, out[rows, 0])
            if missing is not None:
                out[rows, int(has_scale)] = missing[rows]
            if len(means):
                edges = self.bin_edges_[i]
                piecewise_linear(part, edges, means, FACTOR, out[rows, bins])

    def _write_levels(self, i, levels, out):
        numbers = {level: number for number, level in enumerate(self.categories_[i])}
        codes = np.fromiter(
            map(numbers.get, levels, repeat(-1)), np.intp, count=len(levels)
        )
        if self.is_binary_[i]:
            out[:, 0] = np.array([-1, 1, 0], np.float32)[codes]
        else:
            known = np.flatnonzero(codes >= 0)
            out[known, codes[known]] = 1

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
            For a number "age": age, missingindicator_age, age_bin0, age_bin1, ... For a
            category "town": town_Aachen, town_missing, ... An underscore follows a name
            that exists already.
        """
        check_is_fitted(self)
        names: list[str] = []
        taken = set()
        for i, name in enumerate(check_feature_names_in(self, input_features)):
            for new in self._names_of(i, name):
                while new in taken:
                    new += "_"
                taken.add(new)
                names.append(new)
        return np.array(names, dtype=object)

    def _names_of(self, i, name):
        """Return the names of the output columns of a column."""
        if self.kinds_[i] == "category":
            levels = self.categories_[i][1 if self.is_binary_[i] else 0 :]
            ends = ["missing" if level is None else level for level in levels]
            return [f"{name}_{end}" for end in ends]
        names = [name] if self.scale_[i] > 0 else []
        if self.has_indicator_[i]:
            names.append(f"missingindicator_{name}")
        return names + [f"{name}_bin{t}" for t in range(len(self.bin_means_[i]))]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # scikit-learn's encoders of text do not set tags.input_tags.string, either: its
        # check of that tag passes a dict among the numbers.
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _only_booleans(values):
    if values.dtype.kind == "b":
        return True
    return all(isinstance(one, bool | np.bool_) or is_missing(one) for one in values)


def _is_lost_number(counts, kept):
    """Return whether a column is text of numbers, most of them in rare levels.

    Parameters
    ----------
    counts : dict
        Level -> number of rows.
    kept : list
        Levels that have a column.
    """
    if 2 * sum(counts[level] for level in kept) >= sum(counts.values()):
        return False
    levels = [level for level in counts if level is not None]
    return len(levels) > 1 and all(map(_is_number, levels))


def _is_number(level):
    try:
        float(level)
    except ValueError:
        return False
    return isinstance(level, str)


def _warn_of(dates, texts):
    """Warn about columns that need a look; both arguments are lists of names."""
    if dates:
        warn(
            "Columns of dates or durations are encoded as numbers of days: "
            f"{join_names(dates)}. Add columns such as the year, the month or the "
            "weekday if they matter, and convert the dates to numbers to avoid this "
            "warning.",
            UserWarning,
        )
    if texts:
        warn(
            f"These columns hold numbers as text: {join_names(texts)}. As categories, "
            "most of their values are too rare to have a column. Convert such a column "
            "by pd.to_numeric(column, errors='coerce').",
            UserWarning,
        )
