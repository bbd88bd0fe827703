"""What raw scores say of one column of class labels."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score

__all__ = ["Output", "share_of_right_rows", "side_by_side"]


@dataclass(frozen=True)
class Output:
    """A column of class labels, or an indicator matrix, and its loss.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    loss : loss object
        Its links say what the scores mean.
    multilabel : bool, default=False
        Whether each class is a label of its own, which a row has or has not.
    """

    classes: np.ndarray
    loss: object
    multilabel: bool = False

    @property
    def n_classes(self):
        """How many classes there are."""
        return len(self.classes)

    def numbers(self, scores):
        """Return class numbers (n_samples,), or an indicator matrix."""
        if self.multilabel:
            return (scores > 0).astype(int)
        if scores.shape[1] > 1:
            return scores.argmax(axis=1)
        if self.n_classes == 1:
            # One score stands for two classes; where there is but one class, for none.
            return np.zeros(len(scores), int)
        return (scores[:, 0] > 0).astype(int)

    def labels(self, scores):
        """Return labels (n_samples,), or an indicator matrix."""
        numbers = self.numbers(scores)
        return numbers if self.multilabel else self.classes[numbers]

    def decision(self, scores):
        """Return the scores; of two classes, how far the second one is ahead."""
        columns = self.decision_columns(scores)
        one = columns.shape[1] == 1 and not self.multilabel
        return columns[:, 0] if one else columns

    def decision_columns(self, columns):
        """Turn columns, one per score, into those that the decision function has."""
        if self.multilabel or columns.shape[-1] != 2:
            return columns
        return columns[..., 1:] - columns[..., :1]

    def probabilities(self, scores):
        """Return one column per class, never 0."""
        if self._certain:
            return np.ones_like(scores)
        p = self.loss.probabilities(scores, **self._links)
        # No finite score makes a class impossible: what underflows is no zero.
        return np.maximum(p, np.finfo(p.dtype).tiny, out=p)

    def log_probabilities(self, scores):
        """Return their logarithms, out of the scores if the loss can do that."""
        if self._certain:
            return np.zeros_like(scores)
        if not hasattr(self.loss, "log_probabilities"):
            return np.log(self.probabilities(scores))
        return self.loss.log_probabilities(scores, **self._links)

    @property
    def _certain(self):
        return self.n_classes == 1 and not self.multilabel

    @property
    def _links(self):
        """What the links need to know: nothing, unless y had several labels."""
        return {"exclusive": False} if self.multilabel else {}


def side_by_side(columns):
    """Return columns of labels as a matrix, of objects if their types differ."""
    kinds = {column.dtype.kind for column in columns}
    if len(kinds) == 1 or kinds <= set("iuf"):
        return np.column_stack(columns)
    return np.column_stack([column.astype(object) for column in columns])


def share_of_right_rows(y, predicted, sample_weight):
    """Return the share of rows that have all of several labels right."""
    y = y.toarray() if issparse(y) else np.asarray(y)
    if y.shape != predicted.shape:
        raise ValueError(
            f"y must be of shape {predicted.shape}, a label for each row and column, "
            f"got {y.shape}."
        )
    right = (y == predicted).all(axis=1)
    return accuracy_score(np.ones_like(right), right, sample_weight=sample_weight)
