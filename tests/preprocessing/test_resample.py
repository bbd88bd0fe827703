"""Enlarged training sets: rows, targets and what is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.preprocessing import ImageAugmenter
from skdl.preprocessing._resample import checked_data, resampled

rng = np.random.default_rng(0)
X = rng.integers(0, 256, (9, 24)).astype(np.uint8)
LABELS = np.array(["cat", "ant", "bee"] * 3)


@pytest.mark.parametrize(
    ("shape", "image_shape", "expected"),
    [
        ((9, 24), None, None),
        ((9, 24), (4, 6), (4, 6, 1)),
        ((9, 24), (4, 2, 3), (4, 2, 3)),
        ((9, 4, 6), None, (4, 6, 1)),
        ((9, 4, 2, 3), None, (4, 2, 3)),
    ],
)
def test_shapes_of_images(shape, image_shape, expected):
    spec = ImageAugmenter(image_shape=image_shape)
    found = checked_data(spec, X.reshape(shape), LABELS)
    assert found[2] == expected
    assert found[0].dtype == np.uint8
    assert_array_equal(found[1], LABELS)


def test_labels_become_probabilities_for_mixup_only():
    spec = ImageAugmenter(mixup=1.0)
    _, y, _ = checked_data(spec, X, LABELS)
    assert_array_equal(y, (LABELS[:, np.newaxis] == np.unique(LABELS)).astype(float))
    _, y, _ = checked_data(spec, X, np.eye(9, dtype=int))
    assert_array_equal(y, np.eye(9))
    assert y.dtype == np.float64
    for numbers in (np.linspace(0, 1, 9, dtype=np.float32), np.ones((9, 2))):
        _, y, _ = checked_data(spec, X, numbers)
        assert y.dtype == numbers.dtype
        assert_array_equal(y, numbers)


@pytest.mark.parametrize(
    ("options", "X", "y", "message"),
    [
        ({}, X, None, "requires y to be passed, but the target y is None"),
        ({}, X.reshape(9, 2, 2, 2, 3), LABELS, "X must have the shape"),
        ({"image_shape": (5, 5)}, X, LABELS, r"\(5, 5\) has 25 .* X has 24"),
        ({}, X, LABELS[:-1], "inconsistent numbers"),
        ({"mixup": 1.0}, X, np.arange(18).reshape(9, 2), "indicator matrix"),
        ({}, np.full((9, 24), np.nan), LABELS, "NaN"),
    ],
)
def test_wrong_data(options, X, y, message):
    with pytest.raises(ValueError, match=message):
        checked_data(ImageAugmenter(**options), X, y)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
@pytest.mark.parametrize("batch_size", [4, 9])
def test_mixing_by_hand(dtype, batch_size):
    values = X.astype(dtype)
    y = np.linspace(-1, 1, 9)
    state = ImageAugmenter(mixup=0.5).start(None, batch_size, dtype)
    seed = np.random.default_rng
    more_X, more_y = resampled(state, values, y, None, 1, seed(3))
    shares, partners = state.mixup.draw(9, seed(3))
    expected = shares[:, None] * values + (1 - shares[:, None]) * values[partners]
    if dtype != np.float32:
        expected = np.rint(expected)
    assert more_X.dtype == dtype
    assert_array_equal(more_X[:9], values)
    assert_allclose(more_X[9:], expected, rtol=1e-5)
    assert_array_equal(more_y[:9], y)
    assert_allclose(more_y[9:], shares * y + (1 - shares) * y[partners])
