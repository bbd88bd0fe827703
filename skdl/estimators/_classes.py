"""Which classes there are, of one or of several columns of labels."""

import numpy as np

from skdl._sklearn import check_partial_fit_first_call
from skdl.estimators._targets import as_labels, is_list_of_classes, unique_labels

__all__ = ["check_classes", "check_shares", "classes_in", "start_classes"]

KINDS = {
    "labels": "one label per row",
    "soft": "one distribution over the classes per row",
    "indicator": "a multilabel indicator matrix",
    "columns": "several columns of labels",
}


def classes_in(y, kind):
    """Return the classes that `read_labels` or soft targets show, sorted.

    Returns
    -------
    classes : ndarray, or list of ndarray for several columns
    """
    if kind == "columns":
        return [unique_labels(column) for column in y]
    return unique_labels(y) if kind == "labels" else np.arange(y.shape[1])


def start_classes(classifier, seen, kind, classes):
    """Set `classes_` in the first call of ``partial_fit``; refuse other ones later."""
    known = getattr(classifier, "classes_", None)
    if kind == "soft" and known is None and classes is None:
        classes = seen
    if classes is not None and is_list_of_classes(classes) != (kind == "columns"):
        raise ValueError(
            f"y is {KINDS[kind]}; classes must be "
            + (
                f"a list of {len(seen)} arrays, one for each column."
                if kind == "columns"
                else "one array of them."
            )
        )
    if kind != "columns" or classes is None:
        if classes is not None:
            classes = as_labels(classes)
        check_partial_fit_first_call(classifier, classes)
        return
    classes = [unique_labels(column) for column in classes]
    if len(classes) != len(seen):
        raise ValueError(
            f"y has {len(seen)} columns, but classes has {len(classes)} arrays: give "
            "one array of classes for each column."
        )
    if known is None:
        classifier.classes_ = classes
    elif not _equal(classes, known):
        raise ValueError(
            f"classes={classes} is not the same as on last call to partial_fit, was: "
            f"{known}"
        )


def check_classes(classifier, seen, kind, incremental):
    """Refuse a y whose classes are not those that the network is for.

    Parameters
    ----------
    classifier : BaseClassifier
        With its `classes_`.
    seen : ndarray, or list of ndarray
        What `classes_in` returned.
    kind : {"labels", "soft", "indicator", "columns"}
    incremental : bool
        Whether some classes may be missing. Batches need not show all; warm starts
        must, as in scikit-learn.
    """
    known = classifier.classes_
    before = "indicator" if classifier._multilabel else "labels"
    before = "columns" if isinstance(known, list) else before
    if before != ("labels" if kind == "soft" else kind):
        raise ValueError(
            f"y is {KINDS[kind]} in one call of fit or partial_fit, and {KINDS[before]}"
            " in another."
        )
    if kind == "columns":
        _check_columns(known, seen, incremental)
        return
    if kind == "indicator" and len(seen) != len(known):
        raise ValueError(
            f"y is an indicator matrix of {len(seen)} labels, but classes are {known}."
        )
    if kind == "soft" and not np.array_equal(seen, known):
        raise ValueError(
            f"y has probabilities of {len(seen)} classes, which are 0 to "
            f"{len(seen) - 1}, but classes are {known}."
        )
    _check_column(known, seen, incremental, "`y`")


def _check_columns(known, seen, incremental):
    if len(seen) != len(known):
        raise ValueError(
            f"y has {len(seen)} columns of labels, but the classes are those of "
            f"{len(known)}."
        )
    for i, pair in enumerate(zip(known, seen, strict=True)):
        _check_column(*pair, incremental, f"column {i} of `y`")


def _check_column(known, seen, incremental, name):
    if not incremental and not np.array_equal(seen, known):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the "
            f"previous call to fit. Previously got {known}, {name} has {seen}"
        )
    if len(np.setdiff1d(seen, known)):
        raise ValueError(
            f"{name} has classes not in `self.classes_`. `self.classes_` has {known}. "
            f"'y' has {seen}."
        )


def _equal(some, others):
    pairs = zip(some, others, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def check_shares(labels):
    """Refuse to split two classes into training and validation, if one has one row.

    For a random split alone: the user's own rows and splits may hold a single row.
    scikit-learn's sentence, which tells of y == classes[1], stays within the message.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
    """
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) == 2 and counts.min() == 1:
        few = counts.argmin()
        raise ValueError(
            f"Only one row has the label {classes[few].item()!r}: early stopping "
            "cannot share it out between training and validation. Add rows, or set "
            "early_stopping=False. (The least populated classes in y have only 1 "
            "member, which is too few. Classes with too few members are: "
            f"['{bool(few)}'], the answer to y == {classes[1].item()!r}.)"
        )
