"""Names that a package or a class does not have: the error says where they are."""

import ast
import pkgutil
import sys
from functools import cache
from typing import NoReturn

from skdl._text import plain_name

__all__ = ["Missing", "missing_name", "our_callback"]

# skdl.export is left out: whoever needs it knows its name.
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
BAR = "write skdl.callbacks.EpochBar()"
CHECKPOINT = "write skdl.callbacks.Checkpoint(path, best_path=...)"
EARLY_STOPPING = "early_stopping=True is a parameter of the nets"
RATE = "learning_rate is a parameter of the nets"
CSV = "write skdl.callbacks.CSVLogger(path)"
JSON = "write skdl.callbacks.JSONLinesLogger(path)"
MLFLOW = "write skdl.callbacks.MLflowLogger()"
PLOT = "write skdl.inspection.LivePlot()"
TABLE = "write skdl.callbacks.TrainingTable()"
TENSORBOARD = "write skdl.callbacks.TensorBoardLogger(path)"
# Callbacks of other libraries and names that users give them, as `plain_name` returns
# them, and what to write instead.
CALLBACKS = {
    "bar": BAR,
    "csv": CSV,
    "csvlog": CSV,
    "csvlogger": CSV,
    "checkpoint": CHECKPOINT,
    "earlystop": EARLY_STOPPING,
    "earlystopping": EARLY_STOPPING,
    "epochbar": BAR,
    "epochlogger": "write skdl.callbacks.EpochLogger()",
    "history": "history_ of a fitted net holds the numbers of each epoch",
    "json": JSON,
    "jsonl": JSON,
    "jsonlines": JSON,
    "jsonlineslogger": JSON,
    "lambdacallback": "write skdl.callbacks.LambdaCallback(on_epoch_end=function)",
    "learningratescheduler": RATE,
    "liveplot": PLOT,
    "lrscheduler": RATE,
    "mlflow": MLFLOW,
    "mlflowlogger": MLFLOW,
    "modelcheckpoint": CHECKPOINT,
    "monitor": "write skdl.callbacks.Monitor()",
    "plot": PLOT,
    "plotlosses": PLOT,
    "printlog": TABLE,
    "progress": BAR,
    "progressbar": BAR,
    "reducelronplateau": "learning_rate='adaptive' is a parameter of the nets",
    "table": TABLE,
    "tensorboard": TENSORBOARD,
    "tensorboardlogger": TENSORBOARD,
    "tqdm": BAR,
    "tqdmcallback": BAR,
    "tqdmprogressbar": BAR,
    "trainingtable": TABLE,
    "verbose": "verbose=1 is a parameter of the nets",
}


class Missing:
    """In place of an attribute that a class lacks: the error says what to write.

    Parameters
    ----------
    advice : str
        What to write instead.

    Examples
    --------
    >>> from skdl import MLPRegressor
    >>> hasattr(MLPRegressor(), "predict_interval")
    False
    """

    def __init__(self, advice: str) -> None:
        self.advice = advice

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__!r} object has no attribute {self.name!r}: {self.advice}"
        )


def our_callback(name):
    """Return what to write instead of a callback of another library, or "".

    Parameters
    ----------
    name : str
        Its class or a word for it, such as "tqdm".

    Examples
    --------
    >>> from skdl._missing_names import our_callback
    >>> our_callback("ModelCheckpoint")
    'write skdl.callbacks.Checkpoint(path, best_path=...)'
    """
    return CALLBACKS.get(plain_name(name), "")


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
    if name.startswith("_"):
        return ""
    root = __name__.split(".")[0]
    if name in getattr(sys.modules[root], "__all__", ()):
        return f"write 'from {root} import {name}'"
    for package in PACKAGES:
        if name in _public_names(root, package):
            return f"write 'from {root}.{package} import {name}'"
    # A word in lower case, such as "table", is not a class of another library.
    return our_callback(name) if name[0].isupper() else ""


@cache
def _public_names(root, package):
    """Return the names in `__all__` of a package, which is read and not imported."""
    for path in (f"{package}/__init__.py", f"{package}.py"):
        try:
            source = pkgutil.get_data(root, path)
        except OSError:
            continue  # a module that is a file, or an installation without sources
        for node in ast.parse(source or b"").body:
            targets = getattr(node, "targets", ())
            if any(getattr(target, "id", "") == "__all__" for target in targets):
                return frozenset(ast.literal_eval(node.value))
    return frozenset()
