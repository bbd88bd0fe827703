"""A function of your own as a callback."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from skdl.callbacks._hooks import is_fit
from skdl.callbacks._portable import portable

__all__ = ["LambdaCallback"]


@dataclass(eq=False)
class LambdaCallback:
    """Calls functions when ``fit`` begins, after each epoch, and when ``fit`` ends.

    They get the estimator, whose ``training_`` has the network, the history and the
    rate. It works on any estimator that supports scikit-learn's callbacks, without
    ``training_``; an epoch is then a step of its ``fit``, such as an iteration of
    L-BFGS.

    Parameters
    ----------
    on_epoch_end : callable, optional
        Training stops after an epoch for which ``on_epoch_end(estimator)`` is true, if
        the estimator allows that; ours do.
    on_fit_begin, on_fit_end : callable, optional
        What ``on_fit_begin(estimator)`` and ``on_fit_end(estimator)`` return is not
        used.

    Notes
    -----
    A fitted net keeps its callbacks, and is saved with them. Lambdas and functions that
    pickle does not find by name are saved with their code and all that they refer to,
    data included; ``net.set_callbacks()`` before saving leaves them out. A net that was
    loaded predicts without them: they are not looked at before they are called.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import LambdaCallback
    >>> def good_enough(net):
    ...     return net.training_.history["loss"][-1] < 0.2
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(LambdaCallback(good_enough))
    >>> net = net.fit(*load_iris(return_X_y=True))
    >>> net.stop_reason_, net.loss_curve_[-1] < 0.2 < net.loss_curve_[-2]
    ('callback', True)
    """

    on_epoch_end: Callable | None = None
    on_fit_begin: Callable | None = None
    on_fit_end: Callable | None = None

    def __post_init__(self):
        given = {name: value for name, value in vars(self).items() if value is not None}
        if not given:
            raise TypeError(f"LambdaCallback needs one of {', '.join(vars(self))}.")
        for name, value in given.items():
            if not callable(value):
                raise TypeError(f"{name} must be callable, got {value!r}.")

    def __reduce__(self):
        """Save the functions as bytes, lambdas with their code."""
        functions = (
            portable(function, f"{name} of LambdaCallback")
            for name, function in vars(self).items()
        )
        return type(self), tuple(functions)

    def __deepcopy__(self, memo):
        """Keep functions as they are, as copies of functions do."""
        return type(self)(**deepcopy(vars(self), memo))

    def __copy__(self):
        """Keep the functions."""
        return type(self)(**vars(self))

    def setup(self, estimator, context):
        """Do nothing: there is no state."""

    def teardown(self, estimator, context):
        """Do nothing."""

    def on_fit_task_begin(self, estimator, context):
        """Call `on_fit_begin`."""
        if is_fit(context) and self.on_fit_begin is not None:
            self.on_fit_begin(estimator)

    def on_fit_task_end(self, estimator, context):
        """Call `on_fit_end` or `on_epoch_end`; return whether to stop."""
        if not is_fit(context):
            return self.on_epoch_end is not None and bool(self.on_epoch_end(estimator))
        if self.on_fit_end is not None:
            self.on_fit_end(estimator)
        return False
