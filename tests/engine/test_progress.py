"""The clock of a training run."""

import pytest

from skdl.engine import Progress


def test_progress_starts_at_zero():
    progress = Progress()
    assert progress.epochs == progress.steps == progress.rows == 0
    assert progress.plateaus == progress.stalled == 0


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
