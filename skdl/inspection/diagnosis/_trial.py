"""A trial: a short training of a clone, with losses and updates recorded."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import ceil
from time import perf_counter
from typing import Any, Literal

import numpy as np

from skdl.callbacks.base import NetCallback
from skdl.engine.layers import Affine, layer_names
from skdl.engine.stacking import network_like
from skdl.estimators._internal_api import loss_of, rows_per_batch, uses_lbfgs
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis._subject import Subject, copy_net

# The number of rows on which losses and layers are measured.
SAMPLE = 256


class Budget:
    """The seconds that are left.

    Parameters
    ----------
    max_time : float
        Seconds from now.
    """

    def __init__(self, max_time: float) -> None:
        self.deadline = perf_counter() + max_time

    @property
    def left(self) -> float:
        """Seconds until the end, or 0."""
        return max(0.0, self.deadline - perf_counter())

    def share(self, part: float) -> float:
        """Return this part of the remaining seconds; above 0, as `max_time` must be."""
        return max(1e-3, part * self.left)


@dataclass
class Curve:
    """Losses and update ratios over a training, of a trial or of a fitted net.

    Attributes
    ----------
    unit : {"step", "epoch"}
        What is counted: the steps of a trial, or the epochs of a fitted net.
    counts : ndarray of int
        The number of steps or epochs done at each loss. A trial starts at 0 and records
        all of the first 64 steps, then with growing gaps.
    losses : ndarray
        The losses at `counts`, without penalty and dropout.
    ratios : dict of ndarray
        ‖Δw‖ / ‖w‖ of each layer, for the recorded steps; empty with lbfgs.
    gradient_norms : ndarray
        The norm of the gradient, for each epoch.
    diverged : bool
        Whether training diverged.
    n_epochs : int
        The number of epochs.
    """

    unit: Literal["step", "epoch"]
    counts: np.ndarray
    losses: np.ndarray
    ratios: dict[str, np.ndarray]
    gradient_norms: np.ndarray
    diverged: bool
    n_epochs: int


@dataclass
class Trial:
    """The result of a short training.

    Attributes
    ----------
    net : net of skdl or None
        The fitted clone; None if training diverged.
    network, start : Network
        The network at the end, and before the first step.
    sample : Sample
        A few training rows, on which the losses of the curve are measured.
    everything : Sample
        All training rows.
    curve : Curve
        Losses and update ratios.
    is_cut : bool
        Whether the time was over before training ended.
    """

    net: Any
    network: Any
    start: Any
    sample: Sample
    everything: Sample
    curve: Curve
    is_cut: bool = False

    @property
    def n_steps(self) -> int:
        """The number of steps."""
        return int(self.curve.counts[-1])


def run_trial(
    subject: Subject,
    rows: np.ndarray,
    max_time: float,
    max_steps: int,
    *,
    held_out: np.ndarray | None = None,
    y: np.ndarray | None = None,
    is_weighted: bool = True,
    goal: float = np.inf,
    is_recorded: bool = True,
    **changes: Any,
) -> Trial:
    """Train a clone of the subject's net on some rows.

    Parameters
    ----------
    subject : Subject
        The net and its data.
    rows : ndarray of int
        The rows to train on.
    max_time : float
        Seconds at most.
    max_steps : int
        Steps at most; the epoch that contains the last one is completed.
    held_out : ndarray of int, optional
        The rows to score after each epoch.
    y : ndarray, optional
        Targets in place of the subject's.
    is_weighted : bool, default=True
        Whether the subject's weights are used.
    goal : float, default=inf
        The progress at which training ends.
    is_recorded : bool, default=True
        Whether losses and updates of the steps are recorded.
    **changes
        Parameters that differ from the net's.

    Raises
    ------
    ValueError
        If ``fit`` refuses the parameters or data.
    """
    y = subject.y if y is None else y
    has_validation = held_out is not None and len(held_out) > 0
    if not has_validation:
        changes |= {"early_stopping": False, "scoring": None}
    net = _net_for_trial(subject, len(rows), max_time, max_steps, changes)
    recorder = _Recorder(is_recorded)
    net.set_callbacks(recorder, *([_Goal(recorder, goal)] if goal < np.inf else []))
    weights = subject.weights if is_weighted else None
    options = {} if weights is None else {"sample_weight": weights[rows]}
    if has_validation:
        options |= {"X_val": subject.X[held_out], "y_val": y[held_out]}
        if weights is not None:
            options["sample_weight_val"] = weights[held_out]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            net.fit(subject.X[rows], y[rows], **options)
        except ValueError:
            if not recorder.has_diverged:
                raise
            net = None
    return recorder.trial(net)


def _net_for_trial(subject, n_rows, max_time, max_steps, changes):
    """Return a clone of the subject's net that trains for a limited time."""
    random_state = subject.net.random_state
    changes = {
        "random_state": subject.seed if random_state is None else random_state,
        "warm_start": False,
        "verbose": False,
        "max_restarts": 0,
        "validation_split": None,
        **changes,
    }
    net = copy_net(subject.net, **changes)
    n_batches = 1
    if not uses_lbfgs(net):
        n_batches = ceil(n_rows / rows_per_batch(net.batch_size, n_rows))
    return net.set_params(
        max_iter=min(net.max_iter, max(1, ceil(max_steps / n_batches))),
        max_time=max_time if net.max_time is None else min(max_time, net.max_time),
    )


