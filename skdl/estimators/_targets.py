"""What y means to a net.

``fit`` chooses one `Targets` object for its y:

============== =========================================================
`Numbers`      numbers, in one or several columns
`Labels`       one class label per row
`SoftRows`     one distribution over the classes per row
`Indicator`    zeros and ones: several labels per row
`LabelColumns` several columns of class labels
============== =========================================================

It knows the way from y to what the loss takes (`read`, then `encode`), the way from raw
scores back to predictions (`decode`), and how these are scored. A fitted net keeps
plain attributes only (`fitted_attributes`), from which `targets_of` makes the object
again.
"""

from copy import copy
from functools import cached_property
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from skdl._data_errors import or_nothing
from skdl._inputs import WEIGHTS, check_weight_sizes
from skdl._sklearn import check_partial_fit_first_call
from skdl._warn import warn
from skdl.engine.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    Loss,
    MultiOutput,
    Poisson,
    Quantile,
)
from skdl.engine.specification import complete, name_of_kind
from skdl.engine.target_tables import MixedTable, TargetTable
from skdl.estimators._check_input import check_loss
from skdl.estimators._class_weight import check_class_weight, class_weights
from skdl.estimators._labels import (
    as_labels,
    class_numbers,
    holds_distributions,
    is_list_of_classes,
    is_matrix,
    plain_labels,
    soft_rows,
    stack_columns,
    subset_accuracy,
    unique_labels,
    warn_if_many_classes,
)
from skdl.estimators._resolve import setting
from skdl.estimators._standardize import target_units

__all__ = [
    "UNITS",
    "ClassTargets",
    "Indicator",
    "LabelColumns",
    "Labels",
    "Numbers",
    "SoftRows",
    "Targets",
    "check_units",
    "choose_targets",
    "choose_targets_of_batches",
    "encode_classes",
    "has_label_columns",
    "labels_of",
    "loss_kind",
    "means_distributions",
    "needs_counts",
    "read_distributions",
    "smooth",
    "takes_distributions",
    "targets_of",
]

# What a net knows of its targets with `standardize_target`.
UNITS = ("target_mean_", "target_scale_")


# Which object it is


def choose_targets(net, y):
    """Return what y means to a net that is fitted to it from the start, and y read.

    Parameters
    ----------
    net : estimator
        Its parameters are read. It is not changed.
    y : ndarray or sparse matrix
        Checked, with distributions as `read_distributions` returns them.

    Returns
    -------
    targets : Targets
        Its classes are those in y.
    read : ndarray
        What ``targets.read(y)`` returns.
    """
    if net._y_numeric:
        return Numbers(net), Numbers(net).read(y)
    values, kind = _parse(net, y)
    targets = kind(net, kind.classes_in(values))
    return targets, targets.to_numbers(values)


def warn_of_classes(net, targets, n_rows):
    """Warn if y has one class only, or so many that it may hold no labels.

    Of one class, scikit-learn's MLP does not warn, and so its drop-in does not.

    Parameters
    ----------
    net : estimator
    targets : Targets
        What y means to the net.
    n_rows : int
        Number of rows of y.
    """
    if type(targets) is not Labels:
        return
    warn_if_many_classes(targets.classes, n_rows, "MLPRegressor")
    if targets.n_classes == 1 and not net._is_drop_in:
        only = targets.classes[0].item()
        warn(
            f"y holds one class only, {only!r}: the net will predict it for every row. "
            "Check how y was selected or split.",
            UserWarning,
        )


def choose_targets_of_batches(net, y, classes):
    """Return what y means in the first call of ``partial_fit``, and y read.

    Parameters
    ----------
    net, y
        As for `choose_targets`.
    classes : array-like, list of array-like, or None
        All classes that will occur; for several columns of labels, those of each.

    Returns
    -------
    targets : Targets
    read : ndarray
        What ``targets.read(y)`` returns.
    """
    if net._y_numeric:
        return Numbers(net), Numbers(net).read(y)
    values, kind = _parse(net, y, columns=is_list_of_classes(classes))
    seen = kind.classes_in(values)
    if kind is SoftRows and classes is None:
        classes = seen
    targets = kind(net, kind.check_classes(classes, seen))
    targets.check_seen(seen)
    return targets, targets.to_numbers(values)


