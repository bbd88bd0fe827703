"""Activation functions: each derivative stands beside its function.

`skdl.engine.protocols.Activation` describes the methods. An activation of your own
needs ``forward`` and ``backward`` and no more: `skdl.engine.check_gradient` tests
whether the two agree. With `ActivationFunction` as its base class, it can say more
about itself.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from skdl.engine.checks import check_count, check_number
from skdl.engine.specification import Specification, explain_settings
from skdl.engine.subnormal import (
    EXPONENTS,
    LOWEST_EXPONENT,
    NEGATIVE_EXPONENTS,
    OVERFLOW,
)

__all__ = [
    "ACTIVATIONS",
    "ActivationFunction",
    "Elu",
    "Gelu",
    "Identity",
    "LeakyRelu",
    "Logistic",
    "Maxout",
    "Relu",
    "Selu",
    "Silu",
    "Softplus",
    "Tanh",
]

# An output this close to a bound of the function counts as flat, relative to the range
# of a sigmoid or tanh.
NEAR_BOUND = 0.03
# NumPy adds an array without axes faster than it adds a Python number.
ONE = {dtype: np.ones((), dtype) for dtype in LOWEST_EXPONENT}


class ActivationFunction(Specification):
    """What every activation has, with the values of one that says nothing else.

    Attributes
    ----------
    in_place : bool
        Whether the derivative follows from the output alone. Z and A are then one
        array, and a layer needs half of the memory.
    rectifies : bool
        Whether about half of the units output next to nothing. By default, the next
        layer then starts with larger weights.
    pieces : int
        How many times wider Z is than A. If it is more than 1, ``backward`` writes the
        gradient with respect to Z into Z. See `Maxout`.
    needs_scratch : bool
        Whether ``forward`` and ``backward`` take one more array of A's shape, for
        intermediate results. Its content does not last from one call to the next.
    """

    REQUIRED = ("forward", "backward")
    OPTIONAL = (
        "check", "in_place", "rectifies", "pieces", "needs_scratch", "is_flat",
    )  # fmt: skip

    in_place = False
    rectifies = False
    pieces = 1
    needs_scratch = False

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the derivative is almost 0, judged by the outputs.

        Parameters
        ----------
        A : ndarray
            Outputs of the function.

        Returns
        -------
        flat : ndarray of bool of A's shape, or None
            None if the outputs do not tell.
        """
        return None


def _nowhere(A):
    return np.zeros(A.shape, bool)


def _sigmoid(Z, A):
    """Write σ(Z) into A, in a tenth of the time of scipy's expit.

    Beyond the lowest exponent, it is 0 or 1.
    """
    to_infinity, back = OVERFLOW[Z.dtype]
    with np.errstate(over="ignore"):
        np.multiply(Z, to_infinity, out=A)
    np.multiply(A, back, out=A)
    np.exp(A, out=A)
    np.add(A, ONE[A.dtype], out=A)
    np.reciprocal(A, out=A)


@explain_settings
@dataclass(eq=False, repr=False)
class Identity(ActivationFunction):
    """The function f(z) = z. A hidden layer with it is a linear bottleneck.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Identity
    >>> A = np.array([-1.0, 0.0, 2.0])
    >>> Identity().forward(A, A)
    >>> A.tolist()
    [-1.0, 0.0, 2.0]
    """

    in_place = True

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        if A is not Z:
            np.copyto(A, Z)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z) = 1."""

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return False for all outputs."""
        return _nowhere(A)


@explain_settings
@dataclass(eq=False, repr=False)
class Relu(ActivationFunction):
    """The rectifier f(z) = max(0, z), with f'(0) = 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Relu
    >>> A = np.array([-1.0, 0.0, 2.0])
    >>> Relu().forward(A, A)
    >>> A.tolist()
    [0.0, 0.0, 2.0]
    """

    in_place = True
    rectifies = True

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        np.maximum(Z, 0, out=A)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z) = 1 where A > 0, else 0."""
        # A mask of dA's dtype: the product needs no conversion.
        np.greater(A, 0, out=A)
        np.multiply(dA, A, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is 0."""
        return A <= 0


