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

    def run(self):
        """Train from the start."""
        problem = self.problem
        rng = Ordered(problem.seed, problem.orders)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.net.set_params(random_state=rng).fit(problem.X, problem.y)

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


class Ordered(np.random.RandomState):
    """Draws as its seed says, and shuffles as it is told."""

    def __init__(self, seed, orders):
        super().__init__(seed)
        self.orders = iter(orders)
        self.places = np.arange(orders.shape[1])

    def shuffle(self, x):
        """Put into x, 0 to n - 1, what takes the last order to the next one."""
        order = next(self.orders)
        x[...] = self.places[order]
        # scikit-learn shuffles what it shuffled before.
        self.places[order] = np.arange(len(order))
