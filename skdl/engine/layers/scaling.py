"""Standardized columns, as the first layer of a network."""

import numpy as np
from scipy.sparse import issparse

from skdl.engine.layers.base import Layer

__all__ = ["Scaling"]

# Up to this length of rows, NumPy computes with as many rows of means in half to two
# thirds of the time that it takes with one row of means. All lie in the cache.
NARROW = 128


class Scaling(Layer):
    """Z = (X - mean) · inverse, column by column, with X as the user has it.

    Mean and inverse are statistics of the network: no step changes them, and snapshots,
    pickles and stacks contain them. X may be of any real dtype: this layer decides in
    which precision a mean is subtracted.

    Parameters
    ----------
    width : int
        Number of columns.
    """

    before_weights = True

    def __init__(self, width):
        self.width = width
        self.statistic_shapes = ((1, width), (1, width))

    def attach(self, mean, inverse):
        """Store the views of mean and inverse."""
        self.mean, self.inverse = mean, inverse

    def reset(self):
        """Start as the identity."""
        self.mean[...], self.inverse[...] = 0, 1

    def set(self, mean, scale):
        """From now on subtract these means, and divide by these scales.

        Parameters
        ----------
        mean : ndarray of shape (width,)
            The mean of each column.
        scale : ndarray of shape (width,)
            The scale of each column. If the network's dtype cannot hold its inverse,
            the column is not scaled.
        """
        self.mean[...] = mean
        with np.errstate(over="ignore", divide="ignore"):
            self.inverse[...] = 1 / np.asarray(scale)
        self.inverse[~np.isfinite(self.inverse)] = 1

    def buffers(self, workspace):
        """Allocate the output, and repeated rows of mean and inverse if they pay."""
        buffers = _ScalingBuffers()
        buffers.Z = workspace.empty(self.width)
        buffers.repeated = None
        if workspace.shape[-1] > 1 and self.width <= NARROW:
            buffers.repeated = workspace.empty(self.width), workspace.empty(self.width)
        return buffers

    def bind(self, buffers):
        """Return X → Z, in memory of its own, and dA → dA · inverse, in place."""
        Z, mean, inverse = buffers.Z, self.mean, self.inverse
        if buffers.repeated is not None:
            for rows, row in zip(buffers.repeated, (mean, inverse), strict=True):
                np.copyto(rows, row)
            mean, inverse = buffers.repeated

        def forward(X):
            if issparse(X):
                raise ValueError(
                    "This net standardizes its input, which leaves no zeros: a sparse "
                    "X would become dense. Pass X.toarray(), or fit with "
                    "standardize=False on what MaxAbsScaler() or "
                    "StandardScaler(with_mean=False) returns."
                )
            if X.dtype in (Z.dtype, np.float64):
                # In the wider of the two dtypes: a large mean costs no digits.
                np.subtract(X, mean, out=Z, casting="same_kind")
            else:
                # NumPy would convert small pieces in a mixed subtraction: slower.
                np.copyto(Z, X, casting="unsafe")
                np.subtract(Z, mean, out=Z)
            return np.multiply(Z, inverse, out=Z)

        def backward(dA):
            return np.multiply(dA, inverse, out=dA)

        return forward, backward

    def affine_map(self):
        """Return the scale `inverse`, and the shift -mean · inverse."""
        scale = self.inverse.astype(np.float64)
        return scale, -scale * self.mean

    def squared_paths(self, squares, skipped):
        """Return the sums as they are: importances count per standard deviation."""
        return squares


class _ScalingBuffers:
    __slots__ = ("Z", "repeated")
