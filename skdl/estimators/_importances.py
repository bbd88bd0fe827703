"""How strongly the weights tie each column of X to the scores."""

import numpy as np

from skdl.engine.batch_norm import BatchNormLayer
from skdl.engine.bypass import Fork, Join
from skdl.engine.layers import Activation, Affine
from skdl.engine.scaling import Scaling
from skdl.estimators._to_sklearn import affine_map

__all__ = ["importances"]


def importances(network):
    """Return the share of each column in the network's weights.

    A path leads from a column through one unit of each layer to a score, and weighs
    the product of the weights along it. The importance of a column is the root of the
    sum of the squares of its paths, divided by the sum of these over all columns.

    A normalization multiplies a path by γ / √(σ² + ε), a bypass is a path of its own,
    and of k maxout pieces each counts 1 / k. Activations are passed by as if their
    slope were 1: what it is depends on the data, not on the weights. Multiplying a
    rectified unit's weights by c and those behind it by 1 / c changes nothing. Paths
    begin at the columns as a scaling leaves them: per standard deviation.

    Parameters
    ----------
    network : Network

    Returns
    -------
    shares : ndarray of shape (..., n_features)
        float64, not negative; they sum to 1, unless all are zero.
    """
    # Back from the scores, column by column: Σ over the paths from there of their
    # squares. float64, as the products of a deep net leave float32.
    squares = np.ones((*network.stack, network.widths[-1], 1))
    bypass = None
    for layer in reversed(network.layers):
        if isinstance(layer, Affine):
            squares = _square(layer.weights) @ squares
        elif isinstance(layer, Activation):
            pieces = layer.function.pieces if layer.has_pieces else 1
            squares = np.concatenate([squares / pieces] * pieces, axis=-2)
        elif isinstance(layer, BatchNormLayer):
            scale, _ = affine_map(layer)
            squares = _square(scale).swapaxes(-1, -2) * squares
        elif isinstance(layer, Join):
            projection = layer.projection
            bypass = squares if projection is None else _square(projection) @ squares
        elif isinstance(layer, Fork):
            squares = squares + bypass
        elif not (layer.training_only or isinstance(layer, Scaling)):
            raise TypeError(f"no importances through a {type(layer).__name__}")
    shares = np.sqrt(squares[..., 0])
    total = shares.sum(axis=-1, keepdims=True)
    return np.divide(shares, total, out=shares, where=total > 0)


def _square(array):
    return np.square(array, dtype=np.float64)
