"""Training rows that are changed at random on their way into a batch."""

import numpy as np

__all__ = ["Augmentation"]


class Augmentation:
    """An augmenter at work in one training run.

    Parameters
    ----------
    augmenter : object with ``start``, or callable
        ``start(image_shape, batch_size, dtype)`` returns a state with ``transform``,
        ``mixes`` and, if that is True, ``mix``. A callable is such a ``transform``:
        ``augmenter(images, rng)`` returns images of the same shape and dtype.
    n_features : int
    image_shape : tuple of int, or None
        (height, width, channels); for None rows go in as rows.
    batch_size : int
        The most rows that come at a time.
    dtype : numpy.dtype
        Of the rows, as the user has them.
    rng : numpy.random.Generator
        What it draws from.

    Attributes
    ----------
    mixes : bool
        Whether `mix` has something to do.
    """

    def __init__(self, augmenter, n_features, image_shape, batch_size, dtype, rng):
        self.rng = rng
        self.shape = (n_features,) if image_shape is None else tuple(image_shape)
        self.mixes = False
        self._copy = np.empty((batch_size, n_features), dtype)
        if not hasattr(augmenter, "start"):
            self.transform = augmenter
            return
        state = augmenter.start(image_shape, batch_size, np.dtype(dtype))
        self.transform = state.transform
        self.mixes = bool(state.mixes)
        self._mix = state.mix if self.mixes else None

    def __call__(self, rows):
        """Return augmented rows, valid until the next call.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            C-contiguous; scratch.
        """
        shape = (len(rows), *self.shape)
        images = self.transform(rows.reshape(shape), self.rng)
        if not isinstance(images, np.ndarray):
            said = f"{type(images).__name__}"
        elif images.shape != shape or images.dtype != rows.dtype:
            said = f"{images.dtype} of shape {images.shape}"
        elif images.flags.c_contiguous:
            return images.reshape(rows.shape)
        else:
            # What flips a view; to be read row by row it has to be in order.
            copy = self._copy[: len(rows)]
            np.copyto(copy.reshape(shape), images)
            return copy
        raise ValueError(
            f"augment must return an array of the shape and dtype that it got, "
            f"{rows.dtype} of shape {shape}, but returned {said}."
        )

    def mix(self, X, targets):
        """Mix rows and their targets, in place.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
        targets : ndarray of shape (n_rows, n_targets)
        """
        self._mix(X, targets, self.rng)
