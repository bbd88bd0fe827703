"""Standardized columns, as a first layer of the network."""

import numpy as np
from scipy.sparse import issparse

from skdl.engine.layers import Layer

__all__ = ["Scaling"]


class Scaling(Layer):
    """Z = (X - mean) · inverse, column by column, with X as the user has it.

    Mean and inverse are statistics of the network: no step changes them, and snapshots,
    pickles and stacks carry them. X may be of any real dtype: only this layer knows in
    which precision a mean is to be subtracted.

    Parameters
    ----------
    width : int
        Number of columns.
    """

    before_weights = True

    def __init__(self, width):
        self.width = width
        self.statistic_shapes = ((1, width), (1, width))

    def bind(self, mean, inverse):
        """Take the layer's views of the statistics."""
        self.mean, self.inverse = mean, inverse

    def reset(self):
        """Start as the identity."""
        self.mean[...], self.inverse[...] = 0, 1

    def set(self, mean, scale):
        """Subtract these means from now on, and divide by these scales.

        Parameters
        ----------
        mean, scale : ndarray of shape (width,)
            A scale whose inverse the network's dtype cannot hold counts as 1.
        """
        self.mean[...] = mean
        with np.errstate(over="ignore", divide="ignore"):
            self.inverse[...] = 1 / np.asarray(scale)
        self.inverse[~np.isfinite(self.inverse)] = 1

    def work(self, workspace):
        """Return the array for the output of one workspace."""
        return workspace.empty(self.width)

    def forward(self, X, work):
        """Return the standardized X, in memory of its own."""
        if issparse(X):
            raise ValueError(
                "This net standardizes its input, which leaves no zeros: a sparse X "
                "would become dense. Pass X.toarray(), or fit with standardize=False "
                "on what MaxAbsScaler() or StandardScaler(with_mean=False) returns."
            )
        if X.dtype in (work.dtype, np.float64):
            # In the wider of the two: a large mean takes no digits away.
            np.subtract(X, self.mean, out=work, casting="same_kind")
        else:
            # Faster than a mixed subtraction, for which NumPy converts by small pieces.
            np.copyto(work, X, casting="unsafe")
            np.subtract(work, self.mean, out=work)
        return np.multiply(work, self.inverse, out=work)
