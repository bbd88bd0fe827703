"""Logs of epochs: CSV files, files of JSON lines, and Python's ``logging``."""

import json
import logging
import math
import os
from dataclasses import dataclass
from typing import Any

from skdl._arguments import explain_parameters
from skdl._warn import warn
from skdl.callbacks._fingerprint import path_of
from skdl.callbacks._safe_file import TextFile, check_flag, check_path
from skdl.callbacks.base import NetCallback

__all__ = ["CSVLogger", "EpochLogger", "FileLogger", "JSONLinesLogger"]


@dataclass(eq=False)
class FileLogger(NetCallback):
    """Base class of the loggers that write a line to a text file after each epoch.

    A subclass has ``head(names)``, which returns the text at the start of a file, and
    ``line(epoch, numbers)``, which returns the line of an epoch.

    Parameters
    ----------
    path : str or path-like
        The text file.
    append : bool, default=False
        Whether to keep the lines that the file has, and to write below them.
    """

    path: str | os.PathLike
    append: bool = False

    def __post_init__(self) -> None:
        check_path(self.path)
        check_flag("append", self.append)

    def head(self, names: Any) -> str:
        """Return the text at the start of a file with columns of these names."""
        raise NotImplementedError

    def line(self, epoch: int, numbers: dict[str, float]) -> str:
        """Return the line of an epoch, counted from 1."""
        raise NotImplementedError

    def on_fit_begin(self, run: Any) -> None:
        """Lock the file, and make sure that it can be written."""
        self.notes[run] = TextFile(path_of(self.path, run))

    def on_epoch_begin(self, run: Any) -> None:
        """Write the start of the file before the first epoch of this ``fit``."""
        file = self.notes[run]
        if file.is_begun:
            return
        lines = []
        if not (self.append and os.path.getsize(file.path)):
            lines.append(self.head(run.history))
        if not self.append:
            # Earlier epochs, if a Checkpoint has restored them.
            lines += self._lines(run)
        file.write("".join(lines), "a" if self.append else "w")

    def on_epoch_end(self, run: Any) -> None:
        """Write the line of the epoch; if the file is lost, write a new one."""
        file = self.notes[run]
        if not file.is_lost:
            file.write(self._line(run, len(run.history["loss"])))
            return
        lost = file.path
        file.move()
        file.write("".join([self.head(run.history), *self._lines(run)]), "w")
        if file.path != lost:
            warn(
                f"Another program has written to path={lost!r}. This fit does not "
                f"change that file, and writes all its epochs to {file.path!r}.",
                UserWarning,
            )

    def on_fit_end(self, run: Any) -> None:
        """Write the file of a run that was complete before its first epoch."""
        # There is no note if Ctrl-C came before `on_fit_begin`.
        if run in self.notes:
            self.on_epoch_begin(run)

    def _lines(self, run):
        epochs = range(1, len(run.history["loss"]) + 1)
        return [self._line(run, epoch) for epoch in epochs]

    def _line(self, run, epoch):
        columns = run.history.items()
        return self.line(epoch, {name: float(c[epoch - 1]) for name, c in columns})


@explain_parameters
@dataclass(eq=False)
class CSVLogger(FileLogger):
    """Writes a row of `history_` to a CSV file after each epoch.

    The columns are "epoch", counted from 1, and those of `history_`: loss,
    validation_loss, validation_score, each metric if there are several, learning_rate,
    gradient_norm, update_ratio, and time in seconds. Numbers have all their digits;
    "nan" stands where a number does not apply. Each row is on disk before the next
    epoch begins.

    Parameters
    ----------
    path : str or path-like
        The CSV file, in a folder that exists. "{fingerprint}" in the path is replaced
        by 16 characters that depend on the data and the parameters, so that each fit of
        a search writes a file of its own.
    append : bool, default=False
        Whether to write rows below those that the file has. With False the file is
        replaced; if a `Checkpoint` resumes a run, the new file has each epoch from the
        first on once.

    Raises
    ------
    OSError
        By ``fit``, before training: if the folder does not exist or is not writable.
    ValueError
        By ``fit``: while another fit writes to the same file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import CSVLogger
    >>> path = tempfile.mkdtemp() + "/iris.csv"
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(CSVLogger(path)).fit(*load_iris(return_X_y=True))
    >>> lines = Path(path).read_text().splitlines()
    >>> lines[0].split(",")[:2], len(lines) == net.n_iter_ + 1
    (['epoch', 'loss'], True)
    """

    def head(self, names: Any) -> str:
        """Return the line with the names of the columns."""
        return ",".join(["epoch", *names]) + "\n"

    def line(self, epoch: int, numbers: dict[str, float]) -> str:
        """Return the row of an epoch."""
        return ",".join([str(epoch), *map(repr, numbers.values())]) + "\n"


