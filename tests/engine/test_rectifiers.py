"""What the table of tests/engine/test_activations.py does not ask of rectifiers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.engine import Elu, LeakyRelu, Selu


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (LeakyRelu(-0.1), r"LeakyRelu: slope must be a number in \[0, 1\], got -0.1"),
        (LeakyRelu("a"), "slope must be a number"),
        (Elu(-1), "Elu: alpha must be a number"),
    ],
)
def test_bad_settings_are_refused(activation, message):
    with pytest.raises(ValueError, match=message):
        activation.check()


def test_selu_keeps_mean_and_variance():
    """Its fixed point: a standard normal input has mean 0 and variance 1 after it."""
    Z = np.random.default_rng(0).normal(size=1_000_000)
    A = np.empty_like(Z)
    Selu().forward(Z, A)
    assert_allclose([A.mean(), A.var()], [0, 1], atol=5e-3)
