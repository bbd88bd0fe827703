"""A short training of a clone, with somebody watching."""

import warnings
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter

import numpy as np

from skdl.callbacks.base import NetCallback
from skdl.engine.layers import Affine, layer_names
from skdl.engine.losses import mean_loss
from skdl.engine.prediction import raw_scores
from skdl.engine.stacking import network_like
from skdl.estimators._validation import check_batch_size
from skdl.inspection._losses import (
    best_constant,
    constant_loss,
    floor_of,
    zero_loss,
)
from skdl.inspection._subject import make_net

__all__ = ["Budget", "Sample", "Trial", "train_clone"]

# Rows that losses and layers are looked at on: enough for means, and cheap.
SAMPLE = 256


class Budget:
    """The seconds that are left.

    Parameters
    ----------
    max_time : float
        Seconds from now on.
    """

    def __init__(self, max_time):
        self.deadline = perf_counter() + max_time

    @property
    def left(self):
        """Seconds until the end, or 0."""
        return max(0.0, self.deadline - perf_counter())

    def share(self, part):
        """Return this part of what is left, as a `max_time`: above 0."""
        return max(1e-3, part * self.left)


@dataclass
class Sample:
    """Some rows that are trained on, coded, and what constants make of them.

    Attributes
    ----------
    X : ndarray or CSR array
    targets, table : ndarray
        As in `Data`.
    loss : loss object
    n_scores : int
    weights : ndarray of shape (n_rows,), or None
        What the rows count in training: their own weights times those of their classes.
    constant : ndarray of shape (n_scores,), optional
        What suits all rows that are trained on best; by default what suits these.
    zero, chance, floor : float
        The loss of scores that are zero, of the constant, and the lowest one.
    """

    X: object
    targets: np.ndarray
    table: np.ndarray | None
    loss: object
    n_scores: int
    weights: np.ndarray | None = None
    constant: np.ndarray | None = None
    zero: float = field(init=False)
    chance: float = field(init=False)
    floor: float = field(init=False)

    def __post_init__(self):
        coded = self.targets, self.table, self.n_scores, self.weights
        if self.constant is None:
            self.constant = best_constant(self.loss, *coded)
        self.zero = zero_loss(self.loss, *coded)
        self.chance = constant_loss(
            self.loss, self.constant, self.targets, self.table, self.weights
        )
        self.floor = min(self.chance, floor_of(self.loss, *coded))

    @property
    def coded_rows(self):
        """The targets, with a row for each sample."""
        return self.targets if self.table is None else self.table[self.targets]

    def loss_of(self, network):
        """Return the mean loss of a network as it predicts, without penalty."""
        scores = raw_scores(network, self.X)
        return mean_loss(self.loss, scores, self.targets, self.table, self.weights)

    def progress(self, loss):
        """Return how far a loss is on the way from the best constant to the floor."""
        way = self.chance - self.floor
        if not way > 0:
            return np.ones(np.shape(loss))[()]
        return (self.chance - loss) / way


@dataclass
class Trial:
    """What a watched training was like.

    Attributes
    ----------
    net : estimator or None
        Fitted; None if training diverged.
    network, start : Network
        At the end, and before the first step.
    sample : Sample
    steps : ndarray of int
        Numbers of the steps at which the next was taken, from 0 (before any); ever
        fewer of them.
    losses : ndarray
        Of the sample, without penalty and dropout.
    ratios : dict of ndarray
        ‖Δw‖ / ‖w‖ of each layer's weights in these steps but the first; empty with
        lbfgs.
    history : dict
        As `history_`.
    held : Held or None
        Rows not trained on, coded.
    diverged, finished, cut : bool
        Whether the loss exploded; whether training came to the end that the parameters
        set; whether its time was over before.
    everything : Sample or None
        All rows that were trained on; None for a fitted net's own training.
    """

    net: object
    network: object
    start: object
    sample: Sample
    steps: np.ndarray
    losses: np.ndarray
    ratios: dict
    history: dict
    held: object
    diverged: bool
    finished: bool
    n_epochs: int
    cut: bool = False
    everything: Sample | None = None


def _sample(data, rows, loss, n_scores, constant=None):
    """Return rows of `Data` as a `Sample`."""
    weights = None if data.weights is None else data.weights[rows, 0].astype(float)
    targets, table = data.targets[rows], data.table
    return Sample(data.X[rows], targets, table, loss, n_scores, weights, constant)


