"""JAX: a compiled step with optax's Adam."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

__all__ = ["Step"]


class Step:
    """Gathering, loss, gradient and update in one compiled call per batch."""

    def __init__(self, problem):
        self.problem = problem
        self.X, self.y = jnp.asarray(problem.X), jnp.asarray(problem.y, jnp.int32)
        self.optimizer = optax.adam(problem.rate)
        self.step = jax.jit(
            partial(_step, self.optimizer.update), donate_argnums=(0, 1, 2)
        )
        self.batches = problem.orders.astype(np.int32).reshape(
            problem.n_epochs, -1, problem.batch_size
        )

    def run(self):
        """Train from the starting parameters."""
        step, X, y = self.step, self.X, self.y
        parameters = jax.tree.map(jnp.array, self.problem.start)
        state = self.optimizer.init(parameters)
        for epoch in self.batches:
            total = jnp.zeros(())
            for rows in epoch:
                parameters, state, total = step(parameters, state, total, X, y, rows)
            float(total)
        self.parameters = jax.block_until_ready(parameters)

    def scores(self, X):
        """Return raw scores."""
        return np.asarray(_forward(self.parameters, X))


def _forward(parameters, X):
    for W, b in parameters[:-1]:
        X = jax.nn.relu(X @ W + b)
    W, b = parameters[-1]
    return X @ W + b


def _loss(parameters, X, y):
    scores = _forward(parameters, X)
    return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()


def _step(update, parameters, state, total, X, y, rows):
    X, y = X[rows], y[rows]
    loss, gradient = jax.value_and_grad(_loss)(parameters, X, y)
    updates, state = update(gradient, state)
    return optax.apply_updates(parameters, updates), state, total + loss
