"""What lies beyond the edge of an image."""

import numpy as np

__all__ = ["FILL_MODES", "fold"]

FILL_MODES = ("constant", "edge", "reflect")


def fold(positions, size, mode, scratch=None):
    """Lead positions along one axis back to where there is something to read.

    Pixel i of `size` lies at position i. Positions inside are left as they are.

    Parameters
    ----------
    positions : ndarray of ints or floats
        Changed in place.
    size : int
        Number of pixels along the axis.
    mode : {'constant', 'edge', 'reflect'}
        "edge" goes to the nearest pixel. "reflect" mirrors at the outermost pixels,
        as often as it takes, without repeating them (``numpy.pad`` calls both the
        same). "constant" goes to -1 or `size`, the nearest place that is wholly
        outside.
    scratch : ndarray or None, default=None
        Of the same shape and dtype; needed for floats and "reflect".

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.preprocessing._borders import fold
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
        # |p - T round(p / T)|, a wave of triangles, is exact inside, where the
        # rounded part is 0; and much faster than the remainder.
        period = 2 * (size - 1)
        np.divide(positions, period, out=scratch)
        np.rint(scratch, out=scratch)
        np.multiply(scratch, period, out=scratch)
        np.subtract(positions, scratch, out=positions)
        np.abs(positions, out=positions)
    else:
        np.mod(positions, 2 * (size - 1), out=positions)
        np.minimum(positions, 2 * (size - 1) - positions, out=positions)
