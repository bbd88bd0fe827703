"""Grids: places, shifts, borders, and finer ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl.model_selection import Linear, Log
from tests.model_selection.private_names import Grid

RNG = np.random.RandomState(0)


def grid_over(choices=(), **ranges):
    return Grid.over(ranges, dict(choices))


def drawn(grid, jitter=0.0, seed=0):
    rng = np.random.RandomState(seed)
    return [grid.draw(point, jitter, rng) for point in grid.points()]


def test_the_first_mesh_is_the_grid():
    grid = grid_over(choices={"c": "k"}, a=Log(1e-3, 1e-1), b=Linear(0.0, 1.0, 2))
    expected = [(a, b) for a in (1e-3, 1e-2, 1e-1) for b in (0.0, 1.0)]
    got = drawn(grid)
    assert all(params["c"] == "k" for params in got)
    assert_allclose([(p["a"], p["b"]) for p in got], expected, rtol=1e-14)


def test_a_range_that_is_no_number_of_decades_keeps_its_ends():
    got = [p["a"] for p in drawn(grid_over(a=Log(2e-4, 5e-2)))]
    assert_allclose(got, np.geomspace(2e-4, 5e-2, 3), rtol=1e-13)


def test_shifts_are_each_point_s_own_and_bounded():
    grid = grid_over(a=Log(1e-4, 1e4), b=Linear(-5.0, 5.0))
    exact = drawn(grid_over(a=Log(1e-4, 1e4), b=Linear(-5.0, 5.0)))
    got = drawn(grid, 0.25)
    shift_a = np.log10([p["a"] for p in got]) - np.log10([p["a"] for p in exact])
    shift_b = np.array([p["b"] - q["b"] for p, q in zip(got, exact, strict=True)]) / 2.5
    for shifts in (shift_a, shift_b):
        assert len(np.unique(shifts)) == len(got)
        assert 0.2 < np.abs(shifts).max() <= 0.25
    # Asked again, a point stays where it is.
    assert drawn(grid, 0.25, seed=1) == got


def test_shifts_stay_within_limits():
    grid = grid_over(a=Log(1e-2, 1.0, limits=(1e-2, 1.0)))
    values = [p["a"] for p in drawn(grid, 0.49, seed=3)]
    assert min(values) >= 1e-2
    assert max(values) <= 1.0


def test_points_on_a_limit_are_tried_as_they_are():
    limits = {"a": Log(1e-2, 1.0, limits=(1e-2, 3.3)), "b": Linear(0.0, 0.5)}
    grid = grid_over(**limits)
    got = drawn(grid, 0.25)
    assert {p["a"] for p in got if p["a"] < 0.03} == {1e-2}
    assert {p["b"] for p in got if p["b"] < 0.06} == {0.0}
    assert grid.draw((3, 0), 0.25, RNG) == {"a": 3.3, "b": 0.0}


def test_equal_values_have_one_row():
    grid = grid_over(a=Linear(1, 3, 5))
    rows = {}
    for new, point in enumerate(grid.points()):
        value = grid.draw(point, 0.0, RNG)["a"]
        assert grid.assign_row(point, new) == rows.setdefault(value, new)
    assert len(rows) == 3
    assert grid.unevaluated() == []


def test_a_finer_mesh_is_around_the_very_point_with_half_the_step():
    grid = grid_over(a=Log(1e-3, 1e-1), b=Linear(0.0, 4.0))
    drawn(grid, 0.25)
    centre = grid.values[1, 2]
    finer = grid.finer((1, 2))
    assert finer.draw((0, 0), 0.25, RNG) == centre
    assert len(finer.points()) == 9
    got = drawn(finer)
    a = np.log10([p["a"] for p in got]) - np.log10(centre["a"])
    b = np.array([p["b"] for p in got]) - centre["b"]
    assert_allclose(np.unique(a.round(9)), [-0.5, 0, 0.5], atol=1e-8)  # ≈ times 3
    assert_allclose(np.unique(b.round(9)), [-0.5, 0, 0.5], atol=1e-8)
    assert_allclose(finer.finer((0, 0)).step, [0.25, 0.25])


def borders(grid, point):
    return sorted((name, end, free) for name, end, free in grid.borders(point))


def test_borders():
    grid = grid_over(a=Log(1e-3, 1e-1, limits=(None, 1e-1)), b=Linear(0.0, 4.0))
    assert borders(grid, (1, 2)) == []
    assert borders(grid, (0, 2)) == [("a", "lower", True)]
    assert borders(grid, (2, 4)) == [("a", "upper", False), ("b", "upper", True)]
    # Zero is where numbers that are not negative end.
    assert borders(grid, (1, 0)) == [("b", "lower", False)]


def test_the_mesh_moves_beyond_its_border():
    grid = grid_over(a=Log(1e-3, 1e-1), b=Linear(-2.0, 2.0))
    drawn(grid)
    grid.row_of = dict.fromkeys(grid.points(), 0)
    box = grid.around((2, 4))
    new = [point for point in box if point not in grid.row_of]
    assert sorted(new) == [(1, 5), (2, 5), (3, 3), (3, 4), (3, 5)]
    grid.include(box)
    assert borders(grid, (2, 4)) == []
    assert borders(grid, (3, 4)) == [("a", "upper", True)]
    assert grid.draw((3, 5), 0.0, RNG) == pytest.approx({"a": 1.0, "b": 3.0})


@pytest.mark.parametrize(("limit", "reach"), [(0.2, False), (0.4, True), (0.9, True)])
def test_the_last_step_before_a_limit_may_be_shorter(limit, reach):
    grid = grid_over(a=Log(1e-3, 1e-1, limits=(None, limit)))
    assert ((3,) in grid.around((2,))) == reach
    if reach:
        assert grid.draw((3,), 0.0, RNG)["a"] == pytest.approx(limit)
        grid.include([(3,)])
        assert (4,) not in grid.around((3,))


def test_integers_end_in_the_point_itself():
    grid = grid_over(a=Linear(1, 9))
    assert [p["a"] for p in drawn(grid)] == [1, 3, 5, 7, 9]
    one = grid.finer((2,))
    assert [p["a"] for p in drawn(one)] == [4, 5, 6]
    two = one.finer((0,)).finer((0,))
    assert two.points() == [(0,)]
    assert borders(two, (0,)) == []


def test_choices_alone_are_one_point():
    grid = Grid.over({}, {"c": 1})
    assert grid.points() == [()]
    assert grid.draw((), 0.25, RNG) == {"c": 1}
    assert borders(grid, ()) == []
    assert grid.finer(()).points() == [()]
