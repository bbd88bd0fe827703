"""The encoders of tables as nodes: numbers, text, booleans and missing values."""

from dataclasses import dataclass, field

import numpy as np

from skdl.export._graph import ML
from skdl.export._inputs import FLOAT32, FLOAT64, TEXT, as_columns
from skdl.preprocessing.tabular_encoder import FACTOR, LIMIT

__all__ = [
    "column_types",
    "write_bins",
    "write_smooth_clip",
    "write_table",
]

# Beyond this multiple of the limit, the clipped value is the limit to 12 digits.
FAR = 1e6


def column_types(encoder):
    """Return the type of each column of a table, as far as the encoder knows it.

    Parameters
    ----------
    encoder : TabularEncoder
        A fitted encoder.
    """
    pairs = zip(encoder.kinds_, encoder.categories_, strict=True)
    return [_column_type(kind, levels) for kind, levels in pairs]


def _column_type(kind, levels):
    if kind != "category":
        # A day is a small part of a date: float32 would lose the hours.
        return FLOAT64 if kind == "date" else FLOAT32
    known = [level for level in levels if level is not None]
    if not known or any(isinstance(level, str) for level in known):
        return TEXT
    if all(isinstance(level, bool) for level in known) and len(known) == len(levels):
        return np.dtype(np.bool_)
    return FLOAT32 if all(np.float32(x) == x for x in known) else FLOAT64


@dataclass
class _Code:
    """Parts of the code, kind by kind, and where each column of a part belongs."""

    parts: list = field(default_factory=list)
    places: list = field(default_factory=list)

    def add(self, name, places):
        """Append a part, if it has columns."""
        if len(places):
            self.parts.append(name)
            self.places.extend(places)


def write_table(graph, encoder, tensors):
    """Add the code of a table; return the name of the matrix.

    Parameters
    ----------
    graph : Graph
    encoder : TabularEncoder
        A fitted encoder.
    tensors : list of Tensor
        The columns of the table.
    """
    columns, code = as_columns(graph, tensors), _Code()
    stops = np.cumsum(encoder.widths_)
    starts = stops - encoder.widths_
    numbers = []
    for i, column in enumerate(columns):
        if encoder.kinds_[i] == "category":
            if stops[i] > starts[i]:
                levels = encoder.categories_[i]
                one_hot = _levels(graph, column, levels, encoder.is_binary_[i])
                code.add(one_hot, range(starts[i], stops[i]))
        elif stops[i] > starts[i]:
            if column.is_text:
                _refuse(column, "numbers", "text")
            numbers.append(i)
    if numbers:
        _numbers(graph, encoder, columns, numbers, starts, code)
    if not code.parts:
        return _zeros(graph, columns[0])
    parts = code.parts
    matrix = parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
    order = np.argsort(code.places)
    if (order == np.arange(len(order))).all():
        return matrix
    return graph.add("Gather", matrix, order, axis=1)


def _refuse(column, held, holds):
    raise TypeError(
        f"The column {column.name!r} held {held} in fit, and the input is {holds}: "
        "pass rows of the table that fit got as X."
    )


def _numbers(graph, encoder, columns, numbers, starts, code):
    """Add the codes of all numbers at once, in float64."""
    names = [
        columns[i].name
        if columns[i].dtype == FLOAT64
        else graph.cast(columns[i].name, FLOAT64)
        for i in numbers
    ]
    x = names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)
    missing = graph.add("IsNaN", x)
    center, scale = encoder.center_[numbers], encoder.scale_[numbers]
    x = graph.add("Where", missing, np.where(np.isnan(center), 0.0, center), x)
    has_scale = scale > 0
    has_indicator = encoder.has_indicator_[numbers]
    first = starts[numbers]
    z = _take(graph, x, np.flatnonzero(has_scale))
    if has_scale.any():
        z = write_smooth_clip(graph, z, center[has_scale], scale[has_scale], LIMIT)
        code.add(graph.cast(z, graph.dtype), first[has_scale])
    if has_indicator.any():
        flags = _take(graph, missing, np.flatnonzero(has_indicator))
        places = (first + has_scale)[has_indicator]
        code.add(graph.cast(flags, graph.dtype), places)
    edges = [encoder.bin_edges_[i] for i in numbers]
    means = [encoder.bin_means_[i] for i in numbers]
    places = [
        np.arange(len(mean)) + start
        for mean, start in zip(means, first + has_scale + has_indicator, strict=True)
    ]
    if any(map(len, means)):
        bins = write_bins(graph, x, edges, means, FACTOR)
        code.add(graph.cast(bins, graph.dtype), np.concatenate(places))


