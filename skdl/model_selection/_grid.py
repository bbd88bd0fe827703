"""A grid of points in parameter space, which can grow and become finer."""

import math
from itertools import product


class Grid:
    """A grid over some ranges, with fixed choices for the other parameters.

    A point is a tuple with an integer for each range: its distance from the origin, in
    steps. The values of a point are drawn near its place, once, and stored.

    Parameters
    ----------
    ranges : dict of str to Log or Linear
        Ranges of the parameters to search.
    choices : dict
        Values of all other parameters.
    origin, step : list of float
        Place of the point (0, 0, ...) and distance of neighbours, in the coordinates of
        the ranges.
    first, last : list of int
        First and last place of the grid, for each range.
    centre : dict, default=None
        Values at the origin, if it is not to be drawn.

    Attributes
    ----------
    values : dict of point to dict
        Values of the ranges, for points that have been drawn.
    row_of : dict of point to int
        Row of the results, for points that have been evaluated.
    row_of_values : dict of tuple to int
        Row of the results by values: several points may have the same integers.
    """

    def __init__(self, ranges, choices, origin, step, first, last, centre=None):
        self.ranges = ranges
        self.choices = choices
        self.origin = origin
        self.step = step
        self.first = list(first)
        self.last = list(last)
        self.values = {} if centre is None else {(0,) * len(ranges): centre}
        self.row_of = {}
        self.row_of_values = {}

    @classmethod
    def over(cls, ranges, choices):
        """Return the first grid, over the whole ranges."""
        ends = [[r.coordinate(r.low), r.coordinate(r.high)] for r in ranges.values()]
        last = [r.size() - 1 for r in ranges.values()]
        step = [(b - a) / n for (a, b), n in zip(ends, last, strict=True)]
        return cls(ranges, choices, [a for a, _ in ends], step, [0] * len(last), last)

    def finer(self, point):
        """Return a grid around a point, one step of half the size in each direction."""
        centre = self.values[point]
        origin = [r.coordinate(centre[name]) for name, r in self.ranges.items()]
        step = [width / 2 for width in self.step]
        n = len(step)
        grid = Grid(self.ranges, self.choices, origin, step, [0] * n, [0] * n, centre)
        grid.include(grid.around((0,) * n))
        return grid

    def points(self):
        """Return all points of the grid, in order."""
        spans = zip(self.first, self.last, strict=True)
        return list(product(*(range(a, b + 1) for a, b in spans)))

    def unevaluated(self):
        """Return the points that have no score yet."""
        return [point for point in self.points() if point not in self.row_of]

    def around(self, point):
        """Return all points within one step of a point, as far as bounds allow."""
        near = [
            [i + d for d in (-1, 0, 1) if d == 0 or self._is_within(axis, i, d)]
            for axis, i in enumerate(point)
        ]
        return list(product(*near))

    def include(self, points):
        """Extend the grid to points."""
        for axis, places in enumerate(zip(*points, strict=True)):
            self.first[axis] = min(self.first[axis], *places)
            self.last[axis] = max(self.last[axis], *places)

    def borders(self, point):
        """Yield (name, "lower" or "upper", whether the grid may cross it)."""
        for axis, (name, i) in enumerate(zip(self.ranges, point, strict=True)):
            if self.first[axis] == self.last[axis]:
                continue  # a single place: no integer lies between its neighbours
            if i == self.last[axis]:
                yield name, "upper", self._is_within(axis, i, 1)
            if i == self.first[axis]:
                yield name, "lower", self._is_within(axis, i, -1)

    def draw(self, point, jitter, rng):
        """Return the parameters of a point, which are drawn in the first call.

        Parameters
        ----------
        point : tuple of int
            The point.
        jitter : float
            Largest random shift from its place, in steps.
        rng : numpy.random.RandomState
            Source of the shift.
        """
        if point not in self.values:
            shifts = rng.uniform(-jitter, jitter, size=len(point))
            self.values[point] = {
                name: self._value(axis, point[axis], shifts[axis])
                for axis, name in enumerate(self.ranges)
            }
        return self.choices | self.values[point]

    def assign_row(self, point, new):
        """Return the row of a point: that of equal values, or else the new one."""
        key = tuple(self.values[point].values())
        self.row_of[point] = self.row_of_values.setdefault(key, new)
        return self.row_of[point]

    def _value(self, axis, i, shift):
        """Return the value of a place; one on a bound, such as 0, is not shifted."""
        r = list(self.ranges.values())[axis]
        step = self.step[axis]
        place = self.origin[axis] + i * step
        for bound, direction in zip(r.bounds, (-1, 1), strict=True):
            if (r.coordinate(bound) - place) * direction < 1e-6 * step:
                # The bound itself: its logarithm and back would be rounded.
                return r.value(place) if r.is_integer else float(bound)
        return r.value(place + shift * step)

    def _is_within(self, axis, i, direction):
        """Return whether the next step is within the bounds, by at least its half.

        A step that does not change an integer does not count.
        """
        r = list(self.ranges.values())[axis]
        here = self.origin[axis] + i * self.step[axis]
        bound = r.coordinate(r.bounds[direction > 0])
        distance = (bound - here) * direction
        if r.is_integer and math.isfinite(here):
            there = here + direction * self.step[axis]
            if r.value(there) == r.value(here):
                return False
        return distance >= self.step[axis] / 2
