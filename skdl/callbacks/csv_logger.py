"""The history of a run as a table on disk, row by row."""

import os
from dataclasses import dataclass

from skdl.callbacks._fingerprint import FINGERPRINT, fill_in, fingerprint
from skdl.callbacks._hooks import NetCallback

__all__ = ["CSVLogger"]


@dataclass(eq=False)
class CSVLogger(NetCallback):
    """Writes a row of `history_` to a CSV file after each epoch.

    The columns are "epoch", from 1, and those of `history_`: loss, validation_loss,
    validation_score, learning_rate, gradient_norm, update_ratio, and time in seconds.
    Numbers are written in full; what does not apply is "nan". Each row is on disk
    before the next epoch begins.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists. A "{fingerprint}" in it stands for 16 characters that
        depend on the data and the options, so that each fit of a search has a file of
        its own.
    append : bool, default=False
        Whether rows go below those in the file. Otherwise the file is begun anew; and
        if a `Checkpoint` lets the run go on, it has all epochs from the first one on,
        each of them once.

    Raises
    ------
    OSError
        By ``fit``, before it trains: if the folder does not exist or takes no files.
    RuntimeError
        By ``fit``: if another fit writes to the same file.

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

    path: str | os.PathLike
    append: bool = False

    def __post_init__(self):
        if not isinstance(self.path, str | os.PathLike):
            raise TypeError(f"path must be a str or path-like, got {self.path!r}.")

    def fit_begins(self, run):
        """Make sure that the file can be written."""
        path = os.path.abspath(os.fspath(self.path))
        if FINGERPRINT in path:
            path = fill_in(path, fingerprint(run))
        with open(path, "a", encoding="utf-8"):
            pass
        self.notes[run] = _Table(path)

    def epoch_begins(self, run):
        """Begin the table before the first epoch of this call."""
        table = self.notes[run]
        if table.size is None:
            table.begin(run.history, self.append)

    def epoch_ended(self, run):
        """Write the epoch's row."""
        table = self.notes[run]
        n_epochs = len(run.history["loss"])
        table.check()
        table.add(_row(n_epochs, [column[-1] for column in run.history.values()]))

    def fit_ended(self, run):
        """Write the table of a run that was complete already."""
        self.epoch_begins(run)


class _Table:
    """A CSV file, and the size that it had when this run last wrote to it."""

    def __init__(self, path):
        self.path = path
        self.size = None

    def begin(self, history, append):
        """Write the names, and the epochs of a run that goes on."""
        lines = []
        if not (append and os.path.getsize(self.path)):
            lines.append(",".join(["epoch", *history]) + "\n")
        if not append:
            rows = zip(*history.values(), strict=True)
            lines += [_row(i, values) for i, values in enumerate(rows, 1)]
        self.add("".join(lines), "a" if append else "w")

    def check(self):
        """Refuse to mix rows with those of another fit."""
        if os.path.getsize(self.path) != self.size:
            raise RuntimeError(
                f"Another fit writes to path={self.path!r} at the same time. Give each "
                "fit a path of its own: '{fingerprint}' in the path stands for a text "
                "that differs between them."
            )

    def add(self, text, mode="a"):
        # Opened each time: a handle would neither pickle nor survive a fork.
        with open(self.path, mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            self.size = os.fstat(file.fileno()).st_size


def _row(epoch, values):
    return ",".join([str(epoch), *(repr(float(value)) for value in values)]) + "\n"
