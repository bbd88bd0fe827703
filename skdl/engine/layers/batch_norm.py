"""Batch normalization: units of mean 0 and variance 1 over each batch."""

from dataclasses import dataclass
from weakref import proxy

import numpy as np

from skdl.engine.checks import check_number
from skdl.engine.layers.base import Layer, squared, transposed
from skdl.engine.specification import Specification, explain_settings

__all__ = ["NORMALIZATIONS", "BatchNorm", "BatchNormLayer"]


@explain_settings
@dataclass(eq=False, repr=False)
class BatchNorm(Specification):
    """Batch normalization: y = γ (x - μ) / √(σ² + ε) + β, each unit by itself.

    In training, μ and σ² are a batch's mean and variance (divided by the number of
    rows), weighted as the rows are. γ starts as 1, β as 0, and both are learned. In
    prediction, μ and σ² are running statistics m ← momentum · m + (1 - momentum) · b,
    where b is that of the batch. They also stand in for a batch of one row.

    Parameters
    ----------
    momentum : float, default=0.9
        The decay of the running statistics, in [0, 1). The t-th batch counts 1/t until
        that is less than 1 - momentum: the statistics are right from the first batch
        on, whatever they start from.
    epsilon : float, default=1e-5
        The ε that keeps the denominator from 0. Above 0.

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by
    reducing internal covariate shift", ICML 2015. There, prediction averages over the
    training data, with the variance times n / (n - 1). That factor has no meaning for
    weighted rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.engine import BatchNorm
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((10,), normalization=BatchNorm(momentum=0.8), tol=0.1)
    >>> net.set_params(random_state=0).fit(X, y).score(X, y) > 0.5
    True
    """

    momentum: float = 0.9
    epsilon: float = 1e-5

    def check(self) -> None:
        """Raise ValueError for settings outside of their ranges."""
        check_number(self, "momentum", 0, 1, closed="left")
        check_number(self, "epsilon", 0, closed="neither")


class BatchNormLayer(Layer):
    """The layer of a `BatchNorm`.

    Parameters
    ----------
    settings : BatchNorm
        Its momentum and its ε.
    width : int
        Number of units.
    """

    def __init__(self, settings, width):
        self.momentum = settings.momentum
        self.epsilon = settings.epsilon
        self.width = width
        self.offset_shapes = ((1, width), (1, width))
        self.statistic_shapes = ((1, width), (1, width), (1, 1))

    def attach(self, gamma, beta, mean, variance, n_batches):
        """Store the views of γ, β, and the running statistics."""
        self.gamma, self.beta = gamma, beta
        self.mean, self.variance, self.n_batches = mean, variance, n_batches

    def reset(self):
        """Start as the identity, up to ε."""
        self.gamma[...] = self.variance[...] = 1
        self.beta[...] = self.mean[...] = self.n_batches[...] = 0

    def buffers(self, workspace, gamma_gradient=None, beta_gradient=None):
        """Allocate the batch's statistics and, for training, the outputs."""
        return _BatchNormBuffers(self, workspace, gamma_gradient, beta_gradient)

    def bind(self, buffers):
        """Return X → A, in X's memory for prediction, and dA → dX, in dA's memory."""
        if buffers.normalized is None:
            return self._bind_prediction(buffers), None
        return self._bind_training(buffers)

    def _bind_prediction(self, buffers):
        inverse = buffers.inverse

        def forward(X):
            self._invert(self.variance, inverse)
            np.multiply(inverse, self.gamma, out=inverse)
            np.subtract(X, self.mean, out=X)
            np.multiply(X, inverse, out=X)
            return np.add(X, self.beta, out=X)

        return forward

    def _bind_training(self, buffers):
        normalized, A, inverse = buffers.normalized, buffers.A, buffers.inverse
        mean, variance = buffers.mean, buffers.variance
        d_gamma, d_beta = buffers.gamma_gradient, buffers.beta_gradient
        workspace, absorber = buffers.workspace, buffers.absorber
        uses_batch = not workspace.input_gradient

        def forward(X):
            weights = buffers.weights = workspace.row_shares
            buffers.is_batch = uses_batch and _count_rows(weights, X) > 1
            if buffers.is_batch:
                _mean(X, weights, mean)
                np.subtract(X, mean, out=normalized)
                _mean_square(normalized, weights, variance, A)
                self._record(mean, variance, inverse)
                self._invert(variance, inverse)
            else:
                np.subtract(X, self.mean, out=normalized)
                self._invert(self.variance, inverse)
            np.multiply(normalized, inverse, out=normalized)
            np.multiply(normalized, self.gamma, out=A)
            return np.add(A, self.beta, out=A)

        def backward(dA):
            # dA may be the memory of A: `normalized` is the only scratch memory.
            _sum_products(dA, normalized, d_gamma)
            if absorber is not None and absorber.is_batch:
                d_beta.fill(0)
            else:
                np.add.reduce(dA, axis=-2, keepdims=True, out=d_beta)
            if buffers.is_batch:
                # The batch's mean and variance depend on X, too.
                np.multiply(normalized, d_gamma, out=normalized)
                np.add(normalized, d_beta, out=normalized)
                weights = buffers.weights
                share = 1 / dA.shape[-2] if weights is None else weights
                np.multiply(normalized, share, out=normalized)
                np.subtract(dA, normalized, out=dA)
            np.multiply(inverse, self.gamma, out=inverse)
            return np.multiply(dA, inverse, out=dA)

        return forward, backward

    def _invert(self, variance, out):
        """Write 1 / √(σ² + ε)."""
        np.add(variance, self.epsilon, out=out)
        np.sqrt(out, out=out)
        np.divide(1, out, out=out)

    def _record(self, mean, variance, scratch):
        """Move the running statistics towards those of the batch."""
        np.add(self.n_batches, 1, out=self.n_batches)
        share = self._share_of_batch()
        for running, batch in (self.mean, mean), (self.variance, variance):
            np.subtract(batch, running, out=scratch)
            np.multiply(scratch, share, out=scratch)
            np.add(running, scratch, out=running)

    def _share_of_batch(self):
        """Return the share of a batch in the running statistics."""
        if self.n_batches.size == 1:
            return max(1 - self.momentum, 1 / float(self.n_batches.flat[0]))
        shares = np.maximum(1 - self.momentum, 1 / self.n_batches.astype(np.float64))
        return shares.astype(self.n_batches.dtype)

    def affine_map(self):
        """Return the scale γ / √(σ² + ε), and the shift β - μ · scale."""
        gamma, beta, mean, variance = (
            array.astype(np.float64)
            for array in (self.gamma, self.beta, self.mean, self.variance)
        )
        scale = gamma / np.sqrt(variance + self.epsilon)
        return scale, beta - mean * scale

    def squared_paths(self, squares, skipped):
        """Multiply by the squared scale."""
        scale, _ = self.affine_map()
        return squared(scale).swapaxes(-1, -2) * squares


class _BatchNormBuffers:
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


def _count_rows(weights, X):
    """Return the number of rows whose weight is not zero; in a stack, the least one."""
    if weights is None:
        return X.shape[-2]
    if weights.ndim == 2:
        return np.count_nonzero(weights)
    return np.count_nonzero(weights, axis=-2).min()


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


NORMALIZATIONS: dict[str, type[BatchNorm]] = {"batch": BatchNorm}
