"""A run stopped anywhere and continued elsewhere ends with the same bits."""

import copy
import json
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skdl.engine import ReduceOnPlateau
from skdl.engine.optimizers import OPTIMIZERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Saver:
    """Keeps the state after so many epochs, the way another process would get it."""

    def __init__(self, n_epochs):
        self.n_epochs, self.states = n_epochs, []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        if estimator.n_iter_ == self.n_epochs and context.parent is not None:
            state = estimator.training_.state_dict()
            self.states.append((state, pickle.dumps(state)))


class Loader:
    """Goes on from a state."""

    def __init__(self, state):
        self.state = state

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_end = setup

    def on_fit_task_begin(self, estimator, context):
        if context.parent is None:
            estimator.training_.load_state_dict(self.state)


def continued(net, twin, n_epochs, X, y, **extra):
    """Fit; then fit the twin from the state after so many epochs."""
    saver = Saver(n_epochs)
    net.set_callbacks(saver).fit(X, y, **extra)
    ((state, content),) = saver.states
    # Nothing in it is an array or a list that training went on to change.
    assert pickle.dumps(state) == content or same(state, pickle.loads(content))
    loaded = pickle.loads(content)
    twin.set_callbacks(Loader(loaded)).fit(X, y, **extra)
    assert same(loaded, pickle.loads(content))  # nor does the one who goes on


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b, equal_nan=isinstance(a, float | np.ndarray))


def assert_same_end(net, twin, flat):
    assert_array_equal(flat(twin), flat(net))
    for name in ("loss_", "loss_curve_", "n_iter_", "t_", "best_loss_", "stop_reason_"):
        assert getattr(twin, name) == getattr(net, name), name
    assert twin.validation_scores_ == net.validation_scores_
    for name in set(net.history_) - {"time"}:
        assert_array_equal(twin.history_[name], net.history_[name])


@pytest.mark.parametrize("solver", sorted(OPTIMIZERS))
@pytest.mark.parametrize("n_epochs", [1, 5])
def test_continues_to_the_bit(Net, solver, n_epochs, X, y, make, flat):
    params = {"solver": solver, "dropout": 0.3, "normalization": "batch"}
    params |= {"max_iter": 9, "batch_size": 20, "learning_rate_init": 0.01}
    nets = [make(Net, **params) for _ in range(2)]
    continued(*nets, n_epochs, X, y)
    assert_same_end(*nets, flat)


@pytest.mark.parametrize("given", [False, True])
def test_early_stopping_and_plateaus(Net, given, X, y, X_val, y_val, make, flat):
    params = {"max_iter": 40, "early_stopping": True, "n_iter_no_change": 6}
    params |= {"learning_rate": ReduceOnPlateau(patience=2), "solver": "sgd"}
    params |= {"learning_rate_init": 0.05, "batch_size": 20}
    extra = {"X_val": X_val, "y_val": y_val} if given else {}
    nets = [make(Net, **params) for _ in range(2)]
    continued(*nets, 5, X, y, **extra)
    assert_same_end(*nets, flat)
    assert nets[0].n_iter_ > 5


@pytest.mark.parametrize("n_epochs", range(1, 14))
def test_restarts(n_epochs, X, y, make, flat):
    from skdl import MLPRegressor

    params = {"max_iter": 25, "solver": "sgd", "learning_rate_init": 1e5}
    params |= {"max_restarts": 9, "activation": "identity", "batch_size": 30}
    nets = [make(MLPRegressor, **params) for _ in range(2)]
    continued(*nets, n_epochs, X, y)
    if np.isfinite(nets[0].history_["gradient_norm"][n_epochs - 1]):
        assert_same_end(*nets, flat)


def test_plain_values_and_arrays_only(Net, X, y, make):
    saver = Saver(2)
    make(Net, early_stopping=True, max_restarts=1).set_callbacks(saver).fit(X, y)
    state, _ = saver.states[0]

    def walk(value):
        if isinstance(value, dict):
            assert all(type(name) is str for name in value)
            return {name: walk(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner) for inner in value]
        if isinstance(value, np.ndarray):
            assert value.dtype.kind in "fiu"
            return value.tolist()
        assert value is None or type(value) in (bool, int, float, str), value
        return value

    json.dumps(walk(state))


def test_before_the_first_epoch(Net, X, y, make, flat):
    """A state that holds no record yet can be loaded, too."""
    seen = []

    class Early(Loader):
        def on_fit_task_begin(self, estimator, context):
            if context.parent is None:
                seen.append(estimator.training_.state_dict())

    nets = [make(Net).set_callbacks(Early(None)).fit(X, y)]
    assert np.isnan(seen[0]["records"]["loss_"])
    nets.append(make(Net).set_callbacks(Loader(seen[0])).fit(X, y))
    assert_same_end(*nets, flat)


def test_lbfgs_has_no_state(Net, X, y, make):
    net = make(Net, solver="lbfgs").set_callbacks(Saver(1))
    with pytest.raises(ValueError, match="training_.state_dict\\(\\) needs a stoch"):
        net.fit(X, y)
    copy.deepcopy(net)


def test_warning_is_of_the_end(Net, X, y, make):
    """A run that is loaded at its end has nothing left to do."""
    net, saver = make(Net), Saver(4)
    net.set_callbacks(saver).fit(X, y)
    twin = make(Net).set_callbacks(Loader(saver.states[0][0]))
    with pytest.warns(ConvergenceWarning, match="max_iter=4"):
        twin.fit(X, y)
    assert twin.loss_curve_ == net.loss_curve_
