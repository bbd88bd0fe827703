"""scikit-learn's MLPClassifier."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

__all__ = ["Fit"]


class Fit:
    """Its ``fit``, with the rows in the problem's orders."""

    def __init__(self, problem):
        self.problem = problem
        self.net = MLPClassifier(
            problem.widths[1:-1],
            batch_size=problem.batch_size,
            learning_rate_init=problem.rate,
            n_iter_no_change=problem.n_epochs + 1,
            **{"alpha": 0.0, "max_iter": problem.n_epochs, **problem.options},
        )

    def run(self, before_epoch=None):
        """Train from the start."""
        problem = self.problem
        rng = Ordered(problem.seed, problem.orders, before_epoch)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.net.set_params(random_state=rng).fit(problem.X, problem.y)

    def epochs_to(self, target, X, y):
        """Return after how many epochs so many of these rows are right; None if never.

        It has no place to ask that, but draws the order of the rows before each epoch.
        """
        n_epochs = -1

        def ask():
            nonlocal n_epochs
            n_epochs += 1
            if n_epochs and self.net.score(X, y) >= target:
                raise ThereError

        try:
            self.run(ask)
            ask()
        except ThereError:
            return n_epochs
        return None

    def predict(self, n_rows, n_calls):
        """Predict the first rows, again and again."""
        X = self.problem.X[:n_rows]
        for _ in range(n_calls):
            self.net.predict(X)

    def final_loss(self):
        """Return the objective at the end."""
        return self.net.loss_

    def scores(self, X):
        """Return log-probabilities."""
        with np.errstate(divide="ignore"):
            return self.net.predict_log_proba(X)


class ThereError(Exception):
    """Ends a training."""


class Ordered(np.random.RandomState):
    """Draws as its seed says, and shuffles as it is told."""

    def __init__(self, seed, orders, before=None):
        super().__init__(seed)
        self.before = before
        self.orders = iter(orders)
        self.places = np.arange(orders.shape[1])

    def shuffle(self, x):
        """Put into x, 0 to n - 1, what takes the last order to the next one."""
        if self.before is not None:
            self.before()
        order = next(self.orders)
        x[...] = self.places[order]
        # scikit-learn shuffles what it shuffled before.
        self.places[order] = np.arange(len(order))
