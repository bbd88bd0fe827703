"""A callback that writes the state of training to a file, and resumes from it.

The file holds a fingerprint of the run, versions, the state, and the model. The state
is the fields of `skdl.estimators._run_state.RunState` with the arrays that
`TrainingRun.state_dict` adds. The model is what `skdl.estimators._stored_model` makes a
net of, together with the state. `skdl.callbacks._npz_file` is the format.
"""

import os
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from skdl._arguments import explain_parameters
from skdl._plain_values import from_plain, lost_in, trusted_class
from skdl._version import __version__
from skdl._warn import warn
from skdl.callbacks._fingerprint import (
    differences,
    fill_in,
    fingerprint,
    marks_of_parameters,
)
from skdl.callbacks._npz_file import StateFile, read_state
from skdl.callbacks._safe_file import check_flag, check_path
from skdl.callbacks.base import NetCallback

__all__ = ["Checkpoint"]

# Values of `stop_reason` after which the same call resumes the run.
UNFINISHED = ("interrupted", "max_time")
# Other versions may compute other bits.
VERSIONS = {"skdl": __version__, "numpy": np.__version__}
# What a file that lacks a part, or was forged, raises when it is read.
DAMAGE = (AttributeError, IndexError, KeyError, TypeError)


@explain_parameters
@dataclass(eq=False)
class Checkpoint(NetCallback):
    """Writes the state of training to a file: to resume ``fit``, or to load the net.

    Run the same script again after a crash, a power cut or Ctrl-C. With ``resume=True``
    training resumes after the last epoch in the file. It ends with the weights, records
    and scores of a run that was never interrupted, bit for bit on the same machine,
    with the same library versions and number of BLAS threads. If the run was complete,
    ``fit`` returns its result immediately, and prints so with `verbose`. With a larger
    `max_iter` than before, training continues after the last epoch of the complete run.

    `load` makes a net that predicts of the file, at any time, also while ``fit`` runs.

    Parameters
    ----------
    path : str or path-like
        The file, in a folder that exists; its usual ending is ".npz". "{fingerprint}"
        in the path is replaced by 16 characters that depend on the data and the
        parameters: then each fit of a search has a file of its own, and a search that
        was killed can be resumed, too.
    resume : bool, default=False
        Whether to resume from the file, if it exists. With False it is overwritten,
        with a warning if the run in it is unfinished.
    every : int, default=1
        Number of epochs between two writes. The end of training is always written.
    best_path : str or path-like, optional
        A second file, which is replaced after each epoch whose validation score is
        higher than all before it. It is a checkpoint as well. It needs `X_val`,
        `early_stopping` or `validation_split`.

    Raises
    ------
    ValueError
        By ``fit``, before training: if the file belongs to a run with other data,
        parameters or starting weights, or with more epochs than `max_iter`; if it is
        not a checkpoint, or is damaged; if another fit has the file open; if
        `random_state` is not an int, because the run could not be repeated; or with
        solver="lbfgs", because SciPy does not reveal its state.
    OSError
        By ``fit``, before training: if the folder does not exist or is not writable.

    Warns
    -----
    UserWarning
        By ``fit``, before training: without `resume`, if the file holds a run that was
        interrupted or stopped before its end.

    Notes
    -----
    The file is replaced as a whole: a temporary file is written, synced to disk and
    renamed. So there is a complete file after a crash at any moment. While ``fit``
    runs, a lock on a file ``*.lock`` beside it keeps other fits away; the system
    releases the lock when the process ends. If another program has written to the path
    nevertheless, the run does not change that file, warns, and writes to a new file
    beside it.

    The file is an ``.npz`` without pickles: ``numpy.load(path)["state.parameters"]``
    are the weights and biases after the last epoch as one vector, first all weights,
    then all biases. With early stopping, ``["state.snapshots.best.parameters"]`` are
    those of the best epoch. With Adam the file has three times the size of the weights,
    four times with early stopping, and up to ten times with `max_restarts`, which
    stores weights and moments to restart from.

    `verbose`, `max_time` and `max_iter` may differ between the runs, but no other
    parameter. A run that resumes with another `max_iter` equals an uninterrupted one of
    that length, unless the learning rate depends on `max_iter`, as with `Cosine`: then
    a warning says so, and the rate follows the schedule of the new length.

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
    >>> loaded = Checkpoint.load(path)
    >>> bool((loaded.predict_proba(X) == net.predict_proba(X)).all())
    True
    """

    path: str | os.PathLike
    resume: bool = False
    every: int = 1
    best_path: str | os.PathLike | None = None

    def __post_init__(self) -> None:
        check_path(self.path)
        if self.best_path is not None:
            check_path(self.best_path, "best_path")
            same = [os.path.abspath(os.fspath(p)) for p in (self.path, self.best_path)]
            if same[0] == same[1]:
                raise ValueError(
                    f"best_path must be another file than path, got {self.best_path!r} "
                    "for both."
                )
        check_flag("resume", self.resume)
        is_count = isinstance(self.every, Integral) and not isinstance(self.every, bool)
        if not is_count or self.every < 1:
            raise ValueError(f"every must be an int of at least 1, got {self.every!r}.")

    @property
    def after_interruption(self) -> str:
        """The advice that the warning about Ctrl-C gives."""
        path = os.fspath(self.path)
        return f"Checkpoint({path!r}, resume=True) continues the run."

    @classmethod
    def load(
        cls,
        path: str | os.PathLike,
        estimator: Any = None,
        *,
        which: Literal["best", "last"] = "best",
    ) -> Any:
        """Return a fitted net of the weights in a file.

        It predicts, scores, and can be pickled as any net; ``partial_fit`` and warm
        starts continue from its weights, with new moments of the optimizer. Its
        records, such as `history_`, are those of the run in the file. Loading runs no
        code from the file and makes objects of the classes in `skdl.trusted_types`
        alone. ``fit`` may be running meanwhile.

        Parameters
        ----------
        path : str or path-like
            A checkpoint.
        estimator : net, optional
            A net with the parameters of the run, which is cloned. It is needed if a
            parameter is a function or an object of another library, or if the net is of
            a class of your own: the file does not hold these.
        which : {'best', 'last'}, default='best'
            The epoch: that of the highest validation score, if the run had
            `early_stopping`, or the last one. Without early stopping, both are the last
            one.

        Returns
        -------
        net : estimator
            A fitted net of the class that was trained. `stop_reason_` is None if the
            run was not over.

        Raises
        ------
        OSError
            If the file does not exist.
        ValueError
            If it is not a checkpoint, is damaged or forged, needs an `estimator`, or
            was written by a run with other parameters than those of `estimator`.

        Warns
        -----
        UserWarning
            If another version of skdl wrote the file.
        """
        check_path(path)
        if which not in ("best", "last"):
            raise ValueError(f"which must be 'best' or 'last', got {which!r}.")
        path = os.fspath(path)
        content: Any = read_state(path)
        try:
            model, version = content["model"], content["versions"].get("skdl")
            if estimator is None:
                net = _net_of(model)
            else:
                net = _matching(estimator, content["fingerprint"])
            net.__load_checkpoint__(model, content["state"], which)
        except (*DAMAGE, ValueError) as error:
            text = error if isinstance(error, ValueError) else f"it lacks {error!r:.99}"
            raise ValueError(
                f"The checkpoint path={path!r} cannot be loaded: {text}"
            ) from error
        if version != __version__:
            warn(
                f"The checkpoint path={path!r} was written with skdl {version!s:.20} "
                f"(now {__version__}): the net may predict something else.",
                UserWarning,
            )
        return net

    def on_fit_begin(self, run: Any) -> None:
        """Open the files, and resume from the first with `resume`."""
        _check_repeatable(run)
        if self.best_path is not None and run.validation is None:
            raise ValueError(
                f"best_path={self.best_path!r} needs a validation score: set "
                "early_stopping=True, or pass X_val and y_val."
            )
        marks = fingerprint(run)
        file = StateFile(fill_in(os.fspath(self.path), marks))
        # A note from now on: an error below closes the file with its note.
        self.notes[run] = notes = _Notes(file, marks, run.model_dict())
        if self.best_path is not None:
            notes.best_file = StateFile(fill_in(os.fspath(self.best_path), marks))
        if file.exists and self.resume:
            notes.resume(run)
        elif file.exists:
            _warn_if_unfinished(file)
        notes.n_epochs = run.net.n_iter_

    def on_epoch_begin(self, run: Any) -> None:
        """Write the state after the last epoch.

        It is not written at the end of that epoch, when another callback could still
        stop the training.
        """
        notes = self.notes[run]
        notes.steps = run.progress.steps
        if run.net.n_iter_ != notes.n_epochs:
            notes.write_after_epoch(run, is_due=run.net.n_iter_ % self.every == 0)

    def on_epoch_end(self, run: Any) -> None:
        """Write the state if `max_time` ended the training after a full epoch."""
        notes, progress = self.notes[run], run.progress
        full = progress.steps == notes.steps + progress.batches
        if run.stop_reason == "max_time" and full:
            notes.write_after_epoch(run, stop_reason=None)

    def on_fit_end(self, run: Any) -> None:
        """Write the final state, unless the run is unfinished."""
        if run.stop_reason not in UNFINISHED:
            self.notes[run].write_after_epoch(run)


