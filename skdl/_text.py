"""Values and names as text, for reports and error messages."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real

import numpy as np


def format_value(value: object) -> str:
    """Return a value as text for readers: numbers are rounded, long lists are cut.

    Parameters
    ----------
    value : object
        A number, text, bool, mapping, tuple (shown as a range), list or array; any
        other object is shown as `str` does.

    Returns
    -------
    text : str
        The value on one line.

    Examples
    --------
    >>> from skdl._text import format_value
    >>> format_value(0.123456), format_value(123456), format_value(True)
    ('0.123', '123,456', 'yes')
    >>> format_value({"rate": (0.001, 0.1), "columns": [0, 2]})
    'rate 0.001 … 0.1; columns 0, 2'
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}" if abs(value) > 9999 else str(value)
    if isinstance(value, Real):
        return "0" if abs(value) < 1e-12 else f"{value:.3g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {format_value(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return " … ".join(map(format_value, value))
    if isinstance(value, list | np.ndarray):
        return join_names([format_value(item) for item in value], at_most=10)
    return str(value)


def join_names(names: Sequence[str], at_most: int = 5) -> str:
    """Return names separated by commas; of a long list, the first and a count.

    Parameters
    ----------
    names : sequence of str
        What is listed.
    at_most : int, default=5
        Number of names that are shown.

    Returns
    -------
    text : str
        The list on one line.

    Examples
    --------
    >>> from skdl._text import join_names
    >>> join_names(["a", "b", "c", "d"], at_most=2)
    'a, b and 2 more'
    """
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more
