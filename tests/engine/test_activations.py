"""Activation functions: values, derivatives, float32, in place."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl.engine import Identity, Logistic, Relu, Tanh, check_gradient
from skdl.engine.activations import ACTIVATIONS as REGISTRY
from tests.engine.cases import ACTIVATIONS, SPECIFICATIONS, each, float32_only

Z = np.array([[-3.0, -0.7, -0.01], [0.02, 1.1, 4.0]])
E = np.exp(1)


def forward(activation, Z):
    A = np.empty_like(Z)
    activation.forward(Z, A)
    return A


def test_table_is_complete():
    assert {type(case) for case in ACTIVATIONS.values()} == set(REGISTRY.values())


@pytest.mark.parametrize(
    ("activation", "values"),
    [
        (Identity(), [-1.0, 0.0, 1.0]),
        (Relu(), [0.0, 0.0, 1.0]),
        (Tanh(), [-(E**2 - 1) / (E**2 + 1), 0.0, (E**2 - 1) / (E**2 + 1)]),
        (Logistic(), [1 / (1 + E), 0.5, E / (1 + E)]),
    ],
)
def test_known_values(activation, values):
    assert_allclose(forward(activation, np.array([-1.0, 0.0, 1.0])), values, rtol=1e-14)


@each("activation", ACTIVATIONS)
def test_gradient(activation):
    factors = np.random.default_rng(0).uniform(1, 2, Z.shape)

    def function(Z):
        A = forward(activation, Z)
        value, dA = (factors * A).sum(), factors.copy()
        activation.backward(dA, A)
        return value, dA

    check_gradient(function, Z, rtol=1e-6)


@each("activation", ACTIVATIONS)
def test_forward_in_place_equals_forward_elsewhere(activation):
    expected, A = forward(activation, Z), Z.copy()
    activation.forward(A, A)
    assert_array_equal(A, expected)


@each("activation", ACTIVATIONS)
def test_forward_leaves_its_input_alone(activation):
    read_only = Z.copy()
    read_only.flags.writeable = False
    assert np.isfinite(forward(activation, read_only)).all()


@each("activation", ACTIVATIONS)
def test_float32_without_promotion(activation):
    A, dA = float32_only(Z), float32_only(np.ones_like(Z))
    activation.forward(A, A)
    assert_allclose(np.asarray(A), forward(activation, Z), rtol=1e-5)
    activation.backward(dA, A)
    assert dA.dtype == A.dtype == np.float32


@each("activation", ACTIVATIONS)
def test_extreme_inputs_stay_finite(activation):
    A = forward(activation, np.array([-1e4, 1e4], dtype=np.float32))
    dA = np.ones_like(A)
    activation.backward(dA, A)
    assert np.isfinite(A).all()
    assert np.isin(dA, [0, 1]).all()


def test_relu_has_derivative_zero_at_zero():
    A, dA = np.zeros(2), np.ones(2)
    Relu().backward(dA, A)
    assert_array_equal(dA, [0, 0])


@each("activation", ACTIVATIONS)
def test_works_on_a_stack(activation):
    stack = np.stack([Z, -Z + 0.005, 2 * Z])
    together = forward(activation, stack)
    dA = np.ones_like(stack)
    activation.backward(dA, together.copy())
    for i, one in enumerate(stack):
        alone, dA_alone = forward(activation, one), np.ones_like(one)
        assert_allclose(together[i], alone, rtol=1e-14)
        activation.backward(dA_alone, alone)
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
