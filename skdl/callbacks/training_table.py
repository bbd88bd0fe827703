"""A row of numbers for each epoch: the table of `verbose`, and a callback."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl._arguments import explain_parameters
from skdl.callbacks._safe_file import check_flag, check_stream
from skdl.callbacks.base import NetCallback

__all__ = ["EpochRows", "TrainingTable"]

# The narrowest column of losses and scores.
WIDTH = 10


class EpochRows:
    """Formats the epochs of a run as rows of a table.

    The columns are those that the run has: epoch, loss, validation loss, each metric,
    learning rate and seconds. A "*" marks a validation loss or a score that is better
    than those of all epochs before.

    Parameters
    ----------
    run : TrainingRun
        The run, after an epoch. Earlier epochs count for the marks, and so does the
        score of the weights that a warm start begins with.
    time_left : bool, default=False
        Whether to add a column with the time that the remaining epochs would take.
    """

    def __init__(self, run: Any, time_left: bool = False) -> None:
        self.earlier = dict(run.net.history_) if run.incremental else {}
        self.n_earlier = len(self.earlier.get("loss", ()))
        # The sign is that of an improvement; 0 stands for columns without marks.
        self.columns = {"loss": ("loss", 0)}
        if run.validation is not None:
            self.columns["validation_loss"] = ("validation loss", -1)
            names = run.metric_names
            self.columns |= {record: (name, 1) for record, name in names.items()}
        self.has_rate = run.optimizer is not None
        self.time_left = time_left
        self.best: dict[str, float] = {}
        for record, (_, sign) in self.columns.items():
            before = [*self.earlier.get(record, ()), *run.history[record][:-1]]
            for value in before:
                self._is_best(record, sign, value)
        if "validation_score" in self.columns:
            self._is_best("validation_score", 1, run.score_before)

    @property
    def header(self) -> str:
        """The names of the columns, above their numbers."""
        cells = ["epoch"]
        cells += [f"{name:>{WIDTH}} " for name, _ in self.columns.values()]
        if self.has_rate:
            cells.append("learning rate")
        cells.append("seconds")
        if self.time_left:
            cells.append("time left")
        return " ".join(cells)

    @property
    def continues(self) -> bool:
        """Whether the last call of ``partial_fit`` printed the same columns."""
        is_validated = "validation_loss" in self.columns
        losses = self.earlier.get("validation_loss", ())
        return len(losses) > 0 and math.isnan(losses[-1]) != is_validated

    def row(self, run: Any) -> str:
        """Return the row of the last epoch of the run."""
        history = run.history
        n_epochs = len(history["loss"])
        cells = [f"{self.n_earlier + n_epochs:5}"]
        judged = [history[record][-1] for record in self.columns if record != "loss"]
        is_judged = not all(map(math.isnan, judged))
        for record, (name, sign) in self.columns.items():
            value = float(history[record][-1])
            mark = "*" if self._is_best(record, sign, value) else " "
            # A tabular net judges every second epoch only.
            text = _text(value) if is_judged or record == "loss" else ""
            cells.append(f"{text:>{max(WIDTH, len(name))}}{mark}")
        if self.has_rate:
            cells.append(f"{history['learning_rate'][-1]:13.4g}")
        cells.append(f"{history['time'][-1]:7.3f}")
        if self.time_left:
            mean = sum(history["time"]) / n_epochs
            cells.append(f"{_clock(mean * (run.max_epochs - n_epochs)):>9}")
        return " ".join(cells)

    def end(self, run: Any) -> str:
        """Return a sentence about the end of training."""
        history, reason = run.history, run.net.stop_reason_
        n_epochs, seconds = len(history["loss"]), sum(history["time"])
        epochs = "1 epoch" if n_epochs == 1 else f"{n_epochs} epochs"
        text = f"Training ended after {epochs} in {seconds:.2f} s: {reason}."
        scores = np.asarray(history["validation_score"])
        if run.monitors_validation and np.isfinite(scores).any():
            if np.nanmax(scores) > run.score_before:
                text += f" Epoch {np.nanargmax(scores) + 1} is the best."
            else:
                text += " No epoch was better than the weights that it began with."
        return text

    def _is_best(self, record, sign, value):
        """Return whether a value is better than all before, and remember it."""
        if not sign or not sign * value > self.best.get(record, -math.inf):
            return False
        self.best[record] = sign * value
        return True


def _text(value):
    is_plain = value == 0 or 1e-3 <= abs(value) < 1e4
    return f"{value:.4f}" if is_plain else f"{value:.3e}"


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@explain_parameters
@dataclass(eq=False)
class TrainingTable(NetCallback):
    """Prints a row after each epoch: losses, scores, learning rate and seconds.

    The rows are those that `SoftmaxClassifier` and its like print with ``verbose=1``.
    The callback prints them for every net, also inside a search, and to any stream. A
    "*" marks a validation loss or a score that is better than those of all epochs
    before.

    Parameters
    ----------
    file : text stream, optional
        Where to print, such as an open file or ``sys.stderr``: an object with a method
        ``write``. By default ``sys.stdout``, as it is at that time.
    time_left : bool, default=True
        Whether to add a column with the time that the remaining epochs, up to
        `max_iter`, would take. Training may end earlier.

    Notes
    -----
    Copies and pickles of the callback print to ``sys.stdout``, because an open file
    cannot be copied. This includes the copies in other processes of a search.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import TrainingTable
    >>> net = MLPClassifier(early_stopping=True, n_iter_no_change=1, random_state=0)
    >>> net = net.set_callbacks(TrainingTable()).fit(*load_iris(return_X_y=True))
    ... # doctest: +ELLIPSIS +NORMALIZE_WHITESPACE
    epoch       loss  validation loss    accuracy  learning rate seconds time left
        1     1...
    """

    file: Any = None
    time_left: bool = True

    def __post_init__(self) -> None:
        check_stream(self.file)
        check_flag("time_left", self.time_left)

    def __getstate__(self) -> dict:
        """Leave the stream out of pickles and copies."""
        return {**super().__getstate__(), "file": None}

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Print which of the fits of a search or pipeline begins."""
        super().on_fit_task_begin(estimator, context)
        if context.source_task_name is not None:
            task = f"{context.source_task_name} {context.task_id}"
            self._print(f"{context.source_estimator_name}, {task}:")

    def on_epoch_end(self, run: Any) -> None:
        """Print the row of the epoch, below the names of the columns if it is first."""
        if run not in self.notes:
            self.notes[run] = EpochRows(run, self.time_left)
            self._print(self.notes[run].header)
        self._print(self.notes[run].row(run))

    def on_fit_end(self, run: Any) -> None:
        """Print why training ended, also if a Checkpoint resumed a complete run."""
        if run.history["loss"]:
            rows = self.notes.get(run) or EpochRows(run, self.time_left)
            self._print(rows.end(run))

    def _print(self, line):
        print(line, file=sys.stdout if self.file is None else self.file, flush=True)
