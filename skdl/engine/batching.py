"""Batches: rows of the user's arrays, gathered into buffers."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl.engine.augmentation import Augmentation
from skdl.engine.target_tables import TargetTable

__all__ = ["Batches", "Data"]


@dataclass
class Data:
    """The data that a network trains on. None of its arrays is ever written to.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
        The inputs, of any real dtype: batches are converted, not the whole array.
    targets : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Targets as the loss encodes them.
    table : ndarray of shape (n_classes, n_targets), or TargetTable, optional
        If given, `targets` are row numbers of this table.
    weights : ndarray of shape (n_samples, 1), optional
        Row weights in the network's dtype: not negative, and not all of them zero.
    rows : ndarray of int, optional
        Numbers of the rows to use. All rows by default.
    """

    X: np.ndarray
    targets: np.ndarray
    table: np.ndarray | None = None
    weights: np.ndarray | None = None
    rows: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows in use."""
        return self.X.shape[0] if self.rows is None else len(self.rows)

    @property
    def used_weights(self) -> np.ndarray | None:
        """Weights of the rows in use, (n_rows, 1)."""
        if self.weights is None or self.rows is None:
            return self.weights
        return self.weights[self.rows]

    def count_zero_weights(self) -> int:
        """Return how many of the rows in use have weight 0."""
        used = self.used_weights
        return 0 if used is None else self.n_rows - int(np.count_nonzero(used))


class Batches:
    """Gathers batches of rows into buffers that are allocated once.

    Parameters
    ----------
    data : Data
        The rows to gather.
    batch_size : int
        Rows per batch. The last batch of an epoch may be smaller.
    dtype : numpy.dtype
        The network's dtype.
    raw : bool, default=False
        Whether X keeps its dtype, for a network that converts it itself.
    augmentation : Augmentation, optional
        Changes the rows of X, in their own dtype. If it mixes rows, they are converted
        in any case.
    """

    def __init__(
        self,
        data: Data,
        batch_size: int,
        dtype: np.dtype,
        raw: bool = False,
        augmentation: Augmentation | None = None,
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        X, table = data.X, data.table
        self._mix = None
        if augmentation is not None and augmentation.mixes:
            self._mix = augmentation.mix
        x_dtype = X.dtype if raw and self._mix is None else dtype
        self._X = _Gatherer(X, batch_size, x_dtype, augmentation)
        self._targets = _Gatherer(data.targets, batch_size, data.targets.dtype)
        self._table: Any = None
        self._weights = self._columns = None
        width = math.prod(data.targets.shape[1:])
        if isinstance(table, TargetTable):
            self._table, width = table, table.shape[1]
        elif table is not None:
            self._table, width = np.ascontiguousarray(table.T), table.shape[1]
        # One column has the memory layout of one row: no copy is needed.
        if table is not None or width > 1:
            target_dtype = data.targets.dtype if table is None else table.dtype
            self._columns = np.empty((width, batch_size), target_dtype)
        if data.weights is not None:
            self._weights = _Gatherer(data.weights, batch_size, dtype)
            used: Any = data.used_weights
            if data.weights.dtype != dtype or not used.any():
                raise ValueError(
                    f"weights must be of dtype {dtype} and not all zero, got dtype "
                    f"{data.weights.dtype} and a sum of {used.sum()}"
                )

    def epoch(self, rng=None):
        """Yield (X, targets, weights) for each batch.

        The arrays are valid until the next batch is requested. Targets lie in memory
        column by column.

        Parameters
        ----------
        rng : numpy.random.Generator, optional
            Shuffles the rows. By default they keep their order.
        """
        data, size = self.data, self.batch_size
        if rng is not None:
            order = rng.permutation(data.n_rows if data.rows is None else data.rows)
        else:
            order = np.arange(data.n_rows) if data.rows is None else data.rows
        for start in range(0, data.n_rows, size):
            yield self._gather(order[start : start + size])

    def _gather(self, rows):
        targets = self._targets(rows)
        columns = self._columns
        if columns is not None:
            if len(rows) != self.batch_size:
                # Keep the smaller buffer contiguous.
                columns = columns.reshape(-1)[: len(columns) * len(rows)]
                columns = columns.reshape(-1, len(rows))
            if self._table is None:
                np.copyto(columns, targets.T)
            elif isinstance(self._table, TargetTable):
                self._table.gather(targets, columns.T)
            else:
                self._table.take(targets, 1, columns, "clip")
            targets = columns.T
        weights = None if self._weights is None else self._weights(rows)
        X = self._X(rows)
        if self._mix is not None:
            self._mix(X, targets)
        return X, targets, weights


class _Gatherer:
    """Gathers rows of one array by number, into a buffer of a given dtype."""

    def __init__(self, array, size, dtype, change=None):
        self.array, self.size, self.dtype = array, size, dtype
        self.change = change
        self.sparse = not isinstance(array, np.ndarray)
        if self.sparse:
            return
        self.raw = np.empty((size, *array.shape[1:]), array.dtype)
        same = array.dtype == dtype
        self.converted = None if same else np.empty(self.raw.shape, dtype)
        # For other arrays, `take` would first copy the whole array, for each batch.
        self.take = array.flags.c_contiguous and array.flags.aligned and array.take

    def __call__(self, rows):
        """Return the rows; the array is valid until the next call."""
        if self.sparse:
            return self.array[rows].astype(self.dtype, copy=False)
        n = len(rows)
        out = self.raw if n == self.size else self.raw[:n]
        if self.take:
            # With "clip", NumPy needs no copy of `out` to undo a failed call.
            self.take(rows, 0, out, "clip")
        else:
            np.copyto(out, self.array[rows])
        if self.change is not None:
            out = self.change(out)
        if self.converted is None:
            return out
        converted = self.converted if n == self.size else self.converted[:n]
        np.copyto(converted, out, casting="unsafe")
        return converted
