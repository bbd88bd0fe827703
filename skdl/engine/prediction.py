"""The forward pass over any number of rows."""

import numpy as np

from skdl.engine.network import Workspace

__all__ = ["raw_scores"]

# Rows per pass: the hidden layers' memory does not grow with the data.
ROWS = 4096


def raw_scores(network, X, rows=None):
    """Return the network's scores for rows of X.

    Parameters
    ----------
    network : Network
        Only read: many threads may share it.
    X : ndarray of shape (n_samples, n_features), or CSR array
        Of any real dtype.
    rows : ndarray of int, optional
        Which rows, instead of all.

    Returns
    -------
    scores : ndarray of shape (..., n_rows, n_scores)
    """
    n_rows = X.shape[0] if rows is None else len(rows)
    scores = np.empty((*network.stack, n_rows, network.widths[-1]), network.dtype)
    workspace = None
    for start in range(0, n_rows, ROWS):
        stop = min(start + ROWS, n_rows)
        if workspace is None or stop - start < ROWS:
            workspace = Workspace(network, stop - start)
        block = slice(start, stop) if rows is None else rows[start:stop]
        X_block = X[block].astype(network.dtype, copy=False)
        scores[..., start:stop, :] = network.scores(X_block, workspace)
    return scores
