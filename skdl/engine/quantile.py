"""The pinball loss; `skdl.engine.losses` describes the methods of a loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["Quantile"]


@dataclass(eq=False, repr=False)
class Quantile(BaseEstimator):
    """The pinball loss, which is least at the conditional quantiles.

    J = Σ_j Σ_τ max(τ r, (τ - 1) r) with r = t_j - s_jτ: a sum over outputs j and levels
    τ, with a score for each pair (an output's levels stand side by side). Below its
    target a score costs τ per unit, above it 1 - τ. At the median that is half the
    absolute error.

    Each level is fitted by itself, so that scores of different levels may cross.
    Predictions do not: they are the scores of a row sorted over the levels, which in
    sum over the levels are never farther from the true quantiles than before [2]_.

    Parameters
    ----------
    quantiles : float or sequence of float, default=0.5
        The levels τ, between 0 and 1 and increasing; 0.5 is the median.

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

    out_activation = "identity"
    mixes = True

    @property
    def levels(self):
        """The levels as a tuple of floats."""
        return tuple(float(level) for level in np.atleast_1d(self.quantiles))

    def check(self):
        """Raise ValueError unless all levels are in (0, 1) and increase."""
        several = isinstance(self.quantiles, Sequence | np.ndarray)
        levels = list(self.quantiles if several else [self.quantiles])
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
        """Values (n, k) in the network's dtype, each repeated for every level."""
        y = y.astype(dtype, copy=False)
        n_levels = len(self.levels)
        return (y if n_levels == 1 else np.repeat(y, n_levels, axis=1)), None

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses; 1 - τ above the target, -τ below it, ½ - τ on it."""
        # With r = s - t the loss is r (½ sign(r) + ½ - τ), whose factor is the slope.
        np.subtract(scores, targets, out=scores)
        np.sign(scores, out=gradient)
        np.multiply(gradient, 0.5, out=gradient)
        levels = self.levels
        for i, level in enumerate(levels):
            slopes = gradient[..., i :: len(levels)]
            np.add(slopes, 0.5 - level, out=slopes)
        np.multiply(scores, gradient, out=scores)
        np.add.reduce(scores, axis=-1, keepdims=True, out=rows)

    def predictions(self, scores):
        """Return the scores (n, k), or, sorted, those of several levels (n, k, q)."""
        n_levels = len(self.levels)
        if n_levels == 1:
            return scores
        shape = (*scores.shape[:-1], scores.shape[-1] // n_levels, n_levels)
        return np.sort(scores.reshape(shape), axis=-1)
