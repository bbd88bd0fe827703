"""history_: what each number means, for every solver."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import Data, Network, StepDecay, Workspace
from skdl.engine.optimizers import OPTIMIZERS
from tests.engine.cases import penalized
from tests.estimators.common import fit, make

HISTORY = (
    "loss",
    "validation_loss",
    "validation_score",
    "learning_rate",
    "gradient_norm",
    "update_ratio",
    "time",
)
SOLVERS = ["sgd", "adam", "adagrad", "rmsprop", "adamw", "lbfgs"]


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_number_per_epoch(Net, solver, X, y):
    net = fit(make(Net, solver=solver), X, y)
    assert tuple(net.history_) == HISTORY
    for values in net.history_.values():
        assert values.shape == (4,)
        assert values.dtype == np.float64
    assert net.history_["loss"].tolist() == net.loss_curve_
    assert (net.history_["time"] > 0).all()
    assert np.isnan(net.history_["learning_rate"]).all() == (solver == "lbfgs")


@pytest.mark.parametrize("solver", sorted(OPTIMIZERS))
@pytest.mark.parametrize("batch_size", [60, 25])
def test_norms_of_the_last_step(Net, solver, batch_size, X, y):
    """The last step, made again by the engine from the parameters before it."""
    params = {"solver": solver, "batch_size": batch_size, "shuffle": False}
    params |= {"alpha": 2.0, "warm_start": True, "max_iter": 1}
    net = fit(make(Net, **params), X, y)
    seen, step = [], Network.loss_and_gradient

    def spy(self, X, targets, weights, *args):
        seen.append((self.parameters.copy(), X.copy(), targets.copy()))
        return step(self, X, targets, weights, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "loss_and_gradient", spy)
        fit(net, X, y)
    before, rows, targets = seen[-1]
    assert len(rows) == (60 % batch_size or batch_size)
    twin = Network(net._network.widths, net._network.activations, np.dtype(float))
    twin.parameters[...] = before
    workspace = Workspace(twin, len(rows), True)
    penalized(twin, rows, targets, None, net._loss(), 2.0, workspace)
    norm = np.linalg.norm(workspace.gradient)
    assert_allclose(net.history_["gradient_norm"][1], norm, rtol=1e-9)
    moved = np.linalg.norm(net._network.parameters - before)
    ratio = moved / np.linalg.norm(before)
    assert_allclose(net.history_["update_ratio"][1], ratio, rtol=1e-9)


def test_norms_of_lbfgs(X, y):
    """By hand: the gradient of a linear least-squares fit."""
    nets = [
        fit(
            make(
                MLPRegressor, hidden_layer_sizes=(), solver="lbfgs", alpha=3.0,
                max_iter=k,
            ),
            X,
            y,
        )
        for k in (1, 2)
    ]  # fmt: skip
    old, new = (np.append(net.coef_, net.intercept_) for net in nets)
    error = X @ new[:4] + new[4] - y
    gradient = np.append(X.T @ error + 3.0 * new[:4], error.sum()) / 60
    history = nets[1].history_
    assert_allclose(history["gradient_norm"][1], np.linalg.norm(gradient), rtol=1e-8)
    ratio = np.linalg.norm(new - old) / np.linalg.norm(old)
    assert_allclose(history["update_ratio"][1], ratio, rtol=1e-8)
    loss = ((error**2).sum() + 3.0 * (new[:4] ** 2).sum()) / 120
    assert_allclose(history["loss"][1], loss, rtol=1e-10)


def test_clipping_is_not_in_the_norm(Net, X, y):
    params = {"max_iter": 1, "batch_size": 60, "alpha": 0.0}
    plain = fit(make(Net, **params), X, y).history_["gradient_norm"]
    clipped = fit(make(Net, **params, max_grad_norm=1e-3), X, y)
    assert_array_equal(clipped.history_["gradient_norm"], plain)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("constant", [0.1] * 4),
        ("invscaling", 0.1 / np.sqrt([1, 61, 121, 181])),
        (StepDecay(decay=0.5, every=2), [0.1, 0.1, 0.05, 0.05]),
    ],
)
def test_rate_under_a_schedule(Net, rate, expected, X, y):
    net = make(Net, solver="sgd", learning_rate=rate, learning_rate_init=0.1)
    history = fit(net, X, y).history_
    assert_allclose(history["learning_rate"], expected, rtol=1e-12)


def test_validation_loss_has_no_penalty(X, y, X_val, y_val):
    """On the rows themselves: the objective of lbfgs, less its penalty."""
    net = make(SoftmaxClassifier, solver="lbfgs", alpha=4.0)
    fit(net, X, y, X_val=X, y_val=y)
    squares = sum((W**2).sum() for W in net.coefs_)
    found = net.history_["loss"][-1] - net.history_["validation_loss"][-1]
    assert_allclose(found, 4.0 / (2 * 60) * squares, rtol=1e-10)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_history_continues_under_warm_start(Net, solver, X, y):
    net = make(Net, solver=solver, warm_start=True, max_iter=3)
    first = fit(net, X, y).history_
    second = fit(net, X, y).history_
    expected = fit(make(Net, solver=solver, max_iter=6), X, y).history_
    for name in HISTORY:
        assert len(first[name]) == 3  # what was handed out does not grow
        assert_array_equal(second[name][:3], first[name])
        if solver == "adam" and name != "time":
            assert_array_equal(second[name], expected[name])
    fit(net.set_params(warm_start=False), X, y)
    assert len(net.history_["loss"]) == 3


def test_history_continues_under_partial_fit(Net, X, y):
    expected = fit(make(Net, batch_size=25), X, y).history_
    net = make(Net, batch_size=25)
    for _ in range(4):
        net.partial_fit(X, y, **({"classes": [0, 1, 2]} if is_classifier(net) else {}))
    for name in set(HISTORY) - {"time"}:
        assert_array_equal(net.history_[name], expected[name])
    assert (net.history_["time"] > 0).all()


def test_time_is_that_of_each_epoch(X, y, clock, monkeypatch):
    """Callbacks are not in it; they read the clock, too."""
    evaluate = Network.loss_and_gradient

    def slow(self, *args):
        clock.now += 2.0
        return evaluate(self, *args)

    class Slow:
        def setup(self, estimator, context):
            clock.now += 100

        on_fit_task_begin = on_fit_task_end = teardown = setup

    monkeypatch.setattr(Network, "loss_and_gradient", slow)
    net = make(MLPClassifier, batch_size=25).set_callbacks(Slow())
    assert fit(net, X, y).history_["time"].tolist() == [6.0] * 4
    net = make(MLPClassifier, solver="lbfgs", max_iter=2).set_callbacks(Slow())
    assert (fit(net, X, y).history_["time"] % 100 >= 2).all()


def test_data_are_not_kept(X, y):
    """The history is numbers; no rows hang on it."""
    net = fit(make(MLPClassifier, early_stopping=True), X, y)
    for value in vars(net).values():
        assert not isinstance(value, Data)
        assert not hasattr(value, "held")
