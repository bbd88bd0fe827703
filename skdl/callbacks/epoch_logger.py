"""Epochs as records of Python's logging."""

import logging
import math
from dataclasses import dataclass

from skdl.callbacks._hooks import NetCallback

__all__ = ["EpochLogger"]


@dataclass(eq=False)
class EpochLogger(NetCallback):
    """Logs a line after each epoch, and one at the end that says why it is the end.

    It leaves handlers and levels to you, as libraries do: `logging.basicConfig` is a
    beginning.

    Parameters
    ----------
    name : str, default="skdl"
        Of the logger.
    level : int, default=logging.INFO
        Of the records.

    Examples
    --------
    >>> import logging, sys
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.callbacks import EpochLogger
    >>> logger = logging.getLogger("iris")
    >>> logger.setLevel(logging.INFO)
    >>> logger.addHandler(logging.StreamHandler(sys.stdout))
    >>> net = MLPClassifier(n_iter_no_change=1, tol=9, random_state=0)
    >>> net = net.set_callbacks(EpochLogger("iris")).fit(*load_iris(return_X_y=True))
    ... # doctest: +ELLIPSIS
    MLPClassifier, epoch 1 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier, epoch 2 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier, epoch 3 of 200: loss 1..., learning_rate 0.001, ...
    MLPClassifier ended after 3 epochs: converged
    """

    name: str = "skdl"
    level: int = logging.INFO

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise TypeError(f"name must be the str of a logger, got {self.name!r}.")
        if not isinstance(self.level, int):
            raise TypeError(
                f"level must be an int such as logging.INFO, got {self.level!r}."
            )

    def epoch_ended(self, run):
        """Log the numbers of the epoch, those that it has."""
        logger = logging.getLogger(self.name)
        if not logger.isEnabledFor(self.level):
            return
        last = {name: column[-1] for name, column in run.history.items()}
        numbers = [
            f"{name} {value:.6g}"
            for name, value in last.items()
            if name == "loss" or not math.isnan(value)
        ]
        logger.log(
            self.level,
            "%s, epoch %d of %d: %s",
            type(run.net).__name__,
            run.net.n_iter_,
            run.net.max_iter,
            ", ".join(numbers),
        )

    def fit_ended(self, run):
        """Log why training ended."""
        logging.getLogger(self.name).log(
            self.level,
            "%s ended after %d epochs: %s",
            type(run.net).__name__,
            run.net.n_iter_,
            run.net.stop_reason_,
        )
