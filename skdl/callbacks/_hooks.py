"""The four hooks of scikit-learn's protocol, sorted into fits and epochs."""

__all__ = ["NetCallback", "is_fit"]


def is_fit(context):
    """Tell whether a task is the whole of a ``fit``, and not a step within it.

    Inside a search or a pipeline, a fit is merged with a step of the outer estimator,
    and only then has a source.
    """
    return context.parent is None or context.source_task_name is not None


class NetCallback:
    """Base of the callbacks that read ``training_``, which only nets have.

    A subclass overrides ``fit_begins``, ``epoch_begins``, ``epoch_ended`` and
    ``fit_ended``, each of which gets the `TrainingRun`. What it remembers about a run
    goes to ``notes[run]``: scikit-learn shares one callback among all clones of an
    estimator, and their fits may run in threads. A note that has a method ``close`` is
    closed when ``fit`` ends, by an error, too.
    """

    @property
    def notes(self):
        """What is remembered about the runs at hand, until `teardown`."""
        return vars(self).setdefault("_notes", {})

    def __getstate__(self):
        """Leave the notes, which are about runs elsewhere, out of copies."""
        return {name: value for name, value in vars(self).items() if name != "_notes"}

    def setup(self, estimator, context):
        """Refuse an estimator that is no net."""
        if not hasattr(estimator, "training_"):
            raise TypeError(
                f"{type(self).__name__} reads training_, which the nets of skdl have "
                f"during fit, and {type(estimator).__name__} has not. Set it on the "
                "net itself, inside a pipeline or a search, too: "
                "net.set_callbacks(...)."
            )

    def teardown(self, estimator, context):
        """Close the notes of the run that ends, and forget them."""
        for run in list(self.notes):
            if run.net is estimator:
                close = getattr(self.notes.pop(run), "close", None)
                if close is not None:
                    close()

    def on_fit_task_begin(self, estimator, context):
        """Call ``fit_begins`` or ``epoch_begins``."""
        if is_fit(context):
            # Ctrl-C may have cut short the teardown of the fit before.
            self.teardown(estimator, context)
        begins = self.fit_begins if is_fit(context) else self.epoch_begins
        begins(estimator.training_)

    def on_fit_task_end(self, estimator, context):
        """Call ``fit_ended`` or ``epoch_ended``; training goes on."""
        ended = self.fit_ended if is_fit(context) else self.epoch_ended
        ended(estimator.training_)

    def fit_begins(self, run):
        """Do nothing."""

    def epoch_begins(self, run):
        """Do nothing."""

    def epoch_ended(self, run):
        """Do nothing."""

    def fit_ended(self, run):
        """Do nothing."""
