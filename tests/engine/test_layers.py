"""Layers: affine maps, activations, skip connections, absorbed biases."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl import MLPClassifier
from skdl.engine import (
    BatchNorm,
    Gelu,
    HeNormal,
    Identity,
    LeCunNormal,
    Maxout,
    Network,
    Relu,
    Softmax,
    Tanh,
    raw_scores,
)
from skdl.engine.layers import ActivationLayer, Affine, BatchNormLayer, layer_names
from skdl.engine.layers.affine import product_over
from skdl.engine.layers.base import transposed
from skdl.engine.layers.residual import Fork, Join, initialize_blocks
from skdl.engine.workspace import Workspace

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

    scratch = empty


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


@pytest.mark.parametrize("stack", [(), (3,)])
@pytest.mark.parametrize("shape", [(1, 4, 3), (6, 1, 3), (6, 4, 1), (1, 1, 1)])
def test_products_over_one_number(stack, shape):
    n, fan_in, fan_out = shape
    rng = np.random.default_rng(0)
    layer = Affine(fan_in, fan_out, is_first=False)
    X, W, b, dZ = (
        rng.normal(size=(*stack, *matrix))
        for matrix in ((n, fan_in), (fan_in, fan_out), (1, fan_out), (n, fan_out))
    )
    layer.attach(W, b)
    buffers = layer.buffers(Arrays(*stack, n), np.empty_like(W), np.empty_like(b))
    forward, backward = layer.bind(buffers)
    assert_allclose(forward(X), X @ W + b, rtol=1e-13)
    assert_allclose(backward(dZ), dZ @ W.swapaxes(-1, -2), rtol=1e-13)
    expected = X.swapaxes(-1, -2) @ dZ
    assert_allclose(buffers.weight_gradient, expected, rtol=1e-13)


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


def network(*hidden, activation=None, **options):
    net = Network(
        (3, *hidden, 2), [activation or Tanh()] * len(hidden), np.float64,
        residual=True, **options,
    )  # fmt: skip
    net.initialize(np.random.default_rng(0))
    return net


def joins(net):
    return [layer for layer in net.layers if isinstance(layer, Join)]


def test_forward_is_the_formula():
    net = network(4, 4, 5)
    X = np.random.default_rng(1).normal(size=(6, 3))
    first, second, third, last = net.affine
    H = np.tanh(X @ first.weights + first.biases)
    H = H + np.tanh(H @ second.weights + second.biases)
    projection = joins(net)[1].projection
    H = H @ projection + np.tanh(H @ third.weights + third.biases)
    expected = H @ last.weights + last.biases
    assert_allclose(raw_scores(net, X), expected, rtol=1e-12)


def test_a_projection_only_where_widths_differ_and_among_the_weights():
    same, other = joins(network(4, 4, 5))
    assert same.projection is None
    assert other.projection.shape == (4, 5)
    net = network(4, 4, 5)
    assert net.n_weights == 3 * 4 + 4 * 4 + 4 * 5 + 4 * 5 + 5 * 2
    assert np.shares_memory(joins(net)[1].projection, net.parameters[: net.n_weights])


def test_a_block_without_weights_is_the_identity():
    net = network(4, 4)
    X = np.random.default_rng(1).normal(size=(6, 3))
    net.affine[1].weights[...] = net.affine[1].biases[...] = 0
    first, _, last = net.affine
    H = np.tanh(X @ first.weights + first.biases)
    assert_allclose(raw_scores(net, X), H @ last.weights + last.biases, rtol=1e-12)


def test_starting_weights_of_n_blocks_are_n_times_smaller():
    for hidden, n_blocks in ((8, 8), 1), ((8,) * 6, 5):
        net = network(*hidden)
        plain = Network((3, *hidden, 2), [Tanh()] * len(hidden), np.float64)
        plain.initialize(np.random.default_rng(0))
        ours, theirs = net.affine, plain.affine
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            factor = n_blocks if 0 < i < len(ours) - 1 else 1
            assert_allclose(a.weights * factor, b.weights, rtol=1e-14)
            assert_allclose(a.biases * factor, b.biases, rtol=1e-14)


def test_depth_does_not_blow_activations_up():
    X = np.random.default_rng(1).normal(size=(200, 100))
    sizes = []
    for depth in (2, 60):
        net = Network((100,) * (depth + 2), [Relu()] * depth, np.float64, residual=True)
        inits = [HeNormal()] * depth + [LeCunNormal()]
        net.initialize(np.random.default_rng(0), initializers=inits)
        sizes.append(np.sqrt(np.mean(raw_scores(net, X) ** 2)))
    assert 0.5 < sizes[1] / sizes[0] < 2


def test_projections_keep_the_variance():
    fork = Fork(1000)
    join = Join(fork, 500)
    projection = np.zeros((1000, 500))
    join.attach(projection)
    initialize_blocks([fork, join], np.random.default_rng(0))
    assert_allclose(projection.std(), 1000**-0.5, rtol=0.01)


def test_fork_returns_its_input():
    buffers = SimpleNamespace()
    forward, backward = Fork(2).bind(buffers)
    X = np.ones((3, 2))
    assert forward(X) is X
    buffers.gradient = np.full((3, 2), 5.0)
    dX = np.ones((3, 2))
    assert backward(dX) is dX
    assert_array_equal(dX, np.full((3, 2), 6.0))


rng = np.random.default_rng(0)
X, T = rng.normal(size=(9, 3)), np.eye(2)[np.arange(9) % 2]
WEIGHTS = 1.0 + np.arange(9)[:, np.newaxis] % 3


def network_with_biases(activation, dtype=np.float64, **options):
    options = {"normalization": BatchNorm(), **options}
    net = Network((3, 4, 4, 2), [activation()] * 2, dtype, **options)
    net.parameters[...] = rng.normal(size=net.parameters.shape)
    return net


def gradients(net, rows=slice(None), weights=None, **options):
    """Return the network's gradient, and that of central differences."""
    space = Workspace(net, len(X[rows]), True, rng=np.random.default_rng(1), **options)
    data = X[rows].astype(net.dtype), T[rows].astype(net.dtype), weights
    net.loss_and_gradient(*data, Softmax(), space)
    exact, numeric = space.gradient.copy(), np.zeros_like(space.gradient)
    start, kept = net.snapshot(), net.parameters.copy()
    for i in range(len(kept)):
        sides = []
        for h in (1e-6, -1e-6):
            net.restore(start)
            net.parameters[i] += h
            sides.append(net.loss_and_gradient(*data, Softmax(), space))
        numeric[i] = (sides[0] - sides[1]) / 2e-6
    net.restore(start)
    return exact, numeric


