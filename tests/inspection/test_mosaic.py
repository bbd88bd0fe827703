"""Tiles stand where their corners say."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

from skdl.inspection._mosaic import (
    as_images,
    check_image_shape,
    mosaic,
    to_unit_range,
)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("above", [None, 4])
def test_tiles(channels, above):
    rng = np.random.default_rng(0)
    images = as_images(rng.random((5, 6 * channels)), (2, 3, channels))
    whole, corners = mosaic(images, 2, gap=1, gap_above=above)
    assert whole.shape[:2] == ((3 * 2 + 2, 7) if above is None else (3 * 6, 7))
    assert corners[0] == (0 if above is None else 4, 0)
    for image, (top, left) in zip(images, corners, strict=True):
        tile = whole[top : top + 2, left : left + 3]
        assert_array_equal(tile, image)
        tile[...] = 2
    rest = whole[whole != 2]
    assert np.isnan(rest).all() if channels == 1 else (rest == 1).all()


def test_rows_become_images():
    row = np.arange(12)
    assert as_images([row], (2, 6, 1))[0].tolist() == [[*range(6)], [*range(6, 12)]]
    assert as_images([row], (2, 2, 3))[0, 0, 1].tolist() == [3, 4, 5]


def test_shapes():
    net = BaseEstimator()
    assert check_image_shape((2, 3), net, 6) == (2, 3, 1)
    assert check_image_shape([2, 3, 3], net, 18) == (2, 3, 3)
    assert check_image_shape(None, net, 16) == (4, 4, 1)
    net.image_shape = (2, 8)
    assert check_image_shape(None, net, 16) == (2, 8, 1)
    assert check_image_shape((4, 4), net, 16) == (4, 4, 1)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 4, 2), (2, 2, 4), (1, 2, 2, 4)])
def test_wrong_shapes(shape):
    with pytest.raises(ValueError, match=r"image_shape must be .* 16 numbers"):
        check_image_shape(shape, None, 16)


def test_no_square():
    with pytest.raises(ValueError, match="15 features are no square image"):
        check_image_shape(None, None, 15)


def test_unit_range():
    images = np.array([0, 50, 100, 200], np.uint8)
    assert to_unit_range(images, 0, 100).tolist() == [0, 0.5, 1, 1]
    assert to_unit_range(images[:1], 0, 0).tolist() == [0]
