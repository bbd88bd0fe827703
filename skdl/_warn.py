"""Warnings that point at the user's line."""

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning

__all__ = ["warn"]

PASSED_OVER = ("skdl", "sklearn", "contextlib", "joblib")
# scikit-learn's examples silence by category and module="sklearn".
MODULES = {ConvergenceWarning: "sklearn.neural_network._multilayer_perceptron"}


def warn(message, category):
    """Warn as if from the first frame that is neither ours nor scikit-learn's.

    Filters that ask for a module meet that frame's module. For a ConvergenceWarning it
    is the module of scikit-learn that gives this warning: its users' filters work.

    Parameters
    ----------
    message : str
    category : type
        A subclass of Warning.
    """
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        PASSED_OVER
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
