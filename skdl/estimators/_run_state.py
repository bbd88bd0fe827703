"""All that training knows between two epochs, as one object of plain values."""

from dataclasses import dataclass, field, replace

import numpy as np

from skdl.engine.progress import Progress
from skdl.estimators._scoring import record_names

NAN = np.float64(np.nan)


@dataclass
class Records:
    """The records of a net that have names in scikit-learn, under these names.

    `RunState.publish` makes them attributes of the net. Several calls of ``fit`` with
    `warm_start`, or of ``partial_fit``, extend the same lists.

    Attributes
    ----------
    n_iter_ : int
        Epochs of the current call.
    loss_ : float
        Loss of the last epoch; NaN before the first one.
    loss_curve_ : list of float
        Loss of each epoch.
    best_loss_ : float or None
        Lowest loss; None where training monitors the validation score.
    validation_scores_ : list of float, or None
        Score of each epoch; None where training monitors the loss.
    best_validation_score_ : float or None
        Highest score; None where training monitors the loss.
    """

    n_iter_: int = 0
    loss_: np.float64 = NAN
    loss_curve_: list[np.float64] = field(default_factory=list)
    best_loss_: np.float64 | None = None
    validation_scores_: list[float] | None = None
    best_validation_score_: float | None = None

    @classmethod
    def of_call(cls, net, monitors_validation):
        """Return the records that a call of ``fit`` or ``partial_fit`` begins with.

        Parameters
        ----------
        net : estimator
            A new call extends the lists that the net has.
        monitors_validation : bool
            Whether training stops by the validation score instead of the loss.
        """
        known = vars(net)
        records = cls(
            loss_=known.get("loss_", NAN),
            loss_curve_=known["loss_curve_"],
        )
        if monitors_validation:
            scores, best = known["validation_scores_"], known["best_validation_score_"]
            records.validation_scores_ = [] if scores is None else scores
            records.best_validation_score_ = -np.inf if best is None else best
        else:
            best = known["best_loss_"]
            records.best_loss_ = np.inf if best is None else best
        return records

    @classmethod
    def from_dict(cls, values):
        """Return records whose losses are NumPy's numbers, as in scikit-learn."""
        records = cls(**values)
        records.loss_ = np.float64(records.loss_)
        records.loss_curve_ = [np.float64(loss) for loss in records.loss_curve_]
        if records.best_loss_ is not None:
            records.best_loss_ = np.float64(records.best_loss_)
        if records.validation_scores_ is not None:
            records.validation_scores_ = list(records.validation_scores_)
        return records


@dataclass
class RunState:
    """The state of a training run between two epochs.

    A checkpoint stores `to_dict`, a callback reads it through ``net.training_``, and
    the next ``partial_fit`` or warm start continues from `resumable`. The annotations
    of the fields say what each may be: `check_run_state` reads them to refuse a damaged
    or forged state.

    All fields are numbers, arrays, strings, None, or lists and dicts of them. In a
    stack, each network has a state of its own.

    Attributes
    ----------
    progress : Progress
        Epochs, steps, rows and restarts so far, which schedules read.
    records : Records
        What the net shows as ``loss_curve_`` and the like.
    history : dict of list of float
        One number per epoch of this call under each name of `record_names`.
    n_stalled : int
        Epochs in a row without an improvement by `tol`, which end training.
    learning_rate : float
        Rate of the last step; NaN before the first one.
    lowest_loss : float or None
        Lowest loss so far, where `max_restarts` keeps weights to return to.
    stop_reason : str or None
        Why training ended; None while training continues, and at `max_iter`.
    asked_to_stop : bool
        Whether a callback asked training to stop in the last epoch.
    snapshots : dict of dict
        Copies of parameters, running statistics and the optimizer's moments. "best" is
        of the epoch with the highest validation score. A restart returns to "good".
        "candidate" is of the latest epoch. It becomes "good" if the loss of the next
        epoch is the lowest so far: that shows that training was stable.
    input_moments : dict or None
        Moments of the training rows that `standardize` has learned.
    parameters, statistics : ndarray or None
        Weights, biases and running statistics. None while training runs: then the
        network holds them, as the optimizer and the generators hold the next two.
    optimizer : dict or None
        Moments of the optimizer.
    streams : dict or None
        States of the random generators.
    """

    progress: Progress = field(default_factory=Progress)
    records: Records = field(default_factory=Records)
    history: dict[str, list[float]] = field(
        default_factory=lambda: {name: [] for name in record_names(None)}
    )
    n_stalled: int = 0
    learning_rate: float = np.nan
    lowest_loss: float | None = None
    stop_reason: str | None = None
    asked_to_stop: bool = False
    snapshots: dict[str, dict] = field(default_factory=dict)
    input_moments: dict | None = None
    parameters: np.ndarray | None = None
    statistics: np.ndarray | None = None
    optimizer: dict | None = None
    streams: dict | None = None

    @classmethod
    def of_call(cls, net, monitors_validation):
        """Return the state that a call of ``fit`` or ``partial_fit`` begins with.

        Parameters
        ----------
        net : estimator
            With what `resumable` returned after the last call in ``_run_state``.
        monitors_validation : bool
            Whether training stops by the validation score instead of the loss.
        """
        known = net._run_state
        progress = known.get("progress", {"rows": net.t_})
        return cls(
            Progress(**progress),
            Records.of_call(net, monitors_validation),
            history={name: [] for name in record_names(net.scoring)},
            input_moments=known.get("input_moments"),
        )

    def publish(self, net):
        """Set the net's attributes ``n_iter_``, ``loss_curve_`` and the like."""
        vars(net).update(vars(self.records))

    def to_dict(self, **live):
        """Return a copy as a dict of plain values and arrays.

        Parameters
        ----------
        **live
            Fields that other objects hold while training runs.
        """
        return _plain(replace(self, **live))

    @classmethod
    def from_dict(cls, state):
        """Return the state of a dict that `check_run_state` accepts."""
        return cls(
            **{
                **state,
                "progress": Progress(**state["progress"]),
                "records": Records.from_dict(state["records"]),
                "history": {name: list(v) for name, v in state["history"].items()},
                "snapshots": dict(state["snapshots"]),
            }
        )

    def in_training(self):
        """Return this state without the fields that are None while training runs."""
        return replace(
            self, parameters=None, statistics=None, optimizer=None, streams=None
        )

    def resumable(self, *, keeps_best, **live):
        """Return what the next call continues from, beyond what the net shows itself.

        Parameters
        ----------
        keeps_best : bool
            Whether early stopping is to continue as well.
        **live
            The fields `optimizer` and `streams`.
        """
        names = ("good", "candidate", *(["best"] if keeps_best else []))
        return {
            "progress": dict(vars(self.progress)),
            "n_stalled": self.n_stalled if keeps_best else 0,
            "lowest_loss": self.lowest_loss,
            "snapshots": {k: self.snapshots[k] for k in names if k in self.snapshots},
            "input_moments": self.input_moments,
            **live,
        }


def _plain(value):
    """Return a copy of nested values with Python's own numbers."""
    if isinstance(value, Progress | Records | RunState):
        value = vars(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return float(value) if isinstance(value, float) else value
