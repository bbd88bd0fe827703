"""The forward pass over any number of rows."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import (
    BatchNorm,
    Gelu,
    Maxout,
    Network,
    Relu,
    Silu,
    Tanh,
    raw_scores,
)
from skdl.engine.prediction import bytes_per_row, hidden_outputs, rows_per_pass
from skdl.engine.probe import probe
from skdl.engine.workspace import Workspace
from tests.engine.cases import each, peak_bytes
from tests.engine.test_architecture import ARCHITECTURES, make

N = 30


def network_and_rows(dtype=np.float64, n_networks=None):
    rng = np.random.default_rng(0)
    network = Network((4, 6, 5, 3), [Relu(), Tanh()], dtype, n_networks)
    network.initialize(rng)
    return network, rng.integers(0, 5, (N, 4)).astype(dtype)


def by_hand(network, X):
    first, second, third = [(layer.weights, layer.biases) for layer in network.affine]
    A = np.maximum(X @ first[0] + first[1], 0)
    A = np.tanh(A @ second[0] + second[1])
    return A @ third[0] + third[1]


@pytest.mark.parametrize("n_networks", [None, 3])
@pytest.mark.parametrize("block", [1, 7, 10, 29, 30, 31])
@pytest.mark.parametrize("sparse", [False, True])
def test_blocks_equal_the_formula(n_networks, block, sparse):
    network, X = network_and_rows(n_networks=n_networks)
    scores = raw_scores(network, csr_array(X) if sparse else X, max_rows=block)
    assert scores.shape == (*network.stack, N, 3)
    assert_allclose(scores, by_hand(network, X), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("n_networks", [None, 3])
@pytest.mark.parametrize("widths", [(1, 1), (1, 9000, 1), (5, 100, 30, 2)], ids=str)
@pytest.mark.parametrize("n_rows", [1, 7, 24, 128])
def test_what_is_made_once_of_frozen_parameters_changes_no_bit(
    n_networks, widths, n_rows
):
    network = Network(widths, [Relu()] * (len(widths) - 2), np.float32, n_networks)
    rng = np.random.default_rng(0)
    network.parameters[...] = rng.normal(size=network.parameters.shape)
    X = rng.normal(size=(n_rows, widths[0])).astype(np.float32)
    frozen, free = (Workspace(network, n_rows, frozen=f) for f in (True, False))
    first = network.scores(X, frozen).copy()
    assert_array_equal(first, network.scores(X, free))
    # Later passes begin with what the first one left.
    assert_array_equal(first, network.scores(X, frozen))
    network.parameters += 1
    assert not (network.scores(X, free) == first).any()


@pytest.mark.parametrize(
    ("widths", "dtype", "n_networks", "expected"),
    [
        ((784, 8, 2), "f", None, 8192),
        ((784, 16, 2), "f", None, 8192),
        ((8, 32, 32, 2), "f", None, 4096),
        ((30, 100, 1), "f", None, 1024),
        ((30, 100, 1), "d", None, 512),
        ((30, 32, 1), "d", 2, 1024),
        ((784, 2000, 10), "f", None, 512),
        ((5, 10**6), "d", 3, 512),
    ],
)
def test_rows_per_pass(widths, dtype, n_networks, expected):
    class Shapes:
        stack = () if n_networks is None else (n_networks,)

    Shapes.widths, Shapes.dtype = widths, np.dtype(dtype)
    assert rows_per_pass(Shapes) == expected


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("block", [3, 100])
def test_chosen_rows(sparse, block):
    network, X = network_and_rows()
    rows = np.array([29, 0, 5, 5, 17, 2, 8])
    scores = raw_scores(network, csr_array(X) if sparse else X, rows, max_rows=block)
    assert_allclose(scores, by_hand(network, X)[rows], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("source", [np.uint8, np.float16, np.int64, np.float64])
@pytest.mark.parametrize("sparse", [False, True])
def test_any_dtype_gives_the_dtype_of_the_network(source, sparse):
    if sparse and source is np.float16:
        source = np.float32  # SciPy has no sparse half precision
    network, X = network_and_rows(np.float32)
    expected = raw_scores(network, X)
    given = csr_array(X.astype(source)) if sparse else X.astype(source)
    scores = raw_scores(network, given)
    assert expected.dtype == scores.dtype == np.float32
    assert_allclose(scores, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n_networks", [None, 2])
def test_no_rows(n_networks):
    network, X = network_and_rows(n_networks=n_networks)
    assert raw_scores(network, X[:0]).shape == (*network.stack, 0, 3)


def test_memmap_and_read_only_rows(tmp_path):
    network, X = network_and_rows()
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert not mapped.flags.writeable
    assert_array_equal(raw_scores(network, mapped), raw_scores(network, X))


def test_answers_do_not_share_memory():
    network, X = network_and_rows()
    first = raw_scores(network, X)
    kept = first.copy()
    raw_scores(network, X + 1)
    assert_array_equal(first, kept)
    assert not np.shares_memory(first, network.parameters)


def test_memory_of_the_hidden_layers_does_not_grow_with_the_rows():
    network = Network((4, 256, 1), [Relu()], np.float32)
    few, many = np.ones((640, 4), np.uint8), np.ones((6400, 4), np.uint8)
    peaks = [
        peak_bytes(partial(raw_scores, network, X, max_rows=64)) for X in (few, many)
    ]
    scores = 4 * (6400 - 640)
    assert peaks[1] - peaks[0] < scores + 20_000


ACTIVATIONS_OF_TWO = {
    "in place": [Relu(), Tanh()],
    "two arrays": [Gelu(), Silu()],
    "maxout": [Maxout(3), Maxout()],
}


@pytest.mark.parametrize("activations", ACTIVATIONS_OF_TWO.values(), ids=str)
@pytest.mark.parametrize("kind", ["same", "uint8", "sparse", "sparse uint8"])
@pytest.mark.parametrize("n_networks", [None, 2])
def test_bytes_per_row_are_what_a_pass_takes(activations, kind, n_networks):
    options = {"normalization": BatchNorm(), "residual": True, "dropout": [0, 0.5, 0.5]}
    network = Network((50, 40, 30, 3), activations, np.float32, n_networks, **options)
    network.initialize(np.random.default_rng(0))
    X = np.random.default_rng(0).integers(0, 2, (4000, 50))
    X = X.astype(np.uint8 if "uint8" in kind else np.float32)
    if "sparse" in kind:
        X = csr_array(X)
    peaks = [
        peak_bytes(lambda n=n: raw_scores(network, X, max_rows=n)) for n in (1000, 2000)
    ]
    needed = 1000 * bytes_per_row(network, X)
    taken = peaks[1] - peaks[0]
    # Sparse rows: the last block is still there when the next one is cut.
    assert taken < (1.4 if "sparse" in kind else 1.02) * needed
    assert taken > 0.8 * needed


@each("options", {k: o for k, o in ARCHITECTURES.items() if "normalization" not in o})
@pytest.mark.parametrize("n_networks", [None, 2])
@pytest.mark.parametrize("block", [3, 100])
@pytest.mark.parametrize("sparse", [False, True])
def test_hidden_outputs(options, n_networks, block, sparse):
    p = make(options, n_networks=n_networks)
    X = csr_array(p.X) if sparse and "scaling" not in options else p.X
    # A probe takes the same network where there is no batch normalization.
    for i, record in enumerate(probe(p.network, p.X)):
        outputs = hidden_outputs(p.network, X, i, block)
        assert_allclose(outputs, record.activations, rtol=1e-12, atol=1e-14)


@each("options", {k: o for k, o in ARCHITECTURES.items() if "normalization" in o})
def test_hidden_outputs_are_those_that_lead_to_the_scores(options):
    p = make(options)
    rng = np.random.default_rng(0)
    p.network.statistics[...] = rng.uniform(0.5, 2, p.network.statistics.shape)
    last = p.network.affine[-1]
    A = hidden_outputs(p.network, p.X, len(p.network.affine) - 2)
    scores = A @ last.weights + last.biases
    assert_allclose(scores, raw_scores(p.network, p.X), rtol=1e-12)
    one_by_one = [hidden_outputs(p.network, row[None], 0)[0] for row in p.X]
    assert_allclose(one_by_one, hidden_outputs(p.network, p.X, 0), rtol=1e-9)
