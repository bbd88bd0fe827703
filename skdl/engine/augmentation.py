"""Random changes of training rows on their way into a batch."""

from typing import Any

import numpy as np

__all__ = ["Augmentation"]


class Augmentation:
    """An augmenter in one training run.

    Parameters
    ----------
    augmenter : object with ``start``, or callable
        ``start(image_shape, batch_size, dtype)`` returns a state with ``transform``,
        ``mixes`` and, if that is True, ``mix``. A callable is such a ``transform``:
        ``augmenter(images, rng)`` returns images of the same shape and dtype.
    n_features : int
        Number of columns.
    image_shape : tuple of int, or None
        (height, width, channels). None if rows are to stay rows.
    batch_size : int
        The most rows of a batch.
    dtype : numpy.dtype
        The dtype of the rows, as the user has them.
    rng : numpy.random.Generator
        Where the augmenter draws from.

    Attributes
    ----------
    mixes : bool
        Whether rows are mixed with each other.
    """

    def __init__(self, augmenter, n_features, image_shape, batch_size, dtype, rng):
        self.rng = rng
        self.shape = (n_features,) if image_shape is None else tuple(image_shape)
        self.mixes = False
        self._mix: Any = None
        self._copy = np.empty((batch_size, n_features), dtype)
        if not hasattr(augmenter, "start"):
            self.transform = augmenter
            return
        state = augmenter.start(image_shape, batch_size, np.dtype(dtype))
        self.transform = state.transform
        self.mixes = bool(state.mixes)
        if self.mixes:
            self._mix = state.mix

    def __call__(self, rows):
        """Return augmented rows, valid until the next call.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows of a batch, C-contiguous. They may be overwritten.
        """
        shape = (len(rows), *self.shape)
        images = self.transform(rows.reshape(shape), self.rng)
        if not isinstance(images, np.ndarray):
            said = f"{type(images).__name__}"
        elif images.shape != shape or images.dtype != rows.dtype:
            said = f"{images.dtype} of shape {images.shape}"
        else:
            _check_finite(images, "augment")
            if images.flags.c_contiguous:
                return images.reshape(rows.shape)
            # A flip returns a view; rows must be in order to be read one by one.
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
            Rows of a batch, in the network's dtype.
        targets : ndarray of shape (n_rows, n_targets)
            Their targets.
        """
        self._mix(X, targets, self.rng)
        _check_finite(X, "the mix of augment, in X,")
        _check_finite(targets, "the mix of augment, in the targets,")


def _check_finite(values, what):
    """Raise for NaN or infinity, which would look like divergence.

    The sum is finite only if all values are, and it takes no memory.
    """
    if values.dtype.kind != "f":
        return
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduce(values, axis=None, dtype=_wide(values.dtype))
    if np.isfinite(total):
        return
    bad = np.argwhere(~np.isfinite(values))
    if not len(bad):
        return  # all finite: their sum overflowed
    row, *place = bad[0].tolist()
    value = values[tuple(bad[0])]
    inside = f"column {place[0]}" if len(place) == 1 else f"pixel {tuple(place)}"
    raise ValueError(
        f"{what} returned {value}, first in row {row} of a batch of {len(values)} "
        f"rows, {inside} (counted from 0). Return finite rows: the rows that augment "
        "gets are finite, and the learning rate has no effect on them."
    )


def _wide(dtype):
    return np.result_type(dtype, np.float32)
