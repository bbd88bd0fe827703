"""Networks of one shape on a leading axis, and each of them by itself again."""

import numpy as np

from skdl.engine.network import Network

__all__ = ["network_like", "stack", "unstack"]


def stack(network, snapshots):
    """Return a network that holds copies of several, to be evaluated in one pass.

    Parameters
    ----------
    network : Network
        Not a stack itself: says of what shape they are. It is only read.
    snapshots : sequence of tuple
        What ``snapshot`` of networks of this layout returned.

    Returns
    -------
    network : Network
        With arrays of shape (n_snapshots, ...).
    """
    parameters, statistics = map(np.stack, zip(*snapshots, strict=True))
    return network_like(network, parameters, statistics)


def unstack(network, i):
    """Return one network of a stack; its arrays are views of those of the stack.

    Parameters
    ----------
    network : Network
    i : int
        Its number.

    Returns
    -------
    network : Network
    """
    return network_like(network, network.parameters[i], network.statistics[i])


def network_like(network, parameters, statistics):
    """Return a network of the same layers around these arrays.

    Parameters
    ----------
    network : Network
    parameters : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
        With a leading axis, the network is a stack.
    statistics : ndarray of shape (n_statistics,) or (n_networks, n_statistics)

    Returns
    -------
    network : Network
    """
    other = Network.__new__(Network)
    arrays = {"parameters": parameters, "statistics": statistics}
    stack = {"stack": parameters.shape[:-1]}
    other.__setstate__(network.__getstate__() | stack | arrays)
    return other
