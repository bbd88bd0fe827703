"""The callback that takes the members of a checkpoint ensemble."""

from dataclasses import dataclass

from skdl.callbacks.base import NetCallback, is_fit

__all__ = ["SNAPSHOTS", "Snapshot", "Snapshots"]

SNAPSHOTS = ("cyclic", "best", "last")


@dataclass(frozen=True)
class Snapshot:
    """A net at the end of an epoch.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    rows : int
        Seen by then.
    score, loss : float
        Of validation, or NaN.
    arrays : tuple of ndarray
        What ``Network.snapshot`` returned.
    """

    epoch: int
    rows: int
    score: float
    loss: float
    arrays: tuple


class Snapshots(NetCallback):
    """Keeps copies of a network as training goes on.

    Parameters
    ----------
    which : {"cyclic", "best", "last"}
        Epochs at the ends of the schedule's cycles, those of the highest validation
        scores (and of equals those of lower validation loss), or all.
    n_kept : int
        How many; the last ones, unless the best are wanted.
    last_epoch : int, optional
        Training stops after it.

    Attributes
    ----------
    kept : list of Snapshot
        In the order of the epochs.
    data : Data
        What the net was trained on, once training is over.
    """

    def __init__(self, which, n_kept, last_epoch=None):
        self.which = which
        self.n_kept = n_kept
        self.last_epoch = last_epoch
        self.kept = []
        self.data = None

    def on_fit_task_end(self, estimator, context):
        """Take a snapshot, if the epoch is one to keep; return whether to stop."""
        run = estimator.training_
        if is_fit(context):
            self.data = run.data
            return False
        if run.stop_reason != "diverged":
            self._consider(run, estimator.n_iter_)
        return estimator.n_iter_ == self.last_epoch

    def _consider(self, run, epoch):
        score = run.history["validation_score"][-1]
        loss = run.history["validation_loss"][-1]
        if self.which == "cyclic" and not run.schedule.ends_cycle(epoch):
            return
        if self.which == "best" and score != score:  # NaN is no score
            return
        if len(self.kept) == self.n_kept:
            place = 0
            if self.which == "best":
                # Scores of few rows are often equal. What is equal in all, stays.
                ranks = [(one.score, -one.loss, -one.epoch) for one in self.kept]
                place = ranks.index(min(ranks))
                if (score, -loss) <= ranks[place][:2]:
                    return
            del self.kept[place]
        rows, arrays = run.progress.rows, run.network.snapshot()
        self.kept.append(Snapshot(epoch, rows, score, loss, arrays))