def shifts(net, vector):
    """Return the parts of a vector that are biases or β, for hidden layers."""
    return [
        part[-1]
        for layer, part in zip(net.layers, net.views(vector), strict=True)
        if isinstance(layer, Affine | BatchNormLayer)
    ][:-1]


# Which of bias 1, (bias 2 or β 1), … are absorbed, in the order of the layers.
CASES = [
    # affine, norm, relu, affine, norm, relu
    (Relu, {}, [True, False, True, False]),
    (Maxout, {}, [True, False, True, False]),
    (Relu, {"residual": True}, [True, False, True, False]),
    (Relu, {"normalization_position": "after"}, [False, False, False, False]),
    (Maxout, {"normalization_position": "after"}, [False, False, False, False]),
    # β of the first normalization goes into the second one.
    (Identity, {}, [True, True, True, False]),
    (Identity, {"normalization_position": "after"}, [True, True, True, False]),
    # By the bypass it reaches the scores.
    (Identity, {"residual": True}, [True, False, True, False]),
    (
        Identity,
        {"residual": True, "normalization_position": "after"},
        [True, False, True, False],
    ),
]


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(("activation", "options", "absorbed"), CASES, ids=str)
def test_the_gradient_of_an_absorbed_bias_is_zero(
    activation, options, absorbed, weights
):
    net = network_with_biases(activation, **options)
    exact, numeric = gradients(net, weights=weights)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    assert [not one.any() for one in shifts(net, exact)] == absorbed


def test_dropout_between_keeps_the_gradient():
    net = network_with_biases(Identity, dropout=[0, 0.5, 0])
    exact, _ = gradients(net)
    assert [not one.any() for one in shifts(net, exact)] == [True, False, True, False]


def test_a_batch_of_one_row_meets_running_means_and_keeps_the_gradient():
    net = network_with_biases(Relu)
    exact, numeric = gradients(net, rows=slice(1))
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    exact, numeric = gradients(net, input_gradient=True)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    assert shifts(net, exact)[0].any()


def test_without_normalization_nothing_is_absorbed():
    net = network_with_biases(Relu, normalization=None)
    assert all(layer.absorber is None for layer in net.layers)


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "adagrad", "rmsprop"])
def test_no_solver_moves_them_in_float32(solver):
    parameters = {"solver": solver, "normalization": "batch", "batch_size": 10}
    parameters |= {"max_iter": 20, "random_state": 0, "alpha": 0.1}
    y = np.arange(20) % 4
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with warnings.catch_warnings(action="ignore"):
        nets = [
            MLPClassifier((4,), learning_rate_init=0.1, **parameters).fit(
                rows.astype(dtype), y
            )
            for dtype in (np.float32, np.float64)
        ]
        start = MLPClassifier((4,), random_state=0, max_iter=1, solver="sgd",
                              learning_rate_init=1e-300).fit(rows, y)  # fmt: skip
    for net in nets:
        np.testing.assert_array_equal(
            net.intercepts_[0], start.intercepts_[0].astype(net.intercepts_[0].dtype)
        )


# Shapes of the left factor and of the right one, whose common axis has length 1.
OUTER = {
    "few rows": ((20, 1), (1, 8)),
    "many rows": ((200, 1), (1, 8)),
    "a stack": ((7, 32, 1), (7, 1, 8)),
    "rows that all members share": ((200, 1), (7, 1, 8)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", OUTER)
def test_a_column_times_a_row_is_exact(case, dtype):
    rng = np.random.default_rng(0)
    left, right = (rng.normal(size=shape).astype(dtype) for shape in OUTER[case])
    expected = left * right
    out = np.empty_like(expected)
    product = product_over(1, out)
    for _ in range(2):
        assert product(left, right, out) is out
        assert_array_equal(out, expected)
        left, right, expected = 2 * left, -right, -2 * expected


def test_arrays_of_training_begin_at_a_cache_line():
    network = Network([3, 5, 2], [Relu()], np.dtype(np.float32))
    workspace = Workspace(network, 7, training=True)
    memory = workspace.empty(3), workspace.zeros(5), workspace.score_gradient
    for array in (network.parameters, *memory):
        assert array.ctypes.data % 64 == 0
