"""How the weights of a layer start."""

import numpy as np

__all__ = ["glorot_uniform"]


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
