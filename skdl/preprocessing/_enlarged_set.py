"""Training sets enlarged by transformed copies of their rows."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from skdl._numbers_of_rows import check_numbers_of_rows
from skdl.preprocessing._augmentation import to_dtype, working_dtype
from skdl.preprocessing._mixup import blend


def check_training_set(augmenter, X, y):
    """Return a training set as arrays, and the shape of its images.

    Parameters
    ----------
    augmenter : ImageAugmenter
        The augmenter, checked.
    X : array-like of two to four dimensions
        Rows of numbers, or images.
    y : array-like
        Targets.

    Returns
    -------
    X : ndarray
        The rows or images.
    y : ndarray
        The targets; with `mixup` as floats, labels as probabilities.
    image_shape : tuple of int, or None
        (height, width, channels); None if the rows are not images.

    Raises
    ------
    ValueError
        If X or y cannot be augmented.
    """
    X = check_array(X, dtype="numeric", allow_nd=True, input_name="X")
    if X.ndim > 4:
        raise ValueError(
            "X must have the shape (n_samples, n_features), (n_samples, height, width) "
            f"or (n_samples, height, width, channels), got {X.shape}."
        )
    shape = (*X.shape[1:], 1)[:3] if X.ndim > 2 else None
    if X.ndim == 2 and augmenter.image_shape is not None:
        shape = (*augmenter.image_shape, 1)[:3]
        if np.prod(shape) != X.shape[1]:
            raise ValueError(
                f"ImageAugmenter: image_shape={augmenter.image_shape!r} needs "
                f"{np.prod(shape)} columns, but X has {X.shape[1]}. Set image_shape="
                "(height, width, channels) to the shape of the images in X."
            )
    if y is None:
        raise ValueError(
            "ImageAugmenter requires y to be passed, but the target y is None."
        )
    y = check_array(y, dtype=None, ensure_2d=False, input_name="y")
    if y.ndim != 2:
        y = column_or_1d(y)
    check_numbers_of_rows(X=X, y=y)
    return X, (_to_floats(y) if augmenter.mixup else y), shape


def _to_floats(y):
    """Return targets to mix: numbers as they are, labels as probabilities."""
    if y.dtype.kind == "f":
        return y
    if y.ndim == 2:
        if type_of_target(y) != "multilabel-indicator":
            raise ValueError(
                "ImageAugmenter: mixup turns labels into probabilities, but y has "
                "several columns of labels. Pass y as an indicator matrix of zeros "
                "and ones, or as floats."
            )
        return y.astype(np.float64)
    classes, codes = np.unique(y, return_inverse=True)
    probabilities = np.zeros((len(codes), len(classes)))
    probabilities[np.arange(len(codes)), codes] = 1
    return probabilities


def with_copies(augmentation, X, y, image_shape, n_copies, rng):
    """Return X and y, followed by transformed copies.

    Parameters
    ----------
    augmentation : ImageAugmentation
        The run that transforms the copies.
    X : ndarray
        Rows or images, from `check_training_set`.
    y : ndarray
        Their targets.
    image_shape : tuple of int, or None
        (height, width, channels); None if the rows are not images.
    n_copies : int
        Number of copies of each row.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    X : ndarray
        A new array with 1 + n_copies times the rows.
    y : ndarray
        A new array with their targets.
    """
    n, batch_size = len(X), augmentation.batch_size
    all_X = np.empty(((1 + n_copies) * n, *X.shape[1:]), X.dtype)
    all_y = np.empty(((1 + n_copies) * n, *y.shape[1:]), y.dtype)
    all_X[:n], all_y[:n] = X, y
    for start in range(n, len(all_X), n):
        copy_X, copy_y = all_X[start : start + n], all_y[start : start + n]
        copy_X[...], copy_y[...] = X, y
        if image_shape is not None:
            images = copy_X.reshape(n, *image_shape)
            for i in range(0, n, batch_size):
                batch = images[i : i + batch_size]
                batch[...] = augmentation.transform(batch, rng)
        if augmentation.mixes:
            shares, partners = augmentation.mixup.draw(n, rng)
            _mix(copy_X, shares, partners, batch_size)
            _mix(copy_y, shares, partners, n)
    return all_X, all_y


def _mix(values, shares, partners, block_size):
    """Mix rows of any dtype with their partners, in place and block by block."""
    unmixed, work = values.copy(), working_dtype(values.dtype)
    shares = shares.reshape(-1, *(values.ndim - 1) * [1])
    for start in range(0, len(values), block_size):
        block = slice(start, start + block_size)
        mixed = unmixed[block].astype(work)
        blend(mixed, unmixed[partners[block]].astype(work), shares[block])
        to_dtype(mixed, values[block])
