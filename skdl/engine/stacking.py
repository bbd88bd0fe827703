"""Networks of one shape on a leading axis, and each of them by itself again."""

import numpy as np

from skdl.engine.network import Network

__all__ = ["stack", "unstack"]


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
    return _like(network, (len(snapshots),), parameters, statistics)


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
    return _like(network, (), network.parameters[i], network.statistics[i])


def _like(network, stack, parameters, statistics):
    """Return a network of the same layers around these arrays."""
    other = Network.__new__(Network)
    arrays = {"parameters": parameters, "statistics": statistics}
    other.__setstate__(network.__getstate__() | {"stack": stack} | arrays)
    return other
