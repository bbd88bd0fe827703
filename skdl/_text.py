"""Values and names as text, for reports and error messages."""

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from numbers import Integral, Real
from types import MappingProxyType

import numpy as np

NO_NAMES: Mapping[str, str] = MappingProxyType({})
# An integer may be larger than any float.
LARGEST_FLOAT = sys.float_info.max
UP_TO = f"Numbers go up to {LARGEST_FLOAT:.1e}."


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


def exceeds_floats(value: object) -> bool:
    """Tell an integer that no float can hold, such as 10**400.

    Parameters
    ----------
    value : object
        Any value.
    """
    return isinstance(value, Integral) and abs(int(value)) > LARGEST_FLOAT


def repr_of_number(value: object) -> str:
    """Return ``repr(value)``; of an integer that exceeds floats, what it is.

    Parameters
    ----------
    value : object
        Any value.

    Examples
    --------
    >>> from skdl._text import repr_of_number
    >>> repr_of_number(0.5), repr_of_number(10**400)
    ('0.5', 'an integer of 401 digits')
    """
    if not exceeds_floats(value):
        return repr(value)
    n_digits = math.floor(math.log10(abs(value))) + 1
    return f"{'a negative' if value < 0 else 'an'} integer of {n_digits} digits"


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


def plain_name(name: str) -> str:
    """Return a name without case, spaces, hyphens and underscores.

    Parameters
    ----------
    name : str
    """
    return re.sub(r"[\W_]", "", name.lower())


def did_you_mean(
    value: object,
    names: Iterable[object],
    others: Mapping[str, str] = NO_NAMES,
    n: int = 1,
) -> str:
    """Return " Did you mean …?" for a name like one of ours, or an empty text.

    Parameters
    ----------
    value : object
        What the user gave.
    names : iterable
        The valid values; only names are suggested.
    others : dict of str to str
        Names of other libraries, as `plain_name` returns them, and what they stand for.
    n : int, default=1
        The most names to suggest. If it is 1, two that are equally close are suggested.

    Examples
    --------
    >>> from skdl._text import did_you_mean
    >>> did_you_mean("Sigmod", ["logistic", "relu"], {"sigmoid": "logistic"})
    " Did you mean 'logistic'?"
    >>> did_you_mean("error", ["squared_error", "absolute_error"])
    " Did you mean 'squared_error' or 'absolute_error'?"
    >>> did_you_mean("quadratic", ["logistic", "relu"])
    ''
    """
    if not isinstance(value, str):
        return ""
    names = [name for name in names if isinstance(name, str)]
    ours = {plain_name(name): name for name in names}
    known = {other: name for other, name in others.items() if name in names} | ours
    groups = [
        [*dict.fromkeys(known[key] for key in group)]
        for group in _close_keys(plain_name(value), known, ours, n)
        if group
    ]
    if n == 1:
        close = [name for group in groups[:1] for name in group[:2]]
    else:
        close = [*dict.fromkeys(name for group in groups for name in group)][:n]
    quoted = [repr(name) for name in close]
    listed = " or ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))
    return f" Did you mean {listed}?" if close else ""


def _close_keys(plain, known, ours, n):
    """Yield groups of equally close keys, those first for which most speaks."""
    yield [plain] if plain in known else []
    begins = [key for key in known if len(key) > 1 and plain.startswith(key)]
    yield sorted(begins, key=len, reverse=True)[:1] if n == 1 else begins
    # Among many names, difflib finds a neighbour for any shorter word.
    pool = known if len(plain) > 3 else ours
    yield _most_similar(plain, pool) if n == 1 else get_close_matches(plain, pool, n=n)
    # It does not find a short name with two letters exchanged.
    yield [key for key in known if sorted(key) == sorted(plain)]
    yield [key for key in known if plain in key] if len(plain) > 2 else []


def _most_similar(plain, keys):
    """Return the keys that difflib finds most similar; several if they are equally."""
    close = get_close_matches(plain, keys, n=2)
    ratios = [SequenceMatcher(None, key, plain).ratio() for key in close]
    return [key for key, ratio in zip(close, ratios, strict=True) if ratio == ratios[0]]
