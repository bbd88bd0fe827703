"""Regression losses as the estimator takes them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV

from skdl import MLPRegressor
from skdl.engine import Huber, Poisson
from skdl.engine.losses import REGRESSION_LOSSES


@pytest.fixture
def line():
    """A straight line with a tenth of gross outliers above it."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 2, (400, 1))
    y = 1 + 2 * X[:, 0] + 0.1 * rng.normal(size=400)
    y[::10] += 30
    return X, y


def linear(loss, **parameters):
    return MLPRegressor(
        loss, (), solver="lbfgs", alpha=0, max_iter=2000, random_state=0, **parameters
    )


def test_outliers_move_the_squared_error_only(line):
    grid = np.array([[0.0], [1.0], [2.0]])
    worst = {
        loss: np.abs(linear(loss).fit(*line).predict(grid) - [1, 3, 5]).max()
        for loss in ("squared_error", "huber")
    }
    assert worst["squared_error"] > 2
    assert worst["huber"] < 0.2


def test_absolute_error_finds_the_median(line):
    X, y = np.ones((len(line[1]), 1)), line[1]
    net = MLPRegressor(
        "absolute_error", (), solver="sgd", momentum=0, learning_rate_init=0.05,
        batch_size=400, alpha=0, max_iter=3000, tol=0, n_iter_no_change=np.inf,
        learning_rate="invscaling", power_t=0.2, random_state=0,
    )  # fmt: skip
    with pytest.warns(UserWarning, match="Maximum iterations"):
        net.fit(X, y)
    assert_allclose(net.predict(X[:1]), np.median(y), atol=0.03)


@pytest.mark.parametrize("name", sorted(REGRESSION_LOSSES))
def test_a_name_is_its_object(line, name):
    X, y = line
    settings = {"solver": "adam", "tol": 1.0, "n_iter_no_change": 2}
    named, given = (
        MLPRegressor(loss, 5, random_state=0, **settings).fit(X, y)
        for loss in (name, REGRESSION_LOSSES[name]())
    )
    assert_array_equal(named.coefs_[0], given.coefs_[0])
    assert named.out_activation_ == given.out_activation_


def test_delta_is_searched_and_checked(line):
    search = GridSearchCV(linear(Huber()), {"loss__delta": [0.5, 2.0]}, cv=2).fit(*line)
    assert search.best_params_["loss__delta"] in (0.5, 2.0)
    with pytest.raises(ValueError, match="Huber: delta must be"):
        linear(Huber(-1)).fit(*line)


def test_poisson_as_an_object_wants_counts(line):
    X, y = line
    with pytest.raises(ValueError, match="y >= 0"):
        linear(Poisson()).fit(X, -y)