def targets_of(net, y=None):
    """Return what y means to a fitted net.

    Parameters
    ----------
    net : estimator
        A fitted net.
    y : ndarray or sparse matrix, optional
        Where the net takes labels and distributions, y tells which of them it holds.

    Returns
    -------
    targets : Targets
    """
    if net._y_numeric:
        return Numbers(net)
    classes = net.classes_
    if has_label_columns(net):
        return LabelColumns(net, classes)
    if net._multilabel:
        return Indicator(net, classes)
    if y is not None and means_distributions(net, y, columns=False):
        return SoftRows(net, classes)
    return Labels(net, classes)


def has_label_columns(net):
    """Tell whether a net is fitted to several columns of class labels.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    """
    return isinstance(getattr(net, "classes_", None), list)


def means_distributions(net, y, *, columns=None):
    """Tell whether a net reads y as one distribution over the classes per row.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    y : array-like
    columns : bool, optional
        Whether y is known to have class labels in several columns; by default, whether
        the y that the net was fitted to had them.
    """
    columns = has_label_columns(net) if columns is None else columns
    if columns or net._y_numeric or not takes_distributions(net):
        return False
    return holds_distributions(y)


def takes_distributions(net):
    """Tell whether a classifier takes soft targets.

    Parameters
    ----------
    net : estimator
    """
    return net._takes_distributions or loss_kind(net).soft_targets


def read_distributions(net, y, *, columns=None):
    """Return y, as checked distributions where it holds those.

    scikit-learn's checks come after this. They would refuse a NaN without its row.

    Parameters
    ----------
    net, y, columns
        As for `means_distributions`.
    """
    return soft_rows(y) if means_distributions(net, y, columns=columns) else y


def loss_kind(net):
    """Return the class of a classifier's loss, or its loss object: for its abilities.

    The parameter `loss` alone decides, as the classes may not be known yet.

    Parameters
    ----------
    net : estimator
    """
    loss = setting(net, "loss")
    if not isinstance(loss, str):
        return complete(loss, Loss)
    name = "logistic" if loss == "log_loss" else loss
    return CLASSIFICATION_LOSSES.get(name, Loss)


# The objects


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
        """Score what ``predict`` returned on the user's y."""
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


