"""One seed, independent streams."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skdl import SoftmaxClassifier

# The streams of later versions must repeat these.
from skdl.estimators._random import (
    later_streams,
    load_streams,
    random_streams,
    save_streams,
)
from tests.estimators.common import fit, flat, make


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_same_seed_same_bits(Net, solver, X, y):
    nets = [fit(make(Net, solver=solver, batch_size=16), X, y) for _ in range(2)]
    assert_array_equal(flat(nets[0]), flat(nets[1]))
    assert nets[0].loss_curve_ == nets[1].loss_curve_


def test_other_seed_other_weights(Net, X, y):
    nets = [fit(make(Net, random_state=seed), X, y) for seed in (0, 1)]
    assert np.abs(flat(nets[0]) - flat(nets[1])).max() > 0.1


def test_instance_advances(Net, X, y):
    instance = np.random.RandomState(0)
    net = make(Net, random_state=instance)
    first, second = flat(fit(net, X, y)), flat(fit(net, X, y))
    assert np.abs(first - second).max() > 0.1
    assert_array_equal(first, flat(fit(make(Net, random_state=0), X, y)))


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}])
def test_global_state_is_not_touched(Net, params, X, y):
    before = np.random.get_state()[1:]  # noqa: NPY002
    fit(make(Net, **params), X, y)
    for old, new in zip(before, np.random.get_state()[1:], strict=True):  # noqa: NPY002
        assert_array_equal(new, old)


def test_none_draws_from_the_global_state(Net, X, y):
    nets = [fit(make(Net, random_state=None), X, y) for _ in range(2)]
    assert np.abs(flat(nets[0]) - flat(nets[1])).max() > 0.1


def test_streams_are_independent_of_one_another():
    _, streams = random_streams(0)
    _, others = random_streams(0)
    streams["validation"].random(100)
    assert_array_equal(streams["shuffling"].random(5), others["shuffling"].random(5))
    assert streams["validation"].random() != streams["shuffling"].random()


def test_a_new_stream_leaves_the_old_ones_as_they_were():
    entropy = np.random.RandomState(7).randint(2**32, size=4, dtype=np.uint32)
    first = np.random.SeedSequence(entropy.tolist()).spawn(3)
    _, streams = random_streams(7)
    names = ["shuffling", "validation", "dropout"]
    for name, seed in zip(names, first, strict=True):
        expected = np.random.Generator(np.random.PCG64(seed)).random(5)
        assert_array_equal(streams[name].random(5), expected)
    assert set(streams) == {*names, "augmentation"}


@pytest.mark.parametrize("seed", [0, np.int64(5), 2**32 - 1])
def test_initialization_is_the_seed_itself(seed):
    initialization, _ = random_streams(seed)
    expected = np.random.RandomState(seed)
    for _ in range(2):
        # An odd number of normal values: the next one is kept for later.
        for name in ("uniform", "normal"):
            ours = getattr(initialization, name)(size=5)
            assert_array_equal(ours, getattr(expected, name)(size=5))


def test_an_instance_gives_independent_nets_one_after_the_other():
    """Few words of the state between them would give starts that overlap."""
    instance = np.random.RandomState(5)
    starts = []
    for _ in range(50):
        initialization, _ = random_streams(instance)
        starts.append(initialization.normal(size=20))
    drawn = np.concatenate(starts)
    assert len(np.unique(drawn)) == drawn.size


@pytest.mark.parametrize("weight_init", [0, None])
def test_an_instance_gives_other_streams_each_time(X, y, weight_init):
    instance = np.random.RandomState(5)
    net = SoftmaxClassifier((), weight_init=weight_init, random_state=instance)
    first, second = (
        net.partial_fit(X, y, classes=[0, 1, 2])._run_state["streams"]
        for net in (net, clone(net).set_params(random_state=instance))
    )
    assert first["shuffling"] != second["shuffling"]


def test_later_streams_advance_an_instance():
    instance = np.random.RandomState(5)
    first, second = later_streams(instance), later_streams(instance)
    assert first["shuffling"].random() != second["shuffling"].random()


def test_saved_streams_continue():
    _, streams = random_streams(0)
    streams["shuffling"].random(3)
    loaded = load_streams(save_streams(streams))
    assert list(loaded) == list(streams)
    assert save_streams(loaded) == save_streams(streams)
    for name, stream in streams.items():
        assert_array_equal(loaded[name].random(5), stream.random(5))
