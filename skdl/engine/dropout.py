"""Dropout: units that are silent for a batch."""

import numpy as np
from scipy.sparse import csr_array, issparse

from skdl.engine.layers import Layer

__all__ = ["Dropout"]


class Dropout(Layer):
    """Sets each element to 0 with probability `rate`, and scales the others up.

    Inverted dropout: what stays is divided by 1 - rate, so that the mean stays too, and
    prediction passes the layer by.

    Parameters
    ----------
    rate : float
        In (0, 1).
    width : int
        Number of units.
    before_weights : bool, default=False
        Whether the units are the data themselves. Sparse rows stay sparse: only the
        elements that they store are drawn, once for all networks of a stack.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: a
    simple way to prevent neural networks from overfitting", JMLR 2014. There, the
    weights are scaled down for prediction instead.
    """

    training_only = True

    def __init__(self, rate, width, before_weights=False):
        self.rate = rate
        self.width = width
        self.before_weights = before_weights

    def work(self, workspace):
        """Return the buffers of one workspace, and its random generator."""
        return _DropoutWork(self, workspace)

    def forward(self, X, work):
        """Return X with some elements 0, in memory of its own: X may be needed."""
        if issparse(X):
            kept = self._draw(np.empty_like(X.data), work.rng)
            np.multiply(kept, X.data, out=kept)
            return csr_array((kept, X.indices, X.indptr), shape=X.shape)
        if work.mask is None:
            work.allocate()
        self._draw(work.mask, work.rng)
        return np.multiply(X, work.mask, out=work.A)

    def _draw(self, mask, rng):
        """Fill the mask with 0 and 1 / (1 - rate)."""
        rng.random(dtype=mask.dtype, out=mask)
        np.greater_equal(mask, self.rate, out=mask)
        return np.multiply(mask, 1 / (1 - self.rate), out=mask)

    def backward(self, dA, work):
        """Multiply dA by the mask, in place."""
        return np.multiply(dA, work.mask, out=dA)


class _DropoutWork:
    __slots__ = ("A", "dtype", "mask", "rng", "shape")

    def __init__(self, layer, workspace):
        if workspace.rng is None:
            raise ValueError("dropout draws from the workspace's rng, which is None")
        self.rng = workspace.rng
        self.mask = None
        self.shape, self.dtype = (*workspace.shape, layer.width), workspace.dtype

    def allocate(self):
        """Make the arrays; wide sparse rows never need them, so the first pass asks."""
        self.mask, self.A = (np.empty(self.shape, self.dtype) for _ in range(2))
