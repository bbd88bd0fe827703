"""The layers of a network: what each needs, and what it does forward and backward.

A layer keeps views of the network's arrays and no other array. What a pass writes lives
in the ``work`` object that ``layer.work(...)`` makes for one workspace, so that many
threads may predict with one network at once.
"""

import math

import numpy as np

from skdl.engine.activations import ActivationFunction, Relu
from skdl.engine.specification import complete

__all__ = ["Activation", "Affine", "Layer", "layer_names", "transposed"]


def layer_names(n_layers):
    """Return "hidden 1", "hidden 2" … and "output".

    Parameters
    ----------
    n_layers : int
        How many affine layers there are, the output included.
    """
    return [*(f"hidden {i + 1}" for i in range(n_layers - 1)), "output"]


class Layer:
    """What a network asks of each layer; nothing of it costs a pass anything.

    Attributes
    ----------
    weight_shapes, offset_shapes : sequence of tuple
        Shapes of its parameters: those that a penalty takes, and the others.
    statistic_shapes : sequence of tuple
        Shapes of what it records in training, and prediction uses.
    training_only : bool
        Whether prediction passes it by.
    before_weights : bool
        Whether only the data come before it: no gradient has to pass it.
    absorber : Layer or None
        The batch normalization that takes out what the layer's biases add, if there is
        one: their gradient is zero then, and is not left to rounding, which Adam would
        scale up.
    """

    weight_shapes = ()
    offset_shapes = ()
    statistic_shapes = ()
    training_only = False
    before_weights = False
    absorber = None

    def bind(self, *views):
        """Take views: of the parameters in the order of the shapes, of statistics."""

    def reset(self):
        """Set what is not drawn at random as it is before training."""

    def work(self, workspace, *gradients):
        """Return the buffers of one workspace; gradients as `bind` has parameters."""
        raise NotImplementedError

    def passes(self, work):
        """Return what a network calls: X → output, and its gradient → that of X.

        Where a pass is a few calls of NumPy, functions that look up nothing are worth
        it: a step of a small network takes some 50 µs.
        """
        return (
            lambda X: self.forward(X, work),
            lambda dA: self.backward(dA, work),
        )

    def forward(self, X, work):
        """Return the layer's output for its input."""
        raise NotImplementedError

    def backward(self, dA, work):
        """Turn the gradient of the output into that of the input."""
        raise NotImplementedError


class Affine(Layer):
    """The affine map Z = X W + b.

    Parameters
    ----------
    fan_in, fan_out : int
        Widths of the input and of the output.
    is_first : bool
        Whether X is the data: no gradient with respect to it is computed then, but
        for a workspace that goes ``to_inputs``.
    pieces : int, default=1
        Linear functions per output, side by side: W is (fan_in, pieces · fan_out).
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

    def bind(self, weights, biases):
        """Take the layer's views of the parameters."""
        self.weights = weights
        self.biases = biases

    def sets(self):
        """Return the (weights, biases) of each piece, as views."""
        width = self.width // self.pieces
        columns = [slice(i * width, (i + 1) * width) for i in range(self.pieces)]
        return [(self.weights[..., one], self.biases[..., one]) for one in columns]

    def work(self, workspace, weight_gradient=None, bias_gradient=None):
        """Return the buffers of one workspace."""
        return _AffineWork(self, workspace, weight_gradient, bias_gradient)

    def passes(self, work):
        """Return X → Z = X W + b, and dZ → dX, which fills the gradients of W and b."""
        matmul, add, Z = np.matmul, np.add, work.Z
        W, W_transposed = self.weights, transposed(self.weights)
        b, Z_rows = self.biases, Z
        if work.frozen:
            Z_rows, b = _long_rows(Z, b)
        dW, db, dX, ones = work.weight_gradient, work.bias_gradient, work.dX, work.ones
        absorbed = self.absorber is not None

        def forward(X):
            work.X = X
            if isinstance(X, np.ndarray):
                matmul(X, W, Z)
            else:
                _sparse_product(X, W, Z)
            add(Z_rows, b, Z_rows)
            return Z

        def backward(dZ):
            X = work.X
            if isinstance(X, np.ndarray):
                matmul(X.mT, dZ, dW)
            else:
                _sparse_product(X.T, dZ, dW)
            if absorbed and work.absorber.is_batch:
                db.fill(0)
            else:
                # A product sums faster than a reduction over the rows.
                matmul(ones, dZ, db)
            # No gradient with respect to the data.
            return None if dX is None else matmul(dZ, W_transposed, dX)

        return forward, backward


class _AffineWork:
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
        goes_on = workspace.to_inputs or not layer.is_first
        if weight_gradient is not None and goes_on:
            self.dX = workspace.empty(layer.fan_in)


# NumPy adds a row to many of this length, its buffer's, twice as fast as to short ones.
LONG = 8192


def _long_rows(Z, b):
    """Return Z as a view of fewer and longer rows, and as many copies of b in a row."""
    *stack, n_rows, width = Z.shape
    n = math.gcd(n_rows, 1 << ((LONG - 1) // width).bit_length())
    return Z.reshape(*stack, n_rows // n, n * width), np.tile(b, n) if n > 1 else b


class Activation(Layer):
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
        self.has_pieces = self.function.pieces > 1

    def work(self, workspace):
        """Return the buffers of one workspace."""
        work = _ActivationWork()
        work.A = work.zeros = None
        if type(self.function) is Relu:
            work.zeros = workspace.zeros(self.width)
        if not self.function.in_place:
            work.A = workspace.empty(self.width)
        return work

    def passes(self, work):
        """Return Z → f(Z), and dA → dA · f'(Z)."""
        if work.zeros is not None:
            return _relu_passes(work)
        f, A, has_pieces = self.function, work.A, self.has_pieces

        def forward(Z):
            work.Z = Z
            output = Z if A is None else A
            f.forward(Z, output)
            return output

        def backward(dA):
            Z = work.Z
            f.backward(dA, Z, Z if A is None else A)
            # In the wider of the two.
            return Z if has_pieces else dA

        return forward, backward


def _relu_passes(work):
    """Return the passes of Relu in Z's own memory."""
    maximum, greater, multiply, zeros = np.maximum, np.greater, np.multiply, work.zeros

    def forward(Z):
        work.Z = Z
        # NumPy takes a third of the time to compare with zeros that it takes to compare
        # with the number 0.
        return maximum(Z, zeros, out=Z)

    def backward(dA):
        # The mask in dA's own dtype, which saves the product a conversion.
        A = greater(work.Z, zeros, work.Z)
        return multiply(dA, A, dA)

    return forward, backward


class _ActivationWork:
    __slots__ = ("A", "Z", "zeros")


def transposed(X):
    """Return X with its last two axes exchanged: no copy, sparse or dense.

    Parameters
    ----------
    X : ndarray of shape (..., m, n), or CSR array
    """
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
