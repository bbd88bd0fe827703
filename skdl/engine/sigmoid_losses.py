"""Losses on sigmoids; `skdl.engine.losses` describes their methods."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import BaseEstimator

from skdl.engine.regression_losses import add_row_sums
from skdl.engine.target_tables import one_hot

__all__ = ["LogisticLoss", "SigmoidSquaredError"]


class _SigmoidLoss(BaseEstimator):
    """The coding and the links that losses on sigmoids share.

    Two classes share one score. More have one each: a class against the rest, or, where
    the target is an indicator matrix, a label each.
    """

    out_activation = "logistic"
    multilabel = True
    soft_targets = False
    mixes = True

    def n_scores(self, n_classes):
        """One score for two classes, else one per class."""
        return 1 if n_classes <= 2 else n_classes

    def encode(self, y, n_classes, dtype):
        """Class numbers and their rows; an indicator matrix stands for itself."""
        if y.ndim == 2:
            return y.astype(dtype), None
        if n_classes <= 2:
            return y, np.arange(n_classes, dtype=dtype)[:, np.newaxis]
        return y, one_hot(n_classes, dtype)

    def probabilities(self, scores, exclusive=True):
        """Return one column per class; exclusive classes' rows sum to 1."""
        if not exclusive:
            return expit(scores)
        if scores.shape[-1] == 1:
            return np.concatenate([expit(-scores), expit(scores)], axis=-1)
        # In log space, or rows of very negative scores would be divided by zero.
        return softmax(log_expit(scores), axis=-1)

    def log_probabilities(self, scores, exclusive=True):
        """Return the logarithm of `probabilities`, finite for all finite scores.

        Of labels that do not exclude one another, several may be certain to rounding.
        Near 1 it is the logarithm of the rounded probability therefore, 0 included, so
        that labels rank as they do by `probabilities`.
        """
        if not exclusive:
            p = expit(scores)
            return np.log(p, out=log_expit(scores), where=p > 0.5)
        if scores.shape[-1] == 1:
            return np.concatenate([log_expit(-scores), log_expit(scores)], axis=-1)
        return log_softmax(log_expit(scores), axis=-1)


@dataclass(eq=False, repr=False)
class LogisticLoss(_SigmoidLoss):
    """Cross-entropy of sigmoids: J = Σ_j log(1 + exp(s_j)) - t_j s_j.

    t_j is 1 for the true class or labels and 0 for others; one score stands for two
    classes.
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and σ(s) - t."""
        # log(1 + exp(s)) = -log σ(-s), which SciPy computes without overflow.
        # Not np.negative: NumPy 2.4's reads a column of four float32 as if it stood
        # alone, and `MultiOutput` hands out such columns.
        np.multiply(scores, -1, out=gradient)
        log_expit(gradient, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        expit(scores, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        np.multiply(scores, targets, out=scores)
        add_row_sums(rows, scores)
        np.negative(rows, out=rows)


@dataclass(eq=False, repr=False)
class SigmoidSquaredError(_SigmoidLoss):
    """Half the squared error of sigmoids: J = ½ Σ_j (σ(s_j) - t_j)².

    Half the Brier score, where each sigmoid is a probability by itself. The factor
    σ(s) (1 - σ(s)) of its gradient vanishes for scores far from 0, wrong ones too: a
    saturated unit learns slowly, as it does not under `LogisticLoss`. In turn a row's
    loss is bounded, so that a mislabelled row cannot dominate.

    References
    ----------
    G. Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and (σ(s) - t) σ(s) (1 - σ(s))."""
        # 1 - σ(s) as σ(-s): it keeps its digits where σ(s) is almost 1.
        np.multiply(scores, -1, out=gradient)
        expit(gradient, out=gradient)
        expit(scores, out=scores)
        np.multiply(gradient, scores, out=gradient)
        np.subtract(scores, targets, out=scores)
        np.multiply(gradient, scores, out=gradient)
        np.multiply(scores, scores, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)
        np.multiply(rows, 0.5, out=rows)
