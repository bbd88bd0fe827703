"""Images from OpenML, by scikit-learn's `fetch_openml`."""

import os
from importlib.util import find_spec

import numpy as np
from sklearn.datasets import fetch_openml

from skdl.datasets._bunch import check_labels, make_bunch

# Rows per block that are converted to bytes.
BLOCK = 1000


def fetch(dataset, data_home, dtype):
    """Download a data set, or read it from the cache, and return its Bunch.

    Parameters
    ----------
    dataset : ImageDataset
        The data set.
    data_home : str, path-like or None
        Folder of the cache; None is scikit-learn's.
    dtype : dtype
        Dtype of the pixels.

    Raises
    ------
    ValueError
        If OpenML returns other counts, pixels that are not bytes, or another order, in
        which the original split is lost.
    TypeError
        If data_home is not None, not a str and not path-like.
    """
    if not isinstance(data_home, (str, os.PathLike, type(None))):
        raise TypeError(
            "The 'data_home' of a data set must be None, which is scikit-learn's "
            f"folder, or a str or path-like. Got {data_home!r} instead."
        )
    options = {"parser": "liac-arff"}
    if find_spec("pandas"):
        # By default a pixel has 8 bytes: CIFAR-10 would take gigabytes. And pandas 3
        # converts labels to integers, where scikit-learn 1.9 expects text.
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
        raise ValueError(
            f"{source} has labels that are not numbers: {error}"
        ) from error
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
    pairs = (train, labels[:n_train]), (test, labels[n_train:])
    return make_bunch(pairs, dataset, dtype)


def _bytes(values, source):
    """Return numbers from 0 to 255 as uint8, block by block."""
    images = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), BLOCK):
        block = slice(start, start + BLOCK)
        with np.errstate(invalid="ignore"):
            images[block] = values[block]
        if not np.array_equal(images[block], values[block]):
            raise ValueError(
                f"{source} has pixels that are not integers from 0 to 255."
            )
    return images
