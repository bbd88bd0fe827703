"""Records that many calls extend, at a cost per call that does not grow."""

from operator import is_

import numpy as np

__all__ = ["LISTS", "GrowingHistory", "cut_lists", "padded"]

# Records that training appends to in place.
LISTS = ("loss_curve_", "validation_scores_")


def cut_lists(lists, lengths):
    """Remove what was appended to lists of records, in place.

    Parameters
    ----------
    lists : list of list
    lengths : list of int
        The lengths that the lists had before.
    """
    for one, length in zip(lists, lengths, strict=True):
        if len(one) > length:
            del one[length:]


def padded(history, values):
    """Return both dicts with the names of either; NaN stands for missing records.

    The names differ if `scoring` has changed between two calls.

    Parameters
    ----------
    history, values : dict
        Each has records of equal lengths.
    """
    if history.keys() == values.keys():
        return history, values
    lengths = [len(next(iter(one.values()), ())) for one in (history, values)]
    names = [*values, *(name for name in history if name not in values)]
    return tuple(
        {**dict.fromkeys(names, np.full(length, np.nan)), **one}
        for one, length in zip((history, values), lengths, strict=True)
    )


class GrowingHistory:
    """Arrays with spare memory behind the records that `history_` shows.

    It belongs to one estimator: copies of the estimator begin with memory of their own.
    """

    def __init__(self):
        self.memory, self.shown = np.empty((0, 0)), {}

    def extended(self, history, values):
        """Return the arrays of `history` with more values at their ends.

        Parameters
        ----------
        history : dict of ndarray
            What this method returned last, or any other arrays, which are then copied.
        values : dict of list of float
            The records of the same number of epochs under each name.

        Returns
        -------
        history : dict of ndarray
            Arrays of equal lengths. NaN stands for epochs without a record of a name.
        """
        history, values = padded(history, values)
        n_old = len(next(iter(history.values())))
        n = n_old + len(next(iter(values.values())))
        is_shown = [*self.shown] == [*values] and all(
            map(is_, map(history.get, values), self.shown.values())
        )
        if n > self.memory.shape[1] or not is_shown:
            self.memory = np.empty((len(values), max(n, 2 * n_old)))
            for row, name in zip(self.memory, values, strict=True):
                row[:n_old] = history[name]
        self.memory[:, n_old:n] = [*values.values()]
        self.shown = dict(zip(values, self.memory[:, :n], strict=True))
        return dict(self.shown)