class Numbers(Targets):
    """Numbers, in one or several columns, for a regressor.

    With `standardize_target`, the net has the mean and the standard deviation of each
    output: `encode` subtracts and divides, `decode` multiplies and adds.
    """

    @cached_property
    def loss(self):
        """Loss object over all scores."""
        loss = setting(self.net, "loss")
        return REGRESSION_LOSSES[loss]() if isinstance(loss, str) else check_loss(loss)

    @property
    def n_averaged(self):
        """Number of outputs, for `tol` is compared with their mean in scikit-learn.

        Its Poisson loss alone is a sum there, too.
        """
        return 1 if self.are_counts else self.net.n_outputs_

    @property
    def are_counts(self):
        """Whether the loss refuses negative numbers."""
        return needs_counts(self.net)

    def read(self, y, *, all_classes=False):
        """Return numbers, dense, (n_samples,) or (n_samples, n_outputs)."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)  # refuses a sparse one, as scikit-learn's
        if issparse(y):
            y = y.toarray()
        if self.are_counts and y.min() < 0:
            raise ValueError(f"loss='poisson' needs y >= 0, got {y.min()}.")
        return y

    @property
    def fitted_attributes(self):
        """Dict of the mean and the deviation of each output, if the net has them."""
        known = vars(self.net)
        return {name: known[name] for name in UNITS if name in known}

    def learn_units(self, y, sample_weight, rows):
        """Learn mean and deviation of each output; see `Targets.learn_units`."""
        if not self.net.standardize_target:
            return False
        vars(self.net).update(target_units(y, sample_weight, rows))
        return True

    def encode(self, y, dtype):
        """Return (targets, table, n_scores) of the loss."""
        y = y.reshape(len(y), -1)
        units = self.fitted_attributes
        # Another number of outputs gets other targets, whose width callers refuse.
        if units and y.shape[1] == len(units["target_mean_"]):
            y = (y - units["target_mean_"]) / units["target_scale_"]
        targets, table = self.loss.encode(y, dtype)
        return targets, table, targets.shape[1]

    def decode(self, scores):
        """Return the predicted numbers, without the axis of a single output."""
        predictions = self.loss.predictions(scores)
        if units := self.fitted_attributes:
            # One number per output, in the second axis; a third one has quantiles.
            shape = (-1,) + (1,) * (predictions.ndim - 2)
            mean, scale = (
                units[name].astype(predictions.dtype).reshape(shape) for name in UNITS
            )
            predictions = predictions * scale + mean
        return predictions[:, 0] if predictions.shape[1] == 1 else predictions

    def score_units(self, n_scores):
        """Return how much of y a raw score of 1 is, for each score, (n_scores,)."""
        scale = self.fitted_attributes.get("target_scale_", np.ones(1))
        return np.repeat(scale, n_scores // len(scale))

    @property
    def metric(self):
        """Name of the metric that `score` returns."""
        return "D²" if isinstance(self.loss, Quantile) else "R²"

    def score(self, y, decisions, sample_weight=None):
        """Return R²; with a quantile loss, D² of the pinball loss.

        D² is the mean over the quantiles.
        """
        if not isinstance(self.loss, Quantile):
            return _r2(y, decisions, sample_weight)
        levels = self.loss.levels
        if len(levels) == 1:
            decisions = decisions[..., np.newaxis]
        scores = [
            d2_pinball_score(
                y, decisions[..., i], sample_weight=sample_weight, alpha=level
            )
            for i, level in enumerate(levels)
        ]
        return float(np.mean(scores))

    def score_predictions(self, y, predictions, sample_weight=None):
        """Score what ``predict`` returned on the user's y, of any container."""
        if isinstance(self.loss, Quantile):
            return self.score(y, predictions, sample_weight)
        if sample_weight is None and _are_plain(y, predictions, "iuf"):
            return _r2(y, predictions, None)
        return r2_score(y, predictions, sample_weight=sample_weight)

    def ideal_net(self, rows):
        """Return a copy that predicts the mean of the rows' numbers."""
        net = copy(self.net)
        mean = np.mean(rows.codes, axis=0)
        if isinstance(self.loss, Quantile) and len(self.loss.levels) > 1:
            mean = np.repeat(np.expand_dims(mean, -1), len(self.loss.levels), axis=-1)

        def predict(X):  # scikit-learn asks for this name
            return np.repeat(mean[np.newaxis], len(rows.codes), axis=0)

        net.predict = predict
        return net


def check_units(net):
    """Refuse to standardize counts, which must not become negative.

    Parameters
    ----------
    net : estimator
    """
    if net._y_numeric and net.standardize_target and needs_counts(net):
        raise ValueError(
            f"standardize_target={net.standardize_target!r} makes numbers below the "
            f"mean negative, and loss={net.loss!r} needs y >= 0: set "
            "standardize_target=False. Its logarithm takes counts of any size."
        )


def _are_plain(y, predictions, kinds):
    """Return whether both are arrays of one shape, whose dtypes are of these kinds.

    scikit-learn's checks of such arrays take twice as long as the prediction of a
    thousand rows.
    """
    return (
        type(y) is np.ndarray
        and y.shape == predictions.shape
        and y.dtype.kind in kinds
        and predictions.dtype.kind in kinds
    )


