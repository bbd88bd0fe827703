"""The cost of `Monitor`: the time of a fit with it, divided by that without.

Run it with ``python -m benchmarks.monitor``; it takes half a minute. Both kinds of fit
alternate, and the best of all rounds counts. Set OPENBLAS_NUM_THREADS=1 on a machine
that runs other programs: a second thread that has to wait adds noise.
"""

import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.table import number, table
from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor

N_ROUNDS = 7
# Features, hidden layers, classes, rows in a batch, rows, epochs.
CASES = [
    (784, (256, 100), 10, 200, 10_000, 10),
    (30, (100,), 2, 100, 10_000, 20),
    (30, (100,), 2, 100, 1_000, 10),
]


def seconds(X, y, hidden, batch_size, n_epochs, *callbacks):
    """Return the seconds of a fit."""
    net = SoftmaxClassifier(
        hidden, batch_size=batch_size, max_iter=n_epochs, n_iter_no_change=np.inf
    ).set_callbacks(*callbacks)
    start = time.perf_counter()
    net.fit(X, y)
    return time.perf_counter() - start


def main():
    """Print a line per case."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    rng, lines = np.random.default_rng(0), []
    for n_features, hidden, n_classes, batch_size, n_rows, n_epochs in CASES:
        X = rng.normal(size=(n_rows, n_features)).astype(np.float32)
        y = rng.integers(0, n_classes, n_rows)
        plain, monitored = [], []
        for _ in range(N_ROUNDS):
            plain.append(seconds(X, y, hidden, batch_size, n_epochs))
            monitored.append(seconds(X, y, hidden, batch_size, n_epochs, Monitor()))
        widths = "-".join(map(str, (n_features, *hidden, n_classes)))
        ratio = number(min(monitored) / min(plain))
        lines.append([f"{widths} ({batch_size})", f"{min(plain):.3f}", ratio])
    print(table(["net (batch)", "fit, s", "with Monitor / without"], lines))


if __name__ == "__main__":
    main()
