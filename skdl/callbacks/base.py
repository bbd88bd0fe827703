"""The base class of callbacks that read ``training_``, and the hooks that they have."""

from typing import Any

__all__ = ["NetCallback", "is_fit", "step_records_of", "store_step_records"]


def is_fit(context: Any) -> bool:
    """Return whether a task is a whole ``fit``, and not an epoch within it.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The task. Inside a search or a pipeline, scikit-learn merges the task of the
        inner ``fit`` with a step of the outer estimator; only then does it have a
        source.
    """
    return context.parent is None or context.source_task_name is not None


def step_records_of(net: Any) -> dict[str, Any]:
    """Return what step observers recorded in the last training of a net.

    Parameters
    ----------
    net : estimator
        A net of skdl, fitted or not.

    Returns
    -------
    records : dict
        By name of the observer, what its ``records()`` returned.
    """
    return getattr(net, "_step_records", {})


def store_step_records(net: Any, records: dict[str, Any]) -> None:
    """Store what step observers recorded on a net, which is pickled with it.

    Parameters
    ----------
    net : estimator
        The net that was trained.
    records : dict
        By name of the observer, what its ``records()`` returned.
    """
    net._step_records = records


class NetCallback:
    """Base class of callbacks that read ``training_``, which only nets of skdl have.

    A subclass overrides some of ``on_fit_begin``, ``on_epoch_begin``, ``on_epoch_end``
    and ``on_fit_end``. Each gets the run: the object that ``net.training_`` returns.

    scikit-learn shares one callback among all clones of an estimator, whose fits may
    run in threads. So a subclass stores what it remembers about a run in
    ``notes[run]``, not in attributes. A note with a method ``close`` is closed when
    ``fit`` ends, after an error, too.
    """

    @property
    def notes(self) -> dict:
        """Dict from each run in progress to what is remembered about it."""
        return vars(self).setdefault("_notes", {})

    def __getstate__(self) -> dict:
        """Leave the notes out of pickles and copies."""
        return {name: value for name, value in vars(self).items() if name != "_notes"}

    def setup(self, estimator: Any, context: Any) -> None:
        """Refuse an estimator that is not a net."""
        if not hasattr(estimator, "training_"):
            raise TypeError(
                f"{type(self).__name__} reads training_, which only nets of skdl have, "
                f"while they are fitted. {type(estimator).__name__} does not have it. "
                "Set the callback on the net, even inside a pipeline or a search: "
                "net.set_callbacks(...). Then remove it here: call set_callbacks() of "
                f"the {type(estimator).__name__} without arguments."
            )

    def teardown(self, estimator: Any, context: Any) -> None:
        """Close and remove the note of the run that ends."""
        for run in list(self.notes):
            if run.net is estimator:
                close = getattr(self.notes.pop(run), "close", None)
                if close is not None:
                    close()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Call ``on_fit_begin`` or ``on_epoch_begin``."""
        if is_fit(context):
            # Ctrl-C may have cut short the teardown of the previous fit.
            self.teardown(estimator, context)
            self.on_fit_begin(estimator.training_)
        else:
            self.on_epoch_begin(estimator.training_)

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool | None:
        """Call ``on_fit_end`` or ``on_epoch_end``; on True training stops."""
        if is_fit(context):
            self.on_fit_end(estimator.training_)
            return None
        return self.on_epoch_end(estimator.training_)

    def on_fit_begin(self, run: Any) -> None:
        """Called once, before the first epoch; does nothing here."""

    def on_epoch_begin(self, run: Any) -> None:
        """Called before each epoch; does nothing here."""

    def on_epoch_end(self, run: Any) -> bool | None:
        """Called after each epoch; does nothing here. Training stops on True."""

    def on_fit_end(self, run: Any) -> None:
        """Called once, after the last epoch; does nothing here."""
