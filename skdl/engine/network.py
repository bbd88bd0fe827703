"""A stack of fully connected layers over one flat parameter vector."""

import numpy as np

from skdl.engine.initializers import glorot_uniform
from skdl.engine.layers import Activation, Affine

__all__ = ["Network", "Workspace"]

# Weights that the penalty takes at a time, to stay in the cache. NumPy alone does the
# sums: SciPy's axpy would need one pass less, but SciPy's wheels bring a BLAS of their
# own, and its threads and those of NumPy's wait for each other at every switch.
BLOCK = 16384


class Network:
    """Affine layers with activations between them; the last one gives raw scores.

    All weights and biases live in one contiguous array: first the weights of every
    layer, then the biases, so that a penalty is one slice, an optimizer a few
    operations on whole vectors, and a checkpoint one array. The layers hold views.

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

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,) or (n_networks, n_parameters)
    n_weights : int
        How many of them are weights; those come first.
    """

    def __init__(self, widths, activations, dtype, n_networks=None):
        self.widths = tuple(int(width) for width in widths)
        self.activations = list(activations)
        self.dtype = np.dtype(dtype)
        self.stack = () if n_networks is None else (n_networks,)
        fans = list(zip(self.widths[:-1], self.widths[1:], strict=True))
        self.n_weights = sum(fan_in * fan_out for fan_in, fan_out in fans)
        n_parameters = self.n_weights + sum(self.widths[1:])
        self.parameters = np.zeros((*self.stack, n_parameters), self.dtype)
        self._build()

    def _build(self):
        self.layers = []
        self.affine = []
        views = self.views(self.parameters)
        for i, (weights, biases) in enumerate(views):
            if i:
                function = self.activations[i - 1]
                self.layers.append(Activation(function, self.widths[i]))
            layer = Affine(self.widths[i], self.widths[i + 1], is_first=i == 0)
            layer.bind(weights, biases)
            self.layers.append(layer)
            self.affine.append(layer)

    def views(self, vector):
        """Return each affine layer's (weights, biases) as views of a flat vector."""
        pairs = []
        start, bias_start = 0, self.n_weights
        for fan_in, fan_out in zip(self.widths[:-1], self.widths[1:], strict=True):
            stop, bias_stop = start + fan_in * fan_out, bias_start + fan_out
            weights = vector[..., start:stop].reshape(*self.stack, fan_in, fan_out)
            biases = vector[..., bias_start:bias_stop].reshape(*self.stack, 1, fan_out)
            pairs.append((weights, biases))
            start, bias_start = stop, bias_stop
        return pairs

    def __getstate__(self):
        """Leave out the layers: their views would be stored as copies."""
        hidden = {"layers", "affine"}
        return {key: value for key, value in vars(self).items() if key not in hidden}

    def __setstate__(self, state):
        vars(self).update(state)
        self._build()

    def initialize(self, rng, gain=6.0, initializer=None):
        """Draw all parameters from rng, layer by layer.

        Parameters
        ----------
        rng : numpy.random.Generator or numpy.random.RandomState
        gain : float, default=6.0
            Of `glorot_uniform`, which draws weights and biases without an initializer.
        initializer : initializer object, optional
            Draws the weights; biases are then zero.
        """
        for layer in self.affine:
            if initializer is None:
                glorot_uniform(layer.weights, layer.biases, rng, gain)
            else:
                initializer.fill(layer.weights, rng)
                layer.biases[...] = 0

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
        A = X
        for layer, work in workspace.forward_order:
            A = layer.forward(A, work)
        rows, gradient = workspace.rows, workspace.score_gradient
        loss.rows_and_gradient(A, targets, rows, gradient)
        if weights is None:
            total = rows.shape[-2]
            np.multiply(gradient, 1 / total, out=gradient)
        else:
            total = float(np.add.reduce(weights, axis=None))
            np.multiply(weights, 1 / total, out=workspace.scale)
            np.multiply(gradient, workspace.scale, out=gradient)
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


class Workspace:
    """Every array that passes over n_rows rows write to; it belongs to one call.

    Parameters
    ----------
    network : Network
    n_rows : int
    training : bool, default=False
        Whether to hold the arrays of the backward pass.
    gradient : ndarray, optional
        Where the gradient goes; workspaces of several sizes share one.
    """

    def __init__(self, network, n_rows, training=False, gradient=None):
        shape, dtype = (*network.stack, n_rows), network.dtype
        if training and gradient is None:
            gradient = np.zeros_like(network.parameters)
        self.gradient = gradient
        pairs = [(None, None)] * len(network.affine)
        if training:
            pairs = network.views(gradient)
        gradients = iter(pairs)
        works = [
            layer.work(shape, dtype, *next(gradients))
            if isinstance(layer, Affine)
            else layer.work(shape, dtype)
            for layer in network.layers
        ]
        self.forward_order = list(zip(network.layers, works, strict=True))
        if not training:
            return
        self.backward_order = self.forward_order[::-1]
        self.score_gradient = np.empty((*shape, network.widths[-1]), dtype)
        self.rows = np.empty((*shape, 1), dtype)
        self.scale = np.empty((n_rows, 1), dtype)
        n_parameters, n_weights = gradient.shape[-1], network.n_weights
        self.weight_rows = [
            (parameters[:n_weights], gradients[:n_weights])
            for parameters, gradients in zip(
                network.parameters.reshape(-1, n_parameters),
                gradient.reshape(-1, n_parameters),
                strict=True,
            )
        ]
        self.scratch = np.empty(min(BLOCK, n_weights), dtype)
