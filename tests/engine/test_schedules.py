"""Schedules and the progress that they read."""

from dataclasses import asdict

import numpy as np
import pytest

from skdl.engine import (
    Adaptive,
    Constant,
    Cosine,
    CosineRestarts,
    Epoch,
    Exponential,
    InverseScaling,
    OneCycle,
    Progress,
    ReduceOnPlateau,
    StepDecay,
    Warmup,
    schedules,
)
from skdl.engine.schedules import SCHEDULES as REGISTRY
from tests.engine.cases import SCHEDULES, each


def test_table_is_complete():
    tested = {type(case[0]) for case in SCHEDULES.values()}
    assert tested >= set(REGISTRY.values())
    others = {"SCHEDULES", "Schedule"}
    assert {kind.__name__ for kind in tested} == set(schedules.__all__) - others


@each("case", SCHEDULES)
def test_factor(case):
    schedule, progress, factor = case
    before = dict(vars(schedule))
    assert schedule.factor(Progress(**progress)) == pytest.approx(factor, rel=1e-15)
    assert vars(schedule) == before


@each("case", SCHEDULES)
def test_factor_is_a_plain_float(case):
    """A NumPy scalar would turn float32 steps into float64."""
    schedule, progress, _ = case
    assert type(schedule.factor(Progress(**progress))) is float


@pytest.mark.parametrize(
    "name", [n for n in SCHEDULES if n[:3] not in ("one", "war", "res")]
)
def test_factor_never_grows(name):
    schedule = SCHEDULES[name][0]
    factors = [
        schedule.factor(Progress(i, 4 * i, 50 * i, plateaus=i, max_epochs=5, batches=4))
        for i in range(5)
    ]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (InverseScaling(-1), "power must be"),
        (Adaptive(decay=1), r"decay must be a number in \(0, 1\), got 1"),
        (ReduceOnPlateau(patience=0), "patience must be an integer of at least 1"),
        (StepDecay(every=1.5), "every must be an integer"),
        (StepDecay(unit="rows"), r"unit must be one of \['epochs', 'iterations'\]"),
        (StepDecay(start=-1), "start must be"),
        (Exponential(decay=0), "decay must be"),
        (Cosine(minimum=2), "minimum must be"),
        (Cosine(horizon=0), "horizon must be"),
        (CosineRestarts(period=0), "period must be an integer of at least 1"),
        (CosineRestarts(growth=0.5), "growth must be"),
        (CosineRestarts(minimum=-0.1), "minimum must be"),
        (OneCycle(peak=1), "peak must be"),
        (Warmup(length=0), "length must be"),
        (Warmup(Exponential(decay=2)), "Exponential: decay must be"),
        (Warmup("cosin"), "Warmup: schedule must be one of .* Did you mean 'cosine'?"),
    ],
)
def test_bad_settings_are_refused(schedule, message):
    with pytest.raises(ValueError, match=message):
        schedule.check()


@each("case", SCHEDULES)
def test_good_settings_are_accepted(case):
    case[0].check()


def test_one_cycle_rises_then_falls():
    factors = [OneCycle().factor(Progress(steps=i, batches=100)) for i in range(101)]
    top = factors.index(max(factors))
    assert top == 30
    assert factors[:31] == sorted(factors[:31])
    assert factors[30:] == sorted(factors[30:], reverse=True)


@pytest.mark.parametrize("growth", [1, 2])
def test_restarts_end_their_cycles_where_the_rate_jumps(growth):
    schedule = CosineRestarts(3, growth)
    ends = [epochs for epochs in range(1, 22) if schedule.ends_cycle(epochs)]
    assert ends == ([3, 6, 9, 12, 15, 18, 21] if growth == 1 else [3, 9, 21])
    factors = [schedule.factor(Progress(steps=i, batches=5)) for i in range(105)]
    jumps = [i for i in range(1, 105) if factors[i] > factors[i - 1]]
    assert jumps == [5 * epochs for epochs in ends if epochs < 21]
    assert all(factors[i] == 1 for i in jumps)


def test_progress_starts_at_zero():
    progress = Progress()
    assert progress.epochs == progress.steps == progress.rows == 0
    assert progress.plateaus == progress.stalled == progress.restarts == 0


def test_progress_goes_through_plain_values():
    progress = Progress(epochs=3, steps=12, rows=99, restarts=2, plateaus=1, stalled=4)
    values = asdict(progress)
    assert values.pop("reference_loss") is values.pop("weight") is None
    assert {type(value) for value in values.values()} == {int}
    assert Progress(**values) == progress


def test_counts_by_unit():
    progress = Progress(epochs=3, steps=12)
    assert progress.count("epochs") == 3
    assert progress.count("iterations") == 12


@pytest.mark.parametrize(
    ("steps", "horizon", "share"),
    [(0, None, 0), (10, None, 0.25), (10, 5, 0.5), (99, 5, 1)],
)
def test_share_of_a_horizon(steps, horizon, share):
    progress = Progress(steps=steps, max_epochs=10, batches=4)
    assert progress.share(horizon) == share


def test_an_epoch_without_a_step_has_no_norms():
    epoch = Epoch()
    assert epoch.loss == 0
    assert np.isnan([epoch.gradient_norm, epoch.update_ratio]).all()
    assert not epoch.diverged
    assert not epoch.timed_out


@pytest.mark.parametrize(
    ("schedule", "ends"),
    [
        (Cosine(), [20, 21]),
        (OneCycle(), [20, 21]),
        (Cosine(horizon=3), range(12, 22)),
        (OneCycle(horizon=6), []),
        (CosineRestarts(2), [8, 16]),
        (CosineRestarts(1, growth=2), [4, 12]),
        (Warmup(Cosine(), 3), [20, 21]),
        (Warmup(), []),
        (StepDecay(), [20, 21]),
        (StepDecay(every=5), []),
        (Exponential(), [20, 21]),
        (Exponential(decay=0.9), []),
        (Constant(), []),
    ],
)
def test_schedule_is_complete_after_its_last_step(schedule, ends):
    """The run has 5 epochs of 4 steps."""
    complete = [
        steps
        for steps in range(22)
        if schedule.is_complete(Progress(steps=steps, batches=4, max_epochs=5))
    ]
    assert complete == list(ends)


def test_schedule_of_a_users_own_has_no_end():
    class Own:
        def factor(self, progress):
            return 1.0

    assert Warmup(Own()).is_complete(Progress(steps=9)) is False
