"""Batch normalization: units of mean 0 and variance 1 over each batch."""

from dataclasses import dataclass
from weakref import proxy

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.checks import check_number
from skdl.engine.layers import Layer, transposed

__all__ = ["NORMALIZATIONS", "BatchNorm", "BatchNormLayer"]


@dataclass(eq=False, repr=False)
class BatchNorm(BaseEstimator):
    """Batch normalization: y = γ (x - μ) / √(σ² + ε) + β, each unit by itself.

    In training, μ and σ² are a batch's mean and variance (divided by the number of
    rows), weighted as the rows are; γ starts as 1, β as 0, and both are learned. In
    prediction, they are the running means m ← momentum · m + (1 - momentum) · batch,
    which also stand in for a batch of one row.

    Parameters
    ----------
    momentum : float, default=0.9
        In [0, 1). The t-th batch counts 1/t until that is less than 1 - momentum: the
        means are right from the first batch on, with no trace of how they start.
    epsilon : float, default=1e-5
        Above 0.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by
    reducing internal covariate shift", ICML 2015. There, prediction averages over the
    training data, with the variance times n / (n - 1); that factor has no meaning for
    weighted rows.
    """

    momentum: float = 0.9
    epsilon: float = 1e-5

    def check(self):
        """Raise ValueError for settings out of their range."""
        check_number(self, "momentum", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")


class BatchNormLayer(Layer):
    """The layer of a `BatchNorm`.

    Parameters
    ----------
    settings : BatchNorm
    width : int
        Number of units.
    """

    def __init__(self, settings, width):
        self.momentum = settings.momentum
        self.epsilon = settings.epsilon
        self.width = width
        self.offset_shapes = ((1, width), (1, width))
        self.statistic_shapes = ((1, width), (1, width), (1, 1))

    def bind(self, gamma, beta, mean, variance, n_batches):
        """Take the layer's views of the parameters and of the statistics."""
        self.gamma, self.beta = gamma, beta
        self.mean, self.variance, self.n_batches = mean, variance, n_batches

    def reset(self):
        """Start as the identity, up to ε."""
        self.gamma[...] = self.variance[...] = 1
        self.beta[...] = self.mean[...] = self.n_batches[...] = 0

    def work(self, workspace, gamma_gradient=None, beta_gradient=None):
        """Return the buffers of one workspace."""
        return _BatchNormWork(self, workspace, gamma_gradient, beta_gradient)

    def forward(self, X, work):
        """Return the normalized X: in training in memory of its own, else in X's."""
        if work.normalized is None:
            self._invert(self.variance, work)
            np.multiply(work.inverse, self.gamma, out=work.inverse)
            np.subtract(X, self.mean, out=X)
            np.multiply(X, work.inverse, out=X)
            return np.add(X, self.beta, out=X)
        normalized = work.normalized
        work.weights = work.workspace.row_shares
        counted = _rows_that_count(work.weights, X)
        work.is_batch = counted > 1 and not work.workspace.to_inputs
        if work.is_batch:
            _mean(X, work.weights, work.mean)
            np.subtract(X, work.mean, out=normalized)
            _mean_square(normalized, work.weights, work.variance, work.A)
            self._record(work)
            self._invert(work.variance, work)
        else:
            np.subtract(X, self.mean, out=normalized)
            self._invert(self.variance, work)
        np.multiply(normalized, work.inverse, out=normalized)
        np.multiply(normalized, self.gamma, out=work.A)
        return np.add(work.A, self.beta, out=work.A)

    def _invert(self, variance, work):
        """Write 1 / √(σ² + ε)."""
        np.add(variance, self.epsilon, out=work.inverse)
        np.sqrt(work.inverse, out=work.inverse)
        np.divide(1, work.inverse, out=work.inverse)

    def _record(self, work):
        """Move the running means towards a batch's."""
        np.add(self.n_batches, 1, out=self.n_batches)
        share = max(1 - self.momentum, 1 / float(self.n_batches.flat[0]))
        for running, batch in (self.mean, work.mean), (self.variance, work.variance):
            np.subtract(batch, running, out=work.inverse)
            np.multiply(work.inverse, share, out=work.inverse)
            np.add(running, work.inverse, out=running)

    def backward(self, dA, work):
        """Fill the gradients of γ and β; return that of X, in dA's memory."""
        normalized = work.normalized
        # dA may lie in the memory of A: there is no scratch but this.
        _sum_products(dA, normalized, work.gamma_gradient)
        if work.absorber is not None and work.absorber.is_batch:
            work.beta_gradient.fill(0)
        else:
            np.add.reduce(dA, axis=-2, keepdims=True, out=work.beta_gradient)
        if work.is_batch:
            # The batch's mean and variance depend on X, too.
            np.multiply(normalized, work.gamma_gradient, out=normalized)
            np.add(normalized, work.beta_gradient, out=normalized)
            share = work.weights if work.weights is not None else 1 / dA.shape[-2]
            np.multiply(normalized, share, out=normalized)
            np.subtract(dA, normalized, out=dA)
        np.multiply(work.inverse, self.gamma, out=work.inverse)
        return np.multiply(dA, work.inverse, out=dA)


class _BatchNormWork:
    __slots__ = (
        "A", "absorber", "beta_gradient", "gamma_gradient", "inverse", "is_batch",
        "mean", "normalized", "variance", "weights", "workspace",
    )  # fmt: skip

    def __init__(self, layer, workspace, gamma_gradient, beta_gradient):
        # A circle of references would keep the arrays until the garbage collector runs.
        self.workspace = proxy(workspace)
        self.gamma_gradient, self.beta_gradient = gamma_gradient, beta_gradient
        self.inverse = np.empty_like(layer.mean)
        self.normalized = self.absorber = None
        if gamma_gradient is not None:
            self.mean, self.variance = (np.empty_like(layer.mean) for _ in range(2))
            self.normalized, self.A = (workspace.empty(layer.width) for _ in range(2))


def _rows_that_count(weights, X):
    return X.shape[-2] if weights is None else np.count_nonzero(weights)


def _mean(X, weights, out):
    """Write the mean over the rows, weighted by shares that sum to 1."""
    if weights is None:
        np.add.reduce(X, axis=-2, keepdims=True, out=out)
        np.multiply(out, 1 / X.shape[-2], out=out)
    else:
        np.matmul(transposed(weights), X, out=out)


def _mean_square(X, weights, out, scratch):
    """Write the mean of the squares over the rows, weighted as in `_mean`."""
    if weights is None:
        _sum_products(X, X, out)
        np.multiply(out, 1 / X.shape[-2], out=out)
    else:
        np.multiply(X, X, out=scratch)
        np.matmul(transposed(weights), scratch, out=out)


def _sum_products(X, Y, out):
    """Write the sums over the rows of X · Y, in one pass."""
    np.einsum("...ij,...ij->...j", X, Y, out=out[..., 0, :])


NORMALIZATIONS = {"batch": BatchNorm}
