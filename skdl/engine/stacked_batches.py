"""Batches of a stack: each member has rows, an order and weights of its own.

Members that share an array, an order or a batch share it in memory, too.
"""

import math
from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_empty
from skdl.engine.target_tables import OneHotTable, TargetTable

__all__ = ["Orders", "StackedBatches"]

# Targets of all batches of an epoch that take no more bytes than these are gathered at
# once: one call of NumPy in place of one for each batch.
AT_ONCE = 2**18


class Orders:
    """The orders in which the members see their rows.

    Members with the same rows and generators in the same state see the same order. One
    generator then draws for all of them; `synchronize` advances the others.

    Parameters
    ----------
    parts : sequence of Data
        The data of each member; all have the same number of rows in use.
    rngs : sequence of numpy.random.Generator or None
        Shuffles the rows of each member. None keeps them in order.
    """

    def __init__(self, parts, rngs):
        self.parts, self.rngs = parts, rngs
        leaders: dict = {}
        self.leader_of = [
            leaders.setdefault((id(data.rows), data.X.shape[0], _state_of(rng)), i)
            for i, (data, rng) in enumerate(zip(parts, rngs, strict=True))
        ]
        self.leaders = sorted(leaders.values())
        self.are_shared = len(self.leaders) == 1
        self.orders: np.ndarray = np.empty((len(self.leaders), parts[0].n_rows), int)
        self.in_order = np.arange(parts[0].n_rows)
        self.places = [self.leaders.index(leader) for leader in self.leader_of]

    def draw(self):
        """Return the orders of an epoch: (n_rows,) if all are the same, else a matrix.

        Returns
        -------
        orders : ndarray of int of shape (n_rows,) or (n_members, n_rows)
            Numbers of rows, valid until the next call.
        """
        orders = self.orders
        for i, order in zip(self.leaders, orders, strict=True):
            rows, rng = self.parts[i].rows, self.rngs[i]
            np.copyto(order, self.in_order if rows is None else rows)
            if rng is not None:
                # The numbers that `permutation` returns, without its copy.
                rng.shuffle(order)
        if self.are_shared:
            return orders[0]
        return orders if len(orders) == len(self.places) else orders[self.places]

    def synchronize(self):
        """Bring each generator to the state that it would have alone."""
        for rng, leader in zip(self.rngs, self.leader_of, strict=True):
            if rng is not None and rng is not self.rngs[leader]:
                rng.bit_generator.state = self.rngs[leader].bit_generator.state


def _state_of(rng):
    """Return what two generators share if they draw the same numbers."""
    if rng is None:
        return None
    if type(rng.bit_generator) is not np.random.PCG64:
        return id(rng)
    state = rng.bit_generator.state
    rest = state["has_uint32"], state["uinteger"]
    return (*state["state"].values(), *rest)


