"""The initial weights: range, spread, order and dtype."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import Gaussian, LeCunNormal, Network, Relu, TruncatedNormal
from skdl.engine.initializers import INITIALIZERS as REGISTRY
from skdl.engine.initializers import glorot_uniform
from tests.engine.cases import INITIALIZERS, each


def draw(shape=(60, 40), dtype=np.float64, seed=0, **kwargs):
    weights = np.empty(shape, dtype)
    biases = np.empty((*shape[:-2], 1, shape[-1]), dtype)
    glorot_uniform(weights, biases, np.random.default_rng(seed), **kwargs)
    return weights, biases


@pytest.mark.parametrize("gain", [6.0, 2.0])
@pytest.mark.parametrize("shape", [(60, 40), (3, 60, 40), (20, 300)])
def test_uniform_within_the_bound(shape, gain):
    bound = np.sqrt(gain / (shape[-2] + shape[-1]))
    weights, biases = draw(shape, gain=gain)
    assert 0.99 * bound < np.abs(weights).max() <= bound
    assert 0.5 * bound < np.abs(biases).max() <= bound
    assert abs(weights.mean()) < 0.05 * bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


def test_default_gain_is_glorots():
    assert_array_equal(draw()[0], draw(gain=6.0)[0])


def test_same_seed_same_numbers():
    for a, b, other in zip(draw(), draw(), draw(seed=1), strict=True):
        assert_array_equal(a, b)
        assert (a != other).any()


def test_float32_rounds_what_float64_draws():
    for single, double in zip(draw(dtype=np.float32), draw(), strict=True):
        assert single.dtype == np.float32
        assert_array_equal(single, double.astype(np.float32))


def test_stacked_networks_start_apart():
    weights, biases = draw((2, 5, 4))
    assert (weights[0] != weights[1]).all()
    assert (biases[0] != biases[1]).all()


def test_network_draws_layer_by_layer():
    network = Network((4, 3, 2), [Relu()], np.float64)
    network.initialize(np.random.default_rng(0), gain=2.0)
    rng = np.random.default_rng(0)
    for layer, (fan_in, fan_out) in zip(network.affine, [(4, 3), (3, 2)], strict=True):
        weights, biases = np.empty((fan_in, fan_out)), np.empty((1, fan_out))
        glorot_uniform(weights, biases, rng, 2.0)
        assert_array_equal(layer.weights, weights)
        assert_array_equal(layer.biases, biases)


def test_table_is_complete():
    tested = {type(initializer) for initializer, _ in INITIALIZERS.values()}
    assert tested == {Gaussian, *REGISTRY.values()}


@each("case", INITIALIZERS)
def test_mean_and_spread(case):
    initializer, scale = case
    weights = np.empty((1000, 200))
    initializer.fill(weights, np.random.default_rng(0))
    assert abs(weights.mean()) < 0.01 * scale
    assert weights.std() == pytest.approx(scale, rel=0.01)


@each("case", INITIALIZERS)
@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_a_seed_fills_alike_and_keeps_float32(case, make):
    a, b = np.empty((2, 30, 4), np.float32), np.empty((2, 30, 4), np.float32)
    for weights in (a, b):
        case[0].fill(weights, make(3))
    assert (a == b).all()
    assert (a[0] != a[1]).all()  # the networks of a stack differ


def test_truncation():
    weights = np.empty((100, 100))
    TruncatedNormal(0.5).fill(weights, np.random.default_rng(0))
    assert 0.95 < np.abs(weights).max() <= 1


@pytest.mark.parametrize("initializer", [Gaussian(0), TruncatedNormal(-1)])
def test_bad_scales_are_refused(initializer):
    with pytest.raises(ValueError, match="scale must be a number in"):
        initializer.check()


def test_variance_of_a_unit_with_1000_inputs():
    """Half of them 1, half 0: weights of variance 1 give 500, LeCun's give a half."""
    x = np.repeat([1.0, 0.0], 500)
    for initializer, expected in ((Gaussian(1.0), 500), (LeCunNormal(), 0.5)):
        weights = np.empty((1000, 8000))
        initializer.fill(weights, np.random.default_rng(0))
        assert (x @ weights).var() == pytest.approx(expected, rel=0.05)
