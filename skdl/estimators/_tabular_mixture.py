"""How the groups of members become one prediction, calibrated on held-out rows."""

import math

import numpy as np
from scipy.optimize import minimize_scalar, nnls
from scipy.special import log_softmax

__all__ = [
    "CalibratedLoss",
    "best_mixture",
    "best_shares",
    "best_temperature",
    "mixed_log_probabilities",
]

# τ and the shares are improved in turn; the shares by small steps.
N_ROUNDS, N_STEPS = 2, 50


class CalibratedLoss:
    """The log loss of softmax(τ · scores), as a function of log τ.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Raw scores of held-out rows.
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    """

    def __init__(self, scores, y, weights):
        # Class by class in memory: sums over the classes are fast so.
        self.scores = np.ascontiguousarray((scores - scores.max(1, keepdims=True)).T)
        self.of_class = self.scores[y, np.arange(len(y))]
        self.shares = weights / weights.sum()
        self.buffer = np.empty_like(self.scores)

    def __call__(self, log_temperature):
        return -float(np.dot(self.log_probabilities(log_temperature), self.shares))

    def log_probabilities(self, log_temperature):
        """Return the log probability of each row's class.

        Parameters
        ----------
        log_temperature : float
        """
        factor = np.float32(math.exp(log_temperature))
        np.multiply(self.scores, factor, out=self.buffer)
        np.exp(self.buffer, out=self.buffer)
        return factor * self.of_class - np.log(np.add.reduce(self.buffer, axis=0))


def best_temperature(scores, y, weights):
    """Return the τ with the least log loss of softmax(τ · scores).

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Raw scores of held-out rows.
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    """
    return math.exp(_minimum(CalibratedLoss(scores, y, weights)))


def best_mixture(scores, y, weights, calibrates):
    """Return the τ and the shares of groups with the least log loss of their mixture.

    Parameters
    ----------
    scores : list of ndarray of shape (n_rows, n_classes)
        Raw scores of held-out rows by each group.
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    calibrates : bool
        Whether to look for τ, which is 1 otherwise.

    Returns
    -------
    temperature : float
        One factor for the scores of all groups.
    shares : ndarray of shape (n_groups,)
        Their sum is 1.
    """
    losses = [CalibratedLoss(one, y, weights) for one in scores]
    log_temperature, shares = 0.0, np.full(len(losses), 1 / len(losses))

    def probabilities(log_temperature):
        logs = [loss.log_probabilities(log_temperature) for loss in losses]
        return np.maximum(np.exp(logs), np.finfo(np.float32).tiny)

    def loss(log_temperature):
        mixed = np.log(shares @ probabilities(log_temperature))
        return -float(np.dot(mixed, losses[0].shares))

    for _ in range(N_ROUNDS):
        if calibrates:
            log_temperature = _minimum(loss)
        shares = _shares_of_mixture(probabilities(log_temperature), losses[0].shares)
    return math.exp(log_temperature), shares


def _minimum(loss):
    return minimize_scalar(loss, bounds=(-5, 2), method="bounded").x


def _shares_of_mixture(p, weights):
    """Return the shares with the largest likelihood, by expectation maximization.

    Parameters
    ----------
    p : ndarray of shape (n_groups, n_rows)
        Probability of each row's class by each group.
    weights : ndarray of shape (n_rows,)
        Weights of the rows; their sum is 1.
    """
    shares = np.full(len(p), 1 / len(p))
    for _ in range(N_STEPS if len(p) > 1 else 0):
        shares = shares * (p @ (weights / (shares @ p)))
        shares /= shares.sum()
    return shares


def best_shares(predictions, y, weights):
    """Return the shares of groups with the least squared error of their mean.

    Parameters
    ----------
    predictions : list of ndarray of shape (n_rows, n_outputs)
        Predictions of held-out rows by each group.
    y : ndarray of shape (n_rows, n_outputs)
        Targets.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    shares : ndarray of shape (n_groups,)
        Their sum is 1.
    """
    n_groups, roots = len(predictions), np.sqrt(weights)[:, None]
    errors = [((one - y) * roots).ravel() for one in predictions]
    products = np.array([[np.dot(a, b) for b in errors] for a in errors], float)
    size = np.trace(products)
    if not size > 0:
        return np.full(n_groups, 1 / n_groups)
    # Equal predictions get equal shares.
    products += 1e-6 * size * np.eye(n_groups)
    # Least s' P s for a sum of 1 is, but for a factor, least s' P s - 2 Σ s.
    root = np.linalg.cholesky(products)
    shares, _ = nnls(root.T, np.linalg.solve(root, np.ones(n_groups)))
    return shares / shares.sum()


def mixed_log_probabilities(scores, weights, temperature):
    """Return log(Σ weight · softmax(τ · scores)) over a leading axis of members.

    Parameters
    ----------
    scores : ndarray of shape (n_members, n_rows, n_classes)
        Raw scores.
    weights : ndarray of shape (n_members,)
        Their sum is 1.
    temperature : float
        The factor τ.
    """
    log_p = log_softmax(temperature * scores.astype(np.float64), axis=-1)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    log_p += log_weights[:, None, None]
    # Rounding would make a certain class more than certain.
    return np.minimum(np.logaddexp.reduce(log_p, axis=0), 0)
