"""Constants and floors of losses, against closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skdl.inspection._losses import (
    best_constant,
    constant_loss,
    floor_of,
    row_losses,
    zero_loss,
)

RNG = np.random.default_rng(0)
CODES = RNG.choice(4, 200, p=[0.5, 0.3, 0.1, 0.1])
SHARES = np.bincount(CODES) / 200
NUMBERS = RNG.normal(3, 2, (200, 2))


def entropy(p):
    return -np.sum(p * np.log(p))


def coded(name):
    loss = CLASSIFICATION_LOSSES[name]()
    return loss, *loss.encode(CODES, 4, np.float64), 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("softmax", np.log(4)),
        ("kl_divergence", np.log(4)),
        ("logistic", 4 * np.log(2)),
        ("hinge", 3),
        ("squared_hinge", 3),
    ],
)
def test_loss_of_zero_scores(name, value):
    loss, *targets = coded(name)
    assert_allclose(zero_loss(loss, *targets), value, rtol=1e-12)


def test_best_constant_of_classes_is_their_frequency():
    loss, *targets = coded("softmax")
    constant = best_constant(loss, *targets)
    p = np.exp(constant) / np.exp(constant).sum()
    assert_allclose(p, SHARES, atol=1e-4)
    assert_allclose(
        constant_loss(loss, constant, *targets[:2]), entropy(SHARES), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "constant"),
    [
        ("squared_error", NUMBERS.mean(axis=0)),
        ("absolute_error", np.median(NUMBERS, axis=0)),
    ],
)
def test_best_constant_of_numbers(name, constant):
    loss = REGRESSION_LOSSES[name]()
    found = best_constant(loss, NUMBERS, None, 2)
    values = [constant_loss(loss, c, NUMBERS, None) for c in (found, constant)]
    assert_allclose(*values, rtol=1e-3)


@pytest.mark.parametrize("name", CLASSIFICATION_LOSSES)
def test_floor_of_labels_is_zero(name):
    loss, *targets = coded(name)
    assert_allclose(floor_of(loss, *targets), 0, atol=1e-5)


@pytest.mark.parametrize("loss", [Loss() for Loss in REGRESSION_LOSSES.values()])
def test_floor_of_numbers_is_zero(loss):
    targets, _ = loss.encode(np.abs(NUMBERS), np.float64)
    assert_allclose(floor_of(loss, targets, None, targets.shape[1]), 0, atol=1e-5)


def test_floor_of_soft_targets_is_their_entropy():
    loss = CLASSIFICATION_LOSSES["softmax"]()
    rows = np.tile(SHARES, (5, 1))
    assert_allclose(floor_of(loss, rows, None, 4), entropy(SHARES), rtol=1e-6)
    labels = CLASSIFICATION_LOSSES["logistic"]()
    two = entropy(np.array([0.1, 0.9]))
    assert_allclose(floor_of(labels, np.full((5, 3), 0.9), None, 3), 3 * two, rtol=1e-6)


def test_row_losses():
    loss, targets, table, _ = coded("softmax")
    scores = RNG.normal(size=(200, 4))
    before = scores.copy()
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(200), CODES])
    assert_allclose(row_losses(loss, scores, targets, table), expected, rtol=1e-10)
    assert_allclose(row_losses(loss, scores, table[targets]), expected, rtol=1e-10)
    assert_allclose(scores, before, rtol=0)
