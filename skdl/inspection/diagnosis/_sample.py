"""Encoded training rows, and the losses of networks and of constants for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logit
from sklearn.utils import gen_batches

from skdl.engine.prediction import raw_scores

# Losses are computed for blocks of rows with this number of scores at most, so that the
# memory does not grow with rows times classes.
MAX_SCORES = 200_000
# Targets 0 and 1 are moved inside by this before a logarithm.
EPSILON = 1e-6
# Up to this number of scores, BFGS finds the best constant; its matrix has n² numbers.
MAX_BFGS = 50


@dataclass
class Sample:
    """Encoded training rows, and the losses of constant predictions for them.

    Attributes
    ----------
    X : ndarray or CSR array
        The rows.
    targets, table : ndarray
        As in `skdl.engine.Data`; the table may be None.
    loss : loss object
        The loss of the net.
    n_scores : int
        The number of raw scores per row.
    weights : ndarray of shape (n_rows,), or None
        Weights in training: those of the rows times those of their classes.
    constant : ndarray of shape (n_scores,), optional
        The raw scores that fit all training rows best if every row gets the same; by
        default those that fit these rows.
    zero, chance, floor : float
        The mean loss of all-zero scores, of the best constant, and the lowest one.
    """

    X: Any
    targets: np.ndarray
    table: Any
    loss: Any
    n_scores: int
    weights: np.ndarray | None = None
    constant: np.ndarray | None = None
    zero: float = field(init=False)
    chance: float = field(init=False)
    floor: float = field(init=False)

    def __post_init__(self):
        distinct = self._distinct()
        if self.constant is None:
            self.constant = best_constant(*distinct, self.loss, self.n_scores)
        self.zero = _loss_of_scores(*distinct, self.loss, np.zeros(self.n_scores))
        self.chance = _loss_of_scores(*distinct, self.loss, self.constant)
        self.floor = min(self.chance, self._minimum_loss(*distinct))

    @property
    def target_rows(self) -> np.ndarray:
        """One row of targets for each row of X."""
        return self.targets if self.table is None else self.table[self.targets]

    def mean_loss(self, scores_of: Callable) -> float:
        """Return the weighted mean loss of raw scores, without penalty.

        Parameters
        ----------
        scores_of : callable
            ``scores_of(rows)`` returns the raw scores of a slice of rows.
        """
        losses = losses_of_rows(
            scores_of, self.targets, self.table, self.loss, self.n_scores
        )
        return float(np.average(losses, weights=self.weights))

    def loss_of(self, network: Any) -> float:
        """Return the mean loss of a network as it predicts, without penalty."""
        return self.mean_loss(lambda rows: raw_scores(network, self.X[rows]))

    def progress(self, loss: Any) -> Any:
        """Return losses as shares of the way from the best constant to the floor."""
        way = self.chance - self.floor
        if not way > 0:
            return np.ones(np.shape(loss))[()]
        return (self.chance - loss) / way

    def _distinct(self):
        """Return targets, the table, and shares of the weight that add up to 1.

        Rows of one class share a target, so that a loss of constant scores takes one
        row for each class.
        """
        targets, weights = self.targets, self.weights
        weights = np.ones(len(targets)) if weights is None else weights
        if self.table is not None and targets.ndim == 1:
            targets, number = np.unique(targets, return_inverse=True)
            weights = np.bincount(number, weights)
        return targets, self.table, weights / weights.sum()

    def _minimum_loss(self, targets, table, shares):
        """Return the mean loss of the scores that fit each row best.

        It is 0 for most losses, and the entropy of soft targets. The candidates are the
        best scores of one loss or another.
        """
        totals: Any = 0.0
        for rows, t in _blocks(targets, table, self.n_scores):
            if t.shape[1] != self.n_scores:
                return 0.0
            inside = np.clip(t, EPSILON, 1 - EPSILON)
            positive = np.log(np.maximum(t, EPSILON))
            candidates = (t, 30 * (t - 0.5), positive, logit(inside))
            totals += np.array(
                [
                    shares[rows] @ losses_and_gradient(self.loss, scores, t)[0]
                    for scores in candidates
                ]
            )
        return float(np.nanmin(totals))


def losses_and_gradient(loss: Any, scores: Any, target_rows: Any) -> tuple:
    """Return each row's loss, (n_rows,), and the gradient of the scores, in float64."""
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
            for rows, t in _blocks(targets, table, n_scores)
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
        for rows, t in _blocks(targets, table, n_scores):
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
    for rows, t in _blocks(targets, table, n_scores):
        if t.shape[1] != n_scores:
            return None
        mean += shares[rows] @ t
    return mean


def _loss_of_scores(targets, table, shares, loss, constant):
    """Return the mean loss if all rows get the same scores."""

    def scores_of(rows):
        return np.broadcast_to(constant, (rows.stop - rows.start, len(constant)))

    return float(
        shares @ losses_of_rows(scores_of, targets, table, loss, len(constant))
    )


def _blocks(targets, table, n_scores) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of rows, and their targets in float64."""
    for rows in gen_batches(len(targets), max(1, MAX_SCORES // n_scores)):
        t = targets[rows] if table is None else table[targets[rows]]
        yield rows, np.asarray(t, np.float64)