@dataclass
class _Notes:
    """The files of one run, what is the same in all writes, and its progress so far."""

    file: StateFile
    fingerprint: dict
    model: dict
    best_file: StateFile | None = None
    n_epochs: int = 0
    steps: int = 0

    def write_after_epoch(self, run, *, is_due=True, **changes):
        """Write the state after an epoch, if it is due, and to the file of the best."""
        is_new, self.n_epochs = run.net.n_iter_ != self.n_epochs, run.net.n_iter_
        best_file = self.best_file if is_new and _is_best(run) else None
        if not is_due and best_file is None:
            return
        content = {
            "fingerprint": self.fingerprint,
            "versions": VERSIONS,
            "model": self.model,
            "state": {**run.state_dict(), **changes},
        }
        if is_due:
            self.file.write(content)
        if best_file is not None:
            best_file.write(content)

    def resume(self, run):
        """Load the file into a run; raise if it belongs to another run."""
        path, content = self.file.path, self.file.read()
        try:
            found = differences(content["fingerprint"], self.fingerprint)
            state, changed = content["state"], _changed_versions(content)
            n_epochs = state["records"]["n_iter_"]
        except DAMAGE as error:
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
        if isinstance(n_epochs, Integral) and n_epochs > run.net.max_iter:
            raise ValueError(
                f"The checkpoint path={path!r} holds {n_epochs} epochs, and max_iter="
                f"{run.net.max_iter}: set max_iter to {n_epochs} or more, take another "
                "path, or set resume=False, which overwrites the file."
            )
        try:
            run.load_state_dict(state)
        except ValueError as error:
            raise ValueError(
                f"The checkpoint path={path!r} does not fit this run: {error} "
                "Delete it, and training starts from the beginning."
            ) from error
        self._tell_what_differs(run, state, changed)

    def _tell_what_differs(self, run, state, changed):
        """Say how the resumed training differs from one without interruption."""
        path, n_epochs = self.file.path, state["records"]["n_iter_"]
        if changed:
            warn(
                f"The checkpoint path={path!r} was written with {', '.join(changed)}: "
                "the resumed training may differ from one without interruption.",
                UserWarning,
            )
        if run.net.verbose and not run.has_epochs_left():
            print(
                f"The checkpoint path={path!r} holds a complete run of {n_epochs} "
                "epochs: fit returns its result and trains no further."
            )
        old_max_epochs = state["progress"]["max_epochs"]
        if run.stop_reason is None and run.follows_another_schedule(old_max_epochs):
            warn(
                f"The checkpoint path={path!r} is of a run with another max_iter, on "
                f"which learning_rate={run.net.learning_rate!r} depends. Its "
                f"{n_epochs} epochs followed the old schedule and the next ones follow "
                "the new: the result differs from one run of this max_iter.",
                UserWarning,
            )

    def close(self):
        self.file.close()
        if self.best_file is not None:
            self.best_file.close()


