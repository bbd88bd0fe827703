"""Dropout: units that are silent for a batch."""

import numpy as np
from scipy.sparse import csr_array, issparse

from skdl.engine.layers import Layer

__all__ = ["Dropout"]

# Bits that decide about an element: the generator makes 64 at a time, of which a random
# number of float32 takes 32.
BITS = 16
# Elements for which bits are drawn at a time: NumPy has no integers into a given array,
# so these are all that a pass allocates.
CHUNK = 32768


class Dropout(Layer):
    """Sets each element to 0 with probability `rate`, and scales the others up.

    Inverted dropout: what stays is divided by 1 - rate, so that the mean stays too, and
    prediction passes the layer by.

    Parameters
    ----------
    rate : float
        In (0, 1); the nearest multiple of 2⁻¹⁶ in there is taken.
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
        # An element is dropped if its bits, read as an integer, are below this.
        self.bound = min(max(round(rate * 2**BITS), 1), 2**BITS - 1)
        self.scale = 1 / (1 - self.bound / 2**BITS)
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
        flat = mask.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            part = flat[start : start + CHUNK]
            n_words = -(-part.size * BITS // 64)
            bits = rng.integers(0, 2**64, n_words, np.uint64).view(np.uint16)
            np.greater_equal(bits[: part.size], self.bound, out=part, casting="unsafe")
        return np.multiply(mask, self.scale, out=mask)

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
