"""Measures single steps: the observer that `Monitor` gives to the training loop."""

from dataclasses import replace
from math import ceil
from time import perf_counter

import numpy as np

from skdl.callbacks._step_records import StepRecords, histogram
from skdl.engine.batching import Batches
from skdl.engine.layers import ActivationLayer, Affine, layer_names
from skdl.engine.workspace import Workspace

__all__ = ["StepRecorder"]

# Values of a layer that a histogram looks at: more would change no picture.
MAX_VALUES = 4096
# The part of the time that recording may take where it decides by itself, and what it
# may take in any case, in seconds: a training of ten milliseconds has a record, too.
SHARE = 0.03
GRACE = 0.004


class StepRecorder:
    """An observer of `skdl.engine.train` that fills `StepRecords`.

    Parameters
    ----------
    run : TrainingRun
    every : int or None
        None for an interval that keeps the time within `SHARE`.
    n_bins, max_records, n_rows : int
        As for `Monitor`.
    records : StepRecords, optional
        Of the call that this one goes on from; left as they are.
    """

    def __init__(self, run, every, n_bins, max_records, n_rows, records=None):
        network = run.network
        names = layer_names(len(network.affine))
        self.kept = StepRecords(names, n_bins)
        if records is not None and records.shape == self.kept.shape:
            self.kept = records.copy()
        self.run, self.network, self.n_rows = run, network, n_rows
        self.every, self.max_records = every, max_records
        layers = network.layers
        self.affine = [i for i, one in enumerate(layers) if isinstance(one, Affine)]
        # L-BFGS, and a partial_fit after a plain fit, count from 0 again.
        self.offset = max(0, self.kept.last_step - run.progress.steps)
        self.next = self.kept.last_step
        if self.next:
            self.next += self._gap() - 1
        # What the calls before took.
        self.spent, self.elapsed = self.kept.spent, self.kept.elapsed
        self.steps = self.kept.steps
        self.first = self.passes = None

    def wants(self, step):
        """Tell whether the step after so many is to be recorded."""
        self.step = step = step + self.offset
        if self.first is None:
            self.first, self.started = step, perf_counter()
        return step >= self.next

    def _prepare(self):
        """Make the arrays: a call that records nothing needs none."""
        network = self.network
        self.scratch = [np.empty_like(one.weights.ravel()) for one in network.affine]
        self.X = _rows_of(self.run.data, self.n_rows, network)
        workspace = Workspace(network, self.X.shape[0])
        layers = [one for one in network.layers if one in workspace.buffers_of]
        self.passes = list(zip(layers, workspace.forward_passes, strict=True))
        self.chosen = {}

    def before(self, parameters, gradient, objective):
        """Look at the gradient, and keep the weights."""
        self.began = perf_counter()
        if self.passes is None:
            self._prepare()
        pairs = zip(
            self._weights(parameters),
            self._weights(gradient),
            self.scratch,
            strict=True,
        )
        self.gradients, self.norms = [], []
        for weights, slopes, scratch in pairs:
            np.abs(slopes, out=scratch, casting="same_kind")
            self.gradients.append(
                (
                    _norm(slopes),
                    float(scratch.mean()),
                    float(scratch.max()),
                    self._histogram(slopes),
                )
            )
            np.copyto(scratch, weights, casting="same_kind")
            self.norms.append(_norm(scratch))

    def after(self, parameters, rate):
        """Compare the weights with those before, and add a row."""
        weights = list(self._weights(parameters))
        ratios = []
        for now, before, norm in zip(weights, self.scratch, self.norms, strict=True):
            np.subtract(now, before, out=before, casting="same_kind")
            ratios.append(_norm(before) / norm if norm else np.nan)
        norms, means, highest, histograms = zip(*self.gradients, strict=True)
        activations, saturated, dead = self._activations()
        row = {
            "step": self.step + 1,
            "learning_rate": float(rate),
            "weight_norm": [_norm(now) for now in weights],
            "gradient_norm": norms,
            "update_ratio": ratios,
            "gradient_mean": means,
            "gradient_max": highest,
            "saturated": saturated,
            "dead": dead,
        }
        for name, found in (
            ("weight", [self._histogram(now) for now in weights]),
            ("gradient", histograms),
            ("activation", activations),
        ):
            counts, low, high = zip(*found, strict=True)
            row[f"{name}_counts"] = np.array(counts, np.int32)
            row[f"{name}_low"], row[f"{name}_high"] = low, high
        self._add(row)

    def _add(self, row):
        """Add a row, make room for others, and say when the next one is due."""
        records, step = self.kept, self.step
        records.rows.append(row)
        if len(records.rows) >= self.max_records:
            records.thin()
        cost = perf_counter() - self.began
        records.n_measured += 1
        records.spent += cost
        # The first one comes with memory, the others tell what the next one costs.
        n_usual = max(1, records.n_measured - 1)
        records.usual += (cost - records.usual) / n_usual
        self._note_time()
        # If the last row went, when room was made, from where it was.
        self.next = max(step + 1, records.last_step - 1 + self._gap())

    def _note_time(self):
        if self.first is not None:
            self.kept.elapsed = self.elapsed + perf_counter() - self.started
            self.kept.steps = self.steps + self.step - self.first

    def records(self):
        """Return what the net keeps when training has ended."""
        self._note_time()
        return self.kept

    def _gap(self):
        """Return how many steps lie between the last row and the next one."""
        records = self.kept
        if self.every is not None:
            return self.every * records.stretch
        spent, steps = records.spent, records.steps
        # Evenly on a logarithmic scale: nobody knows how long training will be.
        gap = 1 + steps // 16
        if spent >= GRACE and steps:
            training = max(1e-9, (records.elapsed - spent) / steps)
            gap = ceil(records.usual / (SHARE * training))
        if records.stretch > 1:
            # The distance of rows by now, without which they would soon be as many.
            gap = max(gap, ceil(records.last_step / len(records.rows)))
        return gap

    def _weights(self, vector):
        parts = self.network.views(vector)
        return (parts[i][0].reshape(-1) for i in self.affine)

    def _activations(self):
        """Return histograms and shares of flat outputs and of dead units."""
        X, histograms, saturated, dead = self.X, [], [], []
        # To a layer of a user's own, a value out of range is nothing to warn of here.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for layer, forward in self.passes:
                X = forward(X)
                if not isinstance(layer, ActivationLayer):
                    continue
                # Now, as the layers that follow may work in the same memory.
                histograms.append(self._histogram(X.reshape(-1)))
                flat = layer.function.is_flat(X)
                saturated.append(np.nan if flat is None else float(flat.mean()))
                dead.append(np.nan if flat is None else float(flat.all(axis=0).mean()))
        histograms.append(self._histogram(X.reshape(-1)))
        return histograms, [*saturated, np.nan], [*dead, np.nan]

    def _histogram(self, values):
        """Return the histogram of the values, or of a random part, always the same."""
        if values.size > MAX_VALUES:
            if values.size not in self.chosen:
                rng = np.random.default_rng(0)
                self.chosen[values.size] = rng.integers(0, values.size, MAX_VALUES)
            values = values[self.chosen[values.size]]
        return histogram(values, self.kept.n_bins)


def _norm(vector):
    return float(np.sqrt(np.dot(vector, vector)))


def _rows_of(data, n_rows, network):
    """Return rows of the training data, evenly spaced, as batches have them."""
    rows = np.arange(data.n_rows) if data.rows is None else data.rows
    places = np.linspace(0, len(rows) - 1, min(n_rows, len(rows))).astype(np.intp)
    some = replace(data, rows=rows[places], weights=None)
    raw = network.takes_any_dtype
    (batch,) = Batches(some, len(places), network.dtype, raw).epoch()
    return batch[0]
