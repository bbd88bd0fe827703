"""Trained estimators for scikit-learn's loop, in place of the clones that it makes.

The loop clones an estimator for each candidate and fold, sets the parameters, calls
``fit``, and scores it. A `CloneSource` answers ``clone`` with a `Trained` estimator,
whose ``set_params`` and ``fit`` return at once. So scoring, errors, printing,
callbacks and processes are those of the loop.
"""

from collections import deque

from sklearn.base import clone
from sklearn.callback import with_callbacks


class CloneSource:
    """Decides what `sklearn.base.clone` returns for the estimator of a search.

    Parameters
    ----------
    estimator : estimator
        The estimator of a search.
    """

    def __init__(self, estimator):
        self.estimator = estimator
        self.queue = None

    def connected(self):
        """Return a clone of the estimator whose own clones come from this source."""
        estimator = clone(self.estimator)
        estimator.__sklearn_clone__ = self.clone
        return estimator

    def supply(self, estimators):
        """Let the next clones be these estimators, one by one, and then ordinary ones.

        Parameters
        ----------
        estimators : iterable of estimator or None
            None stands for an ordinary clone.
        """
        self.queue = deque(estimators)

    def clone(self):
        """Return what `sklearn.base.clone` returns for a connected estimator."""
        if self.queue is None:
            return self.connected()
        next_one = self.queue.popleft() if self.queue else None
        return clone(self.estimator) if next_one is None else next_one


class Trained:
    """Makes an estimator ready to be fitted without work.

    Parameters
    ----------
    estimator : estimator
        Trained, with the parameters of its candidate.
    error : Exception or None
        What training raised.
    """

    def __init__(self, estimator, error):
        self.estimator = estimator
        self.error = error
        estimator.set_params = self.set_params
        estimator.fit = self.fit

    def set_params(self, **params):
        """Return the estimator, which has the parameters."""
        return self.estimator

    def fit(self, X, y=None, **params):
        """Return the estimator, or raise the error of its training."""
        del self.estimator.fit, self.estimator.set_params
        end_task(self.estimator)
        if self.error is not None:
            raise self.error
        return self.estimator


@with_callbacks
def end_task(estimator):
    """Tell callbacks that the task of an estimator's ``fit`` ends.

    Parameters
    ----------
    estimator : estimator
    """
    context = estimator._init_callback_context()
    context.call_on_fit_task_end(estimator=estimator)
