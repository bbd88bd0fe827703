"""Optimizers and penalties of the networks of a stack, in a few operations for all.

The settings of the members differ: rates, decay constants, strengths. They are columns
of shape (n_members, 1), which broadcast over the parameters.
"""

from copy import copy
from typing import Any

import numpy as np

from skdl.engine.aligned import aligned_rows, with_padding
from skdl.engine.blocks import BLOCK
from skdl.engine.optimizers import RuleState
from skdl.engine.penalties import L0Penalty, L1Penalty, L2Penalty

__all__ = ["OptimizerStack", "PenaltyStack", "can_stack_optimizer", "sharp_kind"]


def can_stack_optimizer(state):
    """Return whether an optimizer's state can be a part of an `OptimizerStack`.

    Parameters
    ----------
    state : optimizer state
        What an optimizer's ``start`` returned.
    """
    return isinstance(state, RuleState) and "step" not in vars(state)


# A training run without row weights has batches of two sizes.
MOST_KNOWN = 2


class OptimizerStack:
    """The optimizers of all members of a stack.

    The moments of each state, and the numbers of a step, become views of arrays of the
    stack. The stack counts steps for all: `publish` gives the states their counters, so
    that they can be saved, and `collect` takes them back after one was loaded.

    Parameters
    ----------
    states : sequence of optimizer state
        States of one kind, for which `can_stack_optimizer` holds.
    parameters, gradient : ndarray of shape (n_members, n_parameters)
        The parameters of the stack, and their gradient: of `aligned_rows`.
    """

    def __init__(self, states, parameters, gradient):
        self.states = list(states)
        self.parameters, self.gradient = parameters, gradient
        n = len(self.states)
        # The parameters of a tile stay in the cache from one operation to the next.
        self.size = max(1, BLOCK // parameters.shape[1])
        self.moments = [self._joined(name) for name in self.states[0].moments]
        self.columns = {name: self._column(name) for name in self.states[0].numbers}
        self.joint = copy(self.states[0])
        for name, column in self.columns.items():
            setattr(self.joint, name, column)
        self._collect(self.joint.settings)
        self.scratch: Any = None
        self.parts = [
            slice(start, min(start + self.size, n)) for start in range(0, n, self.size)
        ]
        self._cut()

    def _rows(self):
        """Return an array like the parameters."""
        n_networks, size = self.parameters.shape
        return aligned_rows(n_networks, size, self.parameters.dtype)

    def _joined(self, name):
        """Return an array with the moments of all members, which hold its rows."""
        joined = self._rows()
        for state, row in zip(self.states, joined, strict=True):
            np.copyto(row, getattr(state, name))
            setattr(state, name, row)
        return joined

    def _column(self, name):
        """Return a column with the numbers of all members, which hold its elements.

        If all are equal and no step changes them, return the number of one member:
        NumPy reads it faster.
        """
        first = self.states[0]
        if name not in first.rates:
            number = getattr(first, name)
            if all(getattr(state, name) == number for state in self.states):
                return number
        column = np.empty((len(self.states), 1), self.parameters.dtype)
        for state, row in zip(self.states, column, strict=True):
            row[0] = getattr(state, name)
            setattr(state, name, row.reshape(()))
        return column

    def _collect(self, names):
        """Set numbers of the joint state: columns, where they differ."""
        for name in names:
            values = [getattr(state, name) for state in self.states]
            equal = all(value == values[0] for value in values)
            column = np.array(values, np.float64)[:, None]
            setattr(self.joint, name, values[0] if equal else column)

    def collect(self):
        """Take over the counters of all states, some of which were loaded."""
        self._collect(self.joint.counters)

    def publish(self):
        """Give all states their counters."""
        for name in self.joint.counters:
            value, kind = getattr(self.joint, name), type(getattr(self.states[0], name))
            several = isinstance(value, np.ndarray)
            values = value[:, 0].tolist() if several else [value] * len(self.states)
            for state, one in zip(self.states, values, strict=True):
                setattr(state, name, kind(one))

    def _cut(self):
        """Make, for each tile, a state that holds its rows of the columns."""
        # The zeros between the rows take part, and remain zeros: operations on all of a
        # block of memory are faster.
        arrays = [self.parameters, self.gradient, *self.moments]
        arrays = [with_padding(array) for array in arrays]
        if self.scratch is None:
            shared = aligned_rows(self.size, *arrays[0].shape[1:], arrays[0].dtype)
        else:
            scratches = with_padding(self.scratch)
        self.tiles = []
        for part in self.parts:
            state = copy(self.states[part.start])
            for name, column in self.columns.items():
                setattr(state, name, column[part] if column.ndim else column)
            rows = [array[part] for array in arrays]
            n_rows = len(rows[0])
            scratch = shared[:n_rows] if self.scratch is None else scratches[part]
            blocks = [
                [array[:, start : start + BLOCK] for array in (*rows, scratch)]
                for start in range(0, rows[0].shape[1], BLOCK)
            ]
            self.tiles.append((state, rows[0], blocks))

    def step(self, rates):
        """Update the parameters in place. The gradient is overwritten.

        Parameters
        ----------
        rates : float or ndarray of shape (n_members, 1)
            The learning rate of each member.
        """
        self.joint.prepare(rates)
        for state, parameters, blocks in self.tiles:
            state.before_update(parameters)
            for block in blocks:
                state.update(*block)

    def store_denominators(self):
        """From now on keep what `step_sizes` divides by."""
        if hasattr(self.states[0], "epsilon"):
            self.scratch = self._rows()
            self._cut()

    def step_sizes(self, rates, part, n, out):
        """Return the sizes of the last step for the first n parameters of some members.

        Parameters
        ----------
        rates : float or ndarray of shape (n_members, 1)
            The learning rates of all members in that step.
        part : slice
            The members.
        n : int
            Number of parameters.
        out : ndarray of shape (n_members of the part, n)
            Memory for the answer.

        Returns
        -------
        sizes : ndarray
            The array `out`, or a column with one number for each member.
        """
        scales = np.asarray(self.joint.step_scale(rates), np.float64)
        scales = np.broadcast_to(scales, (len(self.states), 1))[part]
        if self.scratch is None:
            return scales
        scales = scales.astype(out.dtype)
        return np.divide(scales, self.scratch[part, :n], out=out)


def sharp_kind(penalty):
    """Return the class whose formulas apply a penalty's sharp part in a stack.

    Parameters
    ----------
    penalty : penalty object or None
        None stands for `L2Penalty`.

    Returns
    -------
    kind : type or None
        `L2Penalty` for a penalty without a sharp part. None for a penalty of a user's
        own class, which takes one network at a time.
    """
    if penalty is None or type(penalty) is L2Penalty:
        return L2Penalty
    for kind in (L1Penalty, L0Penalty):
        own = type(penalty).shrink is kind.shrink and type(penalty).value is kind.value
        if own:
            return kind
    return None


class PenaltyStack:
    """The penalties of all members of a stack.

    Parameters
    ----------
    penalties : sequence of penalty object or None
        R of each member, for which `sharp_kind` is not None.
    alphas : sequence of float
        The strength of each.
    network : Network
        The stack.
    gradient : ndarray of shape (n_members, n_parameters)
        Where the gradients of the smooth parts are added.
    optimizer : OptimizerStack
        What takes the steps.
    """

    def __init__(self, penalties, alphas, network, gradient, optimizer):
        self.optimizer, self.dtype = optimizer, network.dtype
        self.n_weights = n = network.n_weights
        penalties = [L2Penalty() if p is None else p for p in penalties]
        pairs = list(zip(penalties, map(float, alphas), strict=True))
        self.smooth = np.array([alpha * penalty.smooth for penalty, alpha in pairs])
        self.is_smooth = self.smooth.any()
        # The strengths for batches without weights, by their number of rows.
        self.known: dict = {}
        self.sharp = {}
        for kind in (L1Penalty, L0Penalty):
            strengths = [
                alpha * penalty.sharp if sharp_kind(penalty) is kind else 0.0
                for penalty, alpha in pairs
            ]
            if any(strengths):
                self.sharp[kind] = np.array(strengths)
        self.strengths: dict = {}
        self.weights = network.parameters[:, :n]
        shared = [aligned_rows(optimizer.size, n, network.dtype) for _ in range(2)]
        self.tiles = []
        for part in optimizer.parts:
            weights = self.weights[part]
            scratch, steps = (array[: len(weights)] for array in shared)
            self.tiles.append((part, weights, gradient[part, :n], scratch, steps))
        if self.sharp:
            optimizer.store_denominators()

    def add(self, batch_weights):
        """Add the smooth parts' gradients to the gradient; return the values.

        Parameters
        ----------
        batch_weights : float or ndarray of shape (n_members,)
            The sums of the batches' row weights, by which alpha is divided. None is 0.

        Returns
        -------
        values : ndarray of shape (n_members,)
            λ · R(W).
        """
        values: Any = 0.0
        if self.is_smooth:
            halves, columns = self._smooth_strengths(batch_weights)
            for (_, weights, gradient, scratch, _), column in zip(
                self.tiles, columns, strict=True
            ):
                np.multiply(weights, column, scratch)
                np.add(gradient, scratch, gradient)
            # In float64, as the strengths are.
            values = np.vecdot(self.weights, self.weights) * halves
        for kind, sharp in self.sharp.items():
            self.strengths[kind] = strengths = sharp / batch_weights
            values = values + strengths * self._sharp_values(kind)
        return values

    def _smooth_strengths(self, batch_weights):
        """Return λ/2 of each member in float64, and λ as a column for each tile."""
        if isinstance(batch_weights, float) and batch_weights in self.known:
            return self.known[batch_weights]
        strengths = self.smooth / batch_weights
        column = strengths.astype(self.dtype)[:, None]
        found = strengths / 2, [column[part] for part, *_ in self.tiles]
        if isinstance(batch_weights, float):
            # The weights of shared rows differ from batch to batch.
            if len(self.known) == MOST_KNOWN:
                self.known.clear()
            self.known[batch_weights] = found
        return found

    def _sharp_values(self, kind):
        """Return S(W) of each member."""
        values = [
            _sums_of_sizes(weights, scratch)
            if kind is L1Penalty
            else np.count_nonzero(weights, axis=-1)
            for _, weights, _, scratch, _ in self.tiles
        ]
        return np.concatenate(values).astype(np.float64)

    def shrink(self, rates, clip_factors):
        """Apply the sharp parts after a step, with the strengths of the last `add`.

        Parameters
        ----------
        rates : float or ndarray of shape (n_members, 1)
            The learning rates of the step.
        clip_factors : float or ndarray of shape (n_members,)
            What the gradients were multiplied by.
        """
        for kind, strengths in self.strengths.items():
            strengths, penalty = np.multiply(clip_factors, strengths), kind()
            for part, weights, _, scratch, steps in self.tiles:
                sizes = self.optimizer.step_sizes(rates, part, self.n_weights, steps)
                column = strengths[part, None]
                if sizes is steps:
                    column = column.astype(self.dtype)
                    penalty.shrink(weights, sizes, column, scratch)
                else:
                    bounds = (sizes * column).astype(self.dtype)
                    penalty.shrink(weights, bounds, 1.0, scratch)


def _sums_of_sizes(weights, scratch):
    np.absolute(weights, out=scratch)
    return np.add.reduce(scratch, axis=-1)
