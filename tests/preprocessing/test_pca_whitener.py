"""PCAWhitener: whiteness, rank, batches, weights and conventions."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from skdl.engine.moments import principal_axes
from skdl.preprocessing import PCAWhitener, pca_whitener


def data(n=300, offset=0.0):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 4)) @ rng.normal(size=(4, 4)) + offset


def with_dependent_columns(n=300):
    """Columns a, b, c, 7 and a + b: three directions with variance."""
    X = data(n)[:, :3]
    return np.column_stack([X, np.full(n, 7.0), X[:, 0] + X[:, 1]])


def in_batches(estimator, X, cuts, weights=None):
    weights = np.ones(len(X)) if weights is None else weights
    for rows, w in zip(np.split(X, cuts), np.split(weights, cuts), strict=True):
        estimator.partial_fit(rows, sample_weight=w)
    return estimator


def assert_same(a, b, tol=1e-10):
    assert a.n_components_ == b.n_components_
    assert_allclose(a.mean_, b.mean_, rtol=tol, atol=tol)
    assert_allclose(a.explained_variance_, b.explained_variance_, rtol=tol)
    assert_allclose(a.explained_variance_ratio_, b.explained_variance_ratio_, rtol=tol)
    assert_allclose(a.components_, b.components_, atol=tol)
    assert_allclose(a.weight_sum_, b.weight_sum_)


@pytest.mark.parametrize(
    "parameters", [{}, {"zca": True}, {"n_components": 0.9}, {"n_components": 1}]
)
def test_check_estimator(parameters):
    check_estimator(PCAWhitener(**parameters), on_skip=None)


def test_constructor_is_keyword_only_and_clones():
    parameters = inspect.signature(PCAWhitener).parameters.values()
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters)
    estimator = PCAWhitener(n_components=2, zca=True)
    assert clone(estimator).get_params() == estimator.get_params()
    assert repr(estimator) == "PCAWhitener(n_components=2, zca=True)"


@pytest.mark.parametrize("n_components", [0, -1, 1.0, 0.0, 2.5, "all"])
def test_invalid_n_components(n_components):
    with pytest.raises(ValueError, match="'n_components' parameter of PCAWhitener"):
        PCAWhitener(n_components=n_components).fit(data())


def test_covariance_of_two_samples():
    X = np.array([[10.0, 20.0], [32.0, 52.0]])
    fitted = PCAWhitener(eps=0.0).fit(X)
    assert_array_equal(fitted.mean_, [21.0, 36.0])
    assert fitted.n_components_ == 1
    assert_allclose(fitted.explained_variance_, [121 + 256])
    covariance = fitted.components_.T * fitted.explained_variance_ @ fitted.components_
    assert_allclose(covariance, [[121, 176], [176, 256]])
    assert_allclose(fitted.transform(X), [[-1], [1]])


@pytest.mark.parametrize("zca", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_whitened_covariance_is_the_identity(zca, offset):
    X = data(offset=offset)
    Z = PCAWhitener(eps=1e-12, zca=zca).fit_transform(X)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-6)
    assert_allclose(np.cov(Z.T, ddof=0), np.eye(4), atol=1e-6)


def test_formula_with_eps():
    X = data()
    S, U = np.linalg.eigh(np.cov(X.T, ddof=0))
    fitted = PCAWhitener(eps=0.3).fit(X)
    Z = fitted.transform(X)
    raised = S + 0.3 * S[-1]
    assert_allclose(fitted.explained_variance_, S[::-1])
    assert_allclose(fitted.explained_variance_ratio_, S[::-1] / S.sum())
    assert_allclose(fitted.scale_, np.sqrt(raised[::-1]))
    assert_allclose(np.cov(Z.T, ddof=0), np.diag((S / raised)[::-1]), atol=1e-12)
    zca = U / np.sqrt(raised) @ U.T
    expected = (X - X.mean(axis=0)) @ zca
    assert_allclose(PCAWhitener(eps=0.3, zca=True).fit_transform(X), expected)


@pytest.mark.parametrize("unit", [1e-100, 1e-8, 1e-3, 1e8])
def test_units_do_not_matter(unit):
    X = data()
    for eps in (1e-5, 0.1):
        Z = PCAWhitener(eps=eps).fit_transform(X * unit)
        assert_allclose(Z, PCAWhitener(eps=eps).fit_transform(X), atol=1e-9)
    assert_allclose(PCAWhitener().fit_transform(X * unit).std(axis=0), 1, atol=1e-2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rank", [3, 11])
@pytest.mark.parametrize("parts", [1, 3])
def test_fewer_rows_than_columns(rank, parts, dtype):
    """Rank and axes equal those of the covariance; noise is not magnified."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(12, rank)) @ rng.normal(size=(rank, 40)) + 3
    X = X.astype(dtype)
    fitted = in_batches(PCAWhitener(eps=0.0), X, range(4, 12, 4) if parts > 1 else [])
    assert fitted.n_components_ == rank
    S, U = np.linalg.eigh(np.cov(X.astype(float).T, ddof=0))
    assert_allclose(fitted.explained_variance_, S[::-1][:rank], rtol=1e-4)
    P = U[:, -rank:] @ U[:, -rank:].T
    assert_allclose(fitted.components_.T @ fitted.components_, P, atol=1e-5)
    assert_allclose(fitted.components_ @ fitted.components_.T, np.eye(rank), atol=1e-12)
    Z = fitted.transform(X)
    assert_allclose(np.cov(Z.T, ddof=0), np.eye(rank), atol=1e-3)
    assert_allclose(fitted.inverse_transform(Z), X, atol=1e-4)


