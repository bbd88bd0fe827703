"""The layers of a network: one class each, with the parameters that it needs.

A layer keeps views of the network's parameter vector and no other array. What a pass
writes lives in the ``work`` object that ``layer.work(...)`` makes for one workspace, so
that many threads may predict with one network at once.
"""

import numpy as np
from scipy.sparse import issparse

__all__ = ["Activation", "Affine"]


class Affine:
    """The affine map Z = X W + b.

    Parameters
    ----------
    fan_in, fan_out : int
        Widths of the input and of the output.
    is_first : bool
        Whether X is the data: no gradient with respect to it is computed then.
    """

    def __init__(self, fan_in, fan_out, is_first):
        self.fan_in = fan_in
        self.fan_out = fan_out
        self.is_first = is_first

    def bind(self, weights, biases):
        """Take the layer's views of the parameters."""
        self.weights = weights
        self.biases = biases

    def work(self, shape, dtype, weight_gradient, bias_gradient):
        """Return the buffers of one workspace; `shape` is (..., n_rows)."""
        return _AffineWork(self, shape, dtype, weight_gradient, bias_gradient)

    def forward(self, X, work):
        """Return Z of shape (..., n_rows, fan_out)."""
        work.X = X
        multiply = _sparse_product if issparse(X) else np.matmul
        multiply(X, self.weights, work.Z)
        np.add(work.Z, self.biases, out=work.Z)
        return work.Z

    def backward(self, dZ, work):
        """Fill the gradients of W and b; return that of X, unless that is the data."""
        multiply = _sparse_product if issparse(work.X) else np.matmul
        multiply(_transposed(work.X), dZ, work.weight_gradient)
        np.add.reduce(dZ, axis=-2, keepdims=True, out=work.bias_gradient)
        if self.is_first:
            return None
        return np.matmul(dZ, _transposed(self.weights), out=work.dX)


class _AffineWork:
    __slots__ = ("X", "Z", "bias_gradient", "dX", "weight_gradient")

    def __init__(self, layer, shape, dtype, weight_gradient, bias_gradient):
        self.Z = np.empty((*shape, layer.fan_out), dtype)
        self.weight_gradient = weight_gradient
        self.bias_gradient = bias_gradient
        if weight_gradient is not None and not layer.is_first:
            self.dX = np.empty((*shape, layer.fan_in), dtype)


class Activation:
    """A layer that applies a function to each element.

    Parameters
    ----------
    function : activation object
        See `skdl.engine.activations`.
    width : int
        Number of units.
    """

    def __init__(self, function, width):
        self.function = function
        self.width = width

    def work(self, shape, dtype):
        """Return the buffers of one workspace; `shape` is (..., n_rows)."""
        work = _ActivationWork()
        work.A = None
        if not getattr(self.function, "in_place", False):
            work.A = np.empty((*shape, self.width), dtype)
        return work

    def forward(self, Z, work):
        """Return f(Z), in Z's own memory where the function allows."""
        work.Z = Z
        A = Z if work.A is None else work.A
        self.function.forward(Z, A)
        return A

    def backward(self, dA, work):
        """Turn dA into dA · f'(Z), in dA's own memory."""
        Z = work.Z
        self.function.backward(dA, Z, Z if work.A is None else work.A)
        return dA


class _ActivationWork:
    __slots__ = ("A", "Z")


def _transposed(X):
    """Return X with its last two axes exchanged: no copy, sparse or dense."""
    return X.T if X.ndim == 2 else X.swapaxes(-1, -2)


def _sparse_product(X, Y, out):
    """Write X @ Y into out; the sparse X meets each network of a stack in turn.

    SciPy has no sparse product into a given array: this one allocates its result.
    """
    if out.ndim == 2:
        out[...] = X @ Y
        return
    for Y_one, out_one in zip(Y, out, strict=True):
        out_one[...] = X @ Y_one
