"""Known values, identities on random distributions, dtypes and refusals."""

import math
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import log_loss

from skdl.metrics import cross_entropy, entropy, kl_divergence

PAIRED = [cross_entropy, kl_divergence]
BUS = [1, 0, 0]
BASES = [None, 2, 10, 0.5, np.float32(3), Fraction(7, 2), 10**400]


def distributions(n_rows=200, n_classes=5, *, seed=0, concentration=0.3):
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(n_classes, concentration), size=n_rows)
    # No zeros, but numbers far below the rounding of 1.
    rows = np.maximum(rows, 1e-30)
    return rows / rows.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("p", "base", "expected"),
    [
        ([1 / 4, 1 / 4, 1 / 2], 2, 1.5),
        ([1 / 4, 1 / 4, 1 / 2], None, 1.5 * math.log(2)),
        ([0.5, 0.5], 2, 1.0),
        ([0.5, 0.5], 0.5, -1.0),
        ([0.1] * 10, 10, 1.0),
        ([1 / 8] * 8, 2, 3.0),
        ([1 / 3] * 3, 3, 1.0),
        ([1e-300, 1.0], None, 1e-300 * 300 * math.log(10)),
        ([1.0], None, 0.0),
        ([True, False], None, 0.0),
        ([Fraction(1, 2), Fraction(1, 2)], 2, 1.0),
    ],
)
def test_entropy_of_known_distributions(p, base, expected):
    value = entropy(p, base=base)
    assert type(value) is float
    assert value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        (BUS, [0.88, 0.08, 0.04], -math.log(0.88)),
        (BUS, BUS, 0.0),
        (BUS, [0, 1, 0], math.inf),
        (BUS, [1e-300, 0, 1], 300 * math.log(10)),
        ([0.5, 0.5, 0], [0.25, 0.75, 0], -math.log(0.25 * 0.75) / 2),
        ([0.5, 0.5, 0], [0.5, 0, 0.5], math.inf),
    ],
)
def test_cross_entropy_of_known_distributions(p, q, expected):
    value = cross_entropy(p, q)
    assert type(value) is float
    assert value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("p", "q", "base", "expected"),
    [
        (BUS, [0.88, 0.08, 0.04], None, -math.log(0.88)),
        ([0.5, 0.5], [0.75, 0.25], 2, 1 - math.log2(3) / 2),
        ([0.75, 0.25], [0.5, 0.5], 2, 0.75 * math.log2(3) - 1),
        ([0.5, 0.5, 0], [0.5, 0.5, 0], None, 0.0),
        ([0.5, 0.5, 0], [0.25, 0.25, 0.5], 2, 1.0),
        ([0.25, 0.25, 0.5], [0.5, 0.5, 0], None, math.inf),
        ([0.25, 0.25, 0.5], [0.5, 0.5, 0], 0.5, -math.inf),
        ([1.0, 0.0], [1.0, 1e-20], None, 1e-20),
    ],
)
def test_divergence_of_known_distributions(p, q, base, expected):
    value = kl_divergence(p, q, base=base)
    assert type(value) is float
    assert value == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize("step", [2.0**-10, 2.0**-20, 2.0**-30])
def test_divergence_of_almost_equal_distributions_keeps_its_digits(step):
    p, q = [0.5, 0.5], [0.5 + step, 0.5 - step]
    exact = -math.log1p(-4 * step**2) / 2
    assert kl_divergence(p, q) == pytest.approx(exact, rel=1e-15 / step, abs=0)


def test_divergence_is_never_negative():
    p = distributions(2000, 7, concentration=1.0)
    q = np.abs(p + np.random.default_rng(1).normal(scale=1e-12, size=p.shape))
    assert (kl_divergence(p, q) >= 0).all()
    np.testing.assert_array_equal(kl_divergence(p, p), 0.0)


