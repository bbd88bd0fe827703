"""Descriptions of what is wrong with the user's data, for error messages.

The functions are called after an error, through `or_nothing`: an explanation that fails
must not hide the error.
"""

import datetime
import re
import warnings

import numpy as np
from scipy.sparse import issparse

from skdl._text import UP_TO, exceeds_floats, join_names, repr_of_number

TEMPORAL = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,
)
# Names of such dtypes in NumPy, pandas, polars and pyarrow.
TEMPORAL_NAME = re.compile("date|time|duration|period", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?\d[\d.\s]*,\d+")
# Types with a missing value of their own, NaN or NaT, which does not equal itself.
MAYBE_MISSING = (float, np.floating, np.datetime64, np.timedelta64)
MISSING = ("NoneType", "NAType", "NaTType")
# What X must not contain: scikit-learn's word, a function that finds it, what to do.
NOT_FINITE = (
    (
        "NaN",
        np.isnan,
        "Fill the gaps by sklearn.impute.SimpleImputer in a pipeline, or use "
        "TabularClassifier or TabularRegressor, which take NaN.",
    ),
    ("infinity", np.isinf, "Replace it by a finite number."),
)
# Rows per block, in the search for the first wrong row.
ROWS = 10_000


def or_nothing(explain, *args, nothing=""):
    """Return ``explain(*args)``, or `nothing` if that raises.

    An explanation reads refused data, perhaps in an unknown container. Its own error
    must not replace the error that it explains.

    Parameters
    ----------
    explain : callable
        The function that explains.
    *args : object
        Its arguments.
    nothing : object, default=""
        The result if `explain` raises.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return explain(*args)
    except Exception:
        return nothing


def types_in(values):
    """Return the types of the elements of an object array, except missing elements.

    Parameters
    ----------
    values : ndarray of object
        Elements; None, NA and NaT count as missing.
    """
    return {
        kind for kind in set(map(type, values.flat)) if kind.__name__ not in MISSING
    }


def is_missing(value):
    """Return whether a value is None, NaN, NaT or NA.

    Comparisons with pandas' NA are not booleans, so the type decides.

    Parameters
    ----------
    value : object
        The value.
    """
    if type(value).__name__ in MISSING:
        return True
    return isinstance(value, MAYBE_MISSING) and value != value


def first_missing(values):
    """Return (row, element) of the first missing element, or None.

    Parameters
    ----------
    values : ndarray of object
        Elements, in one or two dimensions.
    """
    # A hundred times faster than comparing each element.
    kinds = set(map(type, values.flat))
    may_miss = any(
        kind.__name__ in MISSING or issubclass(kind, MAYBE_MISSING) for kind in kinds
    )
    rows = values.reshape(len(values), -1) if may_miss else ()
    for i, row in enumerate(rows):
        for value in row:
            if is_missing(value):
                return i, value
    return None


def columns_of_dates(table):
    """Return "name (dtype)" of the columns that hold dates, times or durations.

    Parameters
    ----------
    table : data frame, array or list
        The table; an array has columns 0, 1, ...
    """
    if not any(map(_may_be_dates, _dtypes(table))):
        return []
    columns = _columns(table) or [(0, table)]
    return [
        _named(name, _dtype_of(column))
        for name, column in columns
        if _holds_dates(column)
    ]


def has_named_columns(table):
    """Tell a data frame of pandas or polars.

    Parameters
    ----------
    table : array-like or data frame
    """
    frame = hasattr(table, "iloc") or hasattr(table, "get_columns")
    return frame and hasattr(table, "columns")


def rows_of(frame, rows):
    """Return rows of a data frame, by their numbers.

    Parameters
    ----------
    frame : data frame of pandas or polars
    rows : ndarray of int
    """
    return frame.iloc[rows] if hasattr(frame, "iloc") else frame[rows]


def _dtypes(table):
    """Return the dtypes of the columns, without reading a column."""
    if hasattr(table, "dtypes") and hasattr(table, "columns"):  # pandas, polars
        return set(table.dtypes)
    if hasattr(table, "column_names"):  # pyarrow
        return table.schema.types
    return [_dtype_of(table)]


def _may_be_dates(dtype):
    name = str(dtype)
    several = name.lower() in ("object", "unknown") or name.startswith("categor")
    return several or bool(TEMPORAL_NAME.match(name))


def _holds_dates(column):
    dtype = _dtype_of(column)
    if not _may_be_dates(dtype):
        return False
    if TEMPORAL_NAME.match(str(dtype)):
        return True
    column = np.asarray(column)
    if column.dtype.kind == "O":
        return any(issubclass(kind, TEMPORAL) for kind in types_in(column))
    return column.dtype.kind in "mM"


def explanation_of(X, error):
    """Return an error's message with the columns and rows of X, or an empty text.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix
        The data that scikit-learn has refused.
    error : Exception
        scikit-learn's error.
    """
    if str(error).startswith("Expected 2D array, got 1D array"):
        return (
            f"Expected 2D array, got 1D array of {len(X)} values instead: X must have "
            "a row for each sample. Reshape your data: X.reshape(-1, 1) for values of "
            "one column, or X.reshape(1, -1) for those of one row."
        )
    for what, is_wrong, cure in NOT_FINITE:
        if f"X contains {what}" in str(error):
            places = _places(X, is_wrong)
            return places and f"Input X contains {what} in {places}. {cure}"
    words, cells = [], []
    for name, column in _columns(X):
        place = _first_non_number(np.asarray(column, dtype=object))
        if place is None:
            continue
        row, value, among_numbers = place
        named = _named(name, _dtype_of(column))
        if among_numbers or DECIMAL_COMMA.fullmatch(str(value).strip()):
            cells.append((named, row, value))
        else:
            words.append(named)
    texts = [*filter(None, (_about_cells(cells), _about_words(words)))]
    return "\n".join([*texts, str(error)]) if texts else ""


def about_large_integer(table, name):
    """Return what is wrong with the first integer that no float can hold, or "".

    Parameters
    ----------
    table : array-like or data frame
        The data, in one or two dimensions.
    name : str
        Its name in the error.
    """
    values = np.atleast_1d(np.asarray(table))
    if values.dtype.kind != "O":
        return ""
    for i, row in enumerate(values.reshape(len(values), -1)):
        for j, value in enumerate(row):
            if exceeds_floats(value):
                column = ""
                if values.ndim > 1:
                    column = f"column {_columns(table)[j][0]!r}, "
                return (
                    f"{name} holds {repr_of_number(value)} in {column}row {i} (counted "
                    f"from 0). {UP_TO}"
                )
    return ""


def _about_cells(cells):
    if not cells:
        return ""
    name, row, value = cells[0]
    text = (
        f"Column {name} holds {value!r} in row {row} (counted from 0), which is not "
        "a number: convert it by pd.to_numeric(column, errors='coerce'), and fill the "
        "NaN by sklearn.impute.SimpleImputer."
    )
    if DECIMAL_COMMA.fullmatch(str(value).strip()):
        text += " Read decimal commas by pd.read_csv(..., decimal=',')."
    if len(cells) > 1:
        others = join_names([cell[0] for cell in cells[1:]])
        text += f" The same holds for {others}."
    return text


def _about_words(names):
    if not names:
        return ""
    return (
        f"These columns contain no numbers: {join_names(names)}. Encode them first, by "
        "skdl.preprocessing.TabularEncoder in a pipeline, or by OneHotEncoder in a "
        "ColumnTransformer. TabularClassifier and TabularRegressor take them as they "
        "are."
    )


def _named(name, dtype):
    return f"{name!r} ({dtype})"


def _dtype_of(column):
    """Return the dtype of a column of any library."""
    return getattr(column, "dtype", getattr(column, "type", "unknown"))


def _columns(table):
    """Return (name, column) for each column, or [] if X has no columns."""
    if hasattr(table, "iloc"):
        if not hasattr(table, "columns"):
            return []
        return [(name, table.iloc[:, j]) for j, name in enumerate(table.columns)]
    if hasattr(table, "get_columns"):  # polars
        return [(column.name, column) for column in table.get_columns()]
    if hasattr(table, "column_names"):  # pyarrow
        return list(zip(table.column_names, table.columns, strict=True))
    if issparse(table):
        return []
    array = table if isinstance(table, np.ndarray) else np.asarray(table, dtype=object)
    return list(enumerate(array.T)) if array.ndim == 2 else []


def _first_non_number(values):
    """Return (row, value, whether the column contains numbers, too), or None."""
    for start in range(0, len(values), ROWS):
        block = values[start : start + ROWS]
        try:
            block.astype(np.float64)
        except Exception:
            wrong = [i for i, value in enumerate(block) if not _is_number(value)]
            if wrong:
                among = start > 0 or any(
                    _is_number(v) and not is_missing(v) for v in block
                )
                return start + wrong[0], block[wrong[0]], among
    return None


def _is_number(value):
    try:
        float(value)
    except OverflowError:
        return True
    except Exception:
        return value is None
    return True


def _places(X, is_wrong):
    """Return which columns contain wrong numbers, and the first such row, or ""."""
    if issparse(X):
        X = X.tocoo()
        wrong = is_wrong(X.data)
        rows, columns = X.row[wrong], X.col[wrong]
        names, first = [str(column) for column in np.unique(columns)], rows
    else:
        names, first = [], []
        for name, column in _columns(X):
            rows = np.flatnonzero(is_wrong(_as_floats(column)))
            if len(rows):
                names.append(repr(name))
                first.append(rows[0])
    if not names:
        return ""
    columns = f"column{'s' * (len(names) > 1)} {join_names(names)}"
    return f"{columns}, first in row {min(first)} (counted from 0)"


def _as_floats(column):
    if hasattr(column, "to_numpy") and hasattr(column, "iloc"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(column).astype(np.float64)
