"""Losses for targets that are numbers: errors, quantiles, Poisson."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy.special import xlogy

from skdl.engine.checks import check_number
from skdl.engine.losses.base import Loss, add_row_sums, write_row_sums
from skdl.engine.specification import explain_settings
from skdl.engine.subnormal import LOWEST_EXPONENT

__all__ = ["AbsoluteError", "Huber", "Poisson", "Quantile", "SquaredError"]


class _Regression(Loss):
    """Targets that are numbers already, and scores that are the predictions."""

    mixes = True

    def encode(self, y, dtype):
        """Return y of shape (n, k) in the network's dtype, and no table."""
        return y.astype(dtype, copy=False), None

    def predictions(self, scores):
        """Return the scores themselves."""
        return scores


@explain_settings
@dataclass(eq=False, repr=False)
class SquaredError(_Regression):
    """Half the squared error, summed over the outputs: J = ½ Σ_j (s_j - t_j)².

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import SquaredError, mean_loss
    >>> scores, targets = np.array([[0.5], [3.0]]), np.zeros((2, 1))
    >>> mean_loss(SquaredError(), scores, targets)
    2.3125
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient s - t."""
        np.subtract(scores, targets, out=gradient)
        np.multiply(gradient, gradient, out=scores)
        write_row_sums(scores, rows)
        np.multiply(rows, 0.5, out=rows)


@explain_settings
@dataclass(eq=False, repr=False)
class AbsoluteError(_Regression):
    """The absolute error, summed over the outputs: J = Σ_j |s_j - t_j|.

    Its minimum is at the median, which outliers hardly move.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import AbsoluteError, mean_loss
    >>> scores, targets = np.array([[0.5], [3.0]]), np.zeros((2, 1))
    >>> mean_loss(AbsoluteError(), scores, targets)
    1.75
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient, the sign of s - t."""
        np.subtract(scores, targets, out=scores)
        np.sign(scores, out=gradient)
        np.absolute(scores, out=scores)
        write_row_sums(scores, rows)


@explain_settings
@dataclass(eq=False, repr=False)
class Huber(_Regression):
    """Squared for small errors r = s - t, absolute for large ones.

    J = Σ_j ½ r_j² where |r_j| ≤ delta, else delta (|r_j| - ½ delta).

    Parameters
    ----------
    delta : float, default=1.0
        The error at which the two cases meet, above 0: in units of y, or of its
        standard deviation for a net with `standardize_target`.

    References
    ----------
    P. Huber, "Robust estimation of a location parameter", 1964.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Huber, mean_loss
    >>> scores, targets = np.array([[0.5], [3.0]]), np.zeros((2, 1))
    >>> mean_loss(Huber(delta=1.0), scores, targets)
    1.3125
    """

    delta: float = 1.0

    def check(self) -> None:
        """Raise ValueError for a delta that is not above 0."""
        check_number(self, "delta", 0, closed="neither")

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient: r, clipped to ±delta."""
        # With c the clipped r, both cases of the loss are c (r - ½ c).
        np.subtract(scores, targets, out=scores)
        np.clip(scores, -self.delta, self.delta, out=gradient)
        np.multiply(gradient, -0.5, out=gradient)
        np.add(scores, gradient, out=scores)
        np.multiply(gradient, -2, out=gradient)
        np.multiply(scores, gradient, out=scores)
        write_row_sums(scores, rows)


@explain_settings
@dataclass(eq=False, repr=False)
class Poisson(_Regression):
    """Half the Poisson deviance: J = Σ_j t_j log(t_j / μ_j) - t_j + μ_j.

    The link is logarithmic: μ_j = exp(s_j). Targets are at least 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Poisson, mean_loss
    >>> scores, targets = np.log([[2.0], [4.0]]), np.array([[2.0], [5.0]])
    >>> round(mean_loss(Poisson(), scores, targets), 4)
    0.0579
    >>> Poisson().predictions(scores).ravel().round(6).tolist()
    [2.0, 4.0]
    """

    out_activation = "exp"

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses, and the gradient μ - t."""
        xlogy(targets, targets, out=gradient)
        np.subtract(gradient, targets, out=gradient)
        write_row_sums(gradient, rows)
        np.maximum(scores, LOWEST_EXPONENT[scores.dtype], out=gradient)
        np.exp(gradient, out=gradient)
        np.multiply(scores, targets, out=scores)
        np.subtract(gradient, scores, out=scores)
        np.subtract(gradient, targets, out=gradient)
        add_row_sums(rows, scores)

    def predictions(self, scores):
        """Return μ = exp(s)."""
        return np.exp(scores)


