"""Trains the members of a tabular net in one stack, each without its held-out rows.

All members see the same batches. The weight of a row is 0 for the member that holds it
out, so one product serves all of them. Scores of held-out rows choose the epoch and the
temperature.
"""

import math
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from skdl._interrupt import is_one_of_several
from skdl._warn import warn
from skdl.engine.activations import Relu
from skdl.engine.batching import Data
from skdl.engine.losses import SoftmaxCrossEntropy, SquaredError
from skdl.engine.network import Network
from skdl.engine.optimizers import Adam, adam_with_factors
from skdl.engine.prediction import raw_scores
from skdl.engine.stacked_batches import StackedBatches
from skdl.engine.stacking import unstack
from skdl.engine.target_tables import one_hot
from skdl.engine.workspace import Workspace
from skdl.estimators._targets import smooth

__all__ = ["NO_FOLD", "Plan", "Result", "best_temperature", "fold_numbers", "train"]

MIN_STEPS, WARM_UP, SCALE_RATE, BIAS_RATE, BIAS_STD = 500, 0.05, 6.0, 0.1, 0.3
# Fewer folds would take too many rows from each member.
MIN_FOLDS, MIN_ROWS, NO_FOLD = 4, 8, -1
# The last epoch stays if its criterion is at most this factor worse than the best.
TOLERATED = 1.03
LOG_TEMPERATURES = np.linspace(-3, 1.2, 9)


@dataclass
class Plan:
    """What training needs to know beside the data.

    Attributes
    ----------
    n_members : int
        Number of networks.
    hidden : sequence of int
        Widths of the hidden layers.
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
        Whether to print a line for each scored epoch.
    """

    n_members: int
    hidden: tuple
    n_epochs: int
    rate: float
    dropout: float
    smoothing: float
    max_time: float | None
    verbose: bool


@dataclass
class Result:
    """What training returns.

    Attributes
    ----------
    network : Network
        The stack of the members, with the parameters of the chosen epoch.
    scores : ndarray of shape (n_rows, n_scores), or None
        Raw scores of held-out rows; NaN for rows that no member holds out. None without
        folds.
    best_iteration : int
        The chosen epoch, counted from 1.
    n_epochs : int
        Number of epochs of training.
    history : dict
        Lists: "iteration", "loss" and "held_out_loss" of the scored epochs.
    """

    network: Any
    scores: Any
    best_iteration: int
    n_epochs: int
    history: dict


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


def train(X, y, weights, folds, n_classes, plan, rng):
    """Train a stack of networks on the same batches.

    Parameters
    ----------
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

    Returns
    -------
    result : Result
        The trained networks.
    """
    run = _Run(X, y, weights, folds, n_classes, plan, rng)
    try:
        run.train()
    except KeyboardInterrupt:
        if is_one_of_several() or not run.n_epochs_done:
            raise
        warn("Training interrupted by user.", UserWarning)
    return run.result()


