"""Several columns of class labels, each a classification of its own."""

from functools import cached_property

import numpy as np

from skdl.engine.losses import MultiOutput
from skdl.estimators._labels import (
    class_numbers,
    is_list_of_classes,
    stack_columns,
    subset_accuracy,
    unique_labels,
)
from skdl.estimators.targets._classes import ClassTargets, check_known
from skdl.estimators.targets._encoding import encode_classes
from skdl.estimators.targets._forms import Form
from skdl.estimators.targets._labels import Labels

__all__ = ["LabelColumns"]


class LabelColumns(ClassTargets):
    """Several columns of class labels, each with classes of its own."""

    form = Form.LABEL_COLUMNS
    has_several_labels = True

    @classmethod
    def classes_in(cls, values):
        """Return a list with the sorted classes of each column."""
        return [unique_labels(column) for column in values]

    @classmethod
    def check_classes(cls, classes, seen, known=None):
        """Return the argument `classes`, one sorted array for each column."""
        if classes is None:
            return super().check_classes(None, seen, known)
        if not is_list_of_classes(classes):
            raise ValueError(
                f"y is {cls.form.value}; classes must be a list of {len(seen)} "
                "arrays, one for each column."
            )
        classes = [unique_labels(column) for column in classes]
        if len(classes) != len(seen):
            raise ValueError(
                f"y has {len(seen)} columns, but classes has {len(classes)} arrays: "
                "give one array of classes for each column."
            )
        if known is None:
            return classes
        pairs = zip(classes, known, strict=True)
        if not all(np.array_equal(given, before) for given, before in pairs):
            raise ValueError(
                f"classes={classes} is not the same as on last call to partial_fit, "
                f"was: {known}"
            )
        return known

    @cached_property
    def outputs(self):
        """List of the `Labels` of each column."""
        return [Labels(self.net, classes) for classes in self.classes]

    @cached_property
    def loss(self):
        """Sum of the columns' losses."""
        losses = [output.loss for output in self.outputs]
        return MultiOutput(losses, [output.n_scores for output in self.outputs])

    @property
    def n_classes(self):
        """List with the number of classes of each column."""
        return [len(classes) for classes in self.classes]

    @property
    def n_exclusive(self):
        """Number of mutually exclusive classes per score."""
        return np.repeat(self.n_classes, self.loss.widths)

    def to_numbers(self, values):
        """Return class numbers (n_samples, n_columns)."""
        pairs = zip(self.classes, values, strict=True)
        return np.column_stack([class_numbers(*pair) for pair in pairs])

    def check_seen(self, seen, *, all_classes=False):
        """Refuse another number of columns, and what one of them must not have."""
        if len(seen) != len(self.classes):
            raise ValueError(
                f"y has {len(seen)} columns of labels, but the classes are those of "
                f"{len(self.classes)}."
            )
        for i, pair in enumerate(zip(self.classes, seen, strict=True)):
            check_known(*pair, all_classes, f"column {i} of `y`")

    def encode(self, y, dtype):
        """Return (targets, table, n_scores) of the loss, with label smoothing."""
        # Checks a user's own loss by itself, so that the error names it.
        first = self.outputs[0]
        encode_classes(first.loss, y[:, 0], first.n_classes, dtype)
        return super().encode(y, dtype)

    def each(self, method, scores):
        """Return the list of ``method(output, scores)`` of each column.

        Parameters
        ----------
        method : callable
        scores : ndarray of shape (..., n_scores)
        """
        parts = self.loss.split(scores)
        return [method(*pair) for pair in zip(self.outputs, parts, strict=True)]

    def strata(self, y):
        """Number each row's combination of labels; return None if one occurs once."""
        combinations, counts = np.unique(
            y, axis=0, return_inverse=True, return_counts=True
        )[1:]
        return combinations if counts.min() > 1 else None

    def for_splitters(self, y, read):
        """Return class numbers: columns of several types cannot be sorted."""
        return read

    def decide(self, scores):
        """Return class numbers (n_samples, n_columns)."""
        return np.column_stack(self.each(Labels.decide, scores))

    def decode(self, scores):
        """Return labels (n_samples, n_columns)."""
        return stack_columns(self.each(Labels.decode, scores))

    def score(self, y, decisions, sample_weight=None):
        """Return the share of rows whose labels are all right."""
        return np.average((decisions == y).all(axis=1), weights=sample_weight)

    def _score_predictions(self, y, predictions, sample_weight):
        """Return the share of rows whose labels are all right."""
        return subset_accuracy(y, predictions, sample_weight)

    def decision(self, scores):
        """Return the list of the columns' decision functions."""
        return self.each(Labels.decision, scores)

    def decision_columns(self, columns):
        """Return the list of the columns' columns of the decision function."""
        return self.each(Labels.decision_columns, columns)

    def probabilities(self, scores):
        """Return the list of the columns' probabilities."""
        return self.each(Labels.probabilities, scores)

    def log_probabilities(self, scores):
        """Return the list of the columns' logarithms of probabilities."""
        return self.each(Labels.log_probabilities, scores)
