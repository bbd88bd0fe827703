"""Evidence as small tables: values by name, lists side by side, values by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skdl._text import format_value
from skdl._text_tables import aligned_lines


@dataclass
class Table:
    """Cells as text.

    Attributes
    ----------
    header : list of str
        The names of the columns; empty if each row is a name and its value.
    rows : list of list of str
        The cells.
    is_number : list of bool
        Which columns hold numbers, to be aligned at the right.
    n_more : int
        The number of rows that are left out.
    """

    header: list[str]
    rows: list[list[str]]
    is_number: list[bool]
    n_more: int = 0

    def lines(self) -> list[str]:
        """Return the table as lines of text with aligned columns."""
        cells = [self.header, *self.rows] if self.header else self.rows
        lines = aligned_lines(cells, self.is_number)
        return lines + ([f"… {self.n_more} more"] if self.n_more else [])


def evidence_tables(evidence: Mapping[str, Any], max_rows: int) -> Iterator[Table]:
    """Yield the tables of a finding's evidence, in its order.

    Neighbours of one shape share a table: lists of equal length are its columns, and
    so are dicts with equal keys. Other values are in a table of names and values.

    Parameters
    ----------
    evidence : dict
        The measurements by name.
    max_rows : int
        The number of rows beyond which a table is cut.
    """
    groups: list[tuple[Any, dict[str, Any]]] = []
    for name, value in evidence.items():
        shape = _shape(value)
        if not groups or groups[-1][0] != shape:
            groups.append((shape, {}))
        groups[-1][1][name.replace("_", " ")] = value
    plain: dict[str, Any] = {}
    for shape, values in groups:
        is_table = shape is not None and (shape[0] == "dict" or len(values) > 1)
        if not is_table:
            plain |= values
            continue
        if plain:
            yield _names_and_values(plain)
            plain = {}
        yield _columns(shape, values, max_rows)
    if plain:
        yield _names_and_values(plain)


def _shape(value):
    """Return what values of one table share, or None for a value by itself."""
    if isinstance(value, Mapping):
        return "dict", tuple(value)
    is_nested = isinstance(value, list) and any(isinstance(v, list) for v in value)
    if isinstance(value, list) and value and not is_nested:
        return "list", len(value)
    return None


def _names_and_values(values):
    rows = [[name, _text_of(value)] for name, value in values.items()]
    return Table([], rows, [False, False])


def _columns(shape, values, max_rows):
    header, columns = list(values), list(values.values())
    if shape[0] == "dict":
        header = ["", *header]
        columns = [list(shape[1]), *(list(column.values()) for column in columns)]
    n_rows = len(columns[0])
    # A single row is not left out: the line that counts it takes the same space.
    shown = n_rows if n_rows <= max_rows + 1 else max_rows
    is_number = [all(map(_is_number, column)) for column in columns]
    cells = [[format_value(value) for value in column[:shown]] for column in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Table(header, rows, is_number, n_rows - shown)


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _text_of(value: Any) -> str:
    """Return a value as text; the lists in a list are put in parentheses."""
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        value = [f"({format_value(item)})" for item in value]
    if isinstance(value, Sequence) and not isinstance(value, str) and not value:
        return "none"
    return format_value(value)
