"""How scikit-learn's loop gets estimators that are trained already.

The loop clones an estimator for each candidate and fold, sets the parameters, calls
``fit``, and scores it. A `Dealer` answers ``clone`` with a `Trained` estimator, whose
``set_params`` and ``fit`` have nothing left to do. So scoring, errors, printing,
callbacks and processes are those of the loop.
"""

from collections import deque

from sklearn.base import clone
from sklearn.callback import with_callbacks


class Dealer:
    """Decides what clones of an estimator are.

    Parameters
    ----------
    estimator : estimator
        The estimator of a search.
    """

    def __init__(self, estimator):
        self.estimator = estimator
        self.queue = None

    def hooked(self):
        """Return a clone of the estimator whose own clones the dealer makes."""
        estimator = clone(self.estimator)
        estimator.__sklearn_clone__ = self.clone
        return estimator

    def deal(self, estimators):
        """Hand out estimators one by one from now on, and then ordinary clones.

        Parameters
        ----------
        estimators : iterable of estimator or None
            None stands for an ordinary clone.
        """
        self.queue = deque(estimators)

    def clone(self):
        """Return what `sklearn.base.clone` returns of a hooked estimator."""
        if self.queue is None:
            return self.hooked()
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