@explain_settings
@dataclass(eq=False, repr=False)
class LeakyRelu(ActivationFunction):
    """The function f(z) = max(z, slope · z).

    Parameters
    ----------
    slope : float, default=0.01
        The slope below zero, in [0, 1].

    References
    ----------
    A. Maas, A. Hannun, A. Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import LeakyRelu
    >>> Z = np.array([-1.0, 0.0, 2.0])
    >>> A = np.empty(3)
    >>> LeakyRelu(slope=0.1).forward(Z, A)
    >>> A.tolist()
    [-0.1, 0.0, 2.0]
    """

    slope: float = 0.01

    rectifies = True

    def check(self) -> None:
        """Raise ValueError for a slope outside of [0, 1]."""
        check_number(self, "slope", 0, 1)

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        np.multiply(Z, self.slope, out=A)
        np.maximum(Z, A, out=A)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z): 1 above zero, the slope elsewhere."""
        np.greater(Z, 0, out=Z)
        np.maximum(Z, self.slope, out=Z)
        np.multiply(dA, Z, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return False for all outputs; with slope 0, where the output is 0."""
        return _nowhere(A) if self.slope else A <= 0


class _ExponentialLinear(ActivationFunction):
    """f(z) = λ z above zero, else λ α (exp(z) - 1)."""

    def _forward(self, Z, A, factor, alpha):
        # The exponential gets no positive number: it cannot overflow.
        lowest, zero = NEGATIVE_EXPONENTS[Z.dtype]
        Z.clip(lowest, zero, out=A)
        np.expm1(A, out=A)
        if factor == alpha == 1:
            # exp(z) - 1 is at least z.
            np.maximum(A, Z, out=A)
            return
        np.maximum(Z, zero, out=Z)
        if factor * alpha != 1:
            np.multiply(A, factor * alpha, out=A)
        if factor != 1:
            np.multiply(Z, factor, out=Z)
        np.add(A, Z, out=A)

    def _backward(self, dA, Z, A, factor, alpha):
        # λ above zero, λ α exp(z) = f(z) + λ α elsewhere.
        np.minimum(A, 0, out=A)
        np.add(A, factor * alpha, out=A)
        if alpha != 1:
            np.greater(Z, 0, out=Z)
            np.multiply(Z, factor * (1 - alpha), out=Z)
            np.add(A, Z, out=A)
        np.multiply(dA, A, out=dA)


@explain_settings
@dataclass(eq=False, repr=False)
class Elu(_ExponentialLinear):
    """The function f(z) = z above zero, else alpha · (exp(z) - 1).

    Parameters
    ----------
    alpha : float, default=1.0
        The function's lower bound is -alpha. At least 0.

    References
    ----------
    D. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning
    by exponential linear units (ELUs)", ICLR 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Elu
    >>> Z = np.array([-1.0, 0.0, 2.0])
    >>> A = np.empty(3)
    >>> Elu().forward(Z, A)
    >>> A.round(3).tolist()
    [-0.632, 0.0, 2.0]
    """

    alpha: float = 1.0

    rectifies = True

    def check(self) -> None:
        """Raise ValueError for a negative alpha."""
        check_number(self, "alpha", 0)

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        self._forward(Z, A, 1.0, self.alpha)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z): 1 above zero, f(Z) + alpha elsewhere."""
        self._backward(dA, Z, A, 1.0, self.alpha)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is near the lower bound."""
        return A + (1 - NEAR_BOUND) * self.alpha <= 0


