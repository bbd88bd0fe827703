"""PyTorch, eager: the loop of its tutorials, over tensors in memory."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

__all__ = ["LoaderLoop", "Loop", "make_net"]

# Our names of the activations that PyTorch has.
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "logistic": nn.Sigmoid,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
}


class Loop:
    """Training batch by batch; each batch is gathered by row numbers.

    The losses are summed, as in the other contenders, and the sum is read once per
    epoch.
    """

    def __init__(self, problem):
        self.problem = problem
        self.X = torch.from_numpy(problem.X)
        self.y = torch.from_numpy(problem.y)
        self.orders = torch.from_numpy(problem.orders)

    def run(self):
        """Train from the starting parameters."""
        for _ in self.epochs():
            pass

    def epochs_to(self, target, X, y):
        """Return the number of epochs to a target accuracy on X; None if not reached.

        Training begins from scratch, and stops at the target.
        """
        for n_epochs, _ in enumerate(self.epochs(), 1):
            if np.mean(self.scores(X).argmax(axis=1) == y) >= target:
                return n_epochs
        return None

    def epochs(self):
        """Yield after each epoch."""
        self.net = net = make_net(self.problem)
        optimizer = make_optimizer(self.problem, net)
        criterion = nn.CrossEntropyLoss()
        l1, weights = l1_of(self.problem, net)
        for order in self.orders:
            net.train()
            total = torch.zeros(())
            for X, y in self.batches(order):
                optimizer.zero_grad()
                loss = criterion(net(X), y)
                if l1:
                    loss = loss + l1 * sum(W.abs().sum() for W in weights)
                loss.backward()
                optimizer.step()
                total += loss.detach()
            total.item()
            yield

    def batches(self, order):
        """Yield the rows and the labels of each batch."""
        for rows in order.split(self.problem.batch_size):
            yield self.X.index_select(0, rows), self.y.index_select(0, rows)

    def scores(self, X):
        """Return raw scores."""
        with torch.inference_mode():
            return self.net.eval()(torch.from_numpy(X)).numpy()


class LoaderLoop(Loop):
    """The same training with the batches of a ``DataLoader``, as tutorials make them.

    The loader reads row by row, and stacks the rows.
    """

    def batches(self, order):
        """Yield the rows and the labels of each batch."""
        rows = TensorDataset(self.X, self.y)
        return DataLoader(rows, self.problem.batch_size, sampler=order.tolist())


def make_net(problem):
    """Return the net of the problem with its starting parameters."""
    options, layers = problem.options, []
    for i, (weights, biases) in enumerate(problem.start):
        linear = nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T))
            linear.bias.copy_(torch.from_numpy(biases))
        layers.append(linear)
        if i == len(problem.start) - 1:
            break
        if options.get("normalization") == "batch":
            layers.append(nn.BatchNorm1d(weights.shape[1]))
        layers.append(ACTIVATIONS[options.get("activation", "relu")]())
        if "dropout" in options:
            layers.append(nn.Dropout(options["dropout"]))
    return nn.Sequential(*layers)


def weights_of(net):
    """Return the weight matrices, which are penalized, without the biases."""
    return [parameter for parameter in net.parameters() if parameter.ndim == 2]


def make_optimizer(problem, net):
    """Return Adam or SGD with Nesterov momentum, with weight decay for L2."""
    options = problem.options
    decay = 0.0
    if options.get("penalty", "l2") == "l2":
        decay = options.get("alpha", 0.0) / problem.batch_size
    groups = [
        {"params": weights_of(net), "weight_decay": decay},
        {"params": [parameter for parameter in net.parameters() if parameter.ndim < 2]},
    ]
    if options.get("solver") == "sgd":
        settings = {"momentum": options["momentum"], "nesterov": True}
        return torch.optim.SGD(groups, problem.rate, fused=True, **settings)
    return torch.optim.Adam(groups, problem.rate, fused=True)


def l1_of(problem, net):
    """Return the strength of the L1 penalty, and the penalized matrices."""
    is_l1 = problem.options.get("penalty") == "l1"
    strength = problem.options["alpha"] / problem.batch_size if is_l1 else 0.0
    return strength, weights_of(net)
