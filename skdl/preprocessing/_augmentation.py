"""One training run of an `ImageAugmenter`: draws and applies its transforms."""

import numpy as np

from skdl.preprocessing._geometry import FlipCrop, Warp, inverse_matrices
from skdl.preprocessing._mixup import Mixup
from skdl.preprocessing._pixel_values import change_tones, cut_out

# Pixels that are computed per block: the buffers of a block fit into the cache.
BLOCK = 1 << 14


def working_dtype(dtype):
    """Return the float dtype in which pixels of a dtype are computed.

    Parameters
    ----------
    dtype : dtype
        Dtype of the images.

    Returns
    -------
    dtype
        float32 if it holds every value of `dtype` exactly, else float64.
    """
    return np.result_type(dtype, np.float32)


def to_dtype(values, out):
    """Write floats to `out`; integers are rounded and clipped to their range.

    Parameters
    ----------
    values : ndarray of floats
        Values to write; overwritten.
    out : ndarray
        The result, of the same shape.
    """
    if out.dtype.kind != "f":
        limits = np.iinfo(out.dtype)
        high = values.dtype.type(limits.max)
        if int(high) > limits.max:
            high = np.nextafter(high, values.dtype.type(0))
        np.rint(values, out=values)
        np.clip(values, limits.min, high, out=values)
    np.copyto(out, values, casting="unsafe")


def is_off(augmenter, name):
    """Return whether the strength of a transform switches it off.

    Parameters
    ----------
    augmenter : ImageAugmenter
        The augmenter, checked.
    name : str
        Parameter that holds the strength of a transform.

    Returns
    -------
    bool
        Whether the transform changes nothing.
    """
    value = getattr(augmenter, name)
    return tuple(value) == (1, 1) if name == "scale" else value == 0


class ImageAugmentation:
    """Draws and applies the transforms of an `ImageAugmenter`, batch by batch.

    Flips and shifts by whole pixels copy pixels. With any other transform that moves
    pixels, one coordinate field does all movements. The parameters of all transforms
    are drawn for the whole batch first. Only elastic displacements, which are large,
    are drawn block by block.

    Parameters
    ----------
    augmenter : ImageAugmenter
        The augmenter, checked.
    shape : tuple of int, or None
        (height, width, channels) of an image; None if the rows are not images and only
        mixup is on.
    batch_size : int
        Largest number of images per call.
    dtype : dtype
        Dtype of the images.

    Attributes
    ----------
    mixes : bool
        Whether `mix` has to be called after `transform`.
    """

    def __init__(self, augmenter, shape, batch_size, dtype):
        on = {name: not is_off(augmenter, name) for name in augmenter.STRENGTHS}
        self.augmenter, self.on, self.mixes = augmenter, on, on["mixup"]
        self.batch_size = batch_size
        self.mixup = Mixup(augmenter.mixup, batch_size)
        self.warp = self.flip_crop = None
        self.shifts_whole_pixels = isinstance(augmenter.shift, (int, np.integer))
        self.changes_tones = on["brightness"] or on["contrast"]
        if shape is None:
            return
        height, width, channels = shape
        fill = np.broadcast_to(np.asarray(augmenter.fill_value, np.float64), channels)
        self.fill = np.empty(channels, dtype)
        to_dtype(fill.copy(), self.fill)
        work = working_dtype(dtype)
        self.block_size = min(batch_size, max(1, BLOCK // (height * width)))
        warps = any(on[name] for name in ("rotation", "shear", "scale"))
        shifts_parts = on["shift"] and not self.shifts_whole_pixels
        if warps or on["elastic_alpha"] or shifts_parts:
            elastic = augmenter.elastic_alpha, augmenter.elastic_sigma
            filling = augmenter.fill_mode, self.fill
            self.warp = Warp(shape, self.block_size, work, *filling, *elastic)
        elif on["horizontal_flip"] or on["shift"]:
            padding = int(augmenter.shift)
            self.flip_crop = FlipCrop(
                shape, batch_size, dtype, padding, augmenter.fill_mode, self.fill
            )
        if self.warp or self.changes_tones:
            self.planes = np.empty((channels * self.block_size, height, width), work)

    def transform(self, images, rng):
        """Return the transformed images of a batch.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width, channels)
            Images, C-contiguous; may be overwritten.
        rng : numpy.random.Generator
            Source of the random numbers.

        Returns
        -------
        ndarray of the same shape and dtype
            The result, C-contiguous and valid until the next call.
        """
        augmenter, on, n = self.augmenter, self.on, len(images)
        flips = shifts = matrices = tones = None
        if on["horizontal_flip"]:
            flips = rng.random(n) < augmenter.horizontal_flip
        if on["shift"]:
            shifts = self._draw_shifts(n, rng)
        if self.warp:
            angles = self._draw_angles("rotation", n, rng)
            shears = self._draw_angles("shear", n, rng)
            scales = rng.uniform(*augmenter.scale, n) if on["scale"] else np.ones(n)
            flips = np.zeros(n, bool) if flips is None else flips
            shifts = np.zeros((n, 2)) if shifts is None else shifts
            matrices = inverse_matrices(flips, angles, shears, scales)
        elif self.flip_crop:
            images = self.flip_crop.transform(images, flips, shifts)
        if self.changes_tones:
            names = ("brightness", "contrast")
            tones = np.stack([self._draw_factors(name, n, rng) for name in names])
        if on["cutout"]:
            centers = rng.integers(0, images.shape[1:3], (n, 2))
        if self.warp or self.changes_tones:
            for start in range(0, n, self.block_size):
                block = slice(start, start + self.block_size)
                self._compute(images[block], block, matrices, shifts, tones, rng)
        if on["cutout"]:
            cut_out(images, centers, augmenter.cutout, self.fill)
        return images

    def mix(self, X, targets, rng):
        """Mix rows and targets in place, see `Mixup.mix`."""
        self.mixup.mix(X, targets, rng)

    def _compute(self, images, block, matrices, shifts, tones, rng):
        """Apply the transforms that need arithmetic to a block of images, in place."""
        n, height, width, channels = images.shape
        planes = self.planes[: channels * n].reshape(channels, n, height, width)
        if self.warp:
            elastic = self.warp.elastic
            displacements = self.warp.displacements(n, rng) if elastic else None
            self.warp.transform(
                images, matrices[block], shifts[block], displacements, planes
            )
        else:
            planes[...] = np.moveaxis(images, -1, 0)
        if tones is not None:
            change_tones(planes, *tones[:, block])
        to_dtype(planes, np.moveaxis(images, -1, 0))

    def _draw_shifts(self, n, rng):
        limit = self.augmenter.shift
        if self.shifts_whole_pixels:
            return rng.integers(-limit, limit + 1, (n, 2))
        return rng.uniform(-limit, limit, (n, 2))

    def _draw_angles(self, name, n, rng):
        limit = getattr(self.augmenter, name)
        return rng.uniform(-limit, limit, n) if self.on[name] else np.zeros(n)

    def _draw_factors(self, name, n, rng):
        limit = getattr(self.augmenter, name)
        if not self.on[name]:
            return np.ones(n)
        return rng.uniform(max(0.0, 1.0 - limit), 1.0 + limit, n)
