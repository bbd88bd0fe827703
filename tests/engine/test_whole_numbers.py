"""Sums of pixels and other whole numbers: exact, and the same as for all numbers."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import exact_products
from skdl.engine.exact_products import ROWS, ExactProducts, SplitProducts
from skdl.engine.moments import Moments
from skdl.engine.whole_numbers import sums_of_whole_numbers

# Enough rows and columns for products in float32.
SIZE = 1100, 480
FORMS = ("whole", "pixels", "k / 256")


def whole_numbers(kind="photo", size=SIZE):
    """Return numbers of 8 bits; most rows of a drawing are 0 in half of the columns."""
    rng = np.random.default_rng(0)
    K = rng.integers(0, 256, size=size)
    if kind == "drawing":
        K[:, ::2] *= rng.uniform(size=(size[0], 1)) < 0.05
    return K


def in_form(K, form, dtype):
    divisor = {"whole": 1, "pixels": 255, "k / 256": 256}[form]
    return K.astype(dtype) / dtype(divisor)


def assert_same(found, expected, rtol):
    assert found.weight == expected.weight
    assert_allclose(found.mean, expected.mean, rtol=rtol)
    sizes = np.sqrt(np.diag(expected.comoment))
    size = np.outer(sizes, sizes)
    assert_allclose(found.comoment / size, expected.comoment / size, atol=rtol)


@pytest.mark.parametrize("kind", ["photo", "drawing"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
def test_sums_are_those_of_integers(form, dtype, kind):
    K = whole_numbers(kind)
    sums = sums_of_whole_numbers(in_form(K, form, dtype))
    # These float64 products are exact, too.
    centred = K - np.rint(sums.center * sums.scale)
    assert sums.n_rows == len(K)
    assert sums.scale == {"whole": 1, "pixels": 255, "k / 256": 256}[form]
    assert_array_equal(sums.total, centred.sum(axis=0))
    assert_array_equal(sums.products, np.triu(centred.T @ centred))


def test_rows_are_split_only_where_it_saves_time():
    for kind, n_common in [("photo", SIZE[1]), ("drawing", SIZE[1] // 2)]:
        K = whole_numbers(kind).astype(np.float32)
        split = SplitProducts(K[::4])
        assert len(split.common) == n_common
        assert_array_equal(np.sort([*split.common, *split.rare]), np.arange(SIZE[1]))
    assert not SplitProducts(np.zeros((3, 5))).rare.size


@pytest.mark.parametrize("limit", [2**24, 2**26])
def test_no_sum_in_float32_exceeds_the_limit(limit, monkeypatch):
    """float32 cannot hold the odd sum, so it is wrong with a higher limit."""
    monkeypatch.setattr(exact_products, "LIMIT", limit)
    products = ExactProducts(2)
    for n_rows in (ROWS, ROWS, ROWS - 1):
        products.add(np.full((n_rows, 2), -255, np.float32))
    exact = (3 * ROWS - 1) * 255**2
    assert exact % 2 == 1
    assert exact > 2**24
    assert (products.upper_triangle()[0, 1] == exact) == (limit == 2**24)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
def test_moments_of_nearly_constant_columns_keep_their_digits(form, dtype):
    K = whole_numbers()
    K[:, 0] = 201
    K[:, 1] = 201
    K[700, 1] = 202
    K[:, 2] = K[:, 1]
    X = in_form(K, form, dtype)
    moments = Moments.of(X, np.ones(len(X)), full=True)
    n, step = len(K), Fraction(1, {"whole": 1, "pixels": 255, "k / 256": 256}[form])
    exact = float((1 - Fraction(1, n)) * step**2)
    assert moments.mean[0] == X[0, 0]
    assert_array_equal(moments.comoment[0], np.zeros(SIZE[1]))
    assert_allclose(moments.comoment[1:3, 1:3], np.full((2, 2), exact), rtol=1e-14)
    # The mean is that of the float32 numbers, not of k / 255.
    mean = X[:, 1].mean(dtype=np.float64)
    assert_allclose(moments.mean[1], mean, rtol=0, atol=1e-4 * float(step) / n)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
def test_moments_equal_those_by_float64_products(form, dtype):
    X = in_form(whole_numbers("drawing"), form, dtype)
    found = Moments.of(X, np.ones(len(X)), full=True)
    assert_array_equal(found.comoment, found.comoment.T)
    # Weights other than 1 are for products in float64.
    expected = Moments.of(X, np.full(len(X), 2.0), full=True).scaled(0.5)
    rtol = 1e-6 if (form, dtype) == ("pixels", np.float32) else 1e-12
    assert_same(found, expected, rtol)


@pytest.mark.parametrize("late", [0.5, 1000.0, -1e9, -1.0])
@pytest.mark.parametrize("kind", ["photo", "drawing"])
def test_rows_after_one_of_other_numbers_are_not_lost(kind, late):
    X = whole_numbers(kind).astype(np.float32)
    X[903, 3] = late
    n_rows = SIZE[0] if late == -1 else 3 * ROWS
    assert sums_of_whole_numbers(X).n_rows == n_rows
    found = Moments.of(X, np.ones(len(X)), full=True)
    expected = Moments.of(X, np.full(len(X), 2.0), full=True).scaled(0.5)
    assert_same(found, expected, 1e-12)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X[:, :200],
        lambda X: X + np.float32(0.25),
        lambda X: X * np.arange(len(X), dtype=np.float32)[:, np.newaxis],
        lambda X: X * np.float32(1e36),
        lambda X: np.where(np.arange(len(X))[:, np.newaxis] % 90 == 80, X / 7, X),
    ],
)
def test_other_rows_are_left_to_products_in_float64(change):
    with np.errstate(over="ignore", invalid="ignore"):
        assert sums_of_whole_numbers(change(whole_numbers().astype(np.float32))) is None


def test_large_numbers_are_not_taken_for_pixels():
    """Near 40,000, the product of 255 and any float32 number is rounded to a whole."""
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.standard_normal(SIZE)
    pixels = in_form(whole_numbers(), "pixels", np.float32)
    pixels[:, 7] = 1e5 + rng.integers(0, 50, SIZE[0]) / 128
    for X in ((4e4 + noise).astype(np.float32), pixels):
        found = Moments.of(X, np.ones(len(X)), full=True)
        expected = Moments.of(X, np.full(len(X), 2.0), full=True).scaled(0.5)
        assert_same(found, expected, 1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_black_rows_at_the_top_leave_all_forms_open(form):
    X = in_form(whole_numbers(), form, np.float32)
    X[:2] = 0
    assert sums_of_whole_numbers(X).n_rows == len(X)


def test_order_in_memory_does_not_matter():
    X = in_form(whole_numbers("drawing"), "pixels", np.float32)
    expected = sums_of_whole_numbers(X)
    X.flags.writeable = False
    wide = np.zeros((SIZE[0], 2 * SIZE[1]), np.float32)
    wide[:, ::2] = X
    for same in (X, np.asfortranarray(X), wide[:, ::2]):
        for found, part in zip(sums_of_whole_numbers(same), expected, strict=True):
            assert_array_equal(found, part)
