"""Penalties as the estimators take them, against scikit-learn's linear models."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.engine import SGD, Adam, AdamW, Cosine
from skdl.engine.optimizers import _AdamState
from tests.estimators.common import fit, flat, make

LAMBDA = 0.1
SOLVERS = {  # solver, rate
    "gradient-descent": (SGD(momentum=0), 0.1),
    "momentum": (SGD(0.9, nesterov=False), 0.02),
    "nesterov": ("sgd", 0.02),
    "adam": ("adam", 0.02),
    "adamw": (AdamW(weight_decay=0), 0.02),
    "adagrad": ("adagrad", 1.0),
    "rmsprop": ("rmsprop", 0.02),
}
each_solver = pytest.mark.parametrize("name", SOLVERS)
SHARP = ["l1", "elasticnet", "l0"]
# So strong that a few steps make zeros.
STRONG = {"alpha": 20.0, "learning_rate_init": 0.02, "l1_ratio": 0.5}


@pytest.fixture(scope="module")
def lines():
    """8 informative columns of 50."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 50)) + 0.5
    coef = np.zeros(50)
    coef[::7] = [2, -1.5, 1, -3, 0.7, 1.2, -0.8, 1.7]
    return X, X @ coef + 3 + 0.5 * rng.normal(size=200)


def regressor(n, penalty, solver, rate, strength=LAMBDA, **parameters):
    """A linear net over whole batches of n rows: λ on the mean loss is alpha / n."""
    settings = {
        "hidden_layer_sizes": (), "alpha": strength * n, "batch_size": n,
        "max_iter": 2500, "tol": 0, "n_iter_no_change": np.inf, "random_state": 0,
        # At a constant rate RMSprop's bias, which no threshold holds, swings by it.
        "learning_rate": Cosine() if solver == "rmsprop" else "constant", **parameters,
    }  # fmt: skip
    return MLPRegressor(
        penalty=penalty, solver=solver, learning_rate_init=rate, **settings
    )


