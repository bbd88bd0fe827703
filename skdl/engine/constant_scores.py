"""The scores that fit all rows best if every row gets the same, and losses of rows."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit

__all__ = [
    "EPSILON",
    "MAX_SCORES",
    "best_constant",
    "blocks_of_targets",
    "loss_of_scores",
    "losses_and_gradient",
    "losses_of_rows",
]

# Losses are computed for blocks of rows with this number of scores at most, so that the
# memory does not grow with rows times classes.
MAX_SCORES = 200_000
# Targets 0 and 1 are moved inside by this before a logarithm.
EPSILON = 1e-6
# Up to this number of scores, BFGS finds the best constant; its matrix has n² numbers.
MAX_BFGS = 50


def losses_and_gradient(loss: Any, scores: Any, target_rows: Any) -> tuple:
    """Return each row's loss, (n_rows,), and the gradient of the scores, in float64.

    Parameters
    ----------
    loss : loss object
        The loss.
    scores : array-like of shape (n_rows, n_scores)
        Raw scores, which are only read.
    target_rows : array-like of shape (n_rows, n_targets)
        One row of targets for each row of scores.
    """
    scores = np.array(scores, np.float64)
    losses, gradient = np.empty((len(scores), 1)), np.empty_like(scores)
    with np.errstate(all="ignore"):
        loss.rows_and_gradient(
            scores, np.asarray(target_rows, np.float64), losses, gradient
        )
    return losses[:, 0], gradient


def losses_of_rows(
    scores_of: Callable, targets: Any, table: Any, loss: Any, n_scores: int
) -> np.ndarray:
    """Return each row's loss, (n_rows,), in blocks of rows.

    Parameters
    ----------
    scores_of : callable
        ``scores_of(rows)`` returns the raw scores of a slice of rows.
    targets, table : ndarray
        As in `skdl.engine.Data`; the table may be None.
    loss : loss object
        The loss.
    n_scores : int
        The number of raw scores per row.
    """
    return np.concatenate(
        [
            losses_and_gradient(loss, scores_of(rows), t)[0]
            for rows, t in blocks_of_targets(targets, table, n_scores)
        ]
    )


def best_constant(
    targets: Any, table: Any, shares: np.ndarray, loss: Any, n_scores: int
) -> np.ndarray:
    """Return the scores (n_scores,) with the lowest mean loss if all rows get them.

    The best constant of the softmax is the logarithm of the classes' frequencies, that
    of sigmoids their logit, and that of numbers often their mean. The search starts
    from these. With many scores it starts from the best of them only.

    Parameters
    ----------
    targets, table : ndarray
        As in `skdl.engine.Data`; the table may be None.
    shares : ndarray of shape (n_rows,)
        The weights of the rows, which add up to 1.
    loss : loss object
        The loss to minimize.
    n_scores : int
        The number of raw scores.
    """

    def objective(constant):
        total: Any = 0.0
        gradient = np.zeros(n_scores)
        for rows, t in blocks_of_targets(targets, table, n_scores):
            scores = np.broadcast_to(constant, (len(t), n_scores))
            losses, gradients = losses_and_gradient(loss, scores, t)
            total += shares[rows] @ losses
            gradient += shares[rows] @ gradients
        return total, gradient

    def value(constant):
        return objective(constant)[0]

    starts, method = [np.zeros(n_scores)], "BFGS"
    means = _mean_targets(targets, table, shares, n_scores)
    if means is not None:
        starts.append(means)
    if n_scores > MAX_BFGS:
        method = "L-BFGS-B"
        if means is not None:
            inside = np.clip(means, EPSILON, 1 - EPSILON)
            starts += [np.log(np.maximum(means, EPSILON)), logit(inside)]
        starts = [
            min(starts, key=lambda scores: np.nan_to_num(value(scores), nan=np.inf))
        ]
    with np.errstate(all="ignore"):
        found = [
            minimize(objective, start, jac=True, method=method).x for start in starts
        ]
        finite = [c for c in (*starts, *found) if np.isfinite(c).all()]
        values = [value(candidate) for candidate in finite]
    return finite[int(np.nanargmin(values))]


def _mean_targets(targets, table, shares, n_scores):
    """Return the mean of the target rows, or None if they cannot be scores."""
    mean = np.zeros(n_scores)
    for rows, t in blocks_of_targets(targets, table, n_scores):
        if t.shape[1] != n_scores:
            return None
        mean += shares[rows] @ t
    return mean


def loss_of_scores(
    targets: Any, table: Any, shares: np.ndarray, loss: Any, constant: np.ndarray
) -> float:
    """Return the mean loss if all rows get the same scores.

    Parameters
    ----------
    targets, table, shares, loss
        As for `best_constant`.
    constant : ndarray of shape (n_scores,)
        The raw scores.
    """

    def scores_of(rows):
        return np.broadcast_to(constant, (rows.stop - rows.start, len(constant)))

    return float(
        shares @ losses_of_rows(scores_of, targets, table, loss, len(constant))
    )


def blocks_of_targets(
    targets: Any, table: Any, n_scores: int
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of rows, and their targets in float64.

    Parameters
    ----------
    targets, table : ndarray
        As in `skdl.engine.Data`; the table may be None.
    n_scores : int
        The number of raw scores per row.
    """
    size = max(1, MAX_SCORES // n_scores)
    for start in range(0, len(targets), size):
        rows = slice(start, min(start + size, len(targets)))
        t = targets[rows] if table is None else table[targets[rows]]
        yield rows, np.asarray(t, np.float64)
