"""The history of a run as JSON lines on disk, epoch by epoch."""

import json
import math
from dataclasses import dataclass

from skdl.callbacks._file_logger import FileLogger

__all__ = ["JSONLinesLogger"]


@dataclass(eq=False)
class JSONLinesLogger(FileLogger):
    """Writes a JSON object to a line of a file after each epoch.

    Its names are "epoch", from 1, and those of `history_`: loss, validation_loss,
    validation_score, learning_rate, gradient_norm, update_ratio, and time in seconds.
    Numbers are written in full. What does not apply is null, as JSON has no NaN, and
    infinity is 1e999, which parsers read as infinity. Each line is on disk before the
    next epoch begins. ``pandas.read_json(path, lines=True)`` reads the file.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists. A "{fingerprint}" in it stands for 16 characters that
        depend on the data and the options, so that each fit of a search has a file of
        its own.
    append : bool, default=False
        Whether lines go below those in the file. Otherwise the file is begun anew; and
        if a `Checkpoint` lets the run go on, it has all epochs from the first one on,
        each of them once.

    Raises
    ------
    OSError
        By ``fit``, before it trains: if the folder does not exist or takes no files.
    ValueError
        By ``fit``: while another fit writes to the same file.

    Examples
    --------
    >>> import json, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import JSONLinesLogger
    >>> path = tempfile.mkdtemp() + "/iris.jsonl"
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(JSONLinesLogger(path)).fit(*load_iris(return_X_y=True))
    >>> with open(path) as file:
    ...     epochs = [json.loads(line) for line in file]
    >>> epochs[0]["epoch"], epochs[-1]["loss"] == net.loss_
    (1, True)
    """

    def head(self, names):
        """Return nothing: each line has the names."""
        return ""

    def line(self, epoch, numbers):
        """Return the object of an epoch."""
        pairs = [f"{json.dumps(name)}: {_text(x)}" for name, x in numbers.items()]
        return "{" + ", ".join([f'"epoch": {epoch}', *pairs]) + "}\n"


def _text(number):
    if math.isnan(number):
        return "null"
    if math.isinf(number):
        return "1e999" if number > 0 else "-1e999"
    return repr(number)
