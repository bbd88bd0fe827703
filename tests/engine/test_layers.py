"""Layers: the affine map and its derivatives, activations in place, no state."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import Gelu, Tanh
from skdl.engine.layers import ActivationLayer, Affine, layer_names
from skdl.engine.layers.base import transposed

N, FAN_IN, FAN_OUT = 6, 4, 3


class Arrays:
    """As much of a workspace as these layers ask for."""

    def __init__(self, *shape, dtype=np.float64):
        self.shape, self.dtype, self.training = shape, dtype, True
        self.input_gradient = self.frozen = False
        self.ones = np.ones((1, shape[-1]), dtype)

    def zeros(self, width):
        return np.zeros((*self.shape, width), self.dtype)

    def empty(self, width):
        return np.empty((*self.shape, width), self.dtype)


def affine(stack=(), is_first=False, dtype=np.float64):
    """Return a layer, its workspace and an input."""
    rng = np.random.default_rng(0)
    layer = Affine(FAN_IN, FAN_OUT, is_first)
    weights = rng.normal(size=(*stack, FAN_IN, FAN_OUT)).astype(dtype)
    biases = rng.normal(size=(*stack, 1, FAN_OUT)).astype(dtype)
    layer.attach(weights, biases)
    gradients = np.full_like(weights, np.nan), np.full_like(biases, np.nan)
    buffers = layer.buffers(Arrays(*stack, N, dtype=dtype), *gradients)
    X = rng.normal(size=(N, FAN_IN)) * (rng.random((N, FAN_IN)) < 0.6)
    return layer, buffers, X.astype(dtype)


@pytest.mark.parametrize("stack", [(), (3,)])
@pytest.mark.parametrize("sparse", [False, True])
def test_affine_passes(stack, sparse):
    layer, buffers, X = affine(stack, is_first=True)
    dZ = np.random.default_rng(1).normal(size=(*stack, N, FAN_OUT))
    forward, backward = layer.bind(buffers)
    Z = forward(csr_array(X) if sparse else X)
    assert Z is buffers.Z
    assert_allclose(Z, X @ layer.weights + layer.biases, rtol=1e-13)
    assert backward(dZ) is None
    assert_allclose(buffers.weight_gradient, X.T @ dZ, rtol=1e-12, atol=1e-14)
    assert_allclose(buffers.bias_gradient, dZ.sum(axis=-2, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("stack", [(), (3,)])
def test_inner_layer_returns_the_gradient_of_its_input(stack):
    layer, buffers, X = affine(stack)
    X = X + np.zeros((*stack, 1, 1))
    dZ = np.random.default_rng(1).normal(size=(*stack, N, FAN_OUT))
    forward, backward = layer.bind(buffers)
    forward(X)
    dX = backward(dZ)
    assert dX is buffers.dX
    assert_allclose(dX, dZ @ layer.weights.swapaxes(-1, -2), rtol=1e-12)
    expected = X.swapaxes(-1, -2) @ dZ
    assert_allclose(buffers.weight_gradient, expected, rtol=1e-12, atol=1e-14)


def test_only_inner_training_layers_have_an_input_gradient():
    assert affine(is_first=True)[1].dX is None
    layer, buffers, _ = affine()
    assert buffers.dX.shape == (N, FAN_IN)
    assert layer.buffers(Arrays(N)).dX is None


def test_layer_keeps_nothing_of_a_pass():
    layer, buffers, X = affine()
    before = dict(vars(layer))
    forward, backward = layer.bind(buffers)
    forward(X)
    backward(np.ones((N, FAN_OUT)))
    assert vars(layer) == before


def test_activation_with_two_arrays_leaves_its_output_elsewhere():
    layer = ActivationLayer(Gelu(), 4)
    buffers = layer.buffers(Arrays(N, dtype=np.float32))
    forward, backward = layer.bind(buffers)
    Z, dA = np.ones((N, 4), np.float32), np.ones((N, 4), np.float32)
    A = forward(Z)
    assert not np.shares_memory(A, Z)
    assert A.dtype == np.float32
    assert_allclose(A, 0.8413447, rtol=1e-6)
    assert forward(np.zeros((N, 4), np.float32)) is A  # no new array
    assert backward(dA) is dA
    assert_allclose(dA, 0.5, rtol=1e-6)


def test_activation_works_in_place():
    layer = ActivationLayer(Tanh(), 4)
    forward, backward = layer.bind(layer.buffers(Arrays(N)))
    Z = np.random.default_rng(0).normal(size=(N, 4))
    A, dA = Z.copy(), np.full((N, 4), 2.0)
    assert forward(A) is A
    assert_allclose(A, np.tanh(Z), rtol=1e-14)
    assert backward(dA) is dA
    assert_allclose(dA, 2 * (1 - np.tanh(Z) ** 2), rtol=1e-12)


def test_transposed_copies_nothing():
    for X in (np.ones((2, 3)), np.ones((4, 2, 3))):
        assert transposed(X).shape == (*X.shape[:-2], 3, 2)
        assert np.shares_memory(transposed(X), X)
    sparse = csr_array(np.eye(2, 3))
    assert np.shares_memory(transposed(sparse).data, sparse.data)
    assert_array_equal(transposed(sparse).toarray(), np.eye(3, 2))


@pytest.mark.parametrize("stack", [(), (2,)])
def test_sparse_float32_equals_dense_to_rounding(stack):
    layer, buffers, X = affine(stack, is_first=True, dtype=np.float32)
    forward, _ = layer.bind(buffers)
    dense = forward(X).copy()
    sparse = forward(csr_array(X))
    assert sparse.dtype == buffers.X.dtype == np.float32
    assert (csr_array(X) @ layer.weights[(0,) * len(stack)]).dtype == np.float32
    assert_allclose(sparse, dense, rtol=1e-4, atol=1e-6)


def test_names_of_layers():
    assert layer_names(1) == ["output"]
    assert layer_names(3) == ["hidden 1", "hidden 2", "output"]
