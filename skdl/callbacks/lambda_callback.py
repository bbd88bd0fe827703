"""A callback that calls functions of the user."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from joblib import wrap_non_picklable_objects

from skdl._arguments import explain_parameters
from skdl.callbacks.base import is_fit

__all__ = ["LambdaCallback", "PortableFunction", "portable"]


@explain_parameters
@dataclass(eq=False)
class LambdaCallback:
    """Calls functions when ``fit`` begins, after each epoch, and when ``fit`` ends.

    Each function gets the estimator. ``estimator.training_`` of a net has the network,
    the history and the learning rate. The callback also works on every other estimator
    that supports scikit-learn's callbacks. There ``training_`` does not exist, and an
    epoch is a step of the estimator's ``fit``, such as an iteration of L-BFGS.

    Parameters
    ----------
    on_epoch_end : callable, optional
        Called as ``on_epoch_end(estimator)`` after each epoch. Training stops if it
        returns a true value, on estimators that allow that; the nets of skdl do.
    on_fit_begin : callable, optional
        Called as ``on_fit_begin(estimator)`` before training. Its result is ignored.
    on_fit_end : callable, optional
        Called as ``on_fit_end(estimator)`` after training. Its result is ignored.

    Notes
    -----
    A fitted net keeps its callbacks, and they are saved with it. A lambda, or another
    function that pickle cannot find by its name, is saved with its code and everything
    that it refers to, data included. Call ``net.set_callbacks()`` before saving to
    leave the callbacks out. A loaded net predicts without reading the saved functions.

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
    >>> net.stop_reason_, bool(net.loss_curve_[-1] < 0.2 < net.loss_curve_[-2])
    ('callback', True)
    """

    on_epoch_end: Callable[[Any], Any] | None = None
    on_fit_begin: Callable[[Any], Any] | None = None
    on_fit_end: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        functions = {name: f for name, f in vars(self).items() if f is not None}
        if not functions:
            raise TypeError(f"LambdaCallback needs one of {', '.join(vars(self))}.")
        for name, function in functions.items():
            if not callable(function):
                raise TypeError(f"{name} must be callable, got {function!r}.")

    def __reduce__(self) -> tuple:
        """Save the functions as bytes, lambdas with their code."""
        functions = (
            portable(function, f"{name} of LambdaCallback")
            for name, function in vars(self).items()
        )
        return type(self), tuple(functions)

    def __deepcopy__(self, memo: dict) -> "LambdaCallback":
        """Return a copy with the same functions."""
        return type(self)(**deepcopy(vars(self), memo))

    def __copy__(self) -> "LambdaCallback":
        """Return a copy with the same functions."""
        return type(self)(**vars(self))

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing: the callback has no state."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Call `on_fit_begin`."""
        if is_fit(context) and self.on_fit_begin is not None:
            self.on_fit_begin(estimator)

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Call `on_fit_end` or `on_epoch_end`; return whether to stop."""
        if not is_fit(context):
            return self.on_epoch_end is not None and bool(self.on_epoch_end(estimator))
        if self.on_fit_end is not None:
            self.on_fit_end(estimator)
        return False


class PortableFunction:
    """A function saved as bytes, which are read when it is first called.

    A net with such a function can be loaded, and predicts, where the function or what
    it refers to does not exist.

    Parameters
    ----------
    content : bytes
        The pickled function.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __getstate__(self) -> dict:
        """Save the bytes alone."""
        return {"content": self.content}

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        if "_function" not in vars(self):
            self._function = pickle.loads(self.content)
        return self._function(*args)


def portable(function: Any, name: str) -> Any:
    """Return an object that can be saved in place of a function.

    Parameters
    ----------
    function : callable or None
        The function. One that pickle finds by its name in a module is returned
        unchanged. A lambda, a function within a function, or one of a script becomes a
        `PortableFunction` with its code and everything that it refers to, made by
        joblib.
    name : str
        Name of the function in the error message.

    Raises
    ------
    TypeError
        If the function refers to something that cannot be saved, such as an open file.
    """
    if function is None or isinstance(function, PortableFunction):
        return function
    try:
        if _is_importable(function):
            return function
        wrapped = wrap_non_picklable_objects(function, keep_wrapper=False)
        return PortableFunction(pickle.dumps(wrapped))
    except Exception as error:  # any error of an object that the function refers to
        raise TypeError(
            f"{name} cannot be saved: {error}. Call set_callbacks() without arguments "
            "on the net before you save it: what it has learned stays."
        ) from error


def _is_importable(function):
    # The process that loads the file has another "__main__".
    if getattr(function, "__module__", None) == "__main__":
        return False
    try:
        pickle.dumps(function)
    except Exception:  # any error of an object that the function refers to
        return False
    return True
