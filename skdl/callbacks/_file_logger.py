"""What logs have in common that are one text file, with a line for each epoch."""

import os
from dataclasses import dataclass

import numpy as np

from skdl.callbacks._fingerprint import FINGERPRINT, fill_in, fingerprint
from skdl.callbacks._hooks import NetCallback

__all__ = ["FileLogger", "check_flag", "check_path", "path_of"]


def check_path(path):
    """Refuse what is no path, in a constructor."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or path-like, got {path!r}.")
    # It would stand for the current folder.
    if path == "":
        raise ValueError("path must name a place on the disk, got ''.")


def check_flag(name, value):
    """Refuse what is no bool, in a constructor: "no" would count as yes."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def path_of(path, run):
    """Return the absolute path of a run, with its fingerprint if it asks for one."""
    path = os.path.abspath(os.fspath(path))
    return fill_in(path, fingerprint(run)) if FINGERPRINT in path else path


@dataclass(eq=False)
class FileLogger(NetCallback):
    """Writes a line to a text file after each epoch.

    A subclass has ``head(names)``, the text that begins a file, and ``line(epoch,
    numbers)``, that of an epoch, whose numbers are a dict.

    Parameters
    ----------
    path : str or path-like
    append : bool, default=False
    """

    path: str | os.PathLike
    append: bool = False

    def __post_init__(self):
        check_path(self.path)
        check_flag("append", self.append)

    def fit_begins(self, run):
        """Make sure that the file can be written."""
        path = path_of(self.path, run)
        try:
            with open(path, "a", encoding="utf-8"):
                pass
        except OSError as error:
            raise type(error)(
                error.errno,
                f"path={path!r} takes no log ({error.strerror}): name a file in a "
                "folder that exists",
            ) from error
        self.notes[run] = _File(path)

    def epoch_begins(self, run):
        """Begin the file before the first epoch of this call."""
        file = self.notes[run]
        if file.size is not None:
            return
        lines = []
        if not (self.append and os.path.getsize(file.path)):
            lines.append(self.head(run.history))
        if not self.append:
            # Epochs that a Checkpoint has brought back.
            done = len(run.history["loss"])
            lines += [self._line(run, epoch) for epoch in range(1, done + 1)]
        file.add("".join(lines), "a" if self.append else "w")

    def epoch_ended(self, run):
        """Write the epoch's line."""
        file = self.notes[run]
        file.check()
        file.add(self._line(run, len(run.history["loss"])))

    def fit_ended(self, run):
        """Write the file of a run that was complete already."""
        self.epoch_begins(run)

    def _line(self, run, epoch):
        columns = run.history.items()
        return self.line(epoch, {name: float(c[epoch - 1]) for name, c in columns})


class _File:
    """A text file, and the size that it had when this run last wrote to it."""

    def __init__(self, path):
        self.path = path
        self.size = None

    def check(self):
        """Refuse to mix lines with those of another fit."""
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
