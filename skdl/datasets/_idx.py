"""The idx files of MNIST: a magic number, the lengths of the axes, and the bytes."""

import gzip
from math import prod

import numpy as np

from skdl.datasets._bunch import check_labels
from skdl.datasets._files import naming_damage

__all__ = ["read_idx_folder"]

UNSIGNED_BYTE = 8


def read_idx_folder(folder, dataset):
    """Return two pairs (images, labels) from the four idx files of a folder.

    Parameters
    ----------
    folder : Path
    dataset : ImageDataset

    Raises
    ------
    FileNotFoundError
        If one of the files is missing, plain and with .gz.
    ValueError
        If one is truncated, damaged or not what its name says.
    """
    found, missing = {}, []
    for part in ("train", "t10k"):
        for kind, n_axes in (("images", 3), ("labels", 1)):
            # Both spellings are in circulation.
            names = [f"{part}-{kind}{mark}idx{n_axes}-ubyte" for mark in "-."]
            paths = [folder / f"{name}{end}" for name in names for end in ("", ".gz")]
            path = next((path for path in paths if path.is_file()), None)
            found[part, kind] = path
            if path is None:
                missing.append(names[0])
    if missing:
        raise FileNotFoundError(
            f"The folder {str(folder)!r} lacks {', '.join(missing)} (looked for each "
            "as it is and with .gz)."
        )
    return [_read_part(found[p, "images"], found[p, "labels"], dataset)
            for p in ("train", "t10k")]  # fmt: skip


def _read_part(image_path, label_path, dataset):
    images, labels = _read_idx(image_path, 3), _read_idx(label_path, 1)
    if images.shape[1:] != dataset.image_shape[:2]:
        raise ValueError(
            f"{image_path} has images of {images.shape[1]} x {images.shape[2]} pixels: "
            f"those of {dataset.name} have {dataset.size}."
        )
    if len(labels) != len(images):
        raise ValueError(
            f"{image_path} has {len(images)} images, and {label_path} {len(labels)} "
            "labels: expected one for each image."
        )
    return images, check_labels(labels, len(images), dataset, label_path)


def _read_idx(path, n_axes):
    """Return the array of an idx file of unsigned bytes with so many axes."""
    data = path.read_bytes()
    # Browsers unpack files and leave them their name, so that the name says little.
    if data.startswith(b"\x1f\x8b"):
        with naming_damage(path, "a gzip file"):
            data = gzip.decompress(data)
    magic = bytes([0, 0, UNSIGNED_BYTE, n_axes])
    header = 4 + 4 * n_axes
    if data[:4] != magic or len(data) < header:
        raise ValueError(
            f"{path} is no idx file of unsigned bytes with {n_axes} axes: expected "
            f"the bytes {magic.hex(' ')} and {n_axes} lengths. It begins with "
            f"{data[:header].hex(' ') or 'nothing'}."
        )
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", n_axes, offset=4))
    if len(data) != header + prod(shape):
        raise ValueError(
            f"{path} is truncated or damaged: by its header {shape} it has "
            f"{header + prod(shape)} bytes, in fact {len(data)}."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
