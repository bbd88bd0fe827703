"""scikit-learn's MLPClassifier and MLPRegressor."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

__all__ = ["Fit"]


class Fit:
    """The method ``fit``, with the rows in the orders of the problem."""

    def __init__(self, problem):
        self.problem = problem
        self.net = MLPClassifier(
            problem.widths[1:-1],
            batch_size=problem.batch_size,
            learning_rate_init=problem.rate,
            n_iter_no_change=problem.n_epochs + 1,
            **{"alpha": 0.0, "max_iter": problem.n_epochs, **problem.options},
        )
        self.regressor = None

    def run(self, before_epoch=None):
        """Train from the starting parameters."""
        problem = self.problem
        rng = Ordered(problem.seed, problem.orders, before_epoch)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.net.set_params(random_state=rng).fit(problem.X, problem.y)

    def epochs_to(self, target, X, y):
        """Return the number of epochs to a target accuracy on X; None if not reached.

        scikit-learn has no callback here. It draws the order of the rows before each
        epoch, so the score is checked there.
        """
        n_epochs = -1

        def check():
            nonlocal n_epochs
            n_epochs += 1
            if n_epochs and self.net.score(X, y) >= target:
                raise TargetReachedError

        try:
            self.run(check)
            check()
        except TargetReachedError:
            return n_epochs
        return None

    def partial_fit(self, n_calls):
        """Call ``partial_fit`` on the rows `n_calls` times."""
        self.net.set_params(random_state=self.problem.seed)
        for _ in range(n_calls):
            self.net.partial_fit(self.problem.X, self.problem.y)

    def partial_fit_regressor(self, n_calls):
        """Call ``partial_fit`` of a regressor with these layers `n_calls` times."""
        if self.regressor is None:
            self.regressor = MLPRegressor(
                hidden_layer_sizes=self.problem.widths[1:-1],
                random_state=self.problem.seed,
            )
        for _ in range(n_calls):
            self.regressor.partial_fit(self.problem.X, self.problem.y)

    def predict(self, n_rows, n_calls):
        """Predict the first rows `n_calls` times."""
        X = self.problem.X[:n_rows]
        for _ in range(n_calls):
            self.net.predict(X)

    def final_loss(self):
        """Return the final objective."""
        return self.net.loss_

    def scores(self, X):
        """Return log-probabilities."""
        with np.errstate(divide="ignore"):
            return self.net.predict_log_proba(X)


class TargetReachedError(Exception):
    """Stops training at the target accuracy."""


class Ordered(np.random.RandomState):
    """A random state that shuffles in given orders."""

    def __init__(self, seed, orders, before=None):
        super().__init__(seed)
        self.before = before
        self.orders = iter(orders)
        self.positions = np.arange(orders.shape[1])

    def shuffle(self, x):
        """Write to x the permutation that leads from the last order to the next."""
        if self.before is not None:
            self.before()
        order = next(self.orders)
        x[...] = self.positions[order]
        # scikit-learn shuffles the rows in the order of the last epoch.
        self.positions[order] = np.arange(len(order))
