"""The mean loss of rows that are not trained on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.special import log_softmax

from skdl.engine import Network, SquaredError, Workspace, mean_loss
from skdl.engine.losses import base, sum_of_losses
from tests.engine.cases import LOSSES, each
from tests.pairs import parametrize_pairwise

WEIGHTS = np.random.default_rng(1).uniform(0.1, 3, 30)


def scores_and_targets(case, dtype=np.float64, n=30):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(n, case.n_scores)).astype(dtype)
    return scores, *case.encode(case.y(n), np.dtype(dtype))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_cross_entropy_as_scipy_has_it(weights):
    case = LOSSES["softmax-3"]
    scores, codes, table = scores_and_targets(case)
    rows = -log_softmax(scores, axis=1)[np.arange(30), case.y(30)]
    expected = np.average(rows, weights=weights)
    assert mean_loss(case.loss, scores, codes, table, weights) == pytest.approx(
        expected, rel=1e-12
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
def test_squared_error_sums_over_outputs(weights):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(2, 30, 4))
    expected = np.average(0.5 * ((scores - y) ** 2).sum(axis=1), weights=weights)
    found = mean_loss(SquaredError(), scores, y, weights=weights)
    assert found == pytest.approx(expected, rel=1e-12)
    assert type(found) is float


@each("case", LOSSES)
def test_is_the_objective_of_training_without_penalty(case):
    """A network of one layer whose scores are its input has the same objective."""
    scores, targets, table = scores_and_targets(case)
    network = Network((case.n_scores, case.n_scores), [], np.dtype(np.float64))
    network.affine[0].weights[...] = np.eye(case.n_scores)
    weights = WEIGHTS.copy()
    weights[:7] = 0
    value = network.loss_and_gradient(
        scores,
        targets if table is None else table[targets],
        weights[:, np.newaxis],
        case.loss,
        Workspace(network, 30, True),
    )
    found = mean_loss(case.loss, scores, targets, table, weights)
    assert found == pytest.approx(float(value), rel=1e-12)


@parametrize_pairwise(
    case=LOSSES, dtype=[np.float32, np.float64], weighted=[False, True]
)
def test_blocks_make_no_difference(case, dtype, weighted, monkeypatch):
    weights = WEIGHTS.astype(dtype) if weighted else None
    scores, targets, table = scores_and_targets(case, dtype)
    whole = mean_loss(case.loss, scores, targets, table, weights)
    monkeypatch.setattr(base, "ROWS", 7)
    blocks = mean_loss(case.loss, scores, targets, table, weights)
    assert blocks == pytest.approx(whole, rel=1e-6 if dtype == np.float32 else 1e-12)


@each("case", LOSSES)
def test_nothing_given_is_written_to(case):
    arrays = [a for a in scores_and_targets(case) if a is not None]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    mean_loss(case.loss, *arrays, *[None] * (3 - len(arrays)), WEIGHTS)
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)


def test_many_float32_losses_are_added_up_in_float64():
    scores = np.zeros((2**16, 1), np.float32)
    y = np.full_like(scores, 1e4)
    y[0] = 1e8
    expected = 0.5 * (1e16 + (2**16 - 1) * 1e8) / 2**16
    assert mean_loss(SquaredError(), scores, y) == pytest.approx(expected, rel=1e-6)


def test_sums_of_parts_add_up():
    case = LOSSES["softmax-3"]
    scores, targets, table = scores_and_targets(case)
    parts = [
        sum_of_losses(case.loss, scores[rows], targets[rows], table, WEIGHTS[rows])
        for rows in (slice(0, 11), slice(11, 30))
    ]
    mean = mean_loss(case.loss, scores, targets, table, WEIGHTS)
    assert sum(parts) / WEIGHTS.sum() == pytest.approx(mean, rel=1e-12)
