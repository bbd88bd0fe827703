"""Whether Ctrl-C stops the training of one net, or of a whole series."""

import sys

# Modules that train several nets. An interrupted net must not be ranked among the
# others or vote with them.
SEVERAL = ("sklearn", "skdl.inspection", "skdl.model_selection", "joblib.parallel")
SEVERAL += ("hyperopt", "optuna", "skopt", "skdl.estimators._stacked_fits")
# Modules that pass data to a single net.
SINGLE = ("sklearn.base", "sklearn.callback", "sklearn.compose._target")
SINGLE += ("sklearn.frozen", "sklearn.pipeline", "sklearn.utils")
SINGLE += ("sklearn._config", "skdl.inspection.neural_features")


def is_one_of_several():
    """Return whether the net that is being trained is one of a series.

    A net that is trained alone stops on Ctrl-C and keeps what it has learned. A search,
    a cross-validation or an ensemble must stop as a whole, so the exception reaches the
    caller. The call stack shows which case it is. This costs nothing before Ctrl-C, and
    works in the processes of joblib, too.
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
