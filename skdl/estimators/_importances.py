"""Feature importances from the weights of a network."""

import numpy as np


def importances(network):
    """Return the importance of each column of X for the scores.

    A path leads from a column through one unit of each layer to a score. Its weight is
    the product of the weights along it. The importance of a column is the root of the
    sum of its squared path weights, divided by the sum of these roots over all columns.

    A normalization multiplies a path by γ / √(σ² + ε). A skip connection is a separate
    path, and each of k maxout pieces counts 1 / k. The slope of an activation counts as
    1, since it depends on the data. Multiplying the weights of a rectified unit by c,
    and those of the next layer by 1 / c, does not change the result. Paths begin after
    the scaling of the inputs, so importances are per standard deviation.

    Parameters
    ----------
    network : Network
        The network of a fitted net.

    Returns
    -------
    shares : ndarray of shape (..., n_features)
        Importances in float64, not negative; they sum to 1 unless all are 0.
    """
    # Computed from the scores backwards, in float64: products in a deep net overflow
    # float32.
    squares = np.ones((*network.stack, network.widths[-1], 1))
    skipped = {}
    for layer in reversed(network.layers):
        squares = layer.squared_paths(squares, skipped)
    shares = np.sqrt(squares[..., 0])
    total = shares.sum(axis=-1, keepdims=True)
    return np.divide(shares, total, out=shares, where=total > 0)
