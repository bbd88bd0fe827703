"""Flips and shifts by whole pixels, against loops over padded images."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.preprocessing._borders import FILL_MODES
from skdl.preprocessing._flip_crop import FlipCrop

SHAPES = [(5, 7, 3), (6, 4, 1), (1, 1, 2), (32, 32, 3)]


def batch(n, shape, dtype):
    return np.random.default_rng(0).integers(0, 200, (n, *shape)).astype(dtype)


def expected(image, flip, shift, mode, fill):
    """Flip by NumPy, and take a crop of the padded image."""
    image = np.flip(image, axis=1) if flip else image
    height, width, channels = image.shape
    p = 9
    options = {"mode": mode} if mode != "constant" else {}
    padded = np.stack(
        [
            np.pad(image[..., c], p, **(options or {"constant_values": fill[c]}))
            for c in range(channels)
        ],
        axis=-1,
    )
    top, left = p - shift[0], p - shift[1]
    return padded[top : top + height, left : left + width]


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
@pytest.mark.parametrize("padding", [0, 3, 9])
def test_crops_of_padded_images(mode, shape, dtype, padding):
    rng = np.random.default_rng(1)
    fill = np.arange(1, 1 + shape[2]).astype(dtype)
    crop = FlipCrop(shape, 12, dtype, padding, mode, fill)
    for n in (12, 5, 1, 12):  # A smaller batch leaves nothing to the next.
        images = batch(n, shape, dtype)
        flips = rng.random(n) < 0.5
        shifts = rng.integers(-padding, padding + 1, (n, 2))
        shifts[0] = padding, -padding
        found = crop.transform(images, flips, shifts)
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        for i in range(n):
            wanted = expected(images[i], flips[i], shifts[i], mode, fill)
            assert_array_equal(found[i], wanted)


@pytest.mark.parametrize("flips", [[False] * 4, [True] * 4, [True, False, True, False]])
def test_flips_alone(flips):
    images = batch(4, (5, 7, 3), np.uint8)
    crop = FlipCrop((5, 7, 3), 4, np.uint8, 0, "constant", np.zeros(3, np.uint8))
    found = crop.transform(images, np.array(flips), None)
    for i, flip in enumerate(flips):
        assert_array_equal(found[i], np.flip(images[i], axis=1) if flip else images[i])


def test_shifts_alone_go_down_and_to_the_right():
    image = np.zeros((1, 5, 6, 1), np.uint8)
    image[0, 1, 2] = 7
    crop = FlipCrop((5, 6, 1), 1, np.uint8, 3, "constant", np.zeros(1, np.uint8))
    found = crop.transform(image, None, np.array([[2, 3]]))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[3, 5]]
    found = crop.transform(image, None, np.array([[-1, -2]]))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[0, 0]]


def test_no_batch_is_allocated():
    images = batch(200, (32, 32, 3), np.uint8)
    crop = FlipCrop((32, 32, 3), 200, np.uint8, 4, "constant", np.zeros(3, np.uint8))
    rng = np.random.default_rng(0)
    flips, shifts = rng.random(200) < 0.5, rng.integers(-4, 5, (200, 2))
    crop.transform(images, flips, shifts)
    tracemalloc.start()
    try:
        crop.transform(images, flips, shifts)
        assert tracemalloc.get_traced_memory()[1] < images.nbytes / 2
    finally:
        tracemalloc.stop()
