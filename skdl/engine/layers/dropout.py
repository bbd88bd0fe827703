"""Dropout: units that are set to zero for a batch."""

from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse

from skdl.engine.layers.base import Layer

__all__ = ["Dropout"]

# Random bits per element. The generator makes 64 at a time; a random float32 would take
# 32 of them.
BITS = 16
# Elements for which bits are drawn at a time, if all networks share a generator. NumPy
# draws no integers into a given array: this is all that a pass allocates.
CHUNK = 32768


class Dropout(Layer):
    """Sets each element to 0 with probability `rate`, and scales the others up.

    Inverted dropout: elements that are not dropped are divided by 1 - rate, which keeps
    the mean. Prediction skips the layer.

    Parameters
    ----------
    rate : float
        The probability, in (0, 1). It is rounded to a multiple of 2⁻¹⁶ in that range.
    width : int
        Number of units.
    before_weights : bool, default=False
        Whether the units are the data themselves. Sparse rows stay sparse: only the
        elements that they store are drawn, once for all networks of a stack. A mask of
        all elements, as dense rows have, would take the time of dense rows.

    Attributes
    ----------
    is_shared : bool
        Whether all networks of a stack drop the same units, which takes fewer draws.
        False unless the caller sets it before the workspace is made.

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: a
    simple way to prevent neural networks from overfitting", JMLR 2014. There, the
    weights are scaled down for prediction instead.
    """

    training_only = True

    def __init__(self, rate, width, before_weights=False):
        # An element is dropped if its bits, read as an integer, are below this bound.
        self.bound = min(max(round(rate * 2**BITS), 1), 2**BITS - 1)
        self.scale = 1 / (1 - self.bound / 2**BITS)
        self.width = width
        self.before_weights = before_weights
        self.is_shared = False

    def join(self, layers):
        """Take over the rates: each network of a stack may have its own."""
        self.bound = np.array([layer.bound for layer in layers], np.uint16)[:, None]
        self.scale = np.array([layer.scale for layer in layers])[:, None]

    def buffers(self, workspace):
        """Return the shape of the arrays, and the random generator."""
        return _DropoutBuffers(self, workspace)

    def bind(self, buffers):
        """Return X → A, in memory of its own, and dA → dA · mask, in place."""
        rng = buffers.rng
        draw = self._draw_each if isinstance(rng, list) else self._draw

        def forward(X):
            if issparse(X):
                stored = self._draw(np.empty_like(X.data), rng)
                np.multiply(stored, X.data, out=stored)
                return csr_array((stored, X.indices, X.indptr), shape=X.shape)
            mask = buffers.allocate() if buffers.mask is None else buffers.mask
            draw(mask, rng)
            return np.multiply(X, mask, out=buffers.A)

        def backward(dA):
            return np.multiply(dA, buffers.mask, out=dA)

        return forward, backward

    def _draw(self, mask, rng):
        """Fill the mask with 0 and 1 / (1 - rate)."""
        flat = mask.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            part = flat[start : start + CHUNK]
            n_words = -(-part.size * BITS // 64)
            bits = _words(rng, n_words).view(np.uint16)
            np.greater_equal(bits[: part.size], self.bound, out=part, casting="unsafe")
        return np.multiply(mask, self.scale, out=mask)

    def _draw_each(self, masks, rngs):
        """Fill the mask of each network from a generator of its own.

        The draws are those of `_draw` for the network alone, whose chunks use whole
        words. A generator that is None draws nothing: its network has no step to make.
        """
        flat = masks.reshape(len(rngs), -1)
        words = np.zeros((len(rngs), -(-flat.shape[1] * BITS // 64)), np.uint64)
        for row, rng in zip(words, rngs, strict=True):
            if rng is not None:
                row[...] = _words(rng, row.size)
        bits = words.view(np.uint16)[:, : flat.shape[1]]
        np.greater_equal(bits, self.bound, out=flat, casting="unsafe")
        np.multiply(flat, np.asarray(self.scale, flat.dtype), out=flat)

    def squared_paths(self, squares, skipped):
        """Return the sums as they are: prediction skips the layer."""
        return squares


def _words(rng, n):
    """Return n random numbers of 64 bits.

    Those of PCG64 are what the generator would return, at a quarter of the time.
    """
    if type(rng.bit_generator) is np.random.PCG64:
        return rng.bit_generator.random_raw(n)
    return rng.integers(0, 2**64, n, np.uint64)


class _DropoutBuffers:
    __slots__ = ("A", "dtype", "mask", "mask_shape", "rng", "shape")
    mask: Any

    def __init__(self, layer, workspace):
        if workspace.rng is None:
            raise ValueError("dropout draws from the workspace's rng, which is None")
        self.rng = workspace.rng
        self.mask = None
        self.shape, self.dtype = (*workspace.shape, layer.width), workspace.dtype
        self.mask_shape = self.shape[-2:] if layer.is_shared else self.shape

    def allocate(self):
        """Make the arrays, and return the mask. Only dense batches need them."""
        self.A = np.empty(self.shape, self.dtype)
        self.mask = np.empty(self.mask_shape, self.dtype)
        return self.mask
