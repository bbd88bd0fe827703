"""Relatives of the rectifier that let a gradient through below zero.

Their methods are those that `skdl.engine.activations` describes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr
from sklearn.base import BaseEstimator

from skdl.engine.checks import check_number

__all__ = ["Elu", "Gelu", "LeakyRelu", "Selu", "Silu", "Softplus"]


@dataclass(eq=False, repr=False)
class LeakyRelu(BaseEstimator):
    """The function f(z) = max(z, slope · z).

    Parameters
    ----------
    slope : float, default=0.01
        Below zero, in [0, 1].

    References
    ----------
    A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.
    """

    slope: float = 0.01

    rectifies = True

    def check(self):
        """Raise ValueError for a slope outside of [0, 1]."""
        check_number(self, "slope", 0, 1)

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.multiply(Z, self.slope, out=A)
        np.maximum(Z, A, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z), 1 above zero and the slope elsewhere."""
        np.maximum(Z, 0, out=Z)
        np.sign(Z, out=Z)
        np.multiply(Z, 1 - self.slope, out=Z)
        np.add(Z, self.slope, out=Z)
        np.multiply(dA, Z, out=dA)


class _ExponentialLinear(BaseEstimator):
    """f(z) = λ z above zero, else λ α (exp(z) - 1)."""

    def _forward(self, Z, A, factor, alpha):
        # The exponential sees no positive number, and thus never overflows.
        np.minimum(Z, 0, out=A)
        np.expm1(A, out=A)
        np.multiply(A, alpha, out=A)
        np.maximum(Z, 0, out=Z)
        np.add(A, Z, out=A)
        np.multiply(A, factor, out=A)

    def _backward(self, dA, Z, A, factor, alpha):
        # λ above zero, λ α exp(z) = f(z) + λ α elsewhere.
        np.sign(Z, out=Z)
        np.multiply(Z, factor * (1 - alpha), out=Z)
        np.minimum(A, 0, out=A)
        np.add(A, Z, out=A)
        np.add(A, factor * alpha, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Elu(_ExponentialLinear):
    """The function f(z) = z above zero, else alpha · (exp(z) - 1).

    Parameters
    ----------
    alpha : float, default=1.0
        What it saturates at, negated; at least 0.

    References
    ----------
    D. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning
    by exponential linear units (ELUs)", ICLR 2016.
    """

    alpha: float = 1.0

    rectifies = True

    def check(self):
        """Raise ValueError for a negative alpha."""
        check_number(self, "alpha", 0)

    def forward(self, Z, A):
        """Write f(Z) into A."""
        self._forward(Z, A, 1.0, self.alpha)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z), 1 above zero and f(Z) + alpha elsewhere."""
        self._backward(dA, Z, A, 1.0, self.alpha)


@dataclass(eq=False, repr=False)
class Selu(_ExponentialLinear):
    """The self-normalizing f(z) = λ z above zero, else λ α (exp(z) - 1).

    λ ≈ 1.0507 and α ≈ 1.6733 are such that mean 0 and variance 1 are a fixed point for
    weights of variance 1 / fan_in.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural
    networks", NeurIPS 2017.
    """

    FACTOR = 1.0507009873554805
    ALPHA = 1.6732632423543772

    def forward(self, Z, A):
        """Write f(Z) into A."""
        self._forward(Z, A, self.FACTOR, self.ALPHA)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z), λ above zero and f(Z) + λ α elsewhere."""
        self._backward(dA, Z, A, self.FACTOR, self.ALPHA)


@dataclass(eq=False, repr=False)
class Softplus(BaseEstimator):
    """The smooth rectifier f(z) = log(1 + exp(z)).

    References
    ----------
    C. Dugas et al., "Incorporating second-order functional knowledge for better option
    pricing", NIPS 2000.
    """

    in_place = True
    rectifies = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        np.logaddexp(Z, 0, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = σ(Z) = 1 - exp(-A)."""
        np.negative(A, out=A)
        np.expm1(A, out=A)
        np.negative(A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Silu(BaseEstimator):
    """The function f(z) = z σ(z), also known as swish.

    References
    ----------
    S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network
    function approximation in reinforcement learning", Neural Networks 2018.
    """

    rectifies = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        expit(Z, out=A)
        np.multiply(A, Z, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = σ(Z) (1 + Z σ(-Z))."""
        np.negative(Z, out=A)
        expit(A, out=A)
        np.multiply(Z, A, out=Z)
        np.add(Z, 1, out=Z)
        np.multiply(dA, Z, out=dA)
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class Gelu(BaseEstimator):
    """The function f(z) = z Φ(z), with Φ the standard normal distribution, exactly.

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian error linear units (GELUs)", 2016. The
    approximation by tanh that is given there, too, is not used.
    """

    rectifies = True

    def forward(self, Z, A):
        """Write f(Z) into A."""
        ndtr(Z, out=A)
        np.multiply(A, Z, out=A)

    def backward(self, dA, Z, A):
        """Multiply dA by f'(Z) = Φ(Z) + Z φ(Z), with φ the normal density."""
        np.multiply(Z, Z, out=A)
        np.multiply(A, -0.5, out=A)
        np.exp(A, out=A)
        np.multiply(A, 1 / np.sqrt(2 * np.pi).item(), out=A)
        np.multiply(A, Z, out=A)
        ndtr(Z, out=Z)
        np.add(A, Z, out=A)
        np.multiply(dA, A, out=dA)
