"""Raw scores of the validation rows of all members of a stack, in one forward pass."""

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config

from skdl.engine.workspace import Workspace

__all__ = ["StackedValidation"]

# Size of the widest layer's outputs in a pass, for all members.
PASS_BYTES = 2**20
MIN_ROWS = 32


class StackedValidation:
    """Computes what the members' `ValidationData` would compute one after the other.

    Parameters
    ----------
    network : Network
        The stack.
    validations : sequence of ValidationData or None
        The validation data of each member.
    """

    def __init__(self, network, validations):
        self.network = network
        self.validations = validations
        for held in validations:
            if held is not None:
                held.raw_scores = None
        self.X = _rows_of(network, validations)
        if self.X is None:
            return
        n_rows = self.X.shape[-2]
        width = max(network.widths[1:]) * len(validations) * network.dtype.itemsize
        self.size = min(n_rows, max(MIN_ROWS, PASS_BYTES // width))
        self.workspaces = {
            size: Workspace(network, size)
            for size in {self.size, n_rows % self.size} - {0}
        }
        shape = (len(validations), n_rows, network.widths[-1])
        self.scores = np.empty(shape, network.dtype)

    def compute(self):
        """Give each member's validation data its raw scores, for one evaluation."""
        if self.X is None:
            return
        n_rows = self.X.shape[-2]
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, n_rows, self.size):
                part = slice(start, min(start + self.size, n_rows))
                workspace = self.workspaces[part.stop - start]
                scores = self.network.scores(self.X[..., part, :], workspace)
                np.copyto(self.scores[:, part], scores)
        for validation, scores in zip(self.validations, self.scores, strict=True):
            validation.raw_scores = scores


def _rows_of(network, validations):
    """Return the rows that all members are validated on, or those of each member.

    None if they cannot be evaluated together: the members differ in the number of
    rows, or a copy of all rows would take too much memory.
    """
    if any(held is None or issparse(held.X) for held in validations):
        return None
    first = validations[0]
    if all(held.X is first.X and held.rows is first.rows for held in validations):
        return network.as_input(_own_rows(first))
    sizes = {_n_rows(held) for held in validations}
    (n_rows, *others), dtypes = sizes, {held.X.dtype for held in validations}
    n_bytes = len(validations) * n_rows * first.X.shape[1] * network.dtype.itemsize
    if others or len(dtypes) > 1 or n_bytes > get_config()["working_memory"] * 2**18:
        return None
    return np.stack([network.as_input(_own_rows(held)) for held in validations])


def _n_rows(held):
    return held.X.shape[0] if held.rows is None else len(held.rows)


def _own_rows(held):
    return held.X if held.rows is None else held.X[held.rows]
