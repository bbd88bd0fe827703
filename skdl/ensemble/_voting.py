"""The vote of several nets on one column of class labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp


@dataclass(frozen=True)
class Ballot:
    """The members' raw scores of the same rows, and how they are counted.

    Parameters
    ----------
    output : object
        What the scores of one member mean: an item of
        `skdl.estimators._internal_api.each_output`.
    scores : ndarray of shape (n_members, n_samples, n_scores)
        Raw scores of all members.
    voting : {"soft", "hard", "margin"}
        "soft" takes the mean of the members' probabilities, "hard" that of their
        decisions, "margin" that of their raw scores.
    weights : None, "confidence", or ndarray of shape (n_members,)
        Weights of the mean. "confidence" is the probability that a member gives to its
        own decision, row by row.
    counted : ndarray of bool of shape (n_members, n_samples), optional
        Which members count for a row; at least one. By default, all.
    """

    output: Any
    scores: np.ndarray
    voting: str
    weights: Any = None
    counted: Any = None

    def labels(self):
        """Return labels (n_samples,), or an indicator matrix."""
        if self.voting == "margin":
            return self.output.decode(self._mean_scores())
        shares = self._shares()
        if not self.output.exclusive:
            return (shares > 0.5).astype(int)
        return self.output.classes[shares.argmax(axis=1)]

    def decision(self):
        """Return scores that are largest, or above 0, for the class that wins."""
        if self.voting == "margin":
            return self.output.decision(self._mean_scores())
        if self.voting == "hard":
            shares = self._shares()
            if not self.output.exclusive:
                shares = shares - 0.5
            return self.output.decision(shares)
        log_probabilities = self.log_probabilities()
        if not self.output.exclusive:
            largest = 1 - np.finfo(log_probabilities.dtype).epsneg
            p = np.minimum(np.exp(log_probabilities), largest)
            return log_probabilities - np.log1p(-p)
        return self.output.decision(log_probabilities)

    def probabilities(self):
        """Return probabilities or shares of votes, one column per class."""
        if self.voting == "margin":
            return self.output.probabilities(self._mean_scores())
        return self._shares()

    def log_probabilities(self):
        """Return logarithms of probabilities; they are finite if the members' are."""
        if self.voting == "margin":
            return self.output.log_probabilities(self._mean_scores())
        logarithms = self._of_each_member(self.output.log_probabilities)
        with np.errstate(divide="ignore"):  # log 0, for members that do not count
            return logsumexp(logarithms + np.log(self._shares_of_members()), axis=0)

    def _mean_scores(self):
        return self._mean(self.scores)

    def _shares(self):
        """Return the share of the votes of each class."""
        hard = self.voting == "hard"
        return self._mean(
            self._of_each_member(self._votes if hard else self.output.probabilities)
        )

    def _votes(self, scores):
        votes = self.output.decide(scores)
        if self.output.exclusive:
            votes = np.equal.outer(votes, np.arange(self.output.n_classes))
        return votes.astype(scores.dtype)

    def _mean(self, values):
        if self.weights is None and self.counted is None:
            return values.mean(axis=0)  # exact for whole votes: a tie remains a tie
        return (self._shares_of_members() * values).sum(axis=0)

    def _shares_of_members(self):
        """Return weights that sum to 1 over the members.

        They broadcast to (n_members, n_samples, n_classes).
        """
        if isinstance(self.weights, str):
            weights = self._of_each_member(self._confidence)
        else:
            n_members = len(self.scores)
            weights = np.ones(n_members) if self.weights is None else self.weights
            weights = np.asarray(weights, self.scores.dtype)[:, np.newaxis, np.newaxis]
        if self.counted is not None:
            weights = weights * self.counted[:, :, np.newaxis]
        return weights / weights.sum(axis=0)

    def _confidence(self, scores):
        """Return the probability that a member gives to its own decision."""
        p = self.output.probabilities(scores)
        if not self.output.exclusive:
            return np.maximum(p, 1 - p)
        return p.max(axis=1, keepdims=True)

    def _of_each_member(self, method):
        return np.stack([method(scores) for scores in self.scores])