def fitted(net, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return net.fit(*args)


def lasso(X, y, weights=None):
    return Lasso(alpha=LAMBDA, tol=1e-12, max_iter=100_000).fit(X, y, weights)


@each_solver
def test_l1_is_the_lasso(lines, name):
    X, y = lines
    reference = lasso(X, y)
    net = fitted(regressor(200, "l1", *SOLVERS[name]), X, y)
    assert_allclose(net.coef_, reference.coef_, atol=1e-6)
    assert_array_equal(net.coef_ == 0, reference.coef_ == 0)
    assert net.n_zero_weights_ == np.sum(reference.coef_ == 0)
    assert 35 <= net.n_zero_weights_ <= 42
    residual = y - reference.predict(X)
    objective = 0.5 * np.mean(residual**2) + LAMBDA * abs(reference.coef_).sum()
    assert net.intercept_ == pytest.approx(reference.intercept_, abs=1e-5)
    assert net.loss_ == pytest.approx(objective, rel=1e-6)


@each_solver
def test_elasticnet_is_scikit_learns(lines, name):
    X, y = lines
    reference = ElasticNet(alpha=LAMBDA, l1_ratio=0.3, tol=1e-12, max_iter=100_000)
    coef = reference.fit(X, y).coef_
    net = regressor(200, "elasticnet", *SOLVERS[name], l1_ratio=0.3)
    fitted(net, X, y)
    assert_allclose(net.coef_, coef, atol=1e-6)
    assert_array_equal(net.coef_ == 0, coef == 0)
    assert net.n_zero_weights_ > 10


def test_a_uniform_threshold_under_adam_would_miss_the_lasso(lines, monkeypatch):
    """The rate as everybody's step: what the tests above have to find."""
    monkeypatch.setattr(_AdamState, "step_sizes", lambda self, rate, block, out: rate)
    net = fitted(regressor(200, "l1", "adam", 0.02), *lines)
    coef = lasso(*lines).coef_
    assert net.n_zero_weights_ < 0.8 * np.sum(coef == 0)
    assert np.abs(net.coef_ - coef).max() > 0.01


def test_a_threshold_without_momentum_would_miss_the_lasso(lines, monkeypatch):
    state = type(SGD().start(np.zeros(1)))
    monkeypatch.setattr(state, "step_sizes", lambda self, rate, block, out: rate)
    net = fitted(regressor(200, "l1", "sgd", 0.02), *lines)
    assert np.abs(net.coef_ - lasso(*lines).coef_).max() > 0.05


@pytest.mark.parametrize("name", ["nesterov", "adam"])
def test_rows_of_weight_two_count_twice(lines, name):
    X, y = lines
    weights = np.random.default_rng(1).integers(0, 4, 200)
    n = int(weights.sum())  # in the place of the number of rows
    net = regressor(n, "l1", *SOLVERS[name], batch_size=200)
    fitted(net, X, y, weights)
    reference = lasso(X, y, weights)
    assert_allclose(net.coef_, reference.coef_, atol=1e-6)
    assert_array_equal(net.coef_ == 0, reference.coef_ == 0)


@pytest.mark.parametrize("name", ["nesterov", "adam", "adagrad", "rmsprop"])
def test_minibatches_come_close_to_the_lasso(name):
    """alpha = λ · batch_size; what noise is left dies out with the rate."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 20))
    y = X[:, :4] @ [2, -1.5, 1, -3] + 0.3 * rng.normal(size=1000)
    solver, rate = SOLVERS[name]
    net = regressor(
        1000, "l1", solver, rate, alpha=LAMBDA * 100, batch_size=100, max_iter=100,
        learning_rate=Cosine(),
    )  # fmt: skip
    fitted(net, X, y)
    reference = lasso(X, y)
    assert_array_equal(reference.coef_ != 0, np.arange(20) < 4)
    assert_allclose(net.coef_, reference.coef_, atol=0.02)
    assert (net.coef_[:4] != 0).all()
    assert net.n_zero_weights_ >= 13


@pytest.fixture(scope="module")
def orthonormal():
    """XᵀX = n, so that each coefficient is a problem of its own."""
    rng = np.random.default_rng(0)
    n = 200
    columns = np.column_stack([np.ones(n), rng.normal(size=(n, 30))])
    X = np.linalg.qr(columns)[0][:, 1:] * np.sqrt(n)
    return X, X @ rng.uniform(-2, 2, 30) + 0.3 * rng.normal(size=n)


def test_l0_is_hard_thresholding_of_least_squares(orthonormal):
    """At √(2λ), which steps of one over the curvature find from any start."""
    X, y = orthonormal
    least_squares = X.T @ y / 200
    expected = least_squares * (np.abs(least_squares) > np.sqrt(2 * LAMBDA))
    net = regressor(200, "l0", SGD(momentum=0), 1.0, max_iter=10)
    fitted(net, X, y)
    assert_allclose(net.coef_, expected, atol=1e-12)
    assert net.n_zero_weights_ == np.sum(expected == 0) > 5
    residual = y - y.mean() - X @ expected
    objective = 0.5 * np.mean(residual**2) + LAMBDA * np.sum(expected != 0)
    assert net.loss_ == pytest.approx(objective)


@each_solver
def test_l0_drops_what_is_not_needed(name):
    """Noise inputs go, from minibatches too; what stays is not shrunk."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 20))
    y = X[:, :4] @ [2, -1.5, 1, -3] + 0.3 * rng.normal(size=1000)
    solver, rate = SOLVERS[name]
    # A weight leaves zero only if its gradient exceeds √(2 λ / step).
    rate = {"adam": 0.1, "adamw": 0.1, "rmsprop": 0.1}.get(name, rate)
    net = regressor(
        1000, "l0", solver, rate, alpha=0.01 * 100, batch_size=100, max_iter=100,
        learning_rate=Cosine(),
    )  # fmt: skip
    fitted(net, X, y)
    assert_allclose(net.coef_[:4], [2, -1.5, 1, -3], atol=0.05)
    assert_array_equal(net.coef_[4:], 0)


@pytest.fixture(scope="module")
def classes():
    """Three classes; 5 of 50 inputs tell them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 50))
    scores = 2 * X[:, :3] + 1.5 * np.column_stack([X[:, 3], X[:, 4], -X[:, 3]])
    return X, scores.argmax(axis=1)


@pytest.mark.parametrize("batch_size", [600, 100])
@pytest.mark.parametrize(("solver", "rate"), [("adam", 0.01), ("sgd", 0.1)])
def test_l1_drops_whole_inputs_of_a_deep_net(classes, solver, rate, batch_size):
    X, y = classes
    net = SoftmaxClassifier(
        (12,), penalty="l1", alpha=0.035 * batch_size, batch_size=batch_size,
        solver=solver, learning_rate_init=rate, max_iter=300, tol=0, random_state=0,
        n_iter_no_change=np.inf, weight_init="glorot_uniform",
    )  # fmt: skip
    fitted(net, X, y)
    dropped = (net.coefs_[0] == 0).all(axis=1)
    assert not dropped[:5].any()
    assert dropped[5:].sum() >= 33
    assert net.score(X, y) > 0.93
    assert net.n_zero_weights_ >= 12 * dropped.sum()
    assert fitted(clone(net).set_params(penalty="l2"), X, y).n_zero_weights_ == 0


def test_every_net_takes_every_penalty(Net, X, y):
    for penalty in SHARP:
        net = fit(make(Net, penalty=penalty, solver="sgd", **STRONG), X, y)
        assert 0 < net.n_zero_weights_ <= 4 * 6 + 6 * net.n_outputs_
        assert np.isfinite(net.loss_curve_).all()


def test_float32_stays(Net, X, y):
    for penalty in SHARP:
        net = fit(make(Net, penalty=penalty, **STRONG), X.astype(np.float32), y)
        assert net.coefs_[0].dtype == np.float32
        assert net.n_zero_weights_ > 0


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_without_a_penalty_alpha_is_not_used(Net, X, y, solver):
    nets = [
        fit(make(Net, solver=solver, alpha=alpha, penalty=penalty), X, y)
        for alpha, penalty in [(0, "l2"), (50.0, None), (50.0, "l2")]
    ]
    free, without, ridge = (flat(net) for net in nets)
    assert_array_equal(free, without)
    assert nets[0].loss_curve_ == nets[1].loss_curve_
    assert (free != ridge).any()


@pytest.mark.parametrize("penalty", SHARP)
def test_alpha_of_zero_means_no_penalty(Net, X, y, penalty):
    free = fit(make(Net, penalty=None), X, y)
    assert_array_equal(flat(free), flat(fit(make(Net, penalty=penalty, alpha=0), X, y)))


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_l2_is_ridge(lines, solver):
    X, y = lines
    net = regressor(200, "l2", solver, 0.02, tol=1e-9)
    fitted(net, X, y)
    assert_allclose(net.coef_, Ridge(alpha=LAMBDA * 200).fit(X, y).coef_, atol=1e-4)


@pytest.mark.parametrize("momentum", [0, 0.3])
def test_a_weight_that_vanishes_ends_at_zero(momentum):
    """And not at a denormal number, which takes a hundred times as long."""
    X = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)
    X[:, 1] = 0
    # Without a gradient of the loss, each step halves a weight, or does more.
    net = regressor(
        16, "l2", SGD(momentum), 0.01, strength=50, max_iter=128, standardize=False
    )
    fitted(net, X, X[:, 0])
    assert net.coef_[1] == 0
    assert (np.abs(net.coef_[[0, 2]]) > 1e-6).all()


@pytest.mark.parametrize("penalty", SHARP)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_continues_with_the_thresholds(X, y, penalty, solver):
    net = make(
        MLPRegressor, penalty=penalty, solver=solver, max_iter=5, batch_size=25,
        **STRONG,
    )  # fmt: skip
    whole, parts = fit(clone(net), X, y), clone(net)
    for _ in range(5):
        parts.partial_fit(X, y)
    assert_array_equal(flat(whole), flat(parts))
    assert whole.n_zero_weights_ > 0


def test_warm_start_may_change_the_penalty(X, y):
    net = make(MLPRegressor, warm_start=True, max_iter=30)
    assert fit(net, X, y).n_zero_weights_ == 0
    assert fit(net.set_params(penalty="l1", alpha=20.0), X, y).n_zero_weights_ > 5


def test_weight_decay_acts_beside_the_penalty(lines):
    X, y = lines
    light, heavy = (
        fitted(regressor(200, "l1", AdamW(weight_decay=decay), 0.02), X, y)
        for decay in (0, 0.5)
    )
    assert np.abs(heavy.coef_).sum() < 0.9 * np.abs(light.coef_).sum()
    assert heavy.n_zero_weights_ > 20


class OwnSolver:
    """An optimizer of a user's own, with no more than `fit` always needs."""

    def start(self, parameters, n_weights=None):
        return self

    def step(self, parameters, gradient, rate):
        parameters -= rate * gradient

    def state_dict(self):
        return {}


class OwnSolverWithSteps(OwnSolver):
    def step_sizes(self, rate, block, out):
        return rate


def test_an_optimizer_of_ones_own_needs_step_sizes_for_thresholds(X, y):
    for penalty in ("l2", None):
        fit(make(MLPRegressor, solver=OwnSolver(), penalty=penalty), X, y)
    for penalty in SHARP:
        net = make(MLPRegressor, solver=OwnSolver(), penalty=penalty)
        with pytest.raises(ValueError, match=r"OwnSolver has no method step_sizes.*l2"):
            net.fit(X, y)
        assert vars(net) == net.get_params()
    net = make(MLPRegressor, solver=OwnSolverWithSteps(), penalty="l1", **STRONG)
    same = make(MLPRegressor, solver=SGD(momentum=0), penalty="l1", **STRONG)
    assert_array_equal(fit(net, X, y).coefs_[0], fit(same, X, y).coefs_[0])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"penalty": "L7"}, "'penalty' parameter .*'l1'"),
        ({"penalty": "none"}, "'penalty' parameter"),
        ({"l1_ratio": 1.5}, "'l1_ratio' parameter"),
        ({"l1_ratio": -0.1, "penalty": "elasticnet"}, "'l1_ratio' parameter"),
        *(
            ({"solver": "lbfgs", "penalty": name}, f"lbfgs.*'{name}'.*'l2'.*'adam'")
            for name in SHARP
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_fit(Net, X, y, parameters, message):
    net = make(Net, **parameters)
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert vars(net) == net.get_params()


def test_lbfgs_refuses_before_it_looks_at_the_data(Net):
    net = make(Net, solver="lbfgs", penalty="l1")
    with pytest.raises(ValueError, match="lbfgs"):
        net.fit(None, None)


def test_a_settings_object_of_adam_thresholds_like_the_name(X, y):
    nets = [
        fit(make(MLPRegressor, penalty="l1", **STRONG, solver=solver), X, y)
        for solver in ("adam", Adam())
    ]
    assert_array_equal(*map(flat, nets))


def test_the_example_of_the_page_runs(capsys):
    page = Path(__file__).parents[2] / "docs" / "penalties.md"
    (code,) = re.findall("```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    exec(code, {})  # our own text
    assert capsys.readouterr().out.strip() == code.strip().split("# ")[-1] == "3 3"
