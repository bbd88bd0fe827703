"""Outputs of hidden units are those of a forward pass written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn import config_context

from skdl import SoftmaxClassifier
from skdl.inspection._outputs import unit_outputs


def test_each_layer(net, X):
    first = np.tanh(X @ net.coefs_[0] + net.intercepts_[0])
    second = np.tanh(first @ net.coefs_[1] + net.intercepts_[1])
    for layer, expected in ((0, first), (1, second), (-1, second), (-2, first)):
        assert_allclose(unit_outputs(net, X, layer), expected)
        assert_allclose(unit_outputs(net, csr_array(X), layer), expected)


def test_blocks_of_rows(net, X):
    with config_context(working_memory=1e-3):
        parts = unit_outputs(net, X, 0)
    assert_allclose(parts, unit_outputs(net, X, 0), rtol=1e-12)


def test_as_it_predicts(X, y, fit):
    """Without dropout, and with the means of batch normalization that it recorded."""
    net = fit(
        SoftmaxClassifier((6,), dropout=0.5, normalization="batch", max_iter=3), X, y
    )
    one = np.concatenate([unit_outputs(net, row[np.newaxis], 0) for row in X])
    assert_allclose(unit_outputs(net, X, 0), one)
    A = unit_outputs(net, X, 0)
    scores = A @ net.coefs_[1] + net.intercepts_[1]
    assert_allclose(scores, net._raw_scores(X))


@pytest.mark.parametrize("layer", [2, -3])
def test_layers_that_are_not_there(layer, net, X):
    with pytest.raises(ValueError, match=f"from -2 to 1, .* got {layer}"):
        unit_outputs(net, X, layer)
