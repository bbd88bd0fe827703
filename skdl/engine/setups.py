"""Networks with the memory of their training, which wait for the next call.

To build them takes longer than a pass of a small network over a few hundred rows. A
set-up that waits belongs to no estimator and to no call: a call takes it out, trains in
it, copies the results, and gives it back. So no two calls share arrays, and results
never lie in a set-up.
"""

import threading
from collections.abc import Hashable

import numpy as np

from skdl.engine.aligned import aligned_empty, aligned_zeros
from skdl.engine.layers import Affine
from skdl.engine.network import Network
from skdl.engine.workspace import Workspace, workspaces_for

__all__ = ["Setup", "give_back", "take"]

# How many set-ups wait in each thread at most, and the bytes of each. The time to build
# the set-up of a larger network is small beside its training.
AT_MOST, LARGEST = 8, 2**20


class Setup:
    """A network, and the arrays that its training writes to.

    Parameters
    ----------
    network : Network
        The network to train.
    key : hashable, optional
        Determines the layers of the network, which are affine maps and activations.
        With None, the set-up never waits, and the layers are of any kind.

    Attributes
    ----------
    gradient : ndarray of the shape of network.parameters, or None
        The gradient of the parameters; None before the first training.
    workspaces : dict from int to Workspace
        By number of rows: those of the latest training.
    """

    def __init__(self, network: Network, key: Hashable = None) -> None:
        self.network, self.key = network, key
        self.gradient: np.ndarray | None = None
        self.workspaces: dict[int, Workspace] = {}

    def allocate(self, batch_size, n_rows, rng=None):
        """Return the gradient, and a workspace for each size of batch.

        Parameters
        ----------
        batch_size, n_rows : int
            Rows of a batch, and rows in all. The last batch may be smaller.
        rng : numpy.random.Generator, or list of them, optional
            Where dropout draws from, see `Workspace`.

        Returns
        -------
        gradient : ndarray of the shape of network.parameters
            Where all workspaces put the gradient.
        workspaces : dict from int to Workspace
            By number of rows.
        """
        network = self.network
        if self.gradient is None:
            self.gradient = aligned_zeros(network.parameters.shape, network.dtype)
        self.workspaces = workspaces_for(
            network, self.gradient, batch_size, n_rows, rng, self.workspaces
        )
        return self.gradient, self.workspaces

    def copy_network(self):
        """Return a copy of the network, which shares no array with the set-up.

        `network_like` takes longer: it builds the layers. Affine maps and activations
        do not refer to other layers, so shallow copies with other views do.
        """
        network = _shallow_copy(self.network)
        network.parameters = aligned_empty(network.parameters.shape, network.dtype)
        np.copyto(network.parameters, self.network.parameters)
        network.statistics = network.statistics.copy()
        network.layers = [_shallow_copy(layer) for layer in network.layers]
        network.affine = [one for one in network.layers if isinstance(one, Affine)]
        network.attach()
        return network

    @property
    def can_wait(self):
        """Whether the set-up has a key and is small."""
        parameters = 2 * self.network.parameters.nbytes
        buffers = (n * one.bytes_per_row for n, one in self.workspaces.items())
        return self.key is not None and parameters + sum(buffers) <= LARGEST


def _shallow_copy(thing):
    copy = object.__new__(type(thing))
    vars(copy).update(vars(thing))
    return copy


class _Waiting(threading.local):
    """The set-ups of one thread: other threads never see them."""

    def __init__(self):
        self.by_key = {}


WAITING = _Waiting()


def take(key: Hashable) -> Setup | None:
    """Take out a set-up that waits, or return None.

    Parameters
    ----------
    key : hashable
        The key that it was made with. Its parameters are those of its last training.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.network import Network
    >>> from skdl.engine.setups import Setup, give_back, take
    >>> network = Network((3, 1), [], np.float64)
    >>> give_back(Setup(network, "3-1"))
    >>> take("3-1").network is network, take("3-1")
    (True, None)
    """
    return WAITING.by_key.pop(key, None)


def give_back(setup: Setup) -> None:
    """Let a set-up wait for the next call, if it can.

    Parameters
    ----------
    setup : Setup
        The caller must not use it, nor any of its arrays, from now on.
    """
    if not setup.can_wait:
        return
    for workspace in setup.workspaces.values():
        workspace.forget_rows()
    waiting = WAITING.by_key
    waiting[setup.key] = setup
    if len(waiting) > AT_MOST:
        del waiting[next(iter(waiting))]
