"""The batches of CIFAR-10: five for training and one for testing, pickled or binary."""

import numpy as np

from skdl.datasets._batch_pickle import read_batch_pickle
from skdl.datasets._bunch import check_labels

PYTHON_BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
BINARY_BATCHES = tuple(f"{name}.bin" for name in PYTHON_BATCHES)


def read_batches(files, names, dataset):
    """Return two pairs (images, labels), training batches in their order.

    Parameters
    ----------
    files : Files
        The files, by name.
    names : tuple of str
        `PYTHON_BATCHES` or `BINARY_BATCHES`.
    dataset : ImageDataset
        CIFAR-10.

    Raises
    ------
    FileNotFoundError
        If a batch is missing.
    ValueError
        If a batch is truncated or damaged, or the batches differ in length.
    """
    missing = [name for name in names if name not in files]
    if missing:
        raise FileNotFoundError(
            f"{str(files.path)!r} has some batches of {dataset.name} and lacks "
            f"{', '.join(missing)}."
        )
    read = _read_python if names is PYTHON_BATCHES else _read_binary
    batches = [read(files.read(name), dataset, files.source(name)) for name in names]
    lengths = [len(labels) for _, labels in batches]
    # A binary file that was cut off after a whole image looks complete.
    if len(set(lengths)) > 1:
        raise ValueError(
            f"The batches {', '.join(names)} of {files.path} have "
            f"{', '.join(map(str, lengths))} images: all should have the same number, "
            "so some are truncated."
        )
    *train, test = batches
    return [tuple(np.concatenate(arrays) for arrays in zip(*train, strict=True)), test]


def _read_python(data, dataset, source):
    rows, labels = read_batch_pickle(data, source)
    if rows.shape[1:] != (dataset.n_pixels,):
        raise ValueError(
            f"{source} has 'data' of shape {rows.shape}: expected "
            f"(n, {dataset.n_pixels})."
        )
    return dataset.interleave(rows), check_labels(labels, len(rows), dataset, source)


def _read_binary(data, dataset, source):
    length = 1 + dataset.n_pixels
    if not data or len(data) % length:
        raise ValueError(
            f"{source} is truncated or not a batch of {dataset.name}: it has "
            f"{len(data)} bytes, not a multiple of {length} (a label and an image of "
            f"{dataset.size})."
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, length)
    labels = check_labels(records[:, 0], len(records), dataset, source)
    return dataset.interleave(records[:, 1:]), labels
