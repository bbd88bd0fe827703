"""Weights of rows, from the weights of their classes."""

import math
from numbers import Real

import numpy as np

from skdl._text import exceeds_floats, repr_of_number

__all__ = ["check_class_weight", "class_weights", "refuse_zeros"]


def check_class_weight(class_weight, several):
    """Refuse a `class_weight` that does not fit the number of labels per row.

    Parameters
    ----------
    class_weight : dict, list, 'balanced' or None
        The parameter of the classifier.
    several : int or None
        Number of labels per row, if each has class weights of its own.
    """
    if several is None and isinstance(class_weight, list):
        raise ValueError(
            "class_weight is a list, which is for several labels per row: with one "
            "label per row it must be a dict from labels to weights, or 'balanced'."
        )
    if several is None:
        return
    if isinstance(class_weight, dict):
        raise ValueError(
            "class_weight is one dict, but y has several columns: it must be a list "
            "with a dict for each, such as [{0: 1, 1: 5}, {0: 1, 1: 2}], or 'balanced'."
        )
    if isinstance(class_weight, list) and len(class_weight) != several:
        raise ValueError(
            f"class_weight has {len(class_weight)} elements, but y has {several} "
            "columns: it must be a list with a dict for each."
        )


def class_weights(class_weight, y, classes, sample_weight):
    """Return the weight of each row, given by its class or by all of its labels.

    Parameters
    ----------
    class_weight : dict, list, 'balanced' or None
        The parameter of the classifier, as `check_class_weight` accepts it.
    y : ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_columns)
        Class numbers, or a distribution over the classes in each row, or class numbers
        in each column.
    classes : ndarray of shape (n_classes,), or list of ndarray for several columns
        Class labels, in the order of their numbers.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights by which 'balanced' counts the rows.

    Returns
    -------
    weights : ndarray of float64 of shape (n_samples,)
        For several columns, the product of their weights. For a distribution t,
        Σ_j t_j c_j with the weights c_j of the classes.
    """
    if not isinstance(classes, list):
        return _of_column(class_weight, y, classes, sample_weight, "class_weight")
    weights = np.ones(len(y))
    for i, labels in enumerate(classes):
        column_weight = (
            class_weight[i] if isinstance(class_weight, list) else class_weight
        )
        name = f"class_weight[{i}]"
        weights *= _of_column(column_weight, y[:, i], labels, sample_weight, name)
    return weights


def refuse_zeros(weights, class_weight):
    """Refuse weights of classes and rows whose product is 0 in every row.

    Parameters
    ----------
    weights : ndarray
        The products.
    class_weight : dict, list or 'balanced'
        The parameter of the classifier.
    """
    if not weights.any():
        raise ValueError(
            f"class_weight={class_weight!r} gives every row the weight zero: "
            "give a class in y a positive weight."
        )


def _of_column(class_weight, y, classes, sample_weight, name):
    if class_weight is None:
        return np.ones(len(y))
    if isinstance(class_weight, dict):
        weights = _from_dict(class_weight, classes, name)
    elif class_weight == "balanced":
        weights = _balanced(_counts(y, len(classes), sample_weight))
    else:
        raise ValueError(
            f"{name} must be a dict from labels to weights, 'balanced' or None, got "
            f"{class_weight!r}."
        )
    return y @ weights if y.ndim == 2 else weights[y]


def _counts(y, n_classes, sample_weight):
    if y.ndim == 1:
        return np.bincount(y, sample_weight, n_classes).astype(np.float64)
    return y.sum(axis=0) if sample_weight is None else sample_weight @ y


def _balanced(counts):
    """Return n / (n_classes · n_j); classes of weight 0 do not count."""
    present = counts > 0
    weights = np.zeros(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def _from_dict(class_weight, classes, name):
    for label, weight in class_weight.items():
        if (
            not isinstance(weight, Real)
            or exceeds_floats(weight)
            or not (0 <= weight < math.inf)
        ):
            raise ValueError(
                f"{name} must hold finite weights that are not negative, got "
                f"{repr_of_number(weight)} for the label {label!r}."
            )
    labels = classes.tolist()
    unknown = [label for label in class_weight if label not in labels]
    missing = [label for label in labels if label not in class_weight]
    # A class without an entry has weight 1, and an entry without a class is allowed, as
    # in a fold that lacks a class. Both together look like a misspelled label, and
    # scikit-learn refuses them, too.
    if unknown and missing:
        raise ValueError(
            f"{name} has weights of {unknown}, which are not in y, and no weights of "
            f"the classes {missing}. Its keys must be labels as they are in y."
        )
    return np.array([class_weight.get(label, 1) for label in labels], np.float64)
