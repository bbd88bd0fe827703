"""Ranges: values, bounds, sizes, and what they refuse."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from skdl.model_selection import Linear, Log


@pytest.mark.parametrize(
    ("r", "coordinate", "value"),
    [
        (Log(1e-6, 1e-1), -3.0, 0.001),
        (Log(1e-6, 1e-1), 2.0, 100.0),  # open beyond the ends
        (Log(1e-6, 1e-1, limits=(None, 1.0)), 2.0, 1.0),
        (Log(1e-6, 1e-1, limits=(3e-7, 1.0)), -9.0, 3e-7),
        (Log(1, 100), 1.5, 32),
        (Log(1, 100), -4.0, 1),  # an integer on a log scale is at least 1
        (Log(1, 100, limits=(1, 200.5)), 5.0, 200),
        (Linear(0.0, 1.0), 0.25, 0.25),
        (Linear(0.0, 1.0), -0.25, 0.0),  # a range of positive numbers stays so
        (Linear(0.1, 1.0), -0.25, 0.0),
        (Linear(-1.0, 1.0), -4.0, -4.0),
        (Linear(0, 9), -4.0, 0),
        (Linear(2, 9), -4.0, 1),
        (Linear(2, 9), 3.6, 4),
        (Linear(2, 9, limits=(0, 12)), -4.0, 0),
        (Linear(-3, 9), -4.4, -4),
    ],
)
def test_values(r, coordinate, value):
    r.check()
    got = r.value(coordinate)
    assert type(got) is type(value)
    assert_allclose(got, value, rtol=1e-15)


@pytest.mark.parametrize(
    ("r", "n"),
    [
        (Log(1e-6, 1e-1), 6),
        (Log(1e-2, 1e-1), 3),
        (Log(3e-5, 3e-2), 4),
        (Log(1e-6, 1e-1, n_points=11), 11),
        (Linear(0, 1), 5),
        (Linear(0, 1, n_points=2), 2),
    ],
)
def test_sizes(r, n):
    assert r.size() == n


@pytest.mark.parametrize(
    ("r", "bound", "share"),
    [
        (Log(1e-4, 1.0), 1e-3, 0.25),
        (Linear(-1.0, 3.0), 0.0, 0.25),
        # An integer stands for the numbers that are rounded to it, the ends, too.
        (Linear(0, 4), 1, 2 / 5),
        (Log(1, 64), 3, math.log(3.5 / 0.5) / math.log(64.5 / 0.5)),
    ],
)
def test_random_values(r, bound, share):
    rng = np.random.RandomState(0)
    values = np.array([r.rvs(random_state=rng) for _ in range(1000)])
    assert ((values >= r.low) & (values <= r.high)).all()
    assert abs((values <= bound).mean() - share) < 0.05
    if r.is_integer:
        assert {r.low, r.high} <= set(values.tolist())
    again = np.random.RandomState(0)
    assert [r.rvs(random_state=again) for _ in range(3)] == values[:3].tolist()


def test_a_wrong_range_has_no_random_values():
    with pytest.raises(ValueError, match="Swap them"):
        Log(1.0, 0.1).rvs()


def test_coordinates_invert_values():
    for r in (Log(1e-6, 1e-1), Linear(-2.0, 3.0)):
        assert_allclose(r.coordinate(r.value(-1.3)), -1.3, rtol=1e-14)
    assert Log(1.0, 2.0).coordinate(0) == -math.inf


@pytest.mark.parametrize("Range", [Log, Linear])
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"low": "a"}, "low must be a finite number, got 'a'"),
        ({"low": True}, "low must be a finite number, got True"),
        ({"high": math.inf}, "high must be a finite number, got inf"),
        ({"high": math.nan}, "high must be a finite number, got nan"),
        ({"low": 2.0, "high": 2.0}, "low must be less than high, got 2.0 and 2.0"),
        ({"n_points": 1}, "n_points must be None or an integer of at least 2, got 1"),
        ({"n_points": 2.5}, "n_points must be None or an integer of at least 2"),
        ({"limits": 3}, "limits must be None or a pair"),
        ({"limits": (1, 2, 3)}, "limits must be None or a pair"),
        ({"limits": ("a", None)}, "limits must be None or a pair"),
        ({"limits": (0.7, None)}, r"limits must not be narrower .* got \(0.7, None\)"),
        ({"limits": (0.1, 0.9)}, "limits must not be narrower than the range"),
    ],
)
def test_errors(Range, params, message):
    with pytest.raises(ValueError, match=f"^{Range.__name__}: {message}"):
        Range(**({"low": 0.5, "high": 1.0} | params)).check()


@pytest.mark.parametrize(
    ("r", "message"),
    [
        (Log(0, 1), "Log: low must be above 0, got 0. Take Linear"),
        (Log(-1.0, 1.0), "Log: low must be above 0, got -1.0"),
        (Log(0.1, 1.0, limits=(0, 1)), "Log: the lower of limits must be above 0"),
    ],
)
def test_a_logarithm_of_nothing(r, message):
    with pytest.raises(ValueError, match=message):
        r.check()


def test_they_are_specification_objects():
    r = clone(Log(1e-3, 1, limits=(None, 2)))
    assert r.get_params() == {
        "low": 1e-3, "high": 1, "n_points": None, "limits": (None, 2),
    }  # fmt: skip
    assert repr(Linear(0, 1)) == "Linear(high=1, low=0)"
