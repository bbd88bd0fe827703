"""What a loss says of constants, and what the lowest loss is."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit

from skdl.engine.losses import mean_loss

__all__ = ["best_constant", "constant_loss", "floor_of", "row_losses", "zero_loss"]

# Where logarithms of targets 0 and 1 are cut off.
EPSILON = 1e-6
MANY = 50


def row_losses(loss, scores, targets, table=None):
    """Return each row's loss, (n_rows,), without any penalty.

    Parameters
    ----------
    loss : loss object
    scores : ndarray of shape (n_rows, n_scores)
    targets, table : ndarray
        As in `Data`; the table may be None.
    """
    rows, _ = _evaluate(loss, scores, targets if table is None else table[targets])
    return rows[:, 0].astype(np.float64)


def zero_loss(loss, targets, table, n_scores, weights=None):
    """Return the mean loss of scores that are all zero.

    It is what starting weights should give: log K for K classes with the softmax, log 2
    for each sigmoid, K - 1 for the hinge, half the mean square of y for the squared
    error.

    Parameters
    ----------
    loss : loss object
    targets, table : ndarray
    n_scores : int
    weights : ndarray of shape (n_rows,), optional
    """
    return mean_loss(loss, np.zeros((len(targets), n_scores)), targets, table, weights)


def best_constant(loss, targets, table, n_scores, weights=None):
    """Return the scores (n_scores,) that suit all rows best, if all get the same.

    Parameters
    ----------
    loss : loss object
    targets, table : ndarray
    n_scores : int
    weights : ndarray of shape (n_rows,), optional
    """
    targets = np.asarray(targets if table is None else table[targets], np.float64)
    weights = np.ones(len(targets)) if weights is None else weights
    shares = weights / weights.sum()

    def objective(constant):
        rows, gradient = _evaluate(loss, np.tile(constant, (len(targets), 1)), targets)
        return shares @ rows[:, 0], shares @ gradient

    # From zero it is the prior of the classes; numbers are nearer to their mean.
    starts = [np.zeros(n_scores)]
    if targets.shape[1] == n_scores:
        starts.append(shares @ targets)
    # BFGS would keep a matrix of n_scores².
    method = "BFGS" if n_scores <= MANY else "L-BFGS-B"
    with np.errstate(all="ignore"):
        found = [
            minimize(objective, start, jac=True, method=method).x for start in starts
        ]
        candidates = [one for one in (*starts, *found) if np.isfinite(one).all()]
        values = [objective(one)[0] for one in candidates]
    return candidates[int(np.nanargmin(values))]


def constant_loss(loss, constant, targets, table, weights=None):
    """Return the mean loss of rows that all get these scores.

    Parameters
    ----------
    loss : loss object
    constant : ndarray of shape (n_scores,)
    targets, table : ndarray
    weights : ndarray of shape (n_rows,), optional
    """
    scores = np.tile(constant, (len(targets), 1))
    return mean_loss(loss, scores, targets, table, weights)


def floor_of(loss, targets, table, n_scores, weights=None):
    """Return the mean loss of scores that fit each row as well as they can.

    It is 0 for most losses, and the entropy of the targets where they are soft. Found
    by trying what would be right for one loss or another.

    Parameters
    ----------
    loss : loss object
    targets, table : ndarray
    n_scores : int
    weights : ndarray of shape (n_rows,), optional
    """
    rows = np.asarray(targets if table is None else table[targets], np.float64)
    if rows.shape[1] != n_scores:
        return 0.0
    inside = np.clip(rows, EPSILON, 1 - EPSILON)
    positive = np.log(np.maximum(rows, EPSILON))
    tried = [rows, 30 * (rows - 0.5), positive, logit(inside)]
    with np.errstate(all="ignore"):
        values = [mean_loss(loss, scores, targets, table, weights) for scores in tried]
    return float(np.nanmin(values))


def _evaluate(loss, scores, rows_of_targets):
    scores = np.array(scores, np.float64)
    rows, gradient = np.empty((len(scores), 1)), np.empty_like(scores)
    with np.errstate(all="ignore"):
        loss.rows_and_gradient(
            scores, np.asarray(rows_of_targets, np.float64), rows, gradient
        )
    return rows, gradient
