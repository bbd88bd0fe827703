"""The layer that applies an activation function."""

import numpy as np

from skdl.engine.activations import ActivationFunction, Relu
from skdl.engine.layers.base import Layer
from skdl.engine.specification import complete

__all__ = ["ActivationLayer"]


class ActivationLayer(Layer):
    """A layer that applies a function: to each element, or to all pieces of a unit.

    Parameters
    ----------
    function : activation object
        See `skdl.engine.activations`.
    width : int
        Number of units.
    """

    def __init__(self, function, width):
        self.function = complete(function, ActivationFunction)
        self.width = width

    def buffers(self, workspace):
        """Allocate the output, if the function does not work in place."""
        buffers = _ActivationBuffers()
        buffers.A = buffers.zeros = None
        buffers.scratch = ()
        if self.function.needs_scratch:
            buffers.scratch = (workspace.scratch(self.width),)
        if type(self.function) is Relu:
            buffers.zeros = workspace.zeros(self.width)
        if not self.function.in_place:
            buffers.A = workspace.empty(self.width)
        return buffers

    def bind(self, buffers):
        """Return Z → f(Z), and dA → dA · f'(Z)."""
        if buffers.zeros is not None:
            return _bind_relu(buffers)
        f, A, has_pieces = self.function, buffers.A, self.function.pieces > 1
        scratch = buffers.scratch

        def forward(Z):
            buffers.Z = Z
            output = Z if A is None else A
            f.forward(Z, output, *scratch)
            return output

        def backward(dA):
            Z = buffers.Z
            f.backward(dA, Z, Z if A is None else A, *scratch)
            # With several pieces, the gradient is in Z, which is wider.
            return Z if has_pieces else dA

        return forward, backward

    def squared_paths(self, squares, skipped):
        """Count each of k pieces as 1 / k; the slope counts as 1.

        The slope depends on the data, not on the weights.
        """
        pieces = self.function.pieces
        return np.concatenate([squares / pieces] * pieces, axis=-2)


def _bind_relu(buffers):
    """Return the passes of Relu, which work in Z's own memory."""
    maximum, greater, multiply = np.maximum, np.greater, np.multiply
    zeros = buffers.zeros

    def forward(Z):
        buffers.Z = Z
        # NumPy compares with an array of zeros three times as fast as with a number.
        return maximum(Z, zeros, out=Z)

    def backward(dA):
        # A mask of dA's dtype: the product needs no conversion.
        A = greater(buffers.Z, zeros, buffers.Z)
        return multiply(dA, A, dA)

    return forward, backward


class _ActivationBuffers:
    __slots__ = ("A", "Z", "scratch", "zeros")
