"""Transforms that do not move pixels: brightness, contrast, cutout."""

import numpy as np


def change_tones(planes, brightness, contrast):
    """Change brightness and contrast of images, in place.

    A pixel x becomes ``brightness * (m + contrast * (x - m))``, with m the mean of the
    image over its pixels and channels.

    Parameters
    ----------
    planes : ndarray of floats of shape (channels, n_images, height, width)
        Images, changed in place.
    brightness : ndarray of shape (n_images,)
        Factor of all pixels, for each image.
    contrast : ndarray of shape (n_images,)
        Factor of the deviations from the mean, for each image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._pixel_values import change_tones
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


def cut_out(images, centers, size, fill_value):
    """Fill a square of each image, in place.

    The square covers `size` pixels in each direction, from ``center - size // 2``. It
    is cut off at the edges of the image.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, channels)
        Images, changed in place.
    centers : ndarray of int of shape (n_images, 2)
        Center of each square, in pixels from the top and from the left.
    size : int
        Side of the squares, in pixels.
    fill_value : ndarray of shape (channels,)
        Color of the squares.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._pixel_values import cut_out
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
    starts = np.maximum(centers - size // 2, 0)
    stops = centers - size // 2 + size
    columns = np.stack([starts[:, 1], np.minimum(stops[:, 1], width)], axis=1)
    squares = np.column_stack([starts[:, 0], stops[:, 0], columns * channels]).tolist()
    for image, (top, bottom, left, right) in zip(rows, squares, strict=True):
        image[top:bottom, left:right] = blank[: right - left]
