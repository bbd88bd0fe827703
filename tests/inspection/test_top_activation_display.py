"""Rows are those of the largest outputs."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from skdl import Standardizer
from skdl.inspection import TopActivationDisplay


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


def test_color(net, X):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 2, 3), np.uint8)
    display = TopActivationDisplay(images, np.zeros((2, 3)), [0, 1]).plot()
    assert display.image_.get_array().shape == (5, 8, 3)


def test_gaps_leave_the_rest_to_see(net, X, y, fit):
    gaps = X.copy()
    gaps[::2, 3] = np.nan
    model = fit(make_pipeline(SimpleImputer(), clone(net)), gaps, y)
    display = TopActivationDisplay.from_estimator(model, gaps, n_units=2)
    assert np.isnan(display.images).any()
    shown = display.image_.get_array().compressed()
    assert (shown.min(), shown.max()) == (0, 1)
