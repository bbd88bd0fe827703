"""Standardizer: exactness, batches, weights, momentum and conventions."""

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from skdl.preprocessing import Standardizer

MOMENTA = [None, 0.1, 0.9, 1.0]


def data(n=300, offset=0.0):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 4)) * [1, 3, 0.2, 5] + [0, 1, -2, 8] + offset


def in_batches(estimator, X, cuts, weights=None):
    weights = np.ones(len(X)) if weights is None else weights
    for rows, w in zip(np.split(X, cuts), np.split(weights, cuts), strict=True):
        estimator.partial_fit(rows, sample_weight=w)
    return estimator


def recursion(X, k, weights=None):
    """One row after the other, as the documentation defines it."""
    weights = np.ones(len(X)) if weights is None else weights
    mean, var = X[0], np.zeros(X.shape[1])
    for x, w in zip(X[1:], weights[1:], strict=True):
        kw = 1 - (1 - k) ** w
        d = x - mean
        mean, var = mean + kw * d, (1 - kw) * (var + kw * d**2)
    return mean, var


def assert_same_moments(a, b, rtol=1e-10):
    assert_allclose(a.mean_, b.mean_, rtol=rtol)
    assert_allclose(a.var_, b.var_, rtol=rtol, atol=1e-300)
    assert_allclose(a.weight_sum_, b.weight_sum_, rtol=rtol)


@pytest.mark.parametrize("momentum", MOMENTA)
def test_check_estimator(momentum):
    expected = {}
    if momentum is not None:
        expected["check_sample_weight_equivalence_on_dense_data"] = (
            "shuffles the rows, whose order matters with momentum"
        )
    check_estimator(
        Standardizer(momentum=momentum), expected_failed_checks=expected, on_skip=None
    )


def test_constructor_is_keyword_only_and_clones():
    parameters = inspect.signature(Standardizer).parameters.values()
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
    estimator = Standardizer(momentum=0.5, with_std=False)
    assert clone(estimator).get_params() == estimator.get_params()
    assert repr(estimator) == "Standardizer(momentum=0.5, with_std=False)"


@pytest.mark.parametrize("momentum", [0, 1.5, -0.1, "fast"])
def test_invalid_momentum(momentum):
    with pytest.raises(ValueError, match="'momentum' parameter of Standardizer"):
        Standardizer(momentum=momentum).fit(data())


def test_population_mean_and_variance():
    X = data()
    fitted = Standardizer().fit(X)
    assert_allclose(fitted.mean_, X.mean(axis=0))
    assert_allclose(fitted.var_, X.var(axis=0))
    assert_allclose(fitted.scale_, X.std(axis=0))
    Z = fitted.transform(X)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-14)
    assert_allclose(Z.var(axis=0), 1)
    assert (fitted.n_samples_seen_, fitted.weight_sum_) == (300, 300.0)


def test_with_mean_and_with_std():
    X = data()
    assert_allclose(Standardizer(with_mean=False).fit_transform(X), X / X.std(axis=0))
    assert_allclose(Standardizer(with_std=False).fit_transform(X), X - X.mean(axis=0))


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("cuts", [[1], [100, 101], range(1, 300)])
def test_batches_equal_one_fit(momentum, offset, cuts):
    X = data(offset=offset)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=300)
    whole = Standardizer(momentum=momentum).fit(X, sample_weight=weights)
    parts = in_batches(Standardizer(momentum=momentum), X, cuts, weights)
    assert_same_moments(parts, whole)
    assert parts.n_samples_seen_ == whole.n_samples_seen_ == 300


@pytest.mark.parametrize("cuts", [[], [100], range(1, 5000)])
def test_offset_of_1e8_keeps_six_digits(cuts):
    X = np.random.default_rng(2).normal(size=(5000, 1)) + 1e8
    centred = X - 1e8  # exact
    fitted = in_batches(Standardizer(), X, cuts) if cuts else Standardizer().fit(X)
    assert_allclose(fitted.mean_ - 1e8, centred.mean(axis=0), atol=2e-8)
    assert_allclose(fitted.var_, centred.var(axis=0), rtol=1e-10)
    expected = (centred - centred.mean()) / centred.std()
    assert_allclose(fitted.transform(X), expected, atol=1e-6)


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        *((value, np.float64) for value in (0.0, 1e-300, 0.1, -1e8, 1e150)),
        *((value, np.float32) for value in (1e-30, 0.1, -1e8, 1e30)),
    ],
)
def test_constant_columns_get_scale_one(value, momentum, dtype):
    X = np.full((50, 1), value, dtype=dtype)
    X[::3] = np.nextafter(X[0], X.dtype.type(np.inf))  # as rounding would
    for cuts in ([20], range(1, 50)):
        fitted = in_batches(Standardizer(momentum=momentum), X, cuts)
        assert_array_equal(fitted.scale_, 1.0)
        assert np.isfinite(fitted.transform(X)).all()


def test_little_variance_is_not_taken_for_none():
    X = np.array([[1e8 - 1e-6], [1e8 + 1e-6]])
    assert Standardizer().fit(X).scale_ < 2e-6


