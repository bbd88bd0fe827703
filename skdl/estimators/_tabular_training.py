"""Trains the members of a tabular net in one stack, each without its held-out rows.

All members see the same batches. The weight of a row is 0 for the member that holds it
out, so one product serves all of them. Scores of held-out rows choose the epoch and the
temperature.
"""

import math
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import accuracy_score, r2_score

from skdl._interrupt import is_one_of_several
from skdl._warn import warn
from skdl.engine.activations import Relu
from skdl.engine.batching import Data
from skdl.engine.layers import Dropout
from skdl.engine.losses import SoftmaxCrossEntropy, SquaredError
from skdl.engine.network import Network
from skdl.engine.optimizers import Adam, adam_with_factors
from skdl.engine.prediction import raw_scores
from skdl.engine.progress import Progress
from skdl.engine.stacked_batches import StackedBatches
from skdl.engine.stacking import unstack
from skdl.engine.target_tables import one_hot
from skdl.engine.workspace import Workspace
from skdl.estimators._targets import smooth
from skdl.estimators._verbose import Table

__all__ = ["NO_FOLD", "Plan", "TabularRun", "best_temperature", "fold_numbers"]

MIN_STEPS, WARM_UP, SCALE_RATE, BIAS_RATE, BIAS_STD = 500, 0.05, 6.0, 0.1, 0.3
# Widths of the hidden layers for few rows, and from this number of rows on.
NARROW, WIDE, MANY_ROWS = (64, 64), (128, 128), 4000
# Fewer folds would take too many rows from each member.
MIN_FOLDS, MIN_ROWS, NO_FOLD = 4, 8, -1
# The latest epoch wins whose held-out loss is at most this factor above the minimum.
TOLERATED = 1.01
# Training ends after this share of the epochs if the held-out loss is this factor above
# its minimum: it does not come back.
HOPE, HOPELESS = 0.4, 1.04
RECORDS = ("loss", "validation_loss", "validation_score", "learning_rate", "time")
LOG_TEMPERATURES = np.linspace(-3, 1.2, 9)


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
        Number of epochs; small tables get more, until there are 500 steps.
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


