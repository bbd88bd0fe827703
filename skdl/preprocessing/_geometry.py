"""Transforms that move pixels: flips, shifts, rotation, shear, scale, elastic.

`FlipCrop` copies pixels, for flips and shifts by whole pixels. `Warp` interpolates, for
all others.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.ndimage import gaussian_filter1d

FILL_MODES = ("constant", "edge", "reflect")
# Bytes that `FlipCrop` copies per block: a block fits into the cache.
BLOCK = 1 << 17


def fold(positions, size, mode, scratch=None):
    """Replace positions beyond the edges of an image by the positions to read there.

    Pixel i of an axis lies at position i. Positions inside the image do not change.

    Parameters
    ----------
    positions : ndarray of ints or floats
        Positions along one axis, changed in place.
    size : int
        Number of pixels along the axis.
    mode : {'constant', 'edge', 'reflect'}
        "edge" gives the nearest pixel. "reflect" mirrors the image at its outermost
        pixels, repeatedly, without repeating these pixels. Both are as in
        ``numpy.pad``. "constant" gives -1 or `size`, the first pixels outside.
    scratch : ndarray or None, default=None
        Buffer of the same shape and dtype; needed for floats with "reflect".

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._geometry import fold
    >>> positions = np.arange(-3, 7)
    >>> fold(positions, 4, "reflect")
    >>> positions
    array([3, 2, 1, 0, 1, 2, 3, 2, 1, 0])
    """
    if mode == "constant":
        np.clip(positions, -1, size, out=positions)
    elif mode == "edge" or size == 1:
        np.clip(positions, 0, size - 1, out=positions)
    elif positions.dtype.kind == "f":
        # |p - T round(p / T)| is a triangle wave of period T. It is exact inside the
        # image, where the rounded part is 0, and much faster than the remainder.
        period = 2 * (size - 1)
        np.divide(positions, period, out=scratch)
        np.rint(scratch, out=scratch)
        np.multiply(scratch, period, out=scratch)
        np.subtract(positions, scratch, out=positions)
        np.abs(positions, out=positions)
    else:
        np.mod(positions, 2 * (size - 1), out=positions)
        np.minimum(positions, 2 * (size - 1) - positions, out=positions)


class FlipCrop:
    """Flips and shifts batches of images by whole pixels, in buffers of its own.

    The batch is copied into a buffer with padding at both sides of each row. There,
    every row of a shifted image is a window of consecutive bytes, so one ``take`` of
    windows shifts the whole batch. A row above or below an image is the window of
    another row, or of a blank one.

    Parameters
    ----------
    shape : tuple of int
        (height, width, channels) of an image.
    batch_size : int
        Largest number of images per call.
    dtype : dtype
        Dtype of the images.
    padding : int
        Longest shift in pixels.
    fill_mode : {'constant', 'edge', 'reflect'}
        What lies beyond the edges, as for `fold`.
    fill_value : ndarray of shape (channels,)
        Color beyond the edges with "constant", of the dtype of the images.
    """

    def __init__(self, shape, batch_size, dtype, padding, fill_mode, fill_value):
        height, width, channels = self.shape = shape
        self.padding = padding
        self.fill_mode = fill_mode
        self.stride = stride = width + 2 * padding
        self.blank = batch_size * height * stride
        # A constant padding is written once, here.
        memory = np.empty((self.blank + width, channels), dtype)
        memory[:] = fill_value
        self.padded = memory[: self.blank].reshape(batch_size, height, stride, channels)
        self.sorted = np.empty((batch_size, *shape), dtype)
        self.out = np.empty((batch_size, *shape), dtype)
        # One item is a whole row of pixels, and one item begins at every pixel.
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
            Whether to mirror each image left to right; None mirrors no image.
        shifts : ndarray of int of shape (n_images, 2), or None
            Pixels down and to the right, from -padding to padding; None stands for
            zeros.

        Returns
        -------
        ndarray of the same shape
            A view of a buffer, valid until the next call.
        """
        n, height = len(images), self.shape[0]
        positions, n_unflipped = np.arange(n), n
        if flips is not None:
            # Images to flip come last, so that a slice selects them.
            order = np.argsort(flips, kind="stable")
            positions[order] = np.arange(n)
            n_unflipped = n - np.count_nonzero(flips)
            flat = images.reshape(n, -1)
            # The default mode, "raise", would write to a copy of `out` first.
            np.take(flat, order, 0, self.sorted[:n].reshape(n, -1), mode="clip")
            images = self.sorted[:n]
        self._pad(images, n_unflipped)
        rows, columns = np.broadcast_to(self.row_numbers, (n, height)), self.padding
        if shifts is not None:
            rows = rows - shifts[:, :1]
            fold(rows, height, self.fill_mode)
            columns = self.padding - shifts[:, 1:]
        starts = (positions[:, np.newaxis] * height + rows) * self.stride + columns
        if shifts is not None and self.fill_mode == "constant":
            starts[(rows < 0) | (rows == height)] = self.blank
        return self._take_windows(starts)

    def _pad(self, images, n_unflipped):
        n, (_, width, channels), p = len(images), self.shape, self.padding
        inner = self.padded[:n, :, p : p + width]
        self._as_rows(inner[:n_unflipped])[...] = self._as_rows(images[:n_unflipped])
        # Channel by channel: otherwise NumPy's innermost loop has only 3 iterations.
        for channel in range(channels):
            inner[n_unflipped:, ..., channel] = images[n_unflipped:, :, ::-1, channel]
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
        """View images as an array of shape (n_images, height), one item per row."""
        n, height, width, channels = images.shape
        return images.reshape(n, height, width * channels).view(self.row)[..., 0]

    def _take_windows(self, starts):
        n = len(starts)
        out = self.out[:n].reshape(n * self.shape[0], -1).view(self.row)[:, 0]
        starts = starts.reshape(-1)
        step = max(1, BLOCK // self.row.itemsize)
        for start in range(0, len(starts), step):
            block = slice(start, start + step)
            out[block] = self.windows[starts[block]]
        return self.out[:n]


def inverse_matrices(flips, angles, shears, scales):
    """Return matrices that map positions in the result to positions in the image.

    Positions are (right, down), relative to the center. An image is flipped first, then
    scaled, sheared and rotated.

    Parameters
    ----------
    flips : ndarray of bool of shape (n_images,)
        Whether to mirror each image left to right.
    angles : ndarray of shape (n_images,)
        Degrees of rotation; positive angles turn counterclockwise.
    shears : ndarray of shape (n_images,)
        Degrees; a point d pixels below the center moves d tan(shear) to the right.
    scales : ndarray of shape (n_images,)
        Factors; 2 shows everything twice as large.

    Returns
    -------
    ndarray of shape (n_images, 2, 2)
        One matrix per image.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._geometry import inverse_matrices
    >>> no, zero, double = np.array([False]), np.zeros(1), np.full(1, 2.0)
    >>> inverse_matrices(no, zero, zero, double)[0] @ [1.0, 2.0]
    array([0.5, 1. ])
    """
    cos, sin = np.cos(np.radians(angles)), np.sin(np.radians(angles))
    slope = np.tan(np.radians(shears))
    mirror = np.where(flips, -1.0, 1.0)
    right = [mirror * (cos - slope * sin), -mirror * (sin + slope * cos)]
    matrices = np.array([right, [sin, cos]]) / scales
    return np.moveaxis(matrices, -1, 0)


class Warp:
    """Warps a few images at a time, in buffers of its own.

    A coordinate field holds, for every pixel of the result, its position in the image.
    The four pixels around that position are interpolated (bilinear).

    Parameters
    ----------
    shape : tuple of int
        (height, width, channels) of an image.
    batch_size : int
        Largest number of images per call.
    dtype : {float32, float64}
        Dtype of the computation.
    fill_mode : {'constant', 'edge', 'reflect'}
        What lies beyond the edges, as for `fold`.
    fill_value : ndarray of shape (channels,)
        Color beyond the edges with "constant".
    alpha : float
        Strength of the elastic deformation; 0 switches it off.
    sigma : float
        Standard deviation of its Gaussian filter, in pixels.
    """

    def __init__(self, shape, batch_size, dtype, fill_mode, fill_value, alpha, sigma):
        height, width, channels = self.shape = shape
        self.fill_mode = fill_mode
        # With a frame of one pixel, which the interpolation reads at the edges.
        self.planes = np.empty((channels, batch_size, height + 2, width + 2), dtype)
        self.planes[...] = fill_value[:, np.newaxis, np.newaxis, np.newaxis]
        stack = (batch_size, height, width)
        self.down, self.right, self.scratch = np.empty((3, *stack), dtype)
        self.index, self.column_index = np.empty((2, *stack), np.intp)
        self.corners = np.empty((3, channels * np.prod(stack)), dtype)
        self.rows = np.arange(height, dtype=dtype)[:, np.newaxis] - (height - 1) / 2
        self.columns = np.arange(width, dtype=dtype) - (width - 1) / 2
        self.elastic = alpha > 0
        if self.elastic:
            self.noise = np.empty((batch_size, 2, height, width), dtype)
            self.smooth = np.empty_like(self.noise)
            # Filtering the identity gives the matrix of the filter. For images of
            # common size, two products with such matrices are faster than convolution.
            self.vertical_filter, self.horizontal_filter = (
                np.ascontiguousarray(gaussian_filter1d(np.eye(n), sigma, axis=0), dtype)
                for n in (height, width)
            )
            self.vertical_filter *= alpha

    def displacements(self, n, rng):
        """Draw elastic displacements: pixels down, and pixels to the right.

        Parameters
        ----------
        n : int
            Number of images.
        rng : numpy.random.Generator
            Source of the random numbers.

        Returns
        -------
        ndarray of shape (n, 2, height, width)
            A view of a buffer, valid until the next call.
        """
        width, noise, smooth = self.shape[1], self.noise[:n], self.smooth[:n]
        rng.random(dtype=noise.dtype, out=noise)
        noise *= 2
        noise -= 1
        flat = smooth.reshape(-1, width)
        np.matmul(noise.reshape(-1, width), self.horizontal_filter.T, out=flat)
        return np.matmul(self.vertical_filter, smooth, out=noise)

    def transform(self, images, matrices, shifts, displacements, out):
        """Write the warped images to `out`.

        Pixel p of the result shows the image at M (p - shift + displacement), with
        positions relative to the center.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width, channels)
            Images, of any dtype.
        matrices : ndarray of shape (n_images, 2, 2)
            The matrices M, from `inverse_matrices`.
        shifts : ndarray of shape (n_images, 2)
            Pixels down and to the right.
        displacements : ndarray of shape (n_images, 2, height, width), or None
            Elastic displacements; None stands for zeros.
        out : ndarray of shape (channels, n_images, height, width)
            The result, C-contiguous and of the dtype of the computation.
        """
        n, (height, width, _) = len(images), self.shape
        self.planes[:, :n, 1:-1, 1:-1] = np.moveaxis(images, -1, 0)
        down, right, scratch = self.down[:n], self.right[:n], self.scratch[:n]
        self._fill_field(down, right, scratch, matrices, shifts, displacements)
        fold(down, height, self.fill_mode, scratch)
        fold(right, width, self.fill_mode, scratch)
        index, column_index = self.index[:n], self.column_index[:n]
        self._split(down, scratch, index)
        self._split(right, scratch, column_index)
        index *= width + 2
        index += column_index
        firsts = np.arange(n) * (height + 2) * (width + 2) + width + 3
        index += firsts[:, np.newaxis, np.newaxis]
        self._interpolate(index.reshape(-1), down, right, out)

    def _fill_field(self, down, right, scratch, matrices, shifts, displacements):
        """Compute the coordinate field, in pixels from the first one of the image."""
        height, width, _ = self.shape
        matrices = matrices.astype(down.dtype)[..., np.newaxis, np.newaxis]
        shifts = shifts.astype(down.dtype)[..., np.newaxis, np.newaxis]
        rows, columns = self.rows - shifts[:, 0], self.columns - shifts[:, 1]
        for axis, out, last in ((1, down, height - 1), (0, right, width - 1)):
            per_right, per_down = matrices[:, axis, 0], matrices[:, axis, 1]
            np.add(per_down * rows, per_right * columns + last / 2, out=out)
            if displacements is not None:
                for factor, direction in ((per_down, 0), (per_right, 1)):
                    np.multiply(factor, displacements[:, direction], out=scratch)
                    out += scratch

    def _split(self, coordinates, scratch, index):
        """Keep the fractions of the coordinates; write the integers to `index`."""
        np.floor(coordinates, out=scratch)
        coordinates -= scratch
        np.copyto(index, scratch, casting="unsafe")

    def _interpolate(self, index, down, right, out):
        """Interpolate between the four pixels around each position.

        A fraction of 0 gives the first of two pixels exactly. So the second may lie
        beyond the frame.
        """
        channels, (_, width, _) = len(self.planes), self.shape
        planes = self.planes.reshape(channels, -1)
        upper, lower, other = self.corners[:, : channels * index.size].reshape(
            3, channels, index.size
        )
        for row in (upper, lower):
            # The default mode, "raise", would write to a copy of `out` first.
            np.take(planes, index, axis=1, out=row, mode="clip")
            index += 1
            np.take(planes, index, axis=1, out=other, mode="clip")
            index += width + 1
            other -= row
            other *= right.reshape(-1)
            row += other
        lower -= upper
        lower *= down.reshape(-1)
        np.add(upper.reshape(out.shape), lower.reshape(out.shape), out=out)
