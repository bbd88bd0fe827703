"""The affine layer Z = X W + b."""

import math
from collections.abc import Callable

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
        add, Z = np.add, buffers.Z
        product = product_over(self.fan_in, Z)
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
        weight_product = product_over(Z.shape[-2], dW)
        input_product = product_over(self.width, dX)

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


# From this number of rows on, a product pays for the copies of `_outer_product_into`.
MANY = 128


def product_over(n: int, out: np.ndarray | None) -> Callable:
    """Return what multiplies matrices (..., m, n) and (..., n, k) fastest.

    For n = 1, NumPy's `matmul` does not call BLAS, and takes several times as long as
    other ways to the same numbers.

    Parameters
    ----------
    n : int
        The length of the axis that the product sums over.
    out : ndarray of shape (..., m, k), or None
        An array like those that will hold the products; None if there will be none.

    Returns
    -------
    product : callable
        ``product(left, right, out)``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.layers.affine import product_over
    >>> out = np.empty((2, 3))
    >>> product_over(1, out), product_over(2, out)
    (<ufunc 'multiply'>, <ufunc 'matmul'>)
    """
    if n != 1 or out is None:
        return np.matmul
    if math.prod(out.shape[:-1]) < MANY:
        return np.multiply
    return _outer_product_into(out)


def _outer_product_into(out):
    """Return what multiplies columns by rows with BLAS, as sums over 1 and a zero."""
    *stack, m, k = out.shape
    left = np.zeros((2, *stack, m), out.dtype).transpose(*range(1, out.ndim), 0)
    right = np.zeros((*stack, 2, k), out.dtype)
    column, row = left[..., :1], right[..., :1, :]

    def product(x, y, out):
        np.copyto(column, x)
        np.copyto(row, y)
        return np.matmul(left, right, out)

    return product


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
