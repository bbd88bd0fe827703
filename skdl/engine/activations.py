"""Activation functions: each derivative stands beside its function.

An activation is a small object with two methods that work on arrays of any shape:

``forward(Z, A)``
    Writes f(Z) into ``A``. The two may be the same array.
``backward(dA, A)``
    Multiplies ``dA`` in place by the derivative f'(Z), which every function here can
    tell from its own output A = f(Z). So a layer keeps one array, not two.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator

__all__ = ["ACTIVATIONS", "Identity", "Logistic", "Relu", "Tanh"]


@dataclass(eq=False, repr=False)
class Identity(BaseEstimator):
    """The function f(z) = z: a hidden layer of it is a linear bottleneck."""

    def forward(self, Z, A):
        """Write f(Z) into A."""
        if A is not Z:
            np.copyto(A, Z)

    def backward(self, dA, A):
        """Multiply dA by f'(Z) = 1."""


@dataclass(eq=False, repr=False)
class Relu(BaseEstimator):
    """The rectifier f(z) = max(0, z), with f'(0) = 0."""

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.maximum(Z, 0, out=A)

    def backward(self, dA, A):
        """Multiply dA by f'(Z) = 1 where A > 0, else 0."""
        # The sign of a rectified value is 0 or 1: the mask in dA's own dtype, which
        # saves the product a conversion. A is not needed after this.
        np.sign(A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Tanh(BaseEstimator):
    """The hyperbolic tangent f(z) = tanh(z)."""

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.tanh(Z, out=A)

    def backward(self, dA, A):
        """Multiply dA by f'(Z) = 1 - A²; A becomes scratch."""
        np.multiply(A, A, out=A)
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Logistic(BaseEstimator):
    """The sigmoid f(z) = 1 / (1 + exp(-z))."""

    def forward(self, Z, A):
        """Write f(Z) into A."""
        expit(Z, out=A)

    def backward(self, dA, A):
        """Multiply dA by f'(Z) = A (1 - A); A becomes scratch."""
        np.multiply(dA, A, out=dA)
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


ACTIVATIONS = {
    "identity": Identity,
    "logistic": Logistic,
    "tanh": Tanh,
    "relu": Relu,
}
