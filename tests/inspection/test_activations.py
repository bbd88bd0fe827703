"""Activations of hidden layers, compared with explicit forward passes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.pipeline import make_pipeline

from skdl import (
    MLPRegressor,
    SoftmaxClassifier,
    Standardizer,
)
from skdl.engine import BatchNorm, Maxout
from skdl.inspection import hidden_activations
from tests.engine.cases import peak_bytes

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 3))
y = X[:, :2].argmax(axis=1)


def fitted(Net=SoftmaxClassifier, X=X, **params):
    defaults = {"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 0}
    defaults["standardize"] = False
    return Net(**(defaults | params)).fit(X, y)


def test_every_layer_of_a_plain_net():
    net = fitted(activation="tanh", dropout=0.5)
    A = X
    for i in range(2):
        A = np.tanh(A @ net.coefs_[i] + net.intercepts_[i])
        for layer in (i, i - 2, f"hidden {i + 1}"):
            assert_allclose(hidden_activations(net, X, layer), A, rtol=1e-12)
    assert_allclose(hidden_activations(net, X), A, rtol=1e-12)
    scores = A @ net.coefs_[2] + net.intercepts_[2]
    assert_allclose(scores[:, 1] - scores[:, 0], net.decision_function(X), rtol=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        {"activation": Maxout(3)},
        {"normalization": "batch", "normalization_position": "after"},
        {"residual": True},
        {"residual": True, "hidden_layer_sizes": (6, 6), "normalization": "batch"},
    ],
)
def test_the_last_layer_gives_the_scores(options):
    net = fitted(MLPRegressor, **options)
    A = hidden_activations(net, X)
    predicted = A @ net.coefs_[-1] + net.intercepts_[-1]
    assert_allclose(predicted[:, 0], net.predict(X), rtol=1e-9)
    if options.get("residual"):
        first = hidden_activations(net, X, 0)
        bypass = first if net.projections_[0] is None else first @ net.projections_[0]
        # The block adds the output of a rectifier.
        assert (A - bypass >= -1e-12).all()
        assert not np.allclose(A, bypass)


def test_batch_normalization_uses_the_running_means():
    net = fitted(normalization=BatchNorm())
    together = hidden_activations(net, X)
    one_by_one = np.vstack([hidden_activations(net, row[np.newaxis]) for row in X])
    assert_allclose(one_by_one, together, rtol=1e-9, atol=1e-12)


def test_a_pipeline_gets_the_rows_first():
    model = make_pipeline(Standardizer(), fitted()).fit(X + 5, y)
    expected = hidden_activations(model[-1], model[0].transform(X + 5))
    assert_array_equal(hidden_activations(model, X + 5), expected)


def test_blocks_sparse_rows_and_float32():
    net = fitted(X=X.astype(np.float32))
    A = hidden_activations(net, X.astype(np.float32), 0)
    assert A.dtype == np.float32
    assert_allclose(hidden_activations(net, csr_array(X), 0), A, rtol=1e-5, atol=1e-6)
    many = np.tile(X, (80, 1))
    assert_allclose(hidden_activations(net, many, 0)[-60:], A, rtol=1e-5, atol=1e-6)
    with config_context(working_memory=1):
        assert hidden_activations(net, many, 0).shape == (4800, 6)


def test_memory_is_for_a_block_of_rows():
    net = fitted(hidden_layer_sizes=(200, 2))
    many = np.tile(X, (1000, 1))
    # All of the first layer at once would be 96 MB.
    assert peak_bytes(lambda: hidden_activations(net, many)) < 10e6
