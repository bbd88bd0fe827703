"""Rows on their way from the user's arrays to the network's buffers."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

__all__ = ["Batches", "Data"]


@dataclass
class Data:
    """What a network trains on; no array here is ever written to.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
        Of any real dtype: batches are converted, not the whole.
    targets : ndarray of shape (n_samples,) or (n_samples, n_targets)
    table : ndarray of shape (n_classes, n_targets), optional
        If given, `targets` are row numbers of it.
    weights : ndarray of shape (n_samples, 1), optional
        Of the network's dtype, not negative, and not zero for all rows in use.
    rows : ndarray of int, optional
        The rows to use; all of them by default.
    """

    X: np.ndarray
    targets: np.ndarray
    table: np.ndarray | None = None
    weights: np.ndarray | None = None
    rows: np.ndarray | None = None

    @property
    def n_rows(self):
        """Number of rows in use."""
        return self.X.shape[0] if self.rows is None else len(self.rows)


class Batches:
    """Gathers batches of rows into buffers that are allocated once.

    Parameters
    ----------
    data : Data
    batch_size : int
        The last batch of an epoch may be smaller.
    dtype : numpy.dtype
        The network's.
    """

    def __init__(self, data, batch_size, dtype):
        self.data = data
        self.batch_size = batch_size
        X, table = data.X, data.table
        if not issparse(X):
            self._raw = np.empty((batch_size, X.shape[1]), X.dtype)
            same = X.dtype == dtype
            self._X = self._raw if same else np.empty(self._raw.shape, dtype)
        self._dtype = dtype
        target_shape = (batch_size, *data.targets.shape[1:])
        self._codes = np.empty(target_shape, data.targets.dtype)
        self._targets = self._codes
        if table is not None:
            self._targets = np.empty((batch_size, table.shape[1]), table.dtype)
        if data.weights is not None:
            self._weights = np.empty((batch_size, 1), dtype)
            used = data.weights if data.rows is None else data.weights[data.rows]
            if data.weights.dtype != dtype or not used.any():
                raise ValueError(
                    f"weights must be of dtype {dtype} and not all zero, got dtype "
                    f"{data.weights.dtype} and a sum of {used.sum()}"
                )

    def epoch(self, rng=None):
        """Yield (X, targets, weights) for each batch; shuffled where rng is given.

        The arrays are valid until the next batch is asked for.
        """
        data, size = self.data, self.batch_size
        order = np.arange(data.n_rows) if data.rows is None else data.rows
        if rng is not None:
            order = rng.permutation(order)
        for start in range(0, data.n_rows, size):
            yield self._gather(order[start : start + size])

    def _gather(self, rows):
        data, n = self.data, len(rows)
        codes = _take(data.targets, rows, self._codes[:n])
        targets = codes
        if data.table is not None:
            targets = _take(data.table, codes, self._targets[:n])
        weights = None
        if data.weights is not None:
            weights = _take(data.weights, rows, self._weights[:n])
        if issparse(data.X):
            return data.X[rows].astype(self._dtype, copy=False), targets, weights
        X = _take(data.X, rows, self._raw[:n])
        if self._X is not self._raw:
            np.copyto(self._X[:n], X, casting="unsafe")
            X = self._X[:n]
        return X, targets, weights


def _take(array, rows, out):
    """Write the rows with these numbers into out, and return it."""
    if array.flags.c_contiguous and array.flags.aligned:
        # mode="clip" spares NumPy a copy of `out`, which it keeps to be able to undo.
        return array.take(rows, axis=0, out=out, mode="clip")
    # There `take` would copy the whole array first, for each batch.
    np.copyto(out, array[rows])
    return out
