"""How the learning rate changes as training goes on.

A schedule multiplies the estimator's ``learning_rate_init``: before each step,
``factor(progress)`` reads how far training is and returns the factor. ``check()``
raises ValueError for settings that make no sense. Schedules keep no state: what they
need to know is in the `Progress`.
"""

import math
from dataclasses import dataclass

from sklearn.base import BaseEstimator

from skdl.engine.checks import (
    check_choice,
    check_count,
    check_methods,
    check_number,
)

__all__ = [
    "SCHEDULES",
    "Adaptive",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "InverseScaling",
    "OneCycle",
    "ReduceOnPlateau",
    "StepDecay",
    "Warmup",
]

UNITS = ("epochs", "iterations")


class _Schedule(BaseEstimator):
    # Epochs without improvement after which a plateau counts; None for never.
    patience = None

    def check(self):
        """Raise ValueError for a setting that makes no sense."""


@dataclass(eq=False, repr=False)
class Constant(_Schedule):
    """The factor 1."""

    def factor(self, progress):
        """Return 1."""
        return 1.0


@dataclass(eq=False, repr=False)
class InverseScaling(_Schedule):
    """The factor 1 / (rows seen + 1)^power, renewed after each epoch.

    Rows count by their weights: a row of weight 2 counts as two rows.

    Parameters
    ----------
    power : float, default=0.5
    """

    power: float = 0.5

    def check(self):
        """Raise ValueError for a negative power."""
        check_number(self, "power", 0)

    def factor(self, progress):
        """Return the factor after so many rows."""
        rows = progress.rows if progress.weight is None else progress.weight
        return float(rows + 1) ** -float(self.power)


@dataclass(eq=False, repr=False)
class Adaptive(_Schedule):
    """A fifth of the rate where training would stop, until it is at `minimum`.

    A plateau is the estimator's: more than `n_iter_no_change` epochs without an
    improvement by `tol`.

    Parameters
    ----------
    decay : float, default=0.2
        In (0, 1).
    minimum : float, default=1e-6
        The rate (not the factor) at or below which a plateau stops training.
    """

    decay: float = 0.2
    minimum: float = 1e-6

    def check(self):
        """Raise ValueError for a decay that does not lower the rate."""
        check_number(self, "decay", 0, 1, closed="neither")
        check_number(self, "minimum", 0)

    def factor(self, progress):
        """Return the factor after so many plateaus."""
        return float(self.decay**progress.plateaus)


@dataclass(eq=False, repr=False)
class ReduceOnPlateau(_Schedule):
    """A tenth of the rate after each few epochs in a row without improvement.

    Whether training stops is up to the estimator's `n_iter_no_change`, as always: it
    should be larger than `patience`.

    Parameters
    ----------
    decay : float, default=0.1
        In (0, 1).
    patience : int, default=5
        Epochs in a row that do not improve by the estimator's `tol`.
    minimum : float, default=0.0
        The factor does not fall below.
    """

    decay: float = 0.1
    patience: int = 5
    minimum: float = 0.0

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "decay", 0, 1, closed="neither")
        check_count(self, "patience")
        check_number(self, "minimum", 0, 1)

    def factor(self, progress):
        """Return the factor after so many plateaus."""
        return float(max(self.decay**progress.plateaus, self.minimum))


@dataclass(eq=False, repr=False)
class StepDecay(_Schedule):
    """The factor decay^⌊max(0, t - start) / every⌋ after t epochs or iterations.

    Parameters
    ----------
    decay : float, default=0.5
        In (0, 1].
    every : int, default=10
    unit : {'epochs', 'iterations'}, default='epochs'
        Of `every` and `start`.
    start : int, default=0
        From when on the steps are counted.
    """

    decay: float = 0.5
    every: int = 10
    unit: str = "epochs"
    start: int = 0

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "decay", 0, 1, closed="right")
        check_count(self, "every")
        check_choice(self, "unit", UNITS)
        check_count(self, "start", 0)

    def factor(self, progress):
        """Return the factor at this time."""
        passed = max(0, progress.count(self.unit) - self.start)
        return float(self.decay ** (passed // self.every))


@dataclass(eq=False, repr=False)
class Exponential(_Schedule):
    """The factor decay^t after t epochs or iterations.

    Parameters
    ----------
    decay : float, default=0.95
        In (0, 1].
    unit : {'epochs', 'iterations'}, default='epochs'
    """

    decay: float = 0.95
    unit: str = "epochs"

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "decay", 0, 1, closed="right")
        check_choice(self, "unit", UNITS)

    def factor(self, progress):
        """Return the factor at this time."""
        return float(self.decay ** progress.count(self.unit))


@dataclass(eq=False, repr=False)
class Cosine(_Schedule):
    """Half a cosine wave from 1 down to `minimum`, which then stays.

    The factor is minimum + (1 - minimum) · ½ (1 + cos(π s)), s being the share of the
    horizon that has passed.

    Parameters
    ----------
    minimum : float, default=0.0
        In [0, 1].
    horizon : int, optional
        Epochs until the minimum; by default the estimator's `max_iter`.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017 (here without restarts; `CosineRestarts` has them).
    """

    minimum: float = 0.0
    horizon: int | None = None

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "minimum", 0, 1)
        if self.horizon is not None:
            check_count(self, "horizon")

    def factor(self, progress):
        """Return the factor at this time."""
        return _wave(1.0, self.minimum, progress.share(self.horizon))


