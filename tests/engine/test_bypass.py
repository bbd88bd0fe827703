"""Bypasses: the sum, the two ways back, the projection, the starting weights."""

from types import SimpleNamespace

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import HeNormal, LeCunNormal, Network, Relu, Tanh, raw_scores
from skdl.engine.layers.residual import Fork, Join, initialize_blocks


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


def test_fork_hands_on_its_input():
    buffers = SimpleNamespace()
    forward, backward = Fork(2).bind(buffers)
    X = np.ones((3, 2))
    assert forward(X) is X
    buffers.gradient = np.full((3, 2), 5.0)
    dX = np.ones((3, 2))
    assert backward(dX) is dX
    assert_array_equal(dX, np.full((3, 2), 6.0))
