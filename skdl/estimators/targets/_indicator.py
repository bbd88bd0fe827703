"""Several labels per row: an indicator matrix of zeros and ones."""

import numpy as np

from skdl.estimators._class_weight import class_weights
from skdl.estimators.targets._forms import Form
from skdl.estimators.targets._labels import Labels

__all__ = ["Indicator"]


class Indicator(Labels):
    """An indicator matrix: a row has any number of the labels."""

    form = Form.INDICATOR
    exclusive = False
    n_exclusive = 2
    has_several_labels = True

    @classmethod
    def classes_in(cls, values):
        """Return the number of each column."""
        return np.arange(values.shape[1])

    @property
    def fitted_attributes(self):
        """Dict of what a fitted net keeps, and what `targets_of` reads."""
        return {"classes_": self.classes, "_multilabel": True}

    @property
    def n_scores(self):
        """One raw score per label."""
        return self.n_classes

    def check_seen(self, seen, *, all_classes=False):
        """Refuse another number of labels."""
        if len(seen) != self.n_classes:
            raise ValueError(
                f"y is an indicator matrix of {len(seen)} labels, but classes are "
                f"{self.classes}."
            )
        super().check_seen(seen, all_classes=all_classes)

    def to_numbers(self, values):
        """Return the indicator matrix."""
        return values

    def _class_weights(self, class_weight, y, sample_weight):
        has_or_not = [np.arange(2)] * self.n_classes
        return class_weights(class_weight, y.astype(int), has_or_not, sample_weight)

    def strata(self, y):
        """Return None: the labels of a row have no single class."""
        return None

    def for_scorers(self, y, read):
        """Return y."""
        return y

    def decide(self, scores):
        """Return an indicator matrix."""
        return (scores > 0).astype(int)

    def decode(self, scores):
        """Return an indicator matrix."""
        return self.decide(scores)

    def decision(self, scores):
        """Return the scores."""
        return scores

    def decision_columns(self, columns):
        """Return the columns, one per label."""
        return columns
