"""Images by scikit-learn's `fetch_openml`."""

import os
from importlib.util import find_spec

import numpy as np
from sklearn.datasets import fetch_openml

from skdl.datasets._bunch import check_labels, make_bunch

__all__ = ["fetch"]

BLOCK = 1000


def fetch(dataset, data_home, dtype):
    """Download a data set, or read it from the cache, and return its Bunch.

    Parameters
    ----------
    dataset : ImageDataset
    data_home : str, path-like or None
    dtype : dtype

    Raises
    ------
    ValueError
        If OpenML gives something else: other counts, values that are no bytes, or
        another order, so that the split would not be the original one.
    TypeError
        If data_home is neither None nor text nor path-like.
    """
    if not isinstance(data_home, (str, os.PathLike, type(None))):
        raise TypeError(
            "The 'data_home' of a data set must be None, which is scikit-learn's "
            f"folder, or a str or path-like. Got {data_home!r} instead."
        )
    options = {"parser": "liac-arff"}
    if find_spec("pandas"):
        # By default the pixels would be numbers of 8 bytes, gigabytes for CIFAR-10; and
        # pandas 3 makes integers of the labels, which scikit-learn 1.9 takes for text.
        kinds = dict.fromkeys(range(dataset.n_pixels), np.float32)
        kinds[dataset.n_pixels] = str
        options = {"parser": "pandas", "read_csv_kwargs": {"dtype": kinds}}
    table = fetch_openml(
        dataset.openml_name, version=1, data_home=data_home, as_frame=False, **options
    )
    source = f"{dataset.openml_name} of OpenML"
    n_train, n_test = sum(dataset.train_counts), sum(dataset.test_counts)
    if table.data.shape != (n_train + n_test, dataset.n_pixels):
        raise ValueError(
            f"{source} has the shape {table.data.shape}: expected "
            f"{(n_train + n_test, dataset.n_pixels)}."
        )
    images = _bytes(table.data, source)
    try:
        labels = np.asarray(table.target).astype(np.float64)
    except ValueError as error:
        raise ValueError(f"{source} has labels that are no numbers: {error}") from error
    del table
    labels = check_labels(labels, len(images), dataset, source)
    parts = {"train": slice(n_train), "test": slice(n_train, None)}
    for part, rows in parts.items():
        counts = np.bincount(labels[rows], minlength=len(dataset.target_names))
        expected = getattr(dataset, f"{part}_counts")
        if tuple(counts) != expected:
            raise ValueError(
                f"{source} is not in the original order: the classes of its {part} "
                f"rows have {counts.tolist()} images instead of {list(expected)}."
            )
    if dataset.channels_first:
        train, test = (dataset.interleave(images[rows]) for rows in parts.values())
    else:
        train, test = (images[rows] for rows in parts.values())
    return make_bunch(
        (train, labels[:n_train]), (test, labels[n_train:]), dataset, dtype
    )


def _bytes(values, source):
    """Return numbers from 0 to 255 as uint8, block by block."""
    images = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), BLOCK):
        rows = slice(start, start + BLOCK)
        with np.errstate(invalid="ignore"):
            images[rows] = values[rows]
        if not np.array_equal(images[rows], values[rows]):
            raise ValueError(f"{source} has pixels that are no integers from 0 to 255.")
    return images
