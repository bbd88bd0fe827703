"""Where an activation is flat its slope is small, and elsewhere it is not."""

import numpy as np
import pytest

from skdl.callbacks._flat import is_flat
from skdl.engine import Elu, LeakyRelu
from tests.engine.cases import ACTIVATIONS

# Largest slope where it is flat, smallest where it is not (beyond the hump of silu and
# gelu, whose slope passes through zero once).
SLOPES = {
    "relu": (0, 1),
    "tanh": (0.06, 0.059),
    "logistic": (0.03, 0.029),
    "elu": (0.031, 0.029),
    "elu-2": (0.061, 0.059),
    "selu": (0.054, 0.052),
    "softplus": (0.03, 0.029),
    "silu": (0.001, None),
    "gelu": (0.01, None),
}


def values(function, Z):
    """Return (f(Z), f'(Z))."""
    A = np.empty_like(Z)
    slopes = np.ones_like(Z)
    if getattr(function, "in_place", False):
        A = Z.copy()
        function.forward(A, A)
        outputs = A.copy()
        function.backward(slopes, A, A)
    else:
        scratch = Z.copy()
        function.forward(scratch, A)
        outputs = A.copy()
        function.backward(slopes, scratch, A)  # which forward may have changed
    return outputs, slopes


@pytest.mark.parametrize("name", SLOPES)
def test_flat_is_where_the_slope_is_small(name):
    function = ACTIVATIONS[name]
    # Not the point 0 itself, where silu and gelu have the output of their flat end.
    Z = np.concatenate([np.linspace(-30, -0.01, 5000), np.linspace(0.01, 30, 5000)])
    outputs, slopes = values(function, Z[:, np.newaxis])
    flat = is_flat(function, outputs)
    most, least = SLOPES[name]
    assert 0 < flat.sum() < flat.size
    assert np.abs(slopes[flat]).max() <= most
    if least is not None:
        assert np.abs(slopes[~flat]).min() >= least


@pytest.mark.parametrize("name", ["identity", "leaky_relu", "maxout", "maxout-3"])
def test_never_flat(name):
    A = np.linspace(-9, 9, 100)
    assert not is_flat(ACTIVATIONS[name], A).any()


def test_relu_by_another_name():
    A = np.array([-0.0, 0.0, 0.1])
    for function in (Elu(0.0), LeakyRelu(0.0)):
        assert is_flat(function, A).tolist() == [True, True, False]


def test_an_activation_of_your_own_is_not_known():
    class Own:
        pass

    assert is_flat(Own(), np.zeros(3)) is None
