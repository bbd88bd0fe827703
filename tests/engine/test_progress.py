"""The counters of a training run, and the report of an epoch."""

from dataclasses import asdict

import numpy as np
import pytest

from skdl.engine import Epoch, Progress


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
