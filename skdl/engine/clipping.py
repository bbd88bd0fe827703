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

    Returns
    -------
    factors : list of float
        What each network's gradient was multiplied by: 1 where it was short enough.

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
