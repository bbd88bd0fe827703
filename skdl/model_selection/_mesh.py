"""A mesh of points: how it is drawn, where it ends, and how it becomes finer."""

import math
from itertools import product

__all__ = ["Mesh"]


class Mesh:
    """Points around an origin for some ranges, with fixed choices for the rest.

    A point is a tuple with a whole number for each range: how many steps it is away
    from the origin. Its values are drawn near by, once, and kept.

    Parameters
    ----------
    ranges : dict of str to Log or Linear
    choices : dict
        The values of all other parameters.
    origin, step : list of float
        In the ranges' coordinates.
    first, last : list of int
        Where the mesh begins and ends, for each range.
    centre : dict, default=None
        The very values at the origin.

    Attributes
    ----------
    values : dict of point to dict
        The values of the ranges, where they are drawn.
    rows : dict of point to int
        The rows of results of the points that have one.
    known : dict of tuple to int
        The rows by values: integers of several points may be the same.
    """

    def __init__(self, ranges, choices, origin, step, first, last, centre=None):
        self.ranges = ranges
        self.choices = choices
        self.origin = origin
        self.step = step
        self.first = list(first)
        self.last = list(last)
        self.values = {} if centre is None else {(0,) * len(ranges): centre}
        self.rows = {}
        self.known = {}

    @classmethod
    def over(cls, ranges, choices):
        """Return the first mesh, over all of the ranges."""
        ends = [[r.coordinate(r.low), r.coordinate(r.high)] for r in ranges.values()]
        last = [r.size() - 1 for r in ranges.values()]
        step = [(b - a) / n for (a, b), n in zip(ends, last, strict=True)]
        return cls(ranges, choices, [a for a, _ in ends], step, [0] * len(last), last)

    def finer(self, point):
        """Return a mesh of one step of half the size in each direction, of no rows."""
        centre = self.values[point]
        origin = [r.coordinate(centre[name]) for name, r in self.ranges.items()]
        step = [width / 2 for width in self.step]
        n = len(step)
        mesh = Mesh(self.ranges, self.choices, origin, step, [0] * n, [0] * n, centre)
        mesh.include(mesh.around((0,) * n))
        return mesh

    def points(self):
        """Return all points of the mesh in their order."""
        spans = zip(self.first, self.last, strict=True)
        return list(product(*(range(a, b + 1) for a, b in spans)))

    def unknown(self):
        """Return the points that have no score."""
        return [point for point in self.points() if point not in self.rows]

    def around(self, point):
        """Return the box of one step around a point, as far as bounds allow."""
        near = [
            [i + d for d in (-1, 0, 1) if d == 0 or self._is_within(axis, i, d)]
            for axis, i in enumerate(point)
        ]
        return list(product(*near))

    def include(self, points):
        """Let the mesh reach as far as these points do."""
        for axis, places in enumerate(zip(*points, strict=True)):
            self.first[axis] = min(self.first[axis], *places)
            self.last[axis] = max(self.last[axis], *places)

    def borders(self, point):
        """Yield (name, "lower" or "upper", whether the mesh may move on from there)."""
        for axis, (name, i) in enumerate(zip(self.ranges, point, strict=True)):
            if self.first[axis] == self.last[axis]:
                continue  # integers, among which there is none left in between
            if i == self.last[axis]:
                yield name, "upper", self._is_within(axis, i, 1)
            if i == self.first[axis]:
                yield name, "lower", self._is_within(axis, i, -1)

    def draw(self, point, jitter, rng):
        """Return the parameters of a point, shifted at random when first asked for.

        Parameters
        ----------
        point : tuple of int
        jitter : float
            The largest shift, in steps.
        rng : numpy.random.RandomState
        """
        if point not in self.values:
            shifts = rng.uniform(-jitter, jitter, size=len(point))
            self.values[point] = {
                name: self._value(axis, point[axis], shifts[axis])
                for axis, name in enumerate(self.ranges)
            }
        return self.choices | self.values[point]

    def row(self, point, new):
        """Return the row of a point that is drawn, or the new one if it has none."""
        key = tuple(self.values[point].values())
        self.rows[point] = self.known.setdefault(key, new)
        return self.rows[point]

    def _value(self, axis, i, shift):
        """Return a value; those on a bound, such as 0, are tried as they are."""
        r = list(self.ranges.values())[axis]
        step = self.step[axis]
        place = self.origin[axis] + i * step
        for bound, direction in zip(r.bounds, (-1, 1), strict=True):
            if (r.coordinate(bound) - place) * direction < 1e-6 * step:
                # Without the rounding of a logarithm there and back.
                return r.value(place) if r.is_integer else float(bound)
        return r.value(place + shift * step)

    def _is_within(self, axis, i, direction):
        """Tell whether the next step is allowed; the last one may fall short by half.

        A rounded value that stays what it is is no step, either.
        """
        r = list(self.ranges.values())[axis]
        here = self.origin[axis] + i * self.step[axis]
        bound = r.coordinate(r.bounds[direction > 0])
        room = (bound - here) * direction
        if r.is_integer and math.isfinite(here):
            there = here + direction * self.step[axis]
            if r.value(there) == r.value(here):
                return False
        return room >= self.step[axis] / 2
