"""Rows of X as images, side by side on one pair of axes."""

import math
from collections.abc import Sequence
from numbers import Integral

import numpy as np

__all__ = ["as_images", "check_image_shape", "draw_mosaic", "mosaic", "to_unit_range"]


def check_image_shape(image_shape, net, n_features):
    """Return (height, width, channels) of rows of n_features numbers.

    Parameters
    ----------
    image_shape : sequence of int, or None
        (height, width) or (height, width, channels), 1 or 3 of them. None for that of
        the net, if it has one, or for a gray square.
    net : estimator or None
    n_features : int

    Raises
    ------
    ValueError
        If the shape is of another kind or size, or there is none.
    """
    if image_shape is None:
        image_shape = getattr(net, "image_shape", None)
    if image_shape is None:
        side = math.isqrt(n_features)
        if side**2 != n_features:
            raise ValueError(
                f"{n_features} features are no square image: set "
                "image_shape=(height, width) or (height, width, 3)."
            )
        image_shape = (side, side)
    shape = tuple(image_shape) if isinstance(image_shape, Sequence) else ()
    if len(shape) == 2:
        shape = (*shape, 1)
    whole = all(isinstance(size, Integral) and size > 0 for size in shape)
    wrong = len(shape) != 3 or not whole or shape[2] not in (1, 3)
    if wrong or math.prod(shape) != n_features:
        raise ValueError(
            f"image_shape must be (height, width) or (height, width, channels) with 1 "
            f"or 3 channels and {n_features} numbers in all, got {image_shape!r}."
        )
    return shape


def as_images(rows, shape):
    """Return rows as images (n, height, width), or (n, height, width, 3)."""
    images = np.asarray(rows).reshape(len(rows), *shape)
    return images[..., 0] if shape[2] == 1 else images


def to_unit_range(images, low, high):
    """Return images with low as 0 and high as 1; what lies beyond is cut off."""
    span = high - low or 1.0
    return np.clip((images.astype(float) - low) / span, 0, 1)


def mosaic(images, n_columns, gap=1, gap_above=None):
    """Return one image of many, row by row, and the corner of each.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, 3)
    n_columns : int
    gap : int, default=1
        Pixels between images: NaN, or white in color.
    gap_above : int, optional
        Pixels above each image; as `gap` by default, and none above the first row then.

    Returns
    -------
    whole : ndarray
    corners : list of tuple of int
        (top, left) of each image.
    """
    n, height, width, *channels = images.shape
    n_rows = -(-n // n_columns)
    above = gap if gap_above is None else gap_above
    first = 0 if gap_above is None else above
    shape = (
        first + n_rows * height + (n_rows - 1) * above,
        n_columns * width + (n_columns - 1) * gap,
        *channels,
    )
    whole = np.full(shape, 1.0 if channels else np.nan)
    corners = []
    for i, image in enumerate(images):
        row, column = divmod(i, n_columns)
        top, left = first + row * (height + above), column * (width + gap)
        whole[top : top + height, left : left + width] = image
        corners.append((top, left))
    return whole, corners


def draw_mosaic(axes, whole, **options):
    """Show it without ticks and frame; return the matplotlib image."""
    image = axes.imshow(whole, interpolation="nearest", **options)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return image