@pytest.mark.parametrize("base", BASES)
def test_identities(base):
    p, q = distributions(seed=0), distributions(seed=1)
    h, crossed = entropy(p, base=base), cross_entropy(p, q, base=base)
    divergence = kl_divergence(p, q, base=base)
    nats = 1.0 if base is None else math.log(base)
    np.testing.assert_allclose(divergence, crossed - h, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(cross_entropy(p, p, base=base), h, rtol=1e-14)
    np.testing.assert_allclose(h * nats, scipy_entropy(p, axis=1), rtol=1e-12)
    np.testing.assert_allclose(
        divergence * nats, scipy_entropy(p, q, axis=1), rtol=1e-12
    )
    assert (h * nats >= 0).all()
    assert (h * nats <= math.log(p.shape[1])).all()


def test_entropy_is_its_maximum_minus_the_divergence_from_uniform():
    p, uniform = distributions(), np.full(5, 1 / 5)
    np.testing.assert_allclose(
        entropy(p), math.log(5) - kl_divergence(p, uniform), rtol=1e-12, atol=1e-14
    )


def test_entropies_of_independent_draws_add_up():
    p, q = distributions(seed=2), distributions(n_classes=3, seed=3)
    joint = (p[:, :, np.newaxis] * q[:, np.newaxis, :]).reshape(len(p), -1)
    np.testing.assert_allclose(entropy(joint), entropy(p) + entropy(q), rtol=1e-12)


def test_mean_cross_entropy_of_one_hot_rows_is_log_loss():
    q = distributions()
    y = np.random.default_rng(4).integers(5, size=len(q))
    weights = np.random.default_rng(5).uniform(size=len(q))
    mean = np.average(cross_entropy(np.eye(5)[y], q), weights=weights)
    # log_loss clips what is below the machine epsilon.
    clipped = np.clip(q, np.finfo(float).eps, 1)
    clipped = np.average(-np.log(clipped[np.arange(len(y)), y]), weights=weights)
    loss = log_loss(y, q, labels=range(5), sample_weight=weights)
    assert clipped == pytest.approx(loss, rel=1e-12)
    assert mean >= loss


@pytest.mark.parametrize("function", PAIRED)
def test_one_distribution_is_compared_with_every_row(function):
    p, q = distributions(4, seed=6), distributions(4, seed=7)

    def one_by_one(ps, qs):
        return [function(a, b) for a, b in zip(ps, qs, strict=True)]

    np.testing.assert_allclose(function(p, q), one_by_one(p, q), rtol=1e-14)
    np.testing.assert_allclose(function(p[0], q), one_by_one([p[0]] * 4, q), rtol=1e-14)
    np.testing.assert_allclose(function(p, q[0]), one_by_one(p, [q[0]] * 4), rtol=1e-14)
    assert function(p[:1], q[:1]).shape == (1,)
    assert function(p[0], q[:1]).shape == (1,)
    assert entropy(p[:1]).shape == (1,)


@pytest.mark.parametrize(
    ("p_dtype", "q_dtype", "expected"),
    [
        ("float32", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("float64", "float32", "float64"),
        ("float64", "float64", "float64"),
        (">f4", ">f4", "float32"),
        (">f8", ">f8", "float64"),
        ("float16", "float16", "float64"),
        ("longdouble", "longdouble", "float64"),
    ],
)
def test_dtypes(p_dtype, q_dtype, expected):
    p = distributions(concentration=1.0).astype(p_dtype)
    q = distributions(concentration=1.0, seed=1).astype(q_dtype)
    p_copy, q_copy = p.copy(), q.copy()
    wide = [array.astype("float64") for array in (p, q)]
    for function in PAIRED:
        values = function(p, q)
        assert values.dtype == expected
        assert type(function(p[0], q[0])) is float
    if "float16" not in (p_dtype, q_dtype):
        np.testing.assert_allclose(
            cross_entropy(p, q), -(wide[0] * np.log(wide[1])).sum(axis=1), rtol=1e-6
        )
    assert entropy(p).dtype == ("float32" if p_dtype in ("float32", ">f4") else float)
    np.testing.assert_array_equal(p, p_copy)
    np.testing.assert_array_equal(q, q_copy)


@pytest.mark.parametrize("one_hot", [bool, int])
def test_one_hot_rows_of_any_dtype(one_hot):
    rows = np.eye(3, dtype=one_hot)
    np.testing.assert_array_equal(entropy(rows), np.zeros(3))
    assert entropy(rows).dtype == np.float64


def test_data_frames():
    frame = pd.DataFrame(distributions(3), columns=list("abcde"))
    np.testing.assert_array_equal(entropy(frame), entropy(frame.to_numpy()))
    assert kl_divergence(frame.iloc[0], frame)[0] == 0.0


def test_results_are_never_minus_zero():
    certain = np.eye(3)
    for base in (None, 0.5):
        values = [entropy(certain, base=base)]
        values += [function(certain, certain, base=base) for function in PAIRED]
        assert not np.signbit(values).any()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_tolerance_is_the_square_root_of_epsilon(dtype):
    tolerance = float(np.sqrt(np.finfo(dtype).eps))
    for sign in (-1, 1):
        within = np.array([0.5, 0.5 + sign * 0.9 * tolerance], dtype=dtype)
        beyond = np.array([0.5, 0.5 + sign * 1.2 * tolerance], dtype=dtype)
        assert entropy(within) == pytest.approx(math.log(2), abs=2 * tolerance)
        with pytest.raises(ValueError, match=rf"p must sum to 1 within .* for {dtype}"):
            entropy(beyond)


def test_sums_just_above_one_give_no_negative_results():
    row = [1 + 1e-9, 0.0]
    assert entropy(row) == 0.0
    assert cross_entropy([1, 0], row) == 0.0
    assert kl_divergence([1, 0], row) == pytest.approx(0.0, abs=1e-15)


GOOD = [[0.5, 0.5], [1, 0]]
PLACE = "finite and not negative, got {} {} (counted from 0)."
SHAPE = "must be of shape (n_classes,) or (n_samples, n_classes) and not empty, got "
SUM = "must sum to 1 within 1.5e-08 for float64, got "
BAD = [
    ([0.5, 0.5 + 2.0**-20], "{} " + SUM + "1.0000009536743164."),
    ([0.3, 0.3], "{} " + SUM + "0.6."),
    ([1e308, 1e308], "{} " + SUM + "inf."),
    ([[0.5, 0.5], [0.5, 0.25]], f"Each row of {{}} {SUM}0.75 in row 1 (counted"),
    ([[1, 0], [1, 0], [1, 1], [2, 2]], f"Each row of {{}} {SUM}2.0 in row 2 (counted"),
    ([1.1, -0.1], "{} must hold probabilities, " + PLACE.format(-0.1, "at position 1")),
    (
        [[0.5, 0.5], [np.nan, 1]],
        "{} must hold probabilities, " + PLACE.format(np.nan, "in row 1, column 0"),
    ),
    (
        np.array([[0.5, 0.5], [1.1, -0.1]], dtype="float32"),
        "{} must hold probabilities, " + PLACE.format(-0.1, "in row 1, column 1"),
    ),
    (
        [np.inf, 0],
        "{} must hold probabilities, " + PLACE.format("inf", "at position 0"),
    ),
    (1.0, "{} " + SHAPE + "shape ()."),
    ([], "{} " + SHAPE + "shape (0,)."),
    (np.ones((0, 2)), "{} " + SHAPE + "shape (0, 2)."),
    (np.ones((2, 0)), "{} " + SHAPE + "shape (2, 0)."),
    (np.ones((1, 2, 1)), "{} " + SHAPE + "shape (1, 2, 1)."),
    ([[0.5, 0.5], [1]], "{} must be a dense array of real numbers: "),
    (["0.5", "0.5"], "{} must be a dense array of real numbers: dtype <U3"),
    ([0.5, 0.5j], "{} must be a dense array of real numbers: dtype complex128"),
    ([None, {}], "{} must be a dense array of real numbers: "),
    (csr_array(np.eye(2)), "{} must be a dense array of real numbers: "),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_refuses_values_that_are_not_distributions(bad, message):
    with pytest.raises(ValueError, match="^" + re.escape(message.format("p"))):
        entropy(bad)
    for function in PAIRED:
        with pytest.raises(ValueError, match="^" + re.escape(message.format("p"))):
            function(bad, GOOD)
        with pytest.raises(ValueError, match="^" + re.escape(message.format("q"))):
            function(GOOD, bad)


@pytest.mark.parametrize("function", PAIRED)
@pytest.mark.parametrize(
    ("p_shape", "q_shape", "what"),
    [
        ((2,), (3,), "classes"),
        ((1,), (3,), "classes"),
        ((4, 2), (4, 3), "classes"),
        ((4, 3), (4,), "classes"),
        ((4, 3), (2, 3), "rows"),
        ((1, 3), (4, 3), "rows"),
        ((4, 3), (1, 3), "rows"),
    ],
)
def test_shapes_that_do_not_match_are_refused(function, p_shape, q_shape, what):
    p, q = (np.full(shape, 1 / shape[-1]) for shape in (p_shape, q_shape))
    shapes = re.escape(f"got p of shape {p_shape} and q of shape {q_shape}.")
    with pytest.raises(ValueError, match=f"same number of {what}.*{shapes}$"):
        function(p, q)


@pytest.mark.parametrize(
    "base", [0, 1, 1.0, -2, np.nan, np.inf, True, False, "e", 2j, [2], np.array([2.0])]
)
def test_refuses_invalid_bases(base):
    message = re.escape(f"> 0 other than 1, got {base!r}.")
    with pytest.raises(ValueError, match=f"^base must be None .*{message}$"):
        entropy([0.5, 0.5], base=base)
    for function in PAIRED:
        with pytest.raises(ValueError, match=f"^base must be None .*{message}$"):
            function(GOOD, GOOD, base=base)


def test_base_is_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        entropy([0.5, 0.5], [0.5, 0.5])
