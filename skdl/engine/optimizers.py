"""Rules that turn a gradient into a step.

An optimizer is a small specification that ``fit`` never changes. Its
``start(parameters, n_weights)`` raises ValueError for settings that make no sense, and
makes the state of one training run, whose ``step(parameters, gradient, rate)`` updates
the parameters in place; the gradient may serve as scratch. The arrays and counts of a
state are its ``state_dict``, from which a run goes on.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.adaptive_optimizers import Adagrad, Adam, AdamW, RMSprop
from skdl.engine.checks import check_number

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
        return _SGDState(self, parameters) if self.momentum else _PlainState()


class _PlainState:
    """Gradient descent without momentum remembers nothing."""

    def step(self, parameters, gradient, rate):
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state_dict(self):
        return {}

    def load(self, state):
        pass


class _SGDState:
    def __init__(self, optimizer, parameters):
        self.momentum = optimizer.momentum
        self.nesterov = optimizer.nesterov
        self.velocity = np.zeros_like(parameters)

    def step(self, parameters, gradient, rate):
        velocity = self.velocity
        np.multiply(gradient, rate, out=gradient)
        np.multiply(velocity, self.momentum, out=velocity)
        np.subtract(velocity, gradient, out=velocity)
        if self.nesterov:
            np.subtract(parameters, gradient, out=parameters)
            np.multiply(velocity, self.momentum, out=gradient)
            np.add(parameters, gradient, out=parameters)
        else:
            np.add(parameters, velocity, out=parameters)

    def state_dict(self):
        return {"velocity": self.velocity.copy()}

    def load(self, state):
        self.velocity[...] = state["velocity"]


OPTIMIZERS = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