def _take(graph, x, columns):
    """Add a node that takes columns of a matrix."""
    return graph.add("Gather", x, columns, axis=1)


def write_smooth_clip(graph, x, center, scale, limit):
    """Add the robust scale of columns of float64; return the name of the result.

    Parameters
    ----------
    graph : Graph
    x : str
        Columns of numbers in float64; NaN stays NaN.
    center, scale : ndarray of shape (n_columns,)
        Median and spread of each column.
    limit : float
        Bound of the result.
    """
    z = graph.add("Div", graph.add("Sub", x, center), scale * limit)
    z = graph.add("Clip", z, np.float64(-FAR), np.float64(FAR))
    square = graph.add("Add", graph.add("Mul", z, z), np.float64(1))
    z = graph.add("Mul", z, np.float64(limit))
    return graph.add("Div", z, graph.add("Sqrt", square))


def write_bins(graph, x, edges, means, factor):
    """Add the positions in the bins of all columns, side by side, in float64.

    Parameters
    ----------
    graph : Graph
    x : str
        Columns of numbers in float64, without NaN.
    edges : list of ndarray of shape (n_edges,)
        Edges of the bins of each column.
    means : list of ndarray of shape (n_edges - 1,)
        Mean position in each bin.
    factor : float
        Factor of the result.
    """
    counts = [len(mean) for mean in means]
    repeated = _take(graph, x, np.repeat(np.arange(len(means)), counts))
    low = np.concatenate([edge[:-1] for edge in edges])
    widths = np.concatenate([np.diff(edge) for edge in edges])
    position = graph.add("Div", graph.add("Sub", repeated, low), widths)
    position = graph.add("Clip", position, np.float64(0), np.float64(1))
    position = graph.add("Sub", position, np.concatenate(means))
    return graph.add("Mul", position, np.float64(factor))


def _levels(graph, column, levels, is_binary):
    """Add the code of a category: a column for each level, or one of -1 and +1."""
    is_text = {isinstance(level, str) for level in levels if level is not None}
    if len(is_text) > 1:
        raise ValueError(
            f"The column {column.name!r} holds levels of several types, {levels[0]!r} "
            f"and {levels[-1]!r}, and a tensor has one type: convert the column by "
            "column.astype(str) before fit."
        )
    if is_text and column.is_text != (True in is_text):
        held, holds = ("text", "numbers") if True in is_text else ("numbers", "text")
        _refuse(column, held, holds)
    write = _levels_of_text if column.is_text else _levels_of_numbers
    one_hot = write(graph, column, levels)
    if is_binary:
        return graph.add("MatMul", one_hot, graph.numbers([[-1], [1]]))
    return one_hot


def _levels_of_text(graph, column, levels):
    # A tensor of text has no missing values: the empty string stands for them.
    keys = ["" if level is None and "" not in levels else level for level in levels]
    keys = [key for key in keys if key is not None]
    one_hot = graph.add(
        "OneHotEncoder", column.name, domain=ML, cats_strings=keys, zeros=1
    )
    one_hot = graph.add("Reshape", one_hot, np.array([-1, len(keys)]))
    one_hot = graph.cast(one_hot, graph.dtype)
    if len(keys) < len(levels):
        pad = np.array([0, 0, 0, len(levels) - len(keys)])
        one_hot = graph.add("Pad", one_hot, pad)
    return one_hot


def _levels_of_numbers(graph, column, levels):
    x = graph.cast(column.name, FLOAT64)
    known = np.array([level for level in levels if level is not None], np.float64)
    flags = graph.cast(graph.add("Equal", x, known), graph.dtype)
    if None not in levels:
        return flags
    missing = graph.cast(graph.add("IsNaN", x), graph.dtype)
    # None is the last of the levels.
    return graph.add("Concat", flags, missing, axis=1) if len(known) else missing


def _zeros(graph, column):
    """Add one column of zeros, with as many rows as another column."""
    n_rows = graph.add("Gather", graph.add("Shape", column.name), np.array([0]))
    shape = graph.add("Concat", n_rows, np.array([1]), axis=0)
    return graph.add("Expand", graph.numbers([[0]]), shape)
