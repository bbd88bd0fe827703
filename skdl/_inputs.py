"""Checks of X, y and weights by scikit-learn, with errors that say more."""

import math
from collections.abc import Mapping
from contextlib import contextmanager
from functools import wraps
from os import PathLike
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from skdl._data_errors import (
    about_large_integer,
    columns_of_dates,
    explanation_of,
    first_missing,
    or_nothing,
    types_in,
)
from skdl._numbers_of_rows import numbers_of_rows_named
from skdl._sklearn import check_sample_weight

# Bounds of the largest weight, so that its sums and products fit into float32.
WEIGHTS = (1e-30, 1e30)
# Classes of scikit-learn's errors about a name in place of data, and what to pass.
NAMED = {
    "X": (
        ValueError,
        "hold a row for each sample: read a file first, as in X = pd.read_csv(path)",
    ),
    "y": (
        TypeError,
        "hold a target for each row of X: pass the column itself, as in "
        "fit(table.drop(columns=name), table[name])",
    ),
}
# Dtypes and options of `check_inputs` with which an array may pass a quick check.
PLAIN = (np.dtype(np.float64), np.dtype(np.float32))
QUICK = {
    "accept_sparse", "dtype", "ensure_all_finite", "multi_output", "reset", "y_numeric",
}  # fmt: skip


def check_inputs(estimator, X, y="no_validation", **options) -> Any:
    """Call scikit-learn's ``validate_data``, and explain its errors.

    Parameters
    ----------
    estimator : estimator
        The estimator; `validate_data` sets or compares its `n_features_in_` and
        `feature_names_in_`.
    X : array-like, data frame or sparse matrix
        Rows of numbers.
    y : array-like, optional
        Targets.
    **options
        Options of `sklearn.utils.validation.validate_data`.

    Returns
    -------
    X : ndarray or CSR array
        The rows.
    y : ndarray
        The targets, only if y is passed.

    Raises
    ------
    ValueError, TypeError
        scikit-learn's errors, with the columns and rows of X that cause them. Further
        errors for data that scikit-learn accepts: dates in X, missing labels, and dates
        or text as targets of a regression.
    """
    given = not (isinstance(y, str) and y == "no_validation")
    if type(X) is not np.ndarray and not given and not options.get("reset", True):
        values = _values_of_frame(estimator, X)
        if values is not None and _is_plain(estimator, values, options, named=True):
            return values
    if _is_plain(estimator, X, options) and (not given or _suits(X, y, options)):
        if options.get("reset", True):
            vars(estimator).pop("feature_names_in_", None)
            estimator.n_features_in_ = X.shape[1]
        return (X, y) if given else X
    refuse_containers(X, "X")
    _refuse_dates(X)
    if or_nothing(_is_frame_of_float32, X, nothing=False):
        # scikit-learn would convert it to the first allowed dtype, float64.
        options["dtype"] = np.float32
    if given:
        refuse_containers(y, "y")
        numeric = options.get("y_numeric")
        if numeric:
            check_numbers(y, "y")
        refuse_missing(y, numeric)
        if not numeric:
            y = or_nothing(_readable_labels, y, nothing=y)
    targets = y if given else None
    with columns_named(X), numbers_of_rows_named(X=X, y=targets):
        checked = validate_data(estimator, X, y, **options)
    if given and options.get("y_numeric"):
        # scikit-learn accepts None as finite, and then converts it to NaN.
        assert_all_finite(checked[1], input_name="y")
    return checked


def _values_of_frame(estimator, X):
    """Return the array of a data frame of floats with the columns of ``fit``, or None.

    scikit-learn's checks of a frame take a hundred times as long as a row's prediction.
    """
    names = vars(estimator).get("feature_names_in_")
    kind = type(X)
    if names is None or kind.__name__ != "DataFrame":
        return None
    if kind.__module__.partition(".")[0] not in ("pandas", "polars"):
        return None
    try:
        if list(X.columns) != names.tolist():
            return None
    except TypeError:  # a missing name, pandas.NA, equals nothing
        return None
    dtypes = set(X.dtypes)
    is_plain = len(dtypes) == 1 and str(*dtypes).lower() in ("float32", "float64")
    return X.to_numpy() if is_plain else None


