"""What each kind of targets offers: from y to the loss, and from scores back."""

import numpy as np

from skdl._inputs import check_numbers
from skdl._numbers_of_rows import numbers_of_rows_named

__all__ = ["Targets"]


class Targets:
    """What y means to a net, in the terms of its loss.

    Parameters
    ----------
    net : estimator
        Its parameters `loss`, `label_smoothing` and `class_weight` are read.
    """

    n_averaged = 1
    """Number of terms of the loss whose mean, not whose sum, `tol` is compared with."""

    def __init__(self, net):
        self.net = net

    def for_net(self, net):
        """Return what the same y means to another net of the same class and loss."""
        return type(self)(net)

    @property
    def loss(self):
        """Loss object over all scores."""
        raise NotImplementedError

    @property
    def fitted_attributes(self):
        """Dict of what a fitted net keeps, and what `targets_of` reads."""
        return {}

    def read(self, y, *, all_classes=False):
        """Return y as numbers: class numbers, 0 and 1, probabilities or values.

        Parameters
        ----------
        y : ndarray or sparse matrix
            Checked.
        all_classes : bool, default=False
            Whether y must show every class, as for a warm start.

        Raises
        ------
        ValueError
            For a y of another kind or of classes that the net does not know.
        """
        raise NotImplementedError

    def encode(self, y, dtype):
        """Return what the loss compares scores with.

        Parameters
        ----------
        y : ndarray
            As `read` returns it.
        dtype : numpy.dtype
            Dtype of the network.

        Returns
        -------
        targets, table : ndarray
            As `skdl.engine.batching.Data` takes them; the table may be None.
        n_scores : int
            Width of the last layer.
        """
        raise NotImplementedError

    def check_classes_again(self, classes):
        """Refuse other `classes` than in the first call of ``partial_fit``."""

    def learn_units(self, y, sample_weight, rows):
        """Learn the units in which `encode` returns y; return whether they changed.

        Parameters
        ----------
        y : ndarray
            As `read` returns it.
        sample_weight : ndarray of shape (n_samples, 1), or None
            The user's weights.
        rows : ndarray of int, or None
            Numbers of the rows to train on; None for all rows.
        """
        return False

    def weigh(self, y, sample_weight, dtype):
        """Return the weights of rows in training, as a column, or None.

        Parameters
        ----------
        y : ndarray
            As `read` returns it.
        sample_weight : ndarray of shape (n_samples, 1), or None
            The user's weights.
        dtype : numpy.dtype
        """
        return sample_weight

    def decode(self, scores):
        """Return what ``predict`` returns, given raw scores."""
        raise NotImplementedError

    def decide(self, scores):
        """Return predictions in the form that `read` gives y; for `score`."""
        return self.decode(scores)

    @property
    def metric(self):
        """Name of the metric that `score` returns."""
        return "accuracy"

    def score(self, y, decisions, sample_weight=None):
        """Score the decisions of `decide` on y as `read` returns it."""
        raise NotImplementedError

    def score_predictions(self, y, predictions, sample_weight=None):
        """Score what ``predict`` returned of X on the user's y, of any container."""
        if sample_weight is not None:
            check_numbers(sample_weight, "sample_weight")
        arrays = {"X": predictions, "y": y, "sample_weight": sample_weight}
        with numbers_of_rows_named(**arrays):
            return self._score_predictions(y, predictions, sample_weight)

    def _score_predictions(self, y, predictions, sample_weight):
        raise NotImplementedError

    def decision_columns(self, columns):
        """Turn columns, one per score, into those of ``coef_`` and ``intercept_``."""
        return columns

    def strata(self, y):
        """Return labels whose shares a random split should keep, or None."""
        return None

    def score_units(self, n_scores):
        """Return how much of y a raw score of 1 is, for each score, (n_scores,)."""
        return np.ones(n_scores)

    def for_scorers(self, y, read):
        """Return y as scorers take it: labels in place of distributions.

        Parameters
        ----------
        y : ndarray
            The user's, checked.
        read : ndarray
            What `read` returned of it.
        """
        return y

    def for_splitters(self, y, read):
        """Return y as splitters of scikit-learn can count its classes."""
        return y

    def ideal_net(self, rows):
        """Return a copy of the net that predicts rows as well as any scorer could wish.

        Parameters
        ----------
        rows : object
            With `codes`, which `read` returned, and `targets` and `table`.
        """
        raise NotImplementedError
