"""Brightness, contrast and cutout: what changes pixels where they are."""

import numpy as np

__all__ = ["change_tones", "cut_out"]


def change_tones(planes, brightness, contrast):
    """Multiply images, and their distances from their mean, in place.

    A pixel x of an image of mean m (over all its pixels and channels) becomes
    ``brightness * (m + contrast * (x - m))``.

    Parameters
    ----------
    planes : ndarray of shape (channels, n_images, height, width)
        Floats.
    brightness, contrast : ndarray of shape (n_images,)

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._tones import change_tones
    >>> planes = np.array([10.0, 30.0]).reshape(1, 1, 1, 2)
    >>> change_tones(planes, np.array([2.0]), np.array([0.5]))
    >>> planes.ravel()
    array([30., 50.])
    """
    channels, n, height, width = planes.shape
    sums = planes.reshape(channels, n, -1).sum(axis=2).sum(axis=0)
    means = sums / (channels * height * width)
    gain, offset = brightness * contrast, brightness * (1 - contrast) * means
    planes *= gain.astype(planes.dtype)[:, np.newaxis, np.newaxis]
    planes += offset.astype(planes.dtype)[:, np.newaxis, np.newaxis]


def cut_out(images, centres, size, fill_value):
    """Fill a square of each image, in place.

    The square reaches from ``centre - size // 2`` on over `size` pixels, and ends at
    the edges of the image.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels)
    centres : ndarray of int of shape (n_images, 2)
        Pixels from the top and from the left.
    size : int
    fill_value : ndarray of shape (channels,)

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._tones import cut_out
    >>> images = np.ones((1, 3, 4, 1), np.uint8)
    >>> cut_out(images, np.array([[2, 0]]), 2, np.array([0]))
    >>> images[0, :, :, 0]
    array([[1, 1, 1, 1],
           [0, 1, 1, 1],
           [0, 1, 1, 1]], dtype=uint8)
    """
    n, _, width, channels = images.shape
    rows = images.reshape(n, -1, width * channels)
    blank = np.tile(fill_value, min(size, width))
    starts = np.maximum(centres - size // 2, 0)
    stops = centres - size // 2 + size
    columns = np.stack([starts[:, 1], np.minimum(stops[:, 1], width)], axis=1)
    squares = np.column_stack([starts[:, 0], stops[:, 0], columns * channels]).tolist()
    for image, (top, bottom, left, right) in zip(rows, squares, strict=True):
        image[top:bottom, left:right] = blank[: right - left]
