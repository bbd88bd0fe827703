"""The affine layer Z = X W + b."""

import math

import numpy as np

from skdl.engine.blocks import LONG
from skdl.engine.layers.base import Layer, squared, transposed

__all__ = ["Affine", "product_over"]


class Affine(Layer):
    """The affine map Z = X W + b.

    Parameters
    ----------
    fan_in : int
        Width of the input.
    fan_out : int
        Number of units of the next layer.
    is_first : bool
        Whether X is the data. No gradient with respect to X is computed then, except
        for a workspace with ``input_gradient``.
    pieces : int, default=1
        Linear functions per unit, side by side: W is (fan_in, pieces · fan_out).
    is_last : bool, default=False
        Whether Z is the scores.
    """

    def __init__(self, fan_in, fan_out, is_first, pieces=1, is_last=False):
        self.fan_in = fan_in
        self.width = fan_out * pieces
        self.is_first = is_first
        self.is_last = is_last
        self.pieces = pieces
        self.weight_shapes = ((fan_in, self.width),)
        self.offset_shapes = ((1, self.width),)

    def attach(self, weights, biases):
        """Store the views of W and b."""
        self.weights = weights
        self.biases = biases

    def split_pieces(self):
        """Return the (weights, biases) of each piece, as views."""
        width = self.width // self.pieces
        columns = [slice(i * width, (i + 1) * width) for i in range(self.pieces)]
        return [(self.weights[..., part], self.biases[..., part]) for part in columns]

    def buffers(self, workspace, weight_gradient=None, bias_gradient=None):
        """Allocate Z and the gradient of X."""
        return _AffineBuffers(self, workspace, weight_gradient, bias_gradient)

    def bind(self, buffers):
        """Return X → Z = X W + b, and dZ → dX, which fills the gradients of W and b."""
        add, product, Z = np.add, product_over(self.fan_in), buffers.Z
        W, b, Z_rows = self.weights, self.biases, Z
        if buffers.frozen and Z.shape[-2] > 1:
            Z_rows, b = _long_rows(Z, b)

        def forward(X):
            buffers.X = X
            if isinstance(X, np.ndarray):
                product(X, W, Z)
            else:
                _sparse_product(X, W, Z)
            add(Z_rows, b, Z_rows)
            return Z

        dW, db = buffers.weight_gradient, buffers.bias_gradient
        if dW is None:
            return forward, None
        matmul, W_transposed = np.matmul, transposed(W)
        dX, ones, absorber = buffers.dX, buffers.ones, buffers.absorber
        weight_product, input_product = (
            product_over(Z.shape[-2]),
            product_over(self.width),
        )

        def backward(dZ):
            X = buffers.X
            if isinstance(X, np.ndarray):
                weight_product(X.mT, dZ, dW)
            else:
                _sparse_product(X.T, dZ, dW)
            if absorber is not None and absorber.is_batch:
                db.fill(0)
            else:
                # A product sums over the rows faster than a reduction.
                matmul(ones, dZ, db)
            # No gradient with respect to the data.
            return None if dX is None else input_product(dZ, W_transposed, dX)

        return forward, backward

    def squared_paths(self, squares, skipped):
        """Multiply by the squared weights."""
        return squared(self.weights) @ squares


def product_over(n: int) -> np.ufunc:
    """Return what multiplies matrices (..., m, n) and (..., n, k) fastest.

    For n = 1, NumPy's `matmul` does not call BLAS: it takes two to three times as long
    as a multiplication of the column by the row, which gives the same numbers.

    Parameters
    ----------
    n : int
        The length of the axis that the product sums over.

    Examples
    --------
    >>> from skdl.engine.layers.affine import product_over
    >>> product_over(1), product_over(2)
    (<ufunc 'multiply'>, <ufunc 'matmul'>)
    """
    return np.multiply if n == 1 else np.matmul


class _AffineBuffers:
    __slots__ = (
        "X", "Z", "absorber", "bias_gradient", "dX", "frozen", "ones",
        "weight_gradient",
    )  # fmt: skip

    def __init__(self, layer, workspace, weight_gradient, bias_gradient):
        empty = workspace.empty_scores if layer.is_last else workspace.empty
        self.Z = empty(layer.width)
        self.weight_gradient = weight_gradient
        self.bias_gradient = bias_gradient
        self.ones, self.frozen = workspace.ones, workspace.frozen
        self.absorber = None
        self.dX = None
        needs_dX = workspace.input_gradient or not layer.is_first
        if weight_gradient is not None and needs_dX:
            self.dX = workspace.empty(layer.fan_in)


def _long_rows(Z, b):
    """Return Z as a view of fewer, longer rows, and b repeated to their length."""
    *stack, n_rows, width = Z.shape
    n = math.gcd(n_rows, 1 << ((LONG - 1) // width).bit_length())
    if n > 1:
        # Faster than `np.tile`, which copies twice.
        b = np.repeat(b, n, axis=-2).reshape(*b.shape[:-1], n * width)
    return Z.reshape(*stack, n_rows // n, n * width), b


def _sparse_product(X, Y, out):
    """Write X @ Y into out, for each network of a stack in turn.

    SciPy has no sparse product into a given array: this one allocates its result.
    """
    if out.ndim == 2:
        out[...] = X @ Y
        return
    for Y_part, out_part in zip(Y, out, strict=True):
        out_part[...] = X @ Y_part
