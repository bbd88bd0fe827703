"""Learning rate schedules: the factor for a progress."""

import pytest

from skdl.engine import Progress
from skdl.engine.schedules import SCHEDULES as REGISTRY
from tests.engine.cases import SCHEDULES, each


def test_table_is_complete():
    assert {type(case[0]) for case in SCHEDULES.values()} == set(REGISTRY.values())


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


@each("case", SCHEDULES)
def test_factor_never_grows(case):
    schedule = case[0]
    factors = [
        schedule.factor(Progress(epochs=i, steps=4 * i, rows=50 * i, plateaus=i))
        for i in range(5)
    ]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)


def test_progress_starts_at_zero():
    assert vars(Progress()) == {"epochs": 0, "steps": 0, "rows": 0, "plateaus": 0}