def train_clone(
    subject, rows, held, max_time, max_steps, y=None, is_weighted=True, **changes
):
    """Train a clone on some rows, for so long at most, and return the `Trial`.

    Parameters
    ----------
    subject : Subject
    rows, held : ndarray of int
        To train on, and to score after each epoch; the latter may be None.
    max_time : float
        Seconds.
    max_steps : int
        The epoch in which the last of them falls is trained to its end.
    y : ndarray, optional
        Instead of the subject's.
    is_weighted : bool, default=True
        Whether the rows' weights count.
    **changes
        Parameters that differ from the net's.

    Raises
    ------
    ValueError
        What ``fit`` raises for invalid parameters or data.
    """
    y = subject.y if y is None else y
    seeded = subject.net.random_state
    changes = {
        "random_state": subject.seed if seeded is None else seeded,
        "warm_start": False,
        "verbose": False,
        "max_restarts": 0,
        "validation_split": None,
        **changes,
    }
    if held is None:
        changes |= {"early_stopping": False, "scoring": None}
    net = make_net(subject.net, **changes)
    asked = net.max_iter
    batches = 1 if net.solver == "lbfgs" else _batches(net, len(rows))
    net.set_params(
        max_iter=min(asked, max(1, ceil(max_steps / batches))),
        max_time=max_time if net.max_time is None else min(max_time, net.max_time),
    )
    watch = _Watch()
    net.set_callbacks(watch)
    weights = subject.weights if is_weighted else None
    more = {} if weights is None else {"sample_weight": weights[rows]}
    if held is not None:
        more |= {"X_val": subject.X[held], "y_val": y[held]}
        if weights is not None:
            more["sample_weight_val"] = weights[held]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            net.fit(subject.X[rows], y[rows], **more)
        except ValueError:
            if watch.run is None or (watch.run.network.is_finite() and not watch.bad):
                raise
            net = None
    return watch.trial(net, asked)


def _batches(net, n_rows):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ceil(n_rows / check_batch_size(net.batch_size, n_rows))


class _Watch(NetCallback):
    """Keeps what `Trial` needs of the one run that it sees, and observes its steps."""

    steps_only = True

    def __init__(self):
        self.run = None

    @property
    def bad(self):
        return self.run.stop_reason == "diverged"

    def observe_steps(self, run, records):
        self.run, network = run, run.network
        self.start = network_like(network, *network.snapshot())
        data, n = run.data, min(SAMPLE, run.data.n_rows)
        rows = np.arange(data.n_rows) if data.rows is None else data.rows
        coding = run.net._loss(), network.widths[-1]
        self.everything = _sample(data, rows, *coding)
        if data.weights is not None:
            rows = rows[data.weights[rows, 0] > 0]
        self.sample = _sample(data, rows[:n], *coding, self.everything.constant)
        self.sample.X = self.sample.X.astype(network.dtype)
        self.steps, self.losses, self.ratios = [], [], []
        self.note(0)
        return self

    def records(self):
        """Return nothing: the net need not keep what is in here."""

    def wants(self, step):
        # All of the first 64, and 32 of each doubling after that.
        self.step = step + 1
        return not self.step % (1 << max(0, self.step.bit_length() - 6))

    def before(self, parameters, gradient, objective):
        self.weights = [weights.copy() for weights in self._weights(parameters)]

    def after(self, parameters, rate):
        self.note(self.step)
        if np.isnan(rate):
            return  # L-BFGS goes as far as it should
        with np.errstate(all="ignore"):
            ratios = [
                np.linalg.norm(now - old) / np.linalg.norm(old)
                for now, old in zip(
                    self._weights(parameters), self.weights, strict=True
                )
            ]
        self.ratios.append(ratios)

    def _weights(self, parameters):
        network = self.run.network
        parts = zip(network.layers, network.views(parameters), strict=True)
        return [part[0] for layer, part in parts if isinstance(layer, Affine)]

    def note(self, step):
        self.steps.append(step)
        self.losses.append(self.sample.loss_of(self.run.network))

    def trial(self, net, asked):
        run, names = self.run, layer_names(len(self.run.network.affine))
        ratios = np.array(self.ratios).reshape(-1, len(names)).T
        ended = run.stop_reason in ("converged", "callback", "max_fun")
        return Trial(
            net=net,
            network=run.network,
            start=self.start,
            sample=self.sample,
            steps=np.array(self.steps),
            losses=np.array(self.losses),
            ratios=dict(zip(names, ratios, strict=True)) if len(self.ratios) else {},
            history={name: np.array(one) for name, one in run.history.items()},
            held=run.validation,
            diverged=self.bad,
            finished=ended or len(run.history["loss"]) >= asked,
            n_epochs=len(run.history["loss"]),
            cut=run.stop_reason == "max_time",
            everything=self.everything,
        )
