"""The history of a run as a table on disk, row by row."""

from dataclasses import dataclass

from skdl.callbacks._file_logger import FileLogger

__all__ = ["CSVLogger"]


@dataclass(eq=False)
class CSVLogger(FileLogger):
    """Writes a row of `history_` to a CSV file after each epoch.

    The columns are "epoch", from 1, and those of `history_`: loss, validation_loss,
    validation_score, learning_rate, gradient_norm, update_ratio, and time in seconds.
    Numbers are written in full; what does not apply is "nan". Each row is on disk
    before the next epoch begins.

    Parameters
    ----------
    path : str or path-like
        In a folder that exists. A "{fingerprint}" in it stands for 16 characters that
        depend on the data and the options, so that each fit of a search has a file of
        its own.
    append : bool, default=False
        Whether rows go below those in the file. Otherwise the file is begun anew; and
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
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import CSVLogger
    >>> path = tempfile.mkdtemp() + "/iris.csv"
    >>> net = MLPClassifier(learning_rate_init=0.02, random_state=0)
    >>> net = net.set_callbacks(CSVLogger(path)).fit(*load_iris(return_X_y=True))
    >>> lines = Path(path).read_text().splitlines()
    >>> lines[0].split(",")[:2], len(lines) == net.n_iter_ + 1
    (['epoch', 'loss'], True)
    """

    def head(self, names):
        """Return the line with the names of the columns."""
        return ",".join(["epoch", *names]) + "\n"

    def line(self, epoch, numbers):
        """Return the row of an epoch."""
        return ",".join([str(epoch), *map(repr, numbers.values())]) + "\n"
