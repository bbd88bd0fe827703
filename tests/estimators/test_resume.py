"""Training resumed from a state ends with the same bits; bad states are refused."""

import copy
import json
import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.engine import ReduceOnPlateau
from skdl.engine.optimizers import OPTIMIZERS
from tests.estimators.common import flat, make

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Saver:
    """Keeps the state after `n_epochs`, pickled as another process would get it."""

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
    """Continues from a state."""

    def __init__(self, state):
        self.state = state

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_end = setup

    def on_fit_task_begin(self, estimator, context):
        if context.parent is None:
            estimator.training_.load_state_dict(self.state)


def continued(net, twin, n_epochs, X, y, **extra):
    """Fit; then fit the twin from the state after `n_epochs`."""
    saver = Saver(n_epochs)
    net.set_callbacks(saver).fit(X, y, **extra)
    ((state, content),) = saver.states
    # Later epochs change no array and no list of it.
    assert pickle.dumps(state) == content or same(state, pickle.loads(content))
    loaded = pickle.loads(content)
    twin.set_callbacks(Loader(loaded)).fit(X, y, **extra)
    assert same(loaded, pickle.loads(content))  # nor does the twin


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b, equal_nan=isinstance(a, float | np.ndarray))


def assert_same_end(net, twin):
    assert_array_equal(flat(twin), flat(net))
    for name in ("loss_", "loss_curve_", "n_iter_", "t_", "best_loss_", "stop_reason_"):
        assert getattr(twin, name) == getattr(net, name), name
    assert twin.validation_scores_ == net.validation_scores_
    for name in set(net.history_) - {"time"}:
        assert_array_equal(twin.history_[name], net.history_[name])


@pytest.mark.parametrize("solver", sorted(OPTIMIZERS))
@pytest.mark.parametrize("n_epochs", [1, 5])
def test_continues_to_the_bit(Net, solver, n_epochs, X, y):
    params = {"solver": solver, "dropout": 0.3, "normalization": "batch"}
    params |= {"max_iter": 9, "batch_size": 20, "learning_rate_init": 0.01}
    nets = [make(Net, **params) for _ in range(2)]
    continued(*nets, n_epochs, X, y)
    assert_same_end(*nets)


@pytest.mark.parametrize("given", [False, True])
def test_early_stopping_and_plateaus(Net, given, X, y, X_val, y_val):
    params = {"max_iter": 40, "early_stopping": True, "n_iter_no_change": 6}
    params |= {"learning_rate": ReduceOnPlateau(patience=2), "solver": "sgd"}
    params |= {"learning_rate_init": 0.05, "batch_size": 20}
    extra = {"X_val": X_val, "y_val": y_val} if given else {}
    nets = [make(Net, **params) for _ in range(2)]
    continued(*nets, 5, X, y, **extra)
    assert_same_end(*nets)
    assert nets[0].n_iter_ > 5


@pytest.mark.parametrize("n_epochs", range(1, 14))
def test_restarts(n_epochs, X, y):
    params = {"max_iter": 25, "solver": "sgd", "learning_rate_init": 1e5}
    params |= {"max_restarts": 9, "activation": "identity", "batch_size": 30}
    nets = [make(MLPRegressor, **params) for _ in range(2)]
    continued(*nets, n_epochs, X, y)
    if np.isfinite(nets[0].history_["gradient_norm"][n_epochs - 1]):
        assert_same_end(*nets)


def test_plain_values_and_arrays_only(Net, X, y):
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


def test_before_the_first_epoch(Net, X, y):
    """A state that holds no record yet can be loaded, too."""
    seen = []

    class Early(Loader):
        def on_fit_task_begin(self, estimator, context):
            if context.parent is None:
                seen.append(estimator.training_.state_dict())

    nets = [make(Net).set_callbacks(Early(None)).fit(X, y)]
    assert np.isnan(seen[0]["records"]["loss_"])
    nets.append(make(Net).set_callbacks(Loader(seen[0])).fit(X, y))
    assert_same_end(*nets)


def test_lbfgs_has_no_state(Net, X, y):
    net = make(Net, solver="lbfgs").set_callbacks(Saver(1))
    with pytest.raises(ValueError, match="training_.state_dict\\(\\) needs a stoch"):
        net.fit(X, y)
    copy.deepcopy(net)


def test_a_run_loaded_after_its_last_epoch_warns_as_that_did(Net, X, y):
    """There are no epochs left to do."""
    net, saver = make(Net), Saver(4)
    net.set_callbacks(saver).fit(X, y)
    twin = make(Net).set_callbacks(Loader(saver.states[0][0]))
    with pytest.warns(ConvergenceWarning, match="max_iter=4"):
        twin.fit(X, y)
    assert twin.loss_curve_ == net.loss_curve_


# States that a run cannot have.

