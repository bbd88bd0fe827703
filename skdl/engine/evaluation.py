"""The mean loss of rows that are not trained on."""

import numpy as np

__all__ = ["mean_loss", "sum_of_losses"]

# Rows at a time: a loss needs a few arrays of this many rows.
ROWS = 4096


def mean_loss(loss, scores, targets, table=None, weights=None):
    """Return Σ_i w_i J_i / Σ_i w_i: the objective without the penalty.

    Parameters
    ----------
    loss : loss object
    scores : ndarray of shape (n_rows, n_scores)
        Raw scores.
    targets : ndarray of shape (n_rows,) or (n_rows, n_targets)
    table : ndarray of shape (n_classes, n_targets), or TargetTable, optional
        If given, `targets` are row numbers of it.
    weights : ndarray of shape (n_rows,), optional
        Not all zero.

    Returns
    -------
    loss : float
    """
    total = sum_of_losses(loss, scores, targets, table, weights)
    return total / float(len(scores) if weights is None else np.sum(weights))


def sum_of_losses(loss, scores, targets, table=None, weights=None):
    """Return Σ_i w_i J_i. The sums over parts of the rows add up to that of all rows.

    Parameters
    ----------
    loss : loss object
        The loss J.
    scores : ndarray of shape (n_rows, n_scores)
        Raw scores.
    targets : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Targets as the loss encodes them, or row numbers of the table.
    table : ndarray of shape (n_classes, n_targets), or TargetTable, optional
        If given, `targets` are row numbers of it.
    weights : ndarray of shape (n_rows,), optional
        Weights w of the rows; all are 1 by default.

    Returns
    -------
    loss : float
        The weighted sum, in float64.
    """
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(scores), ROWS):
            block = slice(start, start + ROWS)
            # A copy: for a loss, scores are scratch.
            S, t = scores[block].copy(), targets[block]
            rows = np.empty((len(S), 1), S.dtype)
            t = t if table is None else table[t]
            loss.rows_and_gradient(S, t, rows, np.empty_like(S))
            rows = rows[:, 0].astype(np.float64)
            total += rows.sum() if weights is None else np.dot(rows, weights[block])
    return float(total)
