"""Any contender, on rows that lie in a file and are mapped into memory."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from benchmarks.problem import Problem, orders, starting

__all__ = ["Mapped", "Rows"]


@dataclass(frozen=True)
class Rows:
    """Rows of a file, and the net to train on them.

    Attributes
    ----------
    path : str
        A file of float32 numbers, row by row.
    n_rows : int
        Number of rows to train on, from the first.
    widths : tuple of int
        Widths of the input, the hidden layers and the output.
    batch_size : int
        Rows per batch.
    """

    path: str
    n_rows: int
    widths: tuple
    batch_size: int

    def problem(self):
        """Return the `Problem`, whose labels are made from the first two columns."""
        shape = self.n_rows, self.widths[0]
        # Copies on write: PyTorch warns of arrays that cannot be written to.
        X = np.memmap(self.path, np.float32, "c", shape=shape)
        y = (X[:, 0] > X[:, 1]).astype(np.int64)
        start, order = starting(self.widths, 0), orders(len(X), self.batch_size, 1, 0)
        return Problem(self.widths, self.batch_size, X, y, 0, start, order)


class Mapped:
    """A contender that trains for an epoch.

    Parameters
    ----------
    factory : str
        "module:class" of a contender in this package.
    rows : Rows
        What to train on.
    """

    def __init__(self, factory, rows):
        module, name = factory.split(":")
        kind = getattr(import_module(f"benchmarks.contenders.{module}"), name)
        self.contender = kind(rows.problem())

    def run(self):
        """Train from the starting parameters."""
        self.contender.run()

    def scores(self, X):
        """Return scores whose softmax are the probabilities."""
        return self.contender.scores(X)
