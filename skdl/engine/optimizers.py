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

    def step_sizes(self, rate, block, out):
        return float(rate)

    def state_dict(self):
        return {}

    def load(self, state):
        pass


class _SGDState:
    def __init__(self, optimizer, parameters):
        self.momentum = optimizer.momentum
        self.nesterov = optimizer.nesterov
        self.velocity = np.zeros_like(parameters)
        # The velocity that a gradient of -1 would have given: rate / (1 - momentum) in
        # the long run, less at the start, and right while a schedule moves the rate.
        self.reach = 0.0

    def step(self, parameters, gradient, rate):
        velocity = self.velocity
        self.reach = self.momentum * self.reach + float(rate)
        np.multiply(gradient, rate, out=gradient)
        np.multiply(velocity, self.momentum, out=velocity)
        np.subtract(velocity, gradient, out=velocity)
        if self.nesterov:
            np.subtract(parameters, gradient, out=parameters)
            np.multiply(velocity, self.momentum, out=gradient)
            np.add(parameters, gradient, out=parameters)
        else:
            np.add(parameters, velocity, out=parameters)

    def step_sizes(self, rate, block, out):
        if self.nesterov:
            return float(rate) + self.momentum * self.reach
        return self.reach

    def state_dict(self):
        return {"velocity": self.velocity.copy(), "reach": self.reach}

    def load(self, state):
        self.velocity[...] = state["velocity"]
        self.reach = state["reach"]


OPTIMIZERS = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
