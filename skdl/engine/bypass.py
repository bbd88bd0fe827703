"""Residual connections: a block's input is added to its output."""

import numpy as np

from skdl.engine.initializers import LeCunNormal
from skdl.engine.layers import Affine, Layer, transposed

__all__ = ["Fork", "Join", "initialize_bypasses"]


class Fork(Layer):
    """Where a bypass begins: keeps the block's input for the `Join`.

    Parameters
    ----------
    width : int
        Number of units.
    """

    def __init__(self, width):
        self.width = width

    def work(self, workspace):
        """Return the buffers of one workspace, which the join shares."""
        return _BypassWork(self, workspace)

    def forward(self, X, work):
        """Return X as it is."""
        work.X = X
        return X

    def backward(self, dX, work):
        """Add the gradient that came by the bypass."""
        return np.add(dX, work.gradient, out=dX)


class Join(Layer):
    """Where a bypass ends: adds the block's input x to its output, y + x or y + x P.

    The matrix P of shape (width of x, width of y) is there where the widths differ.

    Parameters
    ----------
    fork : Fork
    width : int
        Number of units after the block.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition",
    CVPR 2016.
    """

    def __init__(self, fork, width):
        self.fork = fork
        self.width = width
        self.projection = None
        if fork.width != width:
            self.weight_shapes = ((fork.width, width),)

    def bind(self, projection=None):
        """Take the view of P, if there is one."""
        self.projection = projection

    def work(self, workspace, projection_gradient=None):
        """Return the fork's buffers, with those of the sum."""
        work = workspace.works[self.fork]
        work.sum = workspace.empty(self.width)
        work.projection_gradient = projection_gradient
        return work

    def forward(self, Y, work):
        """Return the sum, in memory of its own: Y may be needed."""
        if self.projection is None:
            return np.add(Y, work.X, out=work.sum)
        np.matmul(work.X, self.projection, out=work.sum)
        return np.add(work.sum, Y, out=work.sum)

    def backward(self, dA, work):
        """Return dA, and leave the bypass's part of it to the fork."""
        if self.projection is None:
            # A copy: what comes before works in dA's memory.
            np.copyto(work.gradient, dA)
        else:
            np.matmul(transposed(work.X), dA, out=work.projection_gradient)
            np.matmul(dA, transposed(self.projection), out=work.gradient)
        return dA


def initialize_bypasses(layers, rng):
    """Scale the blocks down for the sums not to grow with the depth; draw each P.

    Among n blocks, each starts with its weights and biases divided by n: rectified
    outputs, which are never negative, add up to about what one block gives. H. Zhang,
    Y. Dauphin, T. Ma, "Fixup initialization", ICLR 2019, scale the first layers of
    longer blocks and start the last ones at 0. P is drawn to keep the variance.

    Parameters
    ----------
    layers : list of Layer
    rng : numpy.random.Generator or numpy.random.RandomState
    """
    n_blocks = sum(isinstance(layer, Join) for layer in layers)
    inside = False
    for layer in layers:
        if isinstance(layer, Fork):
            inside = True
        elif inside and isinstance(layer, Affine):
            np.divide(layer.weights, n_blocks, out=layer.weights)
            np.divide(layer.biases, n_blocks, out=layer.biases)
        elif isinstance(layer, Join):
            inside = False
            if layer.projection is not None:
                LeCunNormal().fill(layer.projection, rng)


class _BypassWork:
    __slots__ = ("X", "gradient", "projection_gradient", "sum")

    def __init__(self, fork, workspace):
        if workspace.training:
            self.gradient = workspace.empty(fork.width)
