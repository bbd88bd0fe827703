"""Learned scales of the inputs: gradients, stacks, and rates of their own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import Adam, AdamW, Network, SoftmaxCrossEntropy, Tanh, raw_scores
from skdl.engine.layers import ScaledAffine
from skdl.engine.optimizers import adam_with_factors
from skdl.engine.workspace import Workspace

N_ROWS, WIDTHS, LOSS = 7, (4, 3, 2), SoftmaxCrossEntropy()
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N_ROWS, WIDTHS[0]))
TARGETS = np.eye(2)[RNG.integers(2, size=N_ROWS)]
# The second network of a stack does not learn from the first three rows.
WEIGHTS = np.stack([np.ones((N_ROWS, 1)), (np.arange(N_ROWS) > 2)[:, None] / 1.0])


def made(widths=WIDTHS, n_networks=None, seed=1):
    functions = [Tanh()] * (len(widths) - 2)
    network = Network(widths, functions, np.float64, n_networks, input_scales=True)
    rng = np.random.default_rng(seed)
    network.parameters[...] = rng.standard_normal(network.parameters.shape)
    return network


def loss_and_gradient(network, weights=None):
    workspace = Workspace(network, N_ROWS, training=True)
    value = network.loss_and_gradient(X, TARGETS, weights, LOSS, workspace)
    return value, workspace.gradient


def test_scales_start_at_one_and_multiply_the_columns():
    network = Network(WIDTHS, [Tanh()], np.float64, input_scales=True)
    first = network.layers[0]
    assert isinstance(first, ScaledAffine)
    assert_array_equal(first.scales, 1)
    scaled, plain = made(), Network(WIDTHS, [Tanh()], np.float64)
    weights, offsets = np.split(scaled.parameters, [scaled.n_weights])
    scales = scaled.layers[0].scales[:, 0]
    # First the biases of the first layer, then its scales.
    kept = np.delete(offsets, np.arange(3, 7))
    plain.parameters[...] = np.concatenate([weights, kept])
    assert_allclose(raw_scores(scaled, X), raw_scores(plain, X * scales))


@pytest.mark.parametrize("widths", [(4, 2), WIDTHS])
def test_gradient_of_one_network(widths):
    network, step = made(widths), 1e-6
    _, gradient = loss_and_gradient(network)
    expected = np.empty_like(gradient)
    for i in range(gradient.size):
        values = []
        for sign in (1, -1):
            network.parameters[i] += sign * step
            values.append(loss_and_gradient(network)[0])
            network.parameters[i] -= sign * step
        expected[i] = (values[0] - values[1]) / (2 * step)
    assert_allclose(gradient, expected, atol=1e-8)


def test_networks_of_a_stack_share_rows_and_have_their_own_weights():
    stack = made(n_networks=2)
    values, gradients = loss_and_gradient(stack, WEIGHTS)
    for i in range(2):
        single = made()
        single.parameters[...] = stack.parameters[i]
        value, gradient = loss_and_gradient(single, WEIGHTS[i])
        assert_allclose([values[i]], [value])
        assert_allclose(gradients[i], gradient, atol=1e-15)


def test_no_gradient_of_the_inputs():
    with pytest.raises(ValueError, match="no gradient of its inputs"):
        Workspace(made(), N_ROWS, training=True, input_gradient=True)


def test_importances_contain_the_scales():
    network = made((4, 2))
    first = network.layers[0]
    squares = first.squared_paths(np.ones((2, 1)), {})
    expected = ((first.scales * first.weights) ** 2).sum(axis=1, keepdims=True)
    assert_allclose(squares, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_factor_for_each_rate(dtype):
    gradients = RNG.standard_normal((3, 2, 4)).astype(dtype)
    factors = np.array([[1, 6, 0.1, 0], [2, 1, 1, 1]], dtype)
    w = np.ones((2, 4), dtype)
    state = adam_with_factors(Adam(beta_2=0.95), w, factors)
    parts = [[np.ones(1, dtype) for _ in range(4)] for _ in range(2)]
    alone = [[Adam(beta_2=0.95).start(part) for part in row] for row in parts]
    for gradient in gradients:
        state.step(w, gradient.copy(), 0.01)
        for i, j in np.ndindex(2, 4):
            rate = 0.01 * float(factors[i, j])
            alone[i][j].step(parts[i][j], gradient[i, j : j + 1].copy(), rate)
    assert w.dtype == dtype
    assert_allclose(w, np.array(parts)[..., 0], rtol=1e-6)


def test_step_sizes_contain_the_factors():
    w, out = np.ones(3), np.empty(3)
    factors = np.array([1.0, 6.0, 0.5])
    state, plain = adam_with_factors(Adam(), w, factors), Adam().start(w.copy())
    for one in (state, plain):
        one.step(np.ones(3), np.ones(3), 0.1)
    block = slice(0, 3)
    sizes = state.step_sizes(0.1, block, out).copy()
    assert_allclose(sizes, factors * plain.step_sizes(0.1, block, out))


def test_bad_factors():
    with pytest.raises(ValueError, match=r"shape of parameters, \(3,\), got \(2,\)"):
        adam_with_factors(Adam(), np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="must be Adam, got AdamW"):
        adam_with_factors(AdamW(), np.ones(3), np.ones(3))
