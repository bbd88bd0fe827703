"""The initial weights: range, spread, order and dtype."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import Network, Relu
from skdl.engine.initializers import glorot_uniform


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
