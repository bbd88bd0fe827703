"""What the adaptive optimizers add to the table of tests/engine/test_optimizers.py."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine import Adagrad, Adam, AdamW, RMSprop


def steps(optimizer, gradients, rate=0.1):
    w = np.zeros(2)
    state, moves = optimizer.start(w, n_weights=2), []
    for gradient in gradients:
        before = w.copy()
        state.step(w, np.array(gradient, dtype=float), rate)
        moves.append(w - before)
    return np.array(moves)


@pytest.mark.parametrize("optimizer", [Adam(epsilon=1e-300), Adagrad(1e-300)])
def test_the_first_step_has_the_rate_in_every_coordinate(optimizer):
    assert_allclose(steps(optimizer, [[1e-3, -1e3]])[0], [-0.1, 0.1])


def test_adagrad_slows_down_and_rmsprop_forgets():
    gradients = [[100.0, 1.0]] + [[1.0, 1.0]] * 200
    adagrad, rmsprop = steps(Adagrad(), gradients), steps(RMSprop(), gradients)
    # One large gradient slows the first coordinate for good under Adagrad only.
    assert abs(adagrad[-1, 0]) < 0.2 * abs(adagrad[-1, 1])
    assert_allclose(rmsprop[-1, 0], rmsprop[-1, 1], rtol=1e-3)


def test_decay_is_decoupled_from_the_gradient():
    """The same shrinkage whether gradients are large or small."""
    for scale in (1.0, 1e6):
        moves = []
        for optimizer in (
            Adam(epsilon=1e-300),
            AdamW(epsilon=1e-300, weight_decay=0.5),
        ):
            w = np.ones(1)
            optimizer.start(w, n_weights=1).step(w, np.array([scale]), 0.1)
            moves.append(w[0])
        assert moves[0] - moves[1] == pytest.approx(0.05)
