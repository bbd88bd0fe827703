"""Images are columns of the first weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.inspection import WeightImageDisplay


def test_images_are_weights_the_longest_first(net):
    display = WeightImageDisplay.from_estimator(net, max_units=4)
    W = net.coefs_[0]
    norms = np.linalg.norm(W, axis=0)
    assert norms[display.units].tolist() == sorted(norms, reverse=True)[:4]
    for unit, image in zip(display.units, display.images, strict=True):
        assert_array_equal(image, W[:, unit].reshape(4, 4))
    shown = display.image_.get_array().filled(np.nan)
    assert shown.shape == (9, 9)
    assert_array_equal(shown[5:, :4], display.images[2])
    low, high = display.image_.get_clim()
    assert -low == high == display.limit_
    assert_allclose(high, np.quantile(np.abs(display.images), 0.995))


def test_units_of_your_own(net):
    display = WeightImageDisplay.from_estimator(net, units=[5, 0], limit=2)
    assert display.units.tolist() == [5, 0]
    assert display.image_.get_clim() == (-2, 2)
    by_number = WeightImageDisplay.from_estimator(net, sort=None)
    assert by_number.units.tolist() == list(range(6))


def test_color():
    images = np.zeros((2, 2, 2, 3))
    images[0, 0, 0] = [1, -1, 5]
    display = WeightImageDisplay(images, [0, 1]).plot(limit=1, n_columns=2)
    shown = np.asarray(display.image_.get_array())
    assert shown.shape == (2, 5, 3)
    assert shown[0, 0].tolist() == [1, 0, 1]
    assert (shown[:, 3:] == 0.5).all()
    assert (shown[:, 2] == 1).all()
    assert len(display.figure_.axes) == 1


def test_color_from_a_net(X, y, fit):
    from skdl import SoftmaxClassifier

    net = fit(SoftmaxClassifier((4,), max_iter=1, random_state=0), X[:, :12], y)
    display = WeightImageDisplay.from_estimator(net, image_shape=(2, 2, 3), sort=None)
    assert_array_equal(display.images[1], net.coefs_[0][:, 1].reshape(2, 2, 3))


def test_sort_is_checked(net):
    with pytest.raises(ValueError, match="sort must be 'norm' or None, got 'size'"):
        WeightImageDisplay.from_estimator(net, sort="size")


def test_weights_of_zero_have_a_scale():
    assert WeightImageDisplay(np.zeros((2, 3, 3)), [0, 1]).plot().limit_ == 1
