"""What is read beyond an image's edge, against numpy.pad."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.preprocessing._borders import FILL_MODES, fold


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_whole_positions_are_those_of_numpy_pad(mode, size, dtype):
    beyond = 20
    pixels = np.arange(1, size + 1)
    expected = np.pad(pixels, beyond, mode=mode)  # "constant" pads with 0
    positions = np.arange(-beyond, size + beyond).astype(dtype)
    fold(positions, size, mode, np.empty_like(positions))
    assert positions.dtype == dtype
    found = np.pad(pixels, 1)[positions.astype(int) + 1]
    assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", FILL_MODES)
def test_positions_inside_stay_bit_for_bit(mode):
    positions = np.random.default_rng(0).uniform(0, 6, 1000).astype(np.float32)
    positions[:2] = 0, 6
    before = positions.copy()
    fold(positions, 7, mode, np.empty_like(positions))
    assert_array_equal(positions, before)


def test_reflection_runs_to_and_fro():
    positions = np.arange(-40, 40, 0.125)
    triangles = np.interp(positions, np.arange(-42, 43, 6), [6, 0] * 7 + [6])
    fold(positions, 7, "reflect", np.empty_like(positions))
    assert_allclose(positions, triangles, atol=1e-12)
