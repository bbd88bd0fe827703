"""Starting weights of a layer.

An initializer draws the weights; biases then start at 0. `glorot_uniform`, the way of
scikit-learn, draws the biases, too.

For inputs of mean 0 and variance 1, weights of variance 1 / fan_in give outputs of
variance 1. Rectifiers halve the second moment of their input, so the next layer needs
weights of variance 2 / fan_in.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from skdl.engine.checks import check_number
from skdl.engine.specification import Specification, explain_settings

__all__ = [
    "INITIALIZERS",
    "Gaussian",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "Initializer",
    "LeCunNormal",
    "TruncatedNormal",
    "glorot_uniform",
]

# What draws starting weights.
Rng: TypeAlias = np.random.Generator | np.random.RandomState


class Initializer(Specification):
    """The base class of initializers."""

    REQUIRED = ("fill",)

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights of one layer.

        Parameters
        ----------
        weights : ndarray of shape (..., fan_in, fan_out)
            Where they go.
        rng : numpy.random.Generator or numpy.random.RandomState
            Draws them.
        """
        raise NotImplementedError


def glorot_uniform(
    weights: np.ndarray, biases: np.ndarray, rng: Rng, gain: float = 6.0
) -> None:
    """Fill a layer's arrays uniformly from ±√(gain / (fan_in + fan_out)).

    Parameters
    ----------
    weights : ndarray of shape (..., fan_in, fan_out)
        Where the weights go.
    biases : ndarray of shape (..., 1, fan_out)
        Where the biases go. They start in the same interval, as scikit-learn's do.
    rng : numpy.random.Generator or numpy.random.RandomState
        Draws them.
    gain : float, default=6.0
        The factor in the bound. scikit-learn takes 2.0 for layers of logistic units.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010. The paper starts the biases at zero.
    """
    bound = np.sqrt(gain / (weights.shape[-2] + weights.shape[-1]))
    weights[...] = rng.uniform(-bound, bound, weights.shape)
    biases[...] = rng.uniform(-bound, bound, biases.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class Gaussian(Initializer):
    """Normal weights of mean 0 and a given standard deviation.

    Parameters
    ----------
    scale : float, default=0.01
        The standard deviation. Above 0: equal weights would stay equal.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Gaussian
    >>> weights = np.empty((400, 100))
    >>> Gaussian(scale=0.01).fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.01
    """

    scale: float = 0.01

    def check(self) -> None:
        """Raise ValueError for a scale that is not above 0."""
        check_number(self, "scale", 0, closed="neither")

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        weights[...] = rng.normal(0, self.scale, weights.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class LeCunNormal(Initializer):
    """Normal weights of standard deviation 1 / √fan_in: for tanh, selu, linear units.

    References
    ----------
    Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient backprop", 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import LeCunNormal
    >>> weights = np.empty((400, 100))
    >>> LeCunNormal().fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.05
    """

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        weights[...] = rng.normal(0, weights.shape[-2] ** -0.5, weights.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class HeNormal(Initializer):
    """Normal weights of standard deviation √(2 / fan_in): for rectifiers.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import HeNormal
    >>> weights = np.empty((400, 100))
    >>> HeNormal().fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.071
    """

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        weights[...] = rng.normal(0, (2 / weights.shape[-2]) ** 0.5, weights.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class GlorotNormal(Initializer):
    """Normal weights of standard deviation √(2 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import GlorotNormal
    >>> weights = np.empty((400, 100))
    >>> GlorotNormal().fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.063
    """

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        scale = (2 / (weights.shape[-2] + weights.shape[-1])) ** 0.5
        weights[...] = rng.normal(0, scale, weights.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class GlorotUniform(Initializer):
    """Uniform weights in ±√(6 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", AISTATS 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import GlorotUniform
    >>> weights = np.empty((400, 100))
    >>> GlorotUniform().fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.063
    """

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        bound = (6 / (weights.shape[-2] + weights.shape[-1])) ** 0.5
        weights[...] = rng.uniform(-bound, bound, weights.shape)


@explain_settings
@dataclass(eq=False, repr=False)
class TruncatedNormal(Initializer):
    """Normal weights, none of them beyond two standard deviations.

    Parameters
    ----------
    scale : float, optional
        The standard deviation before the truncation, which leaves 0.88 of it. By
        default He's √(2 / fan_in).

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import TruncatedNormal
    >>> weights = np.empty((400, 100))
    >>> TruncatedNormal().fill(weights, np.random.default_rng(0))
    >>> round(float(weights.std()), 3)
    0.062
    """

    scale: float | None = None

    def check(self) -> None:
        """Raise ValueError for a scale that is not above 0."""
        if self.scale is not None:
            check_number(self, "scale", 0, closed="neither")

    def fill(self, weights: np.ndarray, rng: Rng) -> None:
        """Draw the weights, see `Initializer.fill`."""
        scale = self.scale or (2 / weights.shape[-2]) ** 0.5
        # The quantile function of uniform numbers: no number is drawn twice.
        weights[...] = scale * ndtri(rng.uniform(ndtr(-2), ndtr(2), weights.shape))


INITIALIZERS: dict[str, type[Initializer]] = {
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_normal": HeNormal,
    "lecun_normal": LeCunNormal,
    "truncated_normal": TruncatedNormal,
}
