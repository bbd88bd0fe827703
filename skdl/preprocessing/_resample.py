"""A training set with changed copies of its rows."""

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from skdl.preprocessing._augmentation import to_dtype, working_dtype

__all__ = ["checked_data", "resampled"]


def checked_data(spec, X, y):
    """Check a training set.

    Parameters
    ----------
    spec : ImageAugmenter
        Checked.
    X : array-like of two to four dimensions
    y : array-like

    Returns
    -------
    X : ndarray
    y : ndarray
        With `mixup`, of floats: labels are probabilities then.
    image_shape : tuple of int, or None
        (height, width, channels), None if rows are no images.

    Raises
    ------
    ValueError
    """
    X = check_array(X, dtype="numeric", allow_nd=True, input_name="X")
    if X.ndim > 4:
        raise ValueError(
            "X must have the shape (n_samples, n_features), (n_samples, height, width) "
            f"or (n_samples, height, width, channels), got {X.shape}."
        )
    shape = (*X.shape[1:], 1)[:3] if X.ndim > 2 else None
    if X.ndim == 2 and spec.image_shape is not None:
        shape = (*spec.image_shape, 1)[:3]
        if np.prod(shape) != X.shape[1]:
            raise ValueError(
                f"ImageAugmenter: image_shape={spec.image_shape!r} has "
                f"{np.prod(shape)} numbers, and a row of X has {X.shape[1]}."
            )
    if y is None:
        raise ValueError(
            "ImageAugmenter requires y to be passed, but the target y is None."
        )
    y = check_array(y, dtype=None, ensure_2d=False, input_name="y")
    if y.ndim != 2:
        y = column_or_1d(y)
    check_consistent_length(X, y)
    return X, (_soft(y) if spec.mixup else y), shape


def _soft(y):
    if y.dtype.kind == "f":
        return y
    if y.ndim == 2:
        if type_of_target(y) != "multilabel-indicator":
            raise ValueError(
                "ImageAugmenter: mixup turns labels into probabilities, and y has "
                "several columns of labels. Give it as an indicator matrix of zeros "
                "and ones, or as floats."
            )
        return y.astype(np.float64)
    classes, places = np.unique(y, return_inverse=True)
    soft = np.zeros((len(places), len(classes)))
    soft[np.arange(len(places)), places] = 1
    return soft


def resampled(state, X, y, image_shape, n_copies, rng):
    """Return X and y followed by changed copies.

    Parameters
    ----------
    state : Augmentation
    X, y : ndarray
        As `checked_data` returns them.
    image_shape : tuple of int, or None
    n_copies : int
    rng : numpy.random.Generator

    Returns
    -------
    X, y : ndarray
        New arrays.
    """
    n = len(X)
    all_X = np.empty(((1 + n_copies) * n, *X.shape[1:]), X.dtype)
    all_y = np.empty(((1 + n_copies) * n, *y.shape[1:]), y.dtype)
    all_X[:n], all_y[:n] = X, y
    for start in range(n, len(all_X), n):
        more_X, more_y = all_X[start : start + n], all_y[start : start + n]
        more_X[...], more_y[...] = X, y
        if image_shape is not None:
            images = more_X.reshape(n, *image_shape)
            for i in range(0, n, state.batch_size):
                batch = images[i : i + state.batch_size]
                batch[...] = state.transform(batch, rng)
        if state.mixes:
            shares, partners = state.mixup.draw(n, rng)
            _mix(more_X, shares, partners, state.batch_size)
            _mix(more_y, shares, partners, n)
    return all_X, all_y


def _mix(values, shares, partners, batch_size):
    """Mix rows of any dtype with their partners, in place."""
    before, work = values.copy(), working_dtype(values.dtype)
    shares = shares.astype(work).reshape(-1, *(values.ndim - 1) * [1])
    for i in range(0, len(values), batch_size):
        rows = slice(i, i + batch_size)
        mixed = (
            shares[rows] * before[rows] + (1 - shares[rows]) * before[partners[rows]]
        )
        to_dtype(mixed, values[rows])
