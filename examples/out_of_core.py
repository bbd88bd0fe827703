"""Training on more rows than fit into memory, chunk by chunk.

A Dask array of 1 GB is never in memory as a whole: each chunk is made when it is
needed, as if it were read from a file. dask-ml's `Incremental` passes one chunk after
the other to `partial_fit`. The task is to find which of ten hidden centers a noisy row
belongs to. The table shows the peak memory of the process.

Run it with ``python out_of_core.py``; it takes ten seconds. ``--gigabytes`` sets the
amount of data. ``--output memory.png`` saves a picture, and needs matplotlib. The
example needs Dask: ``pip install "skdl[dask]"``.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np

from skdl import SoftmaxClassifier

try:
    import dask
    import dask.array as da
    from dask_ml.wrappers import Incremental
except ImportError:
    sys.exit('This example needs Dask: pip install "skdl[dask]"')

N_FEATURES, N_CLASSES, ROWS = 100, 10, 20_000
CENTERS = np.random.default_rng(0).normal(0, 0.25, (N_CLASSES, N_FEATURES))


def read_X(block_info):
    """Return the rows of one chunk, in float32."""
    (chunk,) = block_info[None]["chunk-location"][:1]
    rng = np.random.default_rng([chunk, 1])
    X = rng.standard_normal((ROWS, N_FEATURES), dtype=np.float32)
    X += CENTERS[labels(chunk)].astype(np.float32)
    return X


def read_y(block_info):
    """Return the classes of one chunk."""
    return labels(block_info[None]["chunk-location"][0])


def labels(chunk):
    """Draw the classes of a chunk, with a seed of its own."""
    return np.random.default_rng([chunk, 0]).integers(N_CLASSES, size=ROWS)


def make_data(n_chunks):
    """Return X and y as Dask arrays whose chunks are not made yet."""
    rows = (ROWS,) * n_chunks
    X = da.map_blocks(read_X, chunks=(rows, (N_FEATURES,)), dtype=np.float32)
    y = da.map_blocks(read_y, chunks=(rows,), dtype=np.int64)
    return X, y


def peak_memory():
    """Return the peak memory of this process in bytes; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux, ru_maxrss counts the process that started this one as well.
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


def draw(path, megabytes):
    """Save a bar for the data, and one for the memory."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.2), layout="constrained")
    ax = figure.subplots()
    bars = ax.bar(list(megabytes), megabytes.values(), color=["0.7", "C0"], width=0.5)
    ax.bar_label(bars, fmt="%.0f MB", padding=3)
    ax.set(ylabel="MB", title="Training on more rows than memory holds")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


def main():
    """Train in one pass over the chunks, test on others, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--output", type=Path, help="where to save a picture")
    arguments = parser.parse_args()
    n_chunks = max(1, round(arguments.gigabytes * 1e9 / (ROWS * N_FEATURES * 4)))
    X, y = make_data(n_chunks + 1)
    X_train, y_train = X[: n_chunks * ROWS], y[: n_chunks * ROWS]
    X_test, y_test = X[n_chunks * ROWS :], y[n_chunks * ROWS :]

    net = SoftmaxClassifier((32,), random_state=0)
    model = Incremental(net, shuffle_blocks=False)
    # One thread: several would read ahead, and keep more chunks in memory.
    with dask.config.set(scheduler="synchronous"):
        model.fit(X_train, y_train, classes=np.arange(N_CLASSES))
        predicted = model.predict(X_test).compute()
    peak = peak_memory()

    truth = y_test.compute()
    nearest = X_test.compute() @ CENTERS.T - (CENTERS**2).sum(axis=1) / 2
    accuracy, best = (
        np.mean(guess == truth) for guess in (predicted, nearest.argmax(axis=1))
    )
    print(f"data                       {X_train.nbytes / 1e6:.0f} MB")
    print(f"chunks                     {n_chunks}, of {ROWS} rows each")
    if peak is not None:
        print(f"memory at its peak         {peak / 1e6:.0f} MB")
    print(f"test accuracy              {accuracy:.3f}")
    print(f"  who knows the centres    {best:.3f}")
    if arguments.output and peak is not None:
        megabytes = {"data": X_train.nbytes / 1e6, "memory at its peak": peak / 1e6}
        draw(arguments.output, megabytes)
        print(f"\nPicture: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
