"""Set-ups of training that wait for the next call."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPRegressor
from skdl.engine import raw_scores, setups
from skdl.engine.network import Network
from skdl.engine.setups import AT_MOST, Setup, give_back, take
from skdl.engine.stacking import network_like

X, y = np.eye(6, 4), np.arange(6.0)


@pytest.fixture(autouse=True)
def waiting(monkeypatch):
    """Begin with no set-up, and leave none."""
    monkeypatch.setattr(setups, "WAITING", type(setups.WAITING)())
    return setups.WAITING


def make(key, n_features=3):
    return Setup(Network((n_features, 1), [], np.float64), key)


def test_a_set_up_is_taken_once():
    setup = make("key")
    give_back(setup)
    assert take("other key") is None
    assert take("key") is setup
    assert take("key") is None


def test_a_set_up_without_a_key_does_not_wait(waiting):
    give_back(make(None))
    assert not waiting.by_key


def test_large_set_ups_do_not_wait():
    wide = make("wide", 2**16)
    give_back(wide)
    many_rows = make("many rows")
    many_rows.allocate(2**18, 2**18)
    give_back(many_rows)
    assert take("wide") is None
    assert take("many rows") is None


def test_the_oldest_set_up_goes():
    for key in range(AT_MOST + 2):
        give_back(make(key))
    assert [take(key) is None for key in range(4)] == [True, True, False, False]


def test_threads_see_their_own_set_ups():
    give_back(make("key"))
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(take, "key").result() is None
    assert take("key") is not None


def test_workspaces_are_used_again():
    setup = make("key")
    gradient, first = setup.allocate(6, 15)
    assert sorted(first) == [3, 6]
    again, second = setup.allocate(6, 10)
    assert again is gradient
    assert second[6] is first[6]
    assert sorted(second) == [4, 6]


def test_a_set_up_holds_neither_rows_nor_results(waiting):
    net = MLPRegressor(hidden_layer_sizes=(5,), random_state=0).partial_fit(X, y)
    net.partial_fit(X, y)
    (setup,) = waiting.by_key.values()
    for workspace in setup.workspaces.values():
        assert all(
            getattr(buffers, "X", None) is None
            for buffers in workspace.buffers_of.values()
        )
    copy = setup.copy_network()
    assert_array_equal(copy.parameters, net._network.parameters)
    rebuilt = network_like(copy, *copy.snapshot())
    assert vars(rebuilt).keys() == vars(copy).keys()
    assert_array_equal(raw_scores(copy, X), raw_scores(rebuilt, X))
    assert_array_equal(raw_scores(copy, X), raw_scores(setup.network, X))
    for network in (copy, net._network):
        assert not np.shares_memory(network.parameters, setup.network.parameters)
        for layer, own in zip(network.affine, setup.network.affine, strict=True):
            assert not np.shares_memory(layer.weights, own.weights)


@pytest.mark.parametrize(
    "params",
    [
        {"dropout": 0.5},
        {"normalization": "batch"},
        {"residual": True},
        {"standardize": True},
        {"activation": ["relu", "tanh"]},
    ],
    ids=str,
)
def test_other_nets_use_no_set_up(waiting, params):
    net = MLPRegressor(hidden_layer_sizes=(5, 5), random_state=0, **params)
    for _ in range(2):
        net.partial_fit(X, y)
    assert not waiting.by_key


def test_a_failed_call_drops_its_set_up(waiting):
    net = MLPRegressor(hidden_layer_sizes=(5,), random_state=0).partial_fit(X, y)
    net.partial_fit(X, y)
    assert len(waiting.by_key) == 1
    with pytest.raises(ValueError, match="non-finite"):
        net.set_params(learning_rate_init=1e300).partial_fit(1e300 * X, y)
    assert not waiting.by_key
