"""MLPRegressor: ridge regression, scikit-learn's net, several outputs, Poisson."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import load_diabetes
from sklearn.linear_model import PoissonRegressor, Ridge
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor as Theirs
from sklearn.preprocessing import scale

from skdl import MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EXACT = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-9, "max_iter": 10_000}


@pytest.fixture
def X():
    return scale(load_diabetes().data)[:200]


@pytest.fixture
def y():
    return scale(load_diabetes().target)[:200]


@pytest.fixture
def weights():
    return np.random.default_rng(0).uniform(0.1, 3, 200)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_linear_model_is_ridge_regression(alpha, weighted, n_outputs, X, y, weights):
    weights = weights if weighted else None
    y = y if n_outputs == 1 else np.column_stack([y, X[:, 0] ** 2])
    ours = MLPRegressor(alpha=alpha, **EXACT).fit(X, y, weights)
    theirs = Ridge(alpha).fit(X, y, weights)
    assert ours.coef_.shape == theirs.coef_.shape
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-3)
    assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_linear_poisson_model_is_poisson_regression(weighted, X, y, weights):
    counts = np.rint(np.exp(y))
    weights = weights if weighted else None
    total = 200 if weights is None else weights.sum()
    ours = MLPRegressor("poisson", alpha=2.0, **EXACT).fit(X, counts, weights)
    # Its penalty is alpha / 2 on a mean of half deviances.
    theirs = PoissonRegressor(alpha=2.0 / total, tol=1e-8, max_iter=10_000)
    theirs.fit(X, counts, weights)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)
    assert ours.out_activation_ == "exp"


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_lbfgs_with_a_seed_gives_scikit_learns_net(activation, loss, X, y):
    y = np.exp(y) if loss == "poisson" else y
    params = {"loss": loss, "solver": "lbfgs", "activation": activation, "alpha": 0.5}
    params |= {"hidden_layer_sizes": (5, 4), "max_iter": 20, "random_state": 3}
    ours, theirs = MLPRegressor(**params).fit(X, y), Theirs(**params).fit(X, y)
    for a, b in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-6)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.out_activation_ == theirs.out_activation_


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_without_shuffling_every_step_is_scikit_learns(solver, X, y):
    params = {"hidden_layer_sizes": 6, "solver": solver, "shuffle": False}
    params |= {"max_iter": 10, "batch_size": 33, "random_state": 1}
    ours, theirs = MLPRegressor(**params).fit(X, y), Theirs(**params).fit(X, y)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8, atol=1e-10)
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)


def test_loss_sums_over_the_outputs(X, y):
    Y = np.column_stack([y, X[:, 0] ** 2])
    net = MLPRegressor(
        hidden_layer_sizes=4, solver="lbfgs", alpha=2.0, random_state=0
    ).fit(X, Y)
    squares = sum((W**2).sum() for W in net.coefs_)
    rows = ((net.predict(X) - Y) ** 2).sum(axis=1) / 2
    assert_allclose(net.loss_, rows.mean() + 2.0 / (2 * 200) * squares, rtol=1e-10)


def test_poisson_loss_is_half_the_deviance(X, y):
    counts = np.rint(np.exp(y))
    net = MLPRegressor(
        "poisson", 4, solver="lbfgs", alpha=2.0, max_iter=20, random_state=0
    ).fit(X, counts)
    mu = net.predict(X)
    logs = np.where(counts > 0, counts * np.log(np.maximum(counts, 1) / mu), 0)
    squares = sum((W**2).sum() for W in net.coefs_)
    by_hand = (logs - counts + mu).mean() + 2.0 / (2 * 200) * squares
    assert_allclose(net.loss_, by_hand, rtol=1e-10)


def test_poisson_predictions_are_positive(X, y):
    net = MLPRegressor("poisson", max_iter=20, random_state=0)
    net.fit(X, np.rint(np.exp(y)))
    assert net.predict(3 * X).min() > 0


def test_poisson_refuses_negative_targets(X, y):
    net = MLPRegressor("poisson")
    with pytest.raises(ValueError, match=r"loss='poisson' needs y >= 0, got -"):
        net.fit(X, y)
    assert not hasattr(net, "coefs_")


def test_tags_say_that_poisson_wants_positive_targets():
    tags = MLPRegressor("poisson").__sklearn_tags__()
    assert tags.target_tags.positive_only
    assert not MLPRegressor().__sklearn_tags__().target_tags.positive_only


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_several_outputs(solver, X, y):
    Y = np.column_stack([y, -y, X[:, 0]])
    net = MLPRegressor(
        solver=solver, hidden_layer_sizes=20, learning_rate_init=0.02, random_state=0
    ).fit(X, Y)
    assert net.predict(X).shape == (200, 3)
    assert net.n_outputs_ == 3
    assert net.score(X, Y) > 0.4


def test_one_output_is_one_dimensional(X, y):
    net = MLPRegressor(max_iter=2, random_state=0).fit(X, y)
    assert net.predict(X).shape == (200,)
    assert net.score(X, y) < 1


@pytest.mark.parametrize("dtype", [np.int64, np.float32, bool, object])
def test_targets_of_any_numeric_type(dtype, X, y):
    targets = (y > 0).astype(dtype)
    params = {"max_iter": 2, "random_state": 0}
    net = MLPRegressor(**params).fit(X, targets)
    expected = MLPRegressor(**params).fit(X, (y > 0).astype(float))
    assert_array_equal(net.predict(X), expected.predict(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_sparse_targets_are_as_dense_ones(early_stopping, X, y):
    Y = np.column_stack([np.maximum(y, 0), X[:, 0] > 1])
    params = {"max_iter": 3, "random_state": 0, "early_stopping": early_stopping}
    net = MLPRegressor(**params).fit(X, csr_array(Y))
    assert_array_equal(net.predict(X), MLPRegressor(**params).fit(X, Y).predict(X))


def test_early_stopping_watches_r2(X, y):
    net = MLPRegressor(
        early_stopping=True, max_iter=30, learning_rate_init=0.01, random_state=0
    ).fit(X, y)
    assert 0 < net.best_validation_score_ < 1
    assert net.best_validation_score_ == max(net.validation_scores_)


def test_score_takes_y_in_any_container():
    X = np.random.default_rng(0).normal(size=(30, 2))
    y, w = X[:, 0], np.linspace(0.5, 1, 30)
    net = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", random_state=0)
    net.fit(X, y)
    expected = r2_score(y, net.predict(X), sample_weight=w)
    for values in (y, y.tolist(), pd.Series(y), pd.DataFrame(y), y.astype(object)):
        assert net.score(X, values, w.tolist()) == pytest.approx(expected)
    with pytest.raises(ValueError, match="different number of output"):
        net.score(X, np.column_stack([y, y]))
