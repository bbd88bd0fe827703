"""Whether Ctrl-C ends one training, or a whole series of them."""

import sys

__all__ = ["is_one_of_several"]

# Modules that train one net after the other. A net that is cut short would be ranked
# beside the others, or vote with them.
SEVERAL = ("sklearn", "skdl.inspection", "skdl.model_selection", "joblib.parallel")
SEVERAL += ("hyperopt", "optuna", "skopt")
# Modules of scikit-learn that hand data on to a single net.
SINGLE = ("sklearn.base", "sklearn.callback", "sklearn.compose._target")
SINGLE += ("sklearn.frozen", "sklearn.pipeline", "sklearn.utils")
SINGLE += ("sklearn._config", "skdl.inspection.neural_features")


def is_one_of_several():
    """Tell whether the training that runs now is one of a series.

    A net that is trained alone stops on Ctrl-C and keeps what it has learned. A search,
    a cross-validation or an ensemble has to stop as a whole: there, Ctrl-C goes through
    to the caller. The calls that led here tell which of the two it is. This costs
    nothing before Ctrl-C is pressed, and works in the processes of joblib, too.
    """
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if _is_in(module, SEVERAL) and not _is_in(module, SINGLE):
            return True
        frame = frame.f_back
    return False


def _is_in(module, packages):
    return any(module == one or module.startswith(f"{one}.") for one in packages)
