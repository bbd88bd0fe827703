"""How a net calls its callbacks; only this module reads scikit-learn's callback state.

There are two kinds of hooks. scikit-learn's own surround ``fit`` and each epoch
(`FitCallbacks`). Ours tell a callback about single steps (`step_observer`), in
``partial_fit`` as well.
"""

from collections import Counter
from copy import copy, deepcopy

from sklearn.callback import FitCallback

from skdl._missing_names import our_callback
from skdl.callbacks.base import step_records_of

# The methods of a callback.
HOOKS = ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown")
# Attributes that scikit-learn sets on a net, and needs to end a fit, a failed one, too.
CALLBACK_ATTRIBUTES = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


def callbacks_of(net):
    """Return the callbacks that ``net.set_callbacks`` has set, as a list."""
    return list(getattr(net, "_skl_callbacks", ()))


def check_callbacks(callbacks):
    """Raise unless all arguments of ``set_callbacks`` are callbacks.

    Parameters
    ----------
    callbacks : tuple

    Raises
    ------
    TypeError
        With what to write instead.
    """
    for callback in callbacks:
        name = type(callback).__name__
        if isinstance(callback, list | tuple):
            listed = ", ".join(type(one).__name__ + "(...)" for one in callback)
            raise TypeError(
                f"callbacks must be passed one by one, got a {name}: write "
                f"set_callbacks({listed})."
            )
        if isinstance(callback, type):
            name = callback.__name__
            raise TypeError(
                "callbacks must be objects and no classes: write "
                f"set_callbacks({name}(...)), not set_callbacks({name})."
            )
        if callable(callback) and not isinstance(callback, FitCallback):
            raise TypeError(
                f"callbacks must be objects, got the function {callback!r}: write "
                "set_callbacks(LambdaCallback(on_epoch_end=function)), with "
                "LambdaCallback of skdl.callbacks."
            )
        if not isinstance(callback, FitCallback):
            word = callback if isinstance(callback, str) else name
            if hint := our_callback(word):
                raise TypeError(f"callbacks must be objects, got {callback!r}: {hint}.")
            missing = [name for name in HOOKS if not hasattr(callback, name)]
            raise TypeError(
                f"callbacks must have the methods {', '.join(HOOKS)}: {callback!r} has "
                f"no {' and no '.join(missing)}. For functions, use LambdaCallback of "
                "skdl.callbacks."
            )


def start_callbacks(net, max_epochs, X, y, sample_weight, attributes=None):
    """Return the `FitCallbacks` of a call of ``fit``, or None if there is no callback.

    Callbacks with ``steps_only = True`` do not count: the task of an epoch takes some
    50 µs, a tenth of an epoch of a small net.

    Parameters
    ----------
    net : estimator
    max_epochs : int
        The most epochs that ``fit`` may have.
    X, y, sample_weight : object
        As the user gave them.
    attributes : callable, optional
        See `FitCallbacks`.
    """
    # Without callbacks, too: the task belongs to the tree of a search.
    context = net._init_callback_context(max_subtasks=max_epochs)
    if all(getattr(callback, "steps_only", False) for callback in callbacks_of(net)):
        return None
    return FitCallbacks(net, context, max_epochs, X, y, sample_weight, attributes)


class FitCallbacks:
    """Calls the callbacks of a net at the ends of ``fit`` and of each epoch.

    Parameters
    ----------
    net : estimator
    context : sklearn.callback.CallbackContext
        The task of the whole ``fit``.
    max_epochs : int
        The most epochs that ``fit`` may have.
    X, y, sample_weight : object
        As the user gave them.
    attributes : callable, optional
        Returns the attributes of a copy of the net that predicts as the net does now,
        or None if it cannot predict. By default those of `BaseNet`.
    """

    def __init__(
        self, net, context, max_epochs, X, y, sample_weight, attributes=None
    ):  # fmt: skip
        self.net = net
        # Not the bound method: it would hold this object for ever.
        self._attributes = attributes
        self.context = context
        self.max_epochs = max_epochs
        self.given = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}

    @property
    def attributes(self):
        return self._attributes or self._attributes_now

    def on_fit_begin(self):
        """Call the hooks before the first epoch."""
        self.context.call_on_fit_task_begin(estimator=self.net, **self.given)

    def on_epoch_begin(self, n_epochs):
        """Call the hooks before an epoch, if epochs are left after `n_epochs`."""
        if n_epochs < self.max_epochs:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(estimator=self.net, **self.given)

    def on_epoch_end(self, diverged):
        """Call the hooks after an epoch; return whether one of them asks to stop.

        After an epoch that diverged, callbacks get no `fitted_estimator`: it would
        predict NaN, and a callback that scores it would end a fit that may restart.
        """
        return self.epoch.call_on_fit_task_end(
            estimator=self.net,
            reconstruction_attributes=None if diverged else self.attributes,
            **self.given,
        )

    def on_fit_end(self):
        """Call the hooks after the last epoch."""
        self.context.call_on_fit_task_end(
            estimator=self.net,
            reconstruction_attributes=self.attributes,
            **self.given,
        )

    def _attributes_now(self):
        """Return attributes for a copy of the net that predicts as the net does now.

        None if the net cannot predict, because the last step of the epoch diverged.
        """
        net = self.net
        if not net._network.is_finite():
            return None
        attributes = {"_network": deepcopy(net._network)}
        # Training replaces all other attributes and writes to none of them.
        for name in ("loss_curve_", "validation_scores_"):
            attributes[name] = copy(getattr(net, name))
        attributes["history_"] = net.training_.all_history()
        return attributes


def step_observer(net, run):
    """Return the observer of steps that the training loop gets, or None.

    A callback that observes steps has a method ``observe_steps(run, records)``. It
    returns a `skdl.engine.protocols.StepObserver` with a method ``records()``. The net
    stores its result, and the next call that continues training passes it as `records`
    to a callback of the same class.

    Parameters
    ----------
    net : estimator
    run : TrainingRun
    """
    callbacks = [
        callback for callback in callbacks_of(net) if hasattr(callback, "observe_steps")
    ]
    if not callbacks:
        return None
    old = step_records_of(net)
    return StepObservers(
        {
            name: callback.observe_steps(run, old.get(name))
            for name, callback in _by_name(callbacks).items()
        }
    )


def _by_name(callbacks):
    """Return {class and number within the class: callback}."""
    counts, named = Counter(), {}
    for callback in callbacks:
        name = f"{type(callback).__module__}.{type(callback).__qualname__}"
        counts[name] += 1
        named[f"{name} {counts[name]}"] = callback
    return named


class StepObservers:
    """Several observers of steps as one.

    Parameters
    ----------
    observers : dict of str to StepObserver
    """

    def __init__(self, observers):
        self.named = observers
        self.observers = self.interested = list(observers.values())
        if len(observers) == 1:
            # The loop asks this at every step: spare it a call.
            self.wants = self.observers[0].wants

    def records(self):
        """Return the records of each observer, by name."""
        return {name: observer.records() for name, observer in self.named.items()}

    def wants(self, step):
        """Return whether any observer wants to see this step."""
        self.interested = [
            observer for observer in self.observers if observer.wants(step)
        ]
        return bool(self.interested)

    def before(self, parameters, gradient, objective):
        """Pass the state before a step on; no observer ends training."""
        for observer in self.interested:
            observer.before(parameters, gradient, objective)

    def after(self, parameters, rate):
        """Pass the state after a step on."""
        for observer in self.interested:
            observer.after(parameters, rate)