class StackedBatches:
    """Gathers the batches of all members into buffers that are allocated once.

    Parameters
    ----------
    parts : sequence of Data
        The data of each member. All have the same number of rows in use, of columns of
        X and of targets. X is not sparse.
    rngs : sequence of numpy.random.Generator or None
        Shuffles the rows of each member. None keeps them in order.
    batch_size : int
        Rows per batch and member. The last batch of an epoch may be smaller.
    dtype : numpy.dtype
        The network's dtype.
    raw : bool
        Whether X keeps its dtype, for a network that converts it itself.
    augmentations : sequence of Augmentation or None
        Changes the rows of each member.
    """

    def __init__(self, parts, rngs, batch_size, dtype, raw, augmentations):
        self.orders = Orders(parts, rngs)
        self.batch_size, self.n_rows = batch_size, parts[0].n_rows
        self.augmentations = augmentations if any(augmentations) else None
        mixes = any(a is not None and a.mixes for a in augmentations)
        # What augmentation changes is each member's own.
        shares = self.orders.are_shared and self.augmentations is None
        arrays = [data.X for data in parts]
        self._X = _Gatherer(arrays, batch_size, shares)
        x_dtype = dtype if mixes or not raw else self._X.dtype
        self._converted: Any = None
        if x_dtype != self._X.dtype or self.augmentations is not None:
            shape = self._X.shape
            self._converted = _Parts(
                (*shape, arrays[0].shape[1]), len(shape) - 1, x_dtype
            )
        targets, tables = zip(
            *((data.targets, data.table) for data in parts), strict=True
        )
        self._targets = _TargetGatherer(targets, tables, batch_size, shares)
        self._all_targets = None
        if self._targets.n_bytes_per_row * self.n_rows <= AT_ONCE:
            gatherer = _TargetGatherer(targets, tables, self.n_rows, shares)
            self._all_targets = _AllTargets(gatherer, self.n_rows, batch_size)
        self._weights = None
        if any(data.weights is not None for data in parts):
            ones: dict = {}
            weights = [_weights_of(data, dtype, ones) for data in parts]
            self._weights = _Gatherer(weights, batch_size, self.orders.are_shared)

    def epoch(self, active):
        """Yield (X, targets, weights) for each batch.

        The arrays are valid until the next batch is requested. Each has a leading axis
        of members, unless all members share it.

        Parameters
        ----------
        active : list of bool
            Whether to augment the rows of each member. The caller may change the list
            between two batches.
        """
        orders = self.orders.draw()
        starts = range(0, self.n_rows, self.batch_size)
        batches = [orders[..., i : i + self.batch_size] for i in starts]
        all_targets = self._all_targets and self._all_targets(orders)
        for i, rows in enumerate(batches):
            targets = all_targets[i] if all_targets else self._targets(rows)
            weights = None if self._weights is None else self._weights(rows)
            X = self._X(rows)
            if self._converted is not None:
                converted = self._converted(rows.shape[-1])
                if self.augmentations is None:
                    np.copyto(converted, X, casting="unsafe")
                else:
                    self._augment(X, targets, converted, active)
                X = converted
            yield X, targets, weights

    def _augment(self, X, targets, out, active):
        """Change the rows of each member that is active, and write them into out."""
        assert self.augmentations is not None
        for i, augmentation in enumerate(self.augmentations):
            rows = X[i]
            if augmentation is not None and active[i]:
                rows = augmentation(rows)
            np.copyto(out[i], rows, casting="unsafe")
            if augmentation is not None and augmentation.mixes and active[i]:
                augmentation.mix(out[i], targets[i])


def _weights_of(data, dtype, ones):
    """Return the weights of a member; ones, which all share, if it has none."""
    if data.weights is not None:
        return data.weights
    n = data.X.shape[0]
    if n not in ones:
        ones[n] = np.ones((n, 1), dtype)
    return ones[n]


class _Parts:
    """Memory for batches of any number of rows: contiguous parts of one array.

    Parameters
    ----------
    shape : tuple of int
        The shape for the most rows.
    axis : int
        The axis of the rows.
    dtype : numpy.dtype
    """

    def __init__(self, shape, axis, dtype):
        self.shape, self.axis = shape, axis
        self.parts: dict = {shape[axis]: aligned_empty(shape, dtype)}

    def __call__(self, n: int) -> np.ndarray:
        """Return an array with n rows."""
        if n not in self.parts:
            most = self.shape[self.axis]
            shape = (*self.shape[: self.axis], n, *self.shape[self.axis + 1 :])
            flat = self.parts[most].reshape(-1)
            self.parts[n] = flat[: math.prod(shape)].reshape(shape)
        return self.parts[n]


class _Gatherer:
    """Gathers rows of the members' arrays, by number.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n_samples, ...)
        The array of each member. They agree in all axes but the first, and in dtype.
    size : int
        The most rows of a batch.
    shares : bool
        Whether all members ask for the same rows.
    """

    def __init__(self, arrays, size, shares):
        first = arrays[0]
        self.dtype = np.result_type(*{array.dtype for array in arrays})
        self.is_shared = shares and all(array is first for array in arrays)
        self.shape = (size,) if self.is_shared else (len(arrays), size)
        shape = (*self.shape, *first.shape[1:])
        self.memory = _Parts(shape, len(self.shape) - 1, self.dtype)
        # Members in a row that share an array are one call.
        self.runs = []
        for i, array in enumerate(arrays):
            if i and array is arrays[i - 1]:
                self.runs[-1][1] = i + 1
            else:
                flags = array.flags
                # For other arrays, `take` would first copy the whole array.
                fits = (
                    flags.c_contiguous and flags.aligned and array.dtype == self.dtype
                )
                self.runs.append([i, i + 1, array, fits])

    def __call__(self, rows):
        """Return rows of each array; valid until the next call.

        Parameters
        ----------
        rows : ndarray of int of shape (n,) or (n_members, n)
            Numbers of the rows.
        """
        out = self.memory(rows.shape[-1])
        if self.is_shared or (len(self.runs) == 1 and rows.ndim > 1):
            _take(self.runs[0][2], rows, out, self.runs[0][3])
            return out
        for start, stop, array, fits in self.runs:
            if rows.ndim > 1:
                _take(array, rows[start:stop], out[start:stop], fits)
                continue
            # Members that share an array get copies of one batch.
            _take(array, rows, out[start], fits)
            if stop - start > 1:
                np.copyto(out[start + 1 : stop], out[start])
        return out