@explain_settings
@dataclass(eq=False, repr=False)
class Selu(_ExponentialLinear):
    """The self-normalizing f(z) = λ z above zero, else λ α (exp(z) - 1).

    With λ ≈ 1.0507 and α ≈ 1.6733, mean 0 and variance 1 are a fixed point for weights
    of variance 1 / fan_in.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural
    networks", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Selu
    >>> Z = np.array([-1.0, 0.0, 2.0])
    >>> A = np.empty(3)
    >>> Selu().forward(Z, A)
    >>> A.round(3).tolist()
    [-1.111, 0.0, 2.101]
    """

    FACTOR = 1.0507009873554805
    ALPHA = 1.6732632423543772

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        self._forward(Z, A, self.FACTOR, self.ALPHA)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z): λ above zero, f(Z) + λ α elsewhere."""
        self._backward(dA, Z, A, self.FACTOR, self.ALPHA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is near the lower bound."""
        return A + (1 - NEAR_BOUND) * self.FACTOR * self.ALPHA <= 0


# The lowest output of `Softplus`, where its derivative has to be 0.
SOFTPLUS_BOUND = {
    dtype: np.array(np.log1p(np.exp(lowest)))
    for dtype, lowest in LOWEST_EXPONENT.items()
}


@explain_settings
@dataclass(eq=False, repr=False)
class Softplus(ActivationFunction):
    """The smooth rectifier f(z) = log(1 + exp(z)).

    References
    ----------
    C. Dugas et al., "Incorporating second-order functional knowledge for better option
    pricing", NIPS 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Softplus
    >>> A = np.array([-1.0, 0.0, 2.0])
    >>> Softplus().forward(A, A)
    >>> A.round(3).tolist()
    [0.313, 0.693, 2.127]
    """

    in_place = True
    rectifies = True
    needs_scratch = True

    def forward(
        self, Z: np.ndarray, A: np.ndarray, scratch: np.ndarray | None = None
    ) -> None:
        """Write f(Z) into A."""
        near = np.empty_like(A) if scratch is None else scratch
        Z.clip(*EXPONENTS[Z.dtype], out=near)
        np.exp(near, out=near)
        np.log1p(near, out=near)
        # f(z) exceeds z, but above the highest exponent by less than rounding.
        np.maximum(Z, near, out=A)

    def backward(
        self,
        dA: np.ndarray,
        Z: np.ndarray,
        A: np.ndarray,
        scratch: np.ndarray | None = None,
    ) -> None:
        """Multiply dA by f'(Z) = σ(Z) = 1 - exp(-A), less its lowest value."""
        np.subtract(SOFTPLUS_BOUND[A.dtype], A, out=A)
        np.maximum(A, LOWEST_EXPONENT[A.dtype], out=A)
        np.expm1(A, out=A)
        np.negative(A, out=A)
        np.multiply(dA, A, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is near 0."""
        return A < NEAR_BOUND


class _Gated(ActivationFunction):
    """A function f(z) = z F(z), with F a distribution function.

    A subclass has ``_distribution(Z, scratch, out)``, which writes F(Z) into `out`, and
    ``_slope(F, A, out)``, which writes f'(Z) into `out` and may overwrite A = f(Z).
    """

    rectifies = True
    needs_scratch = True

    def forward(
        self, Z: np.ndarray, A: np.ndarray, scratch: np.ndarray | None = None
    ) -> None:
        """Write f(Z) into A, and F(Z) into Z."""
        distribution = np.empty_like(A) if scratch is None else scratch
        self._distribution(Z, A, distribution)
        np.multiply(Z, distribution, out=A)
        np.copyto(Z, distribution)

    def backward(
        self,
        dA: np.ndarray,
        Z: np.ndarray,
        A: np.ndarray,
        scratch: np.ndarray | None = None,
    ) -> None:
        """Multiply dA by the derivative, given F in Z."""
        slope = np.empty_like(A) if scratch is None else scratch
        self._slope(Z, A, slope)
        np.multiply(dA, slope, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is very near 0."""
        return np.abs(A) < NEAR_BOUND / 30

    def _distribution(self, Z, scratch, out):
        raise NotImplementedError

    def _slope(self, F, A, out):
        raise NotImplementedError


@explain_settings
@dataclass(eq=False, repr=False)
class Silu(_Gated):
    """The function f(z) = z σ(z), also known as swish.

    References
    ----------
    S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network
    function approximation in reinforcement learning", Neural Networks 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Silu
    >>> Z = np.array([-1.0, 0.0, 2.0])
    >>> A = np.empty(3)
    >>> Silu().forward(Z, A)
    >>> A.round(3).tolist()
    [-0.269, 0.0, 1.762]
    """

    def _distribution(self, Z, scratch, out):
        _sigmoid(Z, out)

    def _slope(self, F, A, out):
        """Write f'(z) = σ(z) + f(z) (1 - σ(z))."""
        np.subtract(ONE[A.dtype], F, out=out)
        np.multiply(out, A, out=out)
        np.add(out, F, out=out)


# A factor for z, and one for the square of that product: they make -z²/2 of z, to the
# last digit. If the exponent is below the lowest one, the square overflows.
SQUARE_OVERFLOW = {
    dtype: (np.array(np.sqrt(to_infinity / 2), dtype), back)
    for dtype, (to_infinity, back) in OVERFLOW.items()
}
# Φ(z) = (1 + tanh(SCALE z P(z²))) / 2, with P(s) = s⁶ + ..., of these coefficients from
# the highest power on. No other P of this degree has a smaller error of z Φ(z) relative
# to max(1, |z|); it is 2.4e-8. z P(z²) increases everywhere.
SCALE = 1.81592847e-09
COEFFICIENTS = (
    -74.0908732, 2200.52372, -30561.8915, -17653.0532, 20007654.2, 439381371,
)  # fmt: skip
# The z at which the exponent -z²/2 is the lowest one.
FAR = {dtype: float((-2 * lowest) ** 0.5) for dtype, lowest in LOWEST_EXPONENT.items()}
SMALLEST = {dtype: np.finfo(dtype).tiny for dtype in LOWEST_EXPONENT}
PEAK = (2 * np.pi) ** -0.5


def _quick_normal_distribution(Z, scratch, out):
    """Write Φ(Z) into `out`, with an error of about 1e-7, by few operations.

    scipy's ``ndtr`` computes in float64, which takes ten times as long.
    """
    square, (highest, *others) = scratch, COEFFICIENTS
    with np.errstate(over="ignore"):
        np.multiply(Z, Z, out=square)
        np.add(square, highest, out=out)
        for coefficient in others:
            np.multiply(out, square, out=out)
            np.add(out, coefficient, out=out)
        np.multiply(out, SCALE, out=out)
        np.multiply(out, Z, out=out)
    np.tanh(out, out=out)
    np.add(out, ONE[out.dtype], out=out)
    np.multiply(out, 0.5, out=out)


@explain_settings
@dataclass(eq=False, repr=False)
class Gelu(_Gated):
    """The function f(z) = z Φ(z), with Φ the standard normal distribution.

    In float32, its error is at most 2e-7 max(1, |z|), and that of the derivative 1e-6.
    The approximation by tanh in the paper, with an error of 5e-4, is not used.

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian error linear units (GELUs)", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Gelu
    >>> Z = np.array([-1.0, 0.0, 2.0])
    >>> A = np.empty(3)
    >>> Gelu().forward(Z, A)
    >>> A.round(3).tolist()
    [-0.159, 0.0, 1.954]
    """

    def _distribution(self, Z, scratch, out):
        if Z.dtype == np.float32:
            _quick_normal_distribution(Z, scratch, out)
            return
        ndtr(Z, out=out)
        # Far below 0, Φ(z) would be subnormal.
        np.multiply(out, np.greater(Z, -FAR[Z.dtype], out=scratch), out=out)

    def _slope(self, F, A, out):
        """Write f'(z) = Φ(z) + z φ(z), with φ the normal density."""
        # z = f(z) / Φ(z). Where Φ(z) is 0, the quotient is 0, and with it z φ(z).
        np.add(F, SMALLEST[F.dtype], out=out)
        z = np.divide(A, out, out=A)
        to_infinity, back = SQUARE_OVERFLOW[z.dtype]
        with np.errstate(over="ignore"):
            np.multiply(z, to_infinity, out=out)
            np.multiply(out, out, out=out)
        np.multiply(out, back, out=out)
        np.exp(out, out=out)
        np.multiply(out, z, out=out)
        np.multiply(out, PEAK, out=out)
        np.add(out, F, out=out)


@explain_settings
@dataclass(eq=False, repr=False)
class Tanh(ActivationFunction):
    """The hyperbolic tangent f(z) = tanh(z).

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Tanh
    >>> A = np.array([-1.0, 0.0, 2.0])
    >>> Tanh().forward(A, A)
    >>> A.round(3).tolist()
    [-0.762, 0.0, 0.964]
    """

    in_place = True

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        np.tanh(Z, out=A)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z) = 1 - A²."""
        np.multiply(A, A, out=A)
        np.subtract(ONE[A.dtype], A, out=A)
        np.multiply(dA, A, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is near -1 or 1."""
        return np.abs(A) > 1 - NEAR_BOUND


