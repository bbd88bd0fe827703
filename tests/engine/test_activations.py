"""Activation functions: values, derivatives, float32, in place."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl.engine import (
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Logistic,
    Relu,
    Selu,
    Silu,
    Softplus,
    Tanh,
    check_gradient,
)
from skdl.engine.activations import ACTIVATIONS as REGISTRY
from tests.engine.cases import ACTIVATIONS, SPECIFICATIONS, each, float32_only

Z = np.array([[-3.0, -0.7, -0.01, 0.3, 2.0, -1.3], [0.02, 1.1, 4.0, -2, 0.6, -0.4]])
E = np.exp(1)


def in_place(activation):
    return getattr(activation, "in_place", False)


def pieces(activation):
    return getattr(activation, "pieces", 1)


def output_for(activation, Z):
    return np.empty((*Z.shape[:-1], Z.shape[-1] // pieces(activation)), Z.dtype)


def forward(activation, Z):
    A = output_for(activation, Z)
    activation.forward(Z.copy(), A)
    return A


def kept(activation, Z, A):
    """What backward gets for Z and A."""
    return (A, A) if in_place(activation) else (Z, A)


def forward_and_derivative(activation, Z):
    Z, A = Z.copy(), output_for(activation, Z)
    activation.forward(Z, A)
    value, dA = A.copy(), np.ones_like(A)
    activation.backward(dA, *kept(activation, Z, A))
    return value, Z if pieces(activation) > 1 else dA


def test_table_is_complete():
    assert {type(case) for case in ACTIVATIONS.values()} == set(REGISTRY.values())


@pytest.mark.parametrize(
    ("activation", "values"),
    [
        (Identity(), [-1.0, 0.0, 1.0]),
        (Relu(), [0.0, 0.0, 1.0]),
        (Tanh(), [-(E**2 - 1) / (E**2 + 1), 0.0, (E**2 - 1) / (E**2 + 1)]),
        (Logistic(), [1 / (1 + E), 0.5, E / (1 + E)]),
        (LeakyRelu(0.2), [-0.2, 0.0, 1.0]),
        (Elu(), [1 / E - 1, 0.0, 1.0]),
        (Elu(2.0), [2 / E - 2, 0.0, 1.0]),
        (Selu(), [-1.1113307378125625, 0.0, 1.0507009873554805]),
        (Softplus(), [np.log(1 + 1 / E), np.log(2), np.log(1 + E)]),
        (Silu(), [-1 / (1 + E), 0.0, E / (1 + E)]),
        (Gelu(), [-0.15865525393145707, 0.0, 0.8413447460685429]),
    ],
)
def test_known_values(activation, values):
    assert_allclose(forward(activation, np.array([-1.0, 0.0, 1.0])), values, rtol=1e-14)


@each("activation", ACTIVATIONS)
def test_gradient(activation):
    check_gradient(activation, Z, rtol=1e-6)
    # The checker's own way to the function is no part of what it checks.
    _, derivative = forward_and_derivative(activation, Z)
    check_gradient(lambda Z: (forward(activation, Z).sum(), derivative), Z, rtol=1e-6)


@each("activation", {k: a for k, a in ACTIVATIONS.items() if in_place(a)})
def test_forward_in_place_equals_forward_elsewhere(activation):
    expected, A = forward(activation, Z), Z.copy()
    activation.forward(A, A)
    assert_array_equal(A, expected)


@each("activation", ACTIVATIONS)
def test_float32_without_promotion(activation):
    inputs = float32_only(Z)
    A = inputs if in_place(activation) else float32_only(output_for(activation, Z))
    dA = float32_only(np.ones(A.shape))
    activation.forward(inputs, A)
    assert_allclose(np.asarray(A), forward(activation, Z), rtol=1e-5)
    activation.backward(dA, inputs, A)
    assert dA.dtype == A.dtype == np.float32


@each("activation", {k: a for k, a in ACTIVATIONS.items() if pieces(a) == 1})
def test_extreme_inputs_stay_finite(activation):
    Z = np.array([-1e4, 1e4], dtype=np.float32)
    A, dA = np.empty_like(Z), np.ones_like(Z)
    activation.forward(Z, A)
    assert np.isfinite(A).all()
    activation.backward(dA, *kept(activation, Z, A))
    one = getattr(activation, "FACTOR", 1)
    below = 1 if isinstance(activation, Identity) else getattr(activation, "slope", 0)
    above = 0 if isinstance(activation, Tanh | Logistic) else one
    assert_allclose(dA, [below, above], rtol=1e-6)


def test_relu_has_derivative_zero_at_zero():
    A, dA = np.zeros(2), np.ones(2)
    Relu().backward(dA, A, A)
    assert_array_equal(dA, [0, 0])


@each("activation", ACTIVATIONS)
def test_works_on_a_stack(activation):
    stack = np.stack([Z, -Z + 0.005, 2 * Z])
    together, dA = forward_and_derivative(activation, stack)
    for i, one in enumerate(stack):
        alone, dA_alone = forward_and_derivative(activation, one)
        assert_allclose(together[i], alone, rtol=1e-14)
        assert_allclose(dA[i], dA_alone, rtol=1e-13)


@each("specification", SPECIFICATIONS)
def test_specifications_survive_pickle_and_clone(specification):
    """Of every kind: activations, losses, optimizers and schedules."""
    for copy in (clone(specification), pickle.loads(pickle.dumps(specification))):
        assert type(copy) is type(specification)
        assert copy is not specification
        # By their printed forms: a schedule within a schedule is a copy, too.
        assert str(copy.get_params()) == str(specification.get_params())
        assert str(vars(copy)) == str(vars(specification))
