"""Displays of first-layer weights, of inputs that excite units most, and mosaics."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skdl import LogisticClassifier, Standardizer
from skdl.inspection import TopActivationDisplay, WeightImageDisplay
from tests.inspection.private_names import (
    as_images,
    check_image_shape,
    columns_for,
    mosaic,
    to_unit_range,
)


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


@pytest.mark.parametrize(
    ("labels", "said"),
    [(["x", "y", "z"], ["x", "y", "z"]), (["no", "yes"], ["yes (against no)"])],
)
def test_a_linear_net_has_a_named_image_for_each_class(labels, said, X, fit):
    y = np.array(labels)[np.arange(80) % len(labels)]
    net = fit(LogisticClassifier((), max_iter=2, random_state=0), X, y)
    display = WeightImageDisplay.from_estimator(net)
    assert [text.get_text() for text in display.texts_] == said
    assert display.units.tolist() == list(range(len(said)))
    chosen = WeightImageDisplay.from_estimator(net, units=[-1])
    assert [text.get_text() for text in chosen.texts_] == said[-1:]


def test_units_of_hidden_layers_have_no_names(net):
    assert WeightImageDisplay.from_estimator(net).texts_ == []


@pytest.mark.parametrize(
    ("n", "n_columns"), [(1, 1), (2, 2), (6, 3), (10, 5), (30, 6), (49, 7), (64, 8)]
)
def test_tiles_fill_their_lines(n, n_columns):
    assert columns_for(n) == n_columns


def test_empty_places_are_white_and_tiles_have_frames():
    display = WeightImageDisplay(np.ones((3, 2, 2)), [0, 1, 2]).plot(n_columns=2)
    (frames,) = display.ax_.collections
    assert len(frames.get_paths()) == 3
    assert display.ax_.get_facecolor() == (1, 1, 1, 1)


def test_the_most_frequent_class_of_a_unit_is_named(net, X, y):
    display = TopActivationDisplay.from_estimator(net, X, y, n_units=2, n_top=4)
    for text, indices in zip(display.texts_, display.indices, strict=True):
        names, numbers = np.unique(y[indices], return_counts=True)
        best = names[numbers.argmax()]
        assert text.get_text() == f"{best} ({25 * numbers.max()} %)"
    assert "varying" in display.ax_.get_ylabel()
    display = TopActivationDisplay.from_estimator(net, X, units=[1])
    assert display.texts_ == []
    assert display.ax_.get_ylabel() == "unit"
    with pytest.raises(ValueError, match="inconsistent"):
        TopActivationDisplay.from_estimator(net, X, y[1:])


def test_weights_in_color():
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


def test_sort_of_weight_images_is_checked(net):
    with pytest.raises(ValueError, match="sort must be 'norm' or None, got 'size'"):
        WeightImageDisplay.from_estimator(net, sort="size")


def test_weights_of_zero_have_a_scale():
    assert WeightImageDisplay(np.zeros((2, 3, 3)), [0, 1]).plot().limit_ == 1


def test_the_strongest_rows(net, X):
    display = TopActivationDisplay.from_estimator(
        net, X, layer=1, units=[3, 0], n_top=5
    )
    A = np.tanh(X @ net.coefs_[0] + net.intercepts_[0])
    A = np.tanh(A @ net.coefs_[1] + net.intercepts_[1])
    for i, unit in enumerate([3, 0]):
        order = np.argsort(-A[:, unit])[:5]
        assert_array_equal(display.indices[i], order)
        assert_allclose(display.activations[i], A[order, unit])
        assert_array_equal(display.images[i], X[order].reshape(5, 4, 4))
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["3", "0"]
    shown = display.image_.get_array().filled(np.nan)
    assert shown.shape == (9, 24)
    low, high = display.images.min(), display.images.max()
    assert_allclose(
        shown[5:, 5:9], (display.images[1, 1] - low) / (high - low), atol=1e-12
    )


def test_units_that_vary_most(net, X):
    display = TopActivationDisplay.from_estimator(net, X, n_units=2, n_top=1)
    A = np.tanh(X @ net.coefs_[0] + net.intercepts_[0])
    assert display.units.tolist() == np.argsort(-A.std(axis=0))[:2].tolist()


def test_a_pipeline_shows_rows_as_given(net, X, y, fit):
    from sklearn.base import clone

    pipe = fit(make_pipeline(Standardizer(), clone(net).set_callbacks()), 3 * X + 9, y)
    display = TopActivationDisplay.from_estimator(pipe, 3 * X + 9, n_top=2)
    expected = TopActivationDisplay.from_estimator(
        pipe[-1], pipe[:-1].transform(3 * X + 9), n_top=2
    )
    assert_array_equal(display.indices, expected.indices)
    rows = (3 * X + 9)[display.indices]
    assert_array_equal(display.images, rows.reshape(*display.indices.shape, 4, 4))


def test_top_activations_in_color():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 2, 3), np.uint8)
    display = TopActivationDisplay(images, np.zeros((2, 3)), [0, 1]).plot()
    assert display.image_.get_array().shape == (5, 8, 3)


def test_images_with_missing_pixels(net, X, y, fit):
    gaps = X.copy()
    gaps[::2, 3] = np.nan
    model = fit(make_pipeline(SimpleImputer(), clone(net)), gaps, y)
    display = TopActivationDisplay.from_estimator(model, gaps, n_units=2)
    assert np.isnan(display.images).any()
    shown = display.image_.get_array().compressed()
    assert (shown.min(), shown.max()) == (0, 1)


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
    with pytest.raises(ValueError, match="15 features do not form a square image"):
        check_image_shape(None, None, 15)


def test_unit_range():
    images = np.array([0, 50, 100, 200], np.uint8)
    assert to_unit_range(images, 0, 100).tolist() == [0, 0.5, 1, 1]
    assert to_unit_range(images[:1], 0, 0).tolist() == [0]
