"""A training run between its epochs: records, early stopping, callbacks, the end."""

from time import perf_counter

import numpy as np

from skdl.engine.schedules import Adaptive
from skdl.estimators._run_state import HISTORY, load_run_state, run_state

__all__ = ["RESTORING", "TrainingRun"]

# Reasons to stop for which partial_fit, too, goes back to the best weights.
RESTORING = ("converged", "diverged")


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
        What `stop_reason_` will be; None while training goes on, and if it is
        `max_iter` that ends it.
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
        # What to restart from, and what may take its place: only the next epoch's loss
        # shows whether the weights at the end of an epoch were on their way outwards.
        self.good = self.candidate = self.snapshot() if net.max_restarts else None
        self.lowest = None
        self.asked_to_stop = False
        self.callbacks = self.observer = self.marked = None
        self.deadline = None if net.max_time is None else perf_counter() + net.max_time

    def rate(self, progress):
        """Return the learning rate of the next step."""
        rate = self.net.learning_rate_init * self.schedule.factor(progress)
        if progress.restarts:
            rate *= 0.1**progress.restarts
        self.learning_rate = rate
        return rate

    @property
    def made_no_step(self):
        """Whether the weights are those that this run started from."""
        if self.optimizer is None:
            return not self.net.n_iter_
        return bool(np.isnan(self.learning_rate))

    def __call__(self, epoch):
        """Take note of an `Epoch`; return whether training should end."""
        net, loss = self.net, np.float64(epoch.loss)
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
        self.mark()
        if epoch.diverged or not (np.isfinite(loss) and self._keep_good(loss)):
            self.stop_reason = "diverged"
        else:
            self._count(improved)
            if self.n_stalled > net.n_iter_no_change and (
                self.watched or not self.patient
            ):
                self._plateau()
        if self.stop_reason is None and (epoch.timed_out or self._is_late()):
            self.stop_reason = "max_time"
        if self.callbacks is not None:
            diverged = self.stop_reason == "diverged"
            self.asked_to_stop = self.callbacks.epoch_ended(diverged)
            if self.asked_to_stop and self.stop_reason is None:
                self.stop_reason = "callback"
        if self.stop_reason is None and self.optimizer is not None:
            self.epoch_begins()
        self.start_clock()
        return self.stop_reason is not None

    def _record(self, epoch, loss, validation_loss, validation_score):
        values = (
            float(loss),
            validation_loss,
            validation_score,
            self.learning_rate,
            float(epoch.gradient_norm),
            float(epoch.update_ratio),
            perf_counter() - self.started,
        )
        for name, value in zip(HISTORY, values, strict=True):
            self.history[name].append(value)

    def mark(self):
        """Note how long all records are: they agree now."""
        net = self.net
        self.marked = (
            net.n_iter_,
            len(net.loss_curve_),
            len(net.validation_scores_ or ()),
            len(self.history["loss"]),
            (net.best_loss_, net.best_validation_score_, self.best),
        )

    def settle(self):
        """Take back the records of an epoch that was interrupted before all had it."""
        net = self.net
        if self.marked is not None:
            net.n_iter_, n_losses, n_scores, n_epochs, best = self.marked
            net.best_loss_, net.best_validation_score_, self.best = best
            del net.loss_curve_[n_losses:]
            if net.validation_scores_ is not None:
                del net.validation_scores_[n_scores:]
            for values in self.history.values():
                del values[n_epochs:]
        net.loss_ = net.loss_curve_[-1] if net.loss_curve_ else np.float64(np.nan)

    def _by_loss(self, loss):
        net = self.net
        improved = loss <= net.best_loss_ - net.tol * net._n_averaged
        if loss < net.best_loss_:  # min() would take a NaN
            net.best_loss_ = loss
        return improved

    def _by_score(self, score):
        net, best = self.net, self.net.best_validation_score_
        net.validation_scores_.append(score)
        if net.verbose:
            print(f"Validation score: {score:f}")
        if score > best:
            net.best_validation_score_ = score
            self.best = self.network.snapshot()
        # Patience begins with the first epoch that could be scored.
        return score >= best + net.tol or best == -np.inf

    def _keep_good(self, loss):
        """Note what a restart may go back to; return whether the weights are finite."""
        if self.good is None:
            return True
        if not self.network.is_finite():
            return False
        reference = self.progress.reference_loss
        if loss <= (reference if self.lowest is None else self.lowest):
            self.good, self.lowest = self.candidate, loss
        self.candidate = self.snapshot()
        return True

    def snapshot(self):
        """Return copies of parameters, statistics and the optimizer's moments."""
        return *self.network.snapshot(), self.optimizer.state_dict()

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

    def start_clock(self):
        """Begin to measure the time of an epoch: what callbacks take is not in it."""
        self.started = perf_counter()

    def epoch_begins(self):
        """Tell the callbacks, if there are epochs left."""
        if self.callbacks is not None:
            self.callbacks.epoch_begins(self.net.n_iter_)

    def can_restart(self):
        """Return whether training has diverged and may go on nevertheless."""
        allowed = self.progress.restarts < self.net.max_restarts
        return self.stop_reason == "diverged" and allowed

    def restart(self):
        """Go back to the last good weights and moments, at a tenth of the rate."""
        *snapshot, moments = self.candidate = self.good
        self.network.restore(snapshot)
        self.optimizer.load(moments)
        self.progress.restarts += 1
        self.stop_reason = "callback" if self.asked_to_stop else None
        self.n_stalled = 0

    def advice(self, scale=""):
        """Return what the last epochs say about more of them.

        Parameters
        ----------
        scale : str, default=""
            Sentences about data that are not scaled: a better cure than more epochs.
        """
        if scale:
            improving = "has not improved" if self.n_stalled else "was still improving"
            return f"The {self._watched()} {improving} at the end. {scale}"
        if not self.n_stalled:
            return f"The {self._watched()} was still improving: raise max_iter."
        return (
            f"The {self._watched()} has not improved by tol={self.net.tol:g} in the "
            f"last {self.n_stalled} of them: more may not help."
        )

    def restore_best(self):
        """Go back to the epoch of the best score."""
        net, scored = self.net, self.net.best_validation_score_ > -np.inf
        excused = self.stop_reason in ("diverged", "interrupted")
        if self.history["loss"] and not (scored or excused):
            raise ValueError(
                f"early_stopping needs scores, and scoring={net.scoring!r} gave NaN or "
                "-inf after every epoch. "
                + (
                    "Are there too few validation rows, or too few classes among them? "
                    "scoring='loss' needs one row."
                    if self.held.error is None
                    else f"It failed: {self.held.error}"
                )
            )
        self.network.restore(self.best)

    def all_history(self):
        """Return `history_` as of now: of this run, and of those it goes on from."""
        return {
            name: np.append(self.net.history_.get(name, []), values)
            for name, values in self.history.items()
        }

    def state_dict(self):
        """Return copies of all that a stop now would lose, as arrays and plain values.

        Raises
        ------
        ValueError
            With lbfgs, whose memory is SciPy's.
        """
        return run_state(self)

    def load_state_dict(self, state):
        """Go on from such a state: every step from here on is as it would have been.

        Parameters
        ----------
        state : dict
            Of a run of the same net on the same data.
        """
        load_run_state(self, state)
