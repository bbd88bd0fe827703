"""skdl: the estimator's ``fit``, the bare step of its engine, and stacks of nets."""

import warnings
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.problem import shuffling
from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine import (
    Adam,
    Batches,
    Data,
    Network,
    Progress,
    Relu,
    Softmax,
    Workspace,
    raw_scores,
    train,
)
from skdl.engine.stacked_training import Member, StackedTraining

__all__ = ["Fit", "Stack", "Step"]


class Fit:
    """The method ``fit``, with its checks and records."""

    def __init__(self, problem):
        self.problem = problem
        is_softmax = problem.widths[-1] > 1 and "loss" not in problem.options
        kind = SoftmaxClassifier if is_softmax else MLPClassifier
        self.net = kind(
            problem.widths[1:-1],
            batch_size=problem.batch_size,
            learning_rate_init=problem.rate,
            n_iter_no_change=problem.n_epochs + 1,
            random_state=problem.seed,
            weight_init=None,  # as scikit-learn
            standardize=False,
            **{"alpha": 0.0, "max_iter": problem.n_epochs, **problem.options},
        )
        self.regressor = None

    def run(self):
        """Train from the starting parameters."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.net.fit(self.problem.X, self.problem.y)

    def besides_epochs(self):
        """Train, and return the seconds that do not belong to an epoch."""
        start = perf_counter()
        self.run()
        return perf_counter() - start - float(self.net.history_["time"].sum())

    def epochs_to(self, target, X, y):
        """Return the number of epochs to a target accuracy on X; None if not reached.

        Training begins from scratch, and stops at the target.
        """
        stop = LambdaCallback(lambda net: net.score(X, y) >= target)
        self.net.set_callbacks(stop)
        self.run()
        self.net.set_callbacks()
        return self.net.n_iter_ if self.net.stop_reason_ == "callback" else None

    def partial_fit(self, n_calls):
        """Call ``partial_fit`` on the rows `n_calls` times."""
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
        return self.net.predict_log_proba(X)


class Step:
    """The bare step: gather a batch, loss and gradient, update."""

    def __init__(self, problem):
        self.problem, dtype = problem, np.dtype(np.float32)
        widths, self.loss = problem.widths, Softmax()
        self.network = Network(widths, [Relu() for _ in widths[2:]], dtype)
        coded = self.loss.encode(problem.y, problem.n_classes, dtype)
        self.batches = Batches(Data(problem.X, *coded), problem.batch_size, dtype)
        self.workspace = Workspace(self.network, problem.batch_size, training=True)

    def run(self):
        """Train from the starting parameters."""
        problem, network, workspace = self.problem, self.network, self.workspace
        network.initialize(np.random.RandomState(problem.seed))
        optimizer = Adam().start(network.parameters, network.n_weights)
        rng = shuffling(problem.seed)
        for _ in range(problem.n_epochs):
            total = 0.0
            for X, targets, weights in self.batches.epoch(rng):
                total += network.loss_and_gradient(
                    X, targets, weights, self.loss, workspace
                )
                optimizer.step(network.parameters, workspace.gradient, problem.rate)

    def scores(self, X):
        """Return raw scores."""
        return raw_scores(self.network, X)


class Stack:
    """The loop of the engine over several nets at once, or over one net."""

    def __init__(self, problem):
        self.problem, self.loss = problem, Softmax()
        self.n_members = problem.options["n_members"]
        dtype = np.dtype(np.float32)
        coded = self.loss.encode(problem.y, problem.n_classes, dtype)
        self.data = Data(problem.X, *coded)
        self.members = [self.member() for _ in range(self.n_members or 1)]
        self.network = self.members[0]["network"]
        if self.n_members is not None:
            self.stack = StackedTraining([Member(**one) for one in self.members])

    def member(self):
        """Return the arguments of the loop for one net."""
        problem = self.problem
        relus = [Relu() for _ in problem.widths[2:]]
        network = Network(problem.widths, relus, np.dtype(np.float32))
        network.initialize(np.random.RandomState(problem.seed))
        return {
            "network": network,
            "loss": self.loss,
            "optimizer": Adam().start(network.parameters, network.n_weights),
            "data": self.data,
            "rng": shuffling(problem.seed),
            "alpha": 0.0,
            "batch_size": problem.batch_size,
            "rate": lambda progress: problem.rate,
            "progress": Progress(),
        }

    def run(self):
        """Train for more epochs: only their time counts, not that of preparations."""
        n_epochs = self.problem.n_epochs
        if self.n_members is None:
            options = {"max_epochs": n_epochs, "on_epoch": lambda epoch: None}
            train(**self.members[0], **options)
            return
        for _ in range(n_epochs):
            self.stack.epoch()

    def scores(self, X):
        """Return raw scores of the first net."""
        self.network.attach()
        return raw_scores(self.network, X)
