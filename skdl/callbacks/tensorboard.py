"""The history of a run, and what a Monitor sees, for TensorBoard."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from skdl.callbacks._fingerprint import path_of
from skdl.callbacks._run_file import check_path, naming
from skdl.callbacks.base import NetCallback
from skdl.callbacks.monitor import HISTOGRAMS, NUMBERS

__all__ = ["TensorBoardLogger"]


@dataclass(eq=False)
class TensorBoardLogger(NetCallback):
    """Writes each epoch to a folder that TensorBoard shows: ``tensorboard --logdir``.

    There is a scalar under each name of `history_` (loss, validation_loss,
    validation_score, learning_rate, gradient_norm, update_ratio, time), but not where
    it does not apply. If the net has a `Monitor`, too, the last step that it recorded
    is written with the epoch: histograms "weight", "gradient" and "activation", and the
    other numbers of each layer, as "update_ratio/hidden 1". The horizontal axis counts
    epochs. Each epoch is on disk before the next one begins.

    The writer is that of tensorboardX: ``pip install skdl[tensorboard]``.

    Parameters
    ----------
    path : str or path-like
        A folder; it is made, if it does not exist. A "{fingerprint}" in it stands for
        16 characters that depend on the data and the options, so that each fit of a
        search has a folder of its own: ``"runs/{fingerprint}"``.

    Raises
    ------
    ImportError
        By ``fit``, before it trains: without tensorboardX.
    OSError
        By ``fit``: if the folder cannot be made.

    Notes
    -----
    Nothing is ever deleted. A fit that writes to the folder of another one hides its
    epochs from TensorBoard; if a `Checkpoint` lets the run go on, only those from there
    on.
    """

    path: str | os.PathLike

    def __post_init__(self):
        check_path(self.path)

    def on_fit_begin(self, run):
        """Make sure that there is a writer, and a folder."""
        writer = _summary_writer()
        path = Path(path_of(self.path, run))
        with naming(path, "cannot be a folder", "take another one"):
            path.mkdir(parents=True, exist_ok=True)
        self.notes[run] = _Notes(path, writer)

    def on_epoch_begin(self, run):
        """Open a file before the first epoch of this call."""
        notes = self.notes[run]
        if notes.writer is None:
            # A Checkpoint may have brought back earlier epochs.
            notes.open(len(run.history["loss"]) + 1)

    def on_epoch_end(self, run):
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
    """The folder of one run, and its writer from the first epoch on."""

    path: Path
    make: Any
    writer: Any = None

    def open(self, epoch):
        # The name of a file has the time in seconds only.
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
            "CSVLogger and JSONLinesLogger need nothing."
        ) from error
    return SummaryWriter


def _add_scalar(writer, name, value, epoch):
    # TensorBoard has no place for what does not apply.
    if not np.isnan(value):
        writer.add_scalar(name, value, epoch)


def _add_records(writer, records, epoch):
    """Write the last step of a Monitor."""
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
