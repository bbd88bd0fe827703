"""An epoch on rows of a file that is mapped into memory, beside PyTorch and skorch."""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.contenders.mapped import Rows
from benchmarks.problem import cross_entropy
from benchmarks.session import compare
from benchmarks.table import number, table
from benchmarks.workers import Worker

__all__ = ["measure"]

N_COLUMNS, WIDTHS, BATCH_SIZE = 20, (20, 64, 2), 1024
# Name -> (package that the contender needs, its module and class).
PEERS = {
    "skdl": ("skdl", "ours:Fit"),
    "PyTorch, `index_select`": ("torch", "torch_loop:Loop"),
    "PyTorch, `DataLoader`": ("torch", "torch_loop:LoaderLoop"),
    "skorch": ("skorch", "skorch_net:Fit"),
}
# Those that train on ten times as many rows, too: the others would take minutes.
FAST = ("skdl", "PyTorch, `index_select`")
# Rows whose loss is compared.
N_COMPARED = 10_000


def measure(session):
    """Time an epoch of each, and of the fast ones on ten times as many rows."""
    n_rows = session.sized(10_000_000, 20_000)
    with TemporaryDirectory() as folder:
        path = Path(folder, "rows.float32")
        write(path, n_rows)
        some, names = (
            n_rows // 10,
            [name for name in PEERS if find_spec(PEERS[name][0])],
        )
        parts = [(name, some) for name in names]
        parts += [(name, n_rows) for name in names if name in FAST]
        workers = {part: Worker(session.n_threads) for part in parts}
        try:
            seconds, memory, deviation = race(session, path, workers)
        finally:
            for worker in workers.values():
                worker.close()
    rows = []
    for (name, n), taken in seconds.items():
        ratio = number(taken / seconds["skdl", n])
        cells = [f"{name}, {n:,} rows", f"{n / taken:,.0f}", ratio]
        rows.append([*cells, f"{memory[name, n] / 1e6:.0f}"])
    header = [
        f"{N_COLUMNS} columns, 64 units, batches of {BATCH_SIZE}",
        "rows per second",
    ]
    text = table([*header, "time / skdl", "private memory, MB"], rows)
    return f"{text}\n\nLargest difference of the losses: {100 * deviation:.2f} %."


def write(path, n_rows):
    """Write rows of float32 numbers to a file, part by part."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, n_rows, 100_000):
            n = min(100_000, n_rows - start)
            rng.standard_normal((n, N_COLUMNS), dtype=np.float32).tofile(file)


def race(session, path, workers):
    """Return seconds and private memory of each, and the deviation of their losses.

    Parameters
    ----------
    session : Session
    path : Path
        The file of rows.
    workers : dict of Worker
        (name, number of rows) -> a process of its own.
    """
    for (name, n), worker in workers.items():
        rows = Rows(str(path), n, WIDTHS, BATCH_SIZE)
        worker.make("net", "benchmarks.contenders.mapped:Mapped", PEERS[name][1], rows)
    n_rounds = min(session.n_rounds, 3)
    actions = {
        key: lambda worker=worker: worker.time("net", "run")
        for key, worker in workers.items()
    }
    seconds = session.best(actions, n_rounds)
    memory = {
        key: worker.private_memory("net", "run") for key, worker in workers.items()
    }
    X = np.fromfile(path, np.float32, N_COMPARED * N_COLUMNS).reshape(-1, N_COLUMNS)
    y = (X[:, 0] > X[:, 1]).astype(np.int64)
    fewest = min(n for _, n in workers)
    losses = {
        key: cross_entropy(worker.call("net", "scores", X), y)
        for key, worker in workers.items()
        if key[1] == fewest
    }
    return seconds, memory, compare(losses, 0.01)
