"""Penalties on the size of the weights, and how they act in training.

With λ = alpha / batch weight, the objective is the mean loss plus λ · R(W). R is the
sum of two parts:

- a smooth part, ``smooth`` · ½‖W‖², whose gradient is added to that of the loss;
- a part with kinks or jumps, ``sharp`` · S(W). It acts after the optimizer's step, as
  its proximal operator: each weight moves to the w that minimizes
  (w - u)² / (2 s) + λ · S(w), where u is the weight after the step and s the size of
  the step. Often this w is exactly zero.

A penalty holds settings and formulas. `PenaltyTerm` applies it to one network. For
minibatches and for L-BFGS alike, this is the only place where weights are penalized.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_empty
from skdl.engine.blocks import BLOCK, blocks_of
from skdl.engine.checks import check_number
from skdl.engine.specification import Specification, explain_settings

__all__ = [
    "PENALTIES",
    "ElasticNetPenalty",
    "L0Penalty",
    "L1Penalty",
    "L2Penalty",
    "Penalty",
    "PenaltyTerm",
    "start_penalty",
]


class Penalty(Specification):
    """The base class of penalties: R(W) = smooth · ½‖W‖² + sharp · S(W).

    Attributes
    ----------
    smooth : float
        The factor of ½‖W‖².
    sharp : float
        The factor of S(W). If it is not 0, the penalty has ``value``, which is S, and
        ``shrink``, its proximal operator.
    """

    REQUIRED = ("value", "shrink")
    OPTIONAL = ("check", "smooth", "sharp")

    smooth: float = 0.0
    sharp: float = 0.0

    def value(self, weights, scratch):
        """Return S(W).

        Parameters
        ----------
        weights : ndarray of shape (n,)
            Weights of one network, or a block of them.
        scratch : ndarray of shape (n,)
            Memory for intermediate results.

        Returns
        -------
        value : float
            The sum over these weights.
        """
        raise NotImplementedError

    def shrink(self, weights, steps, strength, scratch):
        """Move weights towards zero, in place: the proximal operator of S.

        Parameters
        ----------
        weights : ndarray of shape (n,)
            Weights after the optimizer's step.
        steps : float or ndarray of shape (n,)
            The size s of each weight's step. The array may be overwritten.
        strength : float
            The factor λ · sharp of S.
        scratch : ndarray of shape (n,)
            Memory for intermediate results.
        """
        raise NotImplementedError


@explain_settings
@dataclass(eq=False, repr=False)
class L2Penalty(Penalty):
    """R(W) = ½‖W‖²: all of it smooth. Weights become smaller, but hardly ever zero.

    Examples
    --------
    >>> from skdl.engine import L2Penalty
    >>> L2Penalty().smooth, L2Penalty().sharp
    (1.0, 0.0)
    """

    smooth = 1.0


@explain_settings
@dataclass(eq=False, repr=False)
class L1Penalty(Penalty):
    """R(W) = ‖W‖₁, the sum of absolute values: many weights become zero.

    A step of size s is followed by soft thresholding at t = s λ:
    w ← sign(w) max(|w| - t, 0).

    References
    ----------
    R. Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 1996.
    I. Daubechies, M. Defrise, C. De Mol, "An iterative thresholding algorithm for
    linear inverse problems with a sparsity constraint", 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import L1Penalty
    >>> w, scratch = np.array([1.0, -0.5, 0.125]), np.empty(3)
    >>> L1Penalty().value(w, scratch)
    1.625
    >>> L1Penalty().shrink(w, 0.5, 0.5, scratch)  # thresholds of 0.5 · 0.5
    >>> w.tolist()
    [0.75, -0.25, 0.0]
    """

    sharp = 1.0

    def value(self, weights, scratch):
        """Return the sum of the absolute values, see `Penalty.value`."""
        np.absolute(weights, out=scratch)
        return float(np.add.reduce(scratch))

    def shrink(self, weights, steps, strength, scratch):
        """Move the weights towards zero, and no further, see `Penalty.shrink`."""
        # w - clip(w, -t, t) is exactly zero where |w| ≤ t.
        bounds = _scaled(steps, strength)
        several = isinstance(bounds, np.ndarray)
        lower = np.negative(bounds, out=scratch) if several else -bounds
        np.maximum(weights, lower, out=scratch)
        np.minimum(scratch, bounds, out=scratch)
        np.subtract(weights, scratch, out=weights)


@explain_settings
@dataclass(eq=False, repr=False)
class ElasticNetPenalty(L1Penalty):
    """R(W) = l1_ratio · ‖W‖₁ + (1 - l1_ratio) · ½‖W‖².

    Parameters
    ----------
    l1_ratio : float, default=0.15
        The factor of ‖W‖₁, in [0, 1]. 0 is L2, 1 is L1.

    References
    ----------
    H. Zou, T. Hastie, "Regularization and variable selection via the elastic net",
    JRSS B 2005.

    Examples
    --------
    >>> from skdl.engine import ElasticNetPenalty
    >>> penalty = ElasticNetPenalty(l1_ratio=0.25)
    >>> penalty.smooth, penalty.sharp
    (0.75, 0.25)
    """

    l1_ratio: float = 0.15

    def check(self) -> None:
        """Raise ValueError for an l1_ratio outside of [0, 1]."""
        check_number(self, "l1_ratio", 0, 1)

    @property
    def smooth(self):
        """The factor of ½‖W‖²."""
        return 1 - self.l1_ratio

    @property
    def sharp(self):
        """The factor of ‖W‖₁."""
        return self.l1_ratio


@explain_settings
@dataclass(eq=False, repr=False)
class L0Penalty(Penalty):
    """R(W) = the number of weights that are not zero.

    A step of size s is followed by hard thresholding: w ← 0 where |w| < √(2 s λ);
    larger weights stay as they are. The objective has many local minima, and steps
    longer than one over the curvature leave all of them.

    References
    ----------
    T. Blumensath, M. Davies, "Iterative thresholding for sparse approximations", 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import L0Penalty
    >>> w, scratch = np.array([1.0, -0.5, 0.125]), np.empty(3)
    >>> L0Penalty().value(w, scratch)
    3.0
    >>> L0Penalty().shrink(w, 0.25, 0.25, scratch)  # below √(2 · 0.25 · 0.25) = 0.35
    >>> w.tolist()
    [1.0, -0.5, 0.0]
    """

    sharp = 1.0

    def value(self, weights, scratch):
        """Return the number of weights that are not zero, see `Penalty.value`."""
        return float(np.count_nonzero(weights))

    def shrink(self, weights, steps, strength, scratch):
        """Set small weights to zero, see `Penalty.shrink`."""
        bounds = _scaled(steps, 2 * strength)
        np.multiply(weights, weights, out=scratch)
        # Ones and zeros of the weights' dtype: no array of bool is needed.
        np.greater_equal(scratch, bounds, out=scratch, casting="unsafe")
        np.multiply(weights, scratch, out=weights)
        np.add(weights, 0, out=weights)  # turns -0.0 into 0.0


PENALTIES: dict[str, type[Penalty]] = {
    "l2": L2Penalty,
    "l1": L1Penalty,
    "elasticnet": ElasticNetPenalty,
    "l0": L0Penalty,
}


def start_penalty(penalty, alpha, network, gradient, optimizer=None):
    """Return what applies a penalty in a training run, or None for alpha = 0.

    Parameters
    ----------
    penalty : penalty object or None
        R. None stands for `L2Penalty`.
    alpha : float
        The strength of R, at least 0.
    network : Network
        The network to train.
    gradient : ndarray of the shape of network.parameters
        Where the gradient of the smooth part is added.
    optimizer : optimizer state, optional
        The state that takes the steps. Needed by penalties that are not smooth.

    Returns
    -------
    term : PenaltyTerm or None
        None if nothing is penalized.

    Raises
    ------
    ValueError
        For a setting outside of its range, or if the penalty is not smooth and the
        optimizer has no ``step_sizes``.
    """
    if not alpha:
        return None
    penalty = L2Penalty() if penalty is None else penalty
    return PenaltyTerm(penalty, alpha, network, gradient, optimizer)


class PenaltyTerm:
    """The penalty of one network in one training run.

    Its arrays are views of the weights and of the gradient, cut into blocks once.

    Parameters
    ----------
    penalty : penalty object
        R.
    alpha : float
        The strength of R, above 0.
    network : Network
        The network to train.
    gradient : ndarray of the shape of network.parameters
        Where the gradient of the smooth part is added.
    optimizer : optimizer state, optional
        The state that takes the steps. Needed by penalties that are not smooth.
    """

    def __init__(self, penalty, alpha, network, gradient, optimizer=None):
        penalty.check()
        self.penalty: Penalty = penalty
        self.optimizer: Any = optimizer
        self.smooth, self.sharp = alpha * penalty.smooth, alpha * penalty.sharp
        self.strength = 0.0
        self.is_stack = bool(network.stack)
        n_weights = network.n_weights
        self._scaled_strength = np.zeros((), network.dtype)
        # One entry for each network of a stack.
        rows, gradients = network.parameters, gradient
        if not self.is_stack:
            rows, gradients = [rows], [gradients]
        self._weights, self._blocks = [], []
        for row, its_gradient in zip(rows, gradients, strict=True):
            self._weights.append(row[:n_weights])
            self._blocks += blocks_of(self._weights[-1], its_gradient[:n_weights])
        if self.sharp:
            self._check_step_sizes()
            self._prepare_thresholds(network)

    def _check_step_sizes(self):
        if not hasattr(self.optimizer, "step_sizes"):
            name, solver = type(self.penalty).__name__, type(self.optimizer).__name__
            raise ValueError(
                f"penalty: {name} needs the size of the optimizer's step for each "
                f"weight, and {solver} has no method step_sizes(rate, block, out). Add "
                "the method, as skdl.engine.protocols.OptimizerState describes it; or "
                "take penalty='l2' or None, or an optimizer of skdl.engine."
            )

    def _prepare_thresholds(self, network):
        """Find the blocks of each network's weights in the flat parameters."""
        n_parameters = network.parameters.shape[-1]
        flat = network.parameters.reshape(-1)
        size = min(BLOCK, network.n_weights)
        self._scratch = aligned_empty((size,), network.dtype)
        self._steps = aligned_empty((size,), network.dtype)
        self._places = []
        for first in range(0, flat.size, n_parameters):
            stop = first + network.n_weights
            starts = range(first, stop, BLOCK)
            blocks = [slice(start, min(start + BLOCK, stop)) for start in starts]
            self._places.append([(block, flat[block]) for block in blocks])

    def add(self, batch_weight):
        """Add the smooth part's gradient to the gradient; return the penalty's value.

        Parameters
        ----------
        batch_weight : float
            The sum of the batch's row weights, by which alpha is divided.

        Returns
        -------
        value : float, or ndarray of shape (n_networks,)
            λ · R(W).
        """
        value = 0.0
        if self.smooth:
            strength = self.smooth / batch_weight
            self._scaled_strength[()] = strength
            for weights, gradient, scaled in self._blocks:
                np.multiply(weights, self._scaled_strength, scaled)
                np.add(gradient, scaled, gradient)
            squares = [float(np.dot(w, w)) for w in self._weights]
            if self.is_stack:
                value = np.multiply(squares, strength / 2)
            else:
                value = squares[0] * (strength / 2)
        if self.sharp:
            self.strength = self.sharp / batch_weight
            value = value + self.strength * self._sharp_value()
        return value

    def _sharp_value(self):
        """Return S(W): a float, or an array of shape (n_networks,)."""
        values = [
            sum(self.penalty.value(w, self._scratch[: w.size]) for _, w in blocks)
            for blocks in self._places
        ]
        return np.array(values) if self.is_stack else values[0]

    def shrink(self, rate: float, clip_factor: float | Sequence[float] = 1.0) -> None:
        """Apply the sharp part after a step, with the strength of the last `add`.

        Parameters
        ----------
        rate : float
            The learning rate of the step.
        clip_factor : float or sequence of float, default=1.0
            What the gradient was multiplied by; thresholds shrink with it. A stack may
            have one for each network.
        """
        if not self.sharp:
            return
        strengths = np.multiply(clip_factor, self.strength)
        strengths = np.broadcast_to(strengths, len(self._places)).tolist()
        for blocks, strength in zip(self._places, strengths, strict=True):
            for block, w in blocks:
                scratch, out = self._scratch[: w.size], self._steps[: w.size]
                steps = self.optimizer.step_sizes(rate, block, out)
                self.penalty.shrink(w, steps, strength, scratch)


def _scaled(steps, factor):
    if isinstance(steps, np.ndarray):
        return np.multiply(steps, factor, out=steps)
    return steps * factor
