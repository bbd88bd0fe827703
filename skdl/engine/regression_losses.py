"""Losses for targets that are numbers; `skdl.engine.losses` describes their methods."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy
from sklearn.base import BaseEstimator

from skdl.engine.checks import check_number

__all__ = ["AbsoluteError", "Huber", "Poisson", "SquaredError", "add_row_sums"]


class _Regression(BaseEstimator):
    """Targets that are numbers already."""

    mixes = True

    def encode(self, y, dtype):
        """Values of shape (n, k), in the network's dtype."""
        return y.astype(dtype, copy=False), None


@dataclass(eq=False, repr=False)
class SquaredError(_Regression):
    """Half the squared error, summed over the outputs: J = ½ Σ_j (s_j - t_j)²."""

    out_activation = "identity"

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and s - t."""
        np.subtract(scores, targets, out=gradient)
        np.multiply(gradient, gradient, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)
        np.multiply(rows, 0.5, out=rows)

    def predictions(self, scores):
        """Return the scores themselves."""
        return scores


@dataclass(eq=False, repr=False)
class AbsoluteError(_Regression):
    """The absolute error, summed over the outputs: J = Σ_j |s_j - t_j|.

    Its optimum is the median, which outliers hardly move.
    """

    out_activation = "identity"

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and the sign of s - t."""
        np.subtract(scores, targets, out=scores)
        np.sign(scores, out=gradient)
        np.absolute(scores, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)

    def predictions(self, scores):
        """Return the scores themselves."""
        return scores


@dataclass(eq=False, repr=False)
class Huber(_Regression):
    """Squared for small errors r = s - t, absolute for large ones.

    J = Σ_j ½ r_j² where |r_j| ≤ delta, else delta (|r_j| - ½ delta).

    Parameters
    ----------
    delta : float, default=1.0
        Where the two meet, in units of y; above 0.

    References
    ----------
    P. Huber, "Robust estimation of a location parameter", 1964.
    """

    delta: float = 1.0

    out_activation = "identity"

    def check(self):
        """Raise ValueError for a delta that is not above 0."""
        check_number(self, "delta", 0, closed="neither")

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and r, at most delta in size."""
        # With c the clipped r, both cases of the loss are c (r - ½ c).
        np.subtract(scores, targets, out=scores)
        np.clip(scores, -self.delta, self.delta, out=gradient)
        np.multiply(gradient, -0.5, out=gradient)
        np.add(scores, gradient, out=scores)
        np.multiply(gradient, -2, out=gradient)
        np.multiply(scores, gradient, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)

    def predictions(self, scores):
        """Return the scores themselves."""
        return scores


@dataclass(eq=False, repr=False)
class Poisson(_Regression):
    """Half the Poisson deviance: J = Σ_j t_j log(t_j / μ_j) - t_j + μ_j.

    The link is logarithmic: μ_j = exp(s_j).
    """

    out_activation = "exp"

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, and μ - t."""
        xlogy(targets, targets, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        np.exp(scores, out=gradient)
        np.multiply(scores, targets, out=scores)
        np.subtract(gradient, scores, out=scores)
        np.subtract(gradient, targets, out=gradient)
        add_row_sums(rows, scores)

    def predictions(self, scores):
        """Return μ = exp(s)."""
        return np.exp(scores)


def add_row_sums(rows, addends):
    """Add each row's sum of addends to rows, with no buffer of its own.

    Parameters
    ----------
    rows : ndarray of shape (..., n, 1)
    addends : ndarray of shape (..., n, k)
        Their content is lost.
    """
    first = addends[..., :1]
    np.add(first, rows, out=first)
    np.add.reduce(addends, axis=-1, keepdims=True, out=rows)
