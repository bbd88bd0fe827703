"""The folds of a search: the same for all candidates, with all rows or with few."""

import numpy as np

__all__ = ["Folds"]


class Folds:
    """A splitter that splits once, and then repeats itself.

    So scores are comparable fold by fold, even with a splitter that draws new folds
    each time.

    Parameters
    ----------
    splitter : cross-validation splitter
    seed : int
        Of the order in which training rows are taken.
    stratify : bool
        Whether a part of the rows has each class in about its proportion.

    Attributes
    ----------
    share : float
        Of the rows of each training fold; test folds stay whole.
    """

    def __init__(self, splitter, seed, stratify):
        self.splitter = splitter
        self.seed = seed
        self.stratify = stratify
        self.share = 1.0
        self._splits = None

    def split(self, X, y=None, **params):
        """Return the list of (train, test) for the current share."""
        if self._splits is None:
            self._splits = list(self.splitter.split(X, y, **params))
        if self.share == 1.0:
            return self._splits
        labels = None if y is None or not self.stratify else np.asarray(y)
        parts = []
        for fold, (train, test) in enumerate(self._splits):
            rng = np.random.default_rng([self.seed, fold])
            n = max(1, round(self.share * len(train)))
            parts.append((np.sort(_mixed(train, labels, rng)[:n]), test))
        return parts


def _mixed(rows, labels, rng):
    """Return rows in a random order in which each stretch has all classes.

    A smaller share is a part of every larger one.
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
