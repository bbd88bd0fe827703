"""A progress bar over the epochs, with the loss, the score and the time left."""

import math
import sys
from dataclasses import dataclass
from typing import Any

from skdl._arguments import explain_parameters
from skdl.callbacks._safe_file import check_stream
from skdl.callbacks.base import NetCallback

__all__ = ["EpochBar"]


@explain_parameters
@dataclass(eq=False)
class EpochBar(NetCallback):
    r"""Shows a progress bar over the epochs, with loss, metrics and the time left.

    In a notebook the bar is a widget, if ipywidgets is installed. The library is tqdm:
    ``pip install "skdl[progress]"``. For the bars of a search around the net, see
    `sklearn.callback.ProgressBar`, whose bars show neither losses nor scores.

    Parameters
    ----------
    file : text stream, optional
        Where the bar is drawn, unless it is a widget. By default ``sys.stderr``.

    Raises
    ------
    ImportError
        By ``fit``, before training: without tqdm.

    Notes
    -----
    The time left is that of the epochs up to `max_iter`. Training may end earlier; the
    bar then stays where it ended. Copies and pickles of the callback draw on
    ``sys.stderr``, because an open file cannot be copied.

    Examples
    --------
    >>> import io
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.callbacks import EpochBar
    >>> out = io.StringIO()
    >>> net = SoftmaxClassifier(n_iter_no_change=1, tol=9, random_state=0)
    >>> net = net.set_callbacks(EpochBar(out)).fit(*load_iris(return_X_y=True))
    >>> print(out.getvalue().split("\r")[-1])  # doctest: +ELLIPSIS
    SoftmaxClassifier:   2%|...| 3/200 [..., loss=...
    """

    file: Any = None

    def __post_init__(self) -> None:
        check_stream(self.file)

    def __getstate__(self) -> dict:
        """Leave the stream out of pickles and copies."""
        return {**super().__getstate__(), "file": None}

    def on_fit_begin(self, run: Any) -> None:
        """Draw an empty bar."""
        self.notes[run] = _tqdm()(
            total=run.max_epochs,
            desc=type(run.net).__name__,
            unit="epoch",
            file=sys.stderr if self.file is None else self.file,
            dynamic_ncols=True,
        )

    def on_epoch_end(self, run: Any) -> None:
        """Move the bar, and show the numbers of the epoch."""
        self._move(run)

    def on_fit_end(self, run: Any) -> None:
        """Show the epochs of a run that was complete when a Checkpoint resumed it."""
        if run.history["loss"] and not self.notes[run].n:
            self._move(run)

    def _move(self, run):
        bar, history = self.notes[run], run.history
        names = {"loss": "loss", "validation_loss": "validation loss"}
        names |= run.metric_names
        last = {name: history[record][-1] for record, name in names.items()}
        numbers = {name: f"{x:.4g}" for name, x in last.items() if not math.isnan(x)}
        bar.set_postfix(numbers, refresh=False)
        # A Checkpoint may have restored earlier epochs.
        bar.update(len(history["loss"]) - bar.n)


def _tqdm():
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(
            'EpochBar needs tqdm: pip install "skdl[progress]". TrainingTable prints '
            "the same numbers, and needs no other library."
        ) from error
    return tqdm
