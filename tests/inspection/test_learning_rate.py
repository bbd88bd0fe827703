"""The learning rate range test: its steps, its curve, its suggestion."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import csr_array
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_diabetes, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.learning_rate import RULES, compare, load, main
from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.callbacks import LambdaCallback
from skdl.engine import SGD, OneCycle
from skdl.inspection import LearningRateDisplay, find_learning_rate
from tests.inspection.private_names import _divergence_bound

TABLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "tabular"


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def quick(Net=SoftmaxClassifier, **params):
    defaults = {"hidden_layer_sizes": 30, "random_state": 0, "batch_size": 50}
    if Net is SoftmaxClassifier:
        defaults["standardize"] = False
    return Net(**(defaults | params))


@pytest.mark.parametrize(
    "net",
    [
        quick(),
        quick(solver="sgd"),
        quick(solver="adagrad", activation="tanh"),
        quick(solver=SGD(momentum=0), hidden_layer_sizes=()),
        quick(SVMClassifier, solver="rmsprop", penalty="l1", alpha=0.01),
        quick(
            LogisticClassifier,
            solver="adamw",
            hidden_layer_sizes=(30, 30),
            residual=True,
        ),
        quick(MLPClassifier, normalization="batch", dropout=0.1, max_grad_norm=1.0),
        quick(max_restarts=2, early_stopping=True, scoring="loss", max_time=10.0),
        quick(learning_rate=OneCycle(), max_iter=1, class_weight="balanced"),
    ],
    ids=str,
)
def test_the_suggestion_trains_well(net, digits):
    X, X_test, y, y_test = train_test_split(*digits, test_size=0.3, random_state=0)
    found = find_learning_rate(net, X, y)
    plain = clone(net).set_params(
        learning_rate="constant", max_iter=15, early_stopping=False, scoring=None
    )

    def score(rate):
        net = clone(plain).set_params(learning_rate_init=rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                return net.fit(X, y).score(X_test, y_test)
            except ValueError:  # diverged
                return 0.0

    at_it = score(found.suggestion)
    assert at_it > 0.93
    others = [score(found.suggestion * factor) for factor in (1 / 100, 100)]
    assert at_it > max(others) + 0.02


def test_the_curve(digits):
    found = find_learning_rate(quick(), *digits, n_steps=150, max_rate=100)
    n = len(found.rates)
    assert n < 150  # it ended when the loss exploded
    assert_allclose(found.rates, np.geomspace(1e-5, 100, 150)[:n])
    assert len(found.losses) == len(found.smoothed_losses) == n
    assert found.losses[0] == pytest.approx(np.log(10), abs=0.5)
    best = found.rates[found.smoothed_losses.argmin()]
    assert found.suggestion == best / 3
    assert found.losses[-1] > 3 * found.losses[0]


def test_each_step_has_its_rate(digits):
    """Gradient descent from the same start, written out."""
    X, y = digits[0][:40], digits[1][:40]
    net = quick(solver=SGD(momentum=0), hidden_layer_sizes=(), batch_size=40, alpha=0.5)
    found = find_learning_rate(net, X, y, n_steps=25, min_rate=0.01, max_rate=1)
    start = clone(net).set_params(learning_rate_init=1e-12, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        start.fit(X, y)
    W, b = start.coefs_[0].copy(), start.intercepts_[0].copy()
    losses = []
    for rate in np.geomspace(0.01, 1, 25):
        scores = X @ W + b
        logs = log_softmax(scores, axis=1)
        row = np.arange(40)
        losses.append(-logs[row, y].mean())  # without the penalty
        d = np.exp(logs)
        d[row, y] -= 1
        W -= rate * (X.T @ d / 40 + 0.5 / 40 * W)
        b -= rate * d.mean(axis=0)
    assert_allclose(found.losses, losses, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:The loss did not fall")
def test_small_last_batches_cause_no_spikes(digits):
    """The penalty counts alpha / Σ w: a last batch of 5 rows has ten times as much."""
    X, y = digits[0][:205], digits[1][:205]
    found = find_learning_rate(quick(alpha=10.0), X, y, n_steps=40, max_rate=1e-3)
    last = np.arange(40) % 5 == 4
    assert_allclose(found.losses[last].mean(), found.losses[~last].mean(), rtol=0.2)


def test_batches_count_by_their_weights(digits):
    X, y = digits[0][:55], digits[1][:55]
    weights = np.full(55, 2.0)
    net = quick(SoftmaxClassifier, batch_size=50, shuffle=False)
    found = find_learning_rate(net, X, y, weights, n_steps=40, max_rate=1e-2)
    weights = np.where(np.arange(len(found.rates)) % 2, 0.1, 1.0)
    sigma = 0.02 * 40
    expected = gaussian_filter1d(weights * found.losses, sigma)
    expected /= gaussian_filter1d(weights, sigma)
    assert_allclose(found.smoothed_losses, expected)


def test_the_estimator_is_left_alone(digits):
    X, y = digits
    net = quick(max_iter=2, warm_start=True).set_callbacks(ProgressBar())
    before = dict(vars(net))
    find_learning_rate(net, X, y, random_state=1, n_steps=30)
    assert vars(net) == before
    with pytest.warns(ConvergenceWarning):
        fitted = quick(max_iter=2).fit(X, y)
    coefs = [W.copy() for W in fitted.coefs_]
    find_learning_rate(fitted, X, y, n_steps=30)
    for W, expected in zip(fitted.coefs_, coefs, strict=True):
        assert_array_equal(W, expected)


def test_stopping_rules_and_callbacks_are_off(digits, capsys):
    called = []
    net = quick(
        early_stopping=True, scoring="loss", validation_split=3, max_time=1e-9,
        verbose=True, max_restarts=1, tol=1e9,
    )  # fmt: skip
    hooks = dict.fromkeys(("on_fit_begin", "on_epoch_end"), called.append)
    net.set_callbacks(LambdaCallback(**hooks))
    found = find_learning_rate(net, *digits, n_steps=120)
    assert_array_equal(
        found.losses, find_learning_rate(quick(), *digits, n_steps=120).losses
    )
    assert not called
    assert capsys.readouterr().out == ""


def test_seeds(digits):
    curves = [
        find_learning_rate(quick(), *digits, n_steps=40, random_state=seed).losses
        for seed in (3, 3, 4)
    ]
    assert_array_equal(curves[0], curves[1])
    assert curves[0][0] != curves[2][0]
    own = find_learning_rate(quick(random_state=3), *digits, n_steps=40).losses
    assert_array_equal(own, curves[0])


def test_a_pipeline_and_sparse_rows(digits):
    X, y = digits
    model = make_pipeline(StandardScaler(with_mean=False), quick())
    found = find_learning_rate(model, csr_array(X), y, n_steps=60)
    expected = find_learning_rate(
        quick(), csr_array(StandardScaler(with_mean=False).fit_transform(X)), y,
        n_steps=60,
    )  # fmt: skip
    assert_allclose(found.losses, expected.losses, rtol=1e-6)
    assert not hasattr(model[0], "scale_")


def test_weights_and_regression():
    X, y = load_diabetes(return_X_y=True)
    X, y = X / X.std(axis=0), (y - y.mean()) / y.std()
    net = quick(MLPRegressor)
    weights = np.random.default_rng(0).uniform(size=len(y))
    plain = find_learning_rate(net, X, y)
    weighted = find_learning_rate(net, X, y, weights)
    assert plain.losses[0] != weighted.losses[0]
    assert 1e-3 < plain.suggestion < 0.3
    poisson = find_learning_rate(
        quick(MLPRegressor, loss="poisson"), X, np.exp(1 + y), max_rate=1e3
    )
    assert len(poisson.rates) < 200
    assert 1e-3 < poisson.suggestion < 1


def test_where_a_divergence_begins():
    assert _divergence_bound([2.0] * 9) == 8
    # A user's loss may be negative.
    assert _divergence_bound([-2.0] * 5 + [-7.0]) == 13


@pytest.mark.parametrize("batch_size", [20, 50])
def test_without_anything_to_learn_there_is_no_suggestion(batch_size):
    X, y = np.zeros((50, 2)), np.arange(50) % 2
    net = quick(hidden_layer_sizes=(), weight_init=0.1, batch_size=batch_size)
    with pytest.warns(UserWarning, match="did not fall at any learning rate"):
        found = find_learning_rate(net, X, y)
    assert np.isnan(found.suggestion)
    assert "did not fall" in str(found)


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": (30,) * 6, "activation": "logistic"},
        {"dropout": 0.95},
    ],
    ids=["sigmoids", "dropout"],
)
def test_a_net_that_no_rate_helps(settings, digits):
    X, y = digits
    with pytest.warns(UserWarning, match="the fault is not the learning rate") as seen:
        found = find_learning_rate(quick(**settings), X, y)
    assert found.caution == str(seen[0].message)
    assert str(found).endswith(found.caution)
    lowest, constant = found.smoothed_losses.min(), np.log(10)
    assert lowest > constant / 2
    assert f"below {lowest:.3g} in this test. A constant has a loss of " in str(found)


def test_a_net_on_columns_that_are_not_scaled():
    X, y = load_wine(return_X_y=True)
    with pytest.warns(UserWarning, match="diagnose"):
        assert find_learning_rate(quick(), X, y).caution
    assert not find_learning_rate(quick(standardize=True), X, y).caution


def test_noisy_targets_are_no_fault_of_the_net(digits):
    """A linear net learns as little."""
    X, y = digits
    rng = np.random.default_rng(0)
    y = np.where(rng.random(len(y)) < 0.6, rng.integers(0, 10, len(y)), y)
    found = find_learning_rate(quick(), X, y)
    assert found.smoothed_losses.min() > 0.8 * np.log(10)
    assert not found.caution


def test_the_result_as_text(digits):
    found = find_learning_rate(quick(), *digits, random_state=0)
    words = str(found)
    assert f"learning_rate_init={found.suggestion:.2g}" in words
    assert f"{len(found.rates)} steps" in words
    assert repr(found) == f"LearningRateDisplay: {words}"
    html = found._repr_html_()
    assert f">{found.suggestion:.2g}</td>" in html
    assert words in html


def test_the_picture(digits):
    plt = pytest.importorskip("matplotlib.pyplot")
    found = find_learning_rate(quick(), *digits)
    assert found.plot(color="k") is found
    assert found.ax_.get_xscale() == "log"
    assert found.figure_ is found.ax_.figure
    raw, smoothed, line = found.lines_
    assert_array_equal(raw.get_ydata(), found.losses)
    assert_array_equal(smoothed.get_ydata(), found.smoothed_losses)
    assert smoothed.get_color() == raw.get_color() == "k"
    assert line.get_xdata()[0] == found.suggestion
    low, high = found.ax_.get_ylim()
    assert low < found.smoothed_losses.min() < found.smoothed_losses[0] < high
    _, ax = plt.subplots()
    shown = LearningRateDisplay.from_estimator(
        quick(), *digits, ax=ax, n_steps=50, random_state=0
    )
    assert shown.ax_ is ax
    assert len(shown.rates) <= 50
    plt.close("all")


def test_the_picture_needs_matplotlib(monkeypatch):
    found = LearningRateDisplay(
        rates=np.ones(2), losses=np.ones(2), smoothed_losses=np.ones(2), suggestion=1.0
    )
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got 'left'"):
        found.plot(ax="left")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="LearningRateDisplay.plot requires matplotl"):
        found.plot()
    with pytest.raises(ImportError, match="LearningRateDisplay.from_estimator requir"):
        LearningRateDisplay.from_estimator(None, None, None)  # before any work


@pytest.mark.parametrize(
    ("net", "options", "message"),
    [
        (quick(solver="lbfgs"), {}, "lbfgs.*choose a stochastic solver"),
        (quick(), {"min_rate": 0}, "min_rate must be a finite number above 0, got 0"),
        (quick(), {"max_rate": 1e-6}, "max_rate must be .* above 1e-05, got 1e-06"),
        (quick(), {"max_rate": np.inf}, "max_rate must be a finite .* got inf"),
        (quick(), {"n_steps": 19}, "n_steps must be an int of at least 20, got 19"),
        (quick(alpha=-1), {}, "alpha"),
        (Standardizer(), {}, "must be a net of skdl"),
    ],
)
def test_errors(net, options, message, digits):
    with pytest.raises((TypeError, ValueError), match=message):
        find_learning_rate(net, *digits, **options)


@pytest.mark.parametrize("name", ["satellite", "reg_diamonds"])
def test_tables_that_the_rule_was_not_chosen_on(name):
    data = load(name, TABLES)
    if data is None:
        pytest.skip(f"{name}.csv.gz is not in {TABLES}")
    Net = MLPRegressor if name.startswith("reg_") else MLPClassifier
    net = Net(hidden_layer_sizes=(50,), batch_size=64, n_iter_no_change=100)
    result = compare(net, *data, n_seeds=1, epochs=5)
    best, scores = (result[rule][1].max() for rule in ("grid", "suggested"))
    assert scores > best - 0.02


def test_the_benchmark(tmp_path, capsys):
    X, y = load_digits(return_X_y=True)
    frame = pd.DataFrame(X[:200, 20:30]).assign(target=y[:200])
    frame.to_csv(tmp_path / "small.csv.gz", index=False)
    options = ["--data", str(tmp_path), "--only", "small", "gone"]
    main([*options, "--nets", "adam", "--seeds", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("small         adam")
    assert "no gone.csv.gz" in lines[2]
    assert [line.split(",")[0] for line in lines[3:]] == list(RULES)
