"""Skip connections: a block's input is added to its output."""

import numpy as np

from skdl.engine.initializers import LeCunNormal
from skdl.engine.layers.affine import Affine, product_over
from skdl.engine.layers.base import Layer, squared, transposed

__all__ = ["Fork", "Join", "initialize_blocks"]


class Fork(Layer):
    """Where a skip connection begins: it stores the block's input for the `Join`.

    Parameters
    ----------
    width : int
        Number of units.
    """

    def __init__(self, width):
        self.width = width

    def buffers(self, workspace):
        """Allocate the gradient of the skip connection. The join shares the buffers."""
        return _SkipBuffers(self, workspace)

    def bind(self, buffers):
        """Return X → X, and dX → dX + the gradient of the skip connection."""

        def forward(X):
            buffers.X = X
            return X

        def backward(dX):
            return np.add(dX, buffers.gradient, out=dX)

        return forward, backward

    def squared_paths(self, squares, skipped):
        """Add the sums of the skip connection."""
        return squares + skipped.pop(self)


class Join(Layer):
    """Where a skip connection ends: it adds the block's input x to its output y.

    The output is y + x, or y + x P where the widths differ. P is a matrix of shape
    (width of x, width of y).

    Parameters
    ----------
    fork : Fork
        Where the skip connection begins.
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

    def attach(self, projection=None):
        """Store the view of P, if there is one."""
        self.projection = projection

    def buffers(self, workspace, projection_gradient=None):
        """Allocate the sum, in the buffers of the fork."""
        buffers = workspace.buffers_of[self.fork]
        buffers.sum = workspace.empty(self.width)
        buffers.projection_gradient = projection_gradient
        return buffers

    def bind(self, buffers):
        """Return Y → sum, in memory of its own, and dA → dA."""
        P, total = self.projection, buffers.sum
        product = product_over(self.fork.width, total)
        input_product = product_over(self.width, buffers.gradient)
        weight_product = product_over(total.shape[-2], buffers.projection_gradient)

        def forward(Y):
            if P is None:
                return np.add(Y, buffers.X, out=total)
            product(buffers.X, P, total)
            return np.add(total, Y, out=total)

        def backward(dA):
            if P is None:
                # A copy: the layers of the block overwrite dA.
                np.copyto(buffers.gradient, dA)
            else:
                X = transposed(buffers.X)
                weight_product(X, dA, buffers.projection_gradient)
                input_product(dA, transposed(P), buffers.gradient)
            return dA

        return forward, backward

    def squared_paths(self, squares, skipped):
        """Return the sums as they are, and note those of the skip connection."""
        P = self.projection
        skipped[self.fork] = squares if P is None else squared(P) @ squares
        return squares


def initialize_blocks(layers, rng):
    """Scale the blocks down, so that sums do not grow with the depth; draw each P.

    Among n blocks, each starts with its weights and biases divided by n: rectified
    outputs, which are never negative, then add up to about the output of one block.
    H. Zhang, Y. Dauphin, T. Ma, "Fixup initialization", ICLR 2019, scale the first
    layers of longer blocks and start the last ones at 0. P is drawn to keep the
    variance.

    Parameters
    ----------
    layers : list of Layer
        All layers of a network, whose other weights have been drawn.
    rng : numpy.random.Generator or numpy.random.RandomState
        Draws each P.
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


class _SkipBuffers:
    __slots__ = ("X", "gradient", "projection_gradient", "sum")

    def __init__(self, fork, workspace):
        self.gradient = workspace.empty(fork.width) if workspace.training else None
