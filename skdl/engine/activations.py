"""Activation functions: each derivative stands beside its function.

An activation is a small object with two methods that work on arrays of any shape:

``forward(Z, A)``
    Writes f(Z) into ``A``, and may put into Z what backward needs of it.
``backward(dA, Z, A)``
    Multiplies ``dA`` in place by the derivative f'(Z); Z and A are as forward left
    them, and scratch from here on.

Where ``in_place`` is True, Z and A are the same array: the derivative follows from the
output, and a layer keeps one array, not two. Where ``rectifies`` is True, about half of
the units give next to nothing, which the next layer's weights make up for by default.
Where ``pieces`` is more than 1, Z is that many times wider than A, and backward writes
the gradient with respect to Z into Z itself; see `Maxout`.

Your own object needs the two methods and no more: `skdl.engine.check_gradient` tells
whether they fit each other.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator

from skdl.engine.maxout import Maxout
from skdl.engine.rectifiers import Elu, Gelu, LeakyRelu, Selu, Silu, Softplus

__all__ = ["ACTIVATIONS", "Identity", "Logistic", "Relu", "Tanh"]


@dataclass(eq=False, repr=False)
class Identity(BaseEstimator):
    """The function f(z) = z: a hidden layer of it is a linear bottleneck."""

    in_place = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        if A is not Z:
            np.copyto(A, Z)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = 1."""


@dataclass(eq=False, repr=False)
class Relu(BaseEstimator):
    """The rectifier f(z) = max(0, z), with f'(0) = 0."""

    in_place = True
    rectifies = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.maximum(Z, 0, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = 1 where A > 0, else 0."""
        # The mask in dA's own dtype, which saves the product a conversion.
        np.greater(A, 0, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Tanh(BaseEstimator):
    """The hyperbolic tangent f(z) = tanh(z)."""

    in_place = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.tanh(Z, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = 1 - A²."""
        np.multiply(A, A, out=A)
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Logistic(BaseEstimator):
    """The sigmoid f(z) = 1 / (1 + exp(-z))."""

    in_place = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        expit(Z, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = A (1 - A)."""
        np.multiply(dA, A, out=dA)
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


ACTIVATIONS = {
    "identity": Identity,
    "logistic": Logistic,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "softplus": Softplus,
    "silu": Silu,
    "gelu": Gelu,
    "maxout": Maxout,
}