def test_fewer_rows_than_columns_with_weights():
    rng = np.random.default_rng(6)
    X, weights = rng.normal(size=(12, 30)), rng.integers(0, 4, size=12)
    weighted = PCAWhitener().fit(X, sample_weight=weights)
    assert_same(weighted, PCAWhitener().fit(np.repeat(X, weights, axis=0)))
    assert_same(in_batches(PCAWhitener(), X, [5, 7], weights), weighted)


def test_partial_fit_postpones_the_decomposition(monkeypatch):
    calls = []

    def counted(*args):
        calls.append(1)
        return principal_axes(*args)

    monkeypatch.setattr(pca_whitener, "principal_axes", counted)
    fitted = PCAWhitener(eps=0.1, n_components=3)
    for rows in np.split(data(), 10):
        fitted.partial_fit(rows)
    assert not calls
    fitted.set_params(eps=99.0, n_components=1)  # takes effect in the next call
    copy = pickle.loads(pickle.dumps(fitted))
    expected = PCAWhitener(eps=0.1, n_components=3).fit(data())
    calls.clear()
    for each in (fitted, copy):
        assert_same(each, expected)
        assert_allclose(each.scale_, expected.scale_)
        each.transform(data())
    assert len(calls) == 2
    assert "scale_" in vars(fitted)
    fitted.partial_fit(data())
    assert fitted.n_components_ == 1
    for name in ("components_", "no_such_thing"):
        with pytest.raises(AttributeError, match=f"'PCAWhitener' .* '{name}'"):
            getattr(PCAWhitener(), name)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cuts", [[], [1], range(1, 300)])
def test_directions_without_variance_are_dropped(cuts, dtype):
    X = with_dependent_columns().astype(dtype)
    fitted = in_batches(PCAWhitener(eps=0.0), X, cuts)
    assert fitted.n_components_ == 3
    Z = fitted.transform(X)
    assert_allclose(np.cov(Z.T, ddof=0), np.eye(3), atol=1e-3)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert_allclose(fitted.inverse_transform(Z), X, rtol=tolerance, atol=tolerance)


def test_small_variance_is_not_dropped():
    X = data() * [1, 1, 1, 1e-5]
    Z = PCAWhitener(eps=0.0).fit_transform(X)
    assert_allclose(np.cov(Z.T, ddof=0), np.eye(4), atol=1e-5)


@pytest.mark.parametrize("offset", [0.0, 10.0])
@pytest.mark.parametrize("smallest", [1e-1, 1e-3])
def test_float32_rows_give_variances_of_float64(smallest, offset):
    """Products in float32 lose digits of small variances and of dependent columns."""
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    X = rng.normal(size=(1500, 8)) * np.geomspace(1, smallest, 8) @ rotation + offset
    X = np.column_stack([X, X[:, 0] + X[:, 1]]).astype(np.float32)
    fitted = PCAWhitener(eps=0.0).fit(X)
    exact = np.linalg.eigvalsh(np.cov(X.T, ddof=0, dtype=np.float64))[:0:-1]
    assert fitted.n_components_ == 8
    assert_allclose(fitted.explained_variance_, exact, rtol=1e-8)