def _are_equal(one, other):
    """Return whether two computed tables are surely equal."""
    kinds = type(one), type(other)
    return one is other or (
        kinds == (OneHotTable, OneHotTable)
        and (one.shape, one.dtype) == (other.shape, other.dtype)
    )


def _take(array, rows, out, fits):
    if fits:
        # With "clip", NumPy needs no copy of `out` to undo a failed call.
        array.take(rows, 0, out, "clip")
    else:
        np.copyto(out, array[rows])


class _TargetGatherer:
    """Gathers targets, which lie in memory as the scores of a stack do.

    Parameters
    ----------
    targets, tables : sequence
        Those of each member's `Data`.
    size : int
        The most rows of a batch.
    shares : bool
        Whether all members ask for the same rows.
    """

    def __init__(self, targets, tables, size, shares):
        self.tables, self.offsets = tables, None
        first, self.table = tables[0], None
        if first is not None:
            self.table = self._one_table(tables)
            shares = shares and self.table is not None and self.offsets is None
        self.codes = _Gatherer(targets, size, shares)
        if first is None:
            width, dtype = math.prod(targets[0].shape[1:]), self.codes.dtype
        else:
            width, dtype = first.shape[1], first.dtype
        self.dtype = np.dtype(dtype)
        self.needs_columns = first is not None or width > 1
        shape = self.codes.shape
        self.memory = _Parts((width, *shape), len(shape), dtype)
        self.n_bytes_per_row = width * math.prod(shape[:-1]) * self.dtype.itemsize
        self.targets: dict = {}

    def _one_table(self, tables):
        """Return one table for all members: with `offsets`, side by side; or None."""
        first = tables[0]
        if isinstance(first, TargetTable):
            equal = all(_are_equal(table, first) for table in tables)
            return first if equal else None
        if all(table is first or np.array_equal(table, first) for table in tables):
            return np.ascontiguousarray(first.T)
        self.offsets = np.arange(len(tables))[:, None] * len(first)
        return np.ascontiguousarray(np.concatenate(tables).T)

    def __call__(self, rows):
        """Return the targets (..., n, width); valid until the next call."""
        codes = self.codes(rows)
        if not self.needs_columns:
            return codes
        n = rows.shape[-1]
        columns = self.memory(n)
        if n not in self.targets:
            self.targets[n] = np.moveaxis(columns, 0, -1)
        targets = self.targets[n]
        if self.tables[0] is None:
            np.copyto(targets, codes)
        elif self.table is None:
            for i, table in enumerate(self.tables):
                table.gather(codes[i], targets[i])
        elif isinstance(self.table, TargetTable):
            flat = columns.reshape(len(columns), -1)
            self.table.gather(codes.reshape(-1), flat.T)
        else:
            if self.offsets is not None:
                codes = np.add(codes, self.offsets)
            self.table.take(codes, 1, columns, "clip")
        return targets


class _AllTargets:
    """The targets of all batches of an epoch; those of each batch are contiguous.

    Parameters
    ----------
    gatherer : _TargetGatherer
        Gathers n_rows targets.
    n_rows, size : int
        Rows of an epoch, and of a batch.
    """

    def __init__(self, gatherer, n_rows, size):
        self.gatherer, self.size = gatherer, size
        *members, _ = gatherer.codes.shape
        width, dtype = gatherer.memory.shape[0], gatherer.dtype
        self.n_full = n_rows // size
        self.full = np.empty((self.n_full, width, *members, size), dtype)
        self.rest = np.empty((width, *members, n_rows % size), dtype)
        batches = [*self.full] + ([self.rest] if n_rows % size else [])
        self.batches = [np.moveaxis(batch, 0, -1) for batch in batches]

    def __call__(self, orders):
        """Return the targets (..., n, width) of each batch; valid until the next call.

        Parameters
        ----------
        orders : ndarray of int of shape (n_rows,) or (n_members, n_rows)
            Numbers of the rows.
        """
        columns = np.moveaxis(self.gatherer(orders), -1, 0)
        n, shape = self.n_full * self.size, self.full.shape
        full = columns[..., :n].reshape(*shape[1:-1], self.n_full, self.size)
        np.copyto(self.full, np.moveaxis(full, -2, 0))
        np.copyto(self.rest, columns[..., n:])
        return self.batches
