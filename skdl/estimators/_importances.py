"""How strongly the weights tie each column of X to the scores."""

import numpy as np

__all__ = ["importances"]


def importances(network):
    """Return the share of each column in the network's weights.

    A path leads from a column through one unit of each layer to a score, and weighs
    the product of the weights along it. The importance of a column is the root of the
    sum of the squares of its paths, divided by the sum of these over all columns.

    A normalization multiplies a path by γ / √(σ² + ε), a skip connection is a path of
    its own, and each of k maxout pieces counts 1 / k. The slope of an activation counts
    as 1: it depends on the data, not on the weights. Multiplying a rectified unit's
    weights by c and those of the next layer by 1 / c changes nothing. Paths begin at
    the columns as a scaling leaves them, so they count per standard deviation.

    Parameters
    ----------
    network : Network

    Returns
    -------
    shares : ndarray of shape (..., n_features)
        float64, not negative; they sum to 1, unless all are zero.
    """
    # From the scores backwards. float64, because products of a deep net overflow
    # float32.
    squares = np.ones((*network.stack, network.widths[-1], 1))
    skipped = {}
    for layer in reversed(network.layers):
        squares = layer.squared_paths(squares, skipped)
    shares = np.sqrt(squares[..., 0])
    total = shares.sum(axis=-1, keepdims=True)
    return np.divide(shares, total, out=shares, where=total > 0)
