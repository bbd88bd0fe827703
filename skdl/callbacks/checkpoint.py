"""A callback that writes the state of training to a file, and resumes from it.

The file holds a fingerprint of the run, versions, and the state: the fields of
`skdl.estimators._run_state.RunState` with the arrays that
`TrainingRun.state_dict` adds. `skdl.callbacks._state_file` is its format.
"""

import os
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from skdl._version import __version__
from skdl._warn import warn
from skdl.callbacks._fingerprint import differences, fill_in, fingerprint
from skdl.callbacks._safe_file import check_flag, check_path
from skdl.callbacks._state_file import StateFile
from skdl.callbacks.base import NetCallback

__all__ = ["Checkpoint"]

# Values of `stop_reason` after which the same call resumes the run.
UNFINISHED = ("interrupted", "max_time")
# Other versions may compute other bits.
VERSIONS = {"skdl": __version__, "numpy": np.__version__}


@dataclass(eq=False)
class Checkpoint(NetCallback):
    """Writes the state of training to a file, from which the same ``fit`` resumes.

    Run the same script again after a crash, a power cut or Ctrl-C. With ``resume=True``
    training resumes after the last epoch in the file. It ends with the weights, records
    and scores of a run that was never interrupted, bit for bit on the same machine,
    with the same library versions and number of BLAS threads. If the run was complete,
    ``fit`` returns its result immediately.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists; its usual ending is ".npz". "{fingerprint}"
        in the path is replaced by 16 characters that depend on the data and the
        parameters: then each fit of a search has a file of its own, and a search that
        was killed can be resumed, too.
    resume : bool, default=False
        Whether to resume from the file, if it exists. With False it is overwritten.
    every : int, default=1
        Number of epochs between two writes. The end of training is always written.

    Raises
    ------
    ValueError
        By ``fit``, before training: if the file belongs to a run with other data,
        parameters or starting weights, is not a checkpoint, or is damaged; if another
        fit has the file open; if `random_state` is not an int, because the run could
        not be repeated; or with solver="lbfgs", because SciPy does not reveal its
        state.
    OSError
        By ``fit``, before training: if the folder does not exist or is not writable.

    Notes
    -----
    The file is replaced as a whole: a temporary file is written, synced to disk and
    renamed. So there is a complete file after a crash at any moment. While ``fit``
    runs, a lock on a file ``*.lock`` beside it keeps other fits away; the system
    releases the lock when the process ends. If another program has written to the path
    nevertheless, the run does not change that file, warns, and writes to a new file
    beside it.

    The file is an ``.npz`` without pickles: ``numpy.load(path)["state.parameters"]``
    are the weights and biases as one vector, first all weights, then all biases. With
    early stopping, ``["state.snapshots.best.parameters"]`` are those of the best epoch.
    With Adam the file has three times the size of the weights, four times with early
    stopping, and up to ten times with `max_restarts`, which stores weights and moments
    to restart from.

    `verbose` and `max_time` may differ between the runs, but no other parameter.
    Functions are compared by name, defaults, the variables that they use from enclosing
    functions, and the object that they are bound to; the user's functions also by their
    code. X is read once for this, in blocks.

    Ctrl-C and `max_time` leave a run unfinished: the same call resumes it from the last
    full epoch in the file. All other ends are final. Only ``fit`` calls callbacks,
    ``partial_fit`` does not. A second ``fit`` with `warm_start` is another run, which
    needs another path, or resume=False.

    The file does not hold the state of other callbacks: they start fresh when a run is
    resumed.

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

    def __post_init__(self) -> None:
        check_path(self.path)
        check_flag("resume", self.resume)
        is_count = isinstance(self.every, Integral) and not isinstance(self.every, bool)
        if not is_count or self.every < 1:
            raise ValueError(f"every must be an int of at least 1, got {self.every!r}.")

    def on_fit_begin(self, run: Any) -> None:
        """Open the file, and resume from it with `resume`."""
        _check_repeatable(run)
        marks = fingerprint(run)
        file = StateFile(fill_in(os.fspath(self.path), marks))
        # A note from now on: an error below closes the file with its note.
        self.notes[run] = notes = _Notes(file, marks)
        if self.resume and file.exists:
            notes.resume(run)
        notes.n_epochs = run.net.n_iter_

    def on_epoch_begin(self, run: Any) -> None:
        """Write the state after the last epoch.

        It is not written at the end of that epoch, when another callback could still
        stop the training.
        """
        notes, n_epochs = self.notes[run], run.net.n_iter_
        notes.steps = run.progress.steps
        if n_epochs != notes.n_epochs and n_epochs % self.every == 0:
            notes.n_epochs = n_epochs
            notes.write(run.state_dict())

    def on_epoch_end(self, run: Any) -> None:
        """Write the state if `max_time` ended the training after a full epoch."""
        notes, progress = self.notes[run], run.progress
        full = progress.steps == notes.steps + progress.batches
        if run.stop_reason == "max_time" and full:
            notes.write({**run.state_dict(), "stop_reason": None})

    def on_fit_end(self, run: Any) -> None:
        """Write the final state, unless the run is unfinished."""
        if run.stop_reason not in UNFINISHED:
            self.notes[run].write(run.state_dict())


@dataclass
class _Notes:
    """The file of one run, its fingerprint, and its progress at the last write."""

    file: StateFile
    fingerprint: dict
    n_epochs: int = 0
    steps: int = 0

    def write(self, state):
        content = {"fingerprint": self.fingerprint, "versions": VERSIONS}
        self.file.write({**content, "state": state})

    def resume(self, run):
        """Load the file into a run; raise if it belongs to another run."""
        path, content = self.file.path, self.file.read()
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
                f"The checkpoint path={path!r} belongs to another run: "
                f"{'; '.join(found)}. Restore the old values, take another path, or "
                "set resume=False, which overwrites the file."
            )
        try:
            run.load_state_dict(state)
        except ValueError as error:
            raise ValueError(
                f"The checkpoint path={path!r} does not fit this run: {error} "
                "Delete it, and training starts from the beginning."
            ) from error
        if changed:
            warn(
                f"The checkpoint path={path!r} was written with {', '.join(changed)}: "
                "the resumed training may differ from one without interruption.",
                UserWarning,
            )

    def close(self):
        self.file.close()


def _check_repeatable(run):
    net = run.net
    if run.optimizer is None:
        raise ValueError(
            "Checkpoint does not support solver='lbfgs', because SciPy does not reveal "
            "its state: take another solver, or no Checkpoint."
        )
    if not isinstance(net.random_state, Integral):
        raise ValueError(
            f"Checkpoint needs an int as random_state, got {net.random_state!r}: the "
            "call could not be repeated after a crash. Set random_state=0, for example."
        )
