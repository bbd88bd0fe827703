"""What all targets of classes share, in whichever form y has them."""

from copy import copy
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from skdl._inputs import WEIGHTS, check_weight_sizes
from skdl._sklearn import check_partial_fit_first_call
from skdl.estimators._class_weight import (
    check_class_weight,
    class_weights,
    refuse_zeros,
)
from skdl.estimators._labels import (
    as_labels,
    class_numbers,
    is_list_of_classes,
    unique_labels,
)
from skdl.estimators._resolve import loss_kind
from skdl.estimators.targets._base import Targets
from skdl.estimators.targets._encoding import encode_classes, smooth
from skdl.estimators.targets._forms import Form, parse

__all__ = ["ClassTargets", "check_known"]


class ClassTargets(Targets):
    """Classes, in whichever form y has them.

    Parameters
    ----------
    net : estimator
    classes : ndarray of shape (n_classes,), or list of ndarray
        As a fitted classifier has them in `classes_`.
    """

    form: ClassVar[Form]
    """In which form y holds the classes."""

    has_several_labels = False
    """Whether a row has a label in each of several columns."""

    def __init__(self, net, classes):
        super().__init__(net)
        self.classes = classes

    def for_net(self, net):
        """Return what the same y means to another net of the same class and loss."""
        return type(self)(net, self.classes)

    @property
    def fitted_attributes(self):
        """Dict of what a fitted net keeps, and what `targets_of` reads."""
        return {"classes_": self.classes, "_multilabel": False}

    @classmethod
    def classes_in(cls, values):
        """Return the sorted classes in y."""
        return unique_labels(values)

    @classmethod
    def check_classes(cls, classes, seen, known=None):
        """Return the argument `classes` of ``partial_fit``, sorted and checked.

        Parameters
        ----------
        classes : array-like, or None
        seen : ndarray
            Classes in y.
        known : ndarray, optional
            Classes of an earlier call.
        """
        if classes is not None and is_list_of_classes(classes):
            raise ValueError(
                f"y is {cls.form.value}; classes must be one array of them."
            )
        if classes is not None and np.ndim(classes) == 0:
            raise ValueError(
                "classes must hold all labels that will occur, as in [0, 1], got "
                f"{classes!r}."
            )
        # scikit-learn reads and sets classes_ of what it is given.
        holder = SimpleNamespace(classes_=known)
        check_partial_fit_first_call(
            holder, None if classes is None else as_labels(classes)
        )
        return holder.classes_

    def check_classes_again(self, classes):
        """Refuse other `classes` than in the first call of ``partial_fit``."""
        if classes is not None:
            self.check_classes(classes, self.classes, self.classes)

    def read(self, y, *, all_classes=False):
        """Return y as numbers; see `Targets.read`."""
        columns = self.form is Form.LABEL_COLUMNS
        values, form = parse(self.net, y, columns=columns)
        if form is not self.form:
            raise ValueError(
                f"y is {form.value} in one call of fit or partial_fit, and "
                f"{self.form.value} in another."
            )
        self.check_seen(self.classes_in(values), all_classes=all_classes)
        return self.to_numbers(values)

    def to_numbers(self, values):
        """Return the values of y, as they were parsed, in numbers."""
        return class_numbers(self.classes, values)

    def check_seen(self, seen, *, all_classes=False):
        """Refuse classes that are not known, and those missing where all are needed.

        Parameters
        ----------
        seen : ndarray, or list of ndarray
            What `classes_in` returns.
        all_classes : bool, default=False
        """
        check_known(self.classes, seen, all_classes, "`y`")

    @property
    def n_classes(self):
        """Number of classes; for several columns of labels, a list of numbers."""
        return len(self.classes)

    @property
    def n_exclusive(self):
        """Number of mutually exclusive classes per score; label smoothing uses it.

        It is 2 for a label that a row has or has not.
        """
        return self.n_classes

    def encode(self, y, dtype):
        """Return (targets, table, n_scores) of the loss, with label smoothing."""
        n_weighted = y.shape[1] if self.has_several_labels else None
        check_class_weight(self.net.class_weight, n_weighted)
        targets, table = encode_classes(self.loss, y, self.n_classes, dtype)
        amount = self.net.label_smoothing
        if amount:
            if not hasattr(loss_kind(self.net), "probabilities"):
                raise ValueError(
                    f"label_smoothing={amount!r} mixes targets that are probabilities, "
                    f"and those of loss={self.net.loss!r} are not. Set "
                    "label_smoothing=0.0, or take SoftmaxClassifier, "
                    "LogisticClassifier, or MLPClassifier with one of their losses."
                )
            targets, table = smooth(targets, table, amount, self.n_exclusive)
        return targets, table, self.n_scores

    @property
    def n_scores(self):
        """Number of raw scores per row."""
        return self.loss.n_scores(self.n_classes)

    def weigh(self, y, sample_weight, dtype):
        """Return the weights of rows by class and sample weight, or None."""
        class_weight = self.net.class_weight
        if class_weight is None:
            return sample_weight
        column = None
        if sample_weight is not None:
            column = sample_weight[:, 0].astype(np.float64)
        weights = self._class_weights(class_weight, y, column)[:, np.newaxis]
        if sample_weight is not None:
            weights *= sample_weight
        check_weight_sizes(weights, *WEIGHTS, "class_weight, times sample_weight,")
        weights = weights.astype(dtype)
        refuse_zeros(weights, class_weight)
        return weights

    def _class_weights(self, class_weight, y, sample_weight):
        return class_weights(class_weight, y, self.classes, sample_weight)

    def ideal_net(self, rows):
        """Return a copy whose scores are large for the right classes of the rows."""
        targets = rows.targets if rows.table is None else rows.table[rows.targets]
        net = copy(self.net)
        # A new array for each call: predictions may overwrite their scores.
        net._of_scores = lambda X, function: function(
            10 * np.asarray(targets, float) - 5
        )
        return net


def check_known(known, seen, all_classes, name):
    if all_classes and not np.array_equal(seen, known):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the "
            f"previous call to fit. Previously got {known}, {name} has {seen}"
        )
    if not np.array_equal(seen, known) and len(np.setdiff1d(seen, known)):
        raise ValueError(
            f"{name} has classes not in `self.classes_`. `self.classes_` has {known}. "
            f"'y' has {seen}."
        )
