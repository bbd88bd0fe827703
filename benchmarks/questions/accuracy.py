"""Seconds until a net is right for so many test images, beside the peers.

All contenders start from the same weights and take the same rows in the same order.
Rounding alone makes one of them be there an epoch before another. So each finds out
first how many epochs it needs; then all train so long in turn.
"""

from dataclasses import replace
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
MAX_EPOCHS = 20
# How many epochs before ours a peer may be there.
HEAD_START = 2


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


def shortest(session, name, problem, first, X_test, y_test, target):
    """Return the problem with the fewest epochs, at least `first`, that are enough.

    And the share of test rows that are right then: with all epochs, if none is enough.
    """
    for n_epochs in range(max(1, first), problem.n_epochs + 1):
        shorter = replace(problem, orders=problem.orders[:n_epochs])
        runner = session.prepare({name: (name, shorter)})[name]
        runner.call("run")
        right = np.mean(runner.call("scores", X_test).argmax(axis=1) == y_test)
        if right >= target:
            break
    return shorter, float(right)


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
        ours = epochs_to(target, task.widths, X, y, X_test, y_test, max_epochs)
        problem = Problem(
            task.widths, 200, X, y, 0, starting(task.widths, 0),
            orders(len(X), 200, max_epochs, 0),
        )  # fmt: skip
        contenders, right = {}, {}
        for one in ("skdl fit", "scikit-learn", "PyTorch"):
            if one not in session.names:
                continue
            first = ours if one == "skdl fit" else ours - HEAD_START
            shorter, right[one] = shortest(
                session, one, problem, first, X_test, y_test, target
            )
            contenders[one] = one, shorter
        if not all(share >= target for share in right.values()):
            raise AssertionError(f"{name}: not all are right so often: {right}")
        runners = session.prepare(contenders)
        seconds = session.turns(runners, n_rounds=min(3, session.n_rounds))
        for one, value in seconds.items():
            lines.append(
                [
                    f"{target:.0%} of {name}",
                    one,
                    contenders[one][1].n_epochs,
                    f"{right[one]:.4f}",
                    f"{value:.1f}",
                    number(value / seconds["skdl fit"]),
                ]
            )
    header = ["test images right", "by", "epochs", "accuracy", "s", "/ skdl"]
    return table(header, lines)
