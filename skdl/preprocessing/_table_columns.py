"""Reads a table column by column: numbers, or levels of a category.

A column is first an array, whatever the container. Then it is either numbers, with NaN
for missing values, or a list of levels, with None for missing values.
"""

import datetime
from collections import Counter
from copy import copy
from decimal import Decimal
from numbers import Real

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils.validation import validate_data

from skdl._data_errors import (
    MAYBE_MISSING,
    TEMPORAL,
    about_large_integer,
    is_missing,
    types_in,
)
from skdl._inputs import columns_named, refuse_containers

DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(1970, 1, 1)
LEVELS = (str, bytes, bool, np.bool_)
CONTAINERS = (list, tuple, dict, set, frozenset, np.ndarray)
OPTIONS = {"dtype": None, "ensure_all_finite": "allow-nan"}


def read_table(estimator, X, *, reset):
    """Check the shape and the names of a table, and return its columns.

    Parameters
    ----------
    estimator : estimator
        The transformer. `reset` sets its `n_features_in_` and `feature_names_in_`;
        otherwise X must agree with them.
    X : data frame or array-like of shape (n_samples, n_features)
        The table: a data frame of pandas or polars, a table of pyarrow, any other data
        frame that narwhals knows, an array or a list.
    reset : bool
        Whether the names and the number of columns are learned.

    Returns
    -------
    Table
        The columns.
    """
    refuse_containers(X, "X")
    if nw.dependencies.is_into_dataframe(X):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return Table(nw.from_native(X, eager_only=True), type(estimator).__name__)
    options = dict(OPTIONS)
    if isinstance(X, list | tuple) and _has_text(X):
        options["dtype"] = object  # NumPy would convert the numbers to text.
    elif getattr(getattr(X, "dtype", None), "kind", "") in "mM":
        options["ensure_all_finite"] = False
    with columns_named(X):
        array = validate_data(estimator, X, reset=reset, **options)
    return Table(array, type(estimator).__name__)


def _has_text(rows):
    try:
        return np.asarray(rows).dtype.kind in "US"
    except ValueError:
        return False  # rows of different lengths: scikit-learn refuses them


class Table:
    """The columns of a data frame or array.

    Parameters
    ----------
    data : narwhals.DataFrame or ndarray of shape (n_rows, n_columns)
        The table.
    reader : str
        Name of the estimator that reads, for error messages.

    Attributes
    ----------
    shape : tuple of int
        Numbers of rows and columns.
    counts : ndarray of int of shape (n_rows,), or None
        How many equal rows each row stands for; None for one.
    """

    def __init__(self, data, reader):
        self.data, self.shape, self.counts = data, data.shape, None
        is_frame = isinstance(data, nw.DataFrame)
        self._names = data.columns if is_frame else None
        self._series = list(data.iter_columns()) if is_frame else None
        for n, what in zip(self.shape, ("sample", "feature"), strict=True):
            if n == 0:
                raise ValueError(
                    f"Found array with 0 {what}(s) (shape={self.shape}) while a "
                    f"minimum of 1 is required by {reader}."
                )

    def rows(self, places, counts=None):
        """Return the table of some rows.

        Parameters
        ----------
        places : slice, or ndarray of int
            Which rows.
        counts : ndarray of int, optional
            How many equal rows each of them stands for.
        """
        part = copy(self)
        part.data, part.counts = self.data[places], counts
        part.shape = part.data.shape
        if self._series is not None:
            part._series = list(part.data.iter_columns())
        return part

    def counted(self, levels):
        """Return how many rows have each level.

        Parameters
        ----------
        levels : list
            The level of each row.
        """
        if self.counts is None:
            return Counter(levels)
        counts = Counter()
        for level, count in zip(levels, self.counts.tolist(), strict=True):
            counts[level] += count
        return counts

    def codes(self, i, is_category):
        """Return a column as numbers, which are equal where its values are equal.

        Parameters
        ----------
        i : int
            Its number.
        is_category : bool
            Whether its numbers are levels, too.
        """
        values, name = self.column(i)
        kind = "category" if is_category else kind_of(values, name)
        if kind == "missing":
            return np.zeros(len(values))
        if kind != "category":
            return as_numbers(values, name)
        levels = as_levels(values, name)
        codes = {one: i for i, one in enumerate(sorted(set(levels), key=alphabetical))}
        return np.fromiter(map(codes.get, levels), np.intp, len(levels))

    def column(self, i):
        """Return a column as an array of any dtype, and its name for messages."""
        if self._series is None:
            return self.data[:, i], str(i)
        return _array_of(self._series[i]), repr(self._names[i])


