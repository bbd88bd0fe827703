"""MLPRegressor with the pinball loss: quantiles, several at once, never crossing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import d2_pinball_score, mean_pinball_loss
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdl import MLPRegressor
from skdl.engine import Cosine, Quantile
from skdl.engine.prediction import raw_scores

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LEVELS = (0.1, 0.5, 0.9)
SOLVERS = {
    "lbfgs": {"solver": "lbfgs", "max_iter": 2000, "tol": 1e-9},
    "sgd": {
        "solver": "sgd", "batch_size": 300, "learning_rate_init": 0.3,
        "learning_rate": Cosine(), "max_iter": 600, "tol": 0,
        "n_iter_no_change": np.inf,
    },
}  # fmt: skip


@pytest.fixture
def data():
    """Noise whose spread grows with the first input, so that quantiles fan out."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    noise = (1 + 0.5 * np.abs(X[:, 0])) * rng.normal(size=300)
    return X, X @ [1, 2, -1] + 0.5 + noise


@pytest.fixture
def crossing(data):
    """A net whose three scores cross, as it hardly learned, and (X, y)."""
    X, y = data
    return MLPRegressor(Quantile(LEVELS), 5, max_iter=2, random_state=0).fit(X, y), X, y


@pytest.mark.parametrize("params", SOLVERS.values(), ids=SOLVERS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_model_is_quantile_regression(params, level, weighted, data):
    X, y = data
    weights = np.random.default_rng(1).uniform(0, 2, 300) if weighted else None
    net = MLPRegressor(Quantile(level), (), alpha=0, random_state=0, **params)
    net.fit(X, y, weights)
    theirs = QuantileRegressor(quantile=level, alpha=0).fit(X, y, weights)
    ours, best = (
        mean_pinball_loss(y, model.predict(X), alpha=level, sample_weight=weights)
        for model in (net, theirs)
    )
    assert best * (1 - 1e-9) <= ours < best * 1.001
    assert_allclose(net.coef_, theirs.coef_, atol=0.1)
    assert net.loss_ == pytest.approx(ours, rel=1e-3)


def test_name_is_the_median(data):
    X, y = data
    params = {"hidden_layer_sizes": 5, "max_iter": 5, "random_state": 0}
    named = MLPRegressor("quantile", **params).fit(X, y)
    assert_array_equal(
        named.predict(X), MLPRegressor(Quantile(), **params).fit(X, y).predict(X)
    )


def test_several_levels_share_a_net(data):
    X, y = data
    params = {"solver": "lbfgs", "max_iter": 100, "alpha": 0.1, "random_state": 0}
    net = MLPRegressor(Quantile(LEVELS), 5, **params).fit(X, y)
    predictions = net.predict(X)
    assert predictions.shape == (300, 3)
    assert net.n_outputs_ == 3
    coverage = (y[:, np.newaxis] <= predictions).mean(axis=0)
    assert_allclose(coverage, LEVELS, atol=0.05)


@pytest.mark.parametrize("shift", [1, 100])
def test_predictions_do_not_cross(crossing, shift):
    net, X, _ = crossing
    raw = raw_scores(net._network, shift * X)
    assert (np.diff(raw, axis=1) < 0).any()
    predictions = net.predict(shift * X)
    assert (np.diff(predictions, axis=1) >= 0).all()
    assert_array_equal(predictions, np.sort(raw, axis=1))


def test_shapes_of_predictions(data):
    X, y = data
    Y = np.c_[y, -y]
    for quantiles, targets, shape in (
        (0.3, y, (300,)),
        ([0.3], y, (300,)),
        ([0.3, 0.6], y, (300, 2)),
        (0.3, Y, (300, 2)),
        (LEVELS, Y, (300, 2, 3)),
    ):
        net = MLPRegressor(Quantile(quantiles), 4, max_iter=2).fit(X, targets)
        assert net.predict(X).shape == shape


def test_outputs_keep_their_order(data):
    X, y = data
    params = {"solver": "lbfgs", "max_iter": 500, "alpha": 0.1, "random_state": 0}
    net = MLPRegressor(Quantile([0.2, 0.8]), (), **params).fit(X, np.c_[y, 10 - y])
    low, high = np.moveaxis(net.predict(X), -1, 0)
    assert_allclose((y <= low[:, 0]).mean(), 0.2, atol=0.05)
    assert_allclose((10 - y <= high[:, 1]).mean(), 0.8, atol=0.05)
    # What is low for one is high for the other, which is its mirror image.
    assert_allclose(low[:, 0], 10 - high[:, 1], atol=0.1)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("quantiles", [0.8, LEVELS])
def test_score_is_d2_of_the_pinball_loss(weighted, n_outputs, quantiles, data):
    X, y = data
    weights = np.random.default_rng(1).uniform(0, 2, 300) if weighted else None
    Y = y if n_outputs == 1 else np.c_[y, y**2]
    net = MLPRegressor(
        Quantile(quantiles), 5, solver="lbfgs", max_iter=50, random_state=0
    ).fit(X, Y)
    predictions = net.predict(X).reshape(300, n_outputs, -1)
    each = [
        d2_pinball_score(Y, predictions[..., i], alpha=level, sample_weight=weights)
        for i, level in enumerate(np.atleast_1d(quantiles))
    ]
    assert net.score(X, Y, weights) == pytest.approx(np.mean(each), rel=1e-12)
    assert type(net.score(X, Y)) is float
    assert 0 < np.mean(each) < 1


def test_other_losses_keep_r2(data):
    X, y = data
    net = MLPRegressor("absolute_error", (), solver="lbfgs").fit(X, y)
    error = y - net.predict(X)
    assert net.score(X, y) == pytest.approx(1 - (error**2).sum() / 300 / y.var())


@pytest.mark.parametrize("quantiles", [0.8, LEVELS])
def test_early_stopping_scores_by_d2(quantiles, data):
    X, y = data
    net = MLPRegressor(
        Quantile(quantiles), 5, early_stopping=True, max_iter=15, random_state=0,
        learning_rate_init=0.1, validation_split=[(range(200), range(200, 300))],
    ).fit(X, y)  # fmt: skip
    assert net.best_validation_score_ == pytest.approx(net.score(X[200:], y[200:]))
    assert 0.1 < net.best_validation_score_ < 1


def test_levels_are_searched_and_cross_validated(data):
    X, y = data
    net = MLPRegressor(Quantile(LEVELS), (), solver="lbfgs", random_state=0)
    scores = cross_val_score(net, X, y, cv=2)
    assert (scores > 0.2).all()
    search = GridSearchCV(net, {"loss__quantiles": [0.5, LEVELS]}, cv=2).fit(X, y)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


def test_bad_levels_are_refused_in_fit(data):
    net = MLPRegressor(Quantile([0.9, 0.1]))
    with pytest.raises(ValueError, match=r"Quantile: quantiles must .*\[0.9, 0.1\]"):
        net.fit(*data)
    assert vars(net) == net.get_params(deep=False)


def test_warm_start_with_other_levels_is_refused(data):
    net = MLPRegressor(Quantile(0.5), 4, max_iter=2, warm_start=True).fit(*data)
    with pytest.raises(ValueError, match="widths"):
        net.set_params(loss=Quantile(LEVELS)).fit(*data)


def test_float32_is_kept(data):
    X, y = data
    net = MLPRegressor(Quantile(LEVELS), 4, max_iter=2).fit(X.astype(np.float32), y)
    assert net.predict(X.astype(np.float32)).dtype == np.float32
