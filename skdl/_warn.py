"""Warnings that point at the user's line."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

# Packages whose frames are skipped in the search for the user's line.
SKIPPED = ("skdl", "sklearn", "contextlib", "joblib")
# scikit-learn's examples filter warnings by category and module="sklearn".
MODULES = {ConvergenceWarning: "sklearn.neural_network._multilayer_perceptron"}


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
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        SKIPPED
    ):
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=MODULES.get(category, frame.f_globals.get("__name__", "<unknown>")),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