def _array_of(series):
    """Return the values of a column of a data frame."""
    dtype = series.dtype
    if dtype.is_numeric():
        return series.cast(nw.Float64).to_numpy()
    if dtype in (nw.Date, nw.Datetime, nw.Duration):
        return series.to_numpy()
    if dtype == nw.Boolean and not series.null_count():
        return series.to_numpy()
    return np.fromiter(series.to_list(), dtype=object, count=len(series))


def kind_of(values, name):
    """Tell what a column holds.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        The column.
    name : str
        Its name in the error message.

    Returns
    -------
    {'number', 'date', 'category', 'missing'}
        "date" stands for dates, times and durations. "missing" is a column of objects
        without a value. Text, booleans, and mixtures are categories.

    Raises
    ------
    TypeError
        If the column holds objects of other types.
    """
    kind = values.dtype.kind
    if kind != "O":
        return {
            "f": "number",
            "i": "number",
            "u": "number",
            "M": "date",
            "m": "date",
        }.get(kind, "category")
    types = _types_of(values)
    for one in types:
        if not (_is_number(one) or issubclass(one, (*LEVELS, *TEMPORAL))):
            _refuse(one, name)
    if not types:
        return "missing"
    if all(issubclass(one, TEMPORAL) for one in types):
        return "date"
    return "number" if all(map(_is_number, types)) else "category"


def _is_number(kind):
    # Decimal is not a subclass of Real, and bool is.
    return kind is Decimal or (issubclass(kind, Real) and not issubclass(kind, bool))


def _types_of(values):
    """Return the types of the elements of an object array that are not missing."""
    types = types_in(values)
    for kind in [kind for kind in types if issubclass(kind, MAYBE_MISSING)]:
        if not any(type(value) is kind and value == value for value in values):
            types.discard(kind)
    return types


def _refuse(kind, name):
    raise TypeError(
        f"Column {name} holds values of type {kind.__name__}, but the argument must be "
        "a table of strings, numbers, booleans, categories or dates: convert the "
        "column, for example by column.astype(str), or leave it out."
    )


def as_numbers(values, name):
    """Return a column as numbers.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        The column: numbers, booleans, dates, or objects of one of these kinds.
    name : str
        Its name in the error message.

    Returns
    -------
    ndarray of shape (n_rows,)
        The numbers in float64, with NaN for missing values. Dates are days since
        1970-01-01, and durations are days.

    Raises
    ------
    ValueError
        If a value is infinite.
    """
    kind = values.dtype.kind
    if kind in "mM":
        origin = np.datetime64(0, "D") if kind == "M" else np.timedelta64(0, "D")
        return (values - origin) / np.timedelta64(1, "D")
    if kind == "O":
        try:
            numbers = np.fromiter(map(_number_of, values), np.float64, len(values))
        except OverflowError:
            text = about_large_integer(values, f"Column {name} of X")
            raise ValueError(text) from None
    else:
        numbers = values.astype(np.float64, copy=False)
    if np.isinf(numbers).any():
        row = np.flatnonzero(np.isinf(numbers))[0]
        raise ValueError(
            f"Input X contains infinity, first in column {name}, row {row} (counted "
            "from 0): replace infinity by NaN or by a number."
        )
    return numbers


def _number_of(value):
    if is_missing(value):
        return np.nan
    if isinstance(value, np.datetime64 | np.timedelta64):
        value = value.astype("m8[us]" if value.dtype.kind == "m" else "M8[us]").item()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return (value - EPOCH) / DAY
    if isinstance(value, datetime.date):
        return float((value - EPOCH.date()).days)
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(EPOCH, value.replace(tzinfo=None)) - EPOCH
    return value / DAY if isinstance(value, datetime.timedelta) else float(value)


def as_levels(values, name):
    """Return a column as the levels of a category.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        The column, of any dtype.
    name : str
        Its name in the error message.

    Returns
    -------
    list
        A str, number or bool for each row, or None for a missing value. Other objects,
        such as dates and intervals, are converted to text.

    Raises
    ------
    TypeError
        If the column holds containers.
    """
    levels = values.tolist()
    kinds = set(map(type, levels))
    for kind in kinds:
        if issubclass(kind, CONTAINERS):
            _refuse(kind, name)
    if kinds <= {str, int, bool}:
        return levels
    return list(map(_level_of, levels))


def alphabetical(level):
    """Return a key that sorts levels of any types; None comes last.

    Parameters
    ----------
    level : str, number, bool or None
    """
    if level is None:
        return 2, 0, ""
    return (1, 0, level) if isinstance(level, str) else (0, level, "")


def _level_of(value):
    if isinstance(value, str):
        return str(value)
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float) else str(value)
