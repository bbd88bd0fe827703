"""How classes become what the engine trains on, and raw scores become classes."""

from copy import copy

import numpy as np
from sklearn.metrics import accuracy_score

from skdl._inputs import check_weight_sizes
from skdl.engine.losses import CLASSIFICATION_LOSSES, Loss, MultiOutput
from skdl.engine.specification import complete
from skdl.estimators._base import BaseNet
from skdl.estimators._class_weight import check_class_weight, class_weights
from skdl.estimators._classes import (
    check_classes,
    classes_in,
    start_classes,
)
from skdl.estimators._outputs import Output
from skdl.estimators._targets import (
    check_label_smoothing,
    encoded,
    holds_distributions,
    is_list_of_classes,
    read_labels,
    smoothed,
    soft_rows,
)
from skdl.estimators._validation import WEIGHTS, check_loss

__all__ = ["ClassCoding"]


class ClassCoding(BaseNet):
    """What `BaseNet` asks of a classifier.

    y is coded as class numbers (n_samples,); as an indicator matrix; as a float matrix
    of distributions; or as class numbers (n_samples, n_columns), where `classes_` is a
    list. A subclass has the fields `loss`, `label_smoothing` and `class_weight`.
    """

    @property
    def _loss_kind(self):
        """What `loss` names, for what it can do: the classes may not be known yet."""
        if not isinstance(self.loss, str):
            return complete(self.loss, Loss)
        return CLASSIFICATION_LOSSES.get(
            "logistic" if self.loss == "log_loss" else self.loss, Loss
        )

    @property
    def _multilabel_allowed(self):
        return self._loss_kind.multilabel

    @property
    def _soft_targets_allowed(self):
        return self._loss_kind.soft_targets

    @property
    def _several_outputs(self):
        return isinstance(getattr(self, "classes_", None), list)

    def _read_targets(self, y, first, classes):
        """Return y, as soft targets where it means those."""
        if self._means_columns(first, classes) or not self._soft_targets_allowed:
            return y
        return soft_rows(y) if holds_distributions(y) else y

    def _means_columns(self, first, classes):
        """Tell whether it is known, before y is seen, that it has columns of labels."""
        return is_list_of_classes(classes) if first else self._several_outputs

    def _code_targets(self, y, dtype, first, incremental, classes):
        check_label_smoothing(self)
        y, kind = self._kind_of(y, self._means_columns(first, classes))
        seen = classes_in(y, kind)
        if incremental:
            start_classes(self, seen, kind, classes)
        elif first:
            self.classes_ = seen
        if first:
            self._multilabel = kind == "indicator"
        check_classes(self, seen, kind, incremental)
        codes = self._class_numbers(y, kind)
        check_class_weight(
            self.class_weight, None if kind in ("labels", "soft") else codes.shape[1]
        )
        loss, n_classes = self._loss(), self._n_classes
        if self._several_outputs:
            # Of a user's own loss: it is told by its name here.
            encoded(self._outputs[0].loss, codes[:, 0], n_classes[0], dtype)
        targets, table = encoded(loss, codes, n_classes, dtype)
        if self.label_smoothing:
            n_choices = self._n_choices()
            targets, table = smoothed(targets, table, self.label_smoothing, n_choices)
        n_scores = n_classes if self._multilabel else loss.n_scores(n_classes)
        return codes, targets, table, n_scores

    def _kind_of(self, y, several):
        if not several and self._soft_targets_allowed and holds_distributions(y):
            return y, "soft"
        return read_labels(self, y, several)

    def _class_numbers(self, y, kind):
        if kind in ("soft", "indicator"):
            return y
        if kind == "labels":
            return np.searchsorted(self.classes_, y)
        pairs = zip(self.classes_, y, strict=True)
        return np.column_stack([np.searchsorted(*pair) for pair in pairs])

    @property
    def _n_classes(self):
        if self._several_outputs:
            return [len(classes) for classes in self.classes_]
        return len(self.classes_)

    def _n_choices(self):
        """Return how many classes exclude one another, where each score is about."""
        if not self._several_outputs:
            return 2 if self._multilabel else self._n_classes
        return np.repeat(self._n_classes, self._loss().widths)

    def _training_weights(self, y, weights, dtype):
        if self.class_weight is None:
            return weights
        each = None if weights is None else weights[:, 0].astype(np.float64)
        classes = self.classes_
        if self._multilabel:
            y, classes = y.astype(int), [np.arange(2)] * len(classes)
        product = class_weights(self.class_weight, y, classes, each)[:, np.newaxis]
        if weights is not None:
            product *= weights
        check_weight_sizes(product, *WEIGHTS, "class_weight, times sample_weight,")
        product = product.astype(dtype)
        if not product.any():
            raise ValueError(
                f"class_weight={self.class_weight!r} leaves no row with a weight that "
                "is not zero."
            )
        return product

    def _strata(self, y):
        """Return what a random split keeps the shares of, or None."""
        if self._multilabel:
            return None
        if self._several_outputs:
            combinations, counts = np.unique(
                y, axis=0, return_inverse=True, return_counts=True
            )[1:]
            return combinations if counts.min() > 1 else None
        codes = y.argmax(axis=1) if y.ndim == 2 else y
        return self.classes_[codes]

    def _decided(self, scores):
        numbers = self._each_output(Output.numbers, scores)
        return np.column_stack(numbers) if self._several_outputs else numbers

    def _validation_score(self, y, decided, weights):
        if self._several_outputs:
            return np.average((decided == y).all(axis=1), weights=weights)
        if y.ndim == 2 and not self._multilabel:
            y = y.argmax(axis=1)
        return accuracy_score(y, decided, sample_weight=weights)

    def _ideal(self, held):
        """Return a copy whose scores are large for the right classes of held rows."""
        targets = held.targets if held.table is None else held.table[held.targets]
        net = copy(self)
        # A new array each time: what is made of scores may lie in their memory.
        net._of_scores = lambda X, made_of: made_of(10 * np.asarray(targets, float) - 5)
        return net

    def _loss(self):
        losses = [output.loss for output in self._outputs]
        if not self._several_outputs:
            return losses[0]
        pairs = zip(losses, self._n_classes, strict=True)
        return MultiOutput(losses, [loss.n_scores(k) for loss, k in pairs])

    @property
    def _outputs(self):
        """One `Output` for each column of labels."""
        columns = self.classes_ if self._several_outputs else [self.classes_]
        return [
            Output(classes, self._loss_of(len(classes)), self._multilabel)
            for classes in columns
        ]

    def _loss_of(self, n_classes):
        name = self.loss
        if not isinstance(name, str):
            return check_loss(name)
        if name == "log_loss":
            exclusive = n_classes > 2 and not self._multilabel
            name = "softmax" if exclusive else "logistic"
        return CLASSIFICATION_LOSSES[name]()

    def _each_output(self, method, scores):
        """Return what a method of `Output` says; a list of it for several columns."""
        outputs = self._outputs
        if not self._several_outputs:
            return method(outputs[0], scores)
        parts = self._loss().split(scores)
        return [method(*pair) for pair in zip(outputs, parts, strict=True)]
