"""The inputs of an ONNX model: names, types, and one tensor or one for each column."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from skdl.export._graph import Tensor

__all__ = ["as_columns", "as_matrix", "inputs_like", "inputs_of"]

FLOAT32, FLOAT64, TEXT = np.dtype(np.float32), np.dtype(np.float64), np.dtype(object)
FRAME_TYPES = {
    nw.Boolean: np.bool_,
    nw.Float32: np.float32,
    nw.Int8: np.int8,
    nw.Int16: np.int16,
    nw.Int32: np.int32,
    nw.Int64: np.int64,
    nw.UInt8: np.uint8,
    nw.UInt16: np.uint16,
    nw.UInt32: np.uint32,
}


def inputs_like(X: Any) -> list[Tensor]:
    """Return inputs of the names and types of a table.

    Parameters
    ----------
    X : data frame or ndarray of shape (n_samples, n_features)
        A data frame gives an input for each column. An array of numbers or of text
        gives one input, "X". An array of objects, or a list of numbers and
        text, gives x0, x1, ...
    """
    if nw.dependencies.is_into_dataframe(X):
        frame = nw.from_native(X, eager_only=True)
        pairs = zip(frame.columns, map(_frame_type, frame.iter_columns()), strict=True)
        return [_column(name, dtype) for name, dtype in pairs]
    rows, X = X, np.asarray(X)
    if isinstance(rows, list | tuple) and X.dtype.kind in "US":
        X = np.asarray(rows, object)  # NumPy has converted numbers to text
    if X.ndim != 2 or (X.dtype.kind == "O" and not len(X)):
        raise ValueError(
            f"X must have rows and columns, got an array of shape {X.shape}: pass some "
            "rows as fit takes them, or None."
        )
    if X.dtype.kind != "O":
        dtype = TEXT if X.dtype.kind in "US" else X.dtype
        return [Tensor("X", dtype, (None, X.shape[1]))]
    return inputs_of(None, [_type_of(column) for column in X.T])


def inputs_of(names: Any, dtypes: list) -> list[Tensor]:
    """Return inputs for an estimator that has seen its data in ``fit``.

    Parameters
    ----------
    names : sequence of str, or None
        Names of the columns, which then are inputs of their own.
    dtypes : list of numpy.dtype
        The type of each column.
    """
    if names is None and len(set(dtypes)) == 1:
        return [Tensor("X", dtypes[0], (None, len(dtypes)))]
    if names is None:
        names = [f"x{i}" for i in range(len(dtypes))]
    return [_column(name, dtype) for name, dtype in zip(names, dtypes, strict=True)]


def _column(name, dtype):
    return Tensor(str(name), np.dtype(dtype), (None, 1))


def _frame_type(series):
    dtype = series.dtype
    if dtype == nw.Boolean and series.null_count():
        return FLOAT32
    for kind, ours in FRAME_TYPES.items():
        if dtype == kind:
            return FLOAT64 if series.null_count() and ours != np.float32 else ours
    if dtype.is_numeric() or dtype in (nw.Date, nw.Datetime, nw.Duration):
        return FLOAT64
    if dtype in (nw.Categorical, nw.Enum, nw.Object):
        return _type_of(series.to_list())  # perhaps categories of numbers
    return TEXT


def _type_of(values):
    """Return the type of the objects of a column: text, booleans or numbers."""
    known = [value for value in values if value is not None and value == value]
    if any(isinstance(value, str) for value in known):
        return TEXT
    if len(known) == len(values) and all(isinstance(x, bool | np.bool_) for x in known):
        return np.dtype(np.bool_)
    return FLOAT64


def as_matrix(graph, tensors):
    """Add nodes that put all columns side by side; return the name of the matrix.

    Parameters
    ----------
    graph : Graph
        Its dtype is that of the matrix.
    tensors : list of Tensor
        The columns: numbers or booleans.
    """
    texts = [one.name for one in tensors if one.is_text]
    if texts:
        raise ValueError(
            f"The input {texts[0]!r} holds text, and this estimator takes numbers: "
            "pass an X of numbers."
        )
    names = [
        one.name if one.dtype == graph.dtype else graph.cast(one.name, graph.dtype)
        for one in tensors
    ]
    return names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)


def as_columns(graph, tensors):
    """Return a `Tensor` of shape (None, 1) for each column; add nodes that cut.

    Parameters
    ----------
    graph : Graph
    tensors : list of Tensor
    """
    columns = []
    for one in tensors:
        width = one.shape[1]
        if width == 1:
            columns.append(one)
            continue
        for i in range(width):
            name = graph.add("Gather", one.name, np.array([i]), axis=1)
            columns.append(Tensor(name, one.dtype, (None, 1)))
    return columns
