"""One seed, independent streams."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.estimators._random import load_streams, random_streams, save_streams


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_same_seed_same_bits(Net, solver, X, y, make, fit, flat):
    nets = [fit(make(Net, solver=solver, batch_size=16), X, y) for _ in range(2)]
    assert_array_equal(flat(nets[0]), flat(nets[1]))
    assert nets[0].loss_curve_ == nets[1].loss_curve_


def test_other_seed_other_weights(Net, X, y, make, fit, flat):
    nets = [fit(make(Net, random_state=seed), X, y) for seed in (0, 1)]
    assert np.abs(flat(nets[0]) - flat(nets[1])).max() > 0.1


def test_instance_advances(Net, X, y, make, fit, flat):
    instance = np.random.RandomState(0)
    net = make(Net, random_state=instance)
    first, second = flat(fit(net, X, y)), flat(fit(net, X, y))
    assert np.abs(first - second).max() > 0.1
    assert_array_equal(first, flat(fit(make(Net, random_state=0), X, y)))


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}])
def test_global_state_is_not_touched(Net, params, X, y, make, fit):
    before = np.random.get_state()[1:]  # noqa: NPY002
    fit(make(Net, **params), X, y)
    for old, new in zip(before, np.random.get_state()[1:], strict=True):  # noqa: NPY002
        assert_array_equal(new, old)


def test_none_draws_from_the_global_state(Net, X, y, make, fit, flat):
    nets = [fit(make(Net, random_state=None), X, y) for _ in range(2)]
    assert np.abs(flat(nets[0]) - flat(nets[1])).max() > 0.1


def test_streams_are_independent_of_one_another():
    _, streams = random_streams(0)
    _, others = random_streams(0)
    streams["validation"].random(100)
    assert_array_equal(streams["shuffling"].random(5), others["shuffling"].random(5))
    assert streams["validation"].random() != streams["shuffling"].random()


def test_initialization_is_the_seed_itself():
    initialization, _ = random_streams(5)
    expected = np.random.RandomState(5).uniform(size=5)
    assert_array_equal(initialization.uniform(size=5), expected)


def test_initialization_is_a_twin_which_does_not_advance_the_instance():
    instance = np.random.RandomState(5)
    initialization, _ = random_streams(instance)
    state = instance.get_state()[1].copy(), instance.get_state()[2]
    initialization.uniform(size=1000)
    assert_array_equal(instance.get_state()[1], state[0])
    assert instance.get_state()[2] == state[1]


def test_saved_streams_go_on():
    _, streams = random_streams(0)
    streams["shuffling"].random(3)
    loaded = load_streams(save_streams(streams))
    for name, stream in streams.items():
        assert_array_equal(loaded[name].random(5), stream.random(5))
