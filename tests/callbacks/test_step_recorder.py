"""Which steps are recorded: every so manieth, as many as time and memory allow."""

import sys

import numpy as np
import pytest

from skdl import SoftmaxClassifier
from skdl.callbacks import LambdaCallback, Monitor


def make(**options):
    given = {"max_iter": 6, "batch_size": 20, "random_state": 0, **options}
    return SoftmaxClassifier((5,), **given)


def test_every_so_manieth_step(X, y, fit):
    monitor = Monitor(every=4)
    fit(make(), X, y, monitor)  # 18 steps
    assert monitor.records_["step"].tolist() == [1, 5, 9, 13, 17]


def test_memory_is_bounded_and_rows_stay_evenly_spaced(X, y, fit):
    monitor = Monitor(every=2, max_records=8)
    sizes = []
    look = LambdaCallback(lambda net: sizes.append(len(monitor.records_["step"])))
    fit(make(max_iter=200, n_iter_no_change=999), X, y, monitor, look)
    assert max(sizes) < 8
    assert min(sizes[3:]) >= 4
    steps = monitor.records_["step"]
    assert steps[0] == 1
    assert set(np.diff(steps)) == {128}
    assert steps[-1] + 128 > 600


@pytest.fixture
def due(monkeypatch):
    """A clock by which a step takes 1 s and a record 6 s; steps between records."""
    recorder = sys.modules["skdl.callbacks._step_recorder"]
    now = 0.0

    class Slow(recorder.StepRecorder):
        def wants(self, step):
            nonlocal now
            now += 1
            return super().wants(step)

        def after(self, parameters, rate):
            nonlocal now
            now += 6
            super().after(parameters, rate)

    monkeypatch.setattr(recorder, "perf_counter", lambda: now)
    monkeypatch.setattr(sys.modules["skdl.callbacks.monitor"], "StepRecorder", Slow)
    return 6 / recorder.SHARE


def assert_spaced(steps, due, n_steps):
    gaps = np.diff(steps)
    assert gaps[0] == 1  # nothing is known of the time before
    assert (np.abs(gaps[1:] - due) < 2).all()
    assert n_steps // due - 2 < len(gaps) - 1 < n_steps // due


def test_time_decides_where_nothing_else_does(due, X, y, fit):
    monitor = Monitor()
    fit(make(max_iter=1000, n_iter_no_change=9999), X, y, monitor)
    assert_spaced(monitor.records_["step"], due, 3000)


def test_many_short_calls_have_one_budget(due, X, y):
    """Of three steps each: were the first ones free in each, all would be recorded."""
    net = make().set_callbacks(Monitor())
    for _ in range(400):
        net.partial_fit(X, y, classes=[0, 1, 2])
    # The end of a call is not between two steps, so that one of three is not counted.
    steps = Monitor.records_of(net)["step"]
    assert len(steps) <= 2 + 1200 / due
    assert np.diff(steps)[1:].min() > 0.6 * due


def test_a_short_training_has_records(X, y, fit):
    monitor = Monitor()
    fit(make(), X, y, monitor)
    assert monitor.records_["step"][:2].tolist() == [1, 2]