@explain_parameters
@dataclass(eq=False)
class JSONLinesLogger(FileLogger):
    """Writes a line with a JSON object to a file after each epoch.

    Its keys are "epoch", counted from 1, and those of `history_`: loss,
    validation_loss, validation_score, each metric if there are several, learning_rate,
    gradient_norm, update_ratio, and time in seconds. Numbers have all their digits.
    null stands where a number does not apply, because JSON has no NaN; infinity is
    1e999, which parsers read as infinity. Each line is on disk before the next epoch
    begins.
    ``pandas.read_json(path, lines=True)`` reads the file.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists. "{fingerprint}" in the path is replaced by 16
        characters that depend on the data and the parameters, so that each fit of a
        search writes a file of its own.
    append : bool, default=False
        Whether to write lines below those that the file has. With False the file is
        replaced; if a `Checkpoint` resumes a run, the new file has each epoch from the
        first on once.

    Raises
    ------
    OSError
        By ``fit``, before training: if the folder does not exist or is not writable.
    ValueError
        By ``fit``: while another fit writes to the same file.

    Examples
    --------
    >>> import json, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import JSONLinesLogger
    >>> path = tempfile.mkdtemp() + "/iris.jsonl"
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(JSONLinesLogger(path)).fit(*load_iris(return_X_y=True))
    >>> with open(path) as file:
    ...     epochs = [json.loads(line) for line in file]
    >>> epochs[0]["epoch"], bool(epochs[-1]["loss"] == net.loss_)
    (1, True)
    """

    def head(self, names: Any) -> str:
        """Return an empty text: each line has the names."""
        return ""

    def line(self, epoch: int, numbers: dict[str, float]) -> str:
        """Return the JSON object of an epoch."""
        pairs = [f"{json.dumps(name)}: {_as_json(x)}" for name, x in numbers.items()]
        return "{" + ", ".join([f'"epoch": {epoch}', *pairs]) + "}\n"


def _as_json(number):
    if math.isnan(number):
        return "null"
    if math.isinf(number):
        return "1e999" if number > 0 else "-1e999"
    return repr(number)


@explain_parameters
@dataclass(eq=False)
class EpochLogger(NetCallback):
    """Logs a line after each epoch with Python's ``logging``, and why training ended.

    It sets no handler and no level, as is the rule for libraries; call
    ``logging.basicConfig(level=logging.INFO)`` to see the lines.

    Parameters
    ----------
    name : str, default="skdl"
        Name of the logger.
    level : int, default=logging.INFO
        Level of the lines.

    Examples
    --------
    >>> import logging, sys
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import EpochLogger
    >>> logger = logging.getLogger("iris")
    >>> logger.setLevel(logging.INFO)
    >>> logger.addHandler(logging.StreamHandler(sys.stdout))
    >>> net = MLPClassifier(n_iter_no_change=1, tol=9, random_state=0)
    >>> net = net.set_callbacks(EpochLogger("iris")).fit(*load_iris(return_X_y=True))
    ... # doctest: +ELLIPSIS
    MLPClassifier, epoch 1 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier, epoch 2 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier, epoch 3 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier ended after 3 epochs: converged
    """

    name: str = "skdl"
    level: int = logging.INFO

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"name must be the str of a logger, got {self.name!r}.")
        if not isinstance(self.level, int):
            raise TypeError(
                f"level must be an int such as logging.INFO, got {self.level!r}."
            )

    def on_epoch_end(self, run: Any) -> None:
        """Log the numbers of the epoch, without those that do not apply."""
        logger = logging.getLogger(self.name)
        if not logger.isEnabledFor(self.level):
            return
        last = {name: column[-1] for name, column in run.history.items()}
        numbers = [
            f"{name} {value:.6g}"
            for name, value in last.items()
            if name == "loss" or not math.isnan(value)
        ]
        logger.log(
            self.level,
            "%s, epoch %d of %d: %s",
            type(run.net).__name__,
            len(run.history["loss"]),
            run.max_epochs,
            ", ".join(numbers),
        )

    def on_fit_end(self, run: Any) -> None:
        """Log why training ended."""
        logging.getLogger(self.name).log(
            self.level,
            "%s ended after %d epochs: %s",
            type(run.net).__name__,
            len(run.history["loss"]),
            run.net.stop_reason_,
        )
