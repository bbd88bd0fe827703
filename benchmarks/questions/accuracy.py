"""Seconds until a net reaches a test accuracy, beside the peers.

All contenders start from the same weights and take the same rows in the same order. Yet
by rounding alone, one needs an epoch or two less than another. So the number of epochs
is measured with several seeds, and then the time of an epoch.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.problem import Problem, orders, starting
from benchmarks.table import number, table
from skdl.datasets import load_cifar10, load_mnist

__all__ = ["measure"]

DATA = Path(__file__).parents[3] / "shared" / "data"
NAMES = ("skdl fit", "scikit-learn", "PyTorch")
MAX_EPOCHS = 30
TIMED_EPOCHS = 3


class Task(NamedTuple):
    """A data set, a net, and the accuracy to reach."""

    load: object
    file: str
    widths: tuple
    target: float


TASKS = {
    "MNIST": Task(load_mnist, "mnist.npz", (784, 256, 100, 10), 0.98),
    "CIFAR-10": Task(load_cifar10, "cifar10_jpg.tar.xz", (3072, 100, 50, 25, 10), 0.5),
}


def standardized(data, n_rows):
    """Return training and test rows of mean 0 and variance 1, and labels."""
    X, X_test = data.X_train.astype(np.float32), data.X_test.astype(np.float32)
    mean, std = X.mean(dtype=np.float64), X.std(dtype=np.float64)
    for images in (X, X_test):
        images -= np.float32(mean)
        images /= np.float32(std)
    # Files may be sorted by class.
    chosen = np.random.default_rng(0).permutation(len(X))[:n_rows]
    y, y_test = data.y_train.astype(np.int64), data.y_test
    return X[chosen], y[chosen], X_test, y_test


def measure(session):
    """Measure all tasks whose data exist."""
    lines = []
    for name, task in session.sized(TASKS, {"MNIST": TASKS["MNIST"]}).items():
        path = DATA / task.file
        if not path.exists():
            print(f"{name} left out: {path} does not exist")
            continue
        target, n_seeds, n_rows = session.sized((task.target, 5, None), (0.15, 1, 2000))
        X, y, X_test, y_test = standardized(task.load(path), n_rows)
        needed = {}
        for seed in range(n_seeds):
            runners = session.prepare(contenders(task.widths, X, y, seed, MAX_EPOCHS))
            for kind, runner in runners.items():
                n_epochs = runner.call("epochs_to", target, X_test, y_test)
                if n_epochs is None:
                    raise AssertionError(f"{name}: {kind} does not reach {target}")
                needed.setdefault(kind, []).append(n_epochs)
        runners = session.prepare(contenders(task.widths, X, y, 0, TIMED_EPOCHS))
        seconds = session.turns(runners)
        totals = {
            kind: np.mean(needed[kind]) * seconds[kind] / TIMED_EPOCHS
            for kind in runners
        }
        for kind, total in totals.items():
            lines.append(
                [
                    f"{target:.0%} of {name}",
                    kind,
                    " ".join(map(str, needed[kind])),
                    f"{seconds[kind] / TIMED_EPOCHS:.2f}",
                    f"{total:.1f}",
                    number(total / totals["skdl fit"]),
                ]
            )
    header = ["test images right", "by", "epochs", "s per epoch", "s", "/ skdl"]
    return table(header, lines)


def contenders(widths, X, y, seed, n_epochs):
    """Return contenders for `Session.prepare` that share a problem."""
    order = orders(len(X), 200, n_epochs, seed)
    problem = Problem(widths, 200, X, y, seed, starting(widths, seed), order)
    return {name: (name, problem) for name in NAMES}
