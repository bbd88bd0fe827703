"""Checks of `param_space`: the ranges and choices that it declares."""

from itertools import product
from numbers import Integral, Real

import numpy as np

from skdl.model_selection.ranges import Linear, Log

ALLOWED = (
    "a range (a tuple (low, high), Log, Linear, or a frozen loguniform, uniform or "
    "randint of scipy.stats) or a list of choices"
)


def check_space(param_space):
    """Return a list of dicts from names to a `Log`, a `Linear` or a list of choices.

    Parameters
    ----------
    param_space : dict or list of dict
        Parameter `param_space` of the search.

    Raises
    ------
    ValueError
        For an invalid entry. The message names the parameter and what is allowed.
    """
    spaces = [param_space] if isinstance(param_space, dict) else param_space
    if not (isinstance(spaces, list) and spaces) or not all(
        isinstance(space, dict) and space for space in spaces
    ):
        raise ValueError(
            "param_space must be a dict from parameter names to ranges and choices, or "
            f"a list of such dicts, and not empty, got {param_space!r}."
        )
    return [
        {name: _check_entry(name, entry) for name, entry in space.items()}
        for space in spaces
    ]


def outside_tuples(param_space, params):
    """Return a sentence about integers outside the tuples (low, high) of a space.

    It is empty if there are none. Random shifts alone move numbers that are not
    integers slightly out of a tuple, so they do not count.

    Parameters
    ----------
    param_space : dict or list of dict
        Parameter `param_space` of the search.
    params : dict
        The best parameters.
    """
    spaces = [param_space] if isinstance(param_space, dict) else param_space
    texts = []
    for name, value in params.items():
        entries = [space[name] for space in spaces if name in space]
        if not entries or not all(_is_integer_pair(entry) for entry in entries):
            continue
        if any(low <= value <= high for low, high in entries):
            continue
        ((low, high), *_) = entries
        texts.append(
            f"The best {name}={value!r} lies outside ({low!r}, {high!r}): a tuple is "
            f"where the search starts. For a bound, write Log({low!r}, {high!r}, "
            f"limits=({low!r}, {high!r}))."
        )
    return " ".join(texts)


def refuse_ranges(param_grid):
    """Raise if a grid has a range in place of a list of values.

    Parameters
    ----------
    param_grid : dict or list of dict
        Parameter `param_grid` of a search.

    Raises
    ------
    ValueError
        With the list to write instead.
    """
    grids = [param_grid] if isinstance(param_grid, dict) else param_grid
    for name, entry in (item for grid in grids for item in grid.items()):
        if isinstance(entry, Log | Linear):
            spaced = "geomspace" if isinstance(entry, Log) else "linspace"
            raise ValueError(
                f"param_grid: {name!r}: a grid takes lists of values, got the range "
                f"{entry!r}. Write np.{spaced}({entry.low!r}, {entry.high!r}, "
                f"{entry.size()}), or take StackedRandomizedSearchCV, which draws from "
                "ranges."
            )


def combinations(space):
    """Return the ranges of a space, and a list of all combinations of its choices."""
    ranges = {k: v for k, v in space.items() if not isinstance(v, list)}
    choices = {k: v for k, v in space.items() if isinstance(v, list)}
    return ranges, [
        dict(zip(choices, values, strict=True)) for values in product(*choices.values())
    ]


def _is_integer_pair(entry):
    return isinstance(entry, tuple) and all(isinstance(v, Integral) for v in entry)


def _check_entry(name, entry):
    if not isinstance(name, str):
        raise ValueError(f"param_space: names must be strings, got {name!r}.")
    try:
        return _entry(entry)
    except ValueError as error:
        raise ValueError(f"param_space: {name!r}: {error}") from None


def _entry(entry):
    """Return a checked range, or a list of choices."""
    if isinstance(entry, list | np.ndarray):
        choices = list(np.atleast_1d(entry)) if isinstance(entry, np.ndarray) else entry
        if not choices:
            raise ValueError(f"a list of choices must not be empty, got {entry!r}.")
        return list(choices)
    if isinstance(entry, tuple):
        numbers = [v for v in entry if isinstance(v, Real) and not isinstance(v, bool)]
        if len(entry) != 2 or len(numbers) != 2:
            raise ValueError(
                f"a tuple must be a range (low, high) of two numbers, got {entry!r}. "
                "Write choices as a list."
            )
        entry = Log(*entry)
    elif hasattr(entry, "dist"):
        entry = _range_of(entry)
    if not isinstance(entry, Log | Linear):
        raise ValueError(f"must be {ALLOWED}, got {entry!r}.")
    entry.check()
    return entry


def _range_of(distribution):
    """Return the range of a distribution of SciPy, with its support as limits."""
    name = getattr(distribution.dist, "name", None)
    # SciPy may return an integer for an end of a range of floats.
    number = int if name == "randint" else float
    kind = {"loguniform": Log, "reciprocal": Log, "uniform": Linear, "randint": Linear}
    if name not in kind:
        raise ValueError(f"must be {ALLOWED}, got the distribution {name!r}.")
    low, high = map(number, distribution.support())
    return kind[name](low, high, limits=(low, high))
