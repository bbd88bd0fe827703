"""Checks of the settings of specification objects, with clear errors."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from skdl._text import did_you_mean, exceeds_floats, repr_of_number

__all__ = [
    "check_choice",
    "check_count",
    "check_flag",
    "check_methods",
    "check_number",
    "check_object",
]


def check_number(
    owner: object,
    name: str,
    low: float,
    high: float = float("inf"),
    *,
    closed: Literal["both", "left", "right", "neither"] = "both",
) -> None:
    """Raise unless an attribute is a finite number from low to high.

    Parameters
    ----------
    owner : object
        The object that has the attribute.
    name : str
        Name of the attribute.
    low, high : float
        Bounds on its value.
    closed : {'both', 'left', 'right', 'neither'}, default='both'
        Which of the two bounds are allowed values.

    Raises
    ------
    ValueError
        With the attribute, its value and the allowed range.
    """
    value: Any = getattr(owner, name)
    number = math.nan
    if type(value) is float:  # asked first: each run checks its settings
        number = value
    elif isinstance(value, Real) and not isinstance(value, bool):
        number = math.nan if exceeds_floats(value) else float(value)
    inside = (
        math.isfinite(number)
        and (low < number or (closed in ("both", "left") and number == low))
        and (number < high or (closed in ("both", "right") and number == high))
    )
    if not inside:
        left = "[" if closed in ("both", "left") else "("
        right = "]" if closed in ("both", "right") and high != float("inf") else ")"
        raise ValueError(
            f"{type(owner).__name__}: {name} must be a number in "
            f"{left}{low}, {high}{right}, got {repr_of_number(value)}."
        )


def check_count(owner: object, name: str, low: int = 1) -> None:
    """Raise unless an attribute is an integer of at least `low`.

    Parameters
    ----------
    owner : object
        The object that has the attribute.
    name : str
        Name of the attribute.
    low : int, default=1
        The smallest allowed value.

    Raises
    ------
    ValueError
        With the attribute, its value and the bound.
    """
    value = getattr(owner, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise ValueError(
            f"{type(owner).__name__}: {name} must be an integer of at least {low}, "
            f"got {value!r}."
        )


def check_flag(owner: object, name: str) -> None:
    """Raise unless an attribute is True or False.

    Parameters
    ----------
    owner : object
        The object that has the attribute.
    name : str
        Name of the attribute.

    Raises
    ------
    ValueError
        With the attribute and its value.
    """
    value = getattr(owner, name)
    if not isinstance(value, bool | np.bool_):
        raise ValueError(
            f"{type(owner).__name__}: {name} must be True or False, got {value!r}."
        )


def check_object(name: str, value: object) -> None:
    """Raise for a class in place of an object.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : object
        Its value.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    if isinstance(value, type):
        raise ValueError(
            f"{name} must be an object and not a class: write {value.__name__}(), not "
            f"{value.__name__}."
        )


def check_methods(owner: object, name: str, methods: Sequence[str]) -> None:
    """Raise unless an attribute is an object with these methods.

    Parameters
    ----------
    owner : object
        The object that has the attribute.
    name : str
        Name of the attribute.
    methods : sequence of str
        Names of the methods.

    Raises
    ------
    ValueError
        With the attribute, its value and the methods.
    """
    value, label = getattr(owner, name), f"{type(owner).__name__}: {name}"
    check_object(label, value)
    if not all(callable(getattr(value, method, None)) for method in methods):
        raise ValueError(
            f"{label} must be an object with the methods {' and '.join(methods)}, got "
            f"{value!r}."
        )


def check_choice(owner: object, name: str, choices: Sequence) -> None:
    """Raise unless an attribute is one of the choices.

    Parameters
    ----------
    owner : object
        The object that has the attribute.
    name : str
        Name of the attribute.
    choices : sequence
        The allowed values.

    Raises
    ------
    ValueError
        With the attribute, its value and the choices.
    """
    value = getattr(owner, name)
    if value not in choices:
        raise ValueError(
            f"{type(owner).__name__}: {name} must be one of {list(choices)}, "
            f"got {value!r}.{did_you_mean(value, choices)}"
        )
