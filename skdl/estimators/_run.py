"""A training run between its epochs: records, early stopping, callbacks, the end."""

from dataclasses import asdict
from time import perf_counter

import numpy as np

from skdl.engine.schedules import Adaptive
from skdl.estimators._random import restore_streams, save_streams

__all__ = ["HISTORY", "TrainingRun"]

HISTORY = (
    "loss",
    "validation_loss",
    "validation_score",
    "learning_rate",
    "gradient_norm",
    "update_ratio",
    "time",
)
# The records that live on the net, because scikit-learn has them there.
RECORDS = (
    "n_iter_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "best_validation_score_",
)


class TrainingRun:
    """What callbacks find as ``net.training_`` while ``fit`` runs, and not longer.

    The engine calls it after each epoch. The rules for when to stop, `tol` and
    `n_iter_no_change` among them, are scikit-learn's: training ends once more than
    `n_iter_no_change` epochs in a row did not improve by `tol`.

    Parameters
    ----------
    net : estimator
    network : Network
    progress : Progress
    schedule : schedule object
    streams : dict of numpy.random.Generator
    optimizer : optimizer state, optional
        None for lbfgs, which keeps its own.
    held : Held, optional
        Rows to validate on.
    watched : bool, default=False
        Whether to stop by their score instead of the loss, and keep the best epoch.
    patient : bool, default=False
        Whether to go on when the loss stalls, as ``partial_fit`` and lbfgs do.

    Attributes
    ----------
    network : Network
        With the parameters as they are: copy what you keep.
    data : Data
        What it trains on, checked and coded; never write to it.
    progress : Progress
        Epochs, steps, rows and restarts so far.
    learning_rate : float
        Of the last step.
    history : dict of list
        One number per epoch under each name that `history_` has.
    stop_reason : str or None
        What `stop_reason_` will be; None while training goes on.
    """

    def __init__(
        self, net, network, progress, schedule, streams, *,
        optimizer=None, held=None, watched=False, patient=False,
    ):  # fmt: skip
        self.net = net
        self.network = network
        self.data = None
        self.progress = progress
        self.schedule = schedule
        self.streams = streams
        self.optimizer = optimizer
        self.held = held
        self.watched = watched
        self.patient = patient
        self.learning_rate = np.nan
        self.n_stalled = 0
        self.stop_reason = None
        self.history = {name: [] for name in HISTORY}
        self.best = network.snapshot() if watched else None
        self.good = network.snapshot() if net.max_restarts else None
        self.callbacks = None
        self.started = perf_counter()
        self.deadline = None if net.max_time is None else self.started + net.max_time

    def rate(self, progress):
        """Return the learning rate of the next step."""
        rate = self.net.learning_rate_init * self.schedule.factor(progress)
        if progress.restarts:
            rate *= 0.1**progress.restarts
        self.learning_rate = rate
        return rate

    def __call__(self, epoch):
        """Take note of an `Epoch`; return whether training should end."""
        net, loss = self.net, float(epoch.loss)
        net.n_iter_ += 1
        net.loss_ = loss
        net.loss_curve_.append(loss)
        if net.verbose:
            print(f"Iteration {net.n_iter_}, loss = {loss:.8f}")
        validated = (np.nan, np.nan)
        if self.held is not None and not epoch.diverged:
            validated = self.held.evaluate(net)
        self._record(epoch, loss, *validated)
        improved = self._by_score(validated[1]) if self.watched else self._by_loss(loss)
        if epoch.diverged or not np.isfinite(loss):
            self.stop_reason = "diverged"
        else:
            self._count(improved)
            if self.n_stalled > net.n_iter_no_change and (
                self.watched or not self.patient
            ):
                self._plateau()
            if self.good is not None and self.network.is_finite():
                self.good = self.network.snapshot()
        if self.stop_reason is None and (epoch.timed_out or self._is_late()):
            self.stop_reason = "max_time"
        if self.callbacks is not None:
            if self.callbacks.epoch_ended() and self.stop_reason is None:
                self.stop_reason = "callback"
            if self.stop_reason is None:
                self.epoch_begins()
        return self.stop_reason is not None

    def _record(self, epoch, loss, validation_loss, validation_score):
        now = perf_counter()
        values = (
            loss,
            validation_loss,
            validation_score,
            self.learning_rate,
            float(epoch.gradient_norm),
            float(epoch.update_ratio),
            now - self.started,
        )
        self.started = now
        for name, value in zip(HISTORY, values, strict=True):
            self.history[name].append(value)

    def _by_loss(self, loss):
        net = self.net
        improved = loss <= net.best_loss_ - net.tol
        net.best_loss_ = min(loss, net.best_loss_)
        return improved

    def _by_score(self, score):
        net, best = self.net, self.net.best_validation_score_
        net.validation_scores_.append(score)
        if net.verbose:
            print(f"Validation score: {score:f}")
        if score > best:
            net.best_validation_score_ = score
            self.best = self.network.snapshot()
        return not score < best + net.tol

    def _count(self, improved):
        """Count stalled epochs: for the end, and for a schedule that goes on."""
        self.n_stalled = 0 if improved else self.n_stalled + 1
        progress, patience = self.progress, getattr(self.schedule, "patience", None)
        progress.stalled = 0 if improved else progress.stalled + 1
        if patience is not None and progress.stalled >= patience:
            progress.plateaus += 1
            progress.stalled = 0

    def _plateau(self):
        net, schedule = self.net, self.schedule
        if isinstance(schedule, Adaptive):
            rate = net.learning_rate_init * schedule.factor(self.progress)
            if rate > schedule.minimum:
                self.n_stalled = 0
                self.progress.plateaus += 1
                if net.verbose:
                    rate *= schedule.decay
                    print(f"No improvement: the learning rate falls to {rate:g}")
                return
        self.stop_reason = "converged"
        if net.verbose:
            print(
                f"The {self._watched()} did not improve more than tol={net.tol:f} for "
                f"{net.n_iter_no_change} consecutive epochs. Stopping."
            )

    def _watched(self):
        return "validation score" if self.watched else "loss"

    def _is_late(self):
        return self.deadline is not None and perf_counter() > self.deadline

    def epoch_begins(self):
        """Tell the callbacks, if there are epochs left."""
        if self.callbacks is not None:
            self.callbacks.epoch_begins(self.net.n_iter_)

    def can_restart(self):
        """Return whether training has diverged and may go on nevertheless."""
        allowed = self.progress.restarts < self.net.max_restarts
        return self.stop_reason == "diverged" and allowed

    def restart(self):
        """Go back to the last good weights, at a tenth of the rate."""
        self.network.restore(self.good)
        self.progress.restarts += 1
        self.stop_reason = None
        self.n_stalled = 0

    def advice(self):
        """Return what the last epochs say about more of them."""
        if not self.n_stalled:
            return f"The {self._watched()} was still improving: raise max_iter."
        return (
            f"The {self._watched()} has not improved by tol={self.net.tol:g} in the "
            f"last {self.n_stalled} of them: more may not help."
        )

    def state_dict(self):
        """Return all that a stop now would lose, as arrays and plain values."""
        parameters, statistics = self.network.snapshot()
        state = {
            "parameters": parameters,
            "statistics": statistics,
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
            "streams": save_streams(self.streams),
            "records": {name: getattr(self.net, name) for name in RECORDS},
            "history": self.history,
            "n_stalled": self.n_stalled,
            "stop_reason": self.stop_reason,
            "learning_rate": self.learning_rate,
        }
        for name in ("best", "good"):
            snapshot = getattr(self, name)
            if snapshot is not None:
                state[name] = dict(
                    zip(("parameters", "statistics"), snapshot, strict=True)
                )
        return state

    def load_state_dict(self, state):
        """Go on from such a state: every step from here on is as it would have been.

        Parameters
        ----------
        state : dict
            Of a run of the same net on the same data.
        """
        self.network.restore((state["parameters"], state["statistics"]))
        self.optimizer.load(state["optimizer"])
        for name, value in state["progress"].items():
            setattr(self.progress, name, value)
        restore_streams(self.streams, state["streams"])
        for name, value in state["records"].items():
            setattr(self.net, name, list(value) if isinstance(value, list) else value)
        self.history = {name: list(state["history"][name]) for name in HISTORY}
        self.n_stalled = state["n_stalled"]
        self.stop_reason = state["stop_reason"]
        self.learning_rate = state["learning_rate"]
        for name in ("best", "good"):
            if name in state:
                snapshot = state[name]
                setattr(self, name, (snapshot["parameters"], snapshot["statistics"]))
