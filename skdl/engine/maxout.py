"""Maxout: a unit that takes the largest of several linear functions."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.checks import check_count

__all__ = ["Maxout"]


@dataclass(eq=False, repr=False)
class Maxout(BaseEstimator):
    """The largest of k linear functions: y = max(x W₁ + b₁, …, x W_k + b_k).

    A layer of it has k times the weights of another: its matrix is (fan_in, k · units),
    the k sets side by side. The gradient goes to the winner, the first one of equals.

    Parameters
    ----------
    pieces : int, default=2
        The number k of linear functions per unit, at least 2.

    References
    ----------
    I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville, Y. Bengio, "Maxout
    networks", ICML 2013.
    """

    pieces: int = 2

    def check(self):
        """Raise ValueError for fewer than two pieces."""
        check_count(self, "pieces", 2)

    def forward(self, Z, A):
        """Write the largest piece of each unit into A, which is k times narrower."""
        first, second, *others = self._sets(Z, A)
        np.maximum(first, second, out=A)
        for one in others:
            np.maximum(A, one, out=A)

    def backward(self, dA, Z, A):
        """Write the gradient of the pieces into Z; dA is scratch, too."""
        for one in self._sets(Z, A):
            np.equal(one, A, out=one)
            np.multiply(one, dA, out=one)
            # What a winner took is gone: equals that come later get exactly 0.
            np.subtract(dA, one, out=dA)

    def _sets(self, Z, A):
        width = A.shape[-1]
        return [Z[..., i * width : (i + 1) * width] for i in range(self.pieces)]
