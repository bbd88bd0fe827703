"""Where an activation is so flat that next to no gradient passes."""

import numpy as np

from skdl.engine.activations import Identity, Logistic, Relu, Tanh
from skdl.engine.maxout import Maxout
from skdl.engine.rectifiers import Elu, Gelu, LeakyRelu, Selu, Silu, Softplus

__all__ = ["is_flat"]

NEAR = 0.03


def _bottom(depth):
    return lambda A: A + (1 - NEAR) * depth <= 0


def _nowhere(A):
    return np.zeros(A.shape, bool)


# Outputs are all that is left of a pass, as many activations work in place.
RANGES = {
    Relu: lambda f: lambda A: A <= 0,
    Tanh: lambda f: lambda A: np.abs(A) > 1 - NEAR,
    Logistic: lambda f: lambda A: np.abs(A - 0.5) > 0.5 - NEAR,
    Elu: lambda f: _bottom(f.alpha),
    Selu: lambda f: _bottom(f.FACTOR * f.ALPHA),
    Softplus: lambda f: lambda A: A < NEAR,
    Silu: lambda f: lambda A: np.abs(A) < NEAR / 30,
    Gelu: lambda f: lambda A: np.abs(A) < NEAR / 30,
    Identity: lambda f: _nowhere,
    LeakyRelu: lambda f: _nowhere if f.slope else _bottom(0),
    Maxout: lambda f: _nowhere,
}


def is_flat(function, A):
    """Return which outputs of an activation lie where it is flat.

    Parameters
    ----------
    function : activation object
    A : ndarray
        Its outputs.

    Returns
    -------
    flat : ndarray of bool of A's shape, or None
        None for an activation that is not known here.
    """
    make = RANGES.get(type(function))
    return None if make is None else make(function)(A)
