"""The arguments ``X_val``, ``y_val`` and ``sample_weight_val`` of ``fit``, checked."""

import numpy as np
from sklearn.metrics import check_scoring

from skdl._data_errors import or_nothing
from skdl.estimators._scoring import metrics_of
from skdl.estimators.validation_set import ValidationSet


def check_validation(net, X_val, y_val, sample_weight_val, *, incremental=False):
    """Return (X_val, y_val, sample_weight_val), or None; refuse what contradicts."""
    X_val, y_val, sample_weight_val = _arrays_of(X_val, y_val, sample_weight_val)
    given = X_val is not None
    _refuse_contradictions(net, given=given, incremental=incremental)
    return (X_val, y_val, sample_weight_val) if given else None


def _arrays_of(X_val, y_val, sample_weight_val):
    """Return the three arrays in a `ValidationSet`, in tuples or as they are."""
    if isinstance(X_val, ValidationSet):
        if y_val is not None or sample_weight_val is not None:
            raise ValueError(
                "X_val is a ValidationSet, which has y and sample_weight of its own: "
                "leave y_val and sample_weight_val out."
            )
        X_val, y_val, sample_weight_val = X_val.X, X_val.y, X_val.sample_weight
    elif isinstance(X_val, tuple):
        X_val, y_val, sample_weight_val = _out_of_tuples(
            X_val, y_val, sample_weight_val
        )
    elif isinstance(X_val, list) and y_val is None and _is_pair(X_val):
        raise ValueError("X_val is a list of X and y: pass them as X_val and y_val.")
    given = X_val is not None
    if given != (y_val is not None) or (sample_weight_val is not None and not given):
        raise ValueError(
            "X_val and y_val go together, and sample_weight_val with both: "
            + _missing(X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        )
    return X_val, y_val, sample_weight_val


def _refuse_contradictions(net, *, given, incremental):
    """Refuse parameters that do not go with validation data, or need them."""
    if net.validation_split is not None:
        if given:
            raise ValueError(
                "validation_split and X_val both say what to validate on: leave X_val "
                "out, or set validation_split=None."
            )
        if incremental:
            raise ValueError(
                "partial_fit cannot hold out rows by validation_split: its batches are "
                "all that it sees. Pass X_val and y_val, and set validation_split=None."
            )
    if incremental and net.early_stopping and not given:
        raise ValueError(
            "partial_fit does not support early_stopping=True without validation data, "
            "as it has no rows to hold out. Pass X_val and y_val, set "
            "early_stopping=False or call fit."
        )
    if net.scoring is not None:
        if not (given or net.early_stopping or net.validation_split is not None):
            raise ValueError(
                f"scoring={net.scoring!r} has no rows to score: set "
                "early_stopping=True, or pass X_val and y_val."
            )
        for scorer in metrics_of(net.scoring).values():
            if scorer != "loss":
                check_scoring(net, scorer)


def _out_of_tuples(X_val, y_val, sample_weight_val):
    """Return the arrays in tuples of one array, which searches and pipelines pass on.

    ``Pipeline(..., transform_input=["X_val"])`` transforms what is in a tuple.
    """
    if y_val is None and len(X_val) in (2, 3):
        raise ValueError(
            f"X_val is a tuple of {len(X_val)}: pass its parts as X_val and y_val, or "
            "X_val=ValidationSet(*X_val)."
        )
    if len(X_val) != 1 or or_nothing(np.ndim, X_val[0]) != 2:
        return X_val, y_val, sample_weight_val
    return X_val[0], _only_one(y_val), _only_one(sample_weight_val)


def _is_pair(values):
    """Tell whether a list holds a matrix and as many targets."""
    lengths = or_nothing(lambda: [len(one) for one in values], nothing=[])
    is_matrix = lengths and or_nothing(np.ndim, values[0], nothing=0) == 2
    return len(lengths) == 2 and is_matrix and lengths[0] == lengths[1]


def _only_one(values):
    return values[0] if isinstance(values, tuple) and len(values) == 1 else values


def _missing(**arguments):
    """Return a sentence about which arguments are given, and which are missing."""
    given = [name for name, value in arguments.items() if value is not None]
    missing = [n for n in arguments if n not in given and n != "sample_weight_val"]
    return f"got {' and '.join(given)} without {' and '.join(missing)}."
