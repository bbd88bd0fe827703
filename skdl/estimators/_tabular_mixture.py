"""How the groups of members become one prediction, calibrated on held-out rows."""

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

__all__ = ["CalibratedLoss", "best_mixture", "best_share", "mixed_log_probabilities"]


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


def best_mixture(scores, y, weights, calibrates):
    """Return the τ and the shares of groups with the least log loss of their mixture.

    Parameters
    ----------
    scores : list of ndarray of shape (n_rows, n_classes)
        Raw scores of held-out rows by one group, or by two.
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

    def best_of_shares(log_temperature):
        if len(losses) == 1:
            return losses[0](log_temperature), 1.0
        first, second = (
            np.exp(one.log_probabilities(log_temperature)) for one in losses
        )
        tiny = np.finfo(np.float32).tiny

        def loss(share):
            mixed = np.maximum(share * first + (1 - share) * second, tiny)
            return -float(np.dot(np.log(mixed), losses[0].shares))

        found = minimize_scalar(loss, bounds=(0, 1), method="bounded")
        return found.fun, found.x

    log_temperature = 0.0
    if calibrates:
        log_temperature = minimize_scalar(
            lambda value: best_of_shares(value)[0], bounds=(-5, 2), method="bounded"
        ).x
    return math.exp(log_temperature), _shares(
        best_of_shares(log_temperature)[1], scores
    )


def best_share(predictions, y, weights):
    """Return the shares of groups with the least squared error of their mean.

    Parameters
    ----------
    predictions : list of ndarray of shape (n_rows, n_outputs)
        Predictions of held-out rows by one group, or by two.
    y : ndarray of shape (n_rows, n_outputs)
        Targets.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    shares : ndarray of shape (n_groups,)
        Their sum is 1.
    """
    share = 1.0
    if len(predictions) == 2:
        first, second = predictions
        apart, error = first - second, y - second
        size = np.dot(weights, np.square(apart).sum(axis=1))
        inner = np.dot(weights, (apart * error).sum(axis=1))
        share = min(max(inner / size, 0.0), 1.0) if size > 0 else 0.5
    return _shares(share, predictions)


def _shares(share, groups):
    return np.array([share, 1 - share])[: len(groups)]


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
