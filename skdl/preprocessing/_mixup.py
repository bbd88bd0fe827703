"""Mixup: rows and targets become weighted means of two rows and two targets."""

import numpy as np


class Mixup:
    """Mixes the rows of batches, in buffers of its own.

    Parameters
    ----------
    alpha : float
        Parameter of the distribution Beta(alpha, alpha), from which the share of each
        row is drawn.
    batch_size : int
        Largest number of rows per call of `mix`.
    """

    def __init__(self, alpha, batch_size):
        self.alpha = alpha
        self.batch_size = batch_size
        self.buffers = {}

    def draw(self, n, rng):
        """Return the shares of `n` rows, and the partner of each row.

        Parameters
        ----------
        n : int
            Number of rows.
        rng : numpy.random.Generator
            Source of the random numbers.

        Returns
        -------
        shares : ndarray of shape (n,)
            Weight of each row; the weight of its partner is 1 - share.
        partners : ndarray of int of shape (n,)
            Position of each row's partner, a permutation.
        """
        return rng.beta(self.alpha, self.alpha, n), rng.permutation(n)

    def mix(self, X, targets, rng):
        """Mix each row and its targets with those of its partner, in place.

        Parameters
        ----------
        X : ndarray of floats of shape (n_rows, n_features)
            Rows, changed in place.
        targets : ndarray of floats of shape (n_rows, n_targets)
            Their targets, changed in place.
        rng : numpy.random.Generator
            Source of the random numbers.
        """
        shares, partners = self.draw(len(X), rng)
        self._mix(X, shares[:, np.newaxis], partners, 0, "X")
        # Targets are stored column by column.
        self._mix(targets.T, shares, partners, 1, "targets")

    def _mix(self, values, shares, partners, axis, name):
        n = len(partners)
        if name not in self.buffers:
            size = self.batch_size * (values.size // n)
            self.buffers[name] = np.empty(size, values.dtype)
        others = self.buffers[name][: values.size].reshape(values.shape)
        # The default mode, "raise", would write to a copy of `out` first.
        np.take(values, partners, axis=axis, out=others, mode="clip")
        blend(values, others, shares)


def blend(values, others, shares):
    """Set `values` to ``shares * values + (1 - shares) * others``.

    Parameters
    ----------
    values : ndarray of floats
        Values, changed in place.
    others : ndarray of the same shape and dtype
        Values to mix with; overwritten.
    shares : ndarray of float64
        Weights of `values`, of a shape that broadcasts to theirs.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._mixup import blend
    >>> values = np.array([[0.0], [10.0]])
    >>> blend(values, values[::-1].copy(), np.array([[0.9], [0.5]]))
    >>> values.ravel()
    array([1., 5.])
    """
    values *= shares.astype(values.dtype)
    others *= (1 - shares).astype(values.dtype)
    values += others
