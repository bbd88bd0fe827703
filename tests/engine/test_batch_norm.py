"""Batch normalization: moments, weights, running means, the batch of one."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl.engine import BatchNorm, Identity, Network, Workspace, check_gradient
from skdl.engine.layers import NORMALIZATIONS, BatchNormLayer

WIDTH = 3
WEIGHTS = {
    "none": None,
    "uneven": np.array([[0.5], [2.0], [0.0], [1.0], [3.0], [0.25], [1.0]]),
}


class Layer:
    """A layer of its own, with a workspace of n rows."""

    def __init__(self, n, weights=None, settings=None, training=True):
        network = Network(
            (2, WIDTH, 1),
            [Identity()],
            np.float64,
            normalization=settings or BatchNorm(),
        )
        (self.layer,) = [x for x in network.layers if isinstance(x, BatchNormLayer)]
        self.workspace = Workspace(network, n, training)
        if training:
            self.workspace.weigh(weights)
        self.buffers = self.workspace.buffers_of[self.layer]
        self.passes = self.layer.bind(self.buffers)

    def __call__(self, X):
        return self.passes[0](X.copy())

    def backward(self, dA):
        return self.passes[1](dA.copy())


@pytest.fixture
def X():
    return np.random.default_rng(0).normal([1, -20, 300], [1, 5, 0.1], (7, WIDTH))


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_outputs_have_mean_0_and_variance_1(X, weights):
    layer = Layer(7, weights, BatchNorm(epsilon=1e-12))
    A = layer(X)
    w = None if weights is None else weights[:, 0]
    assert_allclose(np.average(A, axis=0, weights=w), 0, atol=1e-9)
    assert_allclose(np.average(A**2, axis=0, weights=w), 1, rtol=1e-8)


def test_formula_with_gamma_beta_and_epsilon(X):
    layer = Layer(7, settings=BatchNorm(epsilon=0.3))
    layer.layer.gamma[...] = [2, 3, 4]
    layer.layer.beta[...] = [-1, 0, 1]
    z = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 0.3)
    assert_allclose(layer(X), z * [2, 3, 4] + [-1, 0, 1], rtol=1e-10)


def test_weight_2_is_the_row_twice(X):
    weights = np.ones((7, 1))
    weights[2] = 2
    twice = np.concatenate([X, X[2:3]])
    assert_allclose(Layer(7, weights)(X), Layer(8)(twice)[:7], rtol=1e-9)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("n", [7, 1])
def test_gradient_of_the_input_and_of_the_parameters(X, weights, n):
    X, weights = X[:n] / [1, 20, 300], weights if weights is None else weights[:n]
    layer = Layer(n, weights)
    factors = np.random.default_rng(1).normal(size=X.shape)

    def of_input(X):
        return np.sum(layer(X) * factors), layer.backward(factors)

    check_gradient(of_input, X, rtol=1e-6)
    for name in ("gamma", "beta"):
        array = getattr(layer.layer, name)

        def of_parameter(values, array=array, name=name):
            array[...] = values
            value = np.sum(layer(X) * factors)
            layer.backward(factors)
            return value, getattr(layer.buffers, f"{name}_gradient")

        check_gradient(of_parameter, array + 0.5, rtol=1e-6)


def test_starts_as_gamma_1_and_beta_0():
    layer = Layer(7).layer
    assert_array_equal(layer.gamma, np.ones((1, WIDTH)))
    assert_array_equal(layer.beta, np.zeros((1, WIDTH)))


def test_running_means_against_the_recursion():
    layer = Layer(7, settings=BatchNorm(momentum=0.75))
    rng = np.random.default_rng(0)
    mean = variance = 0
    for t in range(1, 9):
        X = rng.normal(t, 1 + t, (7, WIDTH))
        layer(X)
        share = max(0.25, 1 / t)
        mean = (1 - share) * mean + share * X.mean(axis=0)
        variance = (1 - share) * variance + share * X.var(axis=0)
        assert_allclose(layer.layer.mean[0], mean, rtol=1e-12)
        assert_allclose(layer.layer.variance[0], variance, rtol=1e-12)


def test_prediction_uses_the_running_means_and_records_nothing(X):
    trained = Layer(7)
    trained(X)
    predicting = Layer(2, training=False)
    for name in ("mean", "variance", "gamma", "beta"):
        setattr(predicting.layer, name, getattr(trained.layer, name))
    n_batches = predicting.layer.n_batches.copy()
    expected = (X[:2] - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5)
    assert_allclose(predicting(X[:2]), expected, rtol=1e-9)
    assert_array_equal(predicting.layer.n_batches, n_batches)


@pytest.mark.parametrize("weights", [None, [[0.0], [2.0], [0.0]]])
def test_a_batch_of_one_uses_the_running_means_and_leaves_them(X, weights):
    """One row has no variance; nor have rows of which one alone has a weight."""
    rows = X[:1] if weights is None else X[:3]
    layer = Layer(len(rows), weights if weights is None else np.array(weights))
    layer.layer.mean[...] = X.mean(axis=0)
    layer.layer.variance[...] = X.var(axis=0)
    expected = (rows - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5)
    assert_allclose(layer(rows), expected, rtol=1e-9)
    assert_allclose(layer.layer.mean[0], X.mean(axis=0))
    assert layer.layer.n_batches == 0


def test_large_means_leave_the_variance_right():
    X = np.random.default_rng(0).normal(1e7, 1, (50, WIDTH))
    layer = Layer(50)
    layer(X)
    assert_allclose(layer.layer.variance[0], X.var(axis=0), rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (BatchNorm(momentum=1.0), r"BatchNorm: momentum must be .*\[0, 1\)"),
        (BatchNorm(momentum=-0.1), "momentum"),
        (BatchNorm(epsilon=0), r"BatchNorm: epsilon must be .*\(0"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        settings.check()


def test_settings_survive_pickle_and_clone():
    settings = BatchNorm(0.5, 0.1)
    for copy in clone(settings), pickle.loads(pickle.dumps(settings)):
        assert copy.get_params() == settings.get_params()
    assert NORMALIZATIONS["batch"]().get_params() == BatchNorm().get_params()
