"""The outputs and gradients of each layer on given rows."""

from typing import NamedTuple

import numpy as np

from skdl.engine.layers import ActivationLayer, Affine, Fork, layer_names
from skdl.engine.network import Network
from skdl.engine.penalties import start_penalty
from skdl.engine.prediction import rows_per_pass
from skdl.engine.stacking import network_like
from skdl.engine.workspace import Workspace

__all__ = ["LayerRecord", "input_gradient", "probe"]


class LayerRecord(NamedTuple):
    """One layer on some rows. For a stack, every array has a leading axis.

    Attributes
    ----------
    name : str
        "hidden 1", "hidden 2" …, and "output".
    weights : ndarray of shape (fan_in, width)
        The weights, a view of the network's parameters. A maxout layer has the width of
        all its pieces here.
    biases : ndarray of shape (1, width)
        The biases, a view. All other arrays are copies.
    preactivations : ndarray of shape (n_rows, width)
        The inputs of the activation function, after a normalization before it. For the
        output layer, the raw scores.
    activations : ndarray of shape (n_rows, width)
        The inputs of the next layer, after a normalization and a skip connection. For
        the output layer, the raw scores.
    weight_gradient : ndarray of shape (fan_in, width), or None
        The gradient of the objective with respect to the weights. All gradients are
        None without targets.
    bias_gradient : ndarray of shape (1, width), or None
        The gradient of the objective with respect to the biases.
    activation_gradient : ndarray of shape (n_rows, width), or None
        The gradient of the mean loss with respect to the activations.
    """

    name: str
    weights: np.ndarray
    biases: np.ndarray
    preactivations: np.ndarray
    activations: np.ndarray
    weight_gradient: np.ndarray | None = None
    bias_gradient: np.ndarray | None = None
    activation_gradient: np.ndarray | None = None


def probe(
    network: Network, X, targets=None, weights=None, loss=None, alpha: float = 0.0
) -> list[LayerRecord]:
    """Return the outputs and the gradients of each layer.

    The rows are treated as one training batch without dropout: batch normalization
    uses their mean and variance. The network is only read.

    Parameters
    ----------
    network : Network
        The network to look into.
    X : ndarray of shape (n_rows, n_features), or CSR array
        The rows, all of which are in memory at once.
    targets : ndarray of shape (n_rows, n_targets), optional
        Targets as the loss encodes them. With targets, there are gradients.
    weights : ndarray of shape (n_rows, 1), optional
        Row weights, whose sum is not zero. Ones by default.
    loss : loss object, optional
        The loss. Needed with targets.
    alpha : float, default=0.0
        Strength of the L2 penalty, see `skdl.engine.train`.

    Returns
    -------
    records : list of LayerRecord
        From the first hidden layer to the output.
    """
    if (targets is None) != (loss is None):
        raise ValueError("targets and loss go together: pass both, or neither")
    # Batch normalization updates the statistics of this copy.
    twin = network_like(network, network.parameters, network.statistics.copy())
    workspace = Workspace(twin, X.shape[0], training=True, with_dropout=False)
    recorder = _PassRecorder(workspace)
    X = network.as_input(X)
    targets, weights = (
        array if array is None else array.astype(network.dtype, copy=False)
        for array in (targets, weights)
    )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if targets is None:
            workspace.weigh(weights)
            twin.scores(X, workspace)
        else:
            twin.loss_and_gradient(X, targets, weights, loss, workspace)
            term = start_penalty(None, float(alpha), twin, workspace.gradient)
            if term is not None:
                term.add(X.shape[0] if weights is None else float(weights.sum()))
    gradients = [(None, None)] * len(twin.affine)
    if targets is not None:
        parts = zip(twin.layers, twin.views(workspace.gradient), strict=True)
        gradients = [part for layer, part in parts if isinstance(layer, Affine)]
    names = layer_names(len(twin.affine))
    return [
        LayerRecord(
            name, layer.weights, layer.biases,
            recorder.preactivations[i], recorder.activations[i],
            gradients[i][0], gradients[i][1], recorder.gradients.get(i),
        )
        for i, (name, layer) in enumerate(zip(names, twin.affine, strict=True))
    ]  # fmt: skip


class _PassRecorder:
    """Copies the arrays between the layers of a training workspace."""

    def __init__(self, workspace):
        self.preactivations, self.activations, self.gradients = {}, {}, {}
        layers = list(workspace.buffers_of)
        forward, backward = workspace.forward_passes, workspace.backward_passes
        affine = [j for j, layer in enumerate(layers) if isinstance(layer, Affine)]
        for i, j in enumerate(affine[1:]):
            # With a skip connection, the gradients meet at the fork.
            j -= isinstance(layers[j - 1], Fork)
            forward[j] = _copies_input(forward[j], self.activations, i)
            # Counted from the end: the first layers may have no backward pass.
            k = len(layers) - 1 - j
            backward[k] = _copies_output(backward[k], self.gradients, i)
        functions = [
            j for j, layer in enumerate(layers) if isinstance(layer, ActivationLayer)
        ]
        for i, j in enumerate(functions):
            forward[j] = _copies_input(forward[j], self.preactivations, i)
        last = len(affine) - 1
        forward[-1] = _copies_output(forward[-1], self.preactivations, last)
        forward[-1] = _copies_output(forward[-1], self.activations, last)
        backward[0] = _copies_input(backward[0], self.gradients, last)


def _copies_input(function, copies, key):
    def copying(X):
        copies[key] = X.copy()
        return function(X)

    return copying


def _copies_output(function, copies, key):
    def copying(X):
        output = function(X)
        copies[key] = output.copy()
        return output

    return copying


def input_gradient(network: Network, X, score_gradient: np.ndarray) -> np.ndarray:
    """Return the gradient of Σ score_gradient · scores with respect to the inputs.

    The network is taken as it predicts: without dropout, and with running statistics
    in batch normalization. It is only read. Rows are processed in blocks.

    Parameters
    ----------
    network : Network
        The network to differentiate.
    X : ndarray of shape (n_rows, n_features), or CSR array
        The inputs, of any real dtype.
    score_gradient : ndarray of shape (..., n_rows, n_scores)
        The factor of each score.

    Returns
    -------
    gradient : ndarray of shape (..., n_rows, n_features)
        The gradient, in the network's dtype.
    """
    n_rows, max_rows = X.shape[0], rows_per_pass(network)
    gradient = np.empty((*network.stack, *X.shape), network.dtype)
    workspace = None
    for start in range(0, n_rows, max_rows):
        block = slice(start, min(start + max_rows, n_rows))
        size = block.stop - start
        if workspace is None or size < max_rows:
            workspace = None  # frees its memory before the next one is made
            workspace = Workspace(network, size, training=True, input_gradient=True)
        flow = workspace.score_gradient
        np.copyto(flow, score_gradient[..., block, :], casting="same_kind")
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            network.scores(network.as_input(X[block]), workspace)
            for backward in workspace.backward_passes:
                flow = backward(flow)
        gradient[..., block, :] = flow
    return gradient
