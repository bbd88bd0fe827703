"""Warnings that point at the user's line."""

import sys
import warnings
from contextvars import ContextVar

from sklearn.exceptions import ConvergenceWarning

# Packages whose frames are skipped in the search for the user's line.
SKIPPED = ("skdl", "sklearn", "contextlib", "joblib")
# scikit-learn's examples filter warnings by category and module="sklearn".
MODULES = {ConvergenceWarning: "sklearn.neural_network._multilayer_perceptron"}

# Warnings that `skdl._collected_warnings` collects in a thread, as (category, text).
COLLECTED: ContextVar[list | None] = ContextVar("COLLECTED", default=None)
# Whether each warning counts. Otherwise Python shows a text once for each line of code.
COUNTED: ContextVar[bool] = ContextVar("COUNTED", default=False)


def warn(message, category):
    """Warn at the first line of the call stack outside skdl and scikit-learn.

    Filters by module see the module of that line. A ConvergenceWarning has the module
    in which scikit-learn's MLPs give it, so that filters written for them work.

    Parameters
    ----------
    message : str or Warning
        The text, or the warning itself.
    category : type or None
        A subclass of Warning; None if `message` is a warning.
    """
    collected = COLLECTED.get()
    if collected is not None:
        collected.append((category or type(message), str(message)))
        return
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        SKIPPED
    ):
        frame = frame.f_back
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=MODULES.get(category, frame.f_globals.get("__name__", "<unknown>")),
        registry={} if COUNTED.get() else registry,
    )
