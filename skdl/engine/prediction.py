"""The forward pass over any number of rows, to the scores or to a hidden layer."""

import math

import numpy as np
from scipy.sparse import issparse

from skdl.engine.network import Network
from skdl.engine.workspace import Workspace

__all__ = [
    "by_passes",
    "bytes_per_row",
    "hidden_outputs",
    "raw_scores",
    "rows_per_pass",
]

# Size of the widest layer's outputs in a pass. They stay in the cache from one
# operation to the next.
PASS_BYTES = 2**19
# With fewer rows the products are slow; more rows do not help even narrow nets.
MIN_ROWS, MAX_ROWS = 512, 8192


def rows_per_pass(network: Network) -> int:
    """Return the number of rows per pass with which a network predicts fastest.

    Parameters
    ----------
    network : Network
        The network that predicts.

    Returns
    -------
    n_rows : int
        A power of two from 512 to 8192.
    """
    width = max(network.widths[1:]) * math.prod(network.stack)
    n_rows = max(1, PASS_BYTES // (width * network.dtype.itemsize))
    return min(max(1 << (n_rows.bit_length() - 1), MIN_ROWS), MAX_ROWS)


def raw_scores(network: Network, X, rows=None, max_rows=None) -> np.ndarray:
    """Return the network's scores for rows of X.

    Parameters
    ----------
    network : Network
        The network that predicts. It is only read: many threads may share it.
    X : ndarray of shape (n_samples, n_features), or CSR array
        The data, of any real dtype.
    rows : ndarray of int, optional
        Numbers of the rows to take. All rows by default.
    max_rows : int, optional
        Rows per pass, at least 1, which bounds the memory beside the scores. By default
        `rows_per_pass` of the network.

    Returns
    -------
    scores : ndarray of shape (..., n_rows, n_scores)
        The raw scores, in the dtype of the network.
    """
    return _outputs(network, X, rows, max_rows, len(network.affine) - 1)


def hidden_outputs(
    network: Network, X, layer: int, max_rows: int | None = None
) -> np.ndarray:
    """Return the outputs of a hidden layer, as the next layer gets them.

    Parameters
    ----------
    network : Network
        The network that predicts.
    X : ndarray of shape (n_samples, n_features), or CSR array
        The data, of any real dtype.
    layer : int
        Number of the layer, from 0.
    max_rows : int, optional
        Rows per pass, as for `raw_scores`.

    Returns
    -------
    outputs : ndarray of shape (..., n_rows, width)
        The outputs of the layer, in the dtype of the network.
    """
    return _outputs(network, X, None, max_rows, layer)


def by_passes(network, X, function, rows=None, max_rows=None):
    """Apply a function to the scores, pass by pass, without holding all scores.

    Parameters
    ----------
    network : Network
        The network that predicts. It may be a stack.
    X : ndarray of shape (n_samples, n_features), or CSR array
        The data, of any real dtype.
    function : callable
        Takes the scores of one pass, (..., n, n_scores), which it may change. Returns
        an array with one element or row for each row, or a list of such arrays.
    rows : ndarray of int, optional
        Numbers of the rows to take. All rows by default.
    max_rows : int, optional
        Rows per pass, as for `raw_scores`.

    Returns
    -------
    results : ndarray or list of ndarray
        With an element or row for each row of X.
    """
    results = []
    n_rows = X.shape[0] if rows is None else len(rows)
    for part, scores in _passes(network, X, rows, max_rows, len(network.affine) - 1):
        made = function(scores)
        several = isinstance(made, list)
        arrays = made if several else [made]
        if not results:
            if part.stop == n_rows:
                return made
            results = [np.empty((n_rows, *a.shape[1:]), a.dtype) for a in arrays]
        for result, array in zip(results, arrays, strict=True):
            result[part] = array
    return results if several else results[0]


def _outputs(network, X, rows, max_rows, i):
    """Return the outputs of layer i. Those of the last layer are the scores."""
    n_rows = X.shape[0] if rows is None else len(rows)
    outputs = np.empty((*network.stack, n_rows, network.widths[i + 1]), network.dtype)
    for part, some in _passes(network, X, rows, max_rows, i):
        outputs[..., part, :] = some
    return outputs


def _passes(network, X, rows, max_rows, i):
    """Yield (slice, outputs of layer i for these rows). All passes share the memory."""
    n_rows = X.shape[0] if rows is None else len(rows)
    max_rows = rows_per_pass(network) if max_rows is None else max_rows
    workspace = converted = None
    if _is_converted(network, X):
        converted = np.empty((min(max_rows, n_rows), X.shape[1]), network.dtype)
    for start in range(0, n_rows, max_rows):
        stop = min(start + max_rows, n_rows)
        if workspace is None or stop - start < max_rows:
            workspace = None  # frees its memory before the next one is made
            workspace = Workspace(network, stop - start, frozen=True)
            if i < len(network.affine) - 1:
                end = list(workspace.buffers_of).index(network.affine[i + 1])
                del workspace.forward_passes[end:]
        X_block = X[slice(start, stop) if rows is None else rows[start:stop]]
        if converted is not None:
            np.copyto(converted[: stop - start], X_block, casting="unsafe")
            X_block = converted[: stop - start]
        elif issparse(X):
            X_block = X_block.astype(network.dtype, copy=False)
        yield slice(start, stop), network.scores(X_block, workspace)


def bytes_per_row(network: Network, X) -> int:
    """Return the bytes that each row of X needs during a pass, the scores aside.

    Parameters
    ----------
    network : Network
        The network that predicts.
    X : ndarray of shape (n_samples, n_features), or CSR array
        The data. For a CSR array, the result is the mean over the rows.

    Returns
    -------
    n_bytes : int
        At least 1.
    """
    item = network.dtype.itemsize
    n_bytes = Workspace(network, 1).bytes_per_row
    if issparse(X):
        # The slice, its conversion, and the product, which SciPy allocates.
        stored = X.nnz / max(1, X.shape[0])
        n_bytes += stored * (X.dtype.itemsize + X.indices.itemsize + item)
        n_bytes += X.indptr.itemsize + item * network.affine[0].width
    elif _is_converted(network, X):
        n_bytes += item * X.shape[1]
    return math.ceil(n_bytes)


def _is_converted(network, X):
    if X.dtype == network.dtype:
        return False
    return not (network.takes_any_dtype or issparse(X))
