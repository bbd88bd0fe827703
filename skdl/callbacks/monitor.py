"""What happens inside a net while it trains, layer by layer and step by step."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from skdl.callbacks._hooks import NetCallback
from skdl.callbacks._step_recorder import StepRecorder
from skdl.callbacks._step_records import NUMBERS, StepRecords

__all__ = ["Monitor"]


@dataclass(eq=False)
class Monitor(NetCallback):
    """Records weights, gradients, updates and activations of each layer, by the step.

    The displays of `skdl.inspection` draw what it recorded, and `records_` has the
    numbers. It looks and changes nothing: the net is, bit for bit, the one that is
    trained without it. With lbfgs, an iteration counts as a step. Unlike other
    callbacks it is at work in ``partial_fit``, too, where records go on from call to
    call, as they do with `warm_start`.

    Parameters
    ----------
    every : int or 'auto', default='auto'
        Every so manieth step is recorded, beginning with the first one. 'auto' spaces
        records so that they take some 3 % of the time (and 4 ms in any case), whence
        it depends on the machine which steps these are.
    max_records : int, default=200
        At least 2. When there are so many, every second one is dropped, and from then
        on the distance between them doubles: memory is bounded, however long training
        is. 200 records of three layers take less than a megabyte.
    n_rows : int, default=128
        How many rows of the training data, always the same ones and evenly spaced, go
        through the net for the activations, which are those of prediction: without
        dropout.
    n_bins : int, default=40
        Of each histogram, all of the same width, from the smallest value to the
        largest. Of more than 4096 values a random choice is taken, always the same.

    Attributes
    ----------
    records_ : dict of ndarray
        Of the fit that began last, or is at work. With L layers ("hidden 1", … and
        "output", of which the activations are the raw scores) and n records:

        - "layer", (L,): their names;
        - "step", (n,): how many steps were done, with this one;
        - "learning_rate", (n,): NaN with lbfgs;
        - "weight_norm", (n, L): ‖W‖ after the step, and so below, without biases;
        - "gradient_norm", (n, L): ‖g‖ of the step's batch, before it was clipped, with
          the gradient of a smooth penalty (of lbfgs: after the iteration);
        - "gradient_mean", "gradient_max", (n, L): of its absolute values;
        - "update_ratio", (n, L): ‖ΔW‖ / ‖W before the step‖;
        - "saturated", (n, L): share of outputs, over rows and units, where the
          activation is flat: an output of 0 for relu; beyond ±0.97 for tanh, and
          outside of 0.03 to 0.97 for the sigmoid; within 3 % of the lower bound for elu
          and selu; below 0.03 for softplus, and nearer to 0 than 0.001 for silu and
          gelu. NaN for the scores, and for an activation of your own;
        - "dead", (n, L): share of units of which all rows are;
        - "weight_counts", "gradient_counts", "activation_counts", (n, L, n_bins), and
          "weight_edges", "gradient_edges", "activation_edges", (n, L, n_bins + 1).

    Notes
    -----
    scikit-learn shares one callback among all clones of an estimator, so `records_` is
    about the last fit of them all. `records_of` tells of each net by itself: the
    records are a part of it, and of its pickle. Those of a fit that failed are only
    here. A `Checkpoint` does not hold them: they begin where the run goes on.

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

    every: int | str = "auto"
    max_records: int = 200
    n_rows: int = 128
    n_bins: int = 40

    # It has no hooks, so that the net need not make tasks for them.
    steps_only = True

    def __post_init__(self):
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

    def observe_steps(self, run, records):
        """Return the observer of a run that goes on from records, or from None."""
        every = None if self.every == "auto" else int(self.every)
        recorder = StepRecorder(
            run, every, self.n_bins, self.max_records, self.n_rows, records
        )
        self._records = recorder.kept
        return recorder

    @property
    def records_(self):
        """What was recorded of the fit that began last."""
        if "_records" not in vars(self):
            raise AttributeError("records_ is there once a net has begun to fit.")
        return self._records.arrays()

    @staticmethod
    def records_of(net):
        """Return the records of one fitted net, see `records_`.

        Parameters
        ----------
        net : estimator
            A net of skdl, fitted with a Monitor among its callbacks.

        Returns
        -------
        records : dict of ndarray

        Raises
        ------
        ValueError
            If its last fit had none.
        """
        kept = getattr(net, "_step_records", {}).values()
        kept = [records for records in kept if isinstance(records, StepRecords)]
        if not kept:
            raise ValueError(
                f"No step of this {type(net).__name__} was recorded: call "
                "net.set_callbacks(Monitor()) before fit."
            )
        return kept[0].arrays()

    def to_frame(self):
        """Return `records_` without the histograms as a table.

        Returns
        -------
        frame : pandas.DataFrame
            With a row for each record and layer, and the columns step, layer,
            learning_rate, and those that have one number for each layer.

        Raises
        ------
        ImportError
            Without pandas.
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
