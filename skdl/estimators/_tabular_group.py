"""Trains members of a tabular net that are alike, in one stack.

All members see the same batches. The weight of a row is 0 for the member that holds it
out, so one product serves all of them. Scores of held-out rows choose the epoch.
"""

import math
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from skdl.engine.activations import Relu
from skdl.engine.batching import Data
from skdl.engine.layers import Dropout
from skdl.engine.losses import SoftmaxCrossEntropy, SquaredError
from skdl.engine.network import Network
from skdl.engine.optimizers import Adam, adam_with_factors
from skdl.engine.prediction import raw_scores
from skdl.engine.stacked_batches import StackedBatches
from skdl.engine.stacking import unstack
from skdl.engine.target_tables import one_hot
from skdl.engine.workspace import Workspace
from skdl.estimators._tabular_mixture import CalibratedLoss, best_temperature
from skdl.estimators.targets._encoding import smooth

__all__ = ["MIN_FOLDS", "NO_FOLD", "Group", "Kind", "Rows", "fold_numbers"]

SCALE_RATE, BIAS_RATE, BIAS_STD = 6.0, 0.1, 0.3
# Fewer folds would take too many rows from each member.
MIN_FOLDS, MIN_ROWS, NO_FOLD = 4, 8, -1
# The latest epoch wins whose held-out loss is at most this factor above the minimum.
TOLERATED = 1.01
LOG_TEMPERATURES = np.linspace(-3, 1.2, 9)


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
        None if there are too few rows. The only row of a class is held out by none.
    """
    order = rng.permutation(n_rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
        counts = np.bincount(strata)
        order = order[counts[strata[order]] > 1]
        # Rows of a single class would not tell how sure a classifier may be.
        if len(counts) > 1 and (counts > 1).sum() < 2:
            return None
    if len(order) < MIN_ROWS:
        return None
    n_folds = max(n_members, MIN_FOLDS)
    folds = np.full(n_rows, NO_FOLD)
    folds[order] = np.arange(len(order)) % n_folds
    folds[folds >= n_members] = NO_FOLD
    return folds


@dataclass
class Rows:
    """The rows that the members learn from.

    Attributes
    ----------
    X : ndarray of float32 of shape (n_rows, n_columns)
        The code of the table.
    y : ndarray
        Class numbers (n_rows,), or scaled numbers of shape (n_rows, n_outputs).
    weights : ndarray of shape (n_rows,)
        Positive weights of the rows.
    kept : ndarray of shape (n_rows,)
        A member learns this share of the weight of a row that it holds out.
    n_classes : int or None
        Number of classes, None for a regression.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    kept: np.ndarray
    n_classes: int | None

    def seen_by(self, columns):
        """Return the rows with some of the columns; with all of them for None.

        Parameters
        ----------
        columns : ndarray of int, or None
        """
        if columns is None:
            return self
        part = copy(self)
        part.X = np.ascontiguousarray(self.X[:, columns])
        return part


@dataclass
class Kind:
    """What the members of a group are like.

    Attributes
    ----------
    n_members : int
        Number of members.
    columns : ndarray of int, or None
        Numbers of the columns that the members see. None stands for all.
    smoothing : float
        Label smoothing.
    """

    n_members: int
    columns: np.ndarray | None
    smoothing: float


