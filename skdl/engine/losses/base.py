"""The base class of losses, and the mean loss of given scores."""

import numpy as np

from skdl.engine.specification import Specification

__all__ = ["Loss", "add_row_sums", "mean_loss", "sum_of_losses", "write_row_sums"]

# Rows that are evaluated at a time: a loss needs a few arrays of this length.
ROWS = 4096


class Loss(Specification):
    """What every loss has, with the values of one that says nothing else.

    Attributes
    ----------
    multilabel : bool
        Whether y may be an indicator matrix, with one score per label. Both links then
        take ``exclusive=False``, which gives each label a probability of its own.
    soft_targets : bool
        Whether y may be a matrix with one distribution over the classes per row.
    mixes : bool
        Whether a target may lie between those of two rows, as mixup makes them.
    out_activation : str
        A name for the link from scores to predictions.
    """

    REQUIRED = ("encode", "rows_and_gradient")
    OPTIONAL = ("check", "multilabel", "soft_targets", "mixes", "out_activation")

    multilabel = False
    soft_targets = False
    mixes = False
    out_activation = "identity"


def mean_loss(loss, scores, targets, table=None, weights=None) -> float:
    """Return Σ_i w_i J_i / Σ_i w_i: the objective without the penalty.

    Parameters
    ----------
    loss : loss object
        Any of `skdl.engine.losses`, or your own.
    scores : ndarray of shape (n_rows, n_scores)
        Raw scores, which are only read.
    targets : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Targets as the loss encodes them.
    table : ndarray of shape (n_classes, n_targets), or TargetTable, optional
        If given, `targets` are row numbers of this table.
    weights : ndarray of shape (n_rows,), optional
        Row weights, not all of them zero. By default every row counts once.

    Returns
    -------
    loss : float
        The weighted mean of the row losses.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import SquaredError, mean_loss
    >>> scores, targets = np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    >>> mean_loss(SquaredError(), scores, targets)
    1.25
    >>> mean_loss(SquaredError(), scores, targets, weights=np.array([3.0, 1.0]))
    0.875
    """
    total = sum_of_losses(loss, scores, targets, table, weights)
    return total / float(len(scores) if weights is None else np.sum(weights))


def sum_of_losses(loss, scores, targets, table=None, weights=None) -> float:
    """Return Σ_i w_i J_i. The sums over parts of the rows add up to that of all rows.

    Parameters
    ----------
    loss : loss object
        Any of `skdl.engine.losses`, or your own.
    scores : ndarray of shape (n_rows, n_scores)
        Raw scores, which are only read.
    targets : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Targets as the loss encodes them.
    table : ndarray of shape (n_classes, n_targets), or TargetTable, optional
        If given, `targets` are row numbers of this table.
    weights : ndarray of shape (n_rows,), optional
        Row weights. By default every row counts once.

    Returns
    -------
    loss : float
        The weighted sum, in float64.
    """
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(scores), ROWS):
            block = slice(start, start + ROWS)
            # The loss may overwrite the scores: it gets a copy.
            S, t = scores[block].copy(), targets[block]
            rows = np.empty((len(S), 1), S.dtype)
            t = t if table is None else table[t]
            loss.rows_and_gradient(S, t, rows, np.empty_like(S))
            rows = rows[:, 0].astype(np.float64)
            total += rows.sum() if weights is None else np.dot(rows, weights[block])
    return float(total)


def write_row_sums(addends, rows) -> None:
    """Write the sum of each row of addends into rows.

    Parameters
    ----------
    addends : ndarray of shape (..., n, k)
        Numbers to sum up. They are only read.
    rows : ndarray of shape (..., n, 1)
        Where the sums go.
    """
    if addends.shape[-1] == 1:
        # A reduction takes twice as long.
        np.copyto(rows, addends)
    else:
        np.add.reduce(addends, axis=-1, keepdims=True, out=rows)


def add_row_sums(rows, addends) -> None:
    """Add the sum of each row of addends to rows, without memory of its own.

    Parameters
    ----------
    rows : ndarray of shape (..., n, 1)
        Row losses, changed in place.
    addends : ndarray of shape (..., n, k)
        Numbers to sum up. Their content is lost.
    """
    if addends.shape[-1] == 1:
        np.add(rows, addends, out=rows)
        return
    first = addends[..., :1]
    np.add(first, rows, out=first)
    np.add.reduce(addends, axis=-1, keepdims=True, out=rows)
