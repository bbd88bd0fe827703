"""The parts of ImageAugmenter, against NumPy, SciPy and loops over pixels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from scipy.stats import beta, kstest

from tests.preprocessing.private_names import (
    FILL_MODES,
    FlipCrop,
    Mixup,
    Warp,
    change_tones,
    cut_out,
    fold,
    inverse_matrices,
    to_dtype,
    working_dtype,
)

SHAPES = [(5, 7, 3), (6, 4, 1), (1, 1, 2), (32, 32, 3)]
SIGMA = 2.5
SCIPY_MODES = {"constant": "grid-constant", "edge": "nearest", "reflect": "mirror"}


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_positions_beyond_the_edges_match_numpy_pad(mode, size, dtype):
    margin = 20
    pixels = np.arange(1, size + 1)
    expected = np.pad(pixels, margin, mode=mode)  # "constant" pads with 0
    positions = np.arange(-margin, size + margin).astype(dtype)
    fold(positions, size, mode, np.empty_like(positions))
    assert positions.dtype == dtype
    found = np.pad(pixels, 1)[positions.astype(int) + 1]
    assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", FILL_MODES)
def test_positions_inside_the_image_do_not_change(mode):
    positions = np.random.default_rng(0).uniform(0, 6, 1000).astype(np.float32)
    positions[:2] = 0, 6
    before = positions.copy()
    fold(positions, 7, mode, np.empty_like(positions))
    assert_array_equal(positions, before)


def test_reflection_is_periodic():
    positions = np.arange(-40, 40, 0.125)
    triangles = np.interp(positions, np.arange(-42, 43, 6), [6, 0] * 7 + [6])
    fold(positions, 7, "reflect", np.empty_like(positions))
    assert_allclose(positions, triangles, atol=1e-12)


def integer_images(n, shape, dtype):
    return np.random.default_rng(0).integers(0, 200, (n, *shape)).astype(dtype)


def padded_and_cropped(image, flip, shift, mode, fill):
    """Flip and pad with NumPy, then crop."""
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
def test_flips_and_shifts_match_crops_of_padded_images(mode, shape, dtype, padding):
    rng = np.random.default_rng(1)
    fill = np.arange(1, 1 + shape[2]).astype(dtype)
    crop = FlipCrop(shape, 12, dtype, padding, mode, fill)
    for n in (12, 5, 1, 12):  # no rest of an earlier batch shows
        images = integer_images(n, shape, dtype)
        flips = rng.random(n) < 0.5
        shifts = rng.integers(-padding, padding + 1, (n, 2))
        shifts[0] = padding, -padding
        found = crop.transform(images, flips, shifts)
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        for i in range(n):
            wanted = padded_and_cropped(images[i], flips[i], shifts[i], mode, fill)
            assert_array_equal(found[i], wanted)


@pytest.mark.parametrize("flips", [[False] * 4, [True] * 4, [True, False, True, False]])
def test_flips_without_shifts(flips):
    images = integer_images(4, (5, 7, 3), np.uint8)
    crop = FlipCrop((5, 7, 3), 4, np.uint8, 0, "constant", np.zeros(3, np.uint8))
    found = crop.transform(images, np.array(flips), None)
    for i, flip in enumerate(flips):
        assert_array_equal(found[i], np.flip(images[i], axis=1) if flip else images[i])


def test_positive_shifts_go_down_and_to_the_right():
    image = np.zeros((1, 5, 6, 1), np.uint8)
    image[0, 1, 2] = 7
    crop = FlipCrop((5, 6, 1), 1, np.uint8, 3, "constant", np.zeros(1, np.uint8))
    found = crop.transform(image, None, np.array([[2, 3]]))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[3, 5]]
    found = crop.transform(image, None, np.array([[-1, -2]]))
    assert np.argwhere(found[0, ..., 0]).tolist() == [[0, 0]]


def make_warp(shape, *, mode="constant", dtype="float64", n=4, alpha=0.0, fill=0):
    fill = np.full(shape[2], fill, dtype)
    return Warp(shape, n, np.dtype(dtype), mode, fill, alpha, SIGMA)


def matrix(*, flip=False, angle=0.0, shear=0.0, scale=1.0):
    values = (flip, angle, shear, scale)
    return inverse_matrices(*(np.array([value]) for value in values))


def warped(image, transform, shift=(0, 0), mode="constant"):
    """Warp one image of one channel."""
    warp = make_warp((*image.shape, 1), mode=mode)
    out = np.empty((1, 1, *image.shape))
    shift = np.array([shift])
    warp.transform(image[np.newaxis, ..., np.newaxis], transform, shift, None, out)
    return out[0, 0]


def random_image(height=9, width=9):
    return np.random.default_rng(0).random((height, width))


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_interpolation_matches_scipy(mode, dtype):
    rng = np.random.default_rng(0)
    shape, n = (7, 10, 2), 3
    images = rng.random((n, *shape)).astype(dtype)
    warp = make_warp(shape, mode=mode, dtype=dtype, alpha=6.0, fill=0.25)
    transforms = inverse_matrices(
        np.array([True, False, True]),
        np.array([10.0, 90.0, -130.0]),
        np.array([5.0, 0.0, -20.0]),
        np.array([1.0, 1.5, 0.3]),
    )
    shifts = np.array([[0, 0], [1.3, -2.0], [0.2, 20.0]])
    displacements = warp.displacements(n, rng).copy()
    out = np.empty((2, n, 7, 10), dtype)
    warp.transform(images, transforms, shifts, displacements, out)
    rows, columns = np.mgrid[:7, :10]
    for i in range(n):
        down = rows - 3 - shifts[i, 0] + displacements[i, 0]
        right = columns - 4.5 - shifts[i, 1] + displacements[i, 1]
        (a, b), (c, d) = transforms[i]
        positions = [c * right + d * down + 3, a * right + b * down + 4.5]
        for channel in range(2):
            expected = ndimage.map_coordinates(
                images[i, ..., channel].astype(float),
                positions,
                order=1,
                mode=SCIPY_MODES[mode],
                cval=0.25,
            )
            tolerance = 1e-12 if dtype == "float64" else 2e-5
            assert_allclose(out[channel, i], expected, atol=tolerance)


@pytest.mark.parametrize("height", [8, 9])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_quarter_turns_match_numpy(height, k):
    image = random_image(height, height)
    found = warped(image, matrix(angle=90.0 * k), mode="edge")
    assert_allclose(found, np.rot90(image, k), atol=1e-12)


def test_warped_flip_matches_numpy():
    image = random_image(6, 9)
    assert_array_equal(warped(image, matrix(flip=True)), np.flip(image, axis=1))


def test_identity_is_exact():
    for mode in FILL_MODES:
        assert_array_equal(warped(random_image(), matrix(), mode=mode), random_image())


@pytest.mark.parametrize("scale", [2.0, 0.5, 1.3])
def test_scale_zooms_about_the_center(scale):
    image = random_image(9, 7)
    center = np.array([4.0, 3.0])
    expected = ndimage.affine_transform(
        image, np.eye(2) / scale, center - center / scale, order=1, mode="grid-constant"
    )
    assert_allclose(warped(image, matrix(scale=scale)), expected, atol=1e-12)


def test_scale_two_zooms_the_middle():
    image = random_image(9, 9)
    expected = ndimage.zoom(image[2:7, 2:7], 9 / 5, order=1)  # corner to corner
    assert_allclose(warped(image, matrix(scale=2.0)), expected, atol=1e-12)


def test_shear_moves_lower_rows_to_the_right():
    image = np.zeros((5, 9))
    image[:, 4] = 1
    found = warped(image, matrix(shear=45.0))
    assert_allclose(found, np.eye(5, 9, 2), atol=1e-12)


def test_order_is_flip_scale_shear_rotation():
    image = random_image(9, 9)
    expected = np.rot90(warped(np.flip(image, axis=1), matrix(shear=30.0)))
    found = warped(image, matrix(flip=True, shear=30.0, angle=90.0))
    assert_allclose(found, expected, atol=1e-12)
    expected = warped(warped(image, matrix(scale=2.0)), matrix(shear=45.0))
    found = warped(image, matrix(scale=2.0, shear=45.0))
    assert_allclose(found[3:6, 3:6], expected[3:6, 3:6], atol=1e-12)


@pytest.mark.parametrize("shift", [(0.5, 0.0), (1.25, -0.75), (-2, 3)])
def test_fractional_shifts_match_scipy(shift):
    image = random_image(6, 8)
    expected = ndimage.shift(image, shift, order=1, mode="grid-constant")
    assert_allclose(warped(image, matrix(), shift), expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(12, 12), (6, 20)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elastic_displacements_are_filtered_noise(shape, dtype):
    n, alpha = 3, 8.0
    warp = make_warp((*shape, 1), dtype=dtype, alpha=alpha)
    found = warp.displacements(n, np.random.default_rng(7))
    noise = np.random.default_rng(7).random((n, 2, *shape), dtype=dtype)
    for i in range(n):
        for axis in range(2):
            smooth = ndimage.gaussian_filter(2.0 * noise[i, axis] - 1.0, SIGMA)
            assert_allclose(found[i, axis], alpha * smooth, atol=1e-5)


def test_size_of_displacements_matches_the_docstring():
    warp = make_warp((64, 64, 1), n=40, alpha=34.0)
    displacements = warp.displacements(40, np.random.default_rng(0))
    assert abs(displacements.mean()) < 0.1
    inner = displacements[..., 16:-16, 16:-16]
    assert_allclose(inner.std(), 0.16 * 34 / SIGMA, rtol=0.05)


def test_small_batch_after_a_full_one():
    shape, rng = (5, 6, 3), np.random.default_rng(0)
    images = rng.random((4, *shape))
    matrices = inverse_matrices(
        np.zeros(4, bool), np.array([5.0, 20, -60, 100]), np.zeros(4), np.ones(4)
    )
    warp, full = make_warp(shape), np.empty((3, 4, 5, 6))
    warp.transform(images, matrices, np.zeros((4, 2)), None, full)
    part = np.empty((3, 1, 5, 6))
    warp.transform(images[2:3], matrices[2:3], np.zeros((1, 2)), None, part)
    assert_array_equal(part[:, 0], full[:, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tones_follow_their_formula(dtype):
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


def test_brightness_without_contrast_and_contrast_without_brightness():
    planes = np.arange(12.0).reshape(1, 2, 2, 3)
    bright, flat = planes.copy(), planes.copy()
    change_tones(bright, np.array([2.0, 0.0]), np.ones(2))
    assert_array_equal(bright, planes * [[[2.0]], [[0.0]]])
    change_tones(flat, np.ones(2), np.zeros(2))
    assert_array_equal(flat, np.full((1, 2, 2, 3), [[[2.5]], [[8.5]]]))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 30])
@pytest.mark.parametrize("shape", [(5, 8, 3), (6, 4, 1)])
def test_cutout_fills_squares(size, shape):
    height, width, channels = shape
    centers = np.argwhere(np.ones((height, width)))
    images = np.random.default_rng(0).random((len(centers), *shape))
    fill = -np.arange(1.0, channels + 1)
    found = images.copy()
    cut_out(found, centers, size, fill)
    for image, before, (row, column) in zip(found, images, centers, strict=True):
        for i in range(height):
            for j in range(width):
                top, left = row - size // 2, column - size // 2
                inside = top <= i < top + size and left <= j < left + size
                assert_array_equal(image[i, j], fill if inside else before[i, j])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixup_mixes_rows_and_targets_with_equal_shares(dtype):
    rng = np.random.default_rng(0)
    mixup = Mixup(0.4, 20)
    for n in (20, 7, 1, 20):
        X = rng.normal(size=(n, 6)).astype(dtype)
        targets = np.asfortranarray(np.eye(4, dtype=dtype)[rng.integers(0, 4, n)])
        new_X, new_targets = X.copy(), targets.copy(order="F")
        mixup.mix(new_X, new_targets, np.random.default_rng(n))
        shares, partners = mixup.draw(n, np.random.default_rng(n))
        assert_array_equal(np.sort(partners), np.arange(n))
        assert (new_X.dtype, new_targets.dtype) == (dtype, dtype)
        for i, (share, j) in enumerate(zip(shares, partners, strict=True)):
            own = dtype(share)
            assert_allclose(new_X[i], own * X[i] + (1 - own) * X[j], atol=1e-6)
            mixed = own * targets[i] + (1 - own) * targets[j]
            assert_allclose(new_targets[i], mixed, atol=1e-6)
        assert_allclose(new_targets.sum(axis=1), 1, atol=1e-6)
        assert (new_targets >= 0).all()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_mixup_shares_follow_the_beta_distribution(alpha):
    shares, _ = Mixup(alpha, 1).draw(2000, np.random.default_rng(0))
    assert kstest(shares, beta(alpha, alpha).cdf).pvalue > 0.01


def test_mixup_reuses_its_buffers():
    mixup, rng = Mixup(1.0, 8), np.random.default_rng(0)
    mixup.mix(np.ones((5, 3)), np.ones((5, 2)), rng)
    before = {name: id(buffer) for name, buffer in mixup.buffers.items()}
    mixup.mix(np.ones((8, 3)), np.ones((8, 2)), rng)
    assert {name: id(buffer) for name, buffer in mixup.buffers.items()} == before
    assert mixup.buffers["X"].shape == (24,)


@pytest.mark.parametrize(
    ("dtype", "work"),
    [("uint8", "float32"), ("int16", "float32"), ("float16", "float32"),
     ("float32", "float32"), ("int32", "float64"), ("int64", "float64"),
     ("float64", "float64")],
)  # fmt: skip
def test_working_dtype_holds_every_value(dtype, work):
    assert working_dtype(np.dtype(dtype)) == np.dtype(work)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int64", "uint64"])
def test_integers_are_rounded_and_clipped(dtype):
    limits = np.iinfo(dtype)
    values = np.array([0.4, 0.6, 1.5, 2.5, -1e30, 1e30], working_dtype(dtype))
    out = np.empty(6, dtype)
    to_dtype(values, out)
    assert out[:4].tolist() == [0, 1, 2, 2]  # halves go to the even number, as in NumPy
    assert out[4] == limits.min
    assert out[5] == limits.max or out[5] > 0.999 * limits.max


def test_floats_are_not_clipped():
    out = np.empty(2, np.float32)
    to_dtype(np.array([-3.7, 1e9], np.float32), out)
    assert_array_equal(out, np.array([-3.7, 1e9], np.float32))
