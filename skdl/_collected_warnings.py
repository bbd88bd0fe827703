"""Warnings of many fits: collected, and shown as a few lines with counts."""

import re
import threading
import warnings
from collections import Counter
from contextlib import contextmanager

from sklearn.exceptions import ConvergenceWarning

from skdl._warn import COLLECTED, COUNTED, warn

__all__ = ["collecting", "show"]

# The warning of a net at max_iter, and what it advises.
AT_LIMIT = re.compile(r"Maximum iterations \(max_iter=(\d+)\) reached .*? yet\. (.*)")
NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")


@contextmanager
def collecting():
    """Collect the warnings of the body instead of showing them.

    Filters apply as usual. The module `warnings` cannot collect those of a single
    thread, so outside of the main thread only the warnings of skdl are collected.

    Yields
    ------
    caught : list of (type, str)
        Category and text of each warning, complete after the body.
    """
    caught = []
    if threading.current_thread() is not threading.main_thread():
        token = COLLECTED.set(caught)
        try:
            yield caught
        finally:
            COLLECTED.reset(token)
        return
    with warnings.catch_warnings(record=True) as log:
        token = COUNTED.set(True)
        try:
            yield caught
        finally:
            COUNTED.reset(token)
            caught += [(one.category, str(one.message)) for one in log]


def show(caught, n_fits, fits, advice=""):
    """Show one warning for all fits that reached max_iter, and each other text once.

    Texts that differ only in their numbers count as one, and the first is shown.

    Parameters
    ----------
    caught : iterable of (type, str)
        Category and text of each warning.
    n_fits : int
        The number of fits.
    fits : str
        The fits in words, such as "members".
    advice : str, optional
        A sentence at the end of the warning about max_iter.
    """
    limits, tails, others = set(), [], []
    for category, text in caught:
        found = AT_LIMIT.fullmatch(text)
        if found is None or not issubclass(category, ConvergenceWarning):
            others.append((category, text))
        else:
            limits.add(int(found[1]))
            tails.append((None, found[2]))
    for category, text, count in _counted(others):
        share = f" (in {count} of {n_fits} {fits})" if count > 1 else ""
        _show_one(category, text + share)
    if tails:
        ends = f"{min(limits)} to {max(limits)}" if len(limits) > 1 else max(limits)
        kinds = _counted(tails)
        details = [f"In {count}: {tail}" for _, tail, count in kinds[:3]]
        if len(kinds) == 1:
            details = [kinds[0][1]]
        text = f"{len(tails)} of {n_fits} {fits} reached max_iter={ends}."
        warn(" ".join([text, *details, advice]).rstrip(), ConvergenceWarning)


def _counted(pairs):
    """Return (category, first text, count) of texts alike, the most frequent first."""
    first, counts = {}, Counter()
    for category, text in pairs:
        key = category, NUMBER.sub("#", text)
        first.setdefault(key, text)
        counts[key] += 1
    return [(key[0], first[key], count) for key, count in counts.most_common()]


def _show_one(category, text):
    """Show a text in its category, or the next base class that a text can make."""
    for kind in category.__mro__:
        try:
            kind(text)
        except TypeError:
            continue
        return warn(text, kind)