@explain_settings
@dataclass(eq=False, repr=False)
class Quantile(Loss):
    """The pinball loss, whose minimum is at the conditional quantiles.

    J = Σ_j Σ_τ max(τ r, (τ - 1) r) with r = t_j - s_jτ: a sum over outputs j and levels
    τ, with one score for each pair. The levels of an output stand side by side. A score
    below its target costs τ per unit, a score above it 1 - τ. At the median, the loss
    is half the absolute error.

    Each level is fitted by itself, so scores of different levels may cross. Predictions
    do not cross: they are the scores of a row, sorted over the levels. Sorting never
    moves the predictions, as a whole, away from the true quantiles [2]_.

    Intervals of a net without early stopping or calibration may cover a third of the
    new rows; see docs/intervals.md.

    Parameters
    ----------
    quantiles : float or sequence of float, default=0.5
        The levels τ, between 0 and 1, in increasing order. 0.5 is the median.

    References
    ----------
    .. [1] R. Koenker, G. Bassett, "Regression quantiles", 1978.
    .. [2] V. Chernozhukov, I. Fernández-Val, A. Galichon, "Quantile and probability
       curves without crossing", 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl import MLPRegressor
    >>> from skdl.engine import Quantile
    >>> X = np.linspace(0, 1, 100)[:, np.newaxis]
    >>> y = X[:, 0] + np.random.default_rng(0).normal(size=100)
    >>> net = MLPRegressor(Quantile([0.1, 0.9]), random_state=0, max_iter=1000)
    >>> net.fit(X, y).predict(X).shape
    (100, 2)
    """

    quantiles: float | Sequence[float] = 0.5

    mixes = True

    @property
    def levels(self):
        """The levels as a tuple of floats."""
        return tuple(float(level) for level in np.atleast_1d(self.quantiles))

    def check(self) -> None:
        """Raise ValueError unless all levels are in (0, 1) and increase."""
        several = isinstance(self.quantiles, Sequence | np.ndarray)
        given: Any = self.quantiles if several else [self.quantiles]
        levels: list[Any] = list(given)
        valid = len(levels) > 0 and all(
            isinstance(level, Real) and 0 < level < 1 for level in levels
        )
        if not valid or (np.diff(levels) <= 0).any():
            raise ValueError(
                f"{type(self).__name__}: quantiles must be a number in (0, 1), or "
                "several of them in strictly increasing order, got "
                f"{self.quantiles!r}."
            )

    def encode(self, y, dtype):
        """Return y (n, k) in the network's dtype, repeated for each level, no table."""
        y = y.astype(dtype, copy=False)
        n_levels = len(self.levels)
        return (y if n_levels == 1 else np.repeat(y, n_levels, axis=1)), None

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write row losses; gradient 1 - τ above the target, -τ below, ½ - τ at it."""
        # With r = s - t the loss is r (½ sign(r) + ½ - τ), whose factor is the slope.
        np.subtract(scores, targets, out=scores)
        np.sign(scores, out=gradient)
        np.multiply(gradient, 0.5, out=gradient)
        levels = self.levels
        for i, level in enumerate(levels):
            slopes = gradient[..., i :: len(levels)]
            np.add(slopes, 0.5 - level, out=slopes)
        np.multiply(scores, gradient, out=scores)
        write_row_sums(scores, rows)

    def predictions(self, scores):
        """Return the scores (n, k), or for q levels the sorted scores (n, k, q)."""
        n_levels = len(self.levels)
        if n_levels == 1:
            return scores
        shape = (*scores.shape[:-1], scores.shape[-1] // n_levels, n_levels)
        return np.sort(scores.reshape(shape), axis=-1)
