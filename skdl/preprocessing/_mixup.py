"""Rows and targets as weighted means of two."""

import numpy as np

__all__ = ["Mixup"]


class Mixup:
    """Buffers to mix batches.

    Parameters
    ----------
    alpha : float
        Both parameters of the Beta distribution of a row's own share.
    batch_size : int
        The most rows of a call.
    """

    def __init__(self, alpha, batch_size):
        self.alpha = alpha
        self.batch_size = batch_size
        self.buffers = {}

    def draw(self, n, rng):
        """Return (shares, partners) of `n` rows: floats, and a permutation."""
        return rng.beta(self.alpha, self.alpha, n), rng.permutation(n)

    def mix(self, X, targets, rng):
        """Mix each row with another, and its targets by the same share, in place.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Floats.
        targets : ndarray of shape (n_rows, n_targets)
            Floats.
        rng : numpy.random.Generator
        """
        shares, partners = self.draw(len(X), rng)
        # Targets lie in memory column by column.
        self._blend(X, shares[:, np.newaxis], partners, 0, "X")
        self._blend(targets.T, shares, partners, 1, "targets")

    def _blend(self, values, shares, partners, axis, name):
        n = len(partners)
        others = self._buffer(name, values.size // n, values.dtype)[: values.size]
        others = others.reshape(values.shape)
        np.take(values, partners, axis=axis, out=others, mode="clip")
        values *= shares.astype(values.dtype)
        others *= (1 - shares).astype(values.dtype)
        values += others

    def _buffer(self, name, width, dtype):
        """Return room for full batches; what is mixed is known from the first one."""
        if name not in self.buffers:
            self.buffers[name] = np.empty(self.batch_size * width, dtype)
        return self.buffers[name]
