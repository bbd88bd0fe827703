"""Losses on raw scores.

A loss owns three things, and the kinds of estimators differ in nothing else:

``encode(y, n_classes, dtype)``
    How targets become numbers: returns ``(targets, table)``. Targets have one row per
    sample. Where a table is given, they are row numbers of it, so that a batch of class
    labels becomes a batch of rows by one ``take``. Regression losses get the values
    themselves: ``encode(y, dtype)``.
``rows_and_gradient(scores, targets, rows, gradient)``
    Each row's loss, and its derivative with respect to that row's scores: without
    weights and not divided by the number of rows, for the network does both.
``probabilities(scores)``, ``log_probabilities(scores)`` or ``predictions(scores)``
    The link from raw scores to what the user asked for.

Shapes: scores and gradient (..., n, k), targets (n, k), rows (..., n, 1). The scores
serve as scratch, and their content is lost: no loss allocates.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import BaseEstimator

from skdl.engine.regression_losses import (
    AbsoluteError,
    Huber,
    Poisson,
    SquaredError,
    add_row_sums,
)

__all__ = [
    "CLASSIFICATION_LOSSES",
    "REGRESSION_LOSSES",
    "Hinge",
    "LogisticLoss",
    "Softmax",
    "SquaredHinge",
]


class _OneScorePerClass(BaseEstimator):
    """The coding that softmax and the hinge losses share."""

    def n_scores(self, n_classes):
        """One score per class, for two classes too."""
        return n_classes

    def encode(self, y, n_classes, dtype):
        """Class numbers (n,), and their one-hot rows."""
        return y, np.eye(n_classes, dtype=dtype)


@dataclass(eq=False, repr=False)
class Softmax(_OneScorePerClass):
    """Cross-entropy of the softmax: J = -Σ_j t_j log p_j.

    p_j = exp(s_j) / Σ_c exp(s_c), and t is the one-hot row of the true class. The
    largest score is subtracted before the exponential: that changes no probability and
    lets none overflow.
    """

    out_activation = "softmax"

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and p - t."""
        np.maximum.reduce(scores, axis=-1, keepdims=True, out=rows)
        np.subtract(scores, rows, out=scores)
        np.exp(scores, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        np.divide(gradient, rows, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        # -Σ t log p = Σ t (log Σ exp(s) - s), which never takes the log of a zero.
        np.log(rows, out=rows)
        np.subtract(rows, scores, out=scores)
        np.multiply(scores, targets, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)

    def probabilities(self, scores, exclusive=True):
        """Return p, of the shape of the scores."""
        return softmax(scores, axis=-1)

    def log_probabilities(self, scores, exclusive=True):
        """Return log p, finite for all finite scores."""
        return log_softmax(scores, axis=-1)


@dataclass(eq=False, repr=False)
class LogisticLoss(BaseEstimator):
    """Cross-entropy of sigmoids: J = Σ_j log(1 + exp(s_j)) - t_j s_j, t_j in {0, 1}.

    Two classes share one score. More have one each: a class against the rest, or, where
    the target is an indicator matrix, a label each.
    """

    out_activation = "logistic"

    def n_scores(self, n_classes):
        """One score for two classes, else one per class."""
        return 1 if n_classes <= 2 else n_classes

    def encode(self, y, n_classes, dtype):
        """Class numbers and their rows; an indicator matrix stands for itself."""
        if y.ndim == 2:
            return y.astype(dtype), None
        if n_classes <= 2:
            return y, np.arange(n_classes, dtype=dtype)[:, np.newaxis]
        return y, np.eye(n_classes, dtype=dtype)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and σ(s) - t."""
        # log(1 + exp(s)) = -log σ(-s), which SciPy computes without overflow.
        np.negative(scores, out=gradient)
        log_expit(gradient, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        expit(scores, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        np.multiply(scores, targets, out=scores)
        add_row_sums(rows, scores)
        np.negative(rows, out=rows)

    def probabilities(self, scores, exclusive=True):
        """Return one column per class; exclusive classes' rows sum to 1."""
        if not exclusive:
            return expit(scores)
        if scores.shape[-1] == 1:
            return np.concatenate([expit(-scores), expit(scores)], axis=-1)
        # In log space, or rows of very negative scores would be divided by zero.
        return softmax(log_expit(scores), axis=-1)

    def log_probabilities(self, scores, exclusive=True):
        """Return the logarithm of `probabilities`, finite for all finite scores."""
        if not exclusive:
            return log_expit(scores)
        if scores.shape[-1] == 1:
            return np.concatenate([log_expit(-scores), log_expit(scores)], axis=-1)
        return log_softmax(log_expit(scores), axis=-1)


class _MarginLoss(_OneScorePerClass):
    """What the hinge losses share: the margins, and the gradient's bookkeeping."""

    out_activation = "identity"

    def _violations(self, scores, targets, rows):
        """Turn scores into max(0, s_j - s_y + 1) for j ≠ y, and 0 for j = y."""
        np.einsum("...j,...j->...", scores, targets, out=rows[..., 0])
        np.subtract(scores, rows, out=scores)
        np.add(scores, 1, out=scores)
        np.subtract(scores, targets, out=scores)
        np.maximum(scores, 0, out=scores)

    def _balance(self, gradient, targets, scratch):
        """Subtract each row's sum at the true class: it enters every margin."""
        first, others = scratch[..., :1], scratch[..., 1:]
        np.add.reduce(gradient, axis=-1, keepdims=True, out=first)
        np.multiply(targets[..., 1:], first, out=others)
        np.multiply(targets[..., :1], first, out=first)
        np.subtract(gradient, scratch, out=gradient)


@dataclass(eq=False, repr=False)
class Hinge(_MarginLoss):
    """The multi-class hinge: J = Σ_{j≠y} max(0, s_j - s_y + 1).

    References
    ----------
    J. Weston, C. Watkins, "Support vector machines for multi-class pattern
    recognition", ESANN 1999.
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses; 1 at each violated margin, minus their number at y."""
        self._violations(scores, targets, rows)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)
        np.sign(scores, out=gradient)
        self._balance(gradient, targets, scores)


@dataclass(eq=False, repr=False)
class SquaredHinge(_MarginLoss):
    """The squared multi-class hinge: J = Σ_{j≠y} max(0, s_j - s_y + 1)²."""

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses; twice each violation, minus their sum at the true class."""
        self._violations(scores, targets, rows)
        np.multiply(scores, scores, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        np.multiply(scores, 2, out=gradient)
        self._balance(gradient, targets, scores)


CLASSIFICATION_LOSSES = {
    "softmax": Softmax,
    "logistic": LogisticLoss,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
}
REGRESSION_LOSSES = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "poisson": Poisson,
}
