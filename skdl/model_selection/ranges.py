"""Ranges of numbers to search: the first grid, its spacing, and hard limits."""

import math
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skdl._arguments import explain_parameters
from skdl._text import exceeds_floats

__all__ = ["Linear", "Log"]


def _is_number(value):
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and not exceeds_floats(value) and math.isfinite(value)


class _Range(BaseEstimator):
    """Base class of ranges. A grid has even steps in the coordinate of a range."""

    low: float
    high: float
    n_points: int | None
    limits: tuple | None

    def coordinate(self, value: float) -> float:
        """Return the coordinate of a value."""
        raise NotImplementedError

    def _value(self, coordinate: float) -> float:
        """Return the value at a coordinate."""
        raise NotImplementedError

    def _default_size(self) -> int:
        """Return the number of points of the first grid without `n_points`."""
        raise NotImplementedError

    @property
    def is_integer(self) -> bool:
        """Whether values are rounded to integers."""
        return isinstance(self.low, Integral) and isinstance(self.high, Integral)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that a grid may reach."""
        limits = (None, None) if self.limits is None else self.limits
        low, high = (-math.inf, math.inf)
        if self.low >= 0:
            low = min(self.low, 1) if self.is_integer else 0
        low = low if limits[0] is None else limits[0]
        return low, high if limits[1] is None else limits[1]

    def size(self) -> int:
        """Return the number of points of the first grid."""
        return self._default_size() if self.n_points is None else self.n_points

    def value(self, coordinate: float) -> float:
        """Return the value at a coordinate, within the bounds."""
        low, high = self.bounds
        value = min(max(self._value(float(coordinate)), low), high)
        if not self.is_integer:
            return float(value)
        rounded = round(value)
        # A bound may lie between two integers.
        return rounded + (rounded < low) - (rounded > high)

    def rvs(
        self, *, random_state: int | np.random.RandomState | None = None
    ) -> float | int:
        """Return a random value from low to high, evenly spread on this scale.

        By this method, searches of scikit-learn that draw candidates take ranges.

        Parameters
        ----------
        random_state : int, RandomState instance or None, default=None
            Source of the value.
        """
        self.check()
        # An integer stands for all numbers that are rounded to it.
        margin = 0.5 if self.is_integer else 0.0
        ends = self.coordinate(self.low - margin), self.coordinate(self.high + margin)
        value = self.value(check_random_state(random_state).uniform(*ends))
        return min(max(value, self.low), self.high)

    def check(self) -> None:
        """Raise ValueError for an invalid parameter."""
        kind = type(self).__name__
        for name in ("low", "high"):
            if not _is_number(getattr(self, name)):
                raise ValueError(
                    f"{kind}: {name} must be a finite number, "
                    f"got {getattr(self, name)!r}."
                )
        if not self.low < self.high:
            cure = "Set a value that is not searched on the estimator."
            if self.low > self.high:
                cure = f"Swap them: ({self.high!r}, {self.low!r})."
            raise ValueError(
                f"{kind}: low must be less than high, got {self.low!r} and "
                f"{self.high!r}. {cure}"
            )
        n = self.n_points
        if n is not None and (
            not isinstance(n, Integral) or isinstance(n, bool) or n < 2
        ):
            raise ValueError(
                f"{kind}: n_points must be None or an integer of at least 2, got {n!r}."
            )
        self._check_limits(kind)

    def _check_limits(self, kind):
        if self.limits is None:
            return
        pair = isinstance(self.limits, tuple | list) and len(self.limits) == 2
        if not pair or not all(v is None or _is_number(v) for v in self.limits):
            raise ValueError(
                f"{kind}: limits must be None or a pair (lowest, highest) of numbers "
                f"or None, got {self.limits!r}."
            )
        low, high = self.bounds
        if low > self.low or high < self.high:
            raise ValueError(
                f"{kind}: limits must not be narrower than the range from {self.low!r} "
                f"to {self.high!r}, got {self.limits!r}."
            )


@explain_parameters
@dataclass(eq=False, repr=False)
class Log(_Range):
    """A range of positive numbers whose logarithms are spaced evenly.

    Parameters
    ----------
    low, high : float or int
        Ends of the first grid, 0 < low < high. If both are integers, all values are.
    n_points : int, default=None
        Number of points of the first grid, both ends included. By default one per
        decade, at least 3.
    limits : tuple (lowest, highest), default=None
        Hard limits of later grids; None on a side sets no limit there. Integers are
        never below 1.

    Examples
    --------
    >>> from skdl.model_selection import Log
    >>> Log(1e-5, 1e-1).size()
    5
    >>> Log(16, 256, limits=(1, 1024)).value(1.5)
    32
    """

    low: float
    high: float
    n_points: int | None = None
    limits: tuple | None = None

    def check(self) -> None:
        """Raise ValueError for an invalid parameter."""
        super().check()
        lowest = None if self.limits is None else self.limits[0]
        for name, value in (("low", self.low), ("the lower of limits", lowest)):
            if value is not None and value <= 0:
                raise ValueError(
                    f"Log: {name} must be above 0, got {value!r}. Take Linear for a "
                    "range that reaches 0."
                )

    def coordinate(self, value: float) -> float:
        """Return the decimal logarithm."""
        return math.log10(value) if value > 0 else -math.inf

    def _value(self, coordinate):
        return 10.0**coordinate

    def _default_size(self):
        decades = self.coordinate(self.high) - self.coordinate(self.low)
        return max(3, round(decades) + 1)


@explain_parameters
@dataclass(eq=False, repr=False)
class Linear(_Range):
    """A range of numbers that are spaced evenly.

    Parameters
    ----------
    low, high : float or int
        Ends of the first grid, low < high. If both are integers, all values are.
    n_points : int, default=None
        Number of points of the first grid, both ends included; by default 5.
    limits : tuple (lowest, highest), default=None
        Hard limits of later grids; None on a side sets no limit there. A range without
        negative numbers never becomes negative, and one of positive integers never
        reaches 0.

    Examples
    --------
    >>> from skdl.model_selection import Linear
    >>> Linear(0.0, 0.5, limits=(0, 0.9)).value(1.2)
    0.9
    """

    low: float
    high: float
    n_points: int | None = None
    limits: tuple | None = None

    def coordinate(self, value: float) -> float:
        """Return the value itself."""
        return float(value)

    def _value(self, coordinate):
        return coordinate

    def _default_size(self):
        return 5
