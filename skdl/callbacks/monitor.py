"""Records of single steps: weights, gradients, updates and activations by layer."""

from copy import copy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Literal

import numpy as np

from skdl._arguments import explain_parameters
from skdl.callbacks.base import NetCallback, step_records_of
from skdl.engine.batching import Batches
from skdl.engine.layers import ActivationLayer, Affine, layer_names
from skdl.engine.workspace import Workspace

__all__ = [
    "HISTOGRAMS",
    "NUMBERS",
    "Monitor",
    "StepRecorder",
    "StepRecords",
    "histogram",
]

# Each record has one of these numbers for each layer.
NUMBERS = (
    "weight_norm",
    "gradient_norm",
    "update_ratio",
    "gradient_mean",
    "gradient_max",
    "saturated",
    "dead",
)
# Each record has one of these histograms for each layer: counts, lowest, highest value.
HISTOGRAMS = ("weight", "gradient", "activation")
# Values of a layer that a histogram counts: more would not change the picture.
MAX_VALUES = 4096
# every="auto" leaves out one step for each 8 that were made.
STEPS_PER_GAP = 8


@explain_parameters
@dataclass(eq=False)
class Monitor(NetCallback):
    """Records weights, gradients, updates and activations of each layer, step by step.

    The displays of `skdl.inspection` draw the records; `records_` has them as arrays.
    A Monitor does not change the training: the weights are the same, bit for bit, with
    and without it. With lbfgs, an iteration counts as a step. Unlike other callbacks, a
    Monitor also works in ``partial_fit``; there, and with `warm_start`, the records of
    the next call are added to those of the last one.

    Parameters
    ----------
    every : int or 'auto', default='auto'
        Distance between recorded steps. An int records every `every`-th step, from the
        first. 'auto' records the first 8 steps, and then leaves out one more step for
        each 8 steps made: the records are evenly spaced on a logarithmic scale, some 6
        for each doubling of the number of steps. The recorded steps depend only on
        their numbers, so two runs with the same seed have the same records.
    max_records : int, default=200
        Largest number of records, at least 2. When it is reached, every second record
        is dropped, and the distance between later ones doubles. So memory is bounded,
        however long the training is: 200 records of three layers take less than a
        megabyte.
    n_rows : int, default=128
        Number of training rows whose activations are recorded. They are evenly spaced
        in the data, the same in each record, and pass through the net as in prediction,
        without dropout.
    n_bins : int, default=40
        Number of bins of each histogram. Bins have equal widths, from the smallest
        value to the largest. If a layer has more than 4096 values, a random choice of
        4096 is counted, the same in each record.

    Attributes
    ----------
    records_ : dict of ndarray
        Records of the last fit that has begun. With L layers (named "hidden 1",
        "hidden 2" and so on, and "output", whose activations are the raw scores) and n
        records:

        - "layer", (L,): the names of the layers;
        - "step", (n,): the number of the step, counted from 1;
        - "learning_rate", (n,): the learning rate of the step, NaN with lbfgs;
        - "weight_norm", (n, L): ‖W‖ after the step (here and below, without biases);
        - "gradient_norm", (n, L): ‖g‖ of the mini-batch, before clipping, with the
          gradient of a smooth penalty (with lbfgs: after the iteration);
        - "gradient_mean", "gradient_max", (n, L): mean and largest absolute value of g;
        - "update_ratio", (n, L): ‖ΔW‖ / ‖W before the step‖;
        - "saturated", (n, L): share of outputs, over rows and units, where the
          activation is flat: 0 for relu; beyond ±0.97 for tanh; outside 0.03 to 0.97
          for the sigmoid; within 3 % of the lower bound for elu and selu; below 0.03
          for softplus; nearer to 0 than 0.001 for silu and gelu. NaN for raw scores and
          for a user's activation;
        - "dead", (n, L): share of units that are flat for all rows;
        - "weight_counts", "gradient_counts", "activation_counts", (n, L, n_bins), and
          "weight_edges", "gradient_edges", "activation_edges", (n, L, n_bins + 1):
          histograms.

    Notes
    -----
    scikit-learn shares one callback among all clones of an estimator, so `records_`
    belongs to the last fit of them all. `records_of` returns the records of one net,
    which are saved with it. If a fit fails, its records are in `records_` only. A
    `Checkpoint` does not store records: a resumed run records from where it resumes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import Monitor
    >>> monitor = Monitor(every=10)
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(monitor).fit(*load_iris(return_X_y=True))
    >>> records = monitor.records_
    >>> records["step"][:3].tolist(), records["layer"].tolist()
    ([1, 11, 21], ['hidden 1', 'output'])
    >>> records["update_ratio"].shape == (len(records["step"]), 2)
    True
    """

    every: int | Literal["auto"] = "auto"
    max_records: int = 200
    n_rows: int = 128
    n_bins: int = 40

    # It has no hooks, so a net with no other callback need not create epoch tasks.
    steps_only = True

    def __post_init__(self) -> None:
        if not (self.every == "auto" or _is_count(self.every, 1)):
            raise ValueError(
                f"every must be 'auto' or an int of at least 1, got {self.every!r}."
            )
        for name, least in (("max_records", 2), ("n_rows", 1), ("n_bins", 1)):
            value = getattr(self, name)
            if not _is_count(value, least):
                raise ValueError(
                    f"{name} must be an int of at least {least}, got {value!r}."
                )

    def observe_steps(self, run: Any, records: Any) -> "StepRecorder":
        """Return the step observer of a run.

        Parameters
        ----------
        run : TrainingRun
            The run that begins.
        records : StepRecords or None
            The records of the call that this one continues.
        """
        recorder = StepRecorder(run, self, records)
        self._records = recorder.kept
        return recorder

    @property
    def records_(self) -> dict[str, np.ndarray]:
        """Records of the last fit that has begun."""
        if "_records" not in vars(self):
            raise AttributeError("records_ exists once a net has begun to fit.")
        return self._records.arrays()

    @staticmethod
    def records_of(net: Any) -> dict[str, np.ndarray]:
        """Return the records of one fitted net, see `records_`.

        Parameters
        ----------
        net : estimator
            A net of skdl, fitted with a Monitor among its callbacks.

        Returns
        -------
        records : dict of ndarray
            As described for `records_`.

        Raises
        ------
        ValueError
            If its last fit had no Monitor.
        """
        for records in step_records_of(net).values():
            if isinstance(records, StepRecords):
                return records.arrays()
        raise ValueError(
            f"No step of this {type(net).__name__} was recorded: call "
            "net.set_callbacks(Monitor()) before fit."
        )

    def to_frame(self) -> Any:
        """Return `records_` without the histograms as a table.

        Returns
        -------
        frame : pandas.DataFrame
            A row for each record and layer. The columns are step, layer, learning_rate,
            and the entries of `records_` that have one number for each layer.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "Monitor.to_frame needs pandas: pip install pandas. Without it, "
                "records_ has the same numbers as arrays."
            ) from error
        records = self.records_
        n_records, n_layers = len(records["step"]), len(records["layer"])
        return pandas.DataFrame(
            {
                "step": np.repeat(records["step"], n_layers),
                "layer": np.tile(records["layer"], n_records),
                "learning_rate": np.repeat(records["learning_rate"], n_layers),
                **{name: records[name].ravel() for name in NUMBERS},
            }
        )


def _is_count(value, least):
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and value >= least


class StepRecords:
    """The records of a net: a list of dicts, one for each recorded step.

    Parameters
    ----------
    layers : sequence of str
        Names of the layers.
    n_bins : int
        Number of bins of the histograms.
    rows : list of dict, optional
        The first records.

    Attributes
    ----------
    stretch : int
        Factor of the distance between records: 2 to the number of times that every
        second record was dropped.
    """

    def __init__(self, layers: Any, n_bins: int, rows: Any = ()) -> None:
        self.layers = list(layers)
        self.n_bins = n_bins
        self.rows = list(rows)
        self.stretch = 1

    def copy(self) -> "StepRecords":
        """Return a copy. Single records never change, and are shared."""
        twin = copy(self)
        twin.rows = list(self.rows)
        return twin

    @property
    def shape(self) -> tuple:
        """Layers and bins: records of other ones cannot stand in one array."""
        return self.layers, self.n_bins

    @property
    def last_step(self) -> int:
        """Number of the last recorded step, 0 without one."""
        return self.rows[-1]["step"] if self.rows else 0

    def thin(self) -> None:
        """Drop every second record."""
        del self.rows[1::2]
        self.stretch *= 2

    def arrays(self) -> dict[str, np.ndarray]:
        """Return a dict of arrays, as `Monitor` describes it."""
        n_rows, n_layers = len(self.rows), len(self.layers)

        def column(name: str, dtype: Any = np.float64) -> np.ndarray:
            return np.array([row[name] for row in self.rows], dtype)

        arrays = {
            "layer": np.array(self.layers),
            "step": column("step", np.int64),
            "learning_rate": column("learning_rate"),
        }
        for name in NUMBERS:
            arrays[name] = column(name).reshape(n_rows, n_layers)
        for name in HISTOGRAMS:
            counts = column(f"{name}_counts", np.int64)
            arrays[f"{name}_counts"] = counts.reshape(n_rows, n_layers, self.n_bins)
            low, high = (
                column(f"{name}_{end}").reshape(n_rows, n_layers)
                for end in ("low", "high")
            )
            arrays[f"{name}_edges"] = np.linspace(low, high, self.n_bins + 1, axis=-1)
        return arrays


class StepRecorder:
    """The step observer of a Monitor, see `skdl.engine.training.train`.

    Parameters
    ----------
    run : TrainingRun
        The run to observe.
    monitor : Monitor
        Its parameters say which steps to record, and how.
    records : StepRecords, optional
        The records of the call that this one continues. They are copied.
    """

    def __init__(self, run: Any, monitor: Monitor, records: Any = None) -> None:
        self.run, self.network, self.monitor = run, run.network, monitor
        layers = self.network.layers
        self.affine = [i for i, part in enumerate(layers) if isinstance(part, Affine)]
        self.kept = StepRecords(layer_names(len(self.affine)), monitor.n_bins)
        if records is not None and records.shape == self.kept.shape:
            self.kept = records.copy()
        # L-BFGS, and partial_fit after a plain fit, count from 0 again.
        self.offset = max(0, self.kept.last_step - run.progress.steps)
        self.next_step = self._next_step()
        self.passes: list[tuple] = []

    def _next_step(self):
        """Return the number of the next step to record."""
        last = self.kept.last_step
        if not last:
            return 1
        every = self.monitor.every
        gap = 1 + last // STEPS_PER_GAP if every == "auto" else int(every)
        return last + gap * self.kept.stretch

    def wants(self, step: int) -> bool:
        """Return whether to record the next step, after this number of steps."""
        self.step = step + self.offset + 1
        return self.step >= self.next_step

    def _prepare(self):
        """Allocate arrays. A call that records nothing does not need them."""
        network = self.network
        self.scratch = [np.empty_like(part.weights.ravel()) for part in network.affine]
        self.X = _rows_of(self.run.data, self.monitor.n_rows, network)
        workspace = Workspace(network, self.X.shape[0])
        layers = [layer for layer in network.layers if layer in workspace.buffers_of]
        self.passes = list(zip(layers, workspace.forward_passes, strict=True))
        self.chosen = {}

    def before(
        self, parameters: np.ndarray, gradient: np.ndarray, objective: float
    ) -> None:
        """Record the gradient, and store the weights before the step."""
        if not self.passes:
            self._prepare()
        triples = zip(
            self._weights(parameters),
            self._weights(gradient),
            self.scratch,
            strict=True,
        )
        self.gradients, self.norms = [], []
        for weights, slopes, scratch in triples:
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

    def after(self, parameters: np.ndarray, rate: float) -> None:
        """Compare the weights with those before the step, and add the record."""
        weights = list(self._weights(parameters))
        ratios = []
        for new, old, norm in zip(weights, self.scratch, self.norms, strict=True):
            np.subtract(new, old, out=old, casting="same_kind")
            ratios.append(_norm(old) / norm if norm else np.nan)
        norms, means, highest, histograms = zip(*self.gradients, strict=True)
        activations, saturated, dead = self._activations()
        row = {
            "step": self.step,
            "learning_rate": float(rate),
            "weight_norm": [_norm(new) for new in weights],
            "gradient_norm": norms,
            "update_ratio": ratios,
            "gradient_mean": means,
            "gradient_max": highest,
            "saturated": saturated,
            "dead": dead,
        }
        for name, found in (
            ("weight", [self._histogram(new) for new in weights]),
            ("gradient", histograms),
            ("activation", activations),
        ):
            counts, low, high = zip(*found, strict=True)
            row[f"{name}_counts"] = np.array(counts, np.int32)
            row[f"{name}_low"], row[f"{name}_high"] = low, high
        self.kept.rows.append(row)
        if len(self.kept.rows) >= self.monitor.max_records:
            self.kept.thin()
        self.next_step = max(self.step + 1, self._next_step())

    def records(self) -> StepRecords:
        """Return what the net stores when training has ended."""
        return self.kept

    def _weights(self, vector):
        parts = self.network.views(vector)
        return (parts[i][0].reshape(-1) for i in self.affine)

    def _activations(self):
        """Return histograms, shares of flat outputs, and shares of dead units."""
        X, histograms, saturated, dead = self.X, [], [], []
        # The training loop reports overflow by its loss.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for layer, forward in self.passes:
                X = forward(X)
                if not isinstance(layer, ActivationLayer):
                    continue
                # Before the next layer, which may overwrite the array.
                histograms.append(self._histogram(X.reshape(-1)))
                flat = layer.function.is_flat(X)
                saturated.append(np.nan if flat is None else float(flat.mean()))
                dead.append(np.nan if flat is None else float(flat.all(axis=0).mean()))
        histograms.append(self._histogram(X.reshape(-1)))
        return histograms, [*saturated, np.nan], [*dead, np.nan]

    def _histogram(self, values):
        """Return the histogram of all values, or of a fixed random choice."""
        if values.size > MAX_VALUES:
            if values.size not in self.chosen:
                rng = np.random.default_rng(0)
                self.chosen[values.size] = rng.integers(0, values.size, MAX_VALUES)
            values = values[self.chosen[values.size]]
        return histogram(values, self.kept.n_bins)


def _norm(vector):
    return float(np.sqrt(np.dot(vector, vector)))


def _rows_of(data, n_rows, network):
    """Return evenly spaced rows of the training data, as batches have them."""
    rows = np.arange(data.n_rows) if data.rows is None else data.rows
    places = np.linspace(0, len(rows) - 1, min(n_rows, len(rows))).astype(np.intp)
    some = replace(data, rows=rows[places], weights=None)
    raw = network.takes_any_dtype
    (batch,) = Batches(some, len(places), network.dtype, raw).epoch()
    return batch[0]


def histogram(values: np.ndarray, n_bins: int) -> tuple[np.ndarray, float, float]:
    """Return (counts, low, high) of equally wide bins, as `numpy.histogram` counts.

    It takes a third of the time of `numpy.histogram`. Values that are not finite are
    left out.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        The values to count.
    n_bins : int
        Number of bins.
    """
    values = values.astype(np.float64)
    if not np.isfinite(values.sum()):
        values = values[np.isfinite(values)]
    if not values.size:
        return np.zeros(n_bins, np.int64), 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    # So narrow a range cannot be divided into bins.
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = 0.5 * max(abs(high), 1e-12)
        low, high = low - half, high + half
    values -= low
    values *= n_bins / (high - low)
    places = np.minimum(values.astype(np.intp), n_bins - 1)
    return np.bincount(places, minlength=n_bins), low, high
