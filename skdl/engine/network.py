"""A stack of fully connected layers over one flat parameter vector."""

import math

import numpy as np

from skdl.engine.architecture import build_layers
from skdl.engine.bypass import initialize_bypasses
from skdl.engine.initializers import glorot_uniform
from skdl.engine.layers import Affine

__all__ = ["Network", "Workspace"]

# Weights that the penalty takes at a time, to stay in the cache. NumPy alone does the
# sums: SciPy's axpy would need one pass less, but SciPy's wheels bring a BLAS of their
# own, and its threads and those of NumPy's wait for each other at every switch.
BLOCK = 16384


class Network:
    """Affine layers with activations between them; the last one gives raw scores.

    All parameters live in one contiguous array: first the weights of every layer, then
    the rest (biases, and γ and β of a normalization), so that a penalty is one slice,
    an optimizer a few operations on whole vectors, and a checkpoint one array. The
    layers hold views.

    Parameters
    ----------
    widths : sequence of int
        Number of features, of units per hidden layer, and of scores.
    activations : sequence of activation objects
        One per hidden layer.
    dtype : numpy.dtype
        float32 or float64.
    n_networks : int, optional
        If given, this many independent networks lie stacked on a leading axis of every
        array and are evaluated in one pass.
    **options
        What else `skdl.engine.architecture.build_layers` takes: dropout, normalization,
        residual connections.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
    n_weights : int
        How many of them are weights; those come first.
    statistics : ndarray of shape (n_statistics,) or (n_networks, n_statistics)
        What layers record in training for prediction; empty without normalization.
    """

    def __init__(self, widths, activations, dtype, n_networks=None, **options):
        self.widths = tuple(int(width) for width in widths)
        self.activations = list(activations)
        self.dtype = np.dtype(dtype)
        self.stack = () if n_networks is None else (n_networks,)
        self.options = options
        self._build()
        self.parameters = np.zeros((*self.stack, self._n_parameters), self.dtype)
        self.statistics = np.zeros((*self.stack, self._n_statistics), self.dtype)
        self._bind()
        for layer in self.layers:
            layer.reset()

    def _build(self):
        """Make the layers, and say where each array of theirs lies."""
        self.layers = build_layers(self.widths, self.activations, **self.options)
        self.affine = [layer for layer in self.layers if isinstance(layer, Affine)]
        kinds = ("weight_shapes", "offset_shapes", "statistic_shapes")
        weights, offsets, statistics = (
            [getattr(layer, kind) for layer in self.layers] for kind in kinds
        )
        self._places, self.n_weights = _lay_out(weights)
        offset_places, self._n_parameters = _lay_out(offsets, self.n_weights)
        for places, more in zip(self._places, offset_places, strict=True):
            places.extend(more)
        self._statistic_places, self._n_statistics = _lay_out(statistics)

    def _bind(self):
        pairs = zip(
            self.views(self.parameters),
            self._cut(self.statistics, self._statistic_places),
            strict=True,
        )
        for layer, (parameters, statistics) in zip(self.layers, pairs, strict=True):
            layer.bind(*parameters, *statistics)

    def views(self, vector):
        """Return, layer by layer, the list of a flat vector's parts as views."""
        return self._cut(vector, self._places)

    def _cut(self, vector, places):
        return [
            [vector[..., part].reshape(*self.stack, *shape) for part, shape in layer]
            for layer in places
        ]

    @property
    def layout(self):
        """Places and shapes of all arrays: equal if parameters can be exchanged."""
        return self._places, self._statistic_places

    def snapshot(self):
        """Return a copy of everything that training changes."""
        return self.parameters.copy(), self.statistics.copy()

    def restore(self, snapshot):
        """Copy back what `snapshot` of a network of this layout returned."""
        np.copyto(self.parameters, snapshot[0])
        np.copyto(self.statistics, snapshot[1])

    def is_finite(self):
        """Return whether no parameter and no statistic is infinite or NaN."""
        arrays = (self.parameters, self.statistics)
        return all(np.isfinite(array).all() for array in arrays)

    def __getstate__(self):
        """Leave out the layers: their views would be stored as copies.

        And the dtype, which the parameters have: skops trusts arrays, but no dtype.
        """
        built = {"layers", "affine", "_places", "_statistic_places", "dtype"}
        return {key: value for key, value in vars(self).items() if key not in built}

    def __setstate__(self, state):
        vars(self).update(state)
        self.dtype = self.parameters.dtype
        self._build()
        self._bind()

    def initialize(self, rng, gain=6.0, initializers=None):
        """Draw all weights from rng, layer by layer.

        Parameters
        ----------
        rng : numpy.random.Generator or numpy.random.RandomState
        gain : float, default=6.0
            Of `glorot_uniform`, which draws weights and biases without an initializer.
        initializers : sequence of initializer objects, optional
            One for each affine layer, which draws its weights; biases are then zero.
        """
        for i, layer in enumerate(self.affine):
            # Each piece of a maxout unit is a linear function of its own.
            for weights, biases in layer.sets():
                if initializers is None:
                    glorot_uniform(weights, biases, rng, gain)
                else:
                    initializers[i].fill(weights, rng)
                    biases[...] = 0
        initialize_bypasses(self.layers, rng)

    def scores(self, X, workspace):
        """Return the raw scores of rows X, in the workspace's memory.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features), or CSR array
            Of the network's dtype.
        workspace : Workspace
            Made for n_rows rows.

        Returns
        -------
        scores : ndarray of shape (..., n_rows, n_scores)
        """
        for layer, work in workspace.forward_order:
            X = layer.forward(X, work)
        return X

    def loss_and_gradient(self, X, targets, weights, loss, alpha, workspace):
        """Evaluate the objective on a batch; its gradient fills `workspace.gradient`.

        The objective is Σ_i w_i J_i / Σ_i w_i + alpha / (2 Σ_i w_i) · ‖W‖², where J_i
        is the loss of row i, and W are the weights without the biases:
        scikit-learn's normalization.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features), or CSR array
        targets : ndarray of shape (n_rows, n_targets)
        weights : ndarray of shape (n_rows, 1), or None for ones
            Their sum must not be zero.
        loss : loss object
        alpha : float
        workspace : Workspace
            Made with ``training=True`` for n_rows rows.

        Returns
        -------
        value : float, or ndarray of shape (n_networks,)
        """
        total = workspace.weigh(weights)
        A = X
        for layer, work in workspace.forward_order:
            A = layer.forward(A, work)
        rows, gradient = workspace.rows, workspace.score_gradient
        loss.rows_and_gradient(A, targets, rows, gradient)
        if weights is None:
            np.multiply(gradient, 1 / total, out=gradient)
        else:
            np.multiply(gradient, workspace.row_shares, out=gradient)
            np.multiply(rows, weights, out=rows)
        # float64 from here on: it is summed over an epoch.
        value = np.asarray(np.add.reduce(rows, axis=(-2, -1)), np.float64) / total
        for layer, work in workspace.backward_order:
            gradient = layer.backward(gradient, work)
        if alpha:
            value = value + self.add_l2(alpha / total, workspace)
        return value

    def add_l2(self, strength, workspace):
        """Add strength · W to the gradient; return strength / 2 · ‖W‖²."""
        squares = []
        for weights, gradient in workspace.weight_rows:
            for start in range(0, self.n_weights, BLOCK):
                block = slice(start, start + BLOCK)
                scaled = workspace.scratch[: weights[block].size]
                np.multiply(weights[block], strength, out=scaled)
                np.add(gradient[block], scaled, out=gradient[block])
            squares.append(np.dot(weights, weights))
        half_norms = np.multiply(squares, strength / 2)
        return half_norms if self.stack else half_norms[0]


