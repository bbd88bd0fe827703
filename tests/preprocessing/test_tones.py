"""Brightness, contrast and cutout, against loops."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.preprocessing._tones import change_tones, cut_out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tones_by_their_formula(dtype):
    rng = np.random.default_rng(0)
    planes = rng.random((3, 5, 4, 6)).astype(dtype)
    brightness, contrast = rng.uniform(0.5, 1.5, (2, 5))
    found = planes.copy()
    change_tones(found, brightness, contrast)
    assert found.dtype == dtype
    for i in range(5):
        bright = brightness[i] * planes[:, i].astype(float)
        expected = bright.mean() + contrast[i] * (bright - bright.mean())
        assert_allclose(found[:, i], expected, rtol=1e-5)


def test_brightness_alone_and_contrast_alone():
    planes = np.arange(12.0).reshape(1, 2, 2, 3)
    bright, flat = planes.copy(), planes.copy()
    change_tones(bright, np.array([2.0, 0.0]), np.ones(2))
    assert_array_equal(bright, planes * [[[2.0]], [[0.0]]])
    change_tones(flat, np.ones(2), np.zeros(2))
    assert_array_equal(flat, np.full((1, 2, 2, 3), [[[2.5]], [[8.5]]]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 30])
@pytest.mark.parametrize("shape", [(5, 8, 3), (6, 4, 1)])
def test_squares_pixel_by_pixel(size, shape):
    height, width, channels = shape
    centres = np.argwhere(np.ones((height, width)))
    images = np.random.default_rng(0).random((len(centres), *shape))
    fill = -np.arange(1.0, channels + 1)
    found = images.copy()
    cut_out(found, centres, size, fill)
    for image, before, (row, column) in zip(found, images, centres, strict=True):
        for i in range(height):
            for j in range(width):
                top, left = row - size // 2, column - size // 2
                inside = top <= i < top + size and left <= j < left + size
                assert_array_equal(image[i, j], fill if inside else before[i, j])
