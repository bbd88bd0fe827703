"""A fit that dies and is called again ends as if it had not."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, Standardizer, ValidationSet
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.callbacks import checkpoint as module
from skdl.engine import Cosine, ReduceOnPlateau
from skdl.engine.optimizers import OPTIMIZERS

# Options that have a state of their own between epochs.
CASES = {
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
    "no momentum": {"solver": "sgd", "momentum": 0},
    "l1": {"penalty": "l1", "alpha": 0.1},
    "dropout": {"dropout": 0.3},
    "batch norm": {"normalization": "batch", "dropout": [0.1, 0.2]},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3, "tol": 0.05},
    "scoring": {"early_stopping": True, "scoring": "accuracy", "n_iter_no_change": 99},
    "splitter": {
        "validation_split": KFold(3, shuffle=True, random_state=1),
        "early_stopping": True,
        "scoring": "loss",
    },
    "cosine": {"learning_rate": Cosine()},
    "on plateau": {"learning_rate": ReduceOnPlateau(patience=2), "tol": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05}
    | {"n_iter_no_change": 1},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "in order": {"shuffle": False},
    "tol": {"tol": 0.3, "n_iter_no_change": 5},
    "warm": {"warm_start": True},
    "residual": {"hidden_layer_sizes": (6, 6, 6), "residual": True},
}


def make(Net=MLPClassifier, **options):
    usual = {"hidden_layer_sizes": (6,), "max_iter": 13, "batch_size": 16}
    usual |= {"random_state": 0, "learning_rate_init": 0.02}
    return Net(**{**usual, **options})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.npz"


@pytest.mark.parametrize("name", CASES)
def test_fit_goes_on_after_a_crash(name, X, y, path, fit, crash, assert_same):
    expected = fit(make(**CASES[name]), X, y)
    callback = Checkpoint(path, resume=True)
    crash(make(**CASES[name]), 3, X, y, callback)
    crash(make(**CASES[name]), 5, X, y, callback)
    epochs = []
    watch = LambdaCallback(lambda net: epochs.append(net.n_iter_))
    net = fit(make(**CASES[name]), X, y, watch, Checkpoint(path, resume=True))
    assert epochs[0] == 5
    assert_same(net, expected)


@pytest.mark.parametrize("kind", ["float32", "sparse", "weights", "X_val", "held set"])
def test_fit_goes_on_with_all_kinds_of_data(kind, X, y, path, fit, crash, assert_same):
    others = {}
    if kind == "float32":
        X = X.astype(np.float32)
    elif kind == "sparse":
        X = csr_array(np.where(X > 0, X, 0))
    elif kind == "weights":
        others = {"sample_weight": np.linspace(0, 2, 60)}
    elif kind == "X_val":
        others = {"X_val": X[:20] + 0.1, "y_val": y[:20]}
    else:
        others = {"X_val": ValidationSet(X + 0.1, y, np.linspace(0, 2, 60))}
    options = {"early_stopping": "X_val" in others, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y, **others)
    crash(make(**options), 4, X, y, Checkpoint(path), **others)
    net = fit(make(**options), X, y, Checkpoint(path, resume=True), **others)
    assert_same(net, expected)


def test_regressor_goes_on(X, path, fit, crash, assert_same):
    Y = X[:, :2] ** 2
    expected = fit(make(MLPRegressor), X, Y)
    crash(make(MLPRegressor), 4, X, Y, Checkpoint(path))
    assert_same(fit(make(MLPRegressor), X, Y, Checkpoint(path, resume=True)), expected)


def diverging():
    return make(
        MLPRegressor, activation="identity", hidden_layer_sizes=(6, 6), solver="sgd",
        max_restarts=3, learning_rate_init=3.0, n_iter_no_change=99,
    )  # fmt: skip


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 6])
def test_restarts_go_on(n_epochs, X, path, fit, crash, assert_same):
    y = X[:, 0]
    expected = fit(diverging(), X, y)
    crash(diverging(), n_epochs, X, y, Checkpoint(path))
    with pytest.warns(ConvergenceWarning):
        net = diverging().set_callbacks(Checkpoint(path, resume=True)).fit(X, y)
    assert_same(net, expected)
    assert not np.isfinite(expected.loss_curve_[0]) or expected.loss_curve_[0] > 1e3


def test_a_loss_explodes_at_the_same_height_after_a_crash(X, y, path, fit, crash):
    """The limit is 1e10 times the first loss of the run, not of the call."""
    limits = []
    watch = LambdaCallback(lambda net: limits.append(net.training_.progress.limit))
    fit(make(), 1e3 * X, y, watch)
    expected = limits.copy()
    crash(make(), 4, 1e3 * X, y, Checkpoint(path))
    limits.clear()
    fit(make(), 1e3 * X, y, Checkpoint(path, resume=True), watch)
    assert set(limits) == set(expected)
    assert limits[0] > 1.1e10


@pytest.mark.parametrize("every", [2, 5, 50])
def test_every(every, X, y, path, fit, crash, assert_same):
    expected = fit(make(), X, y)
    crash(make(), 8, X, y, Checkpoint(path, every=every))
    epochs = []
    watch = LambdaCallback(lambda net: epochs.append(net.n_iter_))
    net = fit(make(), X, y, Checkpoint(path, resume=True, every=every), watch)
    # The eighth epoch died before it was over.
    assert epochs[0] == {2: 6, 5: 5, 50: 0}[every] + 1
    assert_same(net, expected)


@pytest.mark.parametrize("name", ["adam", "early stopping", "tol", "warm"])
def test_a_complete_run_returns_at_once(name, X, y, path, fit, assert_same):
    expected = fit(make(**CASES[name]), X, y)
    fit(make(**CASES[name]), X, y, Checkpoint(path))
    watch = LambdaCallback(lambda net: pytest.fail("trained again"))
    net = fit(make(**CASES[name]), X, y, watch, Checkpoint(path, resume=True))
    assert_same(net, expected)


def test_a_complete_run_warns_again_of_too_few_epochs(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    with pytest.warns(ConvergenceWarning, match="max_iter=13.*still improving"):
        make().set_callbacks(Checkpoint(path, resume=True)).fit(X, y)


def test_a_run_that_a_callback_ended_is_complete(X, y, path, fit, assert_same):
    def enough(net):
        return net.n_iter_ == 4

    expected = fit(make(), X, y, LambdaCallback(enough), Checkpoint(path))
    assert expected.stop_reason_ == "callback"
    assert_same(fit(make(), X, y, Checkpoint(path, resume=True)), expected)


@pytest.mark.parametrize("first", [True, False])
def test_a_crash_after_a_callback_has_stopped(first, X, y, path, fit, monkeypatch):
    """The order of the callbacks does not decide whether the stop is forgotten."""
    stop = LambdaCallback(lambda net: net.n_iter_ >= 4)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "fit_ended", lambda *args: 1 / 0)
        callbacks = [Checkpoint(path), stop][:: 1 if first else -1]
        with pytest.raises(ZeroDivisionError):
            fit(make(), X, y, *callbacks)
    net = fit(make(), X, y, *callbacks[::-1], Checkpoint(path, resume=True))
    assert net.n_iter_ == 4


def test_ctrl_c_is_gone_on_from(X, y, path, fit, assert_same):
    options = {"early_stopping": True, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y)

    def press(net):
        if net.n_iter_ == 6:
            raise KeyboardInterrupt

    net = make(**options).set_callbacks(Checkpoint(path), LambdaCallback(press))
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X, y)
    assert net.stop_reason_ == "interrupted"
    assert_same(fit(make(**options), X, y, Checkpoint(path, resume=True)), expected)


@pytest.mark.parametrize("every", [1, 100])
def test_slices_of_time_add_up(every, X, y, path, fit, assert_same):
    options = {"early_stopping": True, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y)
    callback = Checkpoint(path, resume=True, every=every)
    ends = []
    while not ends or ends[-1] == "max_time":
        # This deadline is looked at between epochs, the batches' own stays far off.
        late = LambdaCallback(on_fit_begin=lambda net: expire(net.training_))
        net = fit(make(max_time=1000, **options), X, y, callback, late)
        ends.append(net.stop_reason_)
    assert ends == ["max_time"] * 13 + ["max_iter"]
    assert_same(net, expected)


def expire(run):
    run.deadline = 0


def test_time_that_is_over_within_an_epoch_loses_that_epoch(
    X, y, path, fit, crash, assert_same
):
    expected = fit(make(), X, y)
    crash(make(), 5, X, y, Checkpoint(path))
    net = fit(make(max_time=1e-9), X, y, Checkpoint(path, resume=True))
    assert (net.n_iter_, net.stop_reason_) == (5, "max_time")
    assert_same(fit(make(), X, y, Checkpoint(path, resume=True)), expected)


def changed(array):
    array = array.copy()
    array[-1] += 1
    return array


@pytest.mark.parametrize(
    ("options", "data", "message"),
    [
        ({"alpha": 0.5}, {}, "alpha was 0.0001 and is 0.5"),
        ({"hidden_layer_sizes": (7,)}, {}, r"hidden_layer_sizes was \(6,\) and is"),
        ({"random_state": 1}, {}, "random_state was 0 and is 1"),
        ({"max_iter": 20}, {}, "max_iter was 13 and is 20"),
        ({"learning_rate": Cosine(5)}, {}, "learning_rate was 'constant' and is Cos"),
        ({}, {"X": lambda X: X[:50], "y": lambda y: y[:50]}, r"X was float64 .*\(60, 4"),
        ({}, {"X": changed}, "X was float64 of shape .* content .* and is float64"),
        ({}, {"X": lambda X: X.astype("f4")}, "X was float64 .* and is float32"),
        ({}, {"y": lambda y: y[::-1]}, "run: y was [^;]*content [^;]* and is [^;]*$"),
        ({}, {"sample_weight": np.ones(60)}, "run: sample_weight was none and is float"),
        (
            {},
            {"X_val": ValidationSet(np.ones((7, 4)), np.zeros(7, int))},
            "validation data was none and is 7 rows",
        ),
    ],
)
def test_another_run_is_refused(options, data, message, X, y, path, fit, crash):
    crash(make(), 3, X, y, Checkpoint(path))
    before = path.read_bytes()
    data = {"X": X, "y": y} | {
        name: value({"X": X, "y": y}[name]) if callable(value) else value
        for name, value in data.items()
    }
    net = make(**options)
    with pytest.raises(ValueError, match=message) as caught:
        fit(net, callback=Checkpoint(path, resume=True), **data)
    assert "resume=False" in str(caught.value)
    assert path.read_bytes() == before
    assert vars(net).keys() - {"_skl_callbacks"} == net.get_params().keys()
    # And that is the way out.
    fit(net, callback=Checkpoint(path, resume=False), **data)
    assert path.read_bytes() != before
