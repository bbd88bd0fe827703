"""A callback that writes the history and the records of a Monitor for TensorBoard."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from skdl._arguments import explain_parameters
from skdl.callbacks._fingerprint import path_of
from skdl.callbacks._safe_file import check_path, naming
from skdl.callbacks.base import NetCallback
from skdl.callbacks.monitor import HISTOGRAMS, NUMBERS

__all__ = ["TensorBoardLogger"]


@explain_parameters
@dataclass(eq=False)
class TensorBoardLogger(NetCallback):
    """Writes each epoch to a folder for TensorBoard: ``tensorboard --logdir folder``.

    Each name of `history_` is a scalar (loss, validation_loss, validation_score,
    learning_rate, gradient_norm, update_ratio, time), in the epochs in which it
    applies. If the net also has a `Monitor`, its last record is written with each
    epoch: histograms "weight", "gradient" and "activation" of each layer, and the other
    numbers of each layer under names such as "update_ratio/hidden 1". The horizontal
    axis counts epochs. Each epoch is on disk before the next epoch begins.

    The writer is that of tensorboardX: ``pip install skdl[tensorboard]``.

    Parameters
    ----------
    path : str or path-like
        The folder, which is created if it does not exist. "{fingerprint}" in the path,
        as in ``"runs/{fingerprint}"``, is replaced by 16 characters that depend on the
        data and the parameters, so that each fit of a search has a folder of its own.

    Raises
    ------
    ImportError
        By ``fit``, before training: without tensorboardX.
    OSError
        By ``fit``: if the folder cannot be created.

    Notes
    -----
    Nothing is deleted. If two fits write to one folder, TensorBoard hides the epochs of
    the first; if a `Checkpoint` resumes a run, only the epochs that are trained again.
    """

    path: str | os.PathLike

    def __post_init__(self) -> None:
        check_path(self.path)

    def on_fit_begin(self, run: Any) -> None:
        """Import the writer, and create the folder."""
        writer = _summary_writer()
        path = Path(path_of(self.path, run))
        with naming(path, "cannot be a folder", "take another one"):
            path.mkdir(parents=True, exist_ok=True)
        self.notes[run] = _Notes(path, writer)

    def on_epoch_begin(self, run: Any) -> None:
        """Open a file before the first epoch of this call."""
        notes = self.notes[run]
        if notes.writer is None:
            # A Checkpoint may have restored earlier epochs.
            notes.open(len(run.history["loss"]) + 1)

    def on_epoch_end(self, run: Any) -> None:
        """Write the numbers of the epoch."""
        notes = self.notes[run]
        with naming(notes.path, "takes no log", "take another path"):
            self._write(notes.writer, run)

    def _write(self, writer, run):
        history = run.history
        epoch = len(history["loss"])
        for name, column in history.items():
            _add_scalar(writer, name, column[-1], epoch)
        if run.observer is not None:
            for records in run.observer.records().values():
                _add_records(writer, records, epoch)
        writer.flush()


@dataclass
class _Notes:
    """The folder of one run, and its writer after the first epoch has begun."""

    path: Path
    make: Any
    writer: Any = None

    def open(self, epoch):
        """Open a file for epochs from this one on."""
        # The suffix makes names differ that tensorboardX makes in the same second.
        suffix = f".{uuid4().hex}"
        with naming(self.path, "takes no log", "take another path"):
            self.writer = self.make(
                str(self.path), purge_step=epoch, filename_suffix=suffix
            )

    def close(self):
        """Close the file, if one is open."""
        if self.writer is not None:
            with naming(self.path, "takes no log", "take another path"):
                self.writer.close()


def _summary_writer():
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        raise ImportError(
            "TensorBoardLogger needs tensorboardX: pip install skdl[tensorboard]. "
            "CSVLogger and JSONLinesLogger need no other library."
        ) from error
    return SummaryWriter


def _add_scalar(writer, name, value, epoch):
    # NaN stands for a number that does not apply.
    if not np.isnan(value):
        writer.add_scalar(name, value, epoch)


def _add_records(writer, records, epoch):
    """Write the last record of a Monitor."""
    if not hasattr(records, "rows") or not records.rows:
        return
    row = records.rows[-1]
    for i, layer in enumerate(records.layers):
        for name in NUMBERS:
            _add_scalar(writer, f"{name}/{layer}", row[name][i], epoch)
        for name in HISTOGRAMS:
            counts = row[f"{name}_counts"][i]
            low, high = row[f"{name}_low"][i], row[f"{name}_high"][i]
            edges = np.linspace(low, high, len(counts) + 1)
            middles = (edges[1:] + edges[:-1]) / 2
            writer.add_histogram_raw(
                f"{name}/{layer}",
                min=low,
                max=high,
                num=int(counts.sum()),
                sum=float(counts @ middles),
                sum_squares=float(counts @ middles**2),
                bucket_limits=edges[1:].tolist(),
                bucket_counts=counts.tolist(),
                global_step=epoch,
            )
