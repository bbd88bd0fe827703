"""Optimizers that scale each coordinate's step by its past gradients."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.blocks import Blockwise, number
from skdl.engine.checks import check_number

__all__ = ["Adagrad", "Adam", "AdamW", "RMSprop"]


@dataclass(eq=False, repr=False)
class Adagrad(BaseEstimator):
    """Steps divided by the root of the sum of all squared gradients.

    c ← c + g², then w ← w - η g / (√c + ε).

    Parameters
    ----------
    epsilon : float, default=1e-7
        The paper's δ is left open there; this is the usual choice.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", JMLR 2011.
    """

    epsilon: float = 1e-7

    def start(self, parameters, n_weights=None):
        """Return the state of a run over these parameters."""
        check_number(self, "epsilon", 0, closed="neither")
        return _ScaledState(parameters, keep=1.0, add=1.0, epsilon=self.epsilon)


@dataclass(eq=False, repr=False)
class RMSprop(BaseEstimator):
    """Steps divided by the root of a running mean of squared gradients.

    c ← ρ c + (1 - ρ) g², then w ← w - η g / (√c + ε).

    Parameters
    ----------
    decay : float, default=0.9
        ρ, in [0, 1).
    epsilon : float, default=1e-7

    References
    ----------
    T. Tieleman, G. Hinton, "Lecture 6.5: divide the gradient by a running average of
    its recent magnitude", 2012. It gives no ε.
    """

    decay: float = 0.9
    epsilon: float = 1e-7

    def start(self, parameters, n_weights=None):
        """Return the state of a run over these parameters."""
        check_number(self, "decay", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")
        return _ScaledState(
            parameters, keep=self.decay, add=1 - self.decay, epsilon=self.epsilon
        )


class _RootState(Blockwise):
    """Steps that are divided by the root of the last moment, plus epsilon.

    `update` leaves these denominators in its scratch. Thresholds need them again, so
    they are kept, block by block, once they have been asked for.
    """

    def divided(self, reach, block, out):
        """Return reach / denominators."""
        if self.kept is None:
            roots = np.sqrt(getattr(self, self.moments[-1]).reshape(-1))
            self.keep_scratch(np.add(roots, self.epsilon, out=roots))
        return np.divide(reach, self.kept[block], out=out)


class _ScaledState(_RootState):
    """c ← keep · c + add · g², and the step g / (√c + ε).

    The array holds c / add, which saves an operation.
    """

    moments = ("squares",)

    def __init__(self, parameters, keep, add, epsilon):
        super().__init__(parameters)
        self.keep = None if keep == 1 else number(parameters, keep)
        self.root = add**0.5
        self.epsilon = number(parameters, epsilon / self.root)
        self.factor = number(parameters)

    def prepare(self, rate):
        self.factor[()] = rate / self.root

    def update(self, w, g, c, scratch):
        np.multiply(g, g, scratch)
        if self.keep is not None:
            np.multiply(c, self.keep, c)
        np.add(c, scratch, c)
        np.sqrt(c, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(g, scratch, g)
        np.multiply(g, self.factor, g)
        np.subtract(w, g, w)

    def step_sizes(self, rate, block, out):
        return self.divided(float(rate) / self.root, block, out)


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

    def start(self, parameters, n_weights=None):
        """Return the state of a run over these parameters."""
        self._check()
        return _AdamState(self, parameters)

    def _check(self):
        check_number(self, "beta_1", 0, 1, closed="left")
        check_number(self, "beta_2", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay.

    Before Adam's step, w ← w - η λ w for weights, not for biases: the decay does not
    pass through the moments, unlike the estimators' `alpha`, and stays as it is when
    gradients are large.

    Parameters
    ----------
    beta_1, beta_2, epsilon : float
        As for `Adam`.
    weight_decay : float, default=0.01
        λ, at least 0. The paper multiplies it by the schedule's factor only; here, as
        usual since, by the whole rate.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    weight_decay: float = 0.01

    def start(self, parameters, n_weights=None):
        """Return the state of a run whose first n_weights parameters decay."""
        self._check()
        check_number(self, "weight_decay", 0)
        return _AdamWState(self, parameters, n_weights)


class _AdamState(_RootState):
    """Adam's moments, each divided by the constant that a new gradient comes with.

    m / (1 - β₁) and v / (1 - β₂) need no product with it: ten operations, not twelve.
    """

    moments = ("first_moment", "second_moment")

    def __init__(self, optimizer, parameters):
        super().__init__(parameters)
        self.beta_1, self.beta_2 = optimizer.beta_1, optimizer.beta_2
        self.keep_1 = number(parameters, self.beta_1)
        self.keep_2 = number(parameters, self.beta_2)
        self.root = (1 - self.beta_2) ** 0.5
        self.epsilon = number(parameters, optimizer.epsilon / self.root)
        self.factor = number(parameters)
        self.n_steps = 0

    def prepare(self, rate):
        self.n_steps += 1
        bias = (1 - self.beta_2**self.n_steps) ** 0.5 / (1 - self.beta_1**self.n_steps)
        self.factor[()] = rate * bias * (1 - self.beta_1) / self.root

    def update(self, w, g, m, v, scratch):
        np.multiply(g, g, scratch)
        np.multiply(v, self.keep_2, v)
        np.add(v, scratch, v)
        np.multiply(m, self.keep_1, m)
        np.add(m, g, m)
        np.sqrt(v, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(m, scratch, g)
        np.multiply(g, self.factor, g)
        np.subtract(w, g, w)

    def step_sizes(self, rate, block, out):
        # The first moment of a constant gradient is, once corrected, that gradient: its
        # correction is no part of the step.
        rate = float(rate * (1 - self.beta_2**self.n_steps) ** 0.5) / self.root
        return self.divided(rate, block, out)

    def state_dict(self):
        return {"n_steps": self.n_steps, **super().state_dict()}

    def load(self, state):
        super().load(state)
        self.n_steps = state["n_steps"]


class _AdamWState(_AdamState):
    def __init__(self, optimizer, parameters, n_weights):
        super().__init__(optimizer, parameters)
        self.weight_decay = optimizer.weight_decay
        self.n_weights = n_weights

    def step(self, parameters, gradient, rate):
        weights = parameters[..., : self.n_weights]
        np.multiply(weights, 1 - rate * self.weight_decay, out=weights)
        super().step(parameters, gradient, rate)
