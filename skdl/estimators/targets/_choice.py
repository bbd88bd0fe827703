"""Which targets a y or a fitted net has."""

from skdl._warn import warn
from skdl.estimators._labels import is_list_of_classes, warn_if_many_classes
from skdl.estimators.targets._forms import (
    has_label_columns,
    means_distributions,
    parse,
)
from skdl.estimators.targets._indicator import Indicator
from skdl.estimators.targets._label_columns import LabelColumns
from skdl.estimators.targets._labels import Labels, SoftRows
from skdl.estimators.targets._numbers import Numbers

__all__ = [
    "choose_targets",
    "choose_targets_of_batches",
    "targets_of",
    "warn_of_classes",
]

# The targets for each form of classes.
KINDS = {kind.form: kind for kind in (Labels, SoftRows, Indicator, LabelColumns)}


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
    values, form = parse(net, y)
    kind = KINDS[form]
    targets = kind(net, kind.classes_in(values))
    return targets, targets.to_numbers(values)


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
    values, form = parse(net, y, columns=is_list_of_classes(classes))
    kind = KINDS[form]
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