def _r2(y, predictions, weights):
    """Return R² as `sklearn.metrics.r2_score` does, in a fifth of its time.

    scikit-learn's checks take longer than an epoch of a small net. It decides itself
    where R² is not a matter of course: for one row, constant y, and what is not finite.
    """
    arrays = [a for a in (y, predictions, weights) if a is not None]
    # As in scikit-learn, integers take the dtype of the others.
    floats = [a for a in arrays if a.dtype.kind == "f"]
    if len(y) > 1 and floats:
        dtype = np.result_type(*floats)
        rows = y.astype(dtype, copy=False).reshape(len(y), -1)
        factor = 1.0 if weights is None else weights.astype(dtype)[:, np.newaxis]
        with np.errstate(over="ignore", invalid="ignore"):  # the next lines decide
            residuals = rows - predictions.astype(dtype, copy=False).reshape(rows.shape)
            deviations = rows - np.average(rows, axis=0, weights=weights)
            unexplained = (factor * residuals**2).sum(axis=0)
            total = (factor * deviations**2).sum(axis=0)
        if unexplained.all() and total.all() and np.isfinite(unexplained).all():
            return float(np.average(1 - unexplained / total))
    return r2_score(y, predictions, sample_weight=weights)


def needs_counts(net):
    """Tell whether a regressor's loss refuses negative numbers.

    Parameters
    ----------
    net : estimator
    """
    return setting(net, "loss") == "poisson" or isinstance(net.loss, Poisson)


class ClassTargets(Targets):
    """Classes, in whichever form y has them.

    Parameters
    ----------
    net : estimator
    classes : ndarray of shape (n_classes,), or list of ndarray
        As a fitted classifier has them in `classes_`.
    """

    description: ClassVar[str]
    """What y is, in errors."""

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
                f"y is {cls.description}; classes must be one array of them."
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
        columns = isinstance(self, LabelColumns)
        values, kind = _parse(self.net, y, columns=columns)
        if kind is not type(self):
            raise ValueError(
                f"y is {kind.description} in one call of fit or partial_fit, and "
                f"{self.description} in another."
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
        _check_column(self.classes, seen, all_classes, "`y`")

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
        if not weights.any():
            raise ValueError(
                f"class_weight={class_weight!r} gives every row the weight zero: "
                "give a class in y a positive weight."
            )
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


class Labels(ClassTargets):
    """One class label per row."""

    description = "one label per row"
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
        return CLASSIFICATION_LOSSES[name]()

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

    def score_predictions(self, y, predictions, sample_weight=None):
        """Return the accuracy; of distributions the most probable class counts."""
        y = or_nothing(as_labels, labels_of(self.net, y), nothing=y)
        is_plain = any(_are_plain(y, predictions, kind) for kind in "iU")
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

    description = "one distribution over the classes per row"

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


class Indicator(Labels):
    """An indicator matrix: a row has any number of the labels."""

    description = "a multilabel indicator matrix"
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


class LabelColumns(ClassTargets):
    """Several columns of class labels, each with classes of its own."""

    description = "several columns of labels"
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
                f"y is {cls.description}; classes must be a list of {len(seen)} "
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
            _check_column(*pair, all_classes, f"column {i} of `y`")

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

    def score_predictions(self, y, predictions, sample_weight=None):
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


# Steps of reading and encoding


def _parse(net, y, columns=False):
    """Return the values of y and the class of `Targets` that it means.

    Parameters
    ----------
    net : estimator
        A classifier.
    y : ndarray or sparse matrix
    columns : bool, default=False
        Whether a matrix has a class label in each column, even if all are 0 and 1.

    Returns
    -------
    values : ndarray, or list of ndarray
        Labels, a matrix, or the columns of labels.
    kind : type
    """
    if means_distributions(net, y, columns=columns):
        return y, SoftRows
    if issparse(y):
        _refuse_sparse_column(y)
        y = y.toarray()
    matrix = is_matrix(y)
    if matrix and y.dtype.kind == "O":  # of a frame whose columns are of many types
        parts = [plain_labels(y[:, i], f"Column {i} of y") for i in range(y.shape[1])]
        if any(part.dtype.kind == "U" for part in parts):
            for i, part in enumerate(parts):
                _check_label_type(type_of_target(part), f"Column {i} of y")
            return parts, LabelColumns
        y = np.column_stack(parts)
    elif y.dtype.kind == "O":
        y = plain_labels(y, "y")
    if y.ndim == 1 and y.dtype.kind in "biuU":
        # type_of_target would search for the classes, which takes long.
        return np.ascontiguousarray(y), Labels
    kind = type_of_target(y, input_name="y")
    if matrix and kind in ("multilabel-indicator", "multiclass-multioutput"):
        if columns or not _is_indicator(y):
            return list(y.T), LabelColumns
        _check_indicator_allowed(net)
        return y, Indicator
    if kind not in ("binary", "multiclass"):
        hints = {
            "continuous": " For numbers, use a regressor, such as MLPRegressor.",
            "continuous-multioutput": " A matrix of probabilities is for "
            "SoftmaxClassifier and loss='kl_divergence'.",
        }
        raise ValueError(
            f"Unknown label type: {kind!r}. y must hold one class label per row "
            "(strings, integers or booleans), or one in each of several columns, or be "
            "an indicator matrix." + hints.get(kind, "")
        )
    return column_or_1d(y, warn=True), Labels


def _refuse_sparse_column(y):
    if y.ndim == 1 or y.shape[1] == 1:
        raise TypeError(
            "Sparse data was passed for y, and one label per row must be dense, or "
            "nothing could score it: pass y.toarray().ravel()."
        )


def _is_indicator(y):
    return bool(((y == 0) | (y == 1)).all()) if y.dtype.kind in "biuf" else False


def _check_label_type(kind, name):
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind!r}. {name} must hold class labels: strings, "
            "integers or booleans."
        )


