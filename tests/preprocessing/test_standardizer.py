"""Standardizer: exactness, batches, weights, momentum and conventions."""

import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_matrix, csc_array, csc_matrix, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
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
    """Apply the documented recursion row by row."""
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


def test_momentum_is_checked_in_each_call_of_partial_fit():
    scaler = Standardizer().partial_fit(data(9)).set_params(momentum=2.0)
    with pytest.raises(ValueError, match="'momentum' parameter"):
        scaler.partial_fit(data(9))


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


@pytest.mark.parametrize("cuts", [[], [100], range(1, 5000, 9)])
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


def test_small_variance_is_not_constant():
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


def test_momentum_forgets_early_rows():
    X = np.vstack([np.full((5, 4), 1e20), data(3000)])
    expected = Standardizer(momentum=0.3).fit(X[5:])
    for cuts in ([5], [1000], range(1, 3005, 4)):
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
        (data(3), [1, 1], "2 numbers, but X has 3 rows"),
        (data(3), [1e308] * 3, r"largest weight in sample_weight is 1e\+308"),
        (data(3), [1e-308] * 3, r"between 1e-100 and 1e\+100.*Divide all"),
        ([[1, 2, 3, np.inf]], None, "infinity"),
        (data(3)[:, :3], None, "3 features"),
        (np.array([[1e300] * 4, [0.0] * 4]), None, "overflows"),
    ],
)
def test_failed_calls_leave_the_estimator_unchanged(X, weights, message):
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


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, csc_array, coo_matrix])
def test_sparse_data_need_with_mean_false(kind):
    fitted = Standardizer().fit(np.eye(3))
    for call in (Standardizer().fit, fitted.transform, fitted.inverse_transform):
        with pytest.raises(ValueError, match=r"Set with_mean=False, or .*toarray\(\)"):
            call(kind(np.eye(3)))


def test_sparse_data_frame_counts_as_sparse():
    """scikit-learn converts it to a sparse matrix."""
    X = sparse_data()
    frame = pd.DataFrame.sparse.from_spmatrix(csr_array(X))
    with pytest.raises(ValueError, match="Set with_mean=False"):
        Standardizer().fit(frame)
    with pytest.raises(ValueError, match="Set with_mean=False"):
        Standardizer().fit(pd.DataFrame(X)).transform(frame)
    scaler = Standardizer(with_mean=False)
    Z = scaler.fit_transform(frame)
    assert_allclose(Z.toarray(), clone(scaler).fit_transform(X), rtol=1e-9)
    assert_allclose(scaler.inverse_transform(Z).toarray(), X, rtol=1e-12)


@pytest.mark.parametrize("unit", ["datetime64[D]", "timedelta64[s]"])
def test_inverse_transform_refuses_text_and_dates(unit):
    with pytest.raises(ValueError, match="X holds dates or durations"):
        Standardizer().fit(data()).inverse_transform(np.ones((3, 4), int).astype(unit))


def sparse_data(n=60):
    """Sparse and full columns, constant columns, and a column of zeros."""
    X = data(n) * (np.random.default_rng(7).random((n, 4)) < 0.3)
    return np.column_stack([X, data(n)[:, 1] + 1e6, np.full(n, 0.1), np.zeros(n)])


def with_nan(X):
    X = X.copy()
    X[np.random.default_rng(8).random(X.shape) < 0.2] = np.nan
    X[:3, 0] = np.nan
    return X


@pytest.mark.parametrize("momentum", [None, 0.2, 1.0])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("cuts", [[], [20], range(1, 60, 7)])
@pytest.mark.parametrize("kind", [csr_array, csc_matrix, coo_matrix])
def test_sparse_data_give_the_moments_of_dense_data(kind, cuts, missing, momentum):
    X = with_nan(sparse_data()) if missing else sparse_data()
    weights = np.random.default_rng(9).integers(0, 4, size=len(X)).astype(float)
    weights[0] = 1
    scaler = Standardizer(with_mean=False, momentum=momentum)
    dense = clone(scaler).fit(X, sample_weight=weights)
    sparse = clone(scaler)
    for rows, w in zip(np.split(X, cuts), np.split(weights, cuts), strict=True):
        sparse.partial_fit(kind(rows), sample_weight=w)
    assert_allclose(sparse.mean_, dense.mean_, rtol=1e-10, atol=1e-15)
    assert_allclose(sparse.var_, dense.var_, rtol=1e-9, atol=1e-20)
    assert_allclose(sparse.scale_, dense.scale_, rtol=1e-9)
    assert_array_equal(sparse.n_samples_seen_, dense.n_samples_seen_)
    assert_allclose(sparse.weight_sum_, dense.weight_sum_)
    Z = sparse.transform(kind(X))
    assert type(Z).__name__ == kind.__name__.replace("coo", "csr")
    assert_allclose(Z.toarray(), dense.transform(X), rtol=1e-9)
    assert_allclose(sparse.inverse_transform(Z).toarray(), X, rtol=1e-12)


def test_sparse_input_is_neither_changed_nor_densified():
    X = csr_array(sparse_data().astype(np.float32))
    before = X.toarray()
    Z = Standardizer(with_mean=False).fit_transform(X)
    assert (Z.dtype, Z.nnz) == (np.float32, X.nnz)
    assert_array_equal(X.toarray(), before)
    wide = csr_array((np.ones(3), ([0, 1, 1], [5, 5, 999_999])), (2, 1_000_000))
    assert Standardizer(with_mean=False).fit(wide).var_[999_999] == 0.25
    whole = Standardizer(with_mean=False).fit(csr_array(np.eye(3, dtype=int)))
    assert_allclose(whole.var_, 2 / 9)
    twice = csr_array(([1.0, 2.0, 5.0], [0, 0, 1], [0, 2, 3]), shape=(2, 2))
    assert_allclose(Standardizer(with_mean=False).fit(twice).mean_, [1.5, 2.5])


