"""The mean of several networks' parameters, and statistics that fit the mean."""

import numpy as np

from skdl.engine.batching import Batches
from skdl.engine.layers import BatchNormLayer
from skdl.engine.prediction import rows_per_pass
from skdl.engine.workspace import Workspace

__all__ = ["average", "renew_statistics"]


def average(network, snapshots):
    """Set a network to the mean of the snapshots' parameters.

    Parameters
    ----------
    network : Network
        Changed in place. Its statistics become those of the last snapshot, which do not
        fit the mean: `renew_statistics` computes new ones.
    snapshots : sequence of tuple
        Results of ``snapshot`` of networks of this layout.
    """
    total = np.zeros(network.parameters.shape)
    for parameters, _ in snapshots:
        np.add(total, parameters, out=total)
    np.multiply(total, 1 / len(snapshots), out=total)
    np.copyto(network.parameters, total, casting="same_kind")
    np.copyto(network.statistics, snapshots[-1][1])


def renew_statistics(network, data):
    """Set the means and variances of batch normalization to those of the data.

    The statistics are those of prediction: without dropout, over all rows, and for one
    layer after the other, because each depends on the layers before it. So they are
    exact, and the order of the rows does not matter. A network without batch
    normalization costs nothing.

    Parameters
    ----------
    network : Network
        The network, not a stack. Changed in place.
    data : Data
        The training data. Rows count by their weights.
    """
    for layer in network.layers:
        if isinstance(layer, BatchNormLayer):
            mean, variance = _moments(network, layer, data)
            np.copyto(layer.mean, mean, casting="same_kind")
            np.copyto(layer.variance, variance, casting="same_kind")


def _moments(network, until, data):
    """Return mean and variance, (1, width) each, of the inputs of a layer."""
    size = min(rows_per_pass(network), data.n_rows)
    total, mean, squares = 0.0, 0.0, 0.0
    batches = Batches(data, size, network.dtype, network.takes_any_dtype)
    for X, _, weights in batches.epoch():
        if weights is None:
            weights = np.ones((X.shape[0], 1))
        weights = weights.astype(np.float64)
        weight = weights.sum()
        if not weight:
            continue
        A = _input_of(until, X, Workspace(network, X.shape[0]))
        batch_mean = np.matmul(weights.T, A) / weight
        batch_squares = np.matmul(weights.T, np.square(A - batch_mean))
        # Chan, Golub, LeVeque merge moments so: sums of squares would cancel.
        difference = batch_mean - mean
        squares = (
            squares
            + batch_squares
            + difference**2 * (total * weight / (total + weight))
        )
        total += weight
        mean = mean + difference * (weight / total)
    return mean, squares / total


def _input_of(until, X, workspace):
    passes = zip(workspace.buffers_of, workspace.forward_passes, strict=True)
    for layer, forward in passes:
        if layer is until:
            return X
        X = forward(X)
    raise ValueError(f"{until} is not a layer of the network.")
