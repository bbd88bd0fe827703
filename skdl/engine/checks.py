"""Clear errors for the settings of specification objects."""

import math
from numbers import Integral, Real

import numpy as np

__all__ = [
    "check_choice",
    "check_count",
    "check_flag",
    "check_methods",
    "check_number",
    "check_object",
]


def check_number(owner, name, low, high=float("inf"), *, closed="both"):
    """Raise unless an attribute is a finite number from low to high.

    Parameters
    ----------
    owner : object
        Whose attribute it is.
    name : str
    low, high : float
    closed : {'both', 'left', 'right', 'neither'}, default='both'
        Which of the two are allowed themselves.

    Raises
    ------
    ValueError
        Naming the attribute, its value and what is allowed.
    """
    value = getattr(owner, name)
    number = isinstance(value, Real) and not isinstance(value, bool)
    inside = (
        number
        and math.isfinite(value)
        and (
            (low < value or (closed in ("both", "left") and value == low))
            and (value < high or (closed in ("both", "right") and value == high))
        )
    )
    if not inside:
        left = "[" if closed in ("both", "left") else "("
        right = "]" if closed in ("both", "right") and high != float("inf") else ")"
        raise ValueError(
            f"{type(owner).__name__}: {name} must be a number in "
            f"{left}{low}, {high}{right}, got {value!r}."
        )


def check_count(owner, name, low=1):
    """Raise unless an attribute is an integer of at least `low`.

    Parameters
    ----------
    owner : object
    name : str
    low : int, default=1

    Raises
    ------
    ValueError
    """
    value = getattr(owner, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise ValueError(
            f"{type(owner).__name__}: {name} must be an integer of at least {low}, "
            f"got {value!r}."
        )


def check_flag(owner, name):
    """Raise unless an attribute is True or False.

    Parameters
    ----------
    owner : object
    name : str

    Raises
    ------
    ValueError
    """
    value = getattr(owner, name)
    if not isinstance(value, bool | np.bool_):
        raise ValueError(
            f"{type(owner).__name__}: {name} must be True or False, got {value!r}."
        )


def check_object(name, value):
    """Raise if a class stands where an object belongs.

    Parameters
    ----------
    name : str
        Of the parameter, for the error.
    value : object

    Raises
    ------
    ValueError
    """
    if isinstance(value, type):
        raise ValueError(
            f"{name} must be an object and not a class: write {value.__name__}(), not "
            f"{value.__name__}."
        )


def check_methods(owner, name, methods):
    """Raise unless an attribute is an object with these methods.

    Parameters
    ----------
    owner : object
    name : str
    methods : sequence of str

    Raises
    ------
    ValueError
    """
    value, label = getattr(owner, name), f"{type(owner).__name__}: {name}"
    check_object(label, value)
    if not all(callable(getattr(value, method, None)) for method in methods):
        raise ValueError(
            f"{label} must be an object with the methods {' and '.join(methods)}, got "
            f"{value!r}."
        )


def check_choice(owner, name, choices):
    """Raise unless an attribute is one of the choices.

    Parameters
    ----------
    owner : object
    name : str
    choices : sequence

    Raises
    ------
    ValueError
    """
    value = getattr(owner, name)
    if value not in choices:
        raise ValueError(
            f"{type(owner).__name__}: {name} must be one of {list(choices)}, "
            f"got {value!r}."
        )
