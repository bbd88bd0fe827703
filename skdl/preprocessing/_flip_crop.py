"""Flips and shifts by whole pixels: every pixel is copied, none is computed."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from skdl.preprocessing._borders import fold

__all__ = ["FlipCrop"]

# Bytes that are gathered at once: few enough to stay in the cache.
PASS = 1 << 17


class FlipCrop:
    """Buffers to flip and shift batches of images.

    The batch is copied into a buffer with room at both sides of each row. There, every
    row of a shifted image is a window of consecutive bytes, so that the whole batch is
    one gathering of windows. Rows above or below an image are other windows, or the
    one of a blank row.

    Parameters
    ----------
    shape : tuple of int
        (height, width, channels) of an image.
    batch_size : int
        The most images of a call.
    dtype : dtype
        Of the images.
    padding : int
        The longest shift.
    fill_mode : {'constant', 'edge', 'reflect'}
        As `fold` has it.
    fill_value : ndarray of shape (channels,)
        Of the same dtype.
    """

    def __init__(self, shape, batch_size, dtype, padding, fill_mode, fill_value):
        height, width, channels = self.shape = shape
        self.padding = padding
        self.fill_mode = fill_mode
        self.stride = stride = width + 2 * padding
        self.blank = batch_size * height * stride
        # Sides that are constant are written here, and never again.
        memory = np.empty((self.blank + width, channels), dtype)
        memory[:] = fill_value
        self.padded = memory[: self.blank].reshape(batch_size, height, stride, channels)
        self.sorted = np.empty((batch_size, *shape), dtype)
        self.out = np.empty((batch_size, *shape), dtype)
        # A row of pixels as one item, and one at every pixel.
        pixel = channels * self.out.itemsize
        self.row = np.dtype((np.void, width * pixel))
        first = memory[:width].reshape(-1).view(self.row)
        self.windows = as_strided(first, (self.blank + 1,), (pixel,), writeable=False)
        self.row_numbers = np.arange(height)

    def transform(self, images, flips, shifts):
        """Return the images flipped, and then shifted.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width, channels)
            C-contiguous.
        flips : ndarray of bool of shape (n_images,), or None
            Which of them change left for right; None stands for none.
        shifts : ndarray of int of shape (n_images, 2), or None
            Pixels down and to the right, at most `padding` up to the sign; None
            stands for zeros.

        Returns
        -------
        ndarray of the same shape
            A part of a buffer of this object.
        """
        n, height = len(images), self.shape[0]
        places, n_kept = np.arange(n), n
        if flips is not None:
            # Those to be flipped come last, so that slices reach them.
            order = np.argsort(flips, kind="stable")
            places[order] = np.arange(n)
            n_kept = n - np.count_nonzero(flips)
            flat = images.reshape(n, -1)
            # "clip", as NumPy fills a copy of `out` in the mode that raises.
            np.take(flat, order, 0, self.sorted[:n].reshape(n, -1), mode="clip")
            images = self.sorted[:n]
        self._pad(images, n_kept)
        rows, columns = np.broadcast_to(self.row_numbers, (n, height)), self.padding
        if shifts is not None:
            rows = rows - shifts[:, :1]
            fold(rows, height, self.fill_mode)
            columns = self.padding - shifts[:, 1:]
        starts = (places[:, np.newaxis] * height + rows) * self.stride + columns
        if shifts is not None and self.fill_mode == "constant":
            starts[(rows < 0) | (rows == height)] = self.blank
        return self._gathered(starts)

    def _pad(self, images, n_kept):
        n, (_, width, channels), p = len(images), self.shape, self.padding
        inner = self.padded[:n, :, p : p + width]
        self._as_rows(inner[:n_kept])[...] = self._as_rows(images[:n_kept])
        # By channel: otherwise, NumPy's innermost loop goes over three bytes.
        for channel in range(channels):
            inner[n_kept:, ..., channel] = images[n_kept:, :, ::-1, channel]
        if self.fill_mode == "constant":
            return
        sources = np.concatenate([np.arange(-p, 0), np.arange(width, width + p)])
        columns = sources + p
        fold(sources, width, self.fill_mode)
        padded = self.padded[:n]
        for column, source in zip(columns, sources + p, strict=True):
            for channel in range(channels):
                padded[..., column, channel] = padded[..., source, channel]

    def _as_rows(self, images):
        """View (n, height, width, channels) as (n, height) whole rows."""
        n, height, width, channels = images.shape
        return images.reshape(n, height, width * channels).view(self.row)[..., 0]

    def _gathered(self, starts):
        n = len(starts)
        out = self.out[:n].reshape(n * self.shape[0], -1).view(self.row)[:, 0]
        starts = starts.reshape(-1)
        step = max(1, PASS // self.row.itemsize)
        for start in range(0, len(starts), step):
            rows = slice(start, start + step)
            out[rows] = self.windows[starts[rows]]
        return self.out[:n]
