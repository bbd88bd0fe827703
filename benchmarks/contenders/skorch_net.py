"""skorch's NeuralNetClassifier."""

import torch
from skorch import NeuralNetClassifier

from benchmarks.contenders.torch_loop import make_net

__all__ = ["Fit"]


class Fit:
    """The method ``fit``, without its default validation and printing."""

    def __init__(self, problem):
        self.problem = problem
        self.order = _Order(problem.orders)
        self.net = NeuralNetClassifier(
            make_net,
            module__problem=problem,
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=problem.rate,
            batch_size=problem.batch_size,
            max_epochs=problem.n_epochs,
            iterator_train__sampler=self.order,
            train_split=None,
            verbose=0,
        )

    def run(self):
        """Train from the starting parameters."""
        self.order.epoch = 0
        self.net.fit(self.problem.X, self.problem.y)

    def scores(self, X):
        """Return raw scores."""
        return self.net.forward(X).numpy()


class _Order(torch.utils.data.Sampler):
    def __init__(self, orders):
        self.orders, self.epoch = orders, 0

    def __iter__(self):
        self.epoch += 1
        return iter(self.orders[self.epoch - 1].tolist())

    def __len__(self):
        return self.orders.shape[1]
