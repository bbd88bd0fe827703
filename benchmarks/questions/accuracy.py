"""Seconds until a net is right for so many test images, beside the peers.

All contenders start from the same weights and take the same rows in the same order, so
that they need the same number of epochs: ours finds out how many, then all train so
long in turn, and each is asked for its accuracy.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.problem import Problem, orders, starting
from benchmarks.table import number, table
from skdl import SoftmaxClassifier
from skdl.callbacks import LambdaCallback
from skdl.datasets import load_cifar10, load_mnist

__all__ = ["measure"]

DATA = Path(__file__).parents[3] / "shared" / "data"
# Rounding alone moves the accuracy of the same training by this.
TOLERANCE = 0.005
MAX_EPOCHS = 20


class Task(NamedTuple):
    """A data set, the net of the text, and the accuracy to reach."""

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
    X, X_test = (one.astype(np.float32) for one in (data.X_train, data.X_test))
    mean, std = X.mean(dtype=np.float64), X.std(dtype=np.float64)
    for one in (X, X_test):
        one -= np.float32(mean)
        one /= np.float32(std)
    # Files may come sorted by class.
    chosen = np.random.default_rng(0).permutation(len(X))[:n_rows]
    y, y_test = data.y_train.astype(np.int64), data.y_test
    return X[chosen], y[chosen], X_test, y_test


def epochs_to(target, widths, X, y, X_test, y_test, max_epochs):
    """Return after how many epochs ours is right so often; the last, if never."""
    net = SoftmaxClassifier(
        widths[1:-1], alpha=0.0, batch_size=200, max_iter=max_epochs,
        n_iter_no_change=np.inf, random_state=0, weight_init=None,
    )  # fmt: skip
    net.set_callbacks(LambdaCallback(lambda net: net.score(X_test, y_test) >= target))
    return net.fit(X, y).n_iter_


def measure(session):
    """Time all tasks whose data are there."""
    lines = []
    for name, task in session.sized(TASKS, {"MNIST": TASKS["MNIST"]}).items():
        path = DATA / task.file
        if not path.exists():
            print(f"{name} left out: no {path}")
            continue
        n_rows = session.sized(None, 2000)
        target, max_epochs = session.sized((task.target, MAX_EPOCHS), (0.15, 2))
        X, y, X_test, y_test = standardized(task.load(path), n_rows)
        n_epochs = epochs_to(target, task.widths, X, y, X_test, y_test, max_epochs)
        problem = Problem(
            task.widths, 200, X, y, 0, starting(task.widths, 0),
            orders(len(X), 200, n_epochs, 0),
        )  # fmt: skip
        names = ("skdl fit", "scikit-learn", "PyTorch")
        runners = session.prepare({one: (one, problem) for one in names})
        seconds = session.turns(runners, n_rounds=min(3, session.n_rounds))
        right = {
            one: float(np.mean(runner.call("scores", X_test).argmax(axis=1) == y_test))
            for one, runner in runners.items()
        }
        if not all(share >= target - TOLERANCE for share in right.values()):
            raise AssertionError(f"{name}: not all are right so often: {right}")
        for one, value in seconds.items():
            lines.append(
                [
                    f"{target:.0%} of {name}",
                    one,
                    n_epochs,
                    f"{right[one]:.4f}",
                    f"{value:.1f}",
                    number(value / seconds["skdl fit"]),
                ]
            )
    header = ["test images right", "by", "epochs", "accuracy", "s", "/ skdl"]
    return table(header, lines)
