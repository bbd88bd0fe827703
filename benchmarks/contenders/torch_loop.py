"""PyTorch, eager: the loop that its tutorials write, over tensors in memory."""

import torch
from torch import nn

__all__ = ["Loop", "make_net"]


class Loop:
    """One batch after the other, each gathered by its row numbers."""

    def __init__(self, problem):
        self.problem = problem
        self.X = torch.from_numpy(problem.X)
        self.y = torch.from_numpy(problem.y)
        self.orders = torch.from_numpy(problem.orders)

    def run(self):
        """Train from the start."""
        X, y, batch_size = self.X, self.y, self.problem.batch_size
        self.net = net = make_net(self.problem).train()
        optimizer = torch.optim.Adam(net.parameters(), self.problem.rate, fused=True)
        criterion = nn.CrossEntropyLoss()
        for order in self.orders:
            total = torch.zeros(())
            for rows in order.split(batch_size):
                optimizer.zero_grad()
                loss = criterion(net(X.index_select(0, rows)), y.index_select(0, rows))
                loss.backward()
                optimizer.step()
                total += loss.detach()
            total.item()

    def scores(self, X):
        """Return raw scores."""
        with torch.inference_mode():
            return self.net.eval()(torch.from_numpy(X)).numpy()


def make_net(problem):
    """Return the problem's net with its starting parameters."""
    layers = []
    for weights, biases in problem.start:
        linear = nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T))
            linear.bias.copy_(torch.from_numpy(biases))
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])
