"""What several nets say of one column of class labels, counted together."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from skdl.estimators._outputs import Output

__all__ = ["Ballot"]


@dataclass(frozen=True)
class Ballot:
    """The members' scores of the same rows, and how they are counted.

    Parameters
    ----------
    output : Output
    scores : ndarray of shape (n_members, n_samples, n_scores)
    voting : {"soft", "hard", "margin"}
    weights : None, "confidence", or ndarray of shape (n_members,)
    """

    output: Output
    scores: np.ndarray
    voting: str
    weights: object = None

    def labels(self):
        """Return labels (n_samples,), or an indicator matrix."""
        if self.voting == "margin":
            return self.output.labels(self._mean_scores())
        shares = self._shares()
        if self.output.multilabel:
            return (shares > 0.5).astype(int)
        return self.output.classes[shares.argmax(axis=1)]

    def decision(self):
        """Return what is largest, or above 0, for the class that is voted for."""
        if self.voting == "margin":
            return self.output.decision(self._mean_scores())
        if self.voting == "hard":
            shares = self._shares()
            if self.output.multilabel:
                shares = shares - 0.5
            return self.output.decision(shares)
        logarithms = self.log_probabilities()
        if self.output.multilabel:
            most = 1 - np.finfo(logarithms.dtype).epsneg
            p = np.minimum(np.exp(logarithms), most)
            return logarithms - np.log1p(-p)
        return self.output.decision(logarithms)

    def probabilities(self):
        """Return one column per class."""
        if self.voting == "margin":
            return self.output.probabilities(self._mean_scores())
        return self._shares()

    def log_probabilities(self):
        """Return their logarithms, out of the members' own: finite, as those are."""
        if self.voting == "margin":
            return self.output.log_probabilities(self._mean_scores())
        logarithms = self._of_each(self.output.log_probabilities)
        return logsumexp(logarithms + np.log(self._shares_of_members()), axis=0)

    def _mean_scores(self):
        return self._mean(self.scores)

    def _shares(self):
        """Return which share of the votes each class has."""
        hard = self.voting == "hard"
        return self._mean(
            self._of_each(self._votes if hard else self.output.probabilities)
        )

    def _votes(self, scores):
        votes = self.output.numbers(scores)
        if not self.output.multilabel:
            votes = np.equal.outer(votes, np.arange(self.output.n_classes))
        return votes.astype(scores.dtype)

    def _mean(self, values):
        if self.weights is None:
            return values.mean(axis=0)  # of whole votes, so that a tie is a tie
        return (self._shares_of_members() * values).sum(axis=0)

    def _shares_of_members(self):
        """Return weights that broadcast to (n_members, n_samples, n_classes).

        They sum to 1 over the members.
        """
        if isinstance(self.weights, str):
            weights = self._of_each(self._confidence)
        else:
            n_members = len(self.scores)
            weights = np.ones(n_members) if self.weights is None else self.weights
            weights = np.asarray(weights, self.scores.dtype)[:, np.newaxis, np.newaxis]
        return weights / weights.sum(axis=0)

    def _confidence(self, scores):
        """Return the probability of what a member decides on."""
        p = self.output.probabilities(scores)
        if self.output.multilabel:
            return np.maximum(p, 1 - p)
        return p.max(axis=1, keepdims=True)

    def _of_each(self, method):
        return np.stack([method(scores) for scores in self.scores])
