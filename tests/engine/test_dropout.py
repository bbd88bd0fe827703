"""Dropout: shares, means, the backward pass, sparse rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import Network, Relu, Tanh, Workspace, raw_scores
from skdl.engine.layers.dropout import CHUNK, Dropout

N, WIDTH = 400, 50


def drop(X, rate=0.3, dtype=np.float64, seed=0, stack=()):
    """Return the layer's output for X, the layer, and its buffers."""
    network = Network((WIDTH, 1), [], dtype, *stack)
    rng = np.random.default_rng(seed)
    workspace = Workspace(network, N, training=True, rng=rng)
    layer = Dropout(rate, WIDTH)
    buffers = layer.buffers(workspace)
    return layer.bind(buffers)[0](X), layer, buffers


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sparse", [False, True])
def test_share_of_zeros_and_scale_of_the_rest(rate, dtype, sparse):
    X = np.random.default_rng(1).uniform(1, 2, (N, WIDTH)).astype(dtype)
    before = X.copy()
    dropped, *_ = drop(csr_array(X) if sparse else X, rate, dtype)
    dropped = dropped.toarray() if sparse else dropped
    assert dropped.dtype == dtype
    # The share of 20,000 draws has a standard deviation of at most 0.0036.
    assert abs(np.mean(dropped == 0) - rate) < 0.012
    kept = dropped != 0
    drawn = round(rate * 2**16) / 2**16
    np.testing.assert_allclose(dropped[kept], X[kept] / (1 - drawn), rtol=1e-6)
    assert_array_equal(X, before)


def test_networks_of_a_stack_may_drop_the_same_units():
    network = Network((WIDTH, 1), [], np.float64, 3)
    workspace = Workspace(network, N, training=True, rng=np.random.default_rng(0))
    layer = Dropout(0.3, WIDTH)
    layer.is_shared = True
    forward, backward = layer.bind(layer.buffers(workspace))
    outputs = forward(np.ones((3, N, WIDTH)))
    assert_array_equal(outputs[1:], outputs[:-1])
    assert_array_equal(outputs[0], drop(np.ones((N, WIDTH)))[0])
    assert_array_equal(backward(np.ones((3, N, WIDTH))), outputs)


@pytest.mark.parametrize(("rate", "drawn"), [(1e-9, 2**-16), (1 - 1e-9, 1 - 2**-16)])
def test_extreme_rates_neither_drop_nor_keep_everything(rate, drawn):
    layer = Dropout(rate, WIDTH)
    np.testing.assert_allclose(layer.scale, 1 / (1 - drawn))
    dropped, *_ = drop(np.ones((N, WIDTH)), rate)
    assert (
        abs(np.mean(dropped == 0) - drawn)
        < 5 * (drawn * (1 - drawn) / N / WIDTH) ** 0.5
    )


def test_both_dtypes_draw_the_same_units_however_many():
    # More elements than bits are drawn for at a time, and no multiple of four.
    X = np.ones((N, WIDTH))
    single, double = (drop(X.astype(d), dtype=d, stack=(3,))[0] for d in "fd")
    assert_array_equal(single != 0, double != 0)
    many = csr_array(np.ones((1, 2 * CHUNK + 3)))
    kept = Dropout(0.5, 1).bind(drop(X)[2])[0](many).toarray().ravel() != 0
    thirds = np.split(kept, [CHUNK, 2 * CHUNK])
    assert abs(np.mean(thirds[0] != thirds[1]) - 0.5) < 0.02
    for third in thirds[:2]:
        assert abs(third.mean() - 0.5) < 0.02


def test_the_gradient_passes_where_the_value_did():
    X = np.ones((N, WIDTH))
    dropped, layer, buffers = drop(X)
    dA = np.full((N, WIDTH), 2.0)
    assert layer.bind(buffers)[1](dA) is dA
    assert_array_equal(dA, 2 * dropped)


