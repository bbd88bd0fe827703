"""Known values of the regression losses; tests/engine/test_losses.py has the rest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine import AbsoluteError, Huber, Poisson, SquaredError
from tests.engine.cases import loss_of


@pytest.mark.parametrize(
    ("loss", "rows", "gradient"),
    [
        (SquaredError(), [4.5 + 0.02, 0], [[3, -0.2], [0, 0]]),
        (AbsoluteError(), [3.2, 0], [[1, -1], [0, 0]]),
        (Huber(), [2.5 + 0.02, 0], [[1, -0.2], [0, 0]]),
        (Huber(0.1), [0.295 + 0.015, 0], [[0.1, -0.1], [0, 0]]),
    ],
)
def test_known_values(loss, rows, gradient):
    scores, targets = np.array([[4.0, 1.8], [7, 7]]), np.array([[1.0, 2.0], [7, 7]])
    found_rows, found_gradient = loss_of(loss, scores, targets)
    assert_allclose(found_rows[:, 0], rows, atol=1e-12)
    assert_allclose(found_gradient, gradient, atol=1e-12)


def test_a_wide_huber_is_squared_and_a_narrow_one_absolute():
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=(2, 20, 3))
    for huber, scale, other in (
        (Huber(100.0), 1, SquaredError()),
        (Huber(1e-9), 1e9, AbsoluteError()),
    ):
        rows, gradient = loss_of(huber, scores, targets)
        expected_rows, expected_gradient = loss_of(other, scores, targets)
        assert_allclose(scale * rows, expected_rows, rtol=1e-7)
        assert_allclose(scale * gradient, expected_gradient, rtol=1e-7)


def test_poisson_predicts_positive_means():
    assert_allclose(
        Poisson().predictions(np.array([[-1.0], [0.0]])), [[np.exp(-1)], [1]]
    )


@pytest.mark.parametrize("delta", [0, -1, None])
def test_bad_delta_is_refused(delta):
    with pytest.raises(ValueError, match="Huber: delta must be a number in"):
        Huber(delta).check()