@pytest.mark.parametrize("momentum", MOMENTA)
def test_weights_equal_repetitions(momentum):
    X = data(40)
    weights = np.random.default_rng(3).integers(0, 4, size=40)
    weights[:2] = 0, 2
    weighted = Standardizer(momentum=momentum).fit(X, sample_weight=weights)
    repeated = Standardizer(momentum=momentum).fit(np.repeat(X, weights, axis=0))
    removed = Standardizer(momentum=momentum).fit(
        X[weights > 0], sample_weight=weights[weights > 0]
    )
    parts = in_batches(Standardizer(momentum=momentum), X, [2, 9], weights)
    assert_same_moments(weighted, repeated)
    assert_same_moments(weighted, removed, rtol=0)
    assert_same_moments(weighted, parts)
    assert weighted.n_samples_seen_ == np.count_nonzero(weights)
    assert weighted.weight_sum_ == repeated.n_samples_seen_


@pytest.mark.parametrize("momentum", [1e-3, 0.1, 0.5, 1.0])
def test_momentum_equals_the_documented_recursion(momentum):
    X = data()
    weights = np.random.default_rng(4).uniform(0.1, 3, size=300)
    for w in (None, weights):
        mean, var = recursion(X, momentum, w)
        fitted = Standardizer(momentum=momentum).fit(X, sample_weight=w)
        assert_allclose(fitted.mean_, mean, rtol=1e-10)
        assert_allclose(fitted.var_, var, rtol=1e-10)


def test_momentum_forgets_a_far_beginning():
    X = np.vstack([np.full((5, 4), 1e20), data(3000)])
    expected = Standardizer(momentum=0.3).fit(X[5:])
    for cuts in ([5], [1000], range(1, 3005)):
        fitted = in_batches(Standardizer(momentum=0.3), X, cuts)
        assert_allclose(fitted.mean_, expected.mean_, rtol=1e-10)
        assert_allclose(fitted.var_, expected.var_, rtol=1e-10)


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_transform_and_dtype(dtype, momentum):
    X = data().astype(dtype)
    fitted = Standardizer(momentum=momentum).fit(X)
    before = X.copy()
    Z = fitted.transform(X)
    back = fitted.inverse_transform(Z)
    assert Z.dtype == back.dtype == dtype
    assert fitted.mean_.dtype == fitted.var_.dtype == np.float64
    assert_allclose(back, X, rtol=10 * np.finfo(dtype).eps, atol=1e-5)
    assert_array_equal(X, before)
    assert Standardizer().fit_transform(np.arange(6).reshape(3, 2)).dtype == np.float64


def test_float32_moments_accumulate_in_float64():
    X = np.full((200_000, 1), 0.1, dtype=np.float32)
    X[::2] += 1000
    fitted = Standardizer().fit(X)
    assert_allclose(fitted.mean_, X.astype(np.float64).mean(), rtol=1e-12)


def test_names_and_data_frames():
    frame = pd.DataFrame(data(), columns=list("abcd"))
    fitted = Standardizer().set_output(transform="pandas").fit(frame)
    assert list(fitted.get_feature_names_out()) == list("abcd")
    assert list(fitted.feature_names_in_) == list("abcd")
    out = fitted.transform(frame)
    assert isinstance(out, pd.DataFrame)
    assert list(out.columns) == list("abcd")
    fitted.inverse_transform(out)
    fitted = Standardizer().set_output(transform="polars").fit(pl.from_pandas(frame))
    assert isinstance(fitted.transform(pl.from_pandas(frame)), pl.DataFrame)
    unnamed = Standardizer().fit(data())
    assert list(unnamed.get_feature_names_out()) == ["x0", "x1", "x2", "x3"]


@pytest.mark.parametrize(
    ("X", "weights", "message"),
    [
        (data(3), [0, 0, 0], "at least one"),
        (data(3), [1, -1, 1], "[Nn]egative"),
        (data(3), [1, np.nan, 1], "NaN"),
        (data(3), np.nan, "at least one positive weight"),
        (data(3), [1, 1], "sample_weight.shape"),
        ([[1, 2, 3, np.nan]], None, "NaN"),
        (data(3)[:, :3], None, "3 features"),
        (np.array([[1e300] * 4, [0.0] * 4]), None, "overflows"),
    ],
)
def test_failed_calls_change_nothing(X, weights, message):
    fitted = Standardizer().fit(data())
    before = dict(vars(fitted))
    contents = pickle.dumps(fitted)
    with pytest.raises(ValueError, match=message):
        fitted.partial_fit(X, sample_weight=weights)
    assert all(vars(fitted)[name] is value for name, value in before.items())
    assert pickle.dumps(fitted) == contents
    if "features" not in message:
        with pytest.raises(ValueError, match=message):
            fitted.fit(X, sample_weight=weights)
        assert pickle.dumps(fitted) == contents
        new = Standardizer()
        with pytest.raises(ValueError, match=message):
            new.fit(X, sample_weight=weights)
        assert vars(new) == vars(Standardizer())


def test_sparse_input_is_refused():
    with pytest.raises(TypeError, match="dense data is required"):
        Standardizer().fit(csr_array(np.eye(3)))


def test_updates_leave_copies_of_earlier_state_alone():
    fitted = Standardizer().fit(data())
    mean, contents = fitted.mean_, fitted.mean_.copy()
    copy = pickle.loads(pickle.dumps(fitted))
    fitted.partial_fit(data() + 1)
    copy.partial_fit(data() + 1)
    assert_array_equal(mean, contents)
    assert_array_equal(copy.mean_, fitted.mean_)


def test_fit_forgets():
    fitted = Standardizer().fit(data() + 5).partial_fit(data() * 2).fit(data())
    assert_same_moments(fitted, Standardizer().fit(data()), rtol=0)
    assert fitted.n_samples_seen_ == 300
