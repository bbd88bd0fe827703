"""The workspace: what it holds, shares of the rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine import Network, Relu, Workspace


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


def test_zeros_are_shared_and_read_only():
    workspace = Workspace(network(), 5, True)
    zeros = workspace.zeros(6)
    assert workspace.zeros(6) is zeros
    with pytest.raises(ValueError, match="read-only"):
        zeros[...] = 1
