"""Columns of X and y of mean 0 and variance 1, learned from the training rows."""

import numpy as np
from scipy.sparse import issparse

from skdl.engine.moments import Moments, safe_scale, updated_moments
from skdl.estimators._architecture import check_hidden_layers

# Elements at a time, which are float64 for a moment: of 2**15 to 2**20 the fastest, as
# they stay in the cache.
BLOCK = 2**16


def scaling_kind(net, X, image_shape, n_hidden):
    """Return over which values `standardize` takes a mean and a deviation.

    Parameters
    ----------
    net : estimator
    X : ndarray of shape (n_samples, n_features), or CSR array
    image_shape : tuple of int, or None
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    kind : {"feature", "channel", "matrix"} or None
        Each column, each channel of the images, or all of X; None if X stays as it is.
    """
    if not isinstance(net.standardize, str):
        return "feature" if net.standardize else None
    if net.standardize != "auto":
        return net.standardize
    # Linear models compare with scikit-learn's, which leave X as it is.
    if issparse(X) or not n_hidden:
        return None
    if image_shape is not None:
        return "channel"
    # Bytes are pixels: a deviation for each would blow up those that hardly vary.
    return "matrix" if getattr(X, "dtype", None) == np.uint8 else "feature"


def scales_columns(net, X):
    """Tell whether a new ``fit`` of a net to X would standardize the columns.

    Parameters
    ----------
    net : estimator
        Its parameters are read.
    X : ndarray of shape (n_samples, n_features), or CSR array, or None
        None stands for a dense X of floats.
    """
    n_hidden = len(check_hidden_layers(net.hidden_layer_sizes))
    return scaling_kind(net, X, net.image_shape, n_hidden) is not None


def is_standardized(net, X):
    """Tell whether a net in training, or a new ``fit`` to X, standardizes the columns.

    Parameters
    ----------
    net, X
        As for `scales_columns`.
    """
    if "_network" in vars(net):
        return net._network.scaling is not None
    return scales_columns(net, X)


def cure_of_columns(net, X):
    """Return the `standardize` that scales the columns of X, or None if none does.

    Parameters
    ----------
    net, X
        As for `scales_columns`.
    """
    if issparse(X):
        return None
    is_bytes = X.dtype == np.uint8 and check_hidden_layers(net.hidden_layer_sizes)
    return "auto" if is_bytes else True


def kind_of_call(net, X, image_shape, n_hidden, *, is_new):
    """Return the `scaling_kind` of a call of ``fit``; refuse what it cannot do.

    Parameters
    ----------
    net, X, image_shape, n_hidden
        As for `scaling_kind`.
    is_new : bool
        Whether the net forgets earlier calls. Otherwise 'auto' is what it was.
    """
    kind = scaling_kind(net, X, image_shape, n_hidden)
    if net.standardize == "auto" and not is_new:
        kind = (net._run_state.get("input_moments") or {}).get("kind")
    if kind is not None and issparse(X):
        raise ValueError(
            f"standardize={net.standardize!r} subtracts means, which leaves no zeros: "
            "a sparse X would become dense. Set standardize=False, and put a "
            "MaxAbsScaler or a StandardScaler(with_mean=False) before the net in a "
            "Pipeline; or pass X.toarray()."
        )
    if kind == "channel" and image_shape is None:
        raise ValueError(
            f"standardize={net.standardize!r} needs to know which columns are of one "
            "channel: set image_shape=(height, width, channels), or "
            "standardize='feature'."
        )
    return kind


def learn_scaling(net, data, weights, image_shape, known, kind, *, incremental):
    """Set the scaling of a net's network to the moments of the rows it trains on.

    Parameters
    ----------
    net : estimator
    data : Data
        Rows that are held out do not count: split them off first.
    weights : ndarray of shape (n_samples, 1), or None
        The user's own sample weights.
    image_shape : tuple of int, or None
    known : dict or None
        Moments of earlier calls, which are not changed; None for a new net.
    kind : str or None
        The `kind_of_call`.
    incremental : bool
        Merge these rows into the known moments (``partial_fit``). Otherwise a warm
        start keeps the old scaling, which the weights were trained for.

    Returns
    -------
    moments : dict or None
        What a later call gets as `known`.
    """
    if kind is None:
        return known
    if known is None or incremental:
        moments = _moments_of_rows(data.X, weights, data.rows)
        if moments is None:
            return known  # no row has a weight: training will say so
        known = _merged(known, _spacing(data.X.dtype), moments)
    moments = Moments(*(known[name] for name in Moments._fields))
    mean, variance = moments.mean, moments.comoment / moments.weight
    if kind != "feature":
        n_channels = image_shape[-1] if kind == "channel" else 1
        mean, variance = _by_channel(moments, n_channels)
    scale = safe_scale(mean, variance, known["spacing"])
    net._network.scaling.set(mean, scale)
    return {**known, "kind": kind}


