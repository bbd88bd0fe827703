"""Arrays that begin at a cache line, because NumPy computes faster on them."""

import math
from ctypes import addressof, c_char
from typing import Any

import numpy as np

__all__ = ["aligned_empty", "aligned_rows", "aligned_zeros", "with_padding"]

# Bytes of a cache line: operations on rows that begin with one take half the time.
LINE = 64


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
    dtype = np.dtype(dtype)
    memory: Any = np.empty(math.prod(shape) * dtype.itemsize + LINE, np.uint8)
    # Half the time of `memory.ctypes.data`: a net for few rows asks a dozen times.
    address = addressof(c_char.from_buffer(memory))
    return np.ndarray(shape, dtype, memory, -address % LINE)


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array of zeros that begins at a multiple of 64 bytes.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : numpy.dtype
        Its dtype.
    """
    zeros = aligned_empty(shape, dtype)
    zeros.fill(0)
    return zeros


def with_padding(rows: np.ndarray) -> np.ndarray:
    """Return rows of `aligned_rows` with what lies between them: one block of memory.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, size)
        What `aligned_rows` returned.
    """
    shape = len(rows), rows.strides[0] // rows.itemsize
    return np.lib.stride_tricks.as_strided(rows, shape, rows.strides)
