"""One run of an augmenter: what is drawn for each batch, and in which order."""

import numpy as np

from skdl.preprocessing._flip_crop import FlipCrop
from skdl.preprocessing._mixup import Mixup
from skdl.preprocessing._tones import change_tones, cut_out
from skdl.preprocessing._warp import Warp, inverse_matrices

__all__ = ["Augmentation", "is_off", "to_dtype", "working_dtype"]

# Pixels that are computed at once: few enough for the buffers to stay in the cache.
PASS = 1 << 14


def working_dtype(dtype):
    """Return the floats in which pixels of a dtype are computed.

    Parameters
    ----------
    dtype : dtype

    Returns
    -------
    dtype
        float32 for all dtypes that it holds exactly, else float64.
    """
    return np.result_type(dtype, np.float32)


def to_dtype(values, out):
    """Write floats to `out`; if those are integers, rounded and clipped to their range.

    Parameters
    ----------
    values : ndarray of floats
        Changed in place.
    out : ndarray
        Of the same shape.
    """
    if out.dtype.kind != "f":
        limits = np.iinfo(out.dtype)
        high = values.dtype.type(limits.max)
        if int(high) > limits.max:
            high = np.nextafter(high, values.dtype.type(0))
        np.rint(values, out=values)
        np.clip(values, limits.min, high, out=values)
    np.copyto(out, values, casting="unsafe")


def is_off(spec, name):
    """Tell whether a transform has a strength at which it does nothing.

    Parameters
    ----------
    spec : ImageAugmenter
        Checked.
    name : str
        A parameter that is the strength of a transform.

    Returns
    -------
    bool
    """
    value = getattr(spec, name)
    return tuple(value) == (1, 1) if name == "scale" else value == 0


class Augmentation:
    """Draws and applies the transforms of an `ImageAugmenter`, batch by batch.

    Flips and shifts by whole pixels are copies. As soon as anything else moves pixels,
    all that moves them is one field of coordinates. What is switched on draws for the
    whole batch before anything is computed; elastic displacements, which are large, are
    drawn when they are needed.

    Parameters
    ----------
    spec : ImageAugmenter
        Checked.
    shape : tuple of int, or None
        (height, width, channels) of an image; None if rows are no images, and
        nothing but mixup is switched on.
    batch_size : int
        The most images of a call.
    dtype : dtype
        Of the images.

    Attributes
    ----------
    mixes : bool
        Whether `mix` is to be called.
    """

    def __init__(self, spec, shape, batch_size, dtype):
        on = {name: not is_off(spec, name) for name in spec.STRENGTHS}
        self.spec, self.on, self.mixes = spec, on, on["mixup"]
        self.batch_size = batch_size
        self.mixup = Mixup(spec.mixup, batch_size)
        self.warp = self.flip_crop = None
        self.whole = isinstance(spec.shift, (int, np.integer))
        self.tones = on["brightness"] or on["contrast"]
        if shape is None:
            return
        height, width, channels = shape
        fill = np.broadcast_to(np.asarray(spec.fill_value, np.float64), channels)
        self.fill = np.empty(channels, dtype)
        to_dtype(fill.copy(), self.fill)
        work = working_dtype(dtype)
        self.step = min(batch_size, max(1, PASS // (height * width)))
        warped = any(on[name] for name in ("rotation", "shear", "scale"))
        if warped or on["elastic_alpha"] or (on["shift"] and not self.whole):
            elastic = spec.elastic_alpha, spec.elastic_sigma
            fills = spec.fill_mode, self.fill
            self.warp = Warp(shape, self.step, work, *fills, *elastic)
        elif on["horizontal_flip"] or on["shift"]:
            padding = int(spec.shift)
            self.flip_crop = FlipCrop(
                shape, batch_size, dtype, padding, spec.fill_mode, self.fill
            )
        if self.warp or self.tones:
            self.planes = np.empty((channels * self.step, height, width), work)

    def transform(self, images, rng):
        """Return a batch of images transformed.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width, channels)
            C-contiguous; it may be overwritten.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray of the same shape and dtype
            C-contiguous, valid until the next call.
        """
        spec, on, n = self.spec, self.on, len(images)
        flips = rng.random(n) < spec.horizontal_flip if on["horizontal_flip"] else None
        shifts = self._shifts(n, rng) if on["shift"] else None
        matrices = None
        if self.warp:
            angles = self._uniform("rotation", n, rng)
            shears = self._uniform("shear", n, rng)
            scales = rng.uniform(*spec.scale, n) if on["scale"] else np.ones(n)
            flips = np.zeros(n, bool) if flips is None else flips
            shifts = np.zeros((n, 2)) if shifts is None else shifts
            matrices = inverse_matrices(flips, angles, shears, scales)
        elif self.flip_crop:
            images = self.flip_crop.transform(images, flips, shifts)
        tones = None
        if self.tones:
            names = ("brightness", "contrast")
            tones = np.stack([self._factors(name, n, rng) for name in names])
        if on["cutout"]:
            centres = rng.integers(0, images.shape[1:3], (n, 2))
        if self.warp or self.tones:
            for start in range(0, n, self.step):
                part = slice(start, start + self.step)
                self._compute(images[part], part, matrices, shifts, tones, rng)
        if on["cutout"]:
            cut_out(images, centres, spec.cutout, self.fill)
        return images

    def mix(self, X, targets, rng):
        """Mix rows and targets in place, as `Mixup.mix` says."""
        self.mixup.mix(X, targets, rng)

    def _compute(self, images, part, matrices, shifts, tones, rng):
        """Do what takes arithmetic to a few images, in place."""
        n, height, width, channels = images.shape
        planes = self.planes[: channels * n].reshape(channels, n, height, width)
        if self.warp:
            elastic = self.warp.elastic
            moved = self.warp.displacements(n, rng) if elastic else None
            self.warp.transform(images, matrices[part], shifts[part], moved, planes)
        else:
            planes[...] = np.moveaxis(images, -1, 0)
        if tones is not None:
            change_tones(planes, *tones[:, part])
        to_dtype(planes, np.moveaxis(images, -1, 0))

    def _shifts(self, n, rng):
        limit = self.spec.shift
        if self.whole:
            return rng.integers(-limit, limit + 1, (n, 2))
        return rng.uniform(-limit, limit, (n, 2))

    def _uniform(self, name, n, rng):
        limit = getattr(self.spec, name)
        return rng.uniform(-limit, limit, n) if self.on[name] else np.zeros(n)

    def _factors(self, name, n, rng):
        limit = getattr(self.spec, name)
        if not self.on[name]:
            return np.ones(n)
        return rng.uniform(max(0.0, 1.0 - limit), 1.0 + limit, n)