def target_units(y, weights, rows):
    """Return the units in which a regressor with `standardize_target` learns y.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    weights : ndarray of shape (n_samples, 1), or None
        The user's own sample weights.
    rows : ndarray of int, or None
        Numbers of the training rows; None for all rows.

    Returns
    -------
    units : dict
        ``target_mean_`` and ``target_scale_`` of shape (n_outputs,): the mean and the
        standard deviation of each output. Empty if no row has a weight.
    """
    moments = _moments_of_rows(y.reshape(len(y), -1), weights, rows, "y")
    if moments is None:
        return {}  # training will say so
    variance = moments.comoment / moments.weight
    scale = safe_scale(moments.mean, variance, _spacing(y.dtype))
    return {"target_mean_": moments.mean, "target_scale_": scale}


def blank_moments(n_features):
    """Return moments as `learn_scaling` does: names, shapes and dtypes count alone.

    Parameters
    ----------
    n_features : int
    """
    row = updated_moments(None, np.zeros((1, n_features)), np.ones(1))
    return {**_merged(None, _spacing(np.dtype(np.float64)), row), "kind": "feature"}


def _spacing(dtype):
    """Return the spacing of floats at 1; integers are exact in float64."""
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def _merged(known, spacing, moments):
    """Return the moments of all rows so far, with spacing and repeats, as a dict.

    The same rows once more change nothing, to the bit: they are counted, and only other
    rows are merged. Calls of partial_fit on the same rows are thereby one longer fit.
    """
    repeats = 1
    if known is not None:
        spacing, repeats = max(spacing, known["spacing"]), known["repeats"]
        before = Moments(*(known[name] for name in Moments._fields))
        if all(map(np.array_equal, before, moments)):
            return {**known, "spacing": spacing, "repeats": repeats + 1}
        moments, repeats = before.scaled(repeats).merged(moments), 1
    return {**moments._asdict(), "spacing": spacing, "repeats": repeats}


def _moments_of_rows(values, weights, rows, name="X"):
    """Return the moments of rows with a weight, read once, block by block.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_columns)
    weights : ndarray of shape (n_samples, 1), or None
    rows : ndarray of int, or None
        Numbers of the rows to read; None for all rows.
    name : str, default="X"
        What the values are, in errors.
    """
    moments = None
    # In the order of the memory, or of the file.
    rows = None if rows is None else np.sort(rows)
    n_rows = len(values) if rows is None else len(rows)
    step = max(1, BLOCK // max(1, values.shape[1]))
    for start in range(0, n_rows, step):
        part = slice(start, min(start + step, n_rows))
        if rows is not None:
            part = rows[part]
        block = values[part]
        counts = np.ones(len(block))
        if weights is not None:
            counts = weights[part, 0].astype(np.float64)
            if not counts.all():
                block, counts = block[counts > 0], counts[counts > 0]
        if len(counts):
            moments = updated_moments(moments, block, counts, name=name)
    return moments


def _by_channel(moments, n_channels):
    """Return mean and variance of each channel, repeated for each of its columns."""
    weight, mean, tail, comoment = moments
    n_pixels = len(mean) // n_channels
    # About a mean of the channel's own, so that an offset costs no digits.
    shift = mean[:n_channels]
    deviation = (mean.reshape(n_pixels, -1) - shift) + tail.reshape(n_pixels, -1)
    centre = deviation.mean(axis=0)
    deviation -= centre
    with np.errstate(over="ignore"):
        variance = (comoment / weight).reshape(n_pixels, -1) + deviation**2
        variance = variance.mean(axis=0)
    if not np.isfinite(variance).all():
        raise ValueError(
            "The variance of a channel of X overflows float64: the values of X are too "
            f"large (the largest mean of a column is {np.abs(mean).max():.3g})."
        )
    return np.tile(shift + centre, n_pixels), np.tile(variance, n_pixels)
