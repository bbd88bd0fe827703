"""A run of an augmenter: its two ways of moving pixels, dtypes, memory."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.preprocessing import ImageAugmenter
from skdl.preprocessing._augmentation import is_off, to_dtype, working_dtype
from skdl.preprocessing._borders import FILL_MODES


@pytest.mark.parametrize(
    ("dtype", "work"),
    [("uint8", "float32"), ("int16", "float32"), ("float16", "float32"),
     ("float32", "float32"), ("int32", "float64"), ("int64", "float64"),
     ("float64", "float64")],
)  # fmt: skip
def test_working_dtype_holds_every_pixel(dtype, work):
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


def test_strength_zero_is_off():
    spec = ImageAugmenter()
    assert all(is_off(spec, name) for name in spec.STRENGTHS)
    assert not is_off(ImageAugmenter(scale=[1.0, 1.1]), "scale")
    assert is_off(ImageAugmenter(scale=[1, 1]), "scale")


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("shape", [(6, 9, 3), (8, 5, 1)])
def test_copies_and_coordinates_agree(mode, shape):
    """A turn too small to be seen makes the warp do what the copies do."""
    options = {"horizontal_flip": 0.5, "shift": 3, "fill_mode": mode, "fill_value": 0.5}
    results = []
    for rotation in (0.0, 1e-9):
        spec = ImageAugmenter(rotation=rotation, **options)
        state = spec.start(shape, 30, np.float64)
        assert (state.warp is None) == (rotation == 0)
        images = np.random.default_rng(0).random((30, *shape))
        results.append(state.transform(images, np.random.default_rng(1)).copy())
    assert_allclose(results[1], results[0], atol=1e-8)


def test_a_shift_of_a_float_takes_parts_of_pixels():
    images = np.zeros((50, 9, 9, 1))
    images[:, 4, 4] = 1
    for shift, whole in ((2, True), (2.0, False)):
        state = ImageAugmenter(shift=shift).start((9, 9, 1), 50, np.float64)
        found = state.transform(images.copy(), np.random.default_rng(0))
        assert_allclose(found.sum(axis=(1, 2, 3)), 1)
        assert np.isin(found, [0, 1]).all() == whole
        places = np.tensordot(found[..., 0], np.mgrid[:9, :9], ([1, 2], [1, 2])) - 4
        assert np.abs(places).max() <= 2
        assert places.min() < -1
        assert places.max() > 1


@pytest.mark.parametrize(
    "options",
    [
        {"horizontal_flip": 0.5, "shift": 4},
        {"rotation": 10, "elastic_alpha": 10, "brightness": 0.1, "cutout": 8},
    ],
    ids=["copies", "coordinates"],
)
def test_no_batch_is_allocated(options):
    images = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8)
    state = ImageAugmenter(**options).start((32, 32, 3), 200, np.uint8)
    rng = np.random.default_rng(0)
    state.transform(images, rng)
    tracemalloc.start()
    try:
        state.transform(images, rng)
        assert tracemalloc.get_traced_memory()[1] < images.nbytes / 2
    finally:
        tracemalloc.stop()


def test_results_do_not_depend_on_how_many_are_computed_at_once(monkeypatch):
    images = np.random.default_rng(0).random((40, 16, 16, 2))
    options = {"shift": 1.5, "rotation": 20, "elastic_alpha": 5, "contrast": 0.5}
    results = []
    for n_pixels in (1, 1000, 1 << 20):
        monkeypatch.setattr("skdl.preprocessing._augmentation.PASS", n_pixels)
        state = ImageAugmenter(**options).start((16, 16, 2), 40, np.float64)
        found = state.transform(images.copy(), np.random.default_rng(1))
        results.append(found.copy())
    assert_allclose(results[1], results[0], atol=1e-12)
    assert_allclose(results[2], results[0], atol=1e-12)
