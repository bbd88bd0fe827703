"""Rows of X as images, side by side in one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def check_image_shape(image_shape: Any, net: Any, n_features: int) -> tuple:
    """Return (height, width, channels) of images with n_features numbers.

    Parameters
    ----------
    image_shape : sequence of int, or None
        (height, width) or (height, width, channels) with 1 or 3 channels. None for
        `image_shape` of the net, if it is set, or a square gray image.
    net : estimator or None
        The net that may have an `image_shape`.
    n_features : int
        The number of columns of X.

    Raises
    ------
    ValueError
        If the shape does not fit n_features, or if there is no shape.
    """
    if image_shape is None:
        image_shape = getattr(net, "image_shape", None)
    if image_shape is None:
        side = math.isqrt(n_features)
        if side**2 != n_features:
            raise ValueError(
                f"{n_features} features do not form a square image: set "
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


def as_images(rows: ArrayLike, shape: tuple) -> np.ndarray:
    """Return rows as images (n, height, width), or (n, height, width, 3)."""
    rows = np.asarray(rows)
    images = rows.reshape(len(rows), *shape)
    return images[..., 0] if shape[2] == 1 else images


def to_unit_range(images: np.ndarray, low: float, high: float) -> np.ndarray:
    """Scale images so that `low` becomes 0 and `high` 1; clip values beyond."""
    span = high - low or 1.0
    return np.clip((images.astype(float) - low) / span, 0, 1)


def mosaic(
    images: np.ndarray, n_columns: int, gap: int = 1, gap_above: int | None = None
) -> tuple:
    """Return one picture of many images, line by line, and the corner of each image.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, 3)
        The images.
    n_columns : int
        The number of images in a line.
    gap : int, default=1
        Pixels between images: NaN, or white in color.
    gap_above : int, optional
        Pixels above each image, the first line included. By default `gap` between
        lines, and no gap above the first.

    Returns
    -------
    picture : ndarray
        The images and gaps.
    corners : list of tuple of int
        (top, left) of each image.
    """
    n, height, width, *channels = images.shape
    n_lines = -(-n // n_columns)
    above = gap if gap_above is None else gap_above
    first = 0 if gap_above is None else above
    shape = (
        first + n_lines * height + (n_lines - 1) * above,
        n_columns * width + (n_columns - 1) * gap,
        *channels,
    )
    picture = np.full(shape, 1.0 if channels else np.nan)
    corners = []
    for i, image in enumerate(images):
        line, column = divmod(i, n_columns)
        top, left = first + line * (height + above), column * (width + gap)
        picture[top : top + height, left : left + width] = image
        corners.append((top, left))
    return picture, corners


def draw_mosaic(axes: Axes, picture: np.ndarray, **options: Any) -> Any:
    """Show a picture without ticks and frame; return the matplotlib image."""
    image = axes.imshow(picture, interpolation="nearest", **options)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return image


def frame_tiles(axes: Axes, corners: list, shape: tuple) -> None:
    """Draw a thin gray frame around each tile, because white may be a value.

    Parameters
    ----------
    axes : matplotlib axes
        The axes with the mosaic.
    corners : list of tuple of int
        (top, left) of each tile, as `mosaic` returns them.
    shape : tuple of int
        (height, width) of a tile.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    height, width = shape
    frames = [
        Rectangle((left - 0.5, top - 0.5), width, height) for top, left in corners
    ]
    axes.add_collection(
        PatchCollection(frames, facecolor="none", edgecolor="0.7", linewidth=0.6),
        autolim=False,
    )


def columns_for(n: int, ratio: float = 1.0) -> int:
    """Return the number of columns for n tiles, near a square, with few empty places.

    Parameters
    ----------
    n : int
        The number of tiles.
    ratio : float, default=1.0
        The height of a tile divided by its width.
    """
    square = math.sqrt(n * ratio)
    choices = range(max(1, round(0.8 * square)), min(n, math.ceil(1.7 * square)) + 1)
    # An empty place weighs as much as a picture that is a quarter off the square. Of
    # two equal choices, the wider one is taken.
    return min(
        reversed(choices or [n]),
        key=lambda k: round(-n % k + 4 * abs(math.log(k / square)), 6),
    )