def _is_plain(estimator, X, options, named=False):
    """Return whether X is a finite array of floats, with the columns of ``fit``.

    With ``ensure_all_finite=False`` among the options, X may have other values.

    With `named`, the names of the columns have been compared. Such an array needs no
    conversion, and scikit-learn's checks of it take longer than the prediction of a
    row, or than a step. scikit-learn checks all other data.
    """
    if type(X) is not np.ndarray or X.dtype not in PLAIN or X.ndim != 2 or not X.size:
        return False
    if not (options.keys() <= QUICK and X.dtype.type in options["dtype"]):
        return False
    known = vars(estimator)
    if not options.get("reset", True) and (
        ("feature_names_in_" in known and not named)
        or X.shape[1] != known.get("n_features_in_")
    ):
        return False
    return options.get("ensure_all_finite") is False or _is_surely_finite(X)


def _suits(X, y, options):
    """Return whether y is a finite array of numbers, with a row for each row of X."""
    n_dimensions = (1, 2) if options.get("multi_output") else (1,)
    if type(y) is not np.ndarray or y.ndim not in n_dimensions or not y.size:
        return False
    kind = y.dtype.kind
    return len(y) == len(X) and (
        kind in "biu" or (kind == "f" and _is_surely_finite(y))
    )


def _is_surely_finite(values):
    """Return True if all values are finite; False says that some may not be.

    The sum of squares is finite only if all values are. It needs no memory. Unlike
    `np.dot`, `np.vdot` does not warn where squares overflow.
    """
    if values.flags.forc:
        flat = values.ravel("K")  # a view
        return math.isfinite(np.vdot(flat, flat))
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(np.add.reduce(values, axis=None))


