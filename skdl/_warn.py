"""Warnings that point at the user's line."""

import sys
import warnings

__all__ = ["warn"]

PASSED_OVER = ("skdl", "sklearn", "contextlib", "joblib")


def warn(message, category):
    """Warn as if from the first frame that is neither ours nor scikit-learn's.

    Parameters
    ----------
    message : str
    category : type
        A subclass of Warning.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        PASSED_OVER
    ):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