class Group:
    """Members of one kind.

    Parameters
    ----------
    rows : Rows
        The rows, with all columns.
    kind : Kind
        What the members are like.
    hidden : sequence of int
        Widths of the hidden layers.
    plan : Plan
        The settings.
    batch_size : int
        Rows per step.
    rng : numpy.random.Generator
        Draws the folds, the parameters, the order of rows and the masks of dropout.

    Attributes
    ----------
    network : Network
        The stack of the members, with the parameters of the last step.
    folds : ndarray of int of shape (n_rows,), or None
        The result of `fold_numbers`.
    scores : ndarray of shape (n_rows, n_scores), or None
        Raw scores of held-out rows in the best epoch; NaN for other rows.
    best_epoch : int
        The epoch whose parameters are kept, counted from 1.
    loss, held_out_loss, held_out_score : float
        Loss of the last epoch, and the last judgement of held-out rows.
    """

    def __init__(self, rows, kind, hidden, plan, batch_size, rng):
        n_members, columns, smoothing = kind.n_members, kind.columns, kind.smoothing
        self.rows, self.n_members = rows.seen_by(columns), n_members
        self.columns, self.smoothing = columns, smoothing
        self.batch_size, self.rng = batch_size, rng
        n_classes, y = rows.n_classes, rows.y
        strata = None if n_classes is None else np.unique(y, return_inverse=True)[1]
        self.folds = fold_numbers(n_members, strata, len(y), rng)
        self.network = Network(
            (
                self.rows.X.shape[1],
                *hidden,
                y.shape[1] if n_classes is None else n_classes,
            ),
            [Relu() for _ in hidden],
            np.float32,
            n_members,
            dropout=[0, *(plan.dropout for _ in hidden)],
            input_scales=True,
        )
        for layer in self.network.layers:
            if isinstance(layer, Dropout):
                layer.is_shared = True
        self._initialize()
        self.known, self.members = None, []
        if self.folds is not None:
            self.known = np.flatnonzero(self.folds != NO_FOLD)
            members = ((i, np.flatnonzero(self.folds == i)) for i in range(n_members))
            # Each member, as views of the stack, and the rows that it holds out.
            self.members = [
                (unstack(self.network, i), rows) for i, rows in members if len(rows)
            ]
        # Mean of the parameters over the steps of an epoch, and the parameters of the
        # last step while the network has this mean.
        self.mean, self.last = (np.zeros_like(self.network.parameters) for _ in "12")
        self.best: Any = None
        self.lowest, self.best_epoch = math.inf, 0
        self.loss = self.held_out_loss = self.held_out_score = math.nan
        self.scores: Any = None
        self.workspace: Any = None
        self.batches: Any = None

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
        rows = self.rows
        if rows.n_classes is not None:
            counts = np.bincount(rows.y, rows.weights, rows.n_classes)
            bias[...] = np.log(counts / counts.sum() + 1e-6)
        self.optimizer = adam_with_factors(
            Adam(beta_2=0.95), self.network.parameters, factors
        )

    def start(self):
        """Allocate what the steps need."""
        self.workspace = Workspace(self.network, self.batch_size, True, rng=self.rng)
        self.batches = StackedBatches(
            self._parts(), [self.rng] * self.n_members, self.batch_size, np.float32,
            False, [None] * self.n_members,
        )  # fmt: skip

    def epoch(self, rates):
        """Make a step for each rate; the mean of the parameters is then in `mean`.

        Parameters
        ----------
        rates : list of float
            Learning rates.
        """
        network, workspace, total = self.network, self.workspace, 0.0
        is_regression = self.rows.n_classes is None
        loss = SquaredError() if is_regression else SoftmaxCrossEntropy()
        self.mean[...] = 0
        # The rows of an incomplete last batch wait for another epoch.
        batches = islice(self.batches.epoch([True] * self.n_members), len(rates))
        for rate, (X, targets, weights) in zip(rates, batches, strict=True):
            value = network.loss_and_gradient(X, targets, weights, loss, workspace)
            total += float(value.mean())
            self.optimizer.step(network.parameters, workspace.gradient, rate)
            np.add(self.mean, network.parameters, out=self.mean)
        np.multiply(self.mean, np.float32(1 / len(rates)), out=self.mean)
        self.loss = total / len(rates)

    def _parts(self):
        """Return the data of each member, which learns less of its held-out rows."""
        rows, table = self.rows, None
        X, y, n_classes = rows.X, rows.y, rows.n_classes
        if n_classes is not None:
            table = one_hot(n_classes, np.float32)
            y, table = smooth(y, table, self.smoothing, n_classes)
        weights = rows.weights.astype(np.float32)[:, None]
        if self.folds is None:
            part = Data(X, y, table, weights if np.ptp(rows.weights) else None)
            return [part] * self.n_members
        kept = np.minimum(rows.kept, 1 - 1 / max(self.n_members, MIN_FOLDS))
        own_weights = weights * kept.astype(np.float32)[:, None]
        is_own = self.folds[:, None] == np.arange(self.n_members)
        return [
            Data(X, y, table, np.where(own[:, None], own_weights, weights))
            for own in is_own.T
        ]

    def judge(self, epoch):
        """Compare the epoch with the best.

        Parameters
        ----------
        epoch : int
            Its number, counted from 1.
        """
        with self._with_mean():
            scores = self._held_out_scores()
            self.held_out_loss = value = self._loss_of(scores)
            self.lowest = min(self.lowest, value)
            if value <= TOLERATED * self.lowest or self.best is None:
                self.best_epoch, self.scores = epoch, scores
                self.best = self.network.parameters.copy()
        self.held_out_score = self._score(scores)

    def has_risen(self, factor):
        """Return whether the held-out loss is more than a factor above its minimum.

        Parameters
        ----------
        factor : float
        """
        return self.held_out_loss > factor * self.lowest

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

    def _held_out_scores(self):
        network, X = self.network, self.rows.X
        scores = np.full((len(X), network.widths[-1]), np.nan, np.float32)
        for member, rows in self.members:
            scores[rows] = raw_scores(member, X, rows=rows)
        return scores

    def _loss_of(self, scores):
        y, weights = self.rows.y[self.known], self.rows.weights[self.known]
        scores = scores[self.known]
        if self.rows.n_classes is None:
            errors = np.square(scores - y).mean(axis=1)
            return float(np.average(errors, weights=weights))
        loss = CalibratedLoss(scores, y, weights)
        return min(loss(value) for value in LOG_TEMPERATURES)

    def _score(self, scores):
        """Return accuracy, or R² as the mean over the outputs."""
        y, weights = self.rows.y[self.known], self.rows.weights[self.known]
        scores = scores[self.known]
        if self.rows.n_classes is None:
            return r2_score(y, scores, sample_weight=weights)
        return float(np.average(scores.argmax(axis=1) == y, weights=weights))

    def temperature(self):
        """Return the temperature of its held-out scores."""
        y, weights = self.rows.y[self.known], self.rows.weights[self.known]
        return best_temperature(self.scores[self.known], y, weights)

    def scale_scores(self, factor):
        """Multiply the scores of the members.

        Parameters
        ----------
        factor : float
        """
        last = self.network.affine[-1]
        for array in (last.weights, last.biases, self.scores):
            np.multiply(array, np.float32(factor), out=array)

    def interrupt(self):
        """Take the parameters of the last step for the mean of an epoch."""
        np.copyto(self.mean, self.network.parameters)

    def keep_best(self, epoch):
        """Give the network the parameters of the best epoch, or of the last one.

        Parameters
        ----------
        epoch : int
            Number of epochs so far.
        """
        if self.best is None and self.folds is not None:
            # Training was ended before the first judgement.
            self.judge(epoch)
        is_judged = self.best is not None
        np.copyto(self.network.parameters, self.best if is_judged else self.mean)
        self.best_epoch = self.best_epoch or epoch
