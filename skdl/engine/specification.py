"""The base class of losses, activations, optimizers and their like."""

import inspect
from functools import wraps
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

__all__ = [
    "Completed",
    "Specification",
    "complete",
    "explain_settings",
    "name_of_kind",
]

C = TypeVar("C", bound=type)
# The learning rate in other libraries, whose optimizers have it as a setting.
RATES = ("lr", "learning_rate", "eta")


def explain_settings(cls: C) -> C:
    """Decorate a class: an error about its constructor lists the settings.

    Parameters
    ----------
    cls : class
        It is changed and returned.
    """
    constructor = cls.__init__
    known = [*inspect.signature(constructor).parameters][1:]

    @wraps(constructor)
    def explained(self, *args, **settings):
        try:
            constructor(self, *args, **settings)
        except TypeError as error:
            if len(args) > len(known) == 1:
                raise TypeError(
                    f"{type(self).__name__} has one setting, {known[0]}; write several "
                    f"values as a list: {type(self).__name__}({list(args)!r})."
                ) from error
            wrong = [name for name in settings if name not in known]
            if not wrong:
                raise
            text = f"{type(self).__name__} got an unexpected setting {wrong[0]!r}"
            text += f"; it has {', '.join(known) or 'none'}."
            if wrong[0] in RATES:
                text += " The learning rate is the net's: learning_rate_init."
            raise TypeError(text) from error

    cls.__init__ = explained
    return cls


class Specification(BaseEstimator):
    """A small object of settings that training reads and never changes.

    Its parameters can be searched (``solver__beta_1``), copied by
    `sklearn.base.clone`, and pickled. They hold no state of a run: an optimizer's
    ``start`` returns a new object for each training run.

    Attributes
    ----------
    REQUIRED : tuple of str
        Methods that every object of the kind needs.
    OPTIONAL : tuple of str
        Names that an object of a user's own class may leave out. `complete` takes them
        from the base class of its kind.
    """

    REQUIRED: tuple[str, ...] = ()
    OPTIONAL: tuple[str, ...] = ("check",)

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""


def complete(thing: Any, kind: type[Specification]) -> Any:
    """Return an object that has every optional attribute of its kind.

    Objects of our classes have them already. An object of a user's own class, which
    need not inherit from ours, is wrapped: what it lacks comes from `kind`.

    Parameters
    ----------
    thing : object
        A loss, an activation, a schedule and so on.
    kind : subclass of Specification
        The base class of such objects, whose attributes are the defaults.

    Returns
    -------
    thing : object
        The same object, or a `Completed` around it.

    Examples
    --------
    >>> from skdl.engine.losses import Loss
    >>> from skdl.engine.specification import complete
    >>> class Own:
    ...     mixes = True
    >>> loss = complete(Own(), Loss)
    >>> loss.mixes, loss.multilabel
    (True, False)
    """
    if isinstance(thing, (kind, Completed)):
        return thing
    if all(hasattr(thing, name) for name in kind.OPTIONAL):
        return thing
    return Completed(thing, kind)


class Completed:
    """An object of a user's own class, with defaults for what it lacks.

    Parameters
    ----------
    thing : object
        The user's object.
    kind : subclass of Specification
        Where the defaults stand.
    """

    def __init__(self, thing: Any, kind: type[Specification]) -> None:
        self.thing, self.kind = thing, kind

    def __getattr__(self, name: str) -> Any:
        """Return what the user's object has by this name, or the default."""
        # While a copy is being unpickled, there is no object to ask yet.
        if name in ("thing", "kind") or name.startswith("__"):
            raise AttributeError(name)
        try:
            return getattr(self.thing, name)
        except AttributeError:
            if name not in self.kind.OPTIONAL:
                raise
            default = getattr(self.kind, name)
            return default.__get__(self) if callable(default) else default

    def __repr__(self) -> str:
        """Show the user's object alone."""
        return repr(self.thing)


def name_of_kind(thing: Any) -> str:
    """Return the name of an object's class; for a completed one, of the user's class.

    Parameters
    ----------
    thing : object
        Any object, or a `Completed`.

    Examples
    --------
    >>> from skdl.engine import Relu
    >>> from skdl.engine.specification import name_of_kind
    >>> name_of_kind(Relu())
    'Relu'
    """
    return type(thing.thing if isinstance(thing, Completed) else thing).__name__
