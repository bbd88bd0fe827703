"""Losses for classes: softmax, hinge and sigmoid losses."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_softmax, xlogy

from skdl.engine.losses.base import Loss, add_row_sums, write_row_sums
from skdl.engine.specification import explain_settings
from skdl.engine.subnormal import EXPONENTS, LOWEST_EXPONENT
from skdl.engine.target_tables import one_hot

__all__ = [
    "Hinge",
    "KLDivergence",
    "LogisticLoss",
    "SigmoidSquaredError",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SquaredHinge",
]


class _OneScorePerClass(Loss):
    """Losses with one score per class: softmax and hinge."""

    def n_scores(self, n_classes):
        """One score per class, for two classes too."""
        return n_classes

    def encode(self, y, n_classes, dtype):
        """Return the class numbers (n,), and the table of one-hot rows."""
        return y, one_hot(n_classes, dtype)


@explain_settings
@dataclass(eq=False, repr=False)
class SoftmaxCrossEntropy(_OneScorePerClass):
    """Cross-entropy of the softmax: J = -Σ_j t_j log p_j.

    p_j = exp(s_j) / Σ_c exp(s_c), and t is the one-hot row of the true class, or any
    distribution over the classes. The largest score is subtracted before the
    exponential, which changes no probability and avoids overflow. `Softmax` is another
    name for this class.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import SoftmaxCrossEntropy, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> round(mean_loss(SoftmaxCrossEntropy(), scores, targets), 4)
    0.555
    >>> SoftmaxCrossEntropy().probabilities(scores).round(3).tolist()
    [[0.574, 0.348, 0.078]]
    """

    out_activation = "softmax"
    mixes = True

    def encode(self, y, n_classes, dtype):
        """Return class numbers and one-hot rows, or distributions and no table."""
        if y.ndim == 2:
            return y.astype(dtype), None
        return super().encode(y, n_classes, dtype)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient p - t."""
        np.maximum.reduce(scores, -1, None, rows, True)  # pyright: ignore[reportCallIssue]
        np.subtract(scores, rows, scores)
        np.maximum(scores, LOWEST_EXPONENT[scores.dtype], out=gradient)
        np.exp(gradient, gradient)
        np.add.reduce(gradient, -1, None, rows, True)  # pyright: ignore[reportCallIssue]
        np.divide(gradient, rows, gradient)
        np.subtract(gradient, targets, gradient)
        # -Σ t log p = Σ t (log Σ exp(s) - s), which never takes the log of a zero.
        np.log(rows, rows)
        np.subtract(rows, scores, scores)
        np.multiply(scores, targets, scores)
        np.add.reduce(scores, -1, None, rows, True)  # pyright: ignore[reportCallIssue]

    def probabilities(self, scores, exclusive=True):
        """Return p, of the shape of the scores."""
        return _softmax(scores)

    def log_probabilities(self, scores, exclusive=True):
        """Return log p, finite for all finite scores."""
        return log_softmax(scores, axis=-1)


def _softmax(scores):
    """Return the softmax over the last axis, in half of SciPy's time.

    NumPy reduces over many rows faster than over few columns.
    """
    p = np.array(scores.T, order="C")
    p -= p.max(axis=0)
    np.exp(p, out=p)
    p /= p.sum(axis=0)
    return np.ascontiguousarray(p.T)


# The name until version 0.1.
Softmax = SoftmaxCrossEntropy


@explain_settings
@dataclass(eq=False, repr=False)
class KLDivergence(SoftmaxCrossEntropy):
    """The Kullback-Leibler divergence from the softmax: J = Σ_j t_j log(t_j / p_j).

    The divergence is the cross-entropy minus the entropy of t: it is 0 where p = t. The
    entropy does not depend on the scores, so gradient and minimum are those of
    `SoftmaxCrossEntropy`. For one-hot t, the value is the same, too.

    References
    ----------
    S. Kullback, R. Leibler, "On information and sufficiency", 1951.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import KLDivergence, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[0.5, 0.4, 0.1]])
    >>> round(mean_loss(KLDivergence(), scores, targets), 4)
    0.0116
    """

    soft_targets = True

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient p - t."""
        super().rows_and_gradient(scores, targets, rows, gradient)
        xlogy(targets, targets, out=scores)
        add_row_sums(rows, scores)


class _MarginLoss(_OneScorePerClass):
    """The margins of the hinge losses, and the gradient at the true class."""

    def _violations(self, scores, targets, rows):
        """Turn scores into max(0, s_j - s_y + 1) for j ≠ y, and 0 for j = y."""
        np.einsum("...j,...j->...", scores, targets, out=rows[..., 0])
        np.subtract(scores, rows, out=scores)
        np.add(scores, 1, out=scores)
        np.subtract(scores, targets, out=scores)
        np.maximum(scores, 0, out=scores)

    def _balance(self, gradient, targets, scratch):
        """Subtract each row's sum at the true class, which is in every margin."""
        first, others = scratch[..., :1], scratch[..., 1:]
        np.add.reduce(gradient, axis=-1, keepdims=True, out=first)
        np.multiply(targets[..., 1:], first, out=others)
        np.multiply(targets[..., :1], first, out=first)
        np.subtract(gradient, scratch, out=gradient)


