"""Clear errors for the settings of specification objects."""

from numbers import Integral, Real

__all__ = ["check_choice", "check_count", "check_number"]


def check_number(owner, name, low, high=float("inf"), *, closed="both"):
    """Raise unless an attribute is a number from low to high.

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
    inside = number and (
        (low < value or (closed in ("both", "left") and value == low))
        and (value < high or (closed in ("both", "right") and value == high))
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
