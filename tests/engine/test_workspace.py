"""The workspace: what it holds, shares of the rows, the penalty's blocks."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import Network, Relu, Workspace
from skdl.engine import blocks as blocks_module


def network(n_networks=None, dtype=np.float64):
    result = Network((4, 6, 3), [Relu()], dtype, n_networks)
    result.initialize(np.random.default_rng(0))
    return result


@pytest.mark.parametrize("n_networks", [None, 2])
def test_scores_lie_column_by_column_in_training_only(n_networks):
    for training in (False, True):
        workspace = Workspace(network(n_networks), 5, training)
        scores = workspace.empty_scores(3)
        assert scores.shape == (*workspace.shape, 3)
        assert scores.mT.flags.c_contiguous == training
        assert scores.flags.c_contiguous != training


@pytest.mark.parametrize("n_networks", [None, 2])
def test_mean_of_rows(n_networks):
    workspace = Workspace(network(n_networks), 5, True)
    workspace.rows[...] = np.random.default_rng(0).normal(size=workspace.rows.shape)
    assert workspace.weigh(None) == 5
    assert workspace.row_shares is None
    assert_allclose(workspace.mean_of_rows(), workspace.rows.mean(axis=(-2, -1)))
    weights = np.array([[1.0], [0], [2], [3], [2]])
    assert workspace.weigh(weights) == 8
    assert_allclose(workspace.shares, weights / 8)
    expected = (workspace.rows * weights / 8).sum(axis=(-2, -1))
    assert_allclose(workspace.mean_of_rows(), expected)
    assert workspace.weigh(None) == 5
    assert_allclose(workspace.mean_of_rows(), workspace.rows.mean(axis=(-2, -1)))


def test_mean_of_rows_is_a_python_number_or_float64():
    alone, stack = (Workspace(network(n, np.float32), 5, True) for n in (None, 2))
    for workspace in (alone, stack):
        workspace.rows[...] = 1
        workspace.weigh(None)
    assert type(alone.mean_of_rows()) is float
    assert stack.mean_of_rows().dtype == np.float64


@pytest.mark.parametrize("n_networks", [None, 2])
@pytest.mark.parametrize("block", [5, 10_000])
def test_l2_on_the_weights_of_each_network(monkeypatch, n_networks, block):
    monkeypatch.setattr(blocks_module, "BLOCK", block)
    net = network(n_networks)
    net.parameters[..., net.n_weights :] = 7  # biases are not in it
    workspace = Workspace(net, 5, True)
    value = net.add_l2(0.3, workspace)
    W = net.parameters[..., : net.n_weights]
    assert_allclose(value, 0.15 * (W**2).sum(axis=-1))
    assert_allclose(workspace.gradient[..., : net.n_weights], 0.3 * W)
    assert_array_equal(workspace.gradient[..., net.n_weights :], 0)


def test_zeros_are_shared_and_read_only():
    workspace = Workspace(network(), 5, True)
    zeros = workspace.zeros(6)
    assert workspace.zeros(6) is zeros
    with pytest.raises(ValueError, match="read-only"):
        zeros[...] = 1
