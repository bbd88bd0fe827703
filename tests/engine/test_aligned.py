"""Arrays that begin at a cache line, alone or in shared memory."""

import numpy as np
import pytest

from skdl.engine.aligned import (
    PIECE,
    AlignedMemory,
    aligned_empty,
    aligned_rows,
    aligned_zeros,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [aligned_empty, aligned_zeros])
def test_arrays_begin_at_a_cache_line(make, dtype):
    for n in range(1, 40):
        array = make((n, 3), np.dtype(dtype))
        assert (array.ctypes.data % 64, array.shape, array.dtype) == (0, (n, 3), dtype)
        assert make is aligned_empty or not array.any()
        array[...] = 1  # the next array gets this memory


def test_rows_begin_at_cache_lines():
    rows = aligned_rows(3, 5, np.dtype(np.float32))
    assert [row.ctypes.data % 64 for row in rows] == [0, 0, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_in_one_memory_do_not_overlap(dtype):
    memory, sizes = AlignedMemory(np.dtype(dtype)), [1, 7, 64, 200, PIECE // 64, PIECE]
    arrays = [memory.empty((2, n)) for n in sizes * 3]
    for i, array in enumerate(arrays):
        assert (array.ctypes.data % 64, array.dtype) == (0, dtype)
        assert array.flags.c_contiguous
        array[...] = i
    for i, array in enumerate(arrays):
        assert (array == i).all()
