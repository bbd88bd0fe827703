"""The matrix products of a training step, and nothing else."""

import numpy as np

__all__ = ["Products"]


class Products:
    """X W and Aᵀ dZ of each layer, and dZ Wᵀ of each layer but the first.

    Each product writes to the array that the next one reads, as in a step. The sums for
    the gradients of the biases are left out.
    """

    def __init__(self, problem):
        self.n_steps = problem.n_steps
        n_rows, widths = problem.batch_size, problem.widths
        rng = np.random.default_rng(0)
        A = [rng.standard_normal((n_rows, n), dtype=np.float32) for n in widths]
        dZ = [rng.standard_normal((n_rows, n), dtype=np.float32) for n in widths]
        W = [weights for weights, _ in problem.start]
        dW = [np.empty_like(weights) for weights in W]
        layers = range(len(W))
        self.products = [(A[i], W[i], A[i + 1]) for i in layers]
        for i in reversed(layers):
            self.products.append((A[i].T, dZ[i + 1], dW[i]))
            if i:
                self.products.append((dZ[i + 1], W[i].T, dZ[i]))

    def run(self):
        """Compute the products of all training steps."""
        matmul, products = np.matmul, self.products
        for _ in range(self.n_steps):
            for left, right, out in products:
                matmul(left, right, out=out)
