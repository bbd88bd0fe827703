"""Checks of probability distributions."""

import math

import numpy as np


def check_distributions(values, name):
    """Return one distribution (1-D), or one per row (2-D), as floats.

    Entries must be finite and not negative, and sum to 1 within the square root of the
    machine epsilon of their dtype.

    Parameters
    ----------
    values : array-like of shape (n_classes,) or (n_samples, n_classes)
        The distributions.
    name : str
        The name of `values` in error messages.

    Returns
    -------
    distributions : ndarray of float64
        The distributions, not renormalized.
    dtype : type
        The dtype for results: float32 if `values` is float32, else float64.
    shape : tuple
        The shape of `values`.

    Raises
    ------
    ValueError
        If an entry is not a probability, or a row does not sum to 1. The message names
        the first one.
    """
    array = _numbers(values, name)
    shape = array.shape
    if array.ndim not in (1, 2) or 0 in shape:
        raise ValueError(
            f"{name} must be of shape (n_classes,) or (n_samples, n_classes) and not "
            f"empty, got shape {shape}."
        )
    valid = (array >= 0) & np.isfinite(array)
    if not valid.all():
        position = tuple(np.argwhere(~valid)[0].tolist())
        at = "at position {}" if array.ndim == 1 else "in row {}, column {}"
        raise ValueError(
            f"{name} must hold probabilities, finite and not negative, got "
            f"{array[position]!s} {at.format(*position)} (counted from 0)."
        )
    wide = array.astype(np.float64, copy=False)
    with np.errstate(over="ignore"):
        sums = np.atleast_1d(wide.sum(axis=-1))
    tolerance = math.sqrt(np.finfo(array.dtype).eps)
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= tolerance))
    if len(wrong):
        row = int(wrong[0])
        subject = name if array.ndim == 1 else f"Each row of {name}"
        at = "" if array.ndim == 1 else f" in row {row} (counted from 0)"
        raise ValueError(
            f"{subject} must sum to 1 within {tolerance:.2g} for {array.dtype}, got "
            f"{float(sums[row])!r}{at}."
        )
    dtype = np.float32 if array.dtype == np.float32 else np.float64
    return wide, dtype, shape


def _numbers(values, name):
    """Return an array of float16, float32 or float64, or raise."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"dtype {array.dtype}")
        # float16 and float32 stay, in the byte order of the machine.
        is_short = array.dtype.kind == "f" and array.dtype.itemsize < 8
        dtype = array.dtype.newbyteorder("=") if is_short else np.float64
        return array.astype(dtype, copy=False)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a dense array of real numbers: {error}"
        ) from error
