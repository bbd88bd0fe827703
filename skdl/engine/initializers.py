"""How the weights of a layer start.

An initializer is a small object whose ``fill(weights, rng)`` writes to an array of
shape (..., fan_in, fan_out); rng is a numpy Generator or RandomState. Biases are 0.
`glorot_uniform`, scikit-learn's way, also draws the biases.

For inputs of mean 0 and variance 1, weights of variance 1 / fan_in give outputs of
variance 1. A rectifier takes half of that away, which 2 / fan_in makes up for.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.base import BaseEstimator

from skdl.engine.checks import check_number

__all__ = [
    "INITIALIZERS",
    "Gaussian",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "LeCunNormal",
    "TruncatedNormal",
    "glorot_uniform",
]


def glorot_uniform(weights, biases, rng, gain=6.0):
    """Fill a layer's arrays uniformly from ±√(gain / (fan_in + fan_out)).

    Parameters
    ----------
    weights : ndarray of shape (..., fan_in, fan_out)
    biases : ndarray of shape (..., 1, fan_out)
        They start in the same interval, as scikit-learn's do.
    rng : numpy.random.Generator or numpy.random.RandomState
    gain : float, default=6.0
        scikit-learn takes 2.0 for layers of logistic units.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010. The paper starts the biases at zero.
    """
    bound = np.sqrt(gain / (weights.shape[-2] + weights.shape[-1]))
    weights[...] = rng.uniform(-bound, bound, weights.shape)
    biases[...] = rng.uniform(-bound, bound, biases.shape)


@dataclass(eq=False, repr=False)
class Gaussian(BaseEstimator):
    """Normal weights of mean 0 and a given standard deviation.

    Parameters
    ----------
    scale : float, default=0.01
        The standard deviation, above 0: equal weights would stay equal.
    """

    scale: float = 0.01

    def check(self):
        """Raise ValueError for a scale that is not above 0."""
        check_number(self, "scale", 0, closed="neither")

    def fill(self, weights, rng):
        """Draw the weights."""
        weights[...] = rng.normal(0, self.scale, weights.shape)


@dataclass(eq=False, repr=False)
class LeCunNormal(BaseEstimator):
    """Normal weights of standard deviation 1 / √fan_in: for tanh, selu, linear units.

    References
    ----------
    Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient backprop", 1998.
    """

    def fill(self, weights, rng):
        """Draw the weights."""
        weights[...] = rng.normal(0, weights.shape[-2] ** -0.5, weights.shape)


@dataclass(eq=False, repr=False)
class HeNormal(BaseEstimator):
    """Normal weights of standard deviation √(2 / fan_in): for rectifiers.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015.
    """

    def fill(self, weights, rng):
        """Draw the weights."""
        weights[...] = rng.normal(0, (2 / weights.shape[-2]) ** 0.5, weights.shape)


@dataclass(eq=False, repr=False)
class GlorotNormal(BaseEstimator):
    """Normal weights of standard deviation √(2 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010.
    """

    def fill(self, weights, rng):
        """Draw the weights."""
        scale = (2 / (weights.shape[-2] + weights.shape[-1])) ** 0.5
        weights[...] = rng.normal(0, scale, weights.shape)


@dataclass(eq=False, repr=False)
class GlorotUniform(BaseEstimator):
    """Uniform weights in ±√(6 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010.
    """

    def fill(self, weights, rng):
        """Draw the weights."""
        bound = (6 / (weights.shape[-2] + weights.shape[-1])) ** 0.5
        weights[...] = rng.uniform(-bound, bound, weights.shape)


@dataclass(eq=False, repr=False)
class TruncatedNormal(BaseEstimator):
    """Normal weights, none of them beyond two standard deviations.

    Parameters
    ----------
    scale : float, optional
        The standard deviation before the truncation, which leaves 0.88 of it; by
        default He's √(2 / fan_in).
    """

    scale: float | None = None

    def check(self):
        """Raise ValueError for a scale that is not above 0."""
        if self.scale is not None:
            check_number(self, "scale", 0, closed="neither")

    def fill(self, weights, rng):
        """Draw the weights."""
        scale = self.scale or (2 / weights.shape[-2]) ** 0.5
        # By the quantile function, which needs no second draws.
        weights[...] = scale * ndtri(rng.uniform(ndtr(-2), ndtr(2), weights.shape))


INITIALIZERS = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_normal": HeNormal,
    "lecun_normal": LeCunNormal,
    "truncated_normal": TruncatedNormal,
}