class TakesValidationSets:
    """Mixin for a transformer: ``transform`` of a `ValidationSet` returns one.

    ``Pipeline(..., transform_input=["X_val"])`` passes X_val unchecked to the method.
    The mixin stands before `sklearn.base.TransformerMixin`, which makes the method
    return the container of ``set_output``: the rows of a set get that container, too.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "transform" in vars(cls):
            # setattr: type checkers see the method that the class defines.
            setattr(cls, "transform", _of_either(vars(cls)["transform"]))  # noqa: B010


def _of_either(transform):
    """Return a method ``transform`` that takes rows, or a set of rows and targets."""

    @wraps(transform)
    def of_either(self, X):
        if hasattr(type(X), "with_X"):
            return X.with_X(transform(self, X.X))
        return transform(self, X)

    return of_either


@contextmanager
def columns_named(X):
    """Name the columns and rows of X that cause a ValueError or TypeError.

    An integer that no float can hold is a ValueError, too, not an OverflowError.

    Parameters
    ----------
    X : array-like or data frame
        The data that the body checks.
    """
    try:
        yield
    except OverflowError:
        text = or_nothing(about_large_integer, X, "X")
        if not text:
            raise
        raise ValueError(text) from None
    except (TypeError, ValueError) as error:
        text = or_nothing(explanation_of, X, error)
        if not text:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(text) from None


def check_numbers(values, name):
    """Refuse dates, durations and text, and integers that no float can hold.

    NumPy would convert dates and some text to numbers.

    Parameters
    ----------
    values : array-like
        Targets of a regression, or weights.
    name : str
        The name of `values` in error messages.

    Raises
    ------
    ValueError
        If the values are dates, durations, text or such integers.
    """
    refuse_containers(values, name)
    if issparse(values):
        return
    dates = or_nothing(columns_of_dates, values, nothing=[])
    if dates:
        raise ValueError(
            f"{name} holds dates or durations, but must hold numbers: convert them, in "
            "a unit of your choice, as in (dates - dates.min()) / "
            "np.timedelta64(1, 'D')."
        )
    array = or_nothing(np.asarray, values, nothing=np.empty(0))
    large = or_nothing(about_large_integer, array, name)
    if large:
        raise ValueError(large)
    text = or_nothing(_first_text, array, nothing=None)
    if text is not None:
        raise ValueError(
            f"{name} holds text, {text[1]!r} in row {text[0]} (counted from 0), but "
            "must hold numbers: convert it by pd.to_numeric"
            + (", or use a classifier if these are labels." if name == "y" else ".")
        )


def _first_text(array):
    if array.dtype.kind not in "OUST":
        return None
    if array.dtype.kind == "O" and not any(
        issubclass(kind, str | bytes) for kind in types_in(array)
    ):
        return None
    for i, row in enumerate(array.reshape(len(array), -1)):
        for value in row:
            if isinstance(value, str | bytes):
                return i, value.item() if isinstance(value, np.generic) else value
    return None


def refuse_containers(values, name):
    """Refuse what NumPy does not read: lazy frames; with dispatch, foreign arrays.

    Neither does it read files, or columns of a table by their name.
    """
    if isinstance(values, str | bytes | PathLike):
        kind, meaning = NAMED.get(
            name.removesuffix("_val"), (TypeError, "hold numbers")
        )
        raise kind(f"{name} is {values!r}, but must {meaning}.")
    if get_config()["array_api_dispatch"] and _is_foreign(values):
        root = type(values).__module__.partition(".")[0]
        numpy = {"torch": f"{name}.cpu().numpy()", "cupy": f"{name}.get()"}
        raise TypeError(
            f"{name} is an array of {root}, and skdl computes with NumPy, also under "
            f"array_api_dispatch=True: pass {numpy.get(root, f'np.asarray({name})')}."
        )
    if or_nothing(_is_lazy, values, nothing=False):
        raise TypeError(
            f"{name} is a {type(values).__name__}, whose rows have not been read: pass "
            f"{name}.collect()."
        )


def _is_foreign(values):
    """Return whether scikit-learn would compute with another library than NumPy."""
    if isinstance(values, np.ndarray | np.generic):
        return False
    return hasattr(values, "__array_namespace__") or (
        type(values).__module__.partition(".")[0] == "torch"
    )


def _is_lazy(values):
    return callable(getattr(values, "collect", None)) and not hasattr(values, "shape")


def _refuse_dates(X):
    """Refuse dates and durations, which NumPy would convert in an arbitrary unit."""
    columns = or_nothing(_dates_of, X, nothing=[])
    if columns:
        raise TypeError(
            f"These columns contain no numbers: {', '.join(columns)}. Convert dates "
            "and durations to numbers in a unit of your choice, as in "
            "column.dt.dayofyear or (column - start) / np.timedelta64(1, 'D')."
        )


def _dates_of(X):
    # Only the first row of a list: searching all rows is slow, and scikit-learn refuses
    # dates in later rows.
    return columns_of_dates(X[:1] if isinstance(X, list | tuple) else X)


def _is_frame_of_float32(X):
    """Return whether X is a data frame of polars' or pandas' nullable float32."""
    if type(X).__name__ != "DataFrame" or not hasattr(X, "dtypes"):
        return False
    return {str(dtype) for dtype in X.dtypes} == {"Float32"}


def _readable_labels(y):
    """Return labels in a container that scikit-learn reads as they are."""
    if getattr(getattr(y, "dtype", None), "kind", "") == "T":
        return y.astype(object)  # it does not know NumPy's StringDType
    # It would convert a data frame with categories to numbers.
    frame = hasattr(y, "iloc") and hasattr(y, "columns")
    if frame and any(str(dtype) == "category" for dtype in y.dtypes):
        return np.asarray(y)
    return y


def refuse_missing(y, numeric):
    """Refuse targets that are missing, with the first such row.

    Parameters
    ----------
    y : array-like
        Targets.
    numeric : bool
        Whether they are numbers, not labels.
    """
    # scikit-learn accepts None as finite and fails to sort it; it compares pandas' NA.
    missing = or_nothing(_missing_target, y, nothing=None)
    if missing is not None:
        row, value = missing
        raise ValueError(
            f"Input y contains {'NaN' if numeric else _name_of(value)}, first in row "
            f"{row} (counted from 0): remove rows without a "
            + ("target." if numeric else "label, or give them a label of their own.")
        )


def _missing_target(y):
    y = np.asarray(y)
    if y.dtype.kind in "mM":
        rows = np.argwhere(np.isnat(y))
        return (rows[0][0], np.datetime64("NaT")) if len(rows) else None
    if y.dtype.kind == "f":
        rows = np.argwhere(np.isnan(y))
        return (rows[0][0], np.nan) if len(rows) else None
    if y.dtype.kind == "T":
        y = y.astype(object)
    return first_missing(y) if y.dtype.kind == "O" and y.ndim in (1, 2) else None


def _name_of(missing):
    return {"NoneType": "None", "datetime64": "NaT"}.get(type(missing).__name__, "NaN")


def check_weights(sample_weight, X, least=WEIGHTS[0], most=WEIGHTS[1]):
    """Return the user's weights of the rows of X as an array, after checks.

    Parameters
    ----------
    sample_weight : array-like, number or None
        What the user gave. None stands for ones.
    X : ndarray or sparse array
        The rows.
    least, most : float, default=1e-30 and 1e30
        Bounds of the largest weight, as for `check_weight_sizes`.

    Raises
    ------
    ValueError
        With the first row whose weight is wrong.
    """
    if sample_weight is None:
        return np.ones(X.shape[0])
    if isinstance(sample_weight, str | Mapping):
        raise ValueError(
            f"sample_weight must hold a number for each row, got {sample_weight!r}. "
            "Weights of classes are another parameter, of classifiers: "
            f"class_weight={sample_weight!r}."
        )
    if isinstance(sample_weight, tuple | list) and any(
        np.ndim(part) == 2 for part in sample_weight[:1]
    ):
        raise ValueError(
            "sample_weight must hold a number for each row, got several tables. Nets "
            "take validation data by name, as in fit(X, y, X_val=X_val, y_val=y_val)."
        )
    check_numbers(sample_weight, "sample_weight")
    try:
        weights = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
    except ValueError as error:
        text = or_nothing(_about_weights, sample_weight, X)
        raise ValueError(text or str(error)) from None
    if not (weights > 0).any():
        raise ValueError(
            "sample_weight must contain at least one positive weight, got "
            f"{sample_weight!r}."
        )
    check_weight_sizes(weights, least, most)
    return weights


def _about_weights(sample_weight, X):
    """Return what is wrong with weights that scikit-learn refuses, or ""."""
    weights, n_rows = np.asarray(sample_weight, dtype=np.float64), X.shape[0]
    if weights.ndim == 2:
        return (
            f"sample_weight has the shape {weights.shape}, but must have one "
            f"dimension, with a number for each of the {n_rows} rows of X."
        )
    if weights.ndim == 1 and len(weights) != n_rows:
        return (
            f"sample_weight has {len(weights)} numbers, but X has {n_rows} rows: "
            "there must be a number for each row."
        )
    rows = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if not len(rows):
        return ""
    where = f" in row {rows[0]} (counted from 0)" if weights.ndim else ""
    value = float(weights.flat[rows[0]])
    return (
        f"sample_weight holds {'NaN' if np.isnan(value) else value}{where}: weights "
        "must be finite and not negative. A row of weight 0 is left out."
    )


def check_weight_sizes(weights, least, most, name="sample_weight"):
    """Refuse weights whose sums or products overflow or vanish.

    Parameters
    ----------
    weights : ndarray
        Weights that are not negative. If all are 0, the function does nothing.
    least : float
        Smallest value allowed for the largest weight.
    most : float
        Largest value allowed for the largest weight.
    name : str, default="sample_weight"
        The name of the weights in the error message.

    Raises
    ------
    ValueError
        If the largest weight is out of range.
    """
    largest = float(np.max(weights))
    if largest and not least <= largest <= most:
        raise ValueError(
            f"The largest weight in {name} is {largest:.3g}. It must lie between "
            f"{least:.0e} and {most:.0e}, or sums of weights overflow or vanish. "
            "Divide all weights by the largest."
        )
