"""The data, starting parameters and batches that all contenders share."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from scipy.sparse import random_array

from skdl.engine import Batches, Data
from skdl.estimators._random import random_streams

__all__ = ["Problem", "cross_entropy", "make_problem", "shuffling", "starting"]


@dataclass(frozen=True)
class Problem:
    """A net, its data, and the way to train it.

    Attributes
    ----------
    widths : tuple of int
        Widths of the input, the hidden layers and the output. The output has one
        score per class, or one score for two classes, for a sigmoid.
    batch_size : int
        Rows per batch.
    X : ndarray of shape (n_rows, n_features), or CSR array
        Rows in float32.
    y : ndarray of shape (n_rows,), int64
        Labels.
    seed : int
        The random_state of estimators.
    start : list of (ndarray, ndarray)
        Weights (fan_in, fan_out) and biases (fan_out,) of each layer.
    orders : ndarray of shape (n_epochs, n_rows), int64
        Order of the rows in each epoch.
    rate : float
        Learning rate.
    options : dict
        Further options, as parameters of our estimators.
    """

    widths: tuple
    batch_size: int
    X: np.ndarray
    y: np.ndarray
    seed: int
    start: list
    orders: np.ndarray
    rate: float = 1e-3
    options: dict = field(default_factory=dict)

    @property
    def n_epochs(self):
        """Number of passes over the rows."""
        return len(self.orders)

    @property
    def n_steps(self):
        """Number of updates in all epochs."""
        return self.n_epochs * -(-len(self.y) // self.batch_size)

    @property
    def n_classes(self):
        """Number of classes; a single score stands for two."""
        return max(self.widths[-1], 2)

    def with_sigmoid(self):
        """Return the problem with one score instead of two."""
        widths = (*self.widths[:-1], 1)
        return replace(self, widths=widths, start=starting(widths, self.seed))

    def with_data(self, X, y):
        """Return the problem with other rows of the same shape."""
        return replace(self, X=X, y=y)

    def with_options(self, **options):
        """Return the problem with other options."""
        return replace(self, options=options)


def make_problem(
    widths, batch_size, n_rows, n_epochs, *, seed=0, density=None, **options
):
    """Draw a problem whose labels depend on the features, with noise.

    With a density, X is a CSR array that stores this fraction of its elements.
    """
    rng = np.random.default_rng(seed)
    n_features, n_classes = widths[0], max(widths[-1], 2)
    if density is None:
        X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    else:
        X = random_array(
            (n_rows, n_features), density=density, format="csr", dtype=np.float32,
            rng=rng,
        )  # fmt: skip
    teacher = rng.standard_normal((n_features, n_classes), dtype=np.float32)
    teacher *= 3 / (n_features * (density or 1)) ** 0.5
    # The noise keeps the loss away from 0, so that relative deviations make sense.
    y = np.argmax(X @ teacher + rng.gumbel(size=(n_rows, n_classes)), axis=1)
    return Problem(
        tuple(widths),
        batch_size,
        X,
        y,
        seed,
        starting(widths, seed),
        orders(n_rows, batch_size, n_epochs, seed),
        options=options,
    )


def starting(widths, seed, gain=6):
    """Return the parameters that scikit-learn and skdl draw from this seed.

    The gain is 2 for the logistic activation.
    """
    rng, start = np.random.RandomState(seed), []
    for fan_in, fan_out in pairwise(widths):
        bound = np.sqrt(gain / (fan_in + fan_out))
        weights = rng.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32)
        biases = rng.uniform(-bound, bound, fan_out).astype(np.float32)
        start.append((weights, biases))
    return start


def shuffling(seed):
    """Return the generator with which skdl's estimators shuffle."""
    return random_streams(seed)[1]["shuffling"]


def orders(n_rows, batch_size, n_epochs, seed):
    """Return the order of the rows in the epochs of skdl's ``fit``.

    The other contenders accept an order and skdl does not, so all use that of skdl.
    """
    numbers = np.arange(n_rows, dtype=np.float64)[:, np.newaxis]
    batches = Batches(Data(numbers, numbers), batch_size, np.dtype(np.float64))
    rng = shuffling(seed)
    visited = [
        np.concatenate([X[:, 0].copy() for X, _, _ in batches.epoch(rng)])
        for _ in range(n_epochs)
    ]
    return np.array(visited, dtype=np.int64)


def cross_entropy(scores, y):
    """Return the mean of -log p_y for p = softmax(scores), in float64."""
    scores = scores.astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(scores).sum(axis=1))
    return float(np.mean(log_sums - scores[np.arange(len(y)), y]))
