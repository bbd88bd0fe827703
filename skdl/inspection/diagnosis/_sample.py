"""Encoded training rows, and the losses of networks and of constants for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import logit

from skdl.engine.constant_scores import (
    EPSILON,
    best_constant,
    blocks_of_targets,
    loss_of_scores,
    losses_and_gradient,
    losses_of_rows,
)
from skdl.engine.prediction import raw_scores


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
        self.zero = loss_of_scores(*distinct, self.loss, np.zeros(self.n_scores))
        self.chance = loss_of_scores(*distinct, self.loss, self.constant)
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
        for rows, t in blocks_of_targets(targets, table, self.n_scores):
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
