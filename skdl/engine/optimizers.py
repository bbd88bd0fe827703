"""Rules that turn a gradient into a step.

An optimizer is a small specification that ``fit`` never changes. Its
``start(parameters, n_weights)`` raises ValueError for settings that make no sense, and
makes the state of one training run, whose ``step(parameters, gradient, rate)`` updates
the parameters in place; the gradient may serve as scratch. The arrays and counts of a
state are its ``state_dict``, from which a run goes on.

Penalties with thresholds ask for one more method, ``step_sizes(rate, block, out)``,
after each step: by how much the step of this rate moves each parameter per unit of a
gradient that stays as it is. `block` is a slice of the parameters as one flat vector;
the answer is an array, which may be `out`, of that length and writable, or one float.
With it, thresholds and steps balance where the objective is least: what an optimizer
does to a constant gradient, momentum and scaling, it does to the threshold.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.adaptive_optimizers import Adagrad, Adam, AdamW, RMSprop
from skdl.engine.blocks import Blockwise, number
from skdl.engine.checks import check_flag, check_number

__all__ = ["OPTIMIZERS", "SGD"]


@dataclass(eq=False, repr=False)
class SGD(BaseEstimator):
    """Gradient descent with momentum.

    v ← μ v - η g, then w ← w + v, or with Nesterov's look-ahead w ← w + μ v - η g.

    Parameters
    ----------
    momentum : float, default=0.9
        μ, in [0, 1]. 0 is plain gradient descent and keeps no velocity.
    nesterov : bool, default=True

    References
    ----------
    Y. Nesterov, "A method for solving a convex programming problem with convergence
    rate O(1/k²)", 1983; in this form I. Sutskever et al., "On the importance of
    initialization and momentum in deep learning", ICML 2013.
    """

    momentum: float = 0.9
    nesterov: bool = True

    def start(self, parameters, n_weights=None):
        """Return the state of a run over these parameters."""
        check_number(self, "momentum", 0, 1)
        check_flag(self, "nesterov")
        if not self.momentum:
            return _PlainState(parameters)
        return _SGDState(self, parameters)


class _PlainState(Blockwise):
    """Gradient descent without momentum remembers nothing."""

    def __init__(self, parameters):
        super().__init__(parameters)
        self.rate = number(parameters)

    def prepare(self, rate):
        self.rate[()] = rate

    def update(self, w, g, scratch):
        np.multiply(g, self.rate, g)
        np.subtract(w, g, w)

    def step_sizes(self, rate, block, out):
        return float(rate)


class _SGDState(Blockwise):
    moments = ("velocity",)

    def __init__(self, optimizer, parameters):
        super().__init__(parameters)
        self.momentum = float(optimizer.momentum)
        self.nesterov = optimizer.nesterov
        self.keep, self.rate = number(parameters, self.momentum), number(parameters)
        # The velocity that a gradient of -1 would have given: rate / (1 - momentum) in
        # the long run, less at the start, and right while a schedule moves the rate.
        self.reach = 0.0

    def prepare(self, rate):
        self.reach = self.momentum * self.reach + float(rate)
        self.rate[()] = rate

    def update(self, w, g, v, scratch):
        np.multiply(g, self.rate, g)
        np.multiply(v, self.keep, v)
        np.subtract(v, g, v)
        if self.nesterov:
            np.subtract(w, g, w)
            np.multiply(v, self.keep, scratch)
            np.add(w, scratch, w)
        else:
            np.add(w, v, w)

    def step_sizes(self, rate, block, out):
        if self.nesterov:
            return float(rate) + self.momentum * self.reach
        return self.reach

    def state_dict(self):
        return {**super().state_dict(), "reach": self.reach}

    def load(self, state):
        super().load(state)
        self.reach = state["reach"]


OPTIMIZERS = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