class _Goal(NetCallback):
    """A callback that ends a run when a recorded loss shows enough progress."""

    def __init__(self, recorder, goal):
        self.recorder, self.goal = recorder, goal

    def on_epoch_end(self, run):
        recorder = self.recorder
        return bool(recorder.sample.progress(recorder.losses[-1]) >= self.goal)


class _Recorder(NetCallback):
    """A callback that observes the steps of one run, and records its `Trial`."""

    steps_only = True

    def __init__(self, is_recorded):
        self.run, self.is_recorded = None, is_recorded

    @property
    def has_diverged(self):
        if self.run is None:
            return False
        return not self.run.network.is_finite() or self.run.stop_reason == "diverged"

    def observe_steps(self, run, records):
        self.run, network = run, run.network
        self.start = network_like(network, *network.snapshot())
        data = run.data
        rows = np.arange(data.n_rows) if data.rows is None else data.rows
        self.everything = self._sample(rows)
        if data.weights is not None:
            rows = rows[data.weights[rows, 0] > 0]
        self.sample = self._sample(rows[:SAMPLE], self.everything.constant)
        self.sample.X = self.sample.X.astype(network.dtype)
        self.counts, self.losses, self.ratios = [], [], []
        self.record(0)
        return self

    def _sample(self, rows, constant=None):
        data = self.run.data
        weights = None if data.weights is None else data.weights[rows, 0].astype(float)
        return Sample(
            data.X[rows], data.targets[rows], data.table, loss_of(self.run.net),
            self.run.network.widths[-1], weights, constant,
        )  # fmt: skip

    def records(self):
        """Return nothing: the net need not keep the records."""

    def wants(self, step):
        if not self.is_recorded:
            return False
        # All of the first 64 steps, then 32 steps of each doubling.
        self.step = step + 1
        return not self.step % (1 << max(0, self.step.bit_length() - 6))

    def before(self, parameters, gradient, objective):
        self.weights = [weights.copy() for weights in self._weights(parameters)]

    def after(self, parameters, rate):
        self.record(self.step)
        if np.isnan(rate):
            return  # L-BFGS chooses the length of its steps
        with np.errstate(all="ignore"):
            ratios = [
                np.linalg.norm(new - old) / np.linalg.norm(old)
                for new, old in zip(
                    self._weights(parameters), self.weights, strict=True
                )
            ]
        self.ratios.append(ratios)

    def _weights(self, parameters):
        network = self.run.network
        views = zip(network.layers, network.views(parameters), strict=True)
        return [view[0] for layer, view in views if isinstance(layer, Affine)]

    def record(self, step):
        self.counts.append(step)
        self.losses.append(self.sample.loss_of(self.run.network))

    def trial(self, net):
        run, names = self.run, layer_names(len(self.run.network.affine))
        ratios = np.array(self.ratios).reshape(-1, len(names)).T
        curve = Curve(
            "step",
            np.array(self.counts),
            np.array(self.losses),
            dict(zip(names, ratios, strict=True)) if len(self.ratios) else {},
            np.array(run.history["gradient_norm"], float),
            run.stop_reason == "diverged",
            len(run.history["loss"]),
        )
        return Trial(
            net, run.network, self.start, self.sample, self.everything, curve,
            run.stop_reason == "max_time",
        )  # fmt: skip
