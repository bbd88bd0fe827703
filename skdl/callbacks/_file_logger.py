"""What logs have in common that are one text file, with a line for each epoch."""

import os
from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from skdl._warn import warn
from skdl.callbacks._file_lock import FileLock, naming
from skdl.callbacks._fingerprint import FINGERPRINT, fill_in, fingerprint
from skdl.callbacks._hooks import NetCallback

__all__ = ["FileLogger", "check_flag", "check_path", "path_of"]


def check_path(path):
    """Refuse what is no path, in a constructor."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or path-like, got {path!r}.")
    # It would stand for the current folder.
    if path == "" or "\0" in str(path):
        raise ValueError(f"path must name a place on the disk, got {path!r}.")


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
        """Lock the file, and make sure that it can be written."""
        self.notes[run] = _File(path_of(self.path, run))

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
            lines += self._lines(run)
        file.add("".join(lines), "a" if self.append else "w")

    def epoch_ended(self, run):
        """Write the epoch's line."""
        file = self.notes[run]
        if not file.is_lost:
            file.add(self._line(run, len(run.history["loss"])))
            return
        lost = file.path
        file.move()
        file.add("".join([self.head(run.history), *self._lines(run)]), "w")
        if file.path != lost:
            warn(
                f"Something else has written to path={lost!r}. This fit leaves that "
                f"file alone and writes all its epochs to {file.path!r}.",
                UserWarning,
            )

    def fit_ended(self, run):
        """Write the file of a run that was complete already."""
        # Without a note Ctrl-C came before it began.
        if run in self.notes:
            self.epoch_begins(run)

    def _lines(self, run):
        epochs = range(1, len(run.history["loss"]) + 1)
        return [self._line(run, epoch) for epoch in epochs]

    def _line(self, run, epoch):
        columns = run.history.items()
        return self.line(epoch, {name: float(c[epoch - 1]) for name, c in columns})


class _File:
    """A locked text file, and the size that it had when this run last wrote to it."""

    def __init__(self, path):
        self._open(path)

    def _open(self, path):
        self.path, self.size, self.process = path, None, os.getpid()
        with naming(path, "takes no log", "name a file in a folder that exists"):
            self.lock = FileLock(path, path)

    @property
    def is_lost(self):
        """Whether others have written to or removed it, or this process is a fork."""
        if self.process != os.getpid():
            return True
        try:
            return os.path.getsize(self.path) != self.size
        except OSError:
            return True

    def move(self):
        """Open a new file: at the same place, if there is none, or beside it."""
        self.close()
        if os.path.lexists(self.path):
            stem, ending = os.path.splitext(self.path)
            self._open(f"{stem}-{uuid4().hex[:8]}{ending}")
        else:
            self._open(self.path)

    def add(self, text, mode="a"):
        # Opened each time: a handle would neither pickle nor survive a fork.
        with (
            naming(self.path, "takes no log", "take another path"),
            open(self.path, mode, encoding="utf-8", newline="\n") as file,
        ):
            file.write(text)
            file.flush()
            self.size = os.fstat(file.fileno()).st_size

    def close(self):
        """Let others write to the file."""
        self.lock.close()
