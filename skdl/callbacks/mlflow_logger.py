"""A callback that writes parameters, history and model to MLflow."""

import math
import time
from copy import copy
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from skdl._arguments import explain_parameters
from skdl._trusted import trusted_types
from skdl._version import __version__
from skdl.callbacks._safe_file import check_flag
from skdl.callbacks.base import NetCallback

__all__ = ["MLflowLogger"]

# Rows from which MLflow learns the signature of the model.
ROWS = 5
# Least time between two transactions, and the most numbers that one of them takes.
SECONDS, BATCH = 1.0, 1000


@explain_parameters
@dataclass(eq=False)
class MLflowLogger(NetCallback):
    """Logs a fit to MLflow: parameters, the numbers of each epoch, and the model.

    Parameters are those of ``get_params``. Each name of `history_` is a metric (loss,
    validation_loss, validation_score, learning_rate and so on), whose step is the
    epoch, in the epochs in which it applies. They are sent once per second, and when
    ``fit`` ends. The model is saved with skops, without
    callbacks; ``mlflow.sklearn.load_model`` loads it.

    Where the numbers go, MLflow decides: ``mlflow.set_tracking_uri`` and
    ``mlflow.set_experiment``. It needs mlflow: ``pip install "skdl[mlflow]"``.

    Parameters
    ----------
    log_model : bool, default=True
        Whether to log the fitted net, under the name "model".
    nested : bool, default=False
        False logs to the active run of MLflow, or to a new run if there is none. True
        makes a run of its own for each ``fit``, below the active run: take it for the
        fits of a search or of an ensemble.

    Raises
    ------
    ImportError
        By ``fit``, before training: without mlflow.
    ValueError
        By ``fit``, before training: if the active run has parameters of another fit.

    Notes
    -----
    A run that the callback has made ends with ``fit``, as failed after an error. The
    net may be a step of a pipeline, whose other steps are not logged: for the whole,
    call ``mlflow.sklearn.log_model(pipeline, name="model",
    skops_trusted_types=skdl.trusted_types)``.

    A `Checkpoint` that resumes training leaves earlier epochs in the run that logged
    them.
    """

    log_model: bool = True
    nested: bool = False

    def __post_init__(self) -> None:
        check_flag("log_model", self.log_model)
        check_flag("nested", self.nested)

    def on_fit_begin(self, run: Any) -> None:
        """Find or make the run of MLflow, and log the parameters."""
        mlflow = _mlflow()
        is_own = self.nested or mlflow.active_run() is None
        if is_own:
            mlflow.start_run(nested=self.nested)
        run_id = mlflow.active_run().info.run_id
        # From now on `close` ends a run that is ours.
        self.notes[run] = _Notes(mlflow, run_id, is_own)
        try:
            mlflow.log_params(_parameters(run.net), run_id=run_id)
        except mlflow.exceptions.MlflowException as error:
            if is_own:
                raise
            raise ValueError(
                "MLflowLogger(nested=False) logs to the active run of MLflow, which "
                "has other parameters already. Fit each net in a run of its own, or "
                f"write MLflowLogger(nested=True). MLflow says: {error}"
            ) from error

    def on_epoch_end(self, run: Any) -> None:
        """Log the numbers of the epoch."""
        notes, history = self.notes[run], run.history
        # NaN stands for a number that does not apply.
        numbers = {name: float(history[name][-1]) for name in history}
        numbers = {name: x for name, x in numbers.items() if not np.isnan(x)}
        notes.add(numbers, len(history["loss"]))

    def on_fit_end(self, run: Any) -> None:
        """Log the model."""
        # There is no note if Ctrl-C came before `on_fit_begin`.
        if run in self.notes:
            notes = self.notes[run]
            notes.flush()
            if self.log_model:
                _log_model(notes.mlflow, run)
            notes.status = "FINISHED"


@dataclass
class _Notes:
    """The run of MLflow that belongs to one fit."""

    mlflow: Any
    run_id: str
    is_own: bool
    status: str = "FAILED"
    pending: list = field(default_factory=list)
    sent: float = -math.inf

    def add(self, numbers, epoch):
        """Note the numbers of an epoch, and send what is noted once per second."""
        now, Metric = int(1000 * time.time()), self.mlflow.entities.Metric
        self.pending += [Metric(name, numbers[name], now, epoch) for name in numbers]
        # A transaction of MLflow may take longer than many epochs of a small net.
        if time.perf_counter() - self.sent > SECONDS:
            self.flush()

    def flush(self):
        """Send what is noted."""
        client, pending = self.mlflow.MlflowClient(), self.pending
        self.pending = []
        for start in range(0, len(pending), BATCH):
            client.log_batch(self.run_id, pending[start : start + BATCH])
        self.sent = time.perf_counter()

    def close(self):
        """Send the last numbers, and end the run, if the callback has made it."""
        try:
            self.flush()
        finally:
            if self.is_own:
                self.mlflow.end_run(self.status)


def _mlflow() -> Any:
    try:
        import_module("mlflow.sklearn")
        return import_module("mlflow")
    except ImportError as error:
        raise ImportError(
            'MLflowLogger needs mlflow: pip install "skdl[mlflow]". CSVLogger and '
            "JSONLinesLogger need no other library."
        ) from error


def _parameters(net):
    """Return parameters as one line of text each, with the class of the net."""
    values = {"class": type(net).__name__, **net.get_params(deep=False)}
    # Longer texts are cut: MLflow has a limit of 6000 characters.
    return {name: " ".join(str(values[name]).split())[:500] for name in values}


def _log_model(mlflow, run):
    """Log a copy of the net without callbacks, which skops does not trust."""
    mlflow.sklearn.log_model(
        copy(run.net).set_callbacks(),
        name="model",
        serialization_format="skops",
        skops_trusted_types=trusted_types,
        signature=_signature(mlflow, run),
        # Known here: MLflow would run the model in another process to find them.
        pip_requirements=[
            f"skdl=={__version__}",
            *(f"{name}=={version(name)}" for name in ("scikit-learn", "skops")),
        ],
    )


def _signature(mlflow, run):
    """Return names and types of the columns, or None for a sparse X."""
    X, names = run.data.X[:ROWS], getattr(run.net, "feature_names_in_", None)
    if not isinstance(X, np.ndarray):
        return None
    if names is not None:
        import pandas

        X = pandas.DataFrame(X, columns=names)
    return mlflow.models.infer_signature(np.asarray(X) if names is None else X)
