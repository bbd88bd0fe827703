"""Which epochs the collector keeps."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine import CosineRestarts
from skdl.ensemble._snapshots import Snapshots

EPOCH = SimpleNamespace(parent=object(), source_task_name=None)


class Net:
    """Is what a callback sees of a net: its parameters are the number of the epoch."""

    def __init__(self, schedule=None):
        self.n_iter_ = 0
        self.training_ = SimpleNamespace(
            history={"validation_score": [], "validation_loss": []},
            schedule=schedule,
            stop_reason=None,
            progress=SimpleNamespace(rows=0),
            network=SimpleNamespace(snapshot=lambda: (self.n_iter_,)),
        )

    def epoch(self, callback, score=np.nan, stop_reason=None, loss=1.0):
        self.n_iter_ += 1
        self.training_.history["validation_loss"].append(loss)
        self.training_.history["validation_score"].append(score)
        self.training_.stop_reason = stop_reason
        return callback.on_fit_task_end(self, EPOCH)


def epochs(snapshots):
    assert all(one.arrays == (one.epoch,) for one in snapshots.kept)
    return [one.epoch for one in snapshots.kept]


@pytest.mark.parametrize("n_kept", range(1, 8))
def test_best_are_those_of_the_highest_scores_and_the_first_of_equals(n_kept):
    scores = [0.3, 0.5, 0.5, np.nan, 0.4, 0.6, 0.5, 0.3, -np.inf]
    snapshots, net = Snapshots("best", n_kept), Net()
    for score in scores:
        assert not net.epoch(snapshots, score)
    ranked = sorted(
        (i for i, score in enumerate(scores) if score == score),
        key=lambda i: -scores[i],  # stable
    )
    assert epochs(snapshots) == sorted(i + 1 for i in ranked[:n_kept])
    assert [one.score for one in snapshots.kept] == [
        scores[epoch - 1] for epoch in epochs(snapshots)
    ]


@pytest.mark.parametrize("n_kept", range(1, 6))
def test_of_equal_scores_the_lowest_losses_are_best(n_kept):
    losses = [0.5, 0.4, 0.2, 0.3, 0.2, 0.9]
    snapshots, net = Snapshots("best", n_kept), Net()
    for loss in losses:
        net.epoch(snapshots, 0.7, loss=loss)
    ranked = np.argsort(losses, kind="stable")[:n_kept]
    assert epochs(snapshots) == sorted(ranked + 1)


def test_last_are_the_last():
    snapshots, net = Snapshots("last", 3), Net()
    for _ in range(7):
        net.epoch(snapshots)
    assert epochs(snapshots) == [5, 6, 7]


def test_cyclic_are_the_last_ends_of_cycles_and_then_training_stops():
    snapshots, net = Snapshots("cyclic", 2, last_epoch=9), Net(CosineRestarts(3))
    assert [net.epoch(snapshots) for _ in range(9)] == [False] * 8 + [True]
    assert epochs(snapshots) == [6, 9]


def test_what_diverged_is_not_kept():
    snapshots, net = Snapshots("last", 3), Net()
    net.epoch(snapshots)
    net.epoch(snapshots, stop_reason="diverged")
    net.epoch(snapshots, stop_reason="max_time")
    assert epochs(snapshots) == [1, 3]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_on_a_net(X, y):
    """The arrays are copies of what they were; other callbacks are called, too."""
    snapshots, seen = Snapshots("last", 2), []
    net = MLPClassifier(6, max_iter=5, random_state=0)
    net.set_callbacks(
        LambdaCallback(lambda net: seen.append(net.training_.network.snapshot())),
        snapshots,
    ).fit(X, y)
    assert len(seen) == 5
    for one in snapshots.kept:
        assert_array_equal(one.arrays[0], seen[one.epoch - 1][0])
    assert_array_equal(snapshots.kept[-1].arrays[0], net._network.parameters)
    assert (snapshots.kept[0].arrays[0] != snapshots.kept[1].arrays[0]).any()
    assert snapshots.data.X is X
