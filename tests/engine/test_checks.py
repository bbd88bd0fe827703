"""The errors of specification objects."""

from types import SimpleNamespace

import pytest

from skdl.engine.checks import check_choice, check_count, check_number

INSIDE = {"both": [0, 0.5, 1], "left": [0], "right": [1], "neither": [0.5]}
OUTSIDE = {
    "both": [-0.1, 1.1],
    "left": [1],
    "right": [0],
    "neither": [0, 1, float("nan"), None, "0.5", True],
}


def cases(table):
    return [(closed, value) for closed in table for value in table[closed]]


@pytest.mark.parametrize(("closed", "value"), cases(INSIDE))
def test_numbers_inside(closed, value):
    check_number(SimpleNamespace(x=value), "x", 0, 1, closed=closed)


@pytest.mark.parametrize(("closed", "value"), cases(OUTSIDE))
def test_numbers_outside(closed, value):
    with pytest.raises(ValueError, match="SimpleNamespace: x must be a number in"):
        check_number(SimpleNamespace(x=value), "x", 0, 1, closed=closed)


def test_counts():
    check_count(SimpleNamespace(x=1), "x")
    for value in (0, 1.0, True, None):
        with pytest.raises(ValueError, match="x must be an integer of at least 1, got"):
            check_count(SimpleNamespace(x=value), "x")


def test_choices():
    check_choice(SimpleNamespace(x="a"), "x", ("a", "b"))
    with pytest.raises(ValueError, match=r"x must be one of \['a', 'b'\], got 'c'"):
        check_choice(SimpleNamespace(x="c"), "x", ("a", "b"))