@explain_settings
@dataclass(eq=False, repr=False)
class Hinge(_MarginLoss):
    """The multi-class hinge: J = Σ_{j≠y} max(0, s_j - s_y + 1).

    References
    ----------
    J. Weston, C. Watkins, "Support vector machines for multi-class pattern
    recognition", ESANN 1999.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Hinge, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> round(mean_loss(Hinge(), scores, targets), 4)
    0.5
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses; gradient 1 per violated margin, minus their count at y."""
        self._violations(scores, targets, rows)
        write_row_sums(scores, rows)
        # No violation is negative. np.sign is slow where half of the numbers are 0.
        np.greater(scores, 0, out=gradient)
        self._balance(gradient, targets, scores)


@explain_settings
@dataclass(eq=False, repr=False)
class SquaredHinge(_MarginLoss):
    """The squared multi-class hinge: J = Σ_{j≠y} max(0, s_j - s_y + 1)².

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import SquaredHinge, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> round(mean_loss(SquaredHinge(), scores, targets), 4)
    0.25
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses; gradient 2 · violation, minus their sum at y."""
        self._violations(scores, targets, rows)
        np.multiply(scores, scores, out=gradient)
        write_row_sums(gradient, rows)
        np.multiply(scores, 2, out=gradient)
        self._balance(gradient, targets, scores)


class _SigmoidLoss(Loss):
    """Losses on sigmoids: their coding and their links.

    Two classes share one score. More classes have one score each: the class against the
    rest. An indicator matrix has one score per label.
    """

    out_activation = "logistic"
    multilabel = True
    mixes = True

    def n_scores(self, n_classes):
        """One score for two classes, else one per class."""
        return 1 if n_classes <= 2 else n_classes

    def encode(self, y, n_classes, dtype):
        """Return class numbers and their rows, or an indicator matrix and no table."""
        if y.ndim == 2:
            return y.astype(dtype), None
        if n_classes <= 2:
            return y, np.arange(n_classes, dtype=dtype)[:, np.newaxis]
        return y, one_hot(n_classes, dtype)

    def probabilities(self, scores, exclusive=True):
        """Return one column per class. Rows of exclusive classes sum to 1."""
        if not exclusive:
            return expit(scores)
        if scores.shape[-1] == 1:
            return np.concatenate([expit(-scores), expit(scores)], axis=-1)
        # In log space: very negative scores would otherwise give 0 / 0.
        return _softmax(log_expit(scores))

    def log_probabilities(self, scores, exclusive=True):
        """Return the logarithm of `probabilities`, finite for all finite scores.

        For labels that do not exclude one another, probabilities above ½ are rounded
        before the logarithm is taken. Labels that are equally certain to rounding then
        get equal values, and rank as they do by `probabilities`.
        """
        if not exclusive:
            p = expit(scores)
            return np.log(p, out=log_expit(scores), where=p > 0.5)
        if scores.shape[-1] == 1:
            return np.concatenate([log_expit(-scores), log_expit(scores)], axis=-1)
        return log_softmax(log_expit(scores), axis=-1)


@explain_settings
@dataclass(eq=False, repr=False)
class LogisticLoss(_SigmoidLoss):
    """Cross-entropy of sigmoids: J = Σ_j log(1 + exp(s_j)) - t_j s_j.

    t_j is 1 for the true class or labels and 0 for the others. Two classes share one
    score.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import LogisticLoss, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> round(mean_loss(LogisticLoss(), scores, targets), 4)
    2.5215
    >>> LogisticLoss().probabilities(scores, exclusive=False).round(3).tolist()
    [[0.881, 0.818, 0.5]]
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient σ(s) - t."""
        # log(1 + exp(s)) = -log σ(-s), which SciPy computes without overflow.
        # Not np.negative: in NumPy 2.4 it misreads a strided column of four float32,
        # and `MultiOutput` passes such columns.
        np.multiply(scores, -1, out=gradient)
        log_expit(gradient, out=gradient)
        write_row_sums(gradient, rows)
        np.maximum(scores, LOWEST_EXPONENT[scores.dtype], out=gradient)
        expit(gradient, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        np.multiply(scores, targets, out=scores)
        add_row_sums(rows, scores)
        np.negative(rows, out=rows)


@explain_settings
@dataclass(eq=False, repr=False)
class SigmoidSquaredError(_SigmoidLoss):
    """Half the squared error of sigmoids: J = ½ Σ_j (σ(s_j) - t_j)².

    This is half the Brier score if each sigmoid is a probability of its own. The factor
    σ(s) (1 - σ(s)) of the gradient vanishes for scores far from 0, even if they are
    wrong: saturated units learn more slowly than under `LogisticLoss`. In return, the
    loss of a row is bounded, and a mislabelled row cannot dominate.

    References
    ----------
    G. Brier, "Verification of forecasts expressed in terms of probability", 1950.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import SigmoidSquaredError, mean_loss
    >>> scores, targets = np.array([[2.0, 1.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> round(mean_loss(SigmoidSquaredError(), scores, targets), 4)
    0.4663
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient (σ(s) - t) σ(s) (1 - σ(s))."""
        scores.clip(*EXPONENTS[scores.dtype], out=scores)
        # 1 - σ(s) computed as σ(-s), which keeps its digits where σ(s) is almost 1.
        np.multiply(scores, -1, out=gradient)
        expit(gradient, out=gradient)
        expit(scores, out=scores)
        np.multiply(gradient, scores, out=gradient)
        np.subtract(scores, targets, out=scores)
        np.multiply(gradient, scores, out=gradient)
        np.multiply(scores, scores, out=scores)
        write_row_sums(scores, rows)
        np.multiply(rows, 0.5, out=rows)
