"""One class per row: a label, or a distribution over the classes."""

from functools import cached_property

import numpy as np
from sklearn.metrics import accuracy_score

from skdl._data_errors import or_nothing
from skdl.engine.losses import CLASSIFICATION_LOSSES
from skdl.estimators._check_input import check_loss
from skdl.estimators._labels import as_labels, soft_rows
from skdl.estimators._resolve import setting, shared
from skdl.estimators.targets._classes import ClassTargets
from skdl.estimators.targets._forms import Form, means_distributions
from skdl.estimators.targets._plain_scores import are_plain

__all__ = ["Labels", "SoftRows", "labels_of"]


class Labels(ClassTargets):
    """One class label per row."""

    form = Form.LABELS
    exclusive = True
    """Whether a row has exactly one of the classes."""

    @cached_property
    def loss(self):
        """Loss object over all scores."""
        name = setting(self.net, "loss")
        if not isinstance(name, str):
            return check_loss(name)
        if name == "log_loss":
            name = "softmax" if self.exclusive and self.n_classes > 2 else "logistic"
        return shared(CLASSIFICATION_LOSSES[name])

    def class_numbers(self, y):
        """Return the class number of each row, given y as `read` returns it."""
        return y

    def strata(self, y):
        """Return the labels, whose shares a random split should keep."""
        return self.classes[self.class_numbers(y)]

    def for_scorers(self, y, read):
        """Return labels."""
        return self.strata(read)

    def decide(self, scores):
        """Return class numbers (n_samples,)."""
        if scores.shape[1] > 1:
            return scores.argmax(axis=1)
        if self.n_classes == 1:
            # A single score decides between two classes, but here there is only one.
            return np.zeros(len(scores), int)
        return (scores[:, 0] > 0).astype(int)

    def decode(self, scores):
        """Return labels (n_samples,)."""
        return self.classes[self.decide(scores)]

    def score(self, y, decisions, sample_weight=None):
        """Return the accuracy; a row of several labels needs all of them right.

        Both arrays come from this object. scikit-learn's checks of them would take
        longer than an epoch of a small net.
        """
        is_right = self.class_numbers(y) == decisions
        if is_right.ndim > 1:
            is_right = is_right.all(axis=1)
        return float(np.average(is_right, weights=sample_weight))

    def _score_predictions(self, y, predictions, sample_weight):
        """Return the accuracy; of distributions the most probable class counts."""
        y = or_nothing(as_labels, labels_of(self.net, y), nothing=y)
        is_plain = any(are_plain(y, predictions, kind) for kind in "iU")
        if is_plain and y.ndim == 1 and sample_weight is None:
            return float(np.mean(y == predictions))
        return accuracy_score(y, predictions, sample_weight=sample_weight)

    def decision(self, scores):
        """Return the decision function: for two classes, the lead of the second."""
        columns = self.decision_columns(scores)
        return columns[:, 0] if columns.shape[1] == 1 else columns

    def decision_columns(self, columns):
        """Turn columns, one per score, into columns of the decision function."""
        if columns.shape[-1] != 2:
            return columns
        return columns[..., 1:] - columns[..., :1]

    def probabilities(self, scores):
        """Return one column per class, all of them positive."""
        if self._is_certain:
            return np.ones_like(scores)
        p = self.loss.probabilities(scores, **self._link_options)
        # A finite score makes no class impossible, so underflow must not give 0.
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    def log_probabilities(self, scores):
        """Return the logarithms of the probabilities, from the scores if possible."""
        if self._is_certain:
            return np.zeros_like(scores)
        if not hasattr(self.loss, "log_probabilities"):
            return np.log(self.probabilities(scores))
        return self.loss.log_probabilities(scores, **self._link_options)

    @property
    def _is_certain(self):
        return self.exclusive and self.n_classes == 1

    @property
    def _link_options(self):
        """Arguments of the link from scores to probabilities."""
        return {} if self.exclusive else {"exclusive": False}


class SoftRows(Labels):
    """One distribution over the classes per row, over the classes 0, 1 and so on."""

    form = Form.SOFT_ROWS

    @classmethod
    def classes_in(cls, values):
        """Return the number of each column."""
        return np.arange(values.shape[1])

    def check_seen(self, seen, *, all_classes=False):
        """Refuse another number of columns."""
        if not np.array_equal(seen, self.classes):
            raise ValueError(
                f"y has probabilities of {len(seen)} classes, which are 0 to "
                f"{len(seen) - 1}, but classes are {self.classes}."
            )

    def to_numbers(self, values):
        """Return the probabilities."""
        return values

    def class_numbers(self, y):
        """Return the most probable class of each row."""
        return y.argmax(axis=1)


def labels_of(net, y):
    """Return y with the most probable class of each row in place of distributions.

    Parameters
    ----------
    net : estimator
        A fitted net.
    y : array-like
        The user's. Returned as it is, unless the net reads it as distributions.
    """
    if not means_distributions(net, y):
        return y
    targets = SoftRows(net, net.classes_)
    return targets.strata(targets.read(soft_rows(y)))
