"""Losses on sigmoids; tests/engine/test_losses.py has what all losses have."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from skdl.engine import LogisticLoss, SigmoidSquaredError
from tests.engine.cases import loss_of


def test_squared_error_by_hand():
    rng = np.random.default_rng(0)
    s, t = 2 * rng.normal(size=(9, 3)), rng.integers(0, 2, (9, 3)).astype(float)
    rows, gradient = loss_of(SigmoidSquaredError(), s, t)
    p = 1 / (1 + np.exp(-s))
    assert_allclose(rows[:, 0], 0.5 * ((p - t) ** 2).sum(axis=1), rtol=1e-13)
    assert_allclose(gradient, (p - t) * p * (1 - p), rtol=1e-12)


def test_known_value():
    rows, gradient = loss_of(SigmoidSquaredError(), np.zeros((1, 1)), np.ones((1, 1)))
    assert_allclose([rows.item(), gradient.item()], [0.125, -0.125], rtol=1e-15)


@pytest.mark.parametrize("score", [10.0, 40.0, 300.0])
def test_squared_error_is_flat_where_cross_entropy_is_steep(score):
    """A score on the wrong side: the target is 0."""
    s, t = np.array([[score]]), np.zeros((1, 1))
    flat, steep = (
        loss_of(loss, s, t)[1].item()
        for loss in (SigmoidSquaredError(), LogisticLoss())
    )
    assert steep == pytest.approx(1, abs=1e-4)
    # σ(s) is 1 to the last digit long before the slope underflows.
    assert flat == pytest.approx(np.exp(-score), rel=2e-4, abs=0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_links_and_coding_are_those_of_the_logistic_loss(n_classes):
    y = np.arange(6) % n_classes
    ours, theirs = SigmoidSquaredError(), LogisticLoss()
    dtype = np.dtype(np.float32)
    for a, b in zip(
        ours.encode(y, n_classes, dtype),
        theirs.encode(y, n_classes, dtype),
        strict=True,
    ):
        assert_allclose(a, b)
    scores = np.random.default_rng(0).normal(size=(6, theirs.n_scores(n_classes)))
    assert ours.n_scores(n_classes) == scores.shape[1]
    p = ours.probabilities(scores)
    assert_allclose(p, theirs.probabilities(scores))
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(ours.probabilities(scores, exclusive=False), expit(scores))
