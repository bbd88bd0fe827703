"""The layer that standardizes columns, whatever dtype they come in."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import (
    SGD,
    BatchNorm,
    Data,
    Network,
    Progress,
    Softmax,
    Tanh,
    Workspace,
    raw_scores,
    train,
    train_lbfgs,
)
from skdl.engine.averaging import renew_statistics
from skdl.engine.stacking import stack, unstack
from tests.engine.cases import peak_bytes

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
MEAN, SCALE = np.array([3.0, -2.0, 100.0]), np.array([0.5, 4.0, 20.0])


def make(dtype=F64, scaling=True, hidden=(5,), **options):
    network = Network(
        (3, *hidden, 2), [Tanh()] * len(hidden), dtype, scaling=scaling, **options
    )
    network.initialize(np.random.default_rng(0))
    if scaling:
        network.scaling.set(MEAN, SCALE)
    return network


def rows(n=40, dtype=np.uint8):
    X = np.random.default_rng(1).integers(0, 200, (n, 3))
    return X.astype(dtype)


@pytest.mark.parametrize("source", [np.uint8, np.float16, np.int64, "f4", "f8"])
@pytest.mark.parametrize("dtype", [F32, F64])
def test_scores_are_those_of_standardized_rows(source, dtype):
    X = rows(dtype=source)
    given = X.copy()
    scores = raw_scores(make(dtype), X, max_rows=15)
    expected = raw_scores(make(scaling=False), (X.astype(float) - MEAN) / SCALE)
    assert scores.dtype == dtype
    assert_allclose(scores, expected, atol=1e-5 if dtype == F32 else 1e-13)
    assert_array_equal(X, given)


def test_a_large_mean_takes_no_digits_of_float64_rows():
    network = make(F32)
    network.scaling.set(np.full(3, 2.0**30), np.ones(3))
    differences = np.random.default_rng(0).normal(size=(20, 3))
    scores = raw_scores(network, 2.0**30 + differences)
    expected = raw_scores(make(scaling=False), differences)
    # float32 has steps of 128 there.
    assert_allclose(scores, expected, atol=1e-5)


def test_no_scaling_is_no_layer():
    assert make(scaling=False).scaling is None
    assert make(scaling=False).statistics.size == 0


def test_it_starts_as_the_identity():
    network = Network((3, 2), [], F64, scaling=True)
    network.initialize(np.random.default_rng(0))
    plain = Network((3, 2), [], F64)
    plain.initialize(np.random.default_rng(0))
    X = rows()
    assert_array_equal(raw_scores(network, X), raw_scores(plain, X))


@pytest.mark.parametrize("scale", [0.0, 1e-320, 1e-60])
def test_a_scale_without_an_inverse_counts_as_one(scale):
    network = make(F32)
    network.scaling.set(MEAN, np.array([scale, 2, 4]))
    assert_array_equal(network.scaling.inverse, [[1, 0.5, 0.25]])


@pytest.mark.parametrize("training", [False, True])
def test_sparse_rows_are_refused(training):
    workspace = Workspace(make(), 40, training=training)
    with pytest.raises(ValueError, match=r"toarray\(\).*MaxAbsScaler"):
        make().scores(csr_array(rows(dtype=float)), workspace)


def trained(network, X, source):
    data = Data(X.astype(source), np.arange(len(X)) % 2, np.eye(2, dtype=network.dtype))
    state = SGD().start(network.parameters)
    train(
        network, Softmax(), state, data, np.random.default_rng(0), alpha=0.1,
        batch_size=16, rate=lambda progress: 0.1, progress=Progress(), max_epochs=5,
        on_epoch=lambda epoch: None,
    )  # fmt: skip
    return network


@pytest.mark.parametrize("source", [np.uint8, F32])
def test_training_from_any_dtype_is_training_on_standardized_rows(source):
    network = trained(make(F32), rows(), source)
    Z = ((rows() - MEAN) / SCALE).astype(F32)
    expected = trained(make(F32, scaling=False), Z, F32)
    assert_allclose(network.parameters, expected.parameters, rtol=1e-4, atol=1e-5)
    assert_array_equal(network.scaling.mean[0], MEAN.astype(F32))


def test_lbfgs_reads_rows_as_they_are():
    found = []
    for scaling in (True, False):
        network = make(scaling=scaling)
        X = rows() if scaling else (rows() - MEAN) / SCALE
        train_lbfgs(
            network, Softmax(), Data(X, np.arange(40) % 2, np.eye(2)), alpha=1.0,
            max_iter=20, max_fun=100, tol=1e-6, on_epoch=lambda epoch: None,
            on_end=lambda result: None,
        )  # fmt: skip
        found.append(network.parameters)
    assert_allclose(*found, rtol=1e-6, atol=1e-8)


def by_lbfgs(network, X):
    train_lbfgs(
        network, Softmax(), Data(X, np.arange(len(X)) % 2, np.eye(2, dtype=F32)),
        alpha=1.0, max_iter=5, max_fun=100, tol=1e-6, on_epoch=lambda epoch: None,
        on_end=lambda result: None,
    )  # fmt: skip


def by_renewal(network, X):
    renew_statistics(network, Data(X, np.zeros((len(X), 1))))


@pytest.mark.parametrize(
    "change", [lambda network, X: trained(network, X, F64), by_lbfgs, by_renewal]
)
def test_float64_rows_keep_their_digits_on_every_way(change):
    batch_norm = {"normalization": BatchNorm()} if change is by_renewal else {}
    network = make(F32, **batch_norm)
    network.scaling.set(np.full(3, 2.0**30), np.ones(3))
    expected = make(F32, scaling=False, **batch_norm)
    differences = np.random.default_rng(0).normal(size=(40, 3))
    change(network, 2.0**30 + differences)
    change(expected, differences.astype(F32))
    assert_allclose(network.parameters, expected.parameters, rtol=1e-3, atol=1e-4)
    # After the scaling come those of the normalization, if there is one.
    assert_allclose(network.statistics[6:], expected.statistics, rtol=1e-3, atol=1e-5)


def test_each_network_of_a_stack_has_its_own():
    networks = [make(), make(), make()]
    for i, network in enumerate(networks):
        network.scaling.set(MEAN + i, SCALE * (i + 1))
    stacked = stack(networks[0], [network.snapshot() for network in networks])
    scores = raw_scores(stacked, rows())
    for i, network in enumerate(networks):
        assert_allclose(scores[i], raw_scores(network, rows()), rtol=1e-12)
        assert_array_equal(unstack(stacked, i).scaling.mean[0], MEAN + i)


def test_pickles_and_snapshots_hold_it():
    network = make()
    copy = pickle.loads(pickle.dumps(network))
    assert_array_equal(raw_scores(copy, rows()), raw_scores(network, rows()))
    before, scores = network.snapshot(), raw_scores(network, rows())
    network.scaling.set(MEAN + 1, SCALE)
    assert (raw_scores(network, rows()) != scores).any()
    network.restore(before)
    assert_array_equal(raw_scores(network, rows()), scores)


def test_renewed_statistics_are_of_standardized_rows():
    network = make(normalization=BatchNorm())
    Z = (rows() - MEAN) / SCALE
    renew_statistics(network, Data(rows(), np.zeros((40, 1))))
    Z = Z @ network.affine[0].weights + network.affine[0].biases
    assert_allclose(network.layers[2].mean[0], Z.mean(axis=0), rtol=1e-10)
    assert_array_equal(network.scaling.mean[0], MEAN)


@pytest.mark.parametrize("source", [np.uint8, F32, F64])
def test_no_allocation_in_a_pass(source):
    network = Network((500, 4, 2), [Tanh()], F32, scaling=True)
    X = np.zeros((2000, 500), source)
    workspace = Workspace(network, 2000)
    assert peak_bytes(lambda: network.scores(X, workspace)) < 2000 * 500 / 4