@dataclass(eq=False, repr=False)
class CosineRestarts(_Schedule):
    """Half cosine waves, one after the other, each from 1 down to `minimum`.

    The factor is minimum + (1 - minimum) · ½ (1 + cos(π s)), s being the share of the
    cycle that has passed. The weights are not started anew, the rate alone is.

    Parameters
    ----------
    period : int, default=10
        Epochs of the first cycle.
    growth : int, default=1
        Each cycle is this many times as long as the one before.
    minimum : float, default=0.0
        In [0, 1].

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017.
    """

    period: int = 10
    growth: int = 1
    minimum: float = 0.0

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_count(self, "period")
        check_count(self, "growth")
        check_number(self, "minimum", 0, 1)

    def factor(self, progress):
        """Return the factor at this time."""
        passed, length = self._place(progress.steps, progress.batches)
        return _wave(1.0, self.minimum, passed / length)

    def ends_cycle(self, epochs):
        """Tell whether a cycle is over after so many epochs.

        Parameters
        ----------
        epochs : int
            At least 1.
        """
        return self._place(epochs, 1)[0] == 0

    def _place(self, time, epoch):
        """Return what has passed of the cycle at hand, and its length."""
        length = self.period * epoch
        if self.growth == 1:
            return time % length, length
        while time >= length:
            time, length = time - length, length * self.growth
        return time, length


@dataclass(eq=False, repr=False)
class OneCycle(_Schedule):
    """Half a cosine wave up to 1, then one down to almost nothing.

    The estimator's `learning_rate_init` is the peak.

    Parameters
    ----------
    start : float, default=0.04
        The first factor, in (0, 1].
    peak : float, default=0.3
        Which share of the horizon the rise takes, in (0, 1).
    final : float, default=4e-6
        The last factor, in [0, 1].
    horizon : int, optional
        Epochs of the cycle; by default the estimator's `max_iter`.

    References
    ----------
    L. Smith, N. Topin, "Super-convergence: very fast training of neural networks using
    large learning rates", 2018. There, the lines are straight and momentum is cycled.
    """

    start: float = 0.04
    peak: float = 0.3
    final: float = 4e-6
    horizon: int | None = None

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "start", 0, 1, closed="right")
        check_number(self, "peak", 0, 1, closed="neither")
        check_number(self, "final", 0, 1)
        if self.horizon is not None:
            check_count(self, "horizon")

    def factor(self, progress):
        """Return the factor at this time."""
        share = progress.share(self.horizon)
        if share < self.peak:
            return _wave(self.start, 1.0, share / self.peak)
        return _wave(1.0, self.final, (share - self.peak) / (1 - self.peak))


@dataclass(eq=False, repr=False)
class Warmup(_Schedule):
    """A straight line up to the rate, in front of any schedule.

    The other schedule's factor is multiplied by min(1, (t + 1) / length) after t
    iterations or epochs. Its own time runs from the start.

    Parameters
    ----------
    schedule : schedule object, optional
        By default a constant rate.
    length : int, default=500
    unit : {'epochs', 'iterations'}, default='iterations'
    """

    schedule: object | None = None
    length: int = 500
    unit: str = "iterations"

    @property
    def patience(self):
        """The other schedule's."""
        return getattr(self.schedule, "patience", None)

    def check(self):
        """Raise ValueError for settings outside of their ranges."""
        if self.schedule is not None:
            check_methods(self, "schedule", ["factor", "check"])
            self.schedule.check()
        check_count(self, "length")
        check_choice(self, "unit", UNITS)

    def factor(self, progress):
        """Return the factor at this time."""
        warm = min(1.0, (progress.count(self.unit) + 1) / self.length)
        return warm if self.schedule is None else warm * self.schedule.factor(progress)


def _wave(first, last, share):
    """Go from first to last along half a cosine wave."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))


SCHEDULES = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
}