def test_nan_is_kept_and_ignored():
    X = with_nan(data())
    fitted = Standardizer().fit(X)
    assert_allclose(fitted.mean_, np.nanmean(X, axis=0))
    assert_allclose(fitted.var_, np.nanvar(X, axis=0))
    n = np.count_nonzero(~np.isnan(X), axis=0)
    assert_array_equal(fitted.n_samples_seen_, n)
    assert_array_equal(fitted.weight_sum_, n)
    Z = fitted.transform(X)
    assert_array_equal(np.isnan(Z), np.isnan(X))
    assert_allclose(fitted.inverse_transform(Z), X)
    theirs = StandardScaler().fit(X)
    assert_allclose(Z, theirs.transform(X))
    assert_array_equal(theirs.n_samples_seen_, n)


@pytest.mark.parametrize("momentum", [None, 0.2, 1.0])
@pytest.mark.parametrize("cuts", [[3], [1, 2, 40], range(1, 60)])
def test_nan_in_batches(cuts, momentum):
    X = with_nan(data(60))
    weights = np.random.default_rng(9).uniform(0.5, 2, size=len(X))
    parts = in_batches(Standardizer(momentum=momentum), X, cuts, weights)
    whole = Standardizer(momentum=momentum).fit(X, sample_weight=weights)
    assert_allclose(parts.mean_, whole.mean_)
    assert_allclose(parts.var_, whole.var_, atol=1e-20)
    for i in range(4):  # each column is as if the others were not there
        known = ~np.isnan(X[:, i])
        alone = Standardizer(momentum=momentum).fit(
            X[known, i : i + 1], sample_weight=weights[known]
        )
        assert_allclose(whole.mean_[i], alone.mean_[0])
        assert_allclose(whole.var_[i], alone.var_[0], atol=1e-20)
        assert_array_equal(whole.n_samples_seen_[i], alone.n_samples_seen_)
        assert_allclose(whole.weight_sum_[i], alone.weight_sum_)


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("sparse", [False, True])
def test_column_of_nan(momentum, sparse):
    X = data(30)
    X[:, 1] = np.nan
    change = csr_array if sparse else np.asarray
    scaler = Standardizer(momentum=momentum, with_mean=not sparse)
    fitted = clone(scaler).fit(change(X))
    for values in (fitted.mean_, fitted.var_, fitted.scale_):
        assert_array_equal(np.isnan(values), [False, True, False, False])
    assert_array_equal(fitted.n_samples_seen_, [30, 0, 30, 30])
    fitted.partial_fit(change(data(20)))
    assert_allclose(fitted.mean_[1], clone(scaler).fit(data(20)).mean_[1])
    assert_array_equal(fitted.n_samples_seen_, [50, 20, 50, 50])


def test_counts_are_a_number_if_equal_in_all_columns():
    X = data(10)
    X[2] = np.nan
    fitted = Standardizer().fit(X)
    assert (fitted.n_samples_seen_, fitted.weight_sum_) == (9, 9.0)
    assert type(fitted.n_samples_seen_) is int


@pytest.mark.parametrize("sparse", [False, True])
def test_check_estimator_without_means(sparse):
    tags = get_tags(Standardizer(with_mean=not sparse)).input_tags
    assert (tags.allow_nan, tags.sparse) == (True, sparse)
    check_estimator(Standardizer(with_mean=not sparse), on_skip=None)


def test_inverse_transform_accepts_predictions():
    frame = pd.DataFrame(data(), columns=list("abcd"))
    one = Standardizer().set_output(transform="pandas").fit(frame[["b"]])
    z = np.linspace(-1, 1, 5).astype(np.float32)
    expected = z * one.scale_[0] + one.mean_[0]
    for given in (z, z[:, None], z[:, None] * np.ones(3, np.float32)):
        back = one.inverse_transform(given)
        assert (back.shape, back.dtype) == (given.shape, np.float32)
        assert_allclose(back.reshape(5, -1).T, [expected] * given[0].size, rtol=1e-6)
    for container in (list, pd.Series, pl.Series):
        assert_allclose(one.inverse_transform(container(z)), expected, rtol=1e-6)
    named = pd.DataFrame(data(), columns=list("wxyz"))
    four = Standardizer().fit(frame)
    assert_allclose(four.inverse_transform(named), data() * four.scale_ + four.mean_)
    for wrong in (z[:4], z[:, None], np.ones((5, 3))):
        with pytest.raises(ValueError, match=r"fitted on 4 columns.*\(n_samples, 4\)"):
            four.inverse_transform(wrong)


def test_updates_do_not_change_copies():
    fitted = Standardizer().fit(data())
    mean, contents = fitted.mean_, fitted.mean_.copy()
    copy = pickle.loads(pickle.dumps(fitted))
    fitted.partial_fit(data() + 1)
    copy.partial_fit(data() + 1)
    assert_array_equal(mean, contents)
    assert_array_equal(copy.mean_, fitted.mean_)


def test_fit_starts_from_scratch():
    fitted = Standardizer().fit(data() + 5).partial_fit(data() * 2).fit(data())
    assert_same_moments(fitted, Standardizer().fit(data()), rtol=0)
    assert fitted.n_samples_seen_ == 300
