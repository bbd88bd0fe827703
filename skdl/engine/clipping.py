"""A bound on the length of the gradient."""

import numpy as np

__all__ = ["clip_gradient"]


def clip_gradient(gradient, max_norm):
    """Scale a gradient in place to g · c / max(c, ‖g‖).

    Parameters
    ----------
    gradient : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
        Each network of a stack has a norm of its own.
    max_norm : float
        The bound c, in the Euclidean norm over all parameters.

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
    >>> gradient
    array([0.6, 0.8])
    """
    for g in gradient.reshape(-1, gradient.shape[-1]):
        norm = float(np.sqrt(np.dot(g, g)))
        if norm > max_norm:
            np.multiply(g, max_norm / norm, out=g)
