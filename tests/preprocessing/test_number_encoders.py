"""SmoothClipScaler and PiecewiseLinearEncoder: formulas, ties, NaN and conventions."""

import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import RobustScaler

import skdl
from skdl import ValidationSet
from skdl.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

BOTH = pytest.mark.parametrize("Encoder", [SmoothClipScaler, PiecewiseLinearEncoder])
X = np.random.default_rng(0).standard_cauchy((60, 3)) * [1, 5, 0.1] + [0, 100, -3]


def with_nan():
    values = X.copy()
    values[::7, 0] = np.nan
    values[:, 2] = np.nan
    return values


def test_scaler_bounds_the_robust_scale():
    z = RobustScaler().fit_transform(X)
    assert_allclose(SmoothClipScaler().fit_transform(X), z / np.sqrt(1 + z**2 / 9))
    assert_allclose(SmoothClipScaler(limit=1e9).fit_transform(X), z, rtol=1e-9)


def test_scaler_keeps_and_ignores_nan():
    values = with_nan()
    scaler = SmoothClipScaler().fit(values)
    assert_array_equal(np.isnan(scaler.transform(values)), np.isnan(values))
    known = values[~np.isnan(values[:, 0]), :1]
    assert_allclose(scaler.center_[0], np.median(known))
    assert_allclose(scaler.scale_[0], np.subtract(*np.quantile(known, [0.75, 0.25])))
    assert np.isnan([scaler.center_[2], scaler.scale_[2]]).all()


def test_scaler_of_columns_without_quartiles():
    columns = np.array([[5.0] * 9 + [9.0], [5.0] * 10]).T
    scaler = SmoothClipScaler().fit(columns)
    assert_array_equal(scaler.scale_, [2.0, 1.0])
    assert_array_equal(scaler.transform(columns)[:, 1], 0)


def test_encoder_by_the_formula():
    encoder = PiecewiseLinearEncoder(n_bins=5, factor=2.0).fit(X)
    Z = encoder.transform(X)
    for i in range(3):
        edges = np.quantile(X[:, i], np.linspace(0, 1, 6))
        bins = np.clip((X[:, i : i + 1] - edges[:-1]) / np.diff(edges), 0, 1)
        assert_allclose(encoder.bin_edges_[i], edges)
        expected = 2 * (bins - bins.mean(axis=0))
        assert_allclose(Z[:, 5 * i : 5 * i + 5], expected, atol=1e-13)


def test_encoder_has_means_of_zero_and_sums_to_a_monotonic_function():
    Z = PiecewiseLinearEncoder().fit_transform(X)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-14)
    assert (np.diff(Z[np.argsort(X[:, 1]), 8:16].sum(axis=1)) > 0).all()


@pytest.mark.parametrize(
    ("values", "n_bins"),
    [
        (range(100), 8),
        ([0] * 60 + list(range(40)), 4),  # equal quantiles are one edge
        ([0, 1] * 20, 0),
        ([0] * 39 + [1], 0),
        ([0] * 38 + [1, 2], 0),  # the quantiles bound one bin
        ([7] * 40, 0),
        ([0, 1, 2], 8),
        ([3], 0),
        ([np.nan] * 5, 0),
    ],
)
def test_ties_and_few_values_have_fewer_bins(values, n_bins):
    column = np.array(values, dtype=float)[:, np.newaxis]
    encoder = PiecewiseLinearEncoder().fit(column)
    Z = encoder.transform(column)
    assert Z.shape == (len(column), n_bins)
    assert len(encoder.get_feature_names_out()) == n_bins
    assert np.isfinite(Z).all()


def test_encoder_gives_nan_the_code_of_the_median():
    values = with_nan()
    encoder = PiecewiseLinearEncoder().fit(values)
    at = [[np.nan, 1.0, 0.0], [encoder.medians_[0], 1.0, np.nan]]
    assert_array_equal(*encoder.transform(at))
    assert [len(means) for means in encoder.bin_means_] == [8, 8, 0]


def test_names_of_the_bins():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    encoder = PiecewiseLinearEncoder(n_bins=2).set_output(transform="pandas").fit(frame)
    names = ["a_bin0", "a_bin1", "b_bin0", "b_bin1", "c_bin0", "c_bin1"]
    assert list(encoder.transform(frame).columns) == names
    with pytest.raises(ValueError, match="input_features is not equal"):
        encoder.get_feature_names_out(["d", "e", "f"])


@BOTH
def test_dtype_and_large_offsets(Encoder):
    double = Encoder().fit_transform(X)
    single = Encoder().fit_transform(X.astype(np.float32))
    assert (double.dtype, single.dtype) == (np.float64, np.float32)
    assert_allclose(single, double, atol=2e-3)
    assert_allclose(Encoder().fit_transform(X + 1e9), double, atol=1e-4)
    for unit in (1e-300, 1e300):
        assert_allclose(
            Encoder().fit_transform(unit * X), double, rtol=1e-9, atol=1e-12
        )
    assert np.isfinite(Encoder().fit(X).transform([[1e308] * 3, [-1e308] * 3])).all()


@BOTH
def test_copies_and_validation_sets(Encoder):
    encoder = Encoder().fit(X)
    Z = encoder.transform(X)
    loaded = skops.io.loads(skops.io.dumps(encoder), trusted=skdl.trusted_types)
    assert_array_equal(loaded.transform(X), Z)
    assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(X), Z)
    assert_array_equal(encoder.transform(ValidationSet(X, X[:, 0])).X, Z)


@BOTH
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[np.inf, 1.0]], "infinity"),
        ([[1e308], [-1e308]], "Column x0 ranges from"),
        ([[1.0], ["a"]], "could not convert"),
    ],
)
def test_a_failed_fit_changes_nothing(Encoder, values, message):
    encoder = Encoder().fit(X)
    before = pickle.dumps(encoder)
    with pytest.raises(ValueError, match=message):
        encoder.fit(values)
    assert pickle.dumps(encoder) == before


@pytest.mark.parametrize(
    "encoder",
    [
        SmoothClipScaler(limit=0),
        PiecewiseLinearEncoder(n_bins=1),
        PiecewiseLinearEncoder(factor=-1),
    ],
)
def test_invalid_parameters(encoder):
    with pytest.raises(ValueError, match="parameter of"):
        encoder.fit(X)
