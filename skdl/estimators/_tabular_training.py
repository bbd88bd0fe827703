"""Trains the members of a tabular net, in up to three groups.

The members of the first group see the whole code of the table. Those of a second group
see it without the bins of numbers, and those of a third one learn labels without
smoothing: they err elsewhere, so the mean of all is better. Groups share no state, so
they train at the same time if the machine has several cores.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from copy import copy, deepcopy
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from skdl._blas_threads import one_blas_thread
from skdl._interrupt import is_one_of_several
from skdl._sklearn import effective_n_threads
from skdl._warn import warn
from skdl.engine.batching import Data
from skdl.engine.network import Network
from skdl.engine.progress import Progress
from skdl.estimators._tabular_group import MIN_FOLDS, Group, Kind
from skdl.estimators._verbose import Table

__all__ = ["Plan", "TabularRun", "joined"]

# Fewest steps per planned epoch: small tables get more epochs.
STEPS_PER_EPOCH, WARM_UP = 11, 0.05
# Widths of the hidden layers for few rows, and from this number of rows on.
NARROW, WIDE, MANY_ROWS = (64, 64), (128, 128), 4000
# From these numbers of members on, there is a second group, and a third one.
MANY_MEMBERS, VERY_MANY_MEMBERS = 8, 24
# A held-out loss that has risen by this factor does not come back: training of the
# group ends. The first factor holds from this epoch on, the other from this share of
# all epochs on.
MANY_EPOCHS, LATE = 18, 0.4
HOPELESS, LATE_HOPELESS = 1.1, 1.04
RECORDS = ("loss", "validation_loss", "validation_score", "learning_rate", "time")


@dataclass
class Plan:
    """What training needs to know beside the data.

    Attributes
    ----------
    n_members : int
        Number of networks.
    hidden : sequence of int, or None
        Widths of the hidden layers. None chooses them by the number of rows.
    n_epochs : int
        Number of epochs; small tables get more, see `STEPS_PER_EPOCH`.
    rate : float
        The largest learning rate.
    dropout : float
        Rate of dropout of hidden units.
    smoothing : float
        Label smoothing.
    max_time : float or None
        Seconds that training may take.
    verbose : bool
        Whether to print a row for each epoch.
    """

    n_members: int
    hidden: list | None
    n_epochs: int
    rate: float
    dropout: float
    smoothing: float
    max_time: float | None
    verbose: bool


class TabularRun:
    """The training of the members, which callbacks find as ``net.training_``.

    Parameters
    ----------
    net : estimator
        The net that is fitted.
    rows : Rows
        The rows to train on.
    without_bins : ndarray of int
        Numbers of all columns except the bins of numbers.
    plan : Plan
        The settings.
    rng : numpy.random.Generator
        Its children draw the folds, the parameters, the order of rows and the masks of
        dropout; each group has one.

    Attributes
    ----------
    groups : list of Group
        One group of members that see all columns, and perhaps others.
    network : Network
        The stack of the members of the first group, with the parameters of the last
        step.
    optimizer : Optimizer
        That of the first group.
    data, validation : Data
        The rows to train on, and those that a member of each group holds out; None
        without folds.
    stretch : float
        Epochs of this run for each planned epoch; more than 1 for small tables.
    max_epochs : int
        Number of epochs; `max_time` and callbacks may end training earlier.
    progress : Progress
        Epochs and steps so far.
    learning_rate : float
        Rate of the last step.
    history : dict of list
        One number per epoch under each name that `history_` has.
    stop_reason : str or None
        What `stop_reason_` will be; None while training continues.
    best_epoch : int
        The epoch whose parameters the first group keeps, counted from 1.
    """

    # What callbacks ask of a run: this one is always a whole ``fit``.
    incremental = monitors_validation = False
    observer, score_before = None, -math.inf

    def __init__(self, net, rows, without_bins, plan, rng):
        self.net, self.rows, self.plan = net, rows, plan
        n, hidden = len(rows.X), plan.hidden
        if hidden is None:
            hidden = WIDE if n >= MANY_ROWS else NARROW
        batch_size = min(n, min(max(2 ** int(math.log2(max(n / 8, 1))), 32), 256))
        kinds = _kinds(plan, without_bins, rows.X.shape[1])
        self.groups = [
            Group(rows, kind, hidden, plan, batch_size, stream)
            for kind, stream in zip(kinds, rng.spawn(len(kinds)), strict=True)
        ]
        self.network = self.groups[0].network
        self.optimizer = self.groups[0].optimizer
        self.n_batches = n // batch_size
        self.stretch = max(1, STEPS_PER_EPOCH / self.n_batches)
        self.max_epochs = math.ceil(plan.n_epochs * self.stretch)
        self.progress = Progress(max_epochs=self.max_epochs, batches=self.n_batches)
        weights = rows.weights[:, None]
        self.data, self.validation = Data(rows.X, rows.y, None, weights), None
        if self.groups[0].folds is not None:
            known = self.groups[0].known
            self.validation = Data(rows.X, rows.y[known], None, weights[known], known)
        self.streams = {"all": rng}
        self.history: dict = {name: [] for name in RECORDS}
        self.stop_reason: str | None = None
        self.learning_rate, self.is_shortened = 0.0, False
        self.callbacks: Any = None
        self.printer = Table() if plan.verbose else None

    @property
    def metric_names(self):
        """The record of the score, and its name for readers."""
        metric = "R²" if self.rows.n_classes is None else "accuracy"
        return {} if self.validation is None else {"validation_score": metric}

    @property
    def best_epoch(self):
        """The epoch whose parameters the first group keeps, counted from 1."""
        return self.groups[0].best_epoch

    def _rate(self, step):
        """Return the learning rate of a step: warm-up, then half a cosine."""
        share = (step + 1) / (self.max_epochs * self.n_batches)
        rise, fall = min(share / WARM_UP, 1), (1 + math.cos(math.pi * share)) / 2
        return self.plan.rate * rise * fall

    def train(self, callbacks=None):
        """Train to the end, and keep the best epoch of each group.

        Parameters
        ----------
        callbacks : FitCallbacks, optional
            What to call between epochs.
        """
        self.callbacks = callbacks
        try:
            self._train()
        except KeyboardInterrupt:
            if is_one_of_several() or not self.history["loss"]:
                raise
            warn("Training interrupted by user.", UserWarning)
            self.stop_reason = "interrupted"
            for group in self.groups:
                group.interrupt()
        for group in self.groups:
            group.keep_best(self.progress.epochs)
        self.net.stop_reason_ = self.stop_reason
        if self.printer is not None:
            self.printer.end(self)
        if self.callbacks is not None:
            self.callbacks.on_fit_end()
            self.callbacks = None  # they hold this run

    def _train(self):
        for group in self.groups:
            group.start()
        if self.callbacks is not None:
            self.callbacks.on_fit_begin()
        seconds = 0.0
        with self._run_each() as run_each:
            while self.stop_reason is None:
                if self.callbacks is not None:
                    self.callbacks.on_epoch_begin(self.progress.epochs)
                started, steps = perf_counter(), self.progress.steps
                rates = [self._rate(steps + i) for i in range(self.n_batches)]
                run_each(self._active(), rates)
                self.progress.steps += self.n_batches
                self.learning_rate = rates[-1]
                self._end_epoch(started)
                seconds += self.history["time"][-1]
                self._limit_time(seconds)
                self._report()

    @contextmanager
    def _run_each(self):
        """Yield a function that trains groups for an epoch, given the rates.

        With many rows, it runs in threads. BLAS then has one thread, also if there is
        one core, so that the number of cores changes no bit.
        """
        groups, n_threads = self.groups, min(len(self.groups), effective_n_threads())
        if len(groups) == 1 or len(self.rows.X) < MANY_ROWS:
            yield _one_by_one
            return
        with one_blas_thread():
            if n_threads == 1:
                yield _one_by_one
                return
            with ThreadPoolExecutor(n_threads) as pool:

                def at_once(groups, rates):
                    # The contexts bring the caller's `np.errstate` to the threads.
                    tasks = [
                        pool.submit(copy_context().run, group.epoch, rates)
                        for group in groups
                    ]
                    for task in tasks:
                        task.result()

                yield at_once

    def _active(self):
        """Return the groups that still train."""
        epochs = self.progress.epochs
        if epochs >= LATE * self.max_epochs:
            factor = LATE_HOPELESS
        elif epochs >= MANY_EPOCHS * self.stretch:
            factor = HOPELESS
        else:
            return self.groups
        return [group for group in self.groups if not group.has_risen(factor)]

    def _mean_of_members(self, name):
        values = [getattr(group, name) for group in self.groups]
        return float(np.average(values, weights=[g.n_members for g in self.groups]))

    def _end_epoch(self, started):
        """Judge the mean of the epoch's parameters, and record the epoch."""
        loss = self._mean_of_members("loss")
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged in epoch {self.progress.epochs + 1}: the loss is "
                f"{loss}. Take a learning_rate_init below {self.plan.rate}."
            )
        active = self._active()
        self.progress.epochs += 1
        epoch, values = self.progress.epochs, {"loss": loss}
        is_last = epoch >= self.max_epochs
        if self.validation is not None and (is_last or epoch % 2 == 0):
            for group in active:
                group.judge(epoch)
            values["validation_loss"] = self._mean_of_members("held_out_loss")
            values["validation_score"] = self._mean_of_members("held_out_score")
        values["learning_rate"] = self.learning_rate
        values["time"] = perf_counter() - started
        for name, column in self.history.items():
            column.append(values.get(name, math.nan))
        self.net.n_iter_ = epoch
        if not self._active():
            self.stop_reason = "converged"
        if is_last:
            self.stop_reason = "max_time" if self.is_shortened else "max_iter"

    def _limit_time(self, seconds):
        """Turn `max_time` into a number of epochs, which the cosine must know."""
        limit, done = self.plan.max_time, self.progress.epochs
        if limit is None or self.stop_reason is not None:
            return
        if done == 1:
            affordable = max(1, int(limit / (1.1 * seconds)))
            self.is_shortened = affordable < self.max_epochs
            self.max_epochs = min(self.max_epochs, affordable)
        if done == self.max_epochs or seconds > limit:
            self.stop_reason = "max_time"

    def _report(self):
        """Print the epoch, and ask the callbacks whether to stop."""
        if self.printer is not None:
            self.printer.epoch(self)
        if self.callbacks is not None and self.callbacks.on_epoch_end(False):
            self.stop_reason = self.stop_reason or "callback"

    def attributes_now(self):
        """Return attributes for a copy of the net that predicts as the net does now."""
        groups = [copy(group) for group in self.groups]
        for group in groups:
            group.network = deepcopy(group.network)
            np.copyto(group.network.parameters, group.mean)
        weights = np.full(self.plan.n_members, 1 / self.plan.n_members)
        return {
            "_network": joined(groups, self.rows.X.shape[1]),
            "temperature_": 1.0,
            "member_weights_": weights,
        }


