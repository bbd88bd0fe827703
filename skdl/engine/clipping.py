"""Norms of gradients and steps, and a bound on the norm of the gradient."""

import math

import numpy as np

__all__ = ["clip_each", "clip_gradient", "norm", "update_ratio"]


def clip_gradient(gradient: np.ndarray, max_norm: float) -> list[float]:
    """Scale a gradient in place to g · c / max(c, ‖g‖).

    Parameters
    ----------
    gradient : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
        The gradient. Each network of a stack has a norm of its own.
    max_norm : float
        The bound c on the Euclidean norm over all parameters.

    Returns
    -------
    factors : list of float
        The number that each network's gradient was multiplied by, at most 1.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural
    networks", ICML 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import clip_gradient
    >>> gradient = np.array([3.0, 4.0])
    >>> clip_gradient(gradient, 1.0)
    [0.2]
    >>> gradient
    array([0.6, 0.8])
    """
    factors = []
    for g in gradient.reshape(-1, gradient.shape[-1]):
        norm = float(np.sqrt(np.dot(g, g)))
        factors.append(max_norm / norm if norm > max_norm else 1.0)
        if norm > max_norm:
            np.multiply(g, factors[-1], out=g)
    return factors


def clip_each(gradient: np.ndarray, max_norms: np.ndarray) -> np.ndarray:
    """Scale the gradients of a stack in place, each to a bound of its own.

    Parameters
    ----------
    gradient : ndarray of shape (n_networks, n_parameters)
        The gradients.
    max_norms : ndarray of shape (n_networks,)
        The bounds on their Euclidean norms. Infinity leaves a gradient as it is.

    Returns
    -------
    factors : ndarray of shape (n_networks,)
        The numbers that the gradients were multiplied by, at most 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.clipping import clip_each
    >>> gradient = np.array([[3.0, 4.0], [3.0, 4.0]])
    >>> clip_each(gradient, np.array([1.0, np.inf])).tolist()
    [0.2, 1.0]
    >>> gradient.tolist()
    [[0.6000000000000001, 0.8], [3.0, 4.0]]
    """
    norms = np.sqrt(np.vecdot(gradient, gradient)).astype(np.float64)
    factors = np.ones_like(norms)
    np.divide(max_norms, norms, out=factors, where=norms > max_norms)
    np.multiply(gradient, factors[:, None].astype(gradient.dtype), out=gradient)
    return factors


def norm(vectors):
    """Return the Euclidean norm over the last axis.

    Parameters
    ----------
    vectors : ndarray of shape (..., n)
        One vector, or a stack of them.

    Returns
    -------
    norms : float, or ndarray of shape (...)
        In float64.
    """
    squares = np.vecdot(vectors, vectors)
    if vectors.ndim == 1:
        # Half the time of a NumPy function of one number.
        return np.float64(math.sqrt(squares))
    return np.sqrt(squares, dtype=np.float64)


def update_ratio(parameters, before):
    """Return ‖Δw‖ / ‖w‖, the size of a step relative to the parameters.

    Parameters
    ----------
    parameters : ndarray of shape (..., n_parameters)
        The parameters after the step.
    before : ndarray of that shape
        The parameters before the step, w. Overwritten.

    Returns
    -------
    ratio : float, or ndarray of shape (...)
        One number for each network of a stack.
    """
    size = norm(before)
    np.subtract(parameters, before, out=before)
    return norm(before) / size