def _check_indicator_allowed(net):
    if not loss_kind(net).multilabel:
        raise ValueError(
            f"{type(net).__name__} with loss={net.loss!r} gives each row one class, "
            "but y is a multilabel indicator matrix. For several labels per row, take "
            "LogisticClassifier or MLPClassifier. If each row of y sums to 1, "
            "SoftmaxClassifier and loss='kl_divergence' take y as probabilities of the "
            "classes. For two labels in each column, call partial_fit with a list of "
            "arrays as classes."
        )


def _check_column(known, seen, all_classes, name):
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


def encode_classes(loss, y, n_classes, dtype):
    """Return (targets, table) of a loss of classes, which may be a user's own.

    Parameters
    ----------
    loss : loss object
    y : ndarray of shape (n_samples,) or (n_samples, n_columns)
        As `Targets.read` returns it.
    n_classes : int, or list of int for several columns
    dtype : numpy.dtype

    Raises
    ------
    ValueError
        If ``loss.encode`` returns something else.
    """
    encoded = loss.encode(y, n_classes, dtype)
    name = name_of_kind(loss)
    if not (isinstance(encoded, tuple) and len(encoded) == 2):
        raise ValueError(
            f"{name}.encode must return (targets, table), where table may be None, got "
            f"{type(encoded).__name__}."
        )
    targets, table = encoded
    rows = targets if table is None else table
    if np.shape(targets)[:1] != y.shape[:1] or np.ndim(rows) != 2:
        raise ValueError(
            f"{name}.encode must return targets with a row for each of the "
            f"{y.shape[0]} samples (numbers of rows, if there is a table), and what "
            f"holds the rows must be 2-D; got targets of shape {np.shape(targets)}"
            + ("." if table is None else f" and a table of shape {np.shape(table)}.")
        )
    return targets, table


def smooth(targets, table, amount, n_classes):
    """Mix each target t with the uniform distribution: (1 - ε) t + ε / n_classes.

    Parameters
    ----------
    targets, table : ndarray
        As ``encode`` of a loss returned them; the table may be None or a `TargetTable`.
    amount : float
        The ε, in [0, 1).
    n_classes : int or ndarray of shape (n_scores,)
        Number of mutually exclusive classes; 2 for a label that a row has or has not.
        A single class is certain, and its target stays.
    """
    amount = np.where(np.equal(n_classes, 1), 0.0, float(amount))

    def mix(rows):
        factor, shift = (1 - amount).astype(rows.dtype), amount / n_classes
        shift = shift.astype(rows.dtype)
        if isinstance(rows, TargetTable):
            return MixedTable(rows, factor, shift)
        return factor * rows + shift

    return (mix(targets), None) if table is None else (targets, mix(table))
