"""What a loss compares the scores of classes with, and label smoothing."""

import numpy as np

from skdl.engine.specification import name_of_kind
from skdl.engine.target_tables import MixedTable, TargetTable

__all__ = ["encode_classes", "smooth"]


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
