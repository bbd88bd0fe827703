"""What a parameter space may be, and what it means."""

import numpy as np
import pytest
from scipy.stats import loguniform, norm, randint, uniform

from skdl.engine import HiddenLayers
from skdl.model_selection import Linear, Log
from tests.model_selection.private_names import check_space, combinations


def entry(value):
    (space,) = check_space({"p": value})
    return space["p"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ((1e-5, 1e-1), Log(1e-5, 1e-1)),
        ((1, 100), Log(1, 100)),
        (Linear(0, 3, 4), Linear(0, 3, 4)),
        (loguniform(1e-3, 1), Log(1e-3, 1.0, limits=(1e-3, 1.0))),
        (loguniform(1, 100), Log(1.0, 100.0, limits=(1.0, 100.0))),
        (uniform(0.1, 0.8), Linear(0.1, 0.9, limits=(0.1, 0.9))),
        (randint(2, 9), Linear(2, 8, limits=(2, 8))),
    ],
)
def test_ranges(given, meant):
    r = entry(given)
    assert type(r) is type(meant)
    assert r.is_integer == meant.is_integer
    ours, theirs = r.get_params(), meant.get_params()
    for name in ("low", "high"):
        assert ours[name] == pytest.approx(theirs[name], rel=1e-15)
    assert (ours["limits"] is None) == (theirs["limits"] is None)
    assert r.bounds == pytest.approx(meant.bounds)


@pytest.mark.parametrize(
    "choices",
    [
        ["relu", "tanh"],
        [(100,), (50, 50)],
        [()],
        [HiddenLayers(0)],
        [None],
        [1, 10],
        np.array([0.1, 0.2]),
        np.array([[1, 2], [3, 4]]),
    ],
    ids=str,
)
def test_choices(choices):
    got = entry(choices)
    assert isinstance(got, list)
    assert len(got) == len(choices)
    assert all(a is b or np.all(a == b) for a, b in zip(got, choices, strict=True))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "a list of choices must not be empty"),
        (np.array([]), "a list of choices must not be empty"),
        (("relu", "tanh"), r"a tuple must be a range .* Write choices as a list"),
        ((1, 2, 3), "a tuple must be a range"),
        ((True, 2), "a tuple must be a range"),
        ((0, 1), "Log: low must be above 0, got 0. Take Linear"),
        ((1.0, 0.1), "Log: low must be less than high"),
        (Linear(1, 0), "Linear: low must be less than high"),
        (Log, "must be a range .* or a list of choices, got <class"),
        ("relu", "must be a range .* or a list of choices, got 'relu'"),
        (0.1, "must be a range .* or a list of choices, got 0.1"),
        (norm(), "must be a range .* got the distribution 'norm'"),
        (randint(3, 4), "Linear: low must be less than high"),
    ],
)
def test_errors_name_the_parameter(value, message):
    with pytest.raises(ValueError, match=f"^param_space: 'p': {message}"):
        check_space({"p": value})


@pytest.mark.parametrize("space", [{}, [], [{}], [{"p": [1]}, {}], [3], None])
def test_no_space(space):
    with pytest.raises(ValueError, match="param_space must be a dict .* not empty"):
        check_space(space)


def test_names_are_strings():
    with pytest.raises(ValueError, match="names must be strings, got 3"):
        check_space({3: [1]})


def test_combinations():
    r = Log(1, 10)
    ranges, several = combinations({"a": [1, 2], "r": r, "b": ["x"]})
    assert ranges == {"r": r}
    assert several == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    assert combinations({"r": r}) == ({"r": r}, [{}])
