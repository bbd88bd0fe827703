"""Losses on raw scores.

A loss owns three things, and the kinds of estimators differ in nothing else:

``encode(y, n_classes, dtype)``
    How targets become numbers: returns ``(targets, table)``. Targets have one row per
    sample. Where a table is given, they are row numbers of it, so that a batch of class
    labels becomes a batch of rows by one ``take``. A table is an array, or a
    `skdl.engine.target_tables.TargetTable`, which makes its rows batch by batch: one of
    the one-hot rows of many classes would take n_classes² numbers. Regression losses
    get the values themselves, ``encode(y, dtype)``, and have a score per column of
    their targets.
``rows_and_gradient(scores, targets, rows, gradient)``
    Each row's loss, and its derivative with respect to that row's scores: without
    weights and not divided by the number of rows, for the network does both.
``probabilities(scores)``, ``log_probabilities(scores)`` or ``predictions(scores)``
    The link from raw scores to what the user asked for. A loss without
    ``probabilities`` is one of margins; with it, targets are probabilities, too.

A loss of classes also has ``n_scores(n_classes)``. What else it can do are attributes,
False where a loss says nothing:

``multilabel``
    y may be an indicator matrix, one score per label. Both links then take
    ``exclusive=False``, which leaves each label a probability of its own.
``soft_targets``
    y may be a matrix of one distribution over the classes per row.
``mixes``
    A target may lie between those of two rows, as mixup makes them.
``out_activation``
    A name for the link, "identity" by default.

Shapes: scores and gradient (..., n, k), targets (n, k), rows (..., n, 1). The scores
serve as scratch, and their content is lost: no loss allocates. In training, scores,
gradient and targets lie in memory column by column.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, softmax, xlogy
from sklearn.base import BaseEstimator

from skdl.engine.quantile import Quantile
from skdl.engine.regression_losses import (
    AbsoluteError,
    Huber,
    Poisson,
    SquaredError,
    add_row_sums,
)
from skdl.engine.sigmoid_losses import LogisticLoss, SigmoidSquaredError
from skdl.engine.target_tables import one_hot

__all__ = [
    "CLASSIFICATION_LOSSES",
    "REGRESSION_LOSSES",
    "Hinge",
    "KLDivergence",
    "Softmax",
    "SquaredHinge",
]


class _OneScorePerClass(BaseEstimator):
    """The coding that softmax and the hinge losses share."""

    multilabel = False
    soft_targets = False

    def n_scores(self, n_classes):
        """One score per class, for two classes too."""
        return n_classes

    def encode(self, y, n_classes, dtype):
        """Class numbers (n,), and their one-hot rows."""
        return y, one_hot(n_classes, dtype)


@dataclass(eq=False, repr=False)
class Softmax(_OneScorePerClass):
    """Cross-entropy of the softmax: J = -Σ_j t_j log p_j.

    p_j = exp(s_j) / Σ_c exp(s_c), and t is the one-hot row of the true class, or any
    distribution over the classes. The largest score is subtracted before the
    exponential: that changes no probability and lets none overflow.
    """

    out_activation = "softmax"
    mixes = True

    def encode(self, y, n_classes, dtype):
        """Class numbers and their one-hot rows; distributions stand for themselves."""
        if y.ndim == 2:
            return y.astype(dtype), None
        return super().encode(y, n_classes, dtype)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and p - t."""
        np.maximum.reduce(scores, -1, None, rows, True)
        np.subtract(scores, rows, scores)
        np.exp(scores, gradient)
        np.add.reduce(gradient, -1, None, rows, True)
        np.divide(gradient, rows, gradient)
        np.subtract(gradient, targets, gradient)
        # -Σ t log p = Σ t (log Σ exp(s) - s), which never takes the log of a zero.
        np.log(rows, rows)
        np.subtract(rows, scores, scores)
        np.multiply(scores, targets, scores)
        np.add.reduce(scores, -1, None, rows, True)

    def probabilities(self, scores, exclusive=True):
        """Return p, of the shape of the scores."""
        return softmax(scores, axis=-1)

    def log_probabilities(self, scores, exclusive=True):
        """Return log p, finite for all finite scores."""
        return log_softmax(scores, axis=-1)


@dataclass(eq=False, repr=False)
class KLDivergence(Softmax):
    """The Kullback-Leibler divergence from the softmax: J = Σ_j t_j log(t_j / p_j).

    It is the cross-entropy minus the entropy of t, so that it is 0 where p is t. As t
    is given, gradient and optimum are those of `Softmax`; with one-hot t, so is the
    value.

    References
    ----------
    S. Kullback, R. Leibler, "On information and sufficiency", 1951.
    """

    soft_targets = True

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and p - t."""
        super().rows_and_gradient(scores, targets, rows, gradient)
        xlogy(targets, targets, out=scores)
        add_row_sums(rows, scores)


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
    "kl_divergence": KLDivergence,
    "squared_error": SigmoidSquaredError,
}
REGRESSION_LOSSES = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Quantile,
    "poisson": Poisson,
}
