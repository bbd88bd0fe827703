"""How the learning rate changes during training.

Before each step, ``factor(progress)`` returns the factor by which the estimator's
``learning_rate_init`` is multiplied. A schedule keeps no state: all that it needs to
know is in the `Progress`.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from skdl.engine.checks import (
    check_choice,
    check_count,
    check_methods,
    check_number,
)
from skdl.engine.progress import Progress
from skdl.engine.specification import Specification, complete, explain_settings

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
    "Schedule",
    "StepDecay",
    "Warmup",
]

UNITS = ("epochs", "iterations")
# The factor of `Exponential` after the last epoch, by default.
LAST = 0.01


class Schedule(Specification):
    """The base class of schedules.

    Attributes
    ----------
    patience : int or None
        Epochs in a row without improvement that count as a plateau. None for a schedule
        that does not react to plateaus.
    changes_in_epoch : bool
        Whether the factor may change between two steps of an epoch.
    """

    REQUIRED = ("factor",)
    OPTIONAL = ("check", "patience", "is_complete", "changes_in_epoch")

    patience: int | None = None
    changes_in_epoch: bool = True

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step.

        Parameters
        ----------
        progress : Progress
            Epochs, steps and rows so far.
        """
        raise NotImplementedError

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the schedule has run its course.

        If it has, training that ends at `max_iter` has done what was asked, and the
        estimator does not warn that it has not converged. A schedule without an end is
        never complete.

        Parameters
        ----------
        progress : Progress
            Epochs, steps and rows so far.
        """
        return False


@explain_settings
@dataclass(eq=False, repr=False)
class Constant(Schedule):
    """The factor 1.

    Examples
    --------
    >>> from skdl.engine import Constant, Progress
    >>> schedule = Constant()
    >>> [round(schedule.factor(Progress(epochs=t)), 4) for t in (0, 100)]
    [1.0, 1.0]
    """

    changes_in_epoch = False

    def factor(self, progress: Progress) -> float:
        """Return 1."""
        return 1.0


@explain_settings
@dataclass(eq=False, repr=False)
class InverseScaling(Schedule):
    """The factor 1 / (rows seen + 1)^power, updated after each epoch.

    Rows count by their weights: a row of weight 2 counts as two rows.

    Parameters
    ----------
    power : float, default=0.5
        The exponent, at least 0.

    Examples
    --------
    >>> from skdl.engine import InverseScaling, Progress
    >>> schedule = InverseScaling(power=0.5)
    >>> [round(schedule.factor(Progress(rows=n)), 4) for n in (0, 99, 9999)]
    [1.0, 0.1, 0.01]
    """

    changes_in_epoch = False

    power: float = 0.5

    def check(self) -> None:
        """Raise ValueError for a negative power."""
        check_number(self, "power", 0)

    def factor(self, progress: Progress) -> float:
        """Return the factor after the rows seen so far."""
        rows = progress.rows if progress.weight is None else progress.weight
        return float(rows + 1) ** -float(self.power)


@explain_settings
@dataclass(eq=False, repr=False)
class Adaptive(Schedule):
    """A fifth of the rate at each plateau, instead of the end of training.

    A plateau is the estimator's: more than `n_iter_no_change` epochs without an
    improvement by `tol`.

    Parameters
    ----------
    decay : float, default=0.2
        The factor of each reduction, in (0, 1).
    minimum : float, default=1e-6
        The rate (not the factor) at or below which a plateau stops training.

    Examples
    --------
    >>> from skdl.engine import Adaptive, Progress
    >>> schedule = Adaptive()
    >>> [round(schedule.factor(Progress(plateaus=n)), 4) for n in range(3)]
    [1.0, 0.2, 0.04]
    """

    changes_in_epoch = False

    decay: float = 0.2
    minimum: float = 1e-6

    def check(self) -> None:
        """Raise ValueError for a decay that does not lower the rate."""
        check_number(self, "decay", 0, 1, closed="neither")
        check_number(self, "minimum", 0)

    def factor(self, progress: Progress) -> float:
        """Return the factor after the plateaus so far."""
        return float(self.decay**progress.plateaus)


@explain_settings
@dataclass(eq=False, repr=False)
class ReduceOnPlateau(Schedule):
    """A tenth of the rate after `patience` epochs in a row without improvement.

    The estimator's `n_iter_no_change` still decides when training stops: it should be
    larger than `patience`.

    Parameters
    ----------
    decay : float, default=0.1
        The factor of each reduction, in (0, 1).
    patience : int, default=5
        Epochs in a row that do not improve by the estimator's `tol`.
    minimum : float, default=0.0
        The smallest factor, in [0, 1].

    Examples
    --------
    >>> from skdl.engine import ReduceOnPlateau, Progress
    >>> schedule = ReduceOnPlateau(decay=0.5, minimum=0.3)
    >>> [round(schedule.factor(Progress(plateaus=n)), 4) for n in range(3)]
    [1.0, 0.5, 0.3]
    """

    changes_in_epoch = False

    decay: float = 0.1
    patience: int = 5
    minimum: float = 0.0

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "decay", 0, 1, closed="neither")
        check_count(self, "patience")
        check_number(self, "minimum", 0, 1)

    def factor(self, progress: Progress) -> float:
        """Return the factor after the plateaus so far."""
        return float(max(self.decay**progress.plateaus, self.minimum))


@explain_settings
@dataclass(eq=False, repr=False)
class StepDecay(Schedule):
    """The factor decay^⌊max(0, t - start) / every⌋ after t epochs or iterations.

    Parameters
    ----------
    decay : float, default=0.5
        The factor of each step down, in (0, 1].
    every : int, optional
        The time between two steps down, at least 1. By default a tenth of the
        estimator's `max_iter`.
    unit : {'epochs', 'iterations'}, default='epochs'
        The unit of `every` and `start`.
    start : int, default=0
        When the time begins to count.

    Examples
    --------
    >>> from skdl.engine import StepDecay, Progress
    >>> schedule = StepDecay(decay=0.5, every=10)
    >>> [round(schedule.factor(Progress(epochs=t)), 4) for t in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    decay: float = 0.5
    every: int | None = None
    unit: Literal["epochs", "iterations"] = "epochs"
    start: int = 0

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "decay", 0, 1, closed="right")
        if self.every is not None:
            check_count(self, "every")
        check_choice(self, "unit", UNITS)
        check_count(self, "start", 0)

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        passed = max(0, progress.count(self.unit) - self.start)
        every = self.every or max(1, progress.total(self.unit) // 10)
        return float(self.decay ** (passed // every))

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the steps follow `max_iter`, and all have been taken."""
        return self.every is None and progress.is_over


@explain_settings
@dataclass(eq=False, repr=False)
class Exponential(Schedule):
    """The factor decay^t after t epochs or iterations.

    Parameters
    ----------
    decay : float, optional
        The factor per unit of time, in (0, 1]. By default, the factor falls to 0.01
        over the estimator's `max_iter` epochs.
    unit : {'epochs', 'iterations'}, default='epochs'
        The unit of time.

    Examples
    --------
    >>> from skdl.engine import Exponential, Progress
    >>> schedule = Exponential(decay=0.9)
    >>> [round(schedule.factor(Progress(epochs=t)), 4) for t in (0, 1, 10)]
    [1.0, 0.9, 0.3487]
    """

    decay: float | None = None
    unit: Literal["epochs", "iterations"] = "epochs"

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        if self.decay is not None:
            check_number(self, "decay", 0, 1, closed="right")
        check_choice(self, "unit", UNITS)

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        passed = progress.count(self.unit)
        if self.decay is None:
            return float(LAST ** (passed / progress.total(self.unit)))
        return float(self.decay**passed)

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the decay follows `max_iter`, which has been reached."""
        return self.decay is None and progress.is_over


@explain_settings
@dataclass(eq=False, repr=False)
class Cosine(Schedule):
    """Half a cosine wave from 1 down to `minimum`, where the factor then stays.

    The factor is minimum + (1 - minimum) · ½ (1 + cos(π s)), where s is the share of
    the horizon that has passed.

    Parameters
    ----------
    minimum : float, default=0.0
        The last factor, in [0, 1].
    horizon : int, optional
        Epochs until the minimum. By default the estimator's `max_iter`.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017 (here without restarts; `CosineRestarts` has them).

    Examples
    --------
    >>> from skdl.engine import Cosine, Progress
    >>> schedule = Cosine(horizon=100)
    >>> [round(schedule.factor(Progress(steps=t)), 4) for t in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    """

    minimum: float = 0.0
    horizon: int | None = None

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "minimum", 0, 1)
        if self.horizon is not None:
            check_count(self, "horizon")

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        return _wave(1.0, self.minimum, progress.share(self.horizon))

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the horizon has passed."""
        return progress.share(self.horizon) == 1


@explain_settings
@dataclass(eq=False, repr=False)
class CosineRestarts(Schedule):
    """Half cosine waves, one after the other, each from 1 down to `minimum`.

    The factor is minimum + (1 - minimum) · ½ (1 + cos(π s)), where s is the share of
    the cycle that has passed. Only the rate restarts; the weights stay.

    Parameters
    ----------
    period : int, default=10
        Epochs of the first cycle.
    growth : int, default=1
        Each cycle is this many times as long as the previous one.
    minimum : float, default=0.0
        The last factor of each cycle, in [0, 1].

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017.

    Examples
    --------
    >>> from skdl.engine import CosineRestarts, Progress
    >>> schedule = CosineRestarts(period=10, growth=2)
    >>> [round(schedule.factor(Progress(steps=t)), 4) for t in (0, 5, 10, 20, 29)]
    [1.0, 0.5, 1.0, 0.5, 0.0062]
    """

    period: int = 10
    growth: int = 1
    minimum: float = 0.0

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_count(self, "period")
        check_count(self, "growth")
        check_number(self, "minimum", 0, 1)

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        passed, length = self._place(progress.steps, progress.batches)
        return _wave(1.0, self.minimum, passed / length)

    def is_complete(self, progress: Progress) -> bool:
        """Return whether a cycle has just ended."""
        passed, _ = self._place(progress.steps, progress.batches)
        return progress.steps > 0 and passed == 0

    def ends_cycle(self, epochs):
        """Return whether a cycle ends after a number of epochs.

        Parameters
        ----------
        epochs : int
            Number of epochs, at least 1.
        """
        return self._place(epochs, 1)[0] == 0

    def _place(self, time, epoch):
        """Return the time that has passed of the current cycle, and its length."""
        length = self.period * epoch
        if self.growth == 1:
            return time % length, length
        while time >= length:
            time, length = time - length, length * self.growth
        return time, length


@explain_settings
@dataclass(eq=False, repr=False)
class OneCycle(Schedule):
    """Half a cosine wave up to 1, then another one down to almost 0.

    The estimator's `learning_rate_init` is the rate at the peak.

    Parameters
    ----------
    start : float, default=0.04
        The first factor, in (0, 1].
    peak : float, default=0.3
        The share of the horizon that the rise takes, in (0, 1).
    final : float, default=4e-6
        The last factor, in [0, 1].
    horizon : int, optional
        Epochs of the cycle. By default the estimator's `max_iter`.

    References
    ----------
    L. Smith, N. Topin, "Super-convergence: very fast training of neural networks using
    large learning rates", 2018. There, the lines are straight and momentum is cycled.

    Examples
    --------
    >>> from skdl.engine import OneCycle, Progress
    >>> schedule = OneCycle(horizon=100)
    >>> [round(schedule.factor(Progress(steps=t)), 4) for t in (0, 15, 30, 65, 100)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    """

    start: float = 0.04
    peak: float = 0.3
    final: float = 4e-6
    horizon: int | None = None

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "start", 0, 1, closed="right")
        check_number(self, "peak", 0, 1, closed="neither")
        check_number(self, "final", 0, 1)
        if self.horizon is not None:
            check_count(self, "horizon")

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        share = progress.share(self.horizon)
        if share < self.peak:
            return _wave(self.start, 1.0, share / self.peak)
        return _wave(1.0, self.final, (share - self.peak) / (1 - self.peak))

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the horizon has passed."""
        return progress.share(self.horizon) == 1


@explain_settings
@dataclass(eq=False, repr=False)
class Warmup(Schedule):
    """A straight line up to the rate, in front of any schedule.

    The other schedule's factor is multiplied by min(1, (t + 1) / length) after t
    iterations or epochs. Its own time runs from the start of training.

    Parameters
    ----------
    schedule : schedule object or str, optional
        The other schedule, or its name, such as 'cosine'. By default a constant rate.
    length : int, default=500
        The time until the full rate, at least 1.
    unit : {'epochs', 'iterations'}, default='iterations'
        The unit of `length`.

    Examples
    --------
    >>> from skdl.engine import Warmup, Progress
    >>> schedule = Warmup(length=100)
    >>> [round(schedule.factor(Progress(steps=t)), 4) for t in (0, 49, 99, 500)]
    [0.01, 0.5, 1.0, 1.0]
    """

    schedule: Any = None
    length: int = 500
    unit: Literal["epochs", "iterations"] = "iterations"

    @property
    def patience(self):
        """The patience of the other schedule."""
        return self._other().patience

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        if self.schedule is not None:
            if isinstance(self.schedule, str):
                check_choice(self, "schedule", sorted(SCHEDULES))
            else:
                check_methods(self, "schedule", ["factor"])
            self._other().check()
        check_count(self, "length")
        check_choice(self, "unit", UNITS)

    def factor(self, progress: Progress) -> float:
        """Return the factor for the next step."""
        warm = min(1.0, (progress.count(self.unit) + 1) / self.length)
        return warm if self.schedule is None else warm * self._other().factor(progress)

    def _other(self):
        """Return the other schedule as an object."""
        if isinstance(self.schedule, str):
            return SCHEDULES[self.schedule]()
        return complete(self.schedule, Schedule)

    def is_complete(self, progress: Progress) -> bool:
        """Return whether the other schedule has run its course."""
        return self._other().is_complete(progress)


def _wave(first, last, share):
    """Return the value at a share of half a cosine wave from first to last."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
    "plateau": ReduceOnPlateau,
    "step": StepDecay,
    "exponential": Exponential,
    "cosine": Cosine,
    "cosine_restarts": CosineRestarts,
    "one_cycle": OneCycle,
    "warmup": Warmup,
}
