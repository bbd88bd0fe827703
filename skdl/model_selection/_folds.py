"""The folds of a search: the same for all candidates, with all rows or a share."""

import numpy as np


class Folds:
    """A splitter that splits once, and then returns the same folds again.

    So the scores of candidates can be compared fold by fold, even with a splitter that
    draws new folds in each call.

    Parameters
    ----------
    splitter : cross-validation splitter
        It is called once.
    seed : int
        Seed of the random choice of training rows.
    stratify : bool
        Whether a share of the rows has each class in about its proportion.

    Attributes
    ----------
    share : float
        Share of the rows of each training fold to return; test folds stay whole.
    """

    def __init__(self, splitter, seed, stratify):
        self.splitter = splitter
        self.seed = seed
        self.stratify = stratify
        self.share = 1.0
        self._splits = None

    def split(self, X, y=None, **params):
        """Return a list of (train, test), row numbers, for the current share."""
        if self._splits is None:
            self._splits = list(self.splitter.split(X, y, **params))
        if self.share == 1.0:
            return self._splits
        labels = None if y is None or not self.stratify else np.asarray(y)
        parts = []
        for fold, (train, test) in enumerate(self._splits):
            rng = np.random.default_rng([self.seed, fold])
            n = max(1, round(self.share * len(train)))
            parts.append((np.sort(_shuffled(train, labels, rng)[:n]), test))
        return parts


def _shuffled(rows, labels, rng):
    """Return row numbers in a random order in which the first n have all classes.

    The first n are a part of the first m > n, so a smaller share is a part of a larger.
    """
    rows = np.asarray(rows)
    if labels is None or labels.ndim != 1:
        return rng.permutation(rows)
    _, classes = np.unique(labels[rows], return_inverse=True)
    place = np.empty(len(rows))
    for k in range(classes.max() + 1):
        (members,) = np.nonzero(classes == k)
        place[members] = (rng.permutation(len(members)) + 0.5) / len(members)
    return rows[np.argsort(place, kind="stable")]