def images(dtype):
    """Images of 500 pixels; the last 30 columns are sums of others and constants."""
    rng = np.random.default_rng(0)
    K = rng.integers(0, 120, size=(1100, 500))
    K[:, :230] *= rng.uniform(size=(1100, 1)) < 0.3
    K[:, 480:] = 7
    K[:, 470:480] = K[:, 230:240] + K[:, 240:250]
    if dtype == np.uint8:
        return K.astype(np.uint8)
    return K.astype(dtype) / dtype(255)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_images_are_whitened_without_loss_of_digits(dtype):
    X = images(dtype)
    fitted = PCAWhitener(eps=0.0).fit(X)
    scale = 1.0 if dtype == np.uint8 else 255.0
    covariance = np.cov(np.rint(X * scale).T, ddof=0) / scale**2
    variances = np.linalg.eigvalsh(covariance)[::-1][:470]
    assert fitted.n_components_ == 470
    assert_allclose(fitted.explained_variance_, variances, rtol=1e-10)
    assert_array_equal(fitted.components_[:, 480:], 0)
    Z = fitted.transform(X)
    assert Z.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert_allclose(np.cov(Z.T, ddof=0), np.eye(470), atol=1e-4)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-4)
    batches = PCAWhitener(eps=0.0)
    for rows in (X[:1050], X[1050:]):
        batches.partial_fit(rows)
    assert_allclose(batches.explained_variance_, variances, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_with_a_late_row_that_is_not_finite(value):
    X = images(np.float32)
    X[1003, 2] = value
    fitted = PCAWhitener()
    with pytest.raises(ValueError, match="NaN|infinity"):
        fitted.fit(X)
    assert vars(fitted) == vars(PCAWhitener())


@pytest.mark.parametrize("zca", [False, True])
def test_data_without_variance(zca):
    X = np.full((5, 3), 0.1)
    fitted = PCAWhitener(eps=0.0, zca=zca).fit(X)
    assert fitted.n_components_ == 1
    assert_array_equal(fitted.components_, [[1, 0, 0]])
    assert_array_equal(fitted.explained_variance_, [0])
    assert_array_equal(fitted.explained_variance_ratio_, [0])
    Z = fitted.transform(X)
    assert_array_equal(Z, np.zeros((5, 3 if zca else 1)))
    assert_allclose(fitted.inverse_transform(Z), X)
    assert_array_equal(fitted.transform(X + 1)[:, 0], np.ones(5))


@pytest.mark.parametrize("n_components", [None, 3, 0.99])
def test_few_rows_give_few_directions(n_components):
    X = data(6)
    fitted = PCAWhitener(n_components=n_components)
    for i in range(6):
        fitted.partial_fit(X[i : i + 1])
        assert np.isfinite(fitted.transform(X)).all()
        assert 1 <= fitted.n_components_ <= max(1, i)
    assert_same(fitted, PCAWhitener(n_components=n_components).fit(X))


def test_number_of_components():
    X = np.vstack([np.eye(4), -np.eye(4)]) * np.sqrt([8, 4, 2, 2])
    # The shares of the variance are 1/2, 1/4, 1/8 and 1/8.
    for wanted, n in [(None, 4), (1, 1), (3, 3), (0.4, 1), (0.5, 1), (0.51, 2)]:
        assert PCAWhitener(n_components=wanted).fit(X).n_components_ == n
    for wanted, n in [(0.75, 2), (0.8, 3), (0.9, 4), (1 - 1e-15, 4), (np.int64(2), 2)]:
        fitted = PCAWhitener(n_components=wanted).fit(X)
        assert fitted.n_components_ == n
        assert fitted.components_.shape == (n, 4)
        assert fitted.transform(X).shape == (8, n)
    Q = np.linalg.qr(data(4))[0]  # all four variances are equal, up to rounding
    assert PCAWhitener(n_components=0.5).fit(np.vstack([Q, -Q])).n_components_ == 2


def test_too_many_components():
    message = "n_components=5 is too large: it must be at most 4, .* 4 features"
    with pytest.raises(ValueError, match=message):
        PCAWhitener(n_components=5).fit(data())
    with pytest.raises(ValueError, match=message):
        PCAWhitener(n_components=5).partial_fit(data()[:1])
    with pytest.raises(ValueError, match=r"at most 3, .* 5 features and 3 directions"):
        PCAWhitener(n_components=4).fit(with_dependent_columns())
    assert PCAWhitener(n_components=4).partial_fit(data()[:4]).n_components_ == 3


@pytest.mark.parametrize("offset", [0.0, 100.0])
@pytest.mark.parametrize("cuts", [[1], [100, 101], range(1, 300)])
def test_batches_equal_one_fit(cuts, offset):
    X = data(offset=offset)
    weights = np.random.default_rng(1).uniform(0.5, 2, size=300)
    whole = PCAWhitener().fit(X, sample_weight=weights)
    parts = in_batches(PCAWhitener(), X, cuts, weights)
    assert_same(parts, whole)
    assert_allclose(parts.transform(X), whole.transform(X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cuts", [[], range(1, 2000, 9)])
def test_offset_of_1e8_keeps_six_digits(cuts):
    X = data(2000, offset=1e8)
    fitted = in_batches(PCAWhitener(eps=0.0), X, cuts)
    expected = PCAWhitener(eps=0.0).fit(X - 1e8)
    assert_allclose(fitted.explained_variance_, expected.explained_variance_, rtol=1e-9)
    assert_allclose(fitted.transform(X), expected.transform(X - 1e8), atol=1e-6)


@pytest.mark.parametrize("make", [data, with_dependent_columns])
def test_weights_equal_repetitions(make):
    X = make(40)
    weights = np.random.default_rng(3).integers(0, 4, size=40)
    weighted = PCAWhitener().fit(X, sample_weight=weights)
    repeated = PCAWhitener().fit(np.repeat(X, weights, axis=0))
    removed = PCAWhitener().fit(X[weights > 0], sample_weight=weights[weights > 0])
    assert_same(weighted, repeated)
    assert_same(weighted, removed, tol=0)
    assert weighted.n_samples_seen_ == np.count_nonzero(weights)


def test_signs_are_deterministic():
    # Both loadings are as large in each direction; rounding must not choose.
    for seed in range(20):
        z = np.random.default_rng(seed).normal(size=(50, 2)) @ [[1, 0.5], [0.5, 1]]
        z = np.vstack([z, z[:, ::-1]])
        components = PCAWhitener().fit(z).components_
        assert_allclose(components, np.sqrt(0.5) * np.array([[1, 1], [1, -1]]))
    components = PCAWhitener().fit(-data()).components_
    assert_allclose(components, PCAWhitener().fit(data()).components_)
    assert (components[range(4), np.abs(components).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize("zca", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_transform_and_dtype(dtype, zca):
    X = data().astype(dtype)
    fitted = PCAWhitener(eps=0.1, zca=zca).fit(X)
    Z = fitted.transform(X)
    back = fitted.inverse_transform(Z)
    assert Z.dtype == back.dtype == dtype
    assert fitted.components_.dtype == np.float64
    assert_allclose(back, X, atol=1e-12 if dtype == np.float64 else 1e-5)
    assert_array_equal(X, data().astype(dtype))
    fitted.set_params(n_components=2).fit(X)
    projected = fitted.inverse_transform(fitted.transform(X))
    P = fitted.components_.T @ fitted.components_
    assert_allclose(projected, fitted.mean_ + (X - fitted.mean_) @ P, atol=1e-5)
    n_columns = 4 if zca else 2
    with pytest.raises(ValueError, match=f"3 features.* the {n_columns} columns that"):
        fitted.inverse_transform(X[:, :3])


def test_inverse_transform_accepts_predictions():
    """Predictions may have other names, and one column may have one dimension."""
    X = data()
    fitted = PCAWhitener(n_components=1).fit(pd.DataFrame(X, columns=list("abcd")))
    Z = fitted.transform(pd.DataFrame(X, columns=list("abcd")))
    back = fitted.inverse_transform(Z)
    for given in (Z[:, 0], pd.DataFrame(Z, columns=["p"]), Z.tolist()):
        assert_array_equal(fitted.inverse_transform(given), back)
    assert fitted.inverse_transform(Z[:, 0].astype(np.float32)).dtype == np.float32
    for wrong in (Z.repeat(2, axis=1), np.ones((3, 4))):
        with pytest.raises(ValueError, match="expects the 1 columns"):
            fitted.inverse_transform(wrong)
    with pytest.raises(ValueError, match=r"the shape \(300,\).*expects the 4"):
        PCAWhitener().fit(X).inverse_transform(Z[:, 0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("zca", [False, True])
def test_transform_does_not_depend_on_the_block_size(zca, dtype, monkeypatch):
    monkeypatch.setattr(pca_whitener, "_rows_per_block", lambda _: 7)
    X = data(offset=1e3).astype(dtype)
    fitted = PCAWhitener(eps=0.1, zca=zca).fit(X)
    expected = (X - fitted.mean_) @ fitted.components_.T / fitted.scale_
    expected = expected @ fitted.components_ if zca else expected
    Z = fitted.transform(X)
    assert Z.dtype == dtype
    assert_allclose(Z, expected, atol=1e-12 if dtype == np.float64 else 1e-5)


def test_zca_keeps_all_columns():
    X = with_dependent_columns()
    fitted = PCAWhitener(zca=True, eps=0.0).fit(X)
    Z = fitted.transform(X)
    assert (fitted.n_components_, Z.shape) == (3, X.shape)
    P = fitted.components_.T @ fitted.components_
    assert_allclose(np.cov(Z.T, ddof=0), P, atol=1e-6)


def test_names_and_data_frames():
    frame = pd.DataFrame(data(), columns=list("abcd"))
    fitted = PCAWhitener(n_components=2).set_output(transform="pandas").fit(frame)
    names = ["pcawhitener0", "pcawhitener1"]
    assert list(fitted.get_feature_names_out()) == names
    assert list(fitted.transform(frame).columns) == names
    fitted.inverse_transform(fitted.transform(frame))
    fitted = PCAWhitener(n_components=2, zca=True).set_output(transform="pandas")
    assert list(fitted.fit_transform(frame).columns) == list("abcd")
    assert list(fitted.feature_names_in_) == list("abcd")


@pytest.mark.parametrize(
    ("X", "weights", "message"),
    [
        (data(3), [0, 0, 0], "at least one"),
        (data(3), [1, -1, 1], "[Nn]egative"),
        (data(3), [1, np.nan, 1], "NaN"),
        (data(3), [1e308] * 3, r"largest weight in sample_weight is 1e\+308"),
        (data(3), [1e-308] * 3, "between 1e-100 and 1e\\+100.*Divide all"),
        ([[1, 2, 3, np.inf]], None, "infinity"),
        (np.full((3, 4), np.nan), None, "contains NaN"),
        ([[1, 2, 3, np.nan], [1, 2, 3, 4]], [0, 1], "contains NaN"),
        (np.where(np.eye(2000, 4, k=-1500), np.nan, 0.1), None, "contains NaN"),
        (np.where(np.eye(2000, 4, k=-1500), -np.inf, 0.1), None, "infinity"),
        (data(3)[:, :3], None, "3 features"),
        (csr_array(np.eye(4)), None, "dense data is required"),
        (np.array([[1e300] * 4, [0.0] * 4]), None, "overflows"),
    ],
)
def test_failed_calls_leave_the_estimator_unchanged(X, weights, message):
    fitted = PCAWhitener().fit(data())
    before = dict(vars(fitted))
    contents = pickle.dumps(fitted)
    with pytest.raises((TypeError, ValueError), match=message):
        fitted.partial_fit(X, sample_weight=weights)
    assert all(vars(fitted)[name] is value for name, value in before.items())
    assert pickle.dumps(fitted) == contents
    if "features" not in message:
        new = PCAWhitener()
        for estimator in (fitted, new):
            with pytest.raises((TypeError, ValueError), match=message):
                estimator.fit(X, sample_weight=weights)
        assert pickle.dumps(fitted) == contents
        assert vars(new) == vars(PCAWhitener())


def test_too_many_components_leave_the_estimator_unchanged():
    fitted = PCAWhitener().fit(data())
    fitted.n_components = 4
    contents = pickle.dumps(fitted)
    with pytest.raises(ValueError, match="n_components=4 is too large"):
        fitted.fit(data()[:, :3])
    assert pickle.dumps(fitted) == contents


def test_partial_fit_continues_from_a_pickle_and_fit_starts_afresh():
    fitted = PCAWhitener().partial_fit(data(10))
    copy = pickle.loads(pickle.dumps(fitted))
    components, contents = fitted.components_, fitted.components_.copy()
    fitted.partial_fit(data() + 1)
    copy.partial_fit(data() + 1)
    assert_array_equal(components, contents)
    assert_same(copy, fitted, tol=0)
    assert_same(fitted.fit(data()), PCAWhitener().fit(data()), tol=0)
    assert fitted.n_samples_seen_ == 300
