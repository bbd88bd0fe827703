"""The mean of weights, and statistics of batch normalization that fit it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import BatchNorm, Data, Network, Relu, averaging, raw_scores
from skdl.engine.averaging import average, renew_statistics

EPSILON = 0.01


def net(position="before", dtype=np.float64, seed=0, **options):
    network = Network(
        (4, 6, 5, 3),
        [Relu(), Relu()],
        dtype,
        normalization=BatchNorm(epsilon=EPSILON),
        normalization_position=position,
        **options,
    )
    rng = np.random.default_rng(seed)
    network.initialize(rng)
    network.parameters[network.n_weights :] += rng.uniform(-1, 1)
    network.statistics[:] = rng.uniform(1, 2, network.statistics.shape)
    return network


def rows(n=50, dtype=np.float64):
    rng = np.random.default_rng(5)
    X = (rng.normal(size=(n, 4)) * [1, 5, 1, 0.1] + [100, 0, 3, 0]).astype(dtype)
    weights = rng.integers(0, 4, size=(n, 1)).astype(dtype)
    return X, weights


def expected_scores(network, X, weights, position):
    """Normalize by the moments of all rows, layer after layer, in plain NumPy."""
    A, affine = X.astype(float), network.affine
    gammas = [layer for layer in network.layers if hasattr(layer, "gamma")]
    for layer, normal in zip(affine[:-1], gammas, strict=True):
        Z = A @ layer.weights + layer.biases
        if position == "after":
            Z = np.maximum(Z, 0)
        mean = np.average(Z, axis=0, weights=weights)
        variance = np.average((Z - mean) ** 2, axis=0, weights=weights)
        Z = (Z - mean) / np.sqrt(variance + EPSILON) * normal.gamma + normal.beta
        A = Z if position == "after" else np.maximum(Z, 0)
    return A @ affine[-1].weights + affine[-1].biases


def test_average_is_the_mean_of_the_parameters():
    networks = [net(seed=seed, dtype=np.float32) for seed in range(3)]
    snapshots = [network.snapshot() for network in networks]
    mean = np.mean([p.astype(float) for p, _ in snapshots], axis=0)
    last = snapshots[-1][1].copy()
    average(networks[0], snapshots)
    assert networks[0].parameters.dtype == np.float32
    assert_array_equal(networks[0].parameters, mean.astype(np.float32))
    assert_array_equal(networks[0].statistics, last)
    assert_array_equal(networks[1].parameters, snapshots[1][0])


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [7, 4096])
def test_statistics_are_those_of_all_rows(position, weighted, size, monkeypatch):
    """In blocks or at once, whatever the statistics were before."""
    monkeypatch.setattr(averaging, "rows_per_pass", lambda network: size)
    network = net(position)
    X, weights = rows()
    if weighted:
        weights[:14] = 0  # two whole blocks of 7
    data = Data(X, np.zeros((50, 3)), weights=weights if weighted else None)
    renew_statistics(network, data)
    w = weights[:, 0] if weighted else np.ones(50)
    expected = expected_scores(network, X, w, position)
    assert_allclose(raw_scores(network, X), expected, rtol=1e-9)


def test_only_the_rows_in_use_count():
    X, _ = rows()
    some = np.array([3, 40, 7, 8, 30])
    one, other = net(), net()
    renew_statistics(one, Data(X, np.zeros((50, 3)), rows=some))
    renew_statistics(other, Data(X[some], np.zeros((5, 3))))
    assert_allclose(one.statistics, other.statistics, rtol=1e-12)


@pytest.mark.parametrize("kind", ["float32", "uint8", "sparse"])
def test_data_of_other_types(kind):
    X, _ = rows()
    X = np.abs(X.round())
    changed = csr_array(X) if kind == "sparse" else X.astype(kind)
    dtype = np.float64 if kind == "sparse" else np.float32
    one, other = net(dtype=dtype), net()
    renew_statistics(one, Data(changed, np.zeros((50, 3))))
    renew_statistics(other, Data(X, np.zeros((50, 3))))
    assert one.statistics.dtype == dtype
    assert_allclose(one.statistics, other.statistics, rtol=2e-4, atol=1e-6)


def test_dropout_is_off_and_residuals_are_on():
    X, _ = rows()
    data = Data(X, np.zeros((50, 3)))
    plain, dropping = net(), net(dropout=[0.2, 0.5, 0.5])
    dropping.restore(plain.snapshot())
    renew_statistics(plain, data)
    renew_statistics(dropping, data)
    assert_array_equal(plain.statistics, dropping.statistics)
    residual = net(residual=True)
    renew_statistics(residual, data)
    layers = [layer for layer in residual.layers if hasattr(layer, "gamma")]
    first = np.maximum(
        (X @ residual.affine[0].weights + residual.affine[0].biases - layers[0].mean)
        / np.sqrt(layers[0].variance + EPSILON) * layers[0].gamma + layers[0].beta,
        0,
    )  # fmt: skip
    Z = first @ residual.affine[1].weights + residual.affine[1].biases
    assert_allclose(layers[1].mean[0], Z.mean(axis=0), rtol=1e-9)


def test_nothing_happens_without_normalization():
    network = Network((4, 6, 3), [Relu()], np.float64)
    network.initialize(np.random.default_rng(0))
    before = network.snapshot()
    renew_statistics(network, Data(*rows()))
    assert_array_equal(network.parameters, before[0])
    assert network.statistics.size == 0
