"""Arrays that several fits share, so that they are in memory once."""

from collections import Counter
from weakref import WeakValueDictionary

import numpy as np
from sklearn import get_config

from skdl._data_errors import rows_of
from skdl.estimators._stack_key import objects_key, rows_key

__all__ = ["SharedArrays", "take_rows"]

# Arrays that are compared by their values. Others are equal if their shapes are.
VALUES = ("targets", "weights", "rows", "table", "validation rows")


class SharedArrays:
    """Arrays that several calls share, so that a stack gathers them once."""

    def __init__(self, calls):
        self.skip_validation = get_config()["skip_parameter_validation"]
        self.cuts = WeakValueDictionary()
        # Arrays of rows that further calls will use: they are dropped after the last.
        self.known: dict = {}
        self.expected = Counter(map(rows_key, calls))

    def check_parameters(self, net):
        """Validate the parameters of a net."""
        if not self.skip_validation:
            net._validate_params()

    def known_rows(self, call):
        """Return the checked rows of an earlier run on the same objects, or None."""
        return self.known.get(rows_key(call), {}).get(objects_key(call))

    def has_more(self, call):
        """Return whether further calls will use the rows of this one."""
        return self.expected[rows_key(call)] > 0

    def expect(self, call):
        """Say that a call will use its rows once more."""
        self.expected[rows_key(call)] += 1

    def cut(self, call):
        """Return the rows of X, y and sample_weight that a call trains on."""
        if call.rows is None:
            return call.X, call.y, call.sample_weight
        return tuple(
            self._rows_of(array, call.rows)
            for array in (call.X, call.y, call.sample_weight)
        )

    def _rows_of(self, array, rows):
        if array is None:
            return None
        key = id(array), id(rows)
        if key not in self.cuts:
            part = take_rows(array, rows)
            try:
                self.cuts[key] = part
            except TypeError:  # no weak reference, as to a list
                return part
            return part
        return self.cuts[key]

    def unify(self, call, run):
        """Replace arrays of a run by equal ones of earlier runs on the same rows."""
        key, data, held = rows_key(call), run.data, run.validation
        known = self.known.setdefault(key, {})
        known.setdefault(objects_key(call), run.rows)
        self.expected[key] -= 1
        if not self.expected[key]:
            del self.known[key]
        if held is not None:
            if held.X is data.X:
                held.X = _unified(known, "X", held.X)
            else:
                held.X = _unified(known, ("X_val", id(call.X_val)), held.X)
            held.rows = _unified(known, "validation rows", held.rows)
        data.X = _unified(known, "X", data.X)
        for name in ("targets", "weights", "rows", "table"):
            setattr(data, name, _unified(known, name, getattr(data, name)))


def _unified(known, name, array):
    """Return an equal array of an earlier run under this name, or else this array."""
    if not isinstance(array, np.ndarray):
        return array
    found = known.setdefault(name, [])
    for other in found:
        # The same X, after the same checks, needs no comparison.
        alike = (other.shape, other.dtype) == (array.shape, array.dtype)
        if alike and (name not in VALUES or np.array_equal(other, array)):
            return other
    found.append(array)
    return array


def take_rows(array, rows):
    """Return some rows of an array, a data frame or a list."""
    if array is None or rows is None:
        return array
    if isinstance(array, list | tuple):
        return [array[i] for i in rows]
    return rows_of(array, rows)
