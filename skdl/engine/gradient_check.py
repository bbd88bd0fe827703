"""A numeric check of derivatives."""

from functools import partial
from typing import Any

import numpy as np

from skdl.engine.activations import ActivationFunction
from skdl.engine.specification import complete

__all__ = ["check_gradient"]


def check_gradient(
    function: Any,
    x: Any,
    *,
    rtol: float = 1e-6,
    step: float = 1e-4,
    max_elements: int = 200,
    rng: np.random.Generator | None = None,
) -> float:
    """Compare a function's gradient with differences of its values.

    The fourth-order central difference (8 (f₊₁ - f₋₁) - (f₊₂ - f₋₂)) / (12 h) is taken
    element by element. The error of an element is relative to the larger of the two
    derivatives, or, for tiny ones, to 1e-4 of the largest that is compared.

    Parameters
    ----------
    function : callable or activation object
        Takes an array like x, in float64, and returns ``(value, gradient)``. For an
        activation (an object with ``forward`` and ``backward``), a weighted sum of the
        outputs is checked.
    x : ndarray of floats
        The point at which to check, at least 2 h away from kinks.
    rtol : float, default=1e-6
        The largest allowed error.
    step : float, default=1e-4
        The h of the difference.
    max_elements : int, default=200
        If x has more elements, this many of them are drawn at random.
    rng : numpy.random.Generator, optional
        Draws the elements. By default a generator with seed 0.

    Returns
    -------
    error : float
        The largest relative error.

    Raises
    ------
    AssertionError
        If an element's error exceeds `rtol`; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import check_gradient
    >>> def cubes(x):
    ...     return (x**3).sum(), 3 * x**2
    >>> check_gradient(cubes, np.array([1.0, -2.0])) < 1e-9
    True

    An activation of your own:

    >>> class Square:
    ...     def forward(self, Z, A):
    ...         np.multiply(Z, Z, out=A)
    ...     def backward(self, dA, Z, A):
    ...         dA *= 2 * Z
    >>> check_gradient(Square(), np.array([1.0, -2.0])) < 1e-9
    True
    """
    if hasattr(function, "forward"):
        function = partial(_weighted_output, function)
    x = np.array(x, dtype=np.float64)
    gradient = np.array(function(x.copy())[1], dtype=np.float64)
    if gradient.shape != x.shape:
        raise AssertionError(f"gradient of shape {gradient.shape}, x of {x.shape}")
    if not x.size:
        return 0.0
    if not np.isfinite(gradient).all():
        place = int(np.flatnonzero(~np.isfinite(gradient))[0])
        raise AssertionError(
            f"element {place}: the gradient says {gradient.flat[place]}"
        )
    places = np.arange(x.size)
    if x.size > max_elements:
        rng = np.random.default_rng(0) if rng is None else rng
        places = rng.choice(places, max_elements, replace=False)
    numeric = _numeric_gradient(function, x, places, step)
    claimed = gradient.reshape(-1)[places]
    scale = np.maximum(np.abs(numeric), np.abs(claimed))
    scale = np.maximum(scale, max(1e-4 * scale.max(), np.finfo(float).tiny))
    errors = np.abs(numeric - claimed) / scale
    worst = int(errors.argmax())
    # "not <=" is also true for NaN.
    if not errors[worst] <= rtol:
        raise AssertionError(
            f"element {places[worst]}: the gradient says {claimed[worst]!r}, "
            f"differences say {numeric[worst]!r}: relative error {errors[worst]:.2e}, "
            f"allowed {rtol:.2e}"
        )
    return float(errors[worst])


def _numeric_gradient(function, x, places, step):
    """Return some elements of the gradient, by central differences of fourth order."""

    def value(place, h):
        moved = x.copy()
        moved.flat[place] += h
        return float(function(moved)[0])

    differences = [
        8 * (value(i, step) - value(i, -step))
        - (value(i, 2 * step) - value(i, -2 * step))
        for i in places
    ]
    return np.array(differences) / (12 * step)


def _weighted_output(activation, Z):
    """Return a weighted sum of an activation's outputs, and its gradient."""
    activation = complete(activation, ActivationFunction)
    A = Z
    if not activation.in_place:
        A = np.empty((*Z.shape[:-1], Z.shape[-1] // activation.pieces))
    activation.forward(Z, A)
    # Random factors show a derivative that is right, but at the wrong place.
    dA = np.random.default_rng(0).uniform(1, 2, A.shape)
    value = float(np.sum(dA * A))
    activation.backward(dA, Z, A)
    return value, Z if activation.pieces > 1 else dA
