"""The warp, against SciPy's interpolation and against turns that need none."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skdl.preprocessing._borders import FILL_MODES
from skdl.preprocessing._warp import Warp, inverse_matrices

SCIPY_MODES = {"constant": "grid-constant", "edge": "nearest", "reflect": "mirror"}
NO_SHIFT = np.zeros((1, 2))


def make(shape, *, mode="constant", dtype="float64", n=4, alpha=0.0, sigma=2.0, fill=0):
    fill = np.full(shape[2], fill, dtype)
    return Warp(shape, n, np.dtype(dtype), mode, fill, alpha, sigma)


def matrix(*, flip=False, angle=0.0, shear=0.0, scale=1.0):
    values = (flip, angle, shear, scale)
    return inverse_matrices(*(np.array([value]) for value in values))


def apply(image, transform, shift=(0, 0), mode="constant"):
    """Warp one image of one channel."""
    warp = make((*image.shape, 1), mode=mode)
    out = np.empty((1, 1, *image.shape))
    shift = np.array([shift])
    warp.transform(image[np.newaxis, ..., np.newaxis], transform, shift, None, out)
    return out[0, 0]


def picture(height=9, width=9):
    return np.random.default_rng(0).random((height, width))


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scipy_interpolates_the_same(mode, dtype):
    rng = np.random.default_rng(0)
    shape, n = (7, 10, 2), 3
    images = rng.random((n, *shape)).astype(dtype)
    warp = make(shape, mode=mode, dtype=dtype, alpha=6.0, fill=0.25)
    transforms = inverse_matrices(
        np.array([True, False, True]),
        np.array([10.0, 90.0, -130.0]),
        np.array([5.0, 0.0, -20.0]),
        np.array([1.0, 1.5, 0.3]),
    )
    shifts = np.array([[0, 0], [1.3, -2.0], [0.2, 20.0]])
    moved = warp.displacements(n, rng).copy()
    out = np.empty((2, n, 7, 10), dtype)
    warp.transform(images, transforms, shifts, moved, out)
    rows, columns = np.mgrid[:7, :10]
    for i in range(n):
        down = rows - 3 - shifts[i, 0] + moved[i, 0]
        right = columns - 4.5 - shifts[i, 1] + moved[i, 1]
        (a, b), (c, d) = transforms[i]
        places = [c * right + d * down + 3, a * right + b * down + 4.5]
        for channel in range(2):
            expected = ndimage.map_coordinates(
                images[i, ..., channel].astype(float),
                places,
                order=1,
                mode=SCIPY_MODES[mode],
                cval=0.25,
            )
            tolerance = 1e-12 if dtype == "float64" else 2e-5
            assert_allclose(out[channel, i], expected, atol=tolerance)


@pytest.mark.parametrize("height", [8, 9])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_quarter_turns_are_those_of_numpy(height, k):
    image = picture(height, height)
    found = apply(image, matrix(angle=90.0 * k), mode="edge")
    assert_allclose(found, np.rot90(image, k), atol=1e-12)


def test_a_flip_is_that_of_numpy():
    image = picture(6, 9)
    assert_array_equal(apply(image, matrix(flip=True)), np.flip(image, axis=1))


def test_nothing_to_do_is_done_exactly():
    for mode in FILL_MODES:
        assert_array_equal(apply(picture(), matrix(), mode=mode), picture())


@pytest.mark.parametrize("scale", [2.0, 0.5, 1.3])
def test_scale_zooms_about_the_centre(scale):
    image = picture(9, 7)
    centre = np.array([4.0, 3.0])
    expected = ndimage.affine_transform(
        image, np.eye(2) / scale, centre - centre / scale, order=1, mode="grid-constant"
    )
    assert_allclose(apply(image, matrix(scale=scale)), expected, atol=1e-12)


def test_twice_as_large_is_the_zoom_of_the_middle():
    image = picture(9, 9)
    expected = ndimage.zoom(image[2:7, 2:7], 9 / 5, order=1)  # corner to corner
    assert_allclose(apply(image, matrix(scale=2.0)), expected, atol=1e-12)


def test_shear_moves_lower_rows_to_the_right():
    image = np.zeros((5, 9))
    image[:, 4] = 1
    found = apply(image, matrix(shear=45.0))
    assert_allclose(found, np.eye(5, 9, 2), atol=1e-12)


def test_a_flip_comes_first_and_a_turn_last():
    image = picture(9, 9)
    expected = np.rot90(apply(np.flip(image, axis=1), matrix(shear=30.0)))
    found = apply(image, matrix(flip=True, shear=30.0, angle=90.0))
    assert_allclose(found, expected, atol=1e-12)
    expected = apply(apply(image, matrix(scale=2.0)), matrix(shear=45.0))
    found = apply(image, matrix(scale=2.0, shear=45.0))
    assert_allclose(found[3:6, 3:6], expected[3:6, 3:6], atol=1e-12)


@pytest.mark.parametrize("shift", [(0.5, 0.0), (1.25, -0.75), (-2, 3)])
def test_shifts_by_parts_of_a_pixel(shift):
    image = picture(6, 8)
    expected = ndimage.shift(image, shift, order=1, mode="grid-constant")
    assert_allclose(apply(image, matrix(), shift), expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(12, 12), (6, 20)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elastic_displacements_are_smoothed_noise(shape, dtype):
    n, alpha, sigma = 3, 8.0, 2.5
    warp = make((*shape, 1), dtype=dtype, alpha=alpha, sigma=sigma)
    found = warp.displacements(n, np.random.default_rng(7))
    noise = np.random.default_rng(7).random((n, 2, *shape), dtype=dtype)
    for i in range(n):
        for axis in range(2):
            smooth = ndimage.gaussian_filter(2.0 * noise[i, axis] - 1.0, sigma)
            assert_allclose(found[i, axis], alpha * smooth, atol=1e-5)


def test_displacements_are_as_large_as_the_docstring_says():
    warp = make((64, 64, 1), n=40, alpha=34.0, sigma=4.0)
    moved = warp.displacements(40, np.random.default_rng(0))
    assert abs(moved.mean()) < 0.1
    assert_allclose(moved[..., 16:-16, 16:-16].std(), 0.16 * 34 / 4, rtol=0.05)


def test_a_small_batch_after_a_full_one():
    shape, rng = (5, 6, 3), np.random.default_rng(0)
    images = rng.random((4, *shape))
    turns = inverse_matrices(
        np.zeros(4, bool), np.array([5.0, 20, -60, 100]), np.zeros(4), np.ones(4)
    )
    warp, full = make(shape), np.empty((3, 4, 5, 6))
    warp.transform(images, turns, np.zeros((4, 2)), None, full)
    part = np.empty((3, 1, 5, 6))
    warp.transform(images[2:3], turns[2:3], NO_SHIFT, None, part)
    assert_array_equal(part[:, 0], full[:, 2])
