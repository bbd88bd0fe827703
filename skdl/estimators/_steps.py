"""Our own hook beside scikit-learn's: callbacks that look at single steps."""

__all__ = ["StepObservers", "step_observer"]


def step_observer(net, run):
    """Return what the training loop tells of its steps, or None.

    A callback that wants to know has ``observe_steps(run, records)``. It returns an
    observer (see `skdl.engine.train`) with a method ``records()``, whose result the net
    keeps; the next call that goes on from there hands it back. This is no part of
    scikit-learn's protocol, and so happens in ``partial_fit``, too.
    """
    callbacks = [
        callback
        for callback in getattr(net, "_skl_callbacks", ())
        if hasattr(callback, "observe_steps")
    ]
    if not callbacks:
        return None
    old = getattr(net, "_step_records", [])
    old = [*old, *[None] * len(callbacks)]
    return StepObservers(
        [
            callback.observe_steps(run, records)
            for callback, records in zip(callbacks, old, strict=False)
        ]
    )


class StepObservers:
    """Several observers as one."""

    def __init__(self, observers):
        self.observers = self.now = observers
        if len(observers) == 1:
            # Asked at every step: without a detour.
            self.wants = observers[0].wants

    def records(self):
        """Return what each of them has recorded."""
        return [observer.records() for observer in self.observers]

    def wants(self, step):
        """Tell whether any of them does."""
        self.now = [observer for observer in self.observers if observer.wants(step)]
        return bool(self.now)

    def before(self, parameters, gradient, objective):
        """Tell those that want to know; none of them ends training."""
        for observer in self.now:
            observer.before(parameters, gradient, objective)

    def after(self, parameters, rate):
        """Tell those that want to know."""
        for observer in self.now:
            observer.after(parameters, rate)
