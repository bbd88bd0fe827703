"""Names that a package does not have: the error says where they are."""

import importlib
import sys

__all__ = ["missing_name"]

# skdl.export is left out: its import loads skl2onnx.
PACKAGES = (
    "callbacks",
    "datasets",
    "engine",
    "ensemble",
    "inspection",
    "metrics",
    "model_selection",
    "preprocessing",
)
# Callbacks of other libraries, and what to write instead.
FOREIGN = {
    "EarlyStopping": "early_stopping=True is a parameter of the nets",
    "LearningRateScheduler": "learning_rate is a parameter of the nets",
    "ModelCheckpoint": "write skdl.callbacks.Checkpoint(path, best_path=...)",
    "ProgressBar": "write skdl.callbacks.EpochBar()",
    "ReduceLROnPlateau": "learning_rate='adaptive' is a parameter of the nets",
    "TensorBoard": "write skdl.callbacks.TensorBoardLogger(...)",
}


def missing_name(package, name):
    """Return the error about a name that a package does not have.

    Parameters
    ----------
    package : str
        The package, whose ``__getattr__`` was called.
    name : str
        The name.

    Returns
    -------
    error : AttributeError or ImportError
        An ImportError for ``from package import name``, if there is something to say:
        Python replaces the text of an AttributeError there.
    """
    text = f"module {package!r} has no attribute {name!r}"
    meant = _advice(name)
    # Python calls this function before it imports a name from a package.
    if meant and sys._getframe(2).f_code.co_name == "_handle_fromlist":
        return ImportError(f"cannot import name {name!r} from {package!r}: {meant}")
    return AttributeError(f"{text}: {meant}" if meant else text)


def _advice(name):
    """Return where a name is, or what to write instead, or ""."""
    if name in FOREIGN:
        return FOREIGN[name]
    if name.startswith("_"):
        return ""
    root = __name__.split(".")[0]
    if name in getattr(sys.modules[root], "__all__", ()):
        return f"write 'from {root} import {name}'"
    for package in PACKAGES:
        path = f"{root}.{package}"
        if name in importlib.import_module(path).__all__:
            return f"write 'from {path} import {name}'"
    return ""
