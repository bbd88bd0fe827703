"""Rotation, shear, scale, shift and elastic deformation by one interpolation."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from skdl.preprocessing._borders import fold

__all__ = ["Warp", "inverse_matrices"]


def inverse_matrices(flips, angles, shears, scales):
    """Return the maps that lead from a place in the result to one in the image.

    Both places are given relative to the centre, as (right, down). An image is flipped
    first, then scaled, sheared, and rotated.

    Parameters
    ----------
    flips : ndarray of bool of shape (n_images,)
    angles : ndarray of shape (n_images,)
        In degrees; positive ones turn counter-clockwise.
    shears : ndarray of shape (n_images,)
        In degrees; a point that lies d below the centre goes d tan(shear) to the right.
    scales : ndarray of shape (n_images,)
        2 makes all twice as large.

    Returns
    -------
    ndarray of shape (n_images, 2, 2)
    """
    cos, sin = np.cos(np.radians(angles)), np.sin(np.radians(angles))
    slope = np.tan(np.radians(shears))
    mirror = np.where(flips, -1.0, 1.0)
    right = [mirror * (cos - slope * sin), -mirror * (sin + slope * cos)]
    matrices = np.array([right, [sin, cos]]) / scales
    return np.moveaxis(matrices, -1, 0)


class Warp:
    """Buffers to warp a few images at a time.

    A field of coordinates says, for every pixel of the result, from where in the image
    it comes; the four pixels around that place are interpolated (bilinear).

    Parameters
    ----------
    shape : tuple of int
        (height, width, channels) of an image.
    batch_size : int
        The most images of a call.
    dtype : {float32, float64}
        In which to compute.
    fill_mode : {'constant', 'edge', 'reflect'}
        As `fold` has it.
    fill_value : ndarray of shape (channels,)
    alpha, sigma : float
        Of the elastic deformation; alpha=0 is none.
    """

    def __init__(self, shape, batch_size, dtype, fill_mode, fill_value, alpha, sigma):
        height, width, channels = self.shape = shape
        self.fill_mode = fill_mode
        # A frame of one pixel, which the interpolation reaches at the edges.
        self.planes = np.empty((channels, batch_size, height + 2, width + 2), dtype)
        self.planes[...] = fill_value[:, np.newaxis, np.newaxis, np.newaxis]
        stack = (batch_size, height, width)
        self.down, self.right, self.scratch = np.empty((3, *stack), dtype)
        self.index, self.part = np.empty((2, *stack), np.intp)
        self.corners = np.empty((3, channels * np.prod(stack)), dtype)
        self.rows = np.arange(height, dtype=dtype)[:, np.newaxis] - (height - 1) / 2
        self.columns = np.arange(width, dtype=dtype) - (width - 1) / 2
        self.elastic = alpha > 0
        if self.elastic:
            self.noise = np.empty((batch_size, 2, height, width), dtype)
            self.smooth = np.empty_like(self.noise)
            # A filter of the unit matrix is the matrix of the filter: for images, two
            # products with it are faster than the convolution.
            self.across, self.along = (
                np.ascontiguousarray(gaussian_filter1d(np.eye(n), sigma, axis=0), dtype)
                for n in (height, width)
            )
            self.across *= alpha

    def displacements(self, n, rng):
        """Draw the displacements of `n` images, in pixels: downwards, to the right.

        Returns
        -------
        ndarray of shape (n, 2, height, width)
            A part of a buffer of this object.
        """
        width, noise, smooth = self.shape[1], self.noise[:n], self.smooth[:n]
        rng.random(dtype=noise.dtype, out=noise)
        noise *= 2
        noise -= 1
        flat = smooth.reshape(-1, width)
        np.matmul(noise.reshape(-1, width), self.along.T, out=flat)
        return np.matmul(self.across, smooth, out=noise)

    def transform(self, images, matrices, shifts, displacements, out):
        """Write the warped images to `out`.

        Pixel p of the result is the image at M (p - shift + displacement), relative to
        the centre.

        Parameters
        ----------
        images : ndarray of shape (n_images, height, width, channels)
        matrices : ndarray of shape (n_images, 2, 2)
            By `inverse_matrices`.
        shifts : ndarray of shape (n_images, 2)
            Pixels down and to the right.
        displacements : ndarray of shape (n_images, 2, height, width), or None
        out : ndarray of shape (channels, n_images, height, width)
            Of the dtype of this object, C-contiguous.
        """
        n, (height, width, _) = len(images), self.shape
        self.planes[:, :n, 1:-1, 1:-1] = np.moveaxis(images, -1, 0)
        down, right, scratch = self.down[:n], self.right[:n], self.scratch[:n]
        self._field(down, right, scratch, matrices, shifts, displacements)
        fold(down, height, self.fill_mode, scratch)
        fold(right, width, self.fill_mode, scratch)
        index, part = self.index[:n], self.part[:n]
        self._split(down, scratch, index)
        self._split(right, scratch, part)
        index *= width + 2
        index += part
        firsts = np.arange(n) * (height + 2) * (width + 2) + width + 3
        index += firsts[:, np.newaxis, np.newaxis]
        self._interpolate(index.reshape(-1), down, right, out)

    def _field(self, down, right, scratch, matrices, shifts, displacements):
        """Fill in the coordinates of the image, in pixels from its first one."""
        height, width, _ = self.shape
        matrices = matrices.astype(down.dtype)[..., np.newaxis, np.newaxis]
        shifts = shifts.astype(down.dtype)[..., np.newaxis, np.newaxis]
        rows, columns = self.rows - shifts[:, 0], self.columns - shifts[:, 1]
        for axis, out, last in ((1, down, height - 1), (0, right, width - 1)):
            of_right, of_down = matrices[:, axis, 0], matrices[:, axis, 1]
            np.add(of_down * rows, of_right * columns + last / 2, out=out)
            if displacements is not None:
                for factor, moved in ((of_down, 0), (of_right, 1)):
                    np.multiply(factor, displacements[:, moved], out=scratch)
                    out += scratch

    def _split(self, coordinates, scratch, index):
        """Leave the fractions of the coordinates; write the rest to `index`."""
        np.floor(coordinates, out=scratch)
        coordinates -= scratch
        np.copyto(index, scratch, casting="unsafe")

    def _interpolate(self, index, down, right, out):
        """Weigh the four pixels around each place by its fractions.

        A fraction of 0 takes the first of two pixels exactly, whatever the second is,
        even if it is beyond the frame.
        """
        channels, (_, width, _) = len(self.planes), self.shape
        planes = self.planes.reshape(channels, -1)
        upper, lower, other = self.corners[:, : channels * index.size].reshape(
            3, channels, index.size
        )
        for row in (upper, lower):
            # "clip", as NumPy fills a copy of `out` in the mode that raises.
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
