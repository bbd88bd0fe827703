"""Training that survives a crash."""

import os
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from skdl._version import __version__
from skdl._warn import warn
from skdl.callbacks._fingerprint import differences, fill_in, fingerprint
from skdl.callbacks._run_file import check_flag, check_path
from skdl.callbacks._state_file import StateFile
from skdl.callbacks.base import NetCallback

__all__ = ["Checkpoint"]

# Ends that the same call is to go on from.
UNFINISHED = ("interrupted", "max_time")
# Other versions may compute other bits.
VERSIONS = {"skdl": __version__, "numpy": np.__version__}


@dataclass(eq=False)
class Checkpoint(NetCallback):
    """Writes the state of training to a file, from which the same ``fit`` goes on.

    After a crash, a power cut or Ctrl-C run the same script again. With ``resume=True``
    it goes on from the last epoch in the file, and ends with the weights, the records
    and the scores of a run that was never interrupted: bit for bit, given the same
    machine, library versions and number of BLAS threads. Of a run that was complete,
    ``fit`` returns the result at once.

    Parameters
    ----------
    path : str or path-like
        Of the file, in a folder that exists; ".npz" is the usual ending. A
        "{fingerprint}" in it stands for 16 characters that depend on the data and the
        options: with it, each fit of a search has a file of its own, and so a search
        that was killed goes on, too.
    resume : bool, default=False
        Whether to go on from the file, if there is one; else it is overwritten.
    every : int, default=1
        Epochs between two writes. The end is always written.

    Raises
    ------
    ValueError
        By ``fit``, before it trains: if the file is of a run with other data, options
        or starting weights; is no checkpoint, or damaged; while another fit has it
        open; if `random_state` is no int,
        as the run could not be repeated; or with solver="lbfgs", as SciPy keeps its
        memory to itself.
    OSError
        By ``fit``, before it trains: if the folder does not exist or takes no files.

    Notes
    -----
    The file is replaced as a whole (a temporary file, synced, renamed), so that a crash
    at any moment leaves a complete one. While ``fit`` runs, a file ``*.lock`` beside it
    keeps other fits away; the system unlocks it when the process ends, however it does.
    If something else has written to the path nevertheless, the run leaves that alone,
    warns, and writes to a new file beside it. It is an ``.npz`` without pickles:
    ``numpy.load(path)["state.parameters"]`` are the weights and biases as one vector,
    all weights first, and ``["state.snapshots.best.parameters"]`` those of the best
    epoch, with early stopping. With Adam it has three times their size, four times with
    early stopping, and up to ten times with `max_restarts`, which keeps weights and
    moments to go back to.

    `verbose` and `max_time` may differ between the runs, no other parameter. Functions
    count by name, defaults, the variables that they have from functions around them and
    the object that they are bound to; your own by their code as well. To find out, X is
    read once, by blocks.

    Ctrl-C and `max_time` leave a run unfinished: the same call goes on, from the last
    full epoch in the file. All other ends are final. Only ``fit`` has callbacks, not
    ``partial_fit``. A second ``fit`` with `warm_start` is another run, which needs
    another path, or resume=False.

    A callback of your own that carries something from epoch to epoch begins anew when
    a run goes on, as the file does not know of it.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import Checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> path = tempfile.mkdtemp() + "/iris.npz"
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net.set_callbacks(Checkpoint(path, resume=True)).fit(X, y).n_iter_ > 20
    True
    >>> import numpy as np
    >>> with np.load(path) as file:
    ...     W = file["state.parameters"][: net.coefs_[0].size]
    >>> np.array_equal(W.reshape(net.coefs_[0].shape), net.coefs_[0])
    True
    """

    path: str | os.PathLike
    resume: bool = False
    every: int = 1

    def __post_init__(self):
        check_path(self.path)
        check_flag("resume", self.resume)
        is_count = isinstance(self.every, Integral) and not isinstance(self.every, bool)
        if not is_count or self.every < 1:
            raise ValueError(f"every must be an int of at least 1, got {self.every!r}.")

    def on_fit_begin(self, run):
        """Open the file, and resume from it if that is wanted."""
        _check_repeatable(run.net)
        marks = fingerprint(run)
        file = StateFile(fill_in(os.fspath(self.path), marks))
        # Before anything can fail: the file is closed with its note.
        self.notes[run] = notes = _Notes(file, marks)
        if self.resume and file.exists:
            notes.resume(run)
        notes.n_epochs = run.net.n_iter_

    def on_epoch_begin(self, run):
        """Write what the last epoch left.

        At its end, it would not be known yet whether another callback stops training.
        """
        notes, n_epochs = self.notes[run], run.net.n_iter_
        notes.steps = run.progress.steps
        if n_epochs != notes.n_epochs and n_epochs % self.every == 0:
            notes.n_epochs = n_epochs
            notes.write(run.state_dict())

    def on_epoch_end(self, run):
        """Write a last epoch that was full when the time was over."""
        notes, progress = self.notes[run], run.progress
        full = progress.steps == notes.steps + progress.batches
        if run.stop_reason == "max_time" and full:
            notes.write({**run.state_dict(), "stop_reason": None})

    def on_fit_end(self, run):
        """Write the end, unless the same call is to go on from here."""
        if run.stop_reason not in UNFINISHED:
            self.notes[run].write(run.state_dict())


@dataclass
class _Notes:
    """What is remembered of one run."""

    file: StateFile
    fingerprint: dict
    n_epochs: int = 0
    steps: int = 0

    def write(self, state):
        content = {"fingerprint": self.fingerprint, "versions": VERSIONS}
        self.file.write({**content, "state": state})

    def resume(self, run):
        """Load the file into a run that is the same; refuse any other one."""
        path = str(self.file.path)
        content: Any = self.file.read()
        try:
            found = differences(content["fingerprint"], self.fingerprint)
            state, versions = content["state"], content.get("versions", {})
            changed = [
                f"{name} {versions[name]!s:.20} (now {version})"
                for name, version in VERSIONS.items()
                if versions.get(name, version) != version
            ]
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError(
                f"The checkpoint path={path!r} lacks a part or is damaged "
                f"({error!r:.99}). Delete it, and training starts from the beginning."
            ) from error
        if found:
            raise ValueError(
                f"The checkpoint path={path!r} is of another run: {'; '.join(found)}. "
                "Restore these, take another path, or set resume=False, which "
                "overwrites the file."
            )
        try:
            run.load_state_dict(state)
        except ValueError as error:
            raise ValueError(
                f"The checkpoint path={path!r} holds no state of this run: {error} "
                "Delete it, and training starts from the beginning."
            ) from error
        if changed:
            warn(
                f"The checkpoint path={path!r} was written with {', '.join(changed)}: "
                "the rest of the training may differ from a run without a stop.",
                UserWarning,
            )

    def close(self):
        self.file.close()


def _check_repeatable(net):
    if net.solver == "lbfgs":
        raise ValueError(
            "Checkpoint cannot go on with solver='lbfgs', which keeps what it knows of "
            "the curvature inside SciPy: take another solver, or no Checkpoint."
        )
    if not isinstance(net.random_state, Integral):
        raise ValueError(
            f"Checkpoint needs an int as random_state, got {net.random_state!r}: the "
            "same call could not be repeated after a crash. Set random_state=0, say."
        )
