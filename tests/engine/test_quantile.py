"""The pinball loss; tests/engine/test_losses.py has what all losses have."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mean_pinball_loss

from skdl.engine import AbsoluteError, Quantile
from tests.engine.cases import loss_of

F64 = np.dtype(np.float64)


def test_is_the_sum_of_pinball_losses_over_outputs_and_levels():
    rng = np.random.default_rng(0)
    y, levels = rng.normal(size=(8, 2)), (0.1, 0.5, 0.9)
    loss = Quantile(levels)
    targets, table = loss.encode(y, F64)
    scores = rng.normal(size=targets.shape)
    assert (table, scores.shape) == (None, (8, 6))
    rows, _ = loss_of(loss, scores, targets)
    total = sum(
        mean_pinball_loss(y[:, j], scores.reshape(8, 2, 3)[:, j, i], alpha=level)
        for j in range(2)
        for i, level in enumerate(levels)
    )
    assert_allclose(rows.mean(), total, rtol=1e-13)


def test_slopes():
    loss, targets = Quantile([0.2, 0.9]), np.zeros((3, 2))
    scores = np.array([[-2.0, -2.0], [3.0, 3.0], [0.0, 0.0]])
    rows, gradient = loss_of(loss, scores, targets)
    assert_allclose(rows[:, 0], [0.4 + 1.8, 2.4 + 0.3, 0], rtol=1e-14)
    # On the target any slope from -level to 1 - level will do; it is the middle.
    assert_allclose(gradient, [[-0.2, -0.9], [0.8, 0.1], [0.3, -0.4]], rtol=1e-14)


def test_median_is_half_the_absolute_error():
    scores, targets = np.random.default_rng(0).normal(size=(2, 20, 3))
    for half, whole in zip(
        loss_of(Quantile(), scores, targets),
        loss_of(AbsoluteError(), scores, targets),
        strict=True,
    ):
        assert_allclose(2 * half, whole, rtol=1e-14)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.75])
def test_the_constant_of_least_loss_is_the_quantile(level):
    y = np.random.default_rng(0).exponential(size=(301, 1))
    grid = np.sort(y[:, 0])
    totals = [loss_of(Quantile(level), np.full_like(y, c), y)[0].sum() for c in grid]
    assert grid[np.argmin(totals)] == np.quantile(y, level, method="inverted_cdf")


def test_predictions_are_sorted_over_the_levels():
    scores = np.array([[1.0, 3.0, 2.0, 9.0, 8.0, 7.0]])
    assert_array_equal(
        Quantile([0.1, 0.5, 0.9]).predictions(scores), [[[1, 2, 3], [7, 8, 9]]]
    )
    assert_array_equal(Quantile(0.3).predictions(scores), scores)
    assert_array_equal(Quantile([0.3]).predictions(scores), scores)


def test_sorted_predictions_never_cost_more():
    rng = np.random.default_rng(0)
    loss, y = Quantile([0.1, 0.4, 0.8]), rng.normal(size=(500, 1))
    targets, _ = loss.encode(y, F64)
    scores = rng.normal(size=targets.shape)
    before, _ = loss_of(loss, scores, targets)
    after, _ = loss_of(loss, loss.predictions(scores)[:, 0], targets)
    assert (after <= before + 1e-12).all()
    assert (after < before - 0.1).any()


def test_one_level_is_coded_without_a_copy():
    y = np.ones((3, 2))
    assert Quantile(0.3).encode(y, F64)[0] is y


@pytest.mark.parametrize(
    "quantiles",
    [0, 1, -0.5, 1.5, np.nan, True, None, "0.5", [], [0.5, 0.5], [0.9, 0.1], [0.1, 1],
     [[0.1, 0.2]], [0.1, np.nan], np.array([0.5, 0.2])],
    ids=repr,
)  # fmt: skip
def test_bad_levels_are_refused(quantiles):
    with pytest.raises(
        ValueError, match=r"Quantile: quantiles must be a number in \(0"
    ):
        Quantile(quantiles).check()


@pytest.mark.parametrize("quantiles", [0.5, (0.1,), [0.1, 0.9], np.array([0.2, 0.3])])
def test_good_levels_pass(quantiles):
    Quantile(quantiles).check()
    assert Quantile(quantiles).levels == tuple(np.atleast_1d(quantiles).tolist())
