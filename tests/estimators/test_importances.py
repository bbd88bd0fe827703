"""How strongly the weights tie each column to the scores."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import MLPRegressor
from skdl.engine import BatchNorm, Identity, Maxout, Network, Relu, raw_scores
from skdl.engine.layers import BatchNormLayer, Layer
from skdl.estimators._importances import importances  # of stacked networks, too
from tests.engine.test_architecture import ARCHITECTURES
from tests.estimators.common import fit, make

DENSE = {"plain": {}, **ARCHITECTURES}
DENSE = {name: case for name, case in DENSE.items() if "activation" not in case}


def make_network(
    activation, hidden=(5, 4, 4), n_networks=None, dtype=np.float64, **options
):
    widths = (6, *hidden, 3)
    network = Network(widths, [activation] * 3, dtype, n_networks, **options)
    rng = np.random.default_rng(0)
    network.parameters[...] = rng.normal(size=network.parameters.shape)
    network.statistics[...] = rng.uniform(0.5, 2, network.statistics.shape)
    return network


def squared(network):
    """Have every path through the network weigh the square of what it did."""
    for layer in network.layers:
        if isinstance(layer, BatchNormLayer):
            layer.gamma /= np.sqrt(layer.variance + layer.epsilon)
            layer.beta[...] = layer.mean[...] = 0
            layer.variance[...] = 1 - layer.epsilon
    for layer in network.affine:
        layer.biases[...] = 0
    np.square(network.parameters, out=network.parameters)
    return network


def expected(network):
    """Sum over the paths as the network itself does: each column's own row of X."""
    if network.scaling is not None:
        network.scaling.reset()  # per standard deviation
    scores = raw_scores(squared(network), np.eye(6))
    roots = np.sqrt(scores.sum(axis=-1))
    return roots / roots.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("n_networks", [None, 2])
@pytest.mark.parametrize("options", DENSE.values(), ids=DENSE)
def test_paths_are_summed(options, n_networks):
    network = make_network(Identity(), n_networks=n_networks, **options)
    before = network.parameters.copy()
    shares = importances(network)
    assert_array_equal(network.parameters, before)
    assert shares.dtype == np.float64
    assert_allclose(shares.sum(axis=-1), 1, rtol=1e-12)
    assert_allclose(shares, expected(network), rtol=1e-10)


def test_paths_of_a_small_net_one_by_one():
    A, B, C = (
        np.random.default_rng(0).normal(size=s) for s in [(3, 2), (2, 4), (4, 2)]
    )
    network = Network((3, 2, 4, 2), [Relu(), Relu()], np.float64)
    for layer, W in zip(network.affine, (A, B, C), strict=True):
        layer.weights[...] = W
    roots = [
        np.sqrt(
            sum(
                (A[column, i] * B[i, j] * C[j, k]) ** 2
                for i, j, k in product(range(2), range(4), range(2))
            )
        )
        for column in range(3)
    ]
    assert_allclose(importances(network), roots / np.sum(roots), rtol=1e-12)


@pytest.mark.parametrize("normalization", [None, BatchNorm()])
def test_equal_pieces_of_maxout_count_as_one(normalization):
    options = {"normalization": normalization, "residual": True}
    one, three = make_network(Identity(), **options), make_network(Maxout(3), **options)
    for layer, other in zip(one.layers, three.layers, strict=True):
        for name in ("weights", "projection", "gamma", "variance"):
            array = getattr(layer, name, None)
            if array is not None:
                into = getattr(other, name)
                into[...] = np.tile(array, into.shape[-1] // array.shape[-1])
    assert_allclose(importances(three), importances(one), rtol=1e-12)


def test_rescaled_units_change_nothing():
    network = make_network(Relu())
    before = importances(network)
    network.affine[0].weights[:, 2] *= 7
    network.affine[1].weights[2] /= 7
    assert_allclose(importances(network), before, rtol=1e-12)


def test_float32_neither_underflows_nor_overflows():
    network = make_network(Identity(), dtype=np.float32)
    expected = importances(network)
    for factor in (1e-15, 1e30):
        network.affine[0].weights[...] *= np.float32(factor)
        assert_allclose(importances(network), expected, rtol=1e-6)


def test_no_weights_no_importance():
    network = make_network(Relu())
    network.affine[0].weights[1] = 0
    assert importances(network)[1] == 0
    network.affine[-1].weights[...] = 0
    assert_array_equal(importances(network), np.zeros(6))


def test_an_unknown_layer_is_refused():
    network = make_network(Relu())
    network.layers.insert(2, Layer())
    with pytest.raises(TypeError, match="through a Layer"):
        importances(network)


@pytest.mark.parametrize("options", [{}, {"normalization": "batch", "residual": True}])
def test_columns_that_matter_are_found(Net, options):
    """A sum, a product and an absolute value of four columns, and eight of noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12))
    value = X[:, 0] + X[:, 1] * X[:, 2] + 1.5 * np.abs(X[:, 3])
    y = value if Net is MLPRegressor else np.digitize(value, [1, 2])
    rates = {"learning_rate_init": 0.01, "batch_size": 40, "max_iter": 60}
    net = make(Net, hidden_layer_sizes=(20, 10), alpha=0.5, **rates, **options)
    shares = fit(net, X, y).feature_importances_
    assert shares.shape == (12,)
    assert set(np.argsort(shares)[-4:]) == {0, 1, 2, 3}
    # All columns start alike.
    start = fit(net.set_params(learning_rate_init=1e-12), X, y).feature_importances_
    assert max(start) < 2 * min(start)
    assert min(shares[:4]) > 1.2 * np.mean(shares[4:])


def test_of_a_linear_net_it_is_the_size_of_the_coefficients(X, y):
    net = fit(
        make(MLPRegressor, hidden_layer_sizes=(), solver="lbfgs"), X, X @ [1, -2, 3, 0]
    )
    assert_allclose(
        net.feature_importances_, abs(net.coef_) / abs(net.coef_).sum(), rtol=1e-12
    )
