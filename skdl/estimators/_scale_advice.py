"""Whether the scale of X or y holds a net back, and which parameter cures it."""

import numpy as np
from scipy.sparse import issparse

from skdl._text import join_names
from skdl.engine.column_scales import ColumnScales, are_scaled, unscaled_targets
from skdl.engine.constant_scores import best_constant, loss_of_scores
from skdl.engine.losses import mean_loss
from skdl.engine.prediction import raw_scores
from skdl.estimators._check_input import spacing
from skdl.estimators._standardize import cure_of_columns
from skdl.estimators.targets._numbers import needs_counts

__all__ = ["constant_loss", "remaining_loss", "scale_advice"]

# The largest number of rows whose scale is measured, and of elements of these rows.
SCALE_ROWS, SCALE_ELEMENTS = 10_000, 2**20
# The largest number of rows whose loss is computed.
LOSS_ROWS = 500
# Counts beyond this take the logarithm of the net thousands of steps to reach.
LARGE_COUNT = 100.0


def scale_advice(run):
    """Return what to do about columns of X and y that are not scaled, or "".

    The bounds are those of `skdl.inspection.diagnose`.

    Parameters
    ----------
    run : TrainingRun
    """
    net, has_scaling = run.net, run.network.scaling is not None
    looks_at_y = net._y_numeric and not net.standardize_target
    if has_scaling and not looks_at_y:
        return ""
    sentences = []
    if not has_scaling:
        sentences += _about_columns(net, run.data)
    if looks_at_y:
        sentences += _about_targets(net, run.data, run.given[1])
    return " ".join(sentences)


def remaining_loss(run):
    """Return the loss of a net in units of the loss of the best constant.

    It is the mean loss of some training rows, as they are predicted: without penalty
    and dropout. It is 0.5 where it is unknown: the loss of a user may be negative.

    Parameters
    ----------
    run : TrainingRun
        At its end.
    """
    data, of_constant = run.data, constant_loss(run)
    rows = _some_rows(data, LOSS_ROWS)
    weights = None if data.weights is None else data.weights[rows, 0]
    scores = raw_scores(run.network, data.X[rows])
    of_net = mean_loss(run.net._loss(), scores, data.targets[rows], data.table, weights)
    if of_constant < 0:
        return 0.5
    return of_net / of_constant if of_constant else np.inf


def constant_loss(run):
    """Return the mean loss of the best constant for some training rows.

    Parameters
    ----------
    run : TrainingRun
    """
    data, loss = run.data, run.net._loss()
    rows = _some_rows(data, LOSS_ROWS)
    targets, table = data.targets[rows], data.table
    shares = np.ones(len(targets))
    if data.weights is not None:
        shares = data.weights[rows, 0].astype(np.float64)
    shares = shares / shares.sum()
    constant = best_constant(targets, table, shares, loss, run.network.widths[-1])
    return loss_of_scores(targets, table, shares, loss, constant)


def _some_rows(data, at_most):
    """Return some rows that are trained on, at equal distances: numbers or a slice.

    Parameters
    ----------
    data : Data
    at_most : int
        The largest number of rows.
    """
    if data.rows is None and data.weights is None:
        return slice(None, None, spacing(data.X.shape[0], at_most))
    rows = np.arange(data.X.shape[0]) if data.rows is None else data.rows
    if data.weights is not None:
        rows = rows[data.weights[rows, 0] > 0]
    return rows[:: spacing(len(rows), at_most)]


def _about_columns(net, data):
    """Yield a sentence about columns of X that are not scaled."""
    X = data.X
    most = max(100, min(SCALE_ROWS, SCALE_ELEMENTS // X.shape[1]))
    sample = X[_some_rows(data, most)]
    scales = None if are_scaled(sample) else ColumnScales.of(sample)
    if scales is None or not len(scales.unscaled):
        return
    names = getattr(net, "feature_names_in_", None)
    sizes, what = scales.rms, "root mean square"
    if issparse(X):
        sizes, what = scales.largest, "largest value"
    columns = [
        f"{column if names is None else repr(str(names[column]))} ({sizes[column]:.3g})"
        for column in scales.unscaled
    ]
    columns[0] = columns[0].replace("(", f"({what} ")
    cure = cure_of_columns(net, X)
    way_out = "Put a MaxAbsScaler before the net"
    if cure is not None:
        way_out = f"Set standardize={cure!r}, or put a Standardizer before the net"
    yield f"Columns of X are not scaled: {join_names(columns)}. {way_out}."


def _about_targets(net, data, y):
    """Yield a sentence about outputs that are not scaled."""
    y = np.asarray(y.toarray() if issparse(y) else y)
    y = y.reshape(len(y), -1)[_some_rows(data, SCALE_ROWS)]
    y = y.astype(np.float64, copy=False)
    if needs_counts(net):
        # Counts must not become negative.
        if y.max() > LARGE_COUNT:
            yield f"y is not scaled (up to {y.max():.3g}): divide y by its mean."
        return
    mean, deviation, is_far = unscaled_targets(y)
    sizes = [
        (f"column {i}: " if y.shape[1] > 1 else "")
        + f"mean {mean[i]:.3g}, standard deviation {deviation[i]:.3g}"
        for i in np.flatnonzero(is_far)
    ]
    if sizes:
        yield f"y is not scaled ({join_names(sizes)}): set standardize_target=True."
