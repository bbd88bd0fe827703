"""Arrays that begin at a cache line, because NumPy computes faster on them."""

import math
from ctypes import addressof, c_char
from typing import Any

import numpy as np

__all__ = [
    "AlignedMemory",
    "aligned_empty",
    "aligned_rows",
    "aligned_zeros",
    "with_padding",
]

# Bytes of a cache line: operations on rows that begin with one take half the time.
LINE = 64
# Bytes of a piece of memory that small arrays share, see `AlignedMemory`.
PIECE = 65536


def aligned_rows(n_rows: int, size: int, dtype: np.dtype) -> np.ndarray:
    """Return rows of zeros that all begin at a multiple of 64 bytes.

    Parameters
    ----------
    n_rows, size : int
        Number and length of the rows.
    dtype : numpy.dtype
        Their dtype.

    Returns
    -------
    rows : ndarray of shape (n_rows, size)
        A view, with zeros between the rows: see `with_padding`.
    """
    dtype = np.dtype(dtype)
    width = -(-size * dtype.itemsize // LINE) * LINE // dtype.itemsize
    return aligned_zeros((n_rows, width), dtype)[:, :size]


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array that begins at a multiple of 64 bytes, as `numpy.empty` does not.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : numpy.dtype
        Its dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.aligned import aligned_empty
    >>> aligned_empty((3, 2), np.dtype(np.float32)).ctypes.data % 64
    0
    """
    return _aligned(np.empty, shape, np.dtype(dtype))


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array of zeros that begins at a multiple of 64 bytes.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : numpy.dtype
        Its dtype.
    """
    return _aligned(np.zeros, shape, np.dtype(dtype))


def _aligned(allocate, shape, dtype):
    """Return an array in memory from `numpy.empty` or `numpy.zeros`."""
    memory: Any = allocate(math.prod(shape) * dtype.itemsize + LINE, np.uint8)
    # Half the time of `memory.ctypes.data`: a net for few rows asks a dozen times.
    address = addressof(c_char.from_buffer(memory))
    return np.ndarray(shape, dtype, memory, -address % LINE)


class AlignedMemory:
    """Arrays that begin at multiples of 64 bytes; small ones share a piece of memory.

    To find the beginning of a piece takes longer than to cut an array from it.

    Parameters
    ----------
    dtype : numpy.dtype
        The dtype of all arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine.aligned import AlignedMemory
    >>> memory = AlignedMemory(np.dtype(np.float32))
    >>> arrays = [memory.empty((n, 3)) for n in (1, 5)]
    >>> [array.ctypes.data % 64 for array in arrays]
    [0, 0]
    """

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = np.dtype(dtype)
        self._piece: Any = None
        self._used = PIECE

    def empty(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return a new array with any content.

        Parameters
        ----------
        shape : tuple of int
            Its shape.
        """
        size = math.prod(shape) * self.dtype.itemsize
        if size > PIECE // 4:
            return aligned_empty(shape, self.dtype)
        if self._used + size > PIECE:
            piece = PIECE // self.dtype.itemsize
            self._piece, self._used = aligned_empty((piece,), self.dtype), 0
        array = np.ndarray(shape, self.dtype, self._piece, self._used)
        # Two lines at least: arrays of 2ⁿ bytes would compete for places in the cache.
        self._used += (size // LINE + 2) * LINE
        return array


def with_padding(rows: np.ndarray) -> np.ndarray:
    """Return rows of `aligned_rows` with what lies between them: one block of memory.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, size)
        What `aligned_rows` returned.
    """
    shape = len(rows), rows.strides[0] // rows.itemsize
    return np.lib.stride_tricks.as_strided(rows, shape, rows.strides)