def _one_by_one(groups, rates):
    for group in groups:
        group.epoch(rates)


def _kinds(plan, without_bins, n_columns):
    """Return the kinds of members.

    Parameters
    ----------
    plan : Plan
        The settings.
    without_bins : ndarray of int
        Numbers of all columns except the bins of numbers.
    n_columns : int
        Number of all columns.
    """
    others, third = [], plan.n_members // 3
    if plan.n_members >= MANY_MEMBERS and len(without_bins) < n_columns:
        others.append(Kind(max(third, MIN_FOLDS), without_bins, plan.smoothing))
    if plan.n_members >= VERY_MANY_MEMBERS:
        others.append(Kind(third, None, 0.0))
    n_first = plan.n_members - sum(kind.n_members for kind in others)
    return [Kind(n_first, None, plan.smoothing), *others]


def joined(groups, n_columns):
    """Return one stack of the members of all groups, which takes all columns.

    Parameters
    ----------
    groups : list of Group
        Groups whose hidden layers have the same widths.
    n_columns : int
        Number of columns of the code.

    Returns
    -------
    network : Network
        The weights of columns that a member does not see are 0.
    """
    first = groups[0].network
    if len(groups) == 1:
        return first
    n = sum(group.n_members for group in groups)
    network = Network(
        (n_columns, *first.widths[1:]), first.activations, first.dtype, n,
        **first.options,
    )  # fmt: skip
    start = 0
    for group in groups:
        members = slice(start, start + group.n_members)
        start += group.n_members
        columns = slice(None) if group.columns is None else group.columns
        for new, old in zip(network.affine, group.network.affine, strict=True):
            rows = columns if new is network.affine[0] else slice(None)
            new.weights[members][:, rows] = old.weights
            new.biases[members] = old.biases
        network.affine[0].scales[members][:, columns] = group.network.affine[0].scales
    return network
