"""Penalties on the size of the weights: what the gradient takes, and what thresholds.

With λ = alpha / batch weight, the objective is the mean loss plus λ · R(W). R splits
into a smooth share, `smooth` · ½‖W‖², whose gradient the network adds to that of the
loss, and a share with kinks or jumps, `sharp` · S(W). That one acts after the
optimizer's step, as its proximal operator: each weight moves to the w that minimizes
(w - u)² / (2 s) + λ · S(w), where u is where the step has led it and s the length of
the step. It is often exactly zero there.

A penalty that is sharp has ``value(weights, scratch)``, which is S, and
``shrink(weights, steps, strength, scratch)``, the operator, in place. `steps` are the
s_i, an array that may be written to or one float; `strength` is λ; `scratch` is an
array like the weights.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.blocks import BLOCK
from skdl.engine.checks import check_number

__all__ = [
    "PENALTIES",
    "ElasticNetPenalty",
    "L0Penalty",
    "L1Penalty",
    "L2Penalty",
]


class _Penalty(BaseEstimator):
    def check(self):
        """Raise ValueError for settings that make no sense."""

    def start(self, network, optimizer):
        """Return what applies the sharp share in one training run, or None.

        Parameters
        ----------
        network : Network
        optimizer : optimizer state
            Whose ``step_sizes`` tells how far each weight has moved.

        Returns
        -------
        proximal : object or None
            None if all of the penalty is smooth.

        Raises
        ------
        ValueError
            If the optimizer cannot tell the sizes of its steps.
        """
        self.check()
        if not self.sharp:
            return None
        if not hasattr(optimizer, "step_sizes"):
            raise ValueError(
                f"penalty: {type(self).__name__} thresholds each weight in proportion "
                f"to the optimizer's step for it, and {type(optimizer).__name__} has "
                "no method step_sizes(rate, block, out) to tell it. Add one, as "
                "skdl.engine.optimizers describes it; or take penalty='l2' or None, or "
                "an optimizer of skdl.engine."
            )
        return _Proximal(self, network, optimizer)


@dataclass(eq=False, repr=False)
class L2Penalty(_Penalty):
    """R(W) = ½‖W‖²: all smooth. Weights get smaller and hardly ever zero."""

    smooth = 1.0
    sharp = 0.0


@dataclass(eq=False, repr=False)
class L1Penalty(_Penalty):
    """R(W) = ‖W‖₁, the sum of absolute values: many weights become zero.

    A step of size s is followed by soft thresholding at t = s λ:
    w ← sign(w) max(|w| - t, 0).

    References
    ----------
    R. Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 1996.
    I. Daubechies, M. Defrise, C. De Mol, "An iterative thresholding algorithm for
    linear inverse problems with a sparsity constraint", 2004.
    """

    smooth = 0.0
    sharp = 1.0

    def value(self, weights, scratch):
        """Return the sum of the absolute values."""
        np.absolute(weights, out=scratch)
        return float(np.add.reduce(scratch))

    def shrink(self, weights, steps, strength, scratch):
        """Move the weights towards zero, and not beyond it."""
        # w - clip(w, -t, t), which is exactly zero where |w| is at most t.
        bounds = _scaled(steps, strength)
        several = isinstance(bounds, np.ndarray)
        lower = np.negative(bounds, out=scratch) if several else -bounds
        np.maximum(weights, lower, out=scratch)
        np.minimum(scratch, bounds, out=scratch)
        np.subtract(weights, scratch, out=weights)


@dataclass(eq=False, repr=False)
class ElasticNetPenalty(L1Penalty):
    """R(W) = l1_ratio · ‖W‖₁ + (1 - l1_ratio) · ½‖W‖².

    Parameters
    ----------
    l1_ratio : float, default=0.15
        In [0, 1]: 0 is L2, 1 is L1.

    References
    ----------
    H. Zou, T. Hastie, "Regularization and variable selection via the elastic net",
    JRSS B 2005.
    """

    l1_ratio: float = 0.15

    def check(self):
        """Raise ValueError for an l1_ratio outside of [0, 1]."""
        check_number(self, "l1_ratio", 0, 1)

    @property
    def smooth(self):
        """The share of ½‖W‖²."""
        return 1 - self.l1_ratio

    @property
    def sharp(self):
        """The share of ‖W‖₁."""
        return self.l1_ratio


@dataclass(eq=False, repr=False)
class L0Penalty(_Penalty):
    """R(W) = the number of weights that are not zero.

    A step of size s is followed by hard thresholding: w ← 0 where |w| < √(2 s λ), and w
    stays as it is elsewhere. The objective has many local minima, and steps longer than
    one over the curvature lead away from all of them.

    References
    ----------
    T. Blumensath, M. Davies, "Iterative thresholding for sparse approximations", 2008.
    """

    smooth = 0.0
    sharp = 1.0

    def value(self, weights, scratch):
        """Return the number of weights that are not zero."""
        return float(np.count_nonzero(weights))

    def shrink(self, weights, steps, strength, scratch):
        """Set small weights to zero."""
        bounds = _scaled(steps, 2 * strength)
        np.multiply(weights, weights, out=scratch)
        # Ones and zeros in the weights' own type: no array of booleans is needed.
        np.greater_equal(scratch, bounds, out=scratch, casting="unsafe")
        np.multiply(weights, scratch, out=weights)
        np.add(weights, 0, out=weights)  # no -0.0


PENALTIES = {
    "l2": L2Penalty,
    "l1": L1Penalty,
    "elasticnet": ElasticNetPenalty,
    "l0": L0Penalty,
}


class _Proximal:
    """The sharp share of a penalty on the weights of a network, block by block."""

    def __init__(self, penalty, network, optimizer):
        self.penalty, self.optimizer = penalty, optimizer
        self.stack = network.stack
        n_parameters = network.parameters.shape[-1]
        flat = network.parameters.reshape(-1)
        size = min(BLOCK, network.n_weights)
        self.scratch = np.empty(size, network.dtype)
        self.steps = np.empty(size, network.dtype)
        # Of each network in a stack: where its weights lie, and views of them.
        self.networks = []
        for first in range(0, flat.size, n_parameters):
            stop = first + network.n_weights
            starts = range(first, stop, BLOCK)
            blocks = [slice(start, min(start + BLOCK, stop)) for start in starts]
            self.networks.append([(block, flat[block]) for block in blocks])

    def value(self):
        """Return S(W): a float, or an array of shape (n_networks,)."""
        values = [
            sum(self.penalty.value(w, self.scratch[: w.size]) for _, w in blocks)
            for blocks in self.networks
        ]
        return np.array(values) if self.stack else values[0]

    def shrink(self, rate, strength):
        """Threshold all weights after a step of this rate.

        Parameters
        ----------
        rate : float
        strength : float, or ndarray of shape (n_networks,)
            λ times the sharp share.
        """
        strengths = np.broadcast_to(strength, len(self.networks)).tolist()
        for blocks, own in zip(self.networks, strengths, strict=True):
            for block, w in blocks:
                scratch, out = self.scratch[: w.size], self.steps[: w.size]
                steps = self.optimizer.step_sizes(rate, block, out)
                self.penalty.shrink(w, steps, own, scratch)


def _scaled(steps, factor):
    if isinstance(steps, np.ndarray):
        return np.multiply(steps, factor, out=steps)
    return steps * factor
