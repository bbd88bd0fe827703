"""Rules that turn a gradient into a step.

`skdl.engine.protocols.Optimizer` and `OptimizerState` describe the methods. An
optimizer holds settings only. Its ``start`` returns the state of one training run,
whose ``step(parameters, gradient, rate)`` updates the parameters in place.

In the formulas, w are the parameters, g is the gradient, and η the learning rate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl.engine.blocks import Blockwise, scalar_array
from skdl.engine.checks import check_flag, check_number
from skdl.engine.specification import Specification, explain_settings

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "RuleState",
    "adam_with_factors",
]


class Optimizer(Specification):
    """The base class of optimizers."""

    REQUIRED = ("start",)

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a training run.

        Parameters
        ----------
        parameters : ndarray of shape (..., n_parameters)
            The parameters that the run will update.
        n_weights : int, optional
            How many of them are weights, which come first. The others are biases and
            the like. All of them by default.

        Returns
        -------
        state : optimizer state
            An object with ``step``, see `skdl.engine.protocols.OptimizerState`.

        Raises
        ------
        ValueError
            For a setting outside of its range.
        """
        raise NotImplementedError


@explain_settings
@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """Gradient descent with momentum.

    v ← μ v - η g, then w ← w + v, or with Nesterov's look-ahead w ← w + μ v - η g.

    Parameters
    ----------
    momentum : float, default=0.9
        The decay μ of the velocity v, in [0, 1]. 0 is plain gradient descent, which
        stores no velocity.
    nesterov : bool, default=True
        Whether to take Nesterov's form.

    References
    ----------
    Y. Nesterov, "A method for solving a convex programming problem with convergence
    rate O(1/k²)", 1983; in this form I. Sutskever et al., "On the importance of
    initialization and momentum in deep learning", ICML 2013.

    Examples
    --------
    Two steps with the same gradient. The second one is longer:

    >>> import numpy as np
    >>> from skdl.engine import SGD
    >>> w = np.array([1.0])
    >>> state = SGD(momentum=0.5, nesterov=False).start(w)
    >>> for _ in range(2):
    ...     state.step(w, np.array([1.0]), 0.1)
    ...     print(w.round(3).tolist())
    [0.9]
    [0.75]
    """

    momentum: float = 0.9
    nesterov: bool = True

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""
        check_number(self, "momentum", 0, 1)
        check_flag(self, "nesterov")

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a training run, see `Optimizer.start`."""
        self.check()
        if not self.momentum:
            return _PlainState(parameters)
        return _SGDState(self, parameters)


class RuleState(Blockwise):
    """The state of one of these rules.

    `step_scale(rate)` returns a number: the size of the last step, or what has to be
    divided by `denominators` to get the size for each parameter.

    Parameters
    ----------
    parameters : ndarray
        The parameters of the run, or an array like them.

    Attributes
    ----------
    rates : sequence of str
        Names of those of `numbers` that `prepare` sets.
    settings, counters : sequence of str
        Names of the numbers that `prepare` and `step_scale` read, and of those among
        them that `prepare` changes. In a stack, they may be columns.
    """

    rates: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()

    def leave(self):
        """Replace views of the arrays of a stack by arrays of its own."""
        for name in (*self.moments, *self.numbers):
            setattr(self, name, getattr(self, name).copy())

    def step_scale(self, rate):
        """Return a number in proportion to the size of the last step.

        Parameters
        ----------
        rate : float
            The learning rate of that step.
        """
        raise NotImplementedError

    def step_sizes(self, rate, block, out):
        """Return the size of the last step, see `protocols.OptimizerState`.

        Parameters
        ----------
        rate : float
            The learning rate of that step.
        block : slice
            Part of the parameters as one flat vector.
        out : ndarray
            Memory for sizes that differ between parameters.
        """
        return float(self.step_scale(rate))


class _PlainState(RuleState):
    """Gradient descent without momentum, which has nothing to remember."""

    numbers = rates = ("rate",)

    def __init__(self, parameters):
        super().__init__(parameters)
        self.rate = scalar_array(parameters)

    def prepare(self, rate):
        self.rate[()] = rate

    def update(self, w, g, scratch):
        np.multiply(g, self.rate, g)
        np.subtract(w, g, w)

    def step_scale(self, rate):
        return rate


class _SGDState(RuleState):
    moments = ("velocity",)
    numbers = ("decay", "rate")
    rates = ("rate",)
    settings = ("momentum", "effective_step")
    counters = ("effective_step",)

    def __init__(self, optimizer, parameters):
        super().__init__(parameters)
        self.momentum = float(optimizer.momentum)
        self.nesterov = optimizer.nesterov
        self.decay = scalar_array(parameters, self.momentum)
        self.rate = scalar_array(parameters)
        # The velocity that a constant gradient of -1 would have built up so far:
        # rate / (1 - momentum) in the long run. It follows a changing rate.
        self.effective_step = 0.0

    def prepare(self, rate):
        self.effective_step = self.momentum * self.effective_step + rate
        self.rate[()] = rate

    def update(self, w, g, v, scratch):
        np.multiply(g, self.rate, g)
        np.multiply(v, self.decay, v)
        np.subtract(v, g, v)
        if self.nesterov:
            np.subtract(w, g, w)
            np.multiply(v, self.decay, scratch)
            np.add(w, scratch, w)
        else:
            np.add(w, v, w)

    def step_scale(self, rate):
        if self.nesterov:
            return rate + self.momentum * self.effective_step
        return self.effective_step

    def state_dict(self):
        # "reach" is its name in the files of checkpoints.
        return {**super().state_dict(), "reach": self.effective_step}

    def load(self, state):
        super().load(state)
        self.effective_step = state["reach"]


class _RootState(RuleState):
    """Steps divided by the root of the last moment, plus epsilon.

    `update` leaves these denominators in its scratch array. Once a penalty has asked
    for them, the denominators of all blocks are stored.
    """

    epsilon: np.ndarray
    denominators: Any

    def step_sizes(self, rate, block, out):
        """Write the scale of the step, divided by the denominators, into out."""
        if self.denominators is None:
            roots = np.sqrt(getattr(self, self.moments[-1]).reshape(-1))
            self.store_denominators(np.add(roots, self.epsilon, out=roots))
        denominators: Any = self.denominators
        scale = float(self.step_scale(rate))
        return np.divide(scale, denominators[block], out=out)


@explain_settings
@dataclass(eq=False, repr=False)
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients.

    c ← c + g², then w ← w - η g / (√c + ε).

    Parameters
    ----------
    epsilon : float, default=1e-7
        The ε that keeps the denominator from 0. Above 0. The paper leaves its δ open.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", JMLR 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Adagrad
    >>> w = np.array([1.0, 1.0])
    >>> state = Adagrad().start(w)
    >>> for _ in range(2):
    ...     state.step(w, np.array([1.0, 100.0]), 0.1)
    ...     print(w.round(3).tolist())
    [0.9, 0.9]
    [0.829, 0.829]
    """

    epsilon: float = 1e-7

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""
        check_number(self, "epsilon", 0, closed="neither")

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a training run, see `Optimizer.start`."""
        self.check()
        return _ScaledState(parameters, decay=1.0, share=1.0, epsilon=self.epsilon)


@explain_settings
@dataclass(eq=False, repr=False)
class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients.

    c ← ρ c + (1 - ρ) g², then w ← w - η g / (√c + ε).

    Parameters
    ----------
    decay : float, default=0.9
        The decay ρ of the running mean, in [0, 1).
    epsilon : float, default=1e-7
        The ε that keeps the denominator from 0. Above 0.

    References
    ----------
    T. Tieleman, G. Hinton, "Lecture 6.5: divide the gradient by a running average of
    its recent magnitude", 2012. It gives no ε.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import RMSprop
    >>> w = np.array([1.0, 1.0])
    >>> state = RMSprop(decay=0.5).start(w)
    >>> for _ in range(2):
    ...     state.step(w, np.array([1.0, 100.0]), 0.1)
    ...     print(w.round(3).tolist())
    [0.859, 0.859]
    [0.743, 0.743]
    """

    decay: float = 0.9
    epsilon: float = 1e-7

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""
        check_number(self, "decay", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a training run, see `Optimizer.start`."""
        self.check()
        return _ScaledState(
            parameters, decay=self.decay, share=1 - self.decay, epsilon=self.epsilon
        )


class _ScaledState(_RootState):
    """c ← decay · c + share · g², and the step g / (√c + ε).

    The array holds c / share, which saves an operation.
    """

    moments = ("squares",)
    numbers = ("decay", "epsilon", "factor")
    rates = ("factor",)
    settings = ("root",)

    def __init__(self, parameters, decay, share, epsilon):
        super().__init__(parameters)
        self.decays = decay != 1
        self.decay = scalar_array(parameters, decay)
        self.root = share**0.5
        self.epsilon = scalar_array(parameters, epsilon / self.root)
        self.factor = scalar_array(parameters)

    def prepare(self, rate):
        self.factor[()] = rate / self.root

    def update(self, w, g, c, scratch):
        np.multiply(g, g, scratch)
        if self.decays:
            np.multiply(c, self.decay, c)
        np.add(c, scratch, c)
        np.sqrt(c, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(g, scratch, g)
        np.multiply(g, self.factor, g)
        np.subtract(w, g, w)

    def step_scale(self, rate):
        return rate / self.root


@explain_settings
@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """Steps scaled by running moments of the gradient, for each coordinate.

    m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g². In step number t,
    w ← w - η √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε).

    Parameters
    ----------
    beta_1 : float, default=0.9
        The decay β₁ of the first moment, in [0, 1).
    beta_2 : float, default=0.999
        The decay β₂ of the second moment, in [0, 1).
    epsilon : float, default=1e-8
        The ε that is added to the root of the uncorrected second moment. Above 0. This
        is scikit-learn's form, and the one at the end of section 2 of the paper.

    References
    ----------
    D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    The first steps have the length of the rate, whatever the gradient:

    >>> import numpy as np
    >>> from skdl.engine import Adam
    >>> w = np.array([1.0, 1.0])
    >>> state = Adam().start(w)
    >>> for _ in range(2):
    ...     state.step(w, np.array([1.0, -100.0]), 0.1)
    ...     print(w.round(3).tolist())
    [0.9, 1.1]
    [0.8, 1.2]
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""
        check_number(self, "beta_1", 0, 1, closed="left")
        check_number(self, "beta_2", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a training run, see `Optimizer.start`."""
        self.check()
        return _AdamState(self, parameters)


@explain_settings
@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay.

    Before Adam's step, w ← w - η λ w for weights, not for biases. Unlike the gradient
    of the estimators' `alpha`, the decay does not pass through the moments: large
    gradients do not weaken it.

    Parameters
    ----------
    beta_1 : float, default=0.9
        The decay β₁ of the first moment, in [0, 1).
    beta_2 : float, default=0.999
        The decay β₂ of the second moment, in [0, 1).
    epsilon : float, default=1e-8
        The ε that is added to the root of the uncorrected second moment. Above 0.
    weight_decay : float, default=0.01
        The strength λ of the decay, at least 0. It is multiplied by the whole rate, as
        usual today; the paper multiplies it by the schedule's factor only.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Examples
    --------
    Without a gradient, weights shrink and biases stay:

    >>> import numpy as np
    >>> from skdl.engine import AdamW
    >>> w = np.array([1.0, 1.0])  # a weight and a bias
    >>> state = AdamW(weight_decay=0.5).start(w, n_weights=1)
    >>> state.step(w, np.zeros(2), 0.1)
    >>> w.tolist()
    [0.95, 1.0]
    """

    weight_decay: float = 0.01

    def check(self) -> None:
        """Raise ValueError for a setting outside of its range."""
        super().check()
        check_number(self, "weight_decay", 0)

    def start(self, parameters: np.ndarray, n_weights: int | None = None) -> Any:
        """Return the state of a run whose first n_weights parameters decay."""
        self.check()
        return _AdamWState(self, parameters, n_weights)


class _AdamState(_RootState):
    """Adam's moments, each divided by the weight of a new gradient.

    m / (1 - β₁) and v / (1 - β₂) take ten operations a step; m and v take twelve.
    """

    moments = ("first_moment", "second_moment")
    numbers = ("decay_1", "decay_2", "epsilon", "factor")
    rates = ("factor",)
    settings = ("beta_1", "beta_2", "root", "n_steps")
    counters = ("n_steps",)

    def __init__(self, optimizer, parameters):
        super().__init__(parameters)
        self.beta_1, self.beta_2 = optimizer.beta_1, optimizer.beta_2
        self.decay_1 = scalar_array(parameters, self.beta_1)
        self.decay_2 = scalar_array(parameters, self.beta_2)
        self.root = (1 - self.beta_2) ** 0.5
        self.epsilon = scalar_array(parameters, optimizer.epsilon / self.root)
        self.factor = scalar_array(parameters)
        self.n_steps = 0

    def prepare(self, rate):
        self.n_steps += 1
        bias = (1 - self.beta_2**self.n_steps) ** 0.5 / (1 - self.beta_1**self.n_steps)
        self.factor[()] = rate * bias * (1 - self.beta_1) / self.root

    def update(self, w, g, m, v, scratch):
        np.multiply(g, g, scratch)
        np.multiply(v, self.decay_2, v)
        np.add(v, scratch, v)
        np.multiply(m, self.decay_1, m)
        np.add(m, g, m)
        np.sqrt(v, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(m, scratch, g)
        np.multiply(g, self.factor, g)
        np.subtract(w, g, w)

    def step_scale(self, rate):
        # For a constant gradient, the bias-corrected first moment equals the gradient:
        # only the second moment's correction enters.
        return rate * (1 - self.beta_2**self.n_steps) ** 0.5 / self.root

    def state_dict(self):
        return {"n_steps": self.n_steps, **super().state_dict()}

    def load(self, state):
        super().load(state)
        self.n_steps = state["n_steps"]


class _FactoredAdamState(_AdamState):
    """Adam with one more product a step: each parameter has a rate of its own."""

    constants = ("factors",)

    def __init__(self, optimizer, parameters, factors):
        super().__init__(optimizer, parameters)
        if factors.shape != parameters.shape:
            raise ValueError(
                f"factors must have the shape of parameters, {parameters.shape}, got "
                f"{factors.shape}."
            )
        self.factors = np.ascontiguousarray(factors, parameters.dtype)

    def update(self, w, g, m, v, factors, scratch):
        np.multiply(g, g, scratch)
        np.multiply(v, self.decay_2, v)
        np.add(v, scratch, v)
        np.multiply(m, self.decay_1, m)
        np.add(m, g, m)
        np.sqrt(v, scratch)
        np.add(scratch, self.epsilon, scratch)
        np.divide(m, scratch, g)
        np.multiply(g, self.factor, g)
        np.multiply(g, factors, g)
        np.subtract(w, g, w)

    def step_sizes(self, rate, block, out):
        sizes = super().step_sizes(rate, block, out)
        return np.multiply(sizes, self.factors.reshape(-1)[block], out=out)


class _AdamWState(_AdamState):
    numbers = (*_AdamState.numbers, "kept")
    rates = ("factor", "kept")
    settings = (*_AdamState.settings, "weight_decay")

    def __init__(self, optimizer, parameters, n_weights):
        super().__init__(optimizer, parameters)
        self.weight_decay = optimizer.weight_decay
        self.n_weights = n_weights
        self.kept = scalar_array(parameters)

    def prepare(self, rate):
        super().prepare(rate)
        self.kept[()] = 1 - rate * self.weight_decay

    def before_update(self, parameters):
        weights = parameters[..., : self.n_weights]
        np.multiply(weights, self.kept, out=weights)


def adam_with_factors(
    optimizer: Adam, parameters: np.ndarray, factors: np.ndarray
) -> RuleState:
    """Return the state of a run of Adam with a learning rate for each parameter.

    Parameters
    ----------
    optimizer : Adam
        The settings; not `AdamW`, whose decay would need the factors, too.
    parameters : ndarray of shape (..., n_parameters)
        The parameters that the run will update.
    factors : ndarray of the shape of parameters
        The rate of each parameter, divided by the rate that ``step`` gets.

    Returns
    -------
    state : RuleState
        The state, see `skdl.engine.protocols.OptimizerState`.

    Raises
    ------
    TypeError
        For `AdamW`.
    ValueError
        For a setting outside of its range, or factors of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Adam
    >>> from skdl.engine.optimizers import adam_with_factors
    >>> w = np.array([1.0, 1.0])
    >>> state = adam_with_factors(Adam(), w, np.array([1.0, 6.0]))
    >>> state.step(w, np.array([1.0, 1.0]), 0.1)
    >>> w.round(3).tolist()
    [0.9, 0.4]
    """
    if isinstance(optimizer, AdamW):
        raise TypeError(
            "optimizer must be Adam, got AdamW, whose decay has no factors."
        )
    optimizer.check()
    return _FactoredAdamState(optimizer, parameters, factors)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
