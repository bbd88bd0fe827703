"""The memory of a pass: every array that a network writes to, and no parameter."""

import math
from itertools import repeat
from typing import Any

import numpy as np

from skdl.engine.aligned import AlignedMemory

__all__ = ["Workspace", "workspaces_for"]


class Workspace:
    """Every array that passes over n_rows rows write to; it belongs to one call.

    In training, the arrays of scores lie in memory column by column: NumPy reduces over
    their short last axis several times faster so. Their shape is that of all others.

    Parameters
    ----------
    network : Network
        The network that will be evaluated.
    n_rows : int
        Number of rows of a batch.
    training : bool, default=False
        Whether to allocate the arrays of the backward pass, and to include the layers
        that act in training only.
    gradient : ndarray of the shape of network.parameters, optional
        Where the gradient goes. Workspaces of several sizes can share one.
    rng : numpy.random.Generator, or list of them, optional
        Where dropout draws from. A list has one generator for each network of a stack;
        a network whose entry is None gets the mask of its last pass again.
    with_dropout : bool, default=True
        Whether training includes dropout.
    input_gradient : bool, default=False
        Whether the backward pass extends to the inputs. The network is then taken as it
        predicts: without dropout, and with running statistics, which do not change.
    frozen : bool, default=False
        Whether the parameters will not change while this workspace is in use. Then
        broadcast biases are tiled once.

    Attributes
    ----------
    buffers_of : dict from Layer to object
        The memory of each layer, in the order of the forward pass.
    forward_passes, backward_passes : list of callable
        What the layers do, in the order of the calls.
    row_shares : ndarray of shape (n_rows, 1) or (n_networks, n_rows, 1), or None
        The weights of the current batch, divided by their sum. None for equal weights.
    shares : ndarray
        The same, or one number for all rows, which broadcasts to them.
    bytes_per_row : int
        Memory per row that `empty` has given out so far.
    """

    def __init__(
        self, network, n_rows, training=False, gradient=None, rng=None, *,
        with_dropout=True, input_gradient=False, frozen=False,
    ):  # fmt: skip
        self.shape, self.dtype = (*network.stack, n_rows), network.dtype
        self.training, self.frozen = training, frozen
        self.input_gradient = input_gradient
        with_dropout = training and with_dropout and not input_gradient
        self.rng = rng
        self.row_shares: Any = None
        self.bytes_per_row = 0
        self._item = math.prod(network.stack) * self.dtype.itemsize
        self.ones: Any = None
        self._zeros, self._scratch = {}, {}
        self._memory = AlignedMemory(self.dtype)
        if training:
            self.ones = self._memory.empty((1, n_rows))
            self.ones.fill(1)
        if training and gradient is None:
            gradient = np.zeros_like(network.parameters)
        self.gradient: Any = gradient
        parts = network.views(gradient) if training else repeat(())
        self.buffers_of = buffers_of = {}
        for layer, gradients in zip(network.layers, parts, strict=False):
            if with_dropout or not layer.training_only:
                buffers_of[layer] = layer.buffers(self, *gradients)
        self.forward_passes, self.backward_passes = [], []
        for layer, buffers in buffers_of.items():
            if layer.absorber is not None:
                # The absorber comes later: this makes no circle of references.
                buffers.absorber = buffers_of[layer.absorber]
            forward, backward = layer.bind(buffers)
            self.forward_passes.append(forward)
            if training and (input_gradient or not layer.before_weights):
                self.backward_passes.insert(0, backward)
        if not training:
            return
        self.score_gradient = self.empty_scores(network.widths[-1])
        self.rows = self.empty(1)
        self._rows = self.rows[..., 0]
        # For each network, the same sum as if it were alone, to the bit.
        self._dot = np.vecdot if network.stack else np.dot
        self._own_shares = np.empty((n_rows, 1), self.dtype)
        self._equal = np.array(1 / n_rows, self.dtype)
        self._equal_shares = self._memory.empty((n_rows,))
        self._equal_shares.fill(self._equal)

    def empty(self, width):
        """Return a new array of shape (..., n_rows, width)."""
        self.bytes_per_row += width * self._item
        shape = *self.shape, width
        if self.training:
            return self._memory.empty(shape)
        return np.empty(shape, self.dtype)

    def empty_scores(self, width):
        """Return a new array of this shape for scores, column by column in training."""
        if not self.training:
            return self.empty(width)
        self.bytes_per_row += width * self._item
        # Columns of a stack lie side by side, too: a sum over the columns takes as few
        # operations as there are columns.
        scores = self._memory.empty((width, *self.shape))
        return scores.transpose(*range(1, scores.ndim), 0)

    def zeros(self, width):
        """Return zeros of shape (..., n_rows, width), to be read only and shared."""
        zeros = self._zeros.get(width)
        if zeros is None:
            zeros = self._zeros[width] = self.empty(width)
            zeros.fill(0)
            zeros.flags.writeable = False
        return zeros

    def scratch(self, width):
        """Return an array for intermediate results of one pass of one layer, shared."""
        if width not in self._scratch:
            self._scratch[width] = self.empty(width)
        return self._scratch[width]

    def forget_rows(self):
        """Drop what refers to the rows of the last batch."""
        for buffers in self.buffers_of.values():
            if hasattr(buffers, "X"):
                buffers.X = None

    def weigh(self, weights):
        """Set the shares of the rows.

        Parameters
        ----------
        weights : ndarray of shape (n_rows, 1) or (n_networks, n_rows, 1), or None
            The row weights of the batch. None for ones.

        Returns
        -------
        total : float, or ndarray of shape (n_networks,)
            Their sum.
        """
        if weights is None:
            self.row_shares, self.shares = None, self._equal
            return self.shape[-1]
        if weights.ndim > 2:
            return self._weigh_each(weights)
        total = float(np.add.reduce(weights, axis=None))
        self.row_shares = np.multiply(weights, 1 / total, out=self._own_shares)
        self.shares = self.row_shares
        return total

    def _weigh_each(self, weights):
        """Set shares that differ between networks; all are 0 where all weights are."""
        if self._own_shares.ndim == 2:
            self._own_shares = np.empty(weights.shape, self.dtype)
        totals = np.add.reduce(weights, axis=-2, keepdims=True).astype(np.float64)
        inverse = np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)
        self.row_shares = self.shares = np.multiply(
            weights, inverse.astype(self.dtype), out=self._own_shares
        )
        return totals[:, 0, 0]

    def mean_of_rows(self):
        """Return the mean of `rows` by the shares: a float, or one for each network."""
        equal = self.row_shares is None
        shares = self._equal_shares if equal else self.row_shares[..., 0]
        mean = self._dot(self._rows, shares)
        # float64 from here on: it is summed over an epoch.
        return mean.astype(np.float64) if mean.ndim else float(mean)


def workspaces_for(network, gradient, batch_size, n_rows, rng=None, known=None):
    """Return a training workspace for each size of batch, the last one's included.

    Parameters
    ----------
    network : Network
        The network to train.
    gradient : ndarray of the shape of network.parameters
        Where all workspaces put the gradient.
    batch_size, n_rows : int
        Rows of a batch, and rows in all.
    rng : numpy.random.Generator, or list of them, optional
        Where dropout draws from, see `Workspace`.
    known : dict from int to Workspace, optional
        Workspaces of the same network and gradient, to be used again.

    Returns
    -------
    workspaces : dict from int to Workspace
        By number of rows.
    """
    known = known or {}
    return {
        size: known.get(size) or Workspace(network, size, True, gradient, rng)
        for size in {batch_size, n_rows % batch_size} - {0}
    }