@explain_settings
@dataclass(eq=False, repr=False)
class Logistic(ActivationFunction):
    """The sigmoid f(z) = 1 / (1 + exp(-z)).

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Logistic
    >>> A = np.array([-1.0, 0.0, 2.0])
    >>> Logistic().forward(A, A)
    >>> A.round(3).tolist()
    [0.269, 0.5, 0.881]
    """

    in_place = True

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write f(Z) into A."""
        _sigmoid(Z, A)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Multiply dA by f'(Z) = A (1 - A)."""
        np.multiply(dA, A, out=dA)
        np.subtract(ONE[A.dtype], A, out=A)
        np.multiply(dA, A, out=dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return where the output is near 0 or 1."""
        return np.abs(A - 0.5) > 0.5 - NEAR_BOUND


@explain_settings
@dataclass(eq=False, repr=False)
class Maxout(ActivationFunction):
    """The largest of k linear functions: y = max(x W₁ + b₁, …, x W_k + b_k).

    A maxout layer has k times the weights of another layer: its matrix is
    (fan_in, k · units), with the k sets of columns side by side. The gradient goes to
    the largest function, and to the first one if several are equal.

    Parameters
    ----------
    pieces : int, default=2
        The number k of linear functions per unit, at least 2.

    References
    ----------
    I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, "Maxout
    networks", ICML 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Maxout
    >>> Z = np.array([[1.0, -2.0, 0.5, 3.0]])  # two units of two pieces each
    >>> A = np.empty((1, 2))
    >>> Maxout().forward(Z, A)
    >>> A.tolist()
    [[1.0, 3.0]]
    """

    pieces: int = 2

    def check(self) -> None:
        """Raise ValueError for fewer than two pieces."""
        check_count(self, "pieces", 2)

    def forward(self, Z: np.ndarray, A: np.ndarray) -> None:
        """Write the largest piece of each unit into A, which is k times narrower."""
        first, second, *others = self._split(Z, A)
        np.maximum(first, second, out=A)
        for piece in others:
            np.maximum(A, piece, out=A)

    def backward(self, dA: np.ndarray, Z: np.ndarray, A: np.ndarray) -> None:
        """Write the gradient of the pieces into Z; dA is overwritten, too."""
        *pieces, last = self._split(Z, A)
        for piece in pieces:
            np.equal(piece, A, out=piece)
            np.multiply(piece, dA, out=piece)
            # The largest piece takes the whole gradient: equal ones after it get 0.
            np.subtract(dA, piece, out=last if piece is pieces[-1] else dA)

    def is_flat(self, A: np.ndarray) -> np.ndarray | None:
        """Return False for all outputs."""
        return _nowhere(A)

    def _split(self, Z, A):
        """Return the columns of each piece, as views."""
        width = A.shape[-1]
        return [Z[..., i * width : (i + 1) * width] for i in range(self.pieces)]


ACTIVATIONS: dict[str, type[ActivationFunction]] = {
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