def _changed_versions(content):
    """Return a text for each library of another version than wrote a checkpoint."""
    versions = content.get("versions", {})
    return [
        f"{name} {versions[name]!s:.20} (now {version})"
        for name, version in VERSIONS.items()
        if versions.get(name, version) != version
    ]


def _warn_if_unfinished(file):
    """Warn if a file that will be overwritten holds a run that is not over."""
    try:
        state = file.read()["state"]
        n_epochs, n_planned = (state["progress"][k] for k in ("epochs", "max_epochs"))
        is_over = state["stop_reason"] is not None or n_epochs >= n_planned
    except (*DAMAGE, ValueError):
        return  # Nobody can resume from a damaged file.
    if not is_over:
        warn(
            f"The checkpoint path={file.path!r} holds {n_epochs} of {n_planned} epochs "
            "of an unfinished run, and this fit overwrites it. To continue that run, "
            "set resume=True; to keep the file, take another path.",
            UserWarning,
        )


def _is_best(run):
    """Return whether the last epoch has a higher validation score than all before."""
    scores = np.array(run.history["validation_score"], float)
    if not (len(scores) and np.isfinite(scores[-1])):
        return False
    return np.nanargmax(scores) == len(scores) - 1


def _net_of(model):
    """Return an unfitted net with the class and parameters in a file."""
    if not isinstance(model["class"], str) or not model["class"].startswith("skdl."):
        raise ValueError(
            f"it is of the class {model['class']!r:.80}, which is not of skdl. Pass a "
            "net of that class with the parameters of the run: Checkpoint.load(path, "
            "estimator)."
        )
    for name, value in model["parameters"].items():
        lost = lost_in(value)
        if lost is not None:
            raise ValueError(
                f"the file does not hold {name}={lost}, because that is code or an "
                "object of another library. Pass a net with the parameters of the run: "
                "Checkpoint.load(path, estimator)."
            )
    kind = trusted_class(model["class"])
    if not hasattr(kind, "__load_checkpoint__"):
        raise ValueError(f"{kind.__name__} is not a net.")
    names = ("class", "parameters")
    return from_plain({name: model[name] for name in names})


def _matching(estimator, marks):
    """Return a clone of a net with the class and parameters that a file has."""
    if not hasattr(estimator, "__load_checkpoint__"):
        raise ValueError(
            f"estimator must be a net of skdl, got {type(estimator).__name__}. Take "
            "the net out of a pipeline or a search."
        )
    now = marks_of_parameters(estimator)
    found = differences(
        {name: marks.get(name, [None, "not there"]) for name in now}, now
    )
    if found:
        raise ValueError(
            f"the net that was trained had other parameters: {'; '.join(found)}."
        )
    return clone(estimator)


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
