"""Our own hook beside scikit-learn's: callbacks that look at single steps."""

from collections import Counter

__all__ = ["StepObservers", "step_observer"]


def step_observer(net, run):
    """Return what the training loop tells of its steps, or None.

    A callback that wants to know has ``observe_steps(run, records)``. It returns an
    observer (see `skdl.engine.train`) with a method ``records()``, whose result the net
    keeps; the next call that goes on from there hands it back to a callback of the
    same class. This is no part of scikit-learn's protocol, and so happens in
    ``partial_fit``, too.
    """
    callbacks = [
        callback
        for callback in getattr(net, "_skl_callbacks", ())
        if hasattr(callback, "observe_steps")
    ]
    if not callbacks:
        return None
    old = getattr(net, "_step_records", {})
    return StepObservers(
        {
            name: callback.observe_steps(run, old.get(name))
            for name, callback in _named(callbacks).items()
        }
    )


def _named(callbacks):
    """Return {name: callback}, whatever stands before, between and behind them."""
    counts, named = Counter(), {}
    for callback in callbacks:
        name = f"{type(callback).__module__}.{type(callback).__qualname__}"
        counts[name] += 1
        named[f"{name} {counts[name]}"] = callback
    return named


class StepObservers:
    """Several observers, by name, as one."""

    def __init__(self, observers):
        self.named = observers
        self.observers = self.now = list(observers.values())
        if len(observers) == 1:
            # Asked at every step: without a detour.
            self.wants = self.observers[0].wants

    def records(self):
        """Return what each of them has recorded."""
        return {name: observer.records() for name, observer in self.named.items()}

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