def fold_numbers(n_members, strata, n_rows, rng):
    """Return the number of the member that holds each row out; `NO_FOLD` for none.

    Parameters
    ----------
    n_members : int
        Number of members.
    strata : ndarray of int of shape (n_rows,), or None
        Class numbers: each fold gets the same share of each class.
    n_rows : int
        Number of rows.
    rng : numpy.random.Generator
        Shuffles the rows.

    Returns
    -------
    folds : ndarray of int, or None
        None if there are too few rows, or a class with only one.
    """
    too_rare = strata is not None and np.bincount(strata).min() < 2
    if n_rows < MIN_ROWS or too_rare:
        return None
    order = rng.permutation(n_rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    n_folds = max(n_members, MIN_FOLDS)
    folds = np.empty(n_rows, np.intp)
    folds[order] = np.arange(n_rows) % n_folds
    folds[folds >= n_members] = NO_FOLD
    return folds


class TabularRun:
    """The training of the members, which callbacks find as ``net.training_``.

    Parameters
    ----------
    net : estimator
        The net that is fitted.
    X : ndarray of float32 of shape (n_rows, n_columns)
        The code of the table.
    y : ndarray
        Class numbers (n_rows,), or scaled numbers of shape (n_rows, n_outputs).
    weights : ndarray of shape (n_rows,)
        Positive weights of the rows.
    folds : ndarray of int of shape (n_rows,), or None
        The result of `fold_numbers`.
    n_classes : int or None
        Number of classes, None for a regression.
    plan : Plan
        The settings.
    rng : numpy.random.Generator
        Draws the parameters, the order of rows and the masks of dropout.

    Attributes
    ----------
    network : Network
        The stack of the members, with the parameters of the last step.
    data, validation : Data
        The rows to train on, and those that a member holds out; None without folds.
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
    scores : ndarray of shape (n_rows, n_scores), or None
        Raw scores of held-out rows in the best epoch; NaN for other rows.
    best_epoch : int
        The epoch whose parameters are kept, counted from 1.
    """

    # What callbacks ask of a run: this one is always a whole ``fit``.
    incremental = monitors_validation = False
    observer = None

    def __init__(self, net, X, y, weights, folds, n_classes, plan, rng):
        self.net, self.X, self.y, self.plan, self.rng = net, X, y, plan, rng
        self.weights, self.folds, self.n_classes = weights, folds, n_classes
        n, width = len(X), y.shape[1] if n_classes is None else n_classes
        hidden = plan.hidden
        if hidden is None:
            hidden = WIDE if n >= MANY_ROWS else NARROW
        self.network = Network(
            (X.shape[1], *hidden, width),
            [Relu() for _ in hidden],
            np.float32,
            plan.n_members,
            dropout=[0, *(plan.dropout for _ in hidden)],
            input_scales=True,
        )
        for layer in self.network.layers:
            if isinstance(layer, Dropout):
                layer.is_shared = True
        self._initialize()
        self.batch_size = min(n, min(max(2 ** int(math.log2(max(n / 16, 1))), 32), 128))
        self.n_batches = n // self.batch_size
        self.max_epochs = max(plan.n_epochs, math.ceil(MIN_STEPS / self.n_batches))
        self.progress = Progress(max_epochs=self.max_epochs, batches=self.n_batches)
        self.data, self.validation = Data(X, y, None, weights[:, None]), None
        if folds is not None:
            rows = np.flatnonzero(folds != NO_FOLD)
            self.validation = Data(X, y[rows], None, weights[rows, None], rows)
        self.streams = {"all": rng}
        self.history: dict = {name: [] for name in RECORDS}
        self.stop_reason: str | None = None
        self.learning_rate, self.is_shortened = 0.0, False
        # Mean of the parameters over the steps of an epoch, and the parameters of the
        # last step while the network has this mean.
        self.mean, self.last = (np.zeros_like(self.network.parameters) for _ in "12")
        self.best: Any = None
        self.lowest, self.best_epoch = math.inf, 0
        self.scores: Any = None
        self.callbacks: Any = None
        self.printer = Table() if plan.verbose else None

    @property
    def metric_names(self):
        """The record of the score, and its name for readers."""
        metric = "R²" if self.n_classes is None else "accuracy"
        return {} if self.folds is None else {"validation_score": metric}

    def _initialize(self):
        rng, factors = self.rng, np.empty_like(self.network.parameters)
        views = self.network.views(factors)
        for layer, parts in zip(self.network.layers, views, strict=True):
            if layer not in self.network.affine:
                continue
            fan_in, is_first = layer.fan_in, layer is self.network.affine[0]
            std = (1 if is_first else 2) ** 0.5 / fan_in**0.5
            shape, last = layer.weights.shape, layer is self.network.affine[-1]
            layer.weights[...] = 0 if last else rng.normal(0, std, shape)
            layer.biases[...] = rng.normal(0, BIAS_STD, layer.biases.shape)
            parts[0][...], parts[1][...] = 1 / fan_in**0.5, BIAS_RATE
            if is_first:
                parts[2][...] = SCALE_RATE
        bias = self.network.affine[-1].biases
        bias[...] = 0
        if self.n_classes is not None:
            counts = np.bincount(self.y, self.weights, self.n_classes)
            bias[...] = np.log(counts / counts.sum() + 1e-6)
        self.optimizer = adam_with_factors(
            Adam(beta_2=0.95), self.network.parameters, factors
        )

    def _next_rate(self):
        """Return the learning rate of the next step: warm-up, then half a cosine."""
        share = (self.progress.steps + 1) / (self.max_epochs * self.n_batches)
        self.learning_rate = (
            self.plan.rate
            * min(share / WARM_UP, 1)
            * (1 + math.cos(math.pi * share))
            / 2
        )
        return self.learning_rate

    def train(self, callbacks=None):
        """Train to the end, and keep the best epoch.

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
            np.copyto(self.mean, self.network.parameters)
        self._keep_best()
        self.net.stop_reason_ = self.stop_reason
        if self.printer is not None:
            self.printer.end(self)
        if self.callbacks is not None:
            self.callbacks.on_fit_end()
            self.callbacks = None  # they hold this run

    def _train(self):
        network, is_active = self.network, [True] * self.plan.n_members
        workspace = Workspace(network, self.batch_size, True, rng=self.rng)
        loss = SquaredError() if self.n_classes is None else SoftmaxCrossEntropy()
        batches = StackedBatches(
            self._parts(), [self.rng] * len(is_active), self.batch_size, np.float32,
            False, [None] * len(is_active),
        )  # fmt: skip
        if self.callbacks is not None:
            self.callbacks.on_fit_begin()
        seconds = 0.0
        while self.stop_reason is None:
            if self.callbacks is not None:
                self.callbacks.on_epoch_begin(self.progress.epochs)
            started, total = perf_counter(), 0.0
            self.mean[...] = 0
            # The rows of an incomplete last batch wait for another epoch.
            for X, targets, weights in islice(batches.epoch(is_active), self.n_batches):
                value = network.loss_and_gradient(X, targets, weights, loss, workspace)
                total += float(value.mean())
                self.optimizer.step(
                    network.parameters, workspace.gradient, self._next_rate()
                )
                self.progress.steps += 1
                np.add(self.mean, network.parameters, out=self.mean)
            np.multiply(self.mean, np.float32(1 / self.n_batches), out=self.mean)
            self._end_epoch(total / self.n_batches, started)
            seconds += self.history["time"][-1]
            self._limit_time(seconds)
            self._report()

    def _parts(self):
        """Return the data of each member: its weights are 0 for its held-out rows."""
        y, table, n_members = self.y, None, self.plan.n_members
        if self.n_classes is not None:
            table = one_hot(self.n_classes, np.float32)
            y, table = smooth(y, table, self.plan.smoothing, self.n_classes)
        weights = self.weights.astype(np.float32)[:, None]
        if self.folds is None:
            part = Data(self.X, y, table, weights if np.ptp(self.weights) else None)
            return [part] * n_members
        is_own = self.folds[:, None] == np.arange(n_members)
        return [
            Data(self.X, y, table, np.where(own[:, None], np.float32(0), weights))
            for own in is_own.T
        ]

    def _end_epoch(self, loss, started):
        """Judge the mean of the epoch's parameters, and record the epoch."""
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged in epoch {self.progress.epochs + 1}: the loss is "
                f"{loss}. Take a learning_rate_init below {self.plan.rate}."
            )
        self.progress.epochs += 1
        epoch, values = self.progress.epochs, {"loss": loss}
        is_last = epoch >= self.max_epochs
        if self.folds is not None and (is_last or epoch % 2 == 0):
            values |= self._judge(epoch)
        values["learning_rate"] = self.learning_rate
        values["time"] = perf_counter() - started
        for name, column in self.history.items():
            column.append(values.get(name, math.nan))
        self.net.n_iter_ = epoch
        if is_last:
            self.stop_reason = "max_time" if self.is_shortened else "max_iter"

    def _judge(self, epoch):
        """Compare the epoch with the best; return loss and score of held-out rows."""
        with self._with_mean():
            scores = self._held_out_scores()
            value = self._held_out_loss(scores)
            self.lowest = min(self.lowest, value)
            if value <= TOLERATED * self.lowest or self.best is None:
                self.best_epoch, self.scores = epoch, scores
                self.best = self.network.parameters.copy()
        if value > HOPELESS * self.lowest and epoch >= HOPE * self.max_epochs:
            self.stop_reason = "converged"
        return {"validation_loss": value, "validation_score": self._score(scores)}

    @contextmanager
    def _with_mean(self):
        """Give the network the mean of the epoch's parameters, for a while."""
        parameters = self.network.parameters
        np.copyto(self.last, parameters)
        np.copyto(parameters, self.mean)
        try:
            yield
        finally:
            np.copyto(parameters, self.last)

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
        network = deepcopy(self.network)
        np.copyto(network.parameters, self.mean)
        return {"_network": network, "temperature_": 1.0}

    def _held_out_scores(self):
        network = self.network
        scores = np.full((len(self.X), network.widths[-1]), np.nan, np.float32)
        for i in range(self.plan.n_members):
            rows = np.flatnonzero(self.folds == i)
            if len(rows):
                scores[rows] = raw_scores(unstack(network, i), self.X, rows=rows)
        return scores

    def _held_out_loss(self, scores):
        known = self.validation.rows
        y, weights = self.y[known], self.weights[known]
        if self.n_classes is None:
            errors = np.square(scores[known] - y).mean(axis=1)
            return float(np.average(errors, weights=weights))
        loss = _CalibratedLoss(scores[known], y, weights)
        return min(loss(value) for value in LOG_TEMPERATURES)

    def _score(self, scores):
        """Return accuracy, or R² as the mean over the outputs."""
        known = self.validation.rows
        y, weights = self.y[known], self.weights[known]
        if self.n_classes is None:
            return r2_score(y, scores[known], sample_weight=weights)
        return accuracy_score(y, scores[known].argmax(axis=1), sample_weight=weights)

    def _keep_best(self):
        """Give the network the parameters of the best epoch, or of the last one."""
        if self.best is None and self.folds is not None:
            # Training was ended before the first judgement.
            self._judge(self.progress.epochs)
        is_judged = self.best is not None
        np.copyto(self.network.parameters, self.best if is_judged else self.mean)
        self.best_epoch = self.best_epoch or self.progress.epochs


class _CalibratedLoss:
    """The log loss of softmax(τ · scores), as a function of log τ."""

    def __init__(self, scores, y, weights):
        # Class by class in memory: sums over the classes are fast so.
        self.scores = np.ascontiguousarray((scores - scores.max(1, keepdims=True)).T)
        self.of_class = self.scores[y, np.arange(len(y))]
        self.shares = weights / weights.sum()
        self.buffer = np.empty_like(self.scores)

    def __call__(self, log_temperature):
        factor = np.float32(math.exp(log_temperature))
        np.multiply(self.scores, factor, out=self.buffer)
        np.exp(self.buffer, out=self.buffer)
        sums = np.log(np.add.reduce(self.buffer, axis=0))
        return float(np.dot(sums - factor * self.of_class, self.shares))


def best_temperature(scores, y, weights):
    """Return the τ with the least log loss of softmax(τ · scores).

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Raw scores of held-out rows.
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    """
    loss = _CalibratedLoss(scores, y, weights)
    found = minimize_scalar(loss, bounds=(-5, 2), method="bounded")
    return math.exp(found.x)
