"""Rules that turn a gradient into a step.

An optimizer is a small specification that ``fit`` never changes. Its ``start`` makes
the state of one training run, whose ``step(parameters, gradient, rate)`` updates the
parameters in place; the gradient may serve as scratch. The arrays and counts of a state
are its ``state_dict``, from which a run goes on.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["OPTIMIZERS", "SGD", "Adam"]


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

    def start(self, parameters):
        """Return the state of a run over these parameters."""
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


@dataclass(eq=False, repr=False)
class Adam(BaseEstimator):
    """Steps scaled by running moments of the gradient, each coordinate by its own.

    m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g²; with t the number of the step,
    w ← w - η √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε).

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay of the two moments, in [0, 1).
    epsilon : float, default=1e-8
        Added to the root of the uncorrected second moment, as scikit-learn does: the
        form that closes section 2 of the paper.

    References
    ----------
    D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def start(self, parameters):
        """Return the state of a run over these parameters."""
        return _AdamState(self, parameters)


class _AdamState:
    # Parameters are updated block by block, so that a block's arrays stay in the cache
    # from one operation to the next: five arrays of this many elements fit L2.
    BLOCK = 16384

    def __init__(self, optimizer, parameters):
        self.beta_1 = optimizer.beta_1
        self.beta_2 = optimizer.beta_2
        self.epsilon = optimizer.epsilon
        self.n_steps = 0
        self.first_moment = np.zeros_like(parameters)
        self.second_moment = np.zeros_like(parameters)
        self._scratch = np.empty(min(self.BLOCK, parameters.size), parameters.dtype)

    def step(self, parameters, gradient, rate):
        self.n_steps += 1
        beta_1, beta_2, epsilon = self.beta_1, self.beta_2, self.epsilon
        rate = rate * np.sqrt(1 - beta_2**self.n_steps) / (1 - beta_1**self.n_steps)
        rate = float(rate)
        w, g = parameters.reshape(-1), gradient.reshape(-1)
        m, v = self.first_moment.reshape(-1), self.second_moment.reshape(-1)
        for start in range(0, w.size, self.BLOCK):
            block = slice(start, start + self.BLOCK)
            _adam_block(
                w[block], g[block], m[block], v[block], self._scratch,
                rate, beta_1, beta_2, epsilon,
            )  # fmt: skip

    def state_dict(self):
        return {
            "n_steps": self.n_steps,
            "first_moment": self.first_moment.copy(),
            "second_moment": self.second_moment.copy(),
        }

    def load(self, state):
        self.n_steps = state["n_steps"]
        self.first_moment[...] = state["first_moment"]
        self.second_moment[...] = state["second_moment"]


def _adam_block(w, g, m, v, scratch, rate, beta_1, beta_2, epsilon):
    scratch = scratch[: w.size]
    np.multiply(g, g, out=scratch)
    np.multiply(scratch, 1 - beta_2, out=scratch)
    np.multiply(v, beta_2, out=v)
    np.add(v, scratch, out=v)
    np.multiply(g, 1 - beta_1, out=g)
    np.multiply(m, beta_1, out=m)
    np.add(m, g, out=m)
    np.sqrt(v, out=scratch)
    np.add(scratch, epsilon, out=scratch)
    np.divide(m, scratch, out=scratch)
    np.multiply(scratch, rate, out=scratch)
    np.subtract(w, scratch, out=w)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
