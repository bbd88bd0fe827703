"""Records that many calls extend, at a cost per call that does not grow."""

from contextlib import contextmanager

import numpy as np

__all__ = ["LISTS", "GrowingHistory", "cut_on_error"]

# Records that training appends to in place.
LISTS = ("loss_curve_", "validation_scores_")


@contextmanager
def cut_on_error(estimator):
    """Cut the lists of records back to their length when the body raises.

    Parameters
    ----------
    estimator : object
        The lists that it has at the beginning are cut, even if the body replaces them.
    """
    lists = [vars(estimator).get(name) or [] for name in LISTS]
    lengths = [len(one) for one in lists]
    try:
        yield
    except BaseException:
        for one, length in zip(lists, lengths, strict=True):
            if len(one) > length:
                del one[length:]
        raise


class GrowingHistory:
    """Memory with spare room behind the records that `history_` shows.

    It belongs to one estimator: copies of the estimator begin with memory of their own.
    """

    def __init__(self):
        self.memory, self.shown = {}, {}

    def extended(self, history, values):
        """Return the arrays of `history` with more values at their ends.

        Parameters
        ----------
        history : dict of ndarray
            What this method returned last, or any other arrays, which are then copied.
        values : dict of list of float
            A name that is not in `history` begins here.
        """
        self.shown = {
            name: self._extended(name, history.get(name, ()), more)
            for name, more in values.items()
        }
        return dict(self.shown)

    def _extended(self, name, old, values):
        n_old, n = len(old), len(old) + len(values)
        memory = self.memory.get(name, ())
        if n > len(memory) or old is not self.shown.get(name):
            memory = np.empty(max(n, 2 * n_old))
            memory[:n_old] = old
            self.memory[name] = memory
        memory[n_old:n] = values
        return memory[:n]
