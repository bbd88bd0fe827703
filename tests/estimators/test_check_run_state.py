"""A state that a run cannot have is refused, and says which part of it."""

import copy
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine.optimizers import OPTIMIZERS
from skdl.estimators._check_run_state import check_run_state

X = np.random.default_rng(0).normal(size=(30, 3))
y = X.argmax(axis=1)
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
            net.fit(X, y)
    return found[0], found[3]


@pytest.fixture(scope="module")
def pair():
    return states(max_restarts=1, early_stopping=True, validation_fraction=0.3)


@pytest.mark.parametrize("name", OPTIONS)
def test_states_of_a_run_pass(name):
    before, after = states(n_fits=2 if name == "warm" else 1, **OPTIONS[name])
    for state in (before, after):
        check_run_state(state, before, 4)


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
    ("learning_rate",): ["fast", None],
    ("lowest_loss",): ["a"],
    ("network",): [3],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [(path, value) for path, values in FORGED.items() for value in values],
)
def test_forged_parts_are_refused(path, value, pair):
    before, state = copy.deepcopy(pair)
    *outer, name = path
    place = state
    for part in outer:
        place = place[part]
    if name == "first_moments":
        (name,) = [n for n, v in place.items() if isinstance(v, np.ndarray)][:1]
    place[name] = value
    with pytest.raises(ValueError, match=outer[-1] if outer else name):
        check_run_state(state, before, 4)


def parts(state, path=()):
    for name, value in state.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from parts(value, (*path, name))


def test_no_part_may_be_missing(pair):
    before, after = pair
    for *outer, name in parts(after):
        state = copy.deepcopy(after)
        place = state
        for part in outer:
            place = place[part]
        del place[name]
        with pytest.raises(ValueError, match=outer[-1] if outer else name):
            check_run_state(state, before, 4)


def test_a_refused_state_changes_nothing(pair):
    def load(net):
        kept = net.training_.state_dict()
        state = copy.deepcopy(pair[1])
        state["records"]["predict"] = 3
        with pytest.raises(ValueError, match="records has 'predict', which is unkn"):
            net.training_.load_state_dict(state)
        np.testing.assert_equal(net.training_.state_dict(), kept)

    net = MLPClassifier(4, max_iter=1, random_state=0, max_restarts=1)
    net.set_params(early_stopping=True, validation_fraction=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.set_callbacks(LambdaCallback(on_fit_begin=load)).fit(X, y)
