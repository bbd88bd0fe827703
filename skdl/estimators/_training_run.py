"""A training run between its epochs: records, snapshots, callbacks, restarts.

`skdl.estimators._stopping` decides when it ends.
"""

from dataclasses import replace
from functools import cached_property
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdl._warn import warn
from skdl.engine.blocks import Blockwise, clear_tiny
from skdl.estimators._callbacks import start_callbacks, step_observer
from skdl.estimators._check_run_state import check_run_state
from skdl.estimators._finish import RESTORING, finish_lbfgs
from skdl.estimators._growing_records import padded
from skdl.estimators._random import restore_streams, save_streams
from skdl.estimators._run_state import NAN, RunState
from skdl.estimators._scoring import FIRST, metric_names
from skdl.estimators._stopping import has_improved, is_late, stop_on_plateau
from skdl.estimators._stored_model import model_dict
from skdl.estimators._verbose import printer_of

# Steps between two clearings of tiny weights, which take about half a step.
CLEARING = 64


class TrainingRun:
    """What callbacks find as ``net.training_`` while ``fit`` runs, and not longer.

    The engine calls it after each epoch. The rules for when to stop, `tol` and
    `n_iter_no_change` among them, are scikit-learn's: training ends once more than
    `n_iter_no_change` epochs in a row did not improve by `tol`.

    Parameters
    ----------
    net : estimator
        The net that is fitted.
    network : Network
        Its network, which training changes in place.
    data : Data
        The rows to train on.
    state : RunState
        All that training knows between two epochs.
    schedule : schedule object
        Multiplies `learning_rate_init`.
    streams : dict of numpy.random.Generator
        What shuffling, dropout and augmentation draw from.
    optimizer : optimizer state, optional
        None for lbfgs, which keeps its own.
    validation : ValidationData, optional
        Rows to validate on.
    monitors_validation : bool, default=False
        Whether to stop by the validation score instead of the loss, and to restore the
        best epoch.
    ignores_plateau : bool, default=False
        Whether to continue when the loss stalls, as ``partial_fit`` and lbfgs do.
    incremental : bool, default=False
        Whether this is a call of ``partial_fit``: one epoch, without callbacks.

    Attributes
    ----------
    network : Network
        With the parameters of now: copy what you keep.
    data : Data
        What the net trains on, checked and coded; never write to it.
    state : RunState
        What `state_dict` copies. The next four attributes are parts of it.
    progress : Progress
        Epochs, steps, rows and restarts so far.
    learning_rate : float
        Rate of the last step.
    history : dict of list
        One number per epoch under each name that `history_` has.
    stop_reason : str or None
        What `stop_reason_` will be; None while training continues, and if `max_iter`
        ends it.
    """

    def __init__(
        self, net, network, data, state, schedule, streams, *,
        optimizer=None, validation=None, monitors_validation=False,
        ignores_plateau=False, incremental=False,
    ):  # fmt: skip
        self.net = net
        self.network = network
        self.data = data
        self.state = state
        self.schedule = schedule
        self.streams = streams
        self.optimizer = optimizer
        self.validation = validation
        self.monitors_validation = monitors_validation
        self.ignores_plateau = ignores_plateau
        self.incremental = incremental
        self.max_epochs = 1 if incremental else net.max_iter
        # `prepare` sets the engine's function that trains, its arguments, the user's
        # (X, y, sample_weight), the `CheckedRows` of them, and the `Setup`.
        self.train = self.train_arguments = self.given = self.rows = self.setup = None
        self.callbacks = self.observer = self._complete = self._last = None
        self.printer = printer_of(net)
        # The validation score of the weights that a warm start begins with.
        self.score_before = -np.inf
        # Whether lbfgs has warned of its end: one warning is enough.
        self.has_warned = False
        self.deadline = None if net.max_time is None else perf_counter() + net.max_time
        state.publish(net)
        if monitors_validation:
            state.snapshots["best"] = self.snapshot()
        if net.max_restarts:
            good = self._snapshot_with_moments()
            state.snapshots |= {"good": good, "candidate": good}

    @property
    def progress(self):
        return self.state.progress

    @property
    def learning_rate(self):
        return self.state.learning_rate

    @property
    def history(self):
        return self.state.history

    @property
    def stop_reason(self):
        return self.state.stop_reason

    @stop_reason.setter
    def stop_reason(self, reason):
        self.state.stop_reason = reason

    def resume(self, known):
        """Continue early stopping and restarts where the last call left them.

        Parameters
        ----------
        known : dict
            Of `RunState.resumable`, or empty.
        """
        state, snapshots = self.state, known.get("snapshots", {})
        if self.monitors_validation:
            if self.ignores_plateau and "best" in snapshots:
                state.n_stalled = known["n_stalled"]
                state.snapshots["best"] = snapshots["best"]
            elif state.records.best_validation_score_ > -np.inf:
                # The best of the last call may be of other rows, or of another scorer.
                score = self.validation.evaluate(self.net)[1].get(FIRST, np.nan)
                score = -np.inf if np.isnan(score) else score
                state.records.best_validation_score_ = score
                state.publish(self.net)
            self.score_before = state.records.best_validation_score_
        if "good" in state.snapshots and "good" in snapshots:
            state.lowest_loss = known["lowest_loss"]
            for name in ("good", "candidate"):
                state.snapshots[name] = snapshots[name]

    def begin(self):
        """Call the hooks of ``fit``, and make the observer of steps."""
        if not self.incremental:
            self.callbacks = start_callbacks(self.net, self.max_epochs, *self.given)
            if self.callbacks is not None:
                self.callbacks.on_fit_begin()
        # After the hooks: they may have loaded an earlier run, which may have diverged.
        self.restart_after_divergence()
        self.observer = step_observer(self.net, self)

    def has_epochs_left(self):
        """Return whether to call ``train``, for the first time or after a restart."""
        is_short = self.state.records.n_iter_ < self.max_epochs
        return is_short and self.stop_reason is None

    def arguments(self):
        """Return the arguments of ``train``, for all epochs that are left."""
        n_epochs = self.max_epochs - self.state.records.n_iter_
        changing = {"observer": self.observer}
        if self.optimizer is None:
            changing["max_iter"] = n_epochs
        else:
            changing |= {
                "max_epochs": n_epochs,
                "progress": self.progress,
                "setup": self.setup,
            }
        return {**self.train_arguments, **changing}

    def start_epochs(self):
        """Begin the first epoch of a call of ``train``."""
        if self.optimizer is not None:
            self.on_epoch_begin()
        self.mark_complete()
        self.start_clock()

    def close(self):
        """Drop what refers to this run, so that its arrays are freed at once."""
        self.callbacks = self.observer = self.train_arguments = self.rows = None
        self.setup = None

    def rate(self, progress):
        """Return the learning rate of the next step."""
        rate = self.net.learning_rate_init * self.schedule.factor(progress)
        if progress.restarts:
            rate *= 0.1**progress.restarts
        self.state.learning_rate = rate
        return rate

    @cached_property
    def n_averaged(self):
        """What `tol` is multiplied by: the outputs that the loss sums up."""
        return self.rows.targets.n_averaged

    @property
    def made_no_step(self):
        """Whether the weights are those that this run started from."""
        if self.optimizer is None:
            return not self.net.n_iter_
        return bool(np.isnan(self.state.learning_rate))

    def __call__(self, epoch):
        """Record an `Epoch`; return whether training should end."""
        net, state, records = self.net, self.state, self.state.records
        self._clear_tiny()
        loss = np.float64(epoch.loss)
        records.n_iter_ += 1
        records.loss_ = loss
        records.loss_curve_.append(loss)
        if self.validation is not None or self.printer is not None:
            # A user's scorer may read the records of the net, and the printer does.
            state.publish(net)
        validation_loss, scores = np.nan, {}
        if self.validation is not None and not epoch.diverged:
            validation_loss, scores = self.validation.evaluate(net)
        self._record(epoch, loss, validation_loss, scores)
        if self.printer is not None:
            self.printer.epoch(self)
        improved = has_improved(self, loss, scores.get(FIRST, np.nan))
        state.publish(net)
        self.mark_complete()
        if epoch.diverged or not (np.isfinite(loss) and self._keep_good(loss)):
            state.stop_reason = "diverged"
        else:
            stop_on_plateau(self, improved)
        if state.stop_reason is None and (epoch.timed_out or is_late(self)):
            state.stop_reason = "max_time"
        if self.callbacks is not None:
            diverged = state.stop_reason == "diverged"
            state.asked_to_stop = self.callbacks.on_epoch_end(diverged)
            if state.asked_to_stop and state.stop_reason is None:
                state.stop_reason = "callback"
        if state.stop_reason is None and self.optimizer is not None:
            self.on_epoch_begin()
        self.start_clock()
        return state.stop_reason is not None

    def _clear_tiny(self):
        """Clear weights and moments that have all but vanished, after some epochs."""
        steps, batches = self.progress.steps, self.progress.batches
        if self.optimizer is None or steps // CLEARING == (steps - batches) // CLEARING:
            return
        clear_tiny(self.network.parameters)
        if isinstance(self.optimizer, Blockwise):
            for name in self.optimizer.moments:
                clear_tiny(getattr(self.optimizer, name))

    def _record(self, epoch, loss, validation_loss, scores):
        values = {
            "loss": float(loss),
            "validation_loss": validation_loss,
            "learning_rate": self.state.learning_rate,
            "gradient_norm": float(epoch.gradient_norm),
            "update_ratio": float(epoch.update_ratio),
            "time": perf_counter() - self.started,
            **scores,
        }
        for name, column in self.state.history.items():
            column.append(values.get(name, np.nan))

    def mark_complete(self):
        """Remember the records and lengths of lists, which agree with one another now.

        An interruption in the middle of an epoch goes back to them.
        """
        state, records = self.state, self.state.records
        self._complete = (
            dict(vars(records)),
            len(records.loss_curve_),
            len(records.validation_scores_ or ()),
            len(state.history["loss"]),
            state.snapshots.get("best"),
        )

    def drop_incomplete_epoch(self):
        """Remove the records of an epoch that was interrupted before all had it."""
        state, records = self.state, self.state.records
        if self._complete is not None:
            complete, n_losses, n_scores, n_epochs, best = self._complete
            vars(records).update(complete)
            if best is not None:
                state.snapshots["best"] = best
            del records.loss_curve_[n_losses:]
            if records.validation_scores_ is not None:
                del records.validation_scores_[n_scores:]
            for values in state.history.values():
                del values[n_epochs:]
        curve = records.loss_curve_
        records.loss_ = curve[-1] if curve else NAN
        state.publish(self.net)

    def _keep_good(self, loss):
        """Keep what a restart may return to; return whether the weights are finite."""
        state = self.state
        if "good" not in state.snapshots:
            return True
        if not self.network.is_finite():
            return False
        lowest = state.lowest_loss
        if loss <= (state.progress.reference_loss if lowest is None else lowest):
            state.snapshots["good"] = state.snapshots["candidate"]
            state.lowest_loss = loss
        state.snapshots["candidate"] = self._snapshot_with_moments()
        return True

    def snapshot(self):
        """Return copies of parameters and running statistics."""
        parameters, statistics = self.network.snapshot()
        return {"parameters": parameters, "statistics": statistics}

    def _snapshot_with_moments(self):
        """Return copies of parameters, statistics and the optimizer's moments."""
        return {**self.snapshot(), "optimizer": self.optimizer.state_dict()}

    def _restore(self, snapshot):
        self.network.restore((snapshot["parameters"], snapshot["statistics"]))
        if "optimizer" in snapshot:
            self.optimizer.load(snapshot["optimizer"])

    @property
    def metric_names(self):
        """Dict from the records of the metrics in `history` to names for readers."""
        if self.validation is None:
            return {}
        return metric_names(self.net.scoring, self.validation.meaning.metric)

    @property
    def monitored(self):
        """What early stopping looks at, in words."""
        return "validation score" if self.monitors_validation else "loss"

    def start_clock(self):
        """Begin to measure the time of an epoch: what callbacks take is not in it."""
        self.started = perf_counter()

    def on_epoch_begin(self):
        """Tell the callbacks that an epoch begins, if there are epochs left."""
        if self.callbacks is not None:
            self.callbacks.on_epoch_begin(self.state.records.n_iter_)

    def on_lbfgs_end(self, result):
        """Record how SciPy's L-BFGS ended."""
        finish_lbfgs(self, result)

    def restart_after_divergence(self):
        """Return to the last good weights at a tenth of the rate, if that is allowed.

        `max_restarts` says how often. Without a divergence, nothing happens.
        """
        net, state = self.net, self.state
        n_restarts = state.progress.restarts
        if state.stop_reason != "diverged" or n_restarts >= net.max_restarts:
            return
        good = state.snapshots["candidate"] = state.snapshots["good"]
        self._restore(good)
        state.progress.restarts += 1
        state.stop_reason = "callback" if state.asked_to_stop else None
        state.n_stalled = 0
        warn(
            f"Training diverged in epoch {net.n_iter_}; it continued from the last "
            f"good weights, at a rate 10 times smaller. Restart "
            f"{state.progress.restarts} of max_restarts={net.max_restarts}.",
            ConvergenceWarning,
        )

    def restore_best(self):
        """Return to the epoch of the best score.

        A callback may still ask for the state after the last epoch: `state_dict`
        returns it, so that a later run can continue from it.
        """
        net, state = self.net, self.state
        scored = state.records.best_validation_score_ > -np.inf
        excused = state.stop_reason in ("diverged", "interrupted")
        if state.history["loss"] and not (scored or excused):
            error = self.validation.errors.get(FIRST)
            raise ValueError(
                f"early_stopping needs scores, and scoring={net.scoring!r} gave NaN or "
                "-inf after every epoch. "
                + (
                    "Are there too few validation rows, or too few classes among them? "
                    "scoring='loss' needs one row."
                    if error is None
                    else f"It failed: {error}"
                )
            )
        if self.callbacks is not None:
            self._last = self.snapshot()
        self._restore(state.snapshots["best"])

    def all_history(self):
        """Return `history_` as of now: of this call, and of those it continues."""
        earlier, now = padded(self.net.history_, self.state.history)
        return {name: np.append(earlier[name], now[name]) for name in now}

    def state_dict(self):
        """Return copies of all that a stop now would lose, as arrays and plain values.

        Raises
        ------
        ValueError
            With lbfgs, whose memory is SciPy's.
        """
        if self.optimizer is None:
            raise ValueError(
                "solver='lbfgs' keeps its state within SciPy: training_.state_dict() "
                "needs a stochastic solver."
            )
        parts = {**self._snapshot_with_moments(), **(self._last or {})}
        return self.state.to_dict(**parts, streams=save_streams(self.streams))

    def model_dict(self):
        """Return the net, without its state, as plain values and arrays.

        Together with `state_dict` it makes a fitted net; `Checkpoint` stores both.
        """
        return model_dict(self.net)

    def load_state_dict(self, state):
        """Continue from such a state: every later step is as it would have been.

        Parameters
        ----------
        state : dict
            The state of a run of the same net on the same data.

        Raises
        ------
        ValueError
            If `state_dict` cannot have returned it for such a run. The run is then as
            it was before.
        """
        check_run_state(state, self.state_dict(), self.net.max_iter)
        max_epochs = self.progress.max_epochs
        self._restore(state)
        restore_streams(self.streams, state["streams"])
        self.state = RunState.from_dict(state).in_training()
        # The run in the state may have had another `max_iter`.
        self.progress.max_epochs = max_epochs
        self.state.publish(self.net)

    def follows_another_schedule(self, max_epochs):
        """Return whether a run of other length would have had other learning rates.

        Parameters
        ----------
        max_epochs : int
            Epochs that the other run may take in all. The epochs so far are compared.
        """
        progress = self.progress
        for epochs in range(progress.epochs + 1):
            then = replace(progress, epochs=epochs, steps=epochs * progress.batches)
            other = replace(then, max_epochs=max_epochs)
            if self.schedule.factor(then) != self.schedule.factor(other):
                return True
        return False

    def resumable_state(self):
        """Return what the next call of ``fit`` or ``partial_fit`` continues from."""
        state = self.state
        if self.optimizer is None or not (self.incremental or self.net.warm_start):
            # A warm start after L-BFGS continues from the parameters alone.
            return {"input_moments": state.input_moments}
        continues = self.ignores_plateau and state.stop_reason not in RESTORING
        kind = type(self.optimizer).__name__
        return state.resumable(
            keeps_best=self.monitors_validation and continues,
            optimizer={"kind": kind, **self.optimizer.state_dict()},
            streams=save_streams(self.streams),
        )
