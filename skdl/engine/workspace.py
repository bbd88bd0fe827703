"""The memory of a pass: every array that a network writes to, and no parameter."""

import math

import numpy as np

__all__ = ["Workspace", "workspaces_for"]


class Workspace:
    """Every array that passes over n_rows rows write to; it belongs to one call.

    In training, the arrays of scores lie in memory column by column: NumPy reduces over
    their short last axis several times faster so. Their shape is that of all others.

    Parameters
    ----------
    network : Network
    n_rows : int
    training : bool, default=False
        Whether to hold the arrays of the backward pass, and to take the layers that act
        in training only.
    gradient : ndarray, optional
        Where the gradient goes; workspaces of several sizes share one.
    rng : numpy.random.Generator, optional
        What dropout draws from.
    drops : bool, default=True
        Whether training takes dropout, too, and other layers that only train.
    to_inputs : bool, default=False
        Whether the backward pass goes on to the inputs, of the network as it predicts:
        without dropout, and with running means, which stay as they are.
    frozen : bool, default=False
        Whether the parameters stay as they are for as long as it is used: what is made
        of them alone is then made once.

    Attributes
    ----------
    row_shares : ndarray of shape (n_rows, 1), or None
        The weights of the batch at hand, divided by their sum; None for equal ones.
    shares : ndarray
        The same, or one number for all rows: what broadcasts to them.
    bytes_per_row : int
        What `empty` gave out so far, per row: the memory that grows with n_rows.
    """

    def __init__(
        self, network, n_rows, training=False, gradient=None, rng=None, *,
        drops=True, to_inputs=False, frozen=False,
    ):  # fmt: skip
        self.shape, self.dtype = (*network.stack, n_rows), network.dtype
        self.training, self.to_inputs, self.frozen = training, to_inputs, frozen
        drops = training and drops and not to_inputs
        self.rng = rng
        self.row_shares = None
        self.bytes_per_row = 0
        self.ones = np.ones((1, n_rows), self.dtype) if training else None
        self._zeros = {}
        if training and gradient is None:
            gradient = np.zeros_like(network.parameters)
        self.gradient = gradient
        self.works, self.forward_passes, self.backward_passes = {}, [], []
        parts = network.views(gradient) if training else [()] * len(network.layers)
        for layer, gradients in zip(network.layers, parts, strict=True):
            if layer.training_only and not drops:
                continue
            work = self.works[layer] = layer.work(self, *gradients)
            forward, backward = layer.passes(work)
            self.forward_passes.append(forward)
            if to_inputs or not layer.before_weights:
                self.backward_passes.insert(0, backward)
        for layer, work in self.works.items():
            if layer.absorber is not None:
                # It comes later: no circle of references.
                work.absorber = self.works[layer.absorber]
        if not training:
            return
        self.score_gradient = self.empty_scores(network.widths[-1])
        self.rows = self.empty(1)
        self._rows = self.rows[..., 0]
        self._own_shares = np.empty((n_rows, 1), self.dtype)
        self._equal = np.array(1 / n_rows, self.dtype)
        self._equal_shares = np.full(n_rows, self._equal)

    def empty(self, width):
        """Return a new array of shape (..., n_rows, width)."""
        self._count(width)
        return np.empty((*self.shape, width), self.dtype)

    def empty_scores(self, width):
        """Return a new array of this shape for scores, column by column in training."""
        if not self.training:
            return self.empty(width)
        self._count(width)
        *stack, n_rows = self.shape
        return np.empty((*stack, width, n_rows), self.dtype).swapaxes(-1, -2)

    def _count(self, width):
        self.bytes_per_row += math.prod(self.shape[:-1]) * width * self.dtype.itemsize

    def zeros(self, width):
        """Return zeros of shape (..., n_rows, width), to be read only and shared."""
        if width not in self._zeros:
            self._count(width)
            self._zeros[width] = np.zeros((*self.shape, width), self.dtype)
            self._zeros[width].flags.writeable = False
        return self._zeros[width]

    def weigh(self, weights):
        """Set the shares of the rows; return the sum of the batch's weights."""
        if weights is None:
            self.row_shares, self.shares = None, self._equal
            return self.shape[-1]
        total = float(np.add.reduce(weights, axis=None))
        self.row_shares = np.multiply(weights, 1 / total, out=self._own_shares)
        self.shares = self.row_shares
        return total

    def mean_of_rows(self):
        """Return the mean of `rows` by the shares: a float, or one for each network."""
        equal = self.row_shares is None
        shares = self._equal_shares if equal else self.row_shares[:, 0]
        mean = np.dot(self._rows, shares)
        # float64 from here on: it is summed over an epoch.
        return mean.astype(np.float64) if mean.ndim else float(mean)


def workspaces_for(network, gradient, batch_size, n_rows, rng=None):
    """Return a training workspace for each size of batch, the last one's included.

    Parameters
    ----------
    network : Network
        The network to train.
    gradient : ndarray of the shape of network.parameters
        Where all workspaces put the gradient.
    batch_size, n_rows : int
        Rows of a batch, and rows in all.
    rng : numpy.random.Generator, optional
        Where dropout draws from.

    Returns
    -------
    workspaces : dict from int to Workspace
        By number of rows.
    """
    return {
        size: Workspace(network, size, True, gradient, rng)
        for size in {batch_size, n_rows % batch_size} - {0}
    }