ROWS = np.random.default_rng(0).normal(size=(30, 3))
LABELS = ROWS.argmax(axis=1)
OPTIONS = {
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3},
    "restarts": {"max_restarts": 2},
    "batch norm": {"normalization": "batch", "dropout": 0.2},
    "warm": {"warm_start": True},
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
}


def states(n_fits=1, **options):
    """Return the states of a run before its first epoch and after the third."""
    found = {}

    def keep(net):
        found[net.n_iter_] = net.training_.state_dict()

    net = MLPClassifier(4, max_iter=4, random_state=0, **options)
    net.set_callbacks(LambdaCallback(keep, keep))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(n_fits):
            net.fit(ROWS, LABELS)
    return found[0], found[3]


OPTIONS_OF_STATE = {
    "max_restarts": 1,
    "early_stopping": True,
    "validation_fraction": 0.3,
}


@pytest.fixture(scope="module")
def late_state():
    return states(**OPTIONS_OF_STATE)[1]


def load(state, **options):
    """Load a state into a run that has just begun; return what is refused, or None."""
    refused = []

    def load(net):
        before = net.training_.state_dict()
        try:
            net.training_.load_state_dict(copy.deepcopy(state))
        except ValueError as error:
            refused.append(str(error))
            np.testing.assert_equal(net.training_.state_dict(), before)

    net = MLPClassifier(4, max_iter=4, random_state=0, **options)
    net.set_callbacks(LambdaCallback(lambda net: True, load))
    net.fit(ROWS, LABELS)
    return refused[0] if refused else None


@pytest.mark.parametrize("name", OPTIONS)
def test_states_of_a_run_are_accepted(name):
    n_fits = 2 if name == "warm" else 1
    for state in states(n_fits=n_fits, **OPTIONS[name]):
        if name == "warm":
            state["records"]["loss_curve_"] = state["records"]["loss_curve_"][4:]
        assert load(state, **OPTIONS[name]) is None


FORGED = {
    ("parameters",): [np.zeros(1), np.zeros(31, np.float32), [0.0], None],
    ("statistics",): [np.zeros(1)],
    ("records", "predict"): ["not a method"],
    ("records", "max_iter"): [77],
    ("records", "n_iter_"): [-1, 5, 3.0, True, None, 2**80],
    ("records", "loss_curve_"): [None, [0.1], [0.1, "b", 0.2], np.ones(3)],
    ("records", "best_validation_score_"): ["a", [1.0]],
    ("records", "best_loss_"): [0.5],
    ("records", "loss_"): ["abc", np.ones(1)],
    ("history", "loss"): [[0.1], None, [0.1, 0.2, None]],
    ("history", "more"): [[0.1, 0.2, 0.3]],
    ("optimizer", "n_steps"): [-1, 0.5, "x", 2**70],
    ("optimizer", "first_moments"): [np.zeros(1)],
    ("snapshots", "best", "parameters"): [np.zeros(1), None],
    ("snapshots", "good", "optimizer"): [{}, None],
    ("snapshots", "predict"): [{}],
    ("progress", "epochs"): [-1, "a", 1.5],
    ("progress", "reference_loss"): ["a", [1]],
    ("streams", "shuffling"): [None, {}, {"bit_generator": "MT19937"}],
    ("stop_reason",): ["because", [1], 3],
    ("asked_to_stop",): ["no", 3],
    ("n_stalled",): [-1, None],
    ("learning_rate",): ["fast", None, -0.1],
    ("lowest_loss",): ["a"],
    ("network",): [3],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [(path, value) for path, values in FORGED.items() for value in values],
)
def test_forged_parts_are_refused(path, value, late_state):
    state = copy.deepcopy(late_state)
    *outer, name = path
    place = state
    for part in outer:
        place = place[part]
    if name == "first_moments":
        (name,) = [n for n, v in place.items() if isinstance(v, np.ndarray)][:1]
    place[name] = value
    assert (outer[-1] if outer else name) in load(state, **OPTIONS_OF_STATE)


@pytest.mark.parametrize("path", [("parameters",), ("snapshots", "best", "parameters")])
def test_nan_is_refused_unless_the_run_diverged(path, late_state):
    state = copy.deepcopy(late_state)
    place = state
    for part in path:
        place = place[part]
    place[0] = np.nan
    assert f"{'.'.join(path)} contains NaN" in load(state, **OPTIONS_OF_STATE)


def parts(state, path=()):
    for name, value in state.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from parts(value, (*path, name))


def test_no_part_may_be_missing(late_state):
    for *outer, name in parts(late_state):
        state = copy.deepcopy(late_state)
        place = state
        for part in outer:
            place = place[part]
        del place[name]
        assert (outer[-1] if outer else name) in load(state, **OPTIONS_OF_STATE)


def test_an_unknown_part_is_named(late_state):
    state = copy.deepcopy(late_state)
    state["records"]["predict"] = 3
    assert "records has 'predict', which is unkn" in load(state, **OPTIONS_OF_STATE)