def _lay_out(shapes_of_layers, start=0):
    """Return [[(slice, shape), …] for each layer], and where the last one ends."""
    places = []
    for shapes in shapes_of_layers:
        places.append([])
        for shape in shapes:
            stop = start + math.prod(shape)
            places[-1].append((slice(start, stop), shape))
            start = stop
    return places, start


class Workspace:
    """Every array that passes over n_rows rows write to; it belongs to one call.

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

    Attributes
    ----------
    row_shares : ndarray of shape (n_rows, 1), or None
        The weights of the batch at hand, divided by their sum.
    bytes_per_row : int
        What `empty` gave out so far, per row: the memory that grows with n_rows.
    """

    def __init__(self, network, n_rows, training=False, gradient=None, rng=None):
        self.shape, self.dtype = (*network.stack, n_rows), network.dtype
        self.training = training
        self.rng = rng
        self.row_shares = None
        self.bytes_per_row = 0
        self.ones = np.ones((1, n_rows), self.dtype) if training else None
        self._zeros = {}
        self.works = {}
        if training and gradient is None:
            gradient = np.zeros_like(network.parameters)
        self.gradient = gradient
        parts = network.views(gradient) if training else [()] * len(network.layers)
        for layer, gradients in zip(network.layers, parts, strict=True):
            if training or not layer.training_only:
                self.works[layer] = layer.work(self, *gradients)
        self.forward_order = list(self.works.items())
        if not training:
            return
        self.backward_order = [
            pair for pair in reversed(self.forward_order) if not pair[0].before_weights
        ]
        self.score_gradient = self.empty(network.widths[-1])
        self.rows = self.empty(1)
        self._shares = np.empty((n_rows, 1), self.dtype)
        n_parameters, n_weights = gradient.shape[-1], network.n_weights
        self.weight_rows = [
            (parameters[:n_weights], gradients[:n_weights])
            for parameters, gradients in zip(
                network.parameters.reshape(-1, n_parameters),
                gradient.reshape(-1, n_parameters),
                strict=True,
            )
        ]
        self.scratch = np.empty(min(BLOCK, n_weights), self.dtype)

    def empty(self, width):
        """Return a new array of shape (..., n_rows, width)."""
        self.bytes_per_row += math.prod(self.shape[:-1]) * width * self.dtype.itemsize
        return np.empty((*self.shape, width), self.dtype)

    def zeros(self, width):
        """Return zeros of shape (..., n_rows, width), to be read only and shared."""
        if width not in self._zeros:
            self._zeros[width] = np.zeros((*self.shape, width), self.dtype)
            self._zeros[width].flags.writeable = False
        return self._zeros[width]

    def weigh(self, weights):
        """Set `row_shares`; return the sum of the batch's weights."""
        if weights is None:
            self.row_shares = None
            return self.shape[-1]
        total = float(np.add.reduce(weights, axis=None))
        self.row_shares = np.multiply(weights, 1 / total, out=self._shares)
        return total
