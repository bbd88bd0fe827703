"""Codes of one column of numbers: the robust scale and the quantile bins."""

import numpy as np

# Rows per block: the buffers of a block stay in the cache.
ROWS = 2048
# Beyond this multiple of the limit, the clipped value is the limit to 12 digits.
FAR = 1e6


def blocks(n_rows):
    """Yield slices that divide rows into blocks.

    Parameters
    ----------
    n_rows : int
        Number of rows.

    Yields
    ------
    slice
        The rows of a block.
    """
    for start in range(0, n_rows, ROWS):
        yield slice(start, start + ROWS)


def known_values(values):
    """Return the values that are not NaN.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        A column, in float64.
    """
    missing = np.isnan(values)
    return values[~missing] if missing.any() else values


def robust_statistics(known, name):
    """Return the median and the scale of a column.

    Parameters
    ----------
    known : ndarray of shape (n_rows,)
        Values without NaN, in float64.
    name : str
        What the error message calls the column.

    Returns
    -------
    center : float
        The median; NaN if there is no value.
    scale : float
        The interquartile range, or half the range if it is 0; so 0 if all values are
        equal. NaN if there is no value.

    Raises
    ------
    ValueError
        If the range overflows.
    """
    if not len(known):
        return np.nan, np.nan
    low, high = known.min(), known.max()
    with np.errstate(over="ignore"):
        span = high - low
    if not np.isfinite(span):
        raise ValueError(
            f"Column {name} ranges from {low:.3g} to {high:.3g}, and the difference "
            "overflows: divide the column by its largest value."
        )
    first, center, third = np.quantile(known, [0.25, 0.5, 0.75])
    scale = third - first
    return float(center), float(scale if scale > 0 else span / 2)


def quantile_edges(known, n_bins):
    """Return the edges of bins that hold about equally many values.

    Parameters
    ----------
    known : ndarray of shape (n_rows,)
        Values without NaN, in float64.
    n_bins : int
        Number of bins, if the quantiles differ.

    Returns
    -------
    ndarray of shape (n_edges,)
        The different quantiles in increasing order. Empty if they bound fewer than two
        bins, or the column has at most two different values.
    """
    if len(known) < 3:
        return np.empty(0)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1)))
    has_others = ((known != edges[0]) & (known != edges[-1])).any()
    return edges if len(edges) > 2 and has_others else np.empty(0)


def filled(values, median):
    """Return a column in which the median stands for NaN.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        The column; returned itself if there is no NaN.
    median : float
        What replaces NaN.
    """
    missing = np.isnan(values)
    return np.where(missing, median, values) if missing.any() else values


def smooth_clip(values, center, scale, limit, out):
    """Write z / sqrt(1 + (z / limit)^2) with z = (values - center) / scale.

    Parameters
    ----------
    values : ndarray
        Numbers.
    center, scale : float, or ndarray with a number for each column
        What is subtracted, and the positive number that divides the difference.
    limit : float
        Bound of the result.
    out : ndarray of the same shape
        The result; NaN where a value is NaN.
    """
    with np.errstate(over="ignore"):
        z = (values - center) / scale / limit
    # The square of larger numbers may overflow.
    np.clip(z, -FAR, FAR, out=z)
    z *= limit / np.sqrt(z * z + 1)
    out[...] = z


def piecewise_linear(values, edges, means, factor, out):
    """Write the position in each bin: 0 below the bin, 1 above, linear inside.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        A column without NaN, in float64.
    edges : ndarray of shape (n_bins + 1,)
        Edges of the bins in increasing order.
    means : ndarray of shape (n_bins,)
        What is subtracted from the positions.
    factor : float
        What the difference is multiplied by.
    out : ndarray of shape (n_rows, n_bins)
        The result.
    """
    with np.errstate(over="ignore"):
        positions = values[:, np.newaxis] - edges[:-1]
        positions /= edges[1:] - edges[:-1]
    np.clip(positions, 0, 1, out=positions)
    positions -= means
    np.multiply(positions, factor, out=out, casting="same_kind")


def mean_positions(values, edges):
    """Return the mean position in each bin.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        A column without NaN, in float64.
    edges : ndarray of shape (n_bins + 1,)
        Edges of the bins in increasing order, or no edge.

    Returns
    -------
    ndarray of shape (n_bins,)
        The means; empty without edges.
    """
    if not len(edges):
        return np.empty(0)
    total = np.zeros(len(edges) - 1)
    for rows in blocks(len(values)):
        positions = np.empty((len(values[rows]), len(total)))
        piecewise_linear(values[rows], edges, 0.0, 1.0, positions)
        total += positions.sum(axis=0)
    return total / len(values)