def test_units_and_rows_are_drawn_independently():
    dropped, layer, buffers = drop(np.ones((N, WIDTH)))
    kept = dropped != 0
    # Means over rows and over units vary as those of independent draws do.
    for axis, n in (0, N), (1, WIDTH):
        expected = (0.3 * 0.7 / n) ** 0.5
        assert 0.7 < kept.mean(axis=axis).std() / expected < 1.4
    again = layer.bind(buffers)[0](np.ones((N, WIDTH)))
    assert 0.35 < np.mean((again != 0) != kept) < 0.49  # 2 · 0.3 · 0.7 = 0.42


def test_the_same_generator_gives_the_same_units():
    X = np.ones((N, WIDTH))
    assert_array_equal(drop(X)[0], drop(X)[0])
    assert (drop(X, seed=1)[0] != drop(X)[0]).any()


def test_networks_of_a_stack_have_masks_of_their_own():
    dropped, *_ = drop(np.ones((N, WIDTH)), stack=(3,))
    assert dropped.shape == (3, N, WIDTH)
    assert (dropped[0] != dropped[1]).mean() > 0.3


def test_prediction_has_no_such_layer():
    plain = Network((4, 5, 2), [Relu()], np.float64)
    plain.initialize(np.random.default_rng(0))
    dropping = Network((4, 5, 2), [Relu()], np.float64, dropout=[0.5, 0.5])
    dropping.parameters[...] = plain.parameters
    X = np.random.default_rng(1).normal(size=(9, 4))
    assert_array_equal(raw_scores(dropping, X), raw_scores(plain, X))
    kinds = [type(layer).__name__ for layer in Workspace(dropping, 9).buffers_of]
    assert kinds == ["Affine", "ActivationLayer", "Affine"]


def test_the_mean_over_many_masks_is_the_prediction_of_a_linear_net():
    network = Network((4, 1), [], np.float64, dropout=[0.4])
    network.initialize(np.random.default_rng(0))
    X = np.repeat(np.random.default_rng(1).normal(size=(1, 4)), 20_000, axis=0)
    workspace = Workspace(network, len(X), True, rng=np.random.default_rng(2))
    noisy, exact = network.scores(X, workspace), raw_scores(network, X[:1])
    assert abs(noisy.mean() - exact.item()) < 4 * noisy.std() / len(X) ** 0.5


def test_the_backward_pass_of_the_layer_before_is_right():
    """tanh finds its derivative from its own output, which dropout must not touch."""
    network = Network((3, 4, 1), [Tanh()], np.float64, dropout=[0, 0.5])
    network.initialize(np.random.default_rng(0))
    workspace = Workspace(network, 5, True, rng=np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=(5, 3))
    network.scores(X, workspace)
    tanh = workspace.buffers_of[network.layers[1]]
    expected = np.tanh(X @ network.affine[0].weights + network.affine[0].biases)
    np.testing.assert_allclose(tanh.Z, expected, rtol=1e-14)


def test_other_bit_generators_draw_as_the_generator_does():
    X = np.ones((N, WIDTH))
    masks = []
    for kind in (np.random.PCG64, np.random.MT19937):
        for by_the_generator in (True, False):
            network = Network((WIDTH, 1), [], np.float64, dropout=[0.3])
            rng = np.random.Generator(kind(0))
            if by_the_generator:
                rng = SimpleNamespace(bit_generator=None, integers=rng.integers)
            workspace = Workspace(network, N, True, rng=rng)
            network.scores(X, workspace)
            masks.append(workspace.buffers_of[network.layers[0]].mask.copy())
    for one, other in zip(masks[::2], masks[1::2], strict=True):
        assert_array_equal(one, other)
    assert (masks[0] != masks[2]).any()


def test_bits_below_the_bound_are_dropped_and_no_others():
    """Of 2¹⁶ equally likely values, rate · 2¹⁶ lie below."""
    layer = Dropout(0.25, 4)
    bits = np.array([2**14 - 1, 2**14, 2**16 - 1, 0], np.uint16)

    class Bits:
        bit_generator = None

        def integers(self, low, high, size, dtype):
            return bits.view(np.uint64)

    mask = layer._draw(np.empty(4), Bits())
    np.testing.assert_allclose(mask, [0, 4 / 3, 4 / 3, 0], rtol=1e-12)
