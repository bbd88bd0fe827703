"""Stacks: several networks of one shape on a leading axis."""

from collections.abc import Sequence

import numpy as np

from skdl.engine.aligned import aligned_rows
from skdl.engine.network import Network

__all__ = ["join", "leave", "network_like", "stack", "unstack"]


def stack(network: Network, snapshots: Sequence[tuple]) -> Network:
    """Return a stack with copies of several networks, evaluated in one pass.

    Parameters
    ----------
    network : Network
        A single network of their shape. It is only read.
    snapshots : sequence of tuple
        Results of ``snapshot`` of networks of this layout.

    Returns
    -------
    network : Network
        With arrays of shape (n_snapshots, ...).
    """
    parameters, statistics = map(np.stack, zip(*snapshots, strict=True))
    return network_like(network, parameters, statistics)


def unstack(network: Network, i: int) -> Network:
    """Return one network of a stack, as views of the stack's arrays.

    Parameters
    ----------
    network : Network
        The stack.
    i : int
        The number of the network to take out, from 0.

    Returns
    -------
    network : Network
        A single network, which shares its arrays with the stack.
    """
    return network_like(network, network.parameters[i], network.statistics[i])


def join(networks: Sequence[Network]) -> Network:
    """Return a stack of networks, which hold their rows of its arrays from now on.

    A step of the stack changes all of them. Their layers keep views of their old
    arrays until `Network.attach` is called: predict after that.

    Parameters
    ----------
    networks : sequence of Network
        Single networks of equal layout, whose kinds of layers are equal. Rates of
        dropout may differ.

    Returns
    -------
    network : Network
        The stack.
    """
    first, n = networks[0], len(networks)
    parameters = aligned_rows(n, len(first.parameters), first.dtype)
    statistics = aligned_rows(n, len(first.statistics), first.dtype)
    for network, *rows in zip(networks, parameters, statistics, strict=True):
        network.move(*rows)
    joined = network_like(first, parameters, statistics)
    layers = zip(*(network.layers for network in networks), strict=True)
    for layer, single in zip(joined.layers, layers, strict=True):
        layer.join(single)
    return joined


def leave(network: Network) -> None:
    """Give a network of a stack arrays of its own.

    Parameters
    ----------
    network : Network
        One of those that were passed to `join`.
    """
    arrays = network.parameters, network.statistics
    network.move(*(array.copy() for array in arrays))
    network.attach()


def network_like(
    network: Network, parameters: np.ndarray, statistics: np.ndarray
) -> Network:
    """Return a network of the same layers with other arrays.

    Parameters
    ----------
    network : Network
        The network whose layers are copied. It is only read.
    parameters : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
        The parameters. With a leading axis, the result is a stack.
    statistics : ndarray of shape (n_statistics,) or (n_networks, n_statistics)
        The statistics.

    Returns
    -------
    network : Network
        A network or a stack that holds the given arrays.
    """
    other = Network.__new__(Network)
    arrays = {"parameters": parameters, "statistics": statistics}
    stack = {"stack": parameters.shape[:-1]}
    other.__setstate__(network.__getstate__() | stack | arrays)
    return other