class _Run:
    """The state of one training run."""

    def __init__(self, X, y, weights, folds, n_classes, plan, rng):
        self.X, self.y, self.plan, self.rng = X, y, plan, rng
        self.weights, self.folds, self.n_classes = weights, folds, n_classes
        self.started = perf_counter()
        n, width = len(X), y.shape[1] if n_classes is None else n_classes
        widths = (X.shape[1], *plan.hidden, width)
        self.network = Network(
            widths,
            [Relu() for _ in plan.hidden],
            np.float32,
            plan.n_members,
            dropout=[0, *(plan.dropout for _ in plan.hidden)],
            input_scales=True,
        )
        self._initialize()
        self.batch_size = min(n, min(max(2 ** int(math.log2(max(n / 16, 1))), 32), 128))
        self.n_batches = n // self.batch_size
        self.n_epochs = max(plan.n_epochs, math.ceil(MIN_STEPS / self.n_batches))
        self.first_scored = max(1, self.n_epochs // 4)
        self.n_epochs_done = self.n_steps = 0
        self.best, self.criterion = (math.inf, 0, None), math.inf
        self.history: dict = {"iteration": [], "loss": [], "held_out_loss": []}
        self.scores = None

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

    def _rate(self):
        """Return the learning rate of the next step: warm-up, then half a cosine."""
        share = (self.n_steps + 1) / (self.n_epochs * self.n_batches)
        return (
            self.plan.rate
            * min(share / WARM_UP, 1)
            * (1 + math.cos(math.pi * share))
            / 2
        )

    def train(self):
        network, is_active = self.network, [True] * self.plan.n_members
        workspace = Workspace(network, self.batch_size, True, rng=self.rng)
        loss = SquaredError() if self.n_classes is None else SoftmaxCrossEntropy()
        batches = StackedBatches(
            self._parts(), [self.rng] * len(is_active), self.batch_size, np.float32,
            False, [None] * len(is_active),
        )  # fmt: skip
        while self.n_epochs_done < self.n_epochs:
            total = 0.0
            # The rows of an incomplete last batch wait for another epoch.
            for X, targets, weights in islice(batches.epoch(is_active), self.n_batches):
                value = network.loss_and_gradient(X, targets, weights, loss, workspace)
                total += float(value.mean())
                self.optimizer.step(
                    network.parameters, workspace.gradient, self._rate()
                )
                self.n_steps += 1
            if not math.isfinite(total):
                raise ValueError(
                    f"Training diverged in epoch {self.n_epochs_done + 1}: the loss is "
                    f"{total}. Take a learning_rate_init below {self.plan.rate}."
                )
            self.n_epochs_done += 1
            self._limit_time()
            self._end_epoch(total / self.n_batches)

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

    def _limit_time(self):
        """Turn `max_time` into a number of epochs, which the cosine must know."""
        if self.plan.max_time is None:
            return
        seconds, done = perf_counter() - self.started, self.n_epochs_done
        if done == 1:
            affordable = int(self.plan.max_time / (1.2 * seconds))
            self.n_epochs = min(self.n_epochs, max(1, affordable))
            self.first_scored = max(1, self.n_epochs // 4)
        elif seconds > self.plan.max_time:
            self.n_epochs = done

    def _end_epoch(self, loss):
        done = self.n_epochs_done
        is_last = done >= self.n_epochs
        since = done - self.first_scored
        if not is_last and (since < 0 or since % 2):
            return
        self.history["iteration"].append(done)
        self.history["loss"].append(loss)
        if self.folds is not None:
            self.scores = self._held_out_scores()
            self.criterion = self._criterion(self.scores)
            if self.criterion < self.best[0]:
                state = None if is_last else self.network.snapshot()
                self.best = self.criterion, done, (state, self.scores)
            self.history["held_out_loss"].append(self.criterion)
        if self.plan.verbose:
            print(f"epoch {done}: loss {loss:.4f}, held out {self.criterion:.4f}")

    def _held_out_scores(self):
        network = self.network
        scores = np.full((len(self.X), network.widths[-1]), np.nan, np.float32)
        for i in range(self.plan.n_members):
            rows = np.flatnonzero(self.folds == i)
            scores[rows] = raw_scores(unstack(network, i), self.X, rows=rows)
        return scores

    def _criterion(self, scores):
        known = self.folds != NO_FOLD
        y, weights = self.y[known], self.weights[known]
        if self.n_classes is None:
            errors = np.square(scores[known] - y).mean(axis=1)
            return float(np.average(errors, weights=weights))
        loss = _CalibratedLoss(scores[known], y, weights)
        return min(loss(value) for value in LOG_TEMPERATURES)

    def result(self):
        """Return the parameters of the last or of the best epoch."""
        value, epoch, kept = self.best
        last = self.n_epochs_done
        if kept is not None and epoch < last:
            tolerated = value * (TOLERATED if self.n_classes is not None else 1)
            if not self.criterion <= tolerated:
                state, self.scores = kept
                self.network.restore(state)
                last = epoch
        done = self.n_epochs_done
        return Result(self.network, self.scores, last, done, self.history)


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
