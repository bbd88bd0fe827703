"""Moments that merge without loss of digits, and weights that decay."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine.blocks import subtract_row
from skdl.engine.moments import (
    Moments,
    decaying_weights,
    principal_axes,
    updated_moments,
)


def accumulated(X, weights, cuts, **options):
    moments = None
    for rows, w in zip(np.split(X, cuts), np.split(weights, cuts), strict=True):
        moments = updated_moments(moments, rows, w, **options)
    return moments


@pytest.mark.parametrize("full", [False, True])
def test_means_and_covariances_of_two_samples(full):
    X = np.array([[10.0, 20.0], [32.0, 52.0]])
    moments = Moments.of(X[:1], np.ones(1), full=full)
    moments = moments.merged(Moments.of(X[1:], np.ones(1), full=full))
    covariance = [[121.0, 176.0], [176.0, 256.0]] if full else [121.0, 256.0]
    np.testing.assert_array_equal(moments.mean, [21.0, 36.0])
    np.testing.assert_array_equal(moments.comoment / moments.weight, covariance)


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("cuts", [[1], [400], [7, 8, 300], range(1, 1000)])
def test_any_cutting_equals_numpy_on_all_rows(offset, cuts):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3)) @ rng.normal(size=(3, 3)) + offset
    weights = rng.uniform(0.1, 3.0, size=1000)
    moments = accumulated(X, weights, cuts, full=True)
    centred = X - offset  # exact
    mean = np.average(centred, axis=0, weights=weights)
    # A mean near 0 of 1,000 values near 1: each addition rounds to 2.2e-16 of them.
    np.testing.assert_allclose(moments.mean, offset + mean, rtol=1e-13, atol=2.2e-13)
    np.testing.assert_allclose(
        (moments.mean - offset) + moments.tail, mean, rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        moments.comoment / moments.weight,
        np.cov(centred.T, ddof=0, aweights=weights),
        rtol=1e-10,
    )


@pytest.mark.parametrize("cuts", [[], [3], [2, 3, 9], range(1, 30)])
@pytest.mark.parametrize("n", [5, 9, 30])
def test_fewer_rows_than_columns_are_stored_as_a_factor(cuts, n):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(n, 10)) + 1e6
    weights = rng.uniform(0.1, 3.0, size=n)
    moments = accumulated(X, weights, [cut for cut in cuts if cut < n], full=True)
    assert len(moments.comoment) <= 10
    expected = np.cov((X - 1e6).T, ddof=0, aweights=weights)
    np.testing.assert_allclose(
        moments.matrix() / moments.weight, expected, rtol=1e-8, atol=1e-9
    )


@pytest.mark.parametrize("order", [np.arange, lambda n: np.arange(n)[::-1]])
def test_many_rows_lose_no_digits(order):
    """Sorted rows, so that the first ones are far from the mean."""
    X = np.column_stack([np.full(5000, 0.1), np.arange(5000.0) ** 2, np.ones(5000)])
    X[:, 2] += 1e8 + 1e-3 * (np.arange(5000) % 7)
    X = X[order(5000)]
    weights = 1.0 + (np.arange(5000) % 3)
    moments = Moments.of(X, weights, full=True)
    centred = X - [0.1, 1e7, 1e8]
    expected = np.cov(centred.T, ddof=0, aweights=weights)
    assert moments.comoment[0, 0] == 0.0
    np.testing.assert_allclose(
        moments.comoment / moments.weight, expected, rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 3.0, 1000.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_about_zero_lose_no_digits(dtype, offset, weighted):
    """Rows near zero are not centred first; those of a distant column are."""
    rng = np.random.default_rng(3)
    integers = rng.integers(-3, 4, size=(3000, 4)).astype(float)
    centred = integers * [1.0, 2.0**-13, 2.0**-7, 0.0]
    X = np.add(centred, [offset, 0, 0, 0.1]).astype(dtype)
    weights = rng.integers(1, 4, size=3000).astype(float) if weighted else np.ones(3000)
    moments = Moments.of(X, weights, full=True)
    expected = np.cov(centred.T, ddof=0, aweights=weights)
    np.testing.assert_allclose(
        moments.comoment / moments.weight, expected, rtol=1e-9, atol=1e-17
    )
    assert moments.comoment[3, 3] == 0.0
    assert moments.weight == weights.sum()


def test_constant_columns_have_exactly_no_variance():
    X = np.full((1000, 1), 0.1)
    moments = accumulated(X, np.linspace(0.1, 1, 1000), range(3, 1000, 7))
    assert moments.mean == 0.1
    assert moments.comoment == 0.0


def test_an_outlier_in_the_first_row_costs_no_accuracy():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(500, 1))
    X[0] = 1e12
    for cuts in ([], [1], range(1, 500)):
        moments = accumulated(X, np.ones(500), cuts)
        np.testing.assert_allclose(moments.mean, X.mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(moments.comoment, 500 * X.var(axis=0), rtol=1e-12)


def test_merging_is_symmetric_and_leaves_its_parts_alone():
    a = Moments.of(np.array([[1.0], [2.0]]), np.ones(2), full=False)
    b = Moments.of(np.array([[5.0]]), np.ones(1), full=False)
    copies = [np.copy(part) for part in (*a, *b)]
    assert a.merged(b) == b.merged(a)
    for part, copy in zip((*a, *b), copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_decaying_weights_sum_to_one():
    w = np.array([1.0, 2.0, 0.5, 1.0])
    decayed, remaining = decaying_weights(w, 0.3, first=False)
    assert decayed.sum() + remaining == pytest.approx(1.0, abs=1e-15)
    assert remaining == pytest.approx(0.7**4.5)
    assert decaying_weights(w, 0.3, first=True)[0].sum() == pytest.approx(1.0)
    decayed, remaining = decaying_weights(w, 1.0, first=False)
    np.testing.assert_array_equal(decayed, [0.0, 0.0, 0.0, 1.0])
    assert remaining == 0.0


def test_weights_too_small_for_momentum_change_nothing():
    before = updated_moments(None, np.array([[1.0], [2.0]]), np.ones(2), momentum=0.5)
    after = updated_moments(before, np.array([[9.0]]), np.array([1e-30]), momentum=0.5)
    assert after == before


def test_overflow_of_the_variance_is_an_error():
    huge = np.array([[1e300, 0.0, 0.0], [-1e300, 0.0, 0.0]])
    for options in ({}, {"full": True}):
        with pytest.raises(
            ValueError, match=r"overflows float64.*largest \|X\| is 1e\+300"
        ):
            updated_moments(None, huge, np.ones(2), **options)


def test_principal_axes_of_huge_identical_rows():
    moments = Moments.of(np.full((3, 2), 1e200), np.ones(3), full=True)
    variances, axes, total = principal_axes(moments, 2e-16)
    assert total == 1.0
    np.testing.assert_array_equal(variances, [0.0])
    np.testing.assert_array_equal(axes, [[1.0, 0.0]])


def test_principal_axes_of_constant_columns():
    """They take no part: the other columns have the same axes without them."""
    X = np.full((20, 5), 3.0)
    X[:, [1, 4]] = np.random.default_rng(0).normal(size=(20, 2))
    variances, axes, total = principal_axes(
        Moments.of(X, np.ones(20), full=True), 2e-16
    )
    part = Moments.of(X[:, [1, 4]].copy(), np.ones(20), full=True)
    expected = principal_axes(part, 2e-16)
    np.testing.assert_allclose(variances, expected[0], rtol=1e-14)
    np.testing.assert_allclose(axes[:, [1, 4]], expected[1], rtol=1e-14)
    assert_array_equal(axes[:, [0, 2, 3]], np.zeros((2, 3)))
    assert total == pytest.approx(expected[2], rel=1e-14)


@pytest.mark.parametrize("shape", [(1, 3), (5000, 3), (5462, 3), (9, 5000), (0, 2)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_subtracted_rows_are_the_same_to_the_bit(shape, order):
    rng = np.random.default_rng(0)
    rows = np.asarray(rng.normal(size=shape), order=order)
    row = rng.normal(size=shape[1])
    expected = rows - row
    subtract_row(rows, row)
    assert_array_equal(rows, expected)
