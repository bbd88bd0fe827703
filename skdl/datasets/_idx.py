"""The idx files of MNIST: a magic number, the lengths of the axes, and the bytes."""

from math import prod

import numpy as np

from skdl.datasets._bunch import check_count, check_labels
from skdl.datasets._files import naming_damage
from skdl.datasets._tar import unpacked

UNSIGNED_BYTE = 8


def read_idx_folder(folder, dataset):
    """Return two pairs (images, labels) from the four idx files of a folder.

    Parameters
    ----------
    folder : Path
        The folder with the files, plain or with .gz.
    dataset : ImageDataset
        The data set that the files should hold.

    Raises
    ------
    FileNotFoundError
        If one of the files is missing.
    ValueError
        If a file is truncated or damaged, or does not hold what its name says.
    """
    found, missing = {}, []
    for part in ("train", "t10k"):
        for kind, n_axes in (("images", 3), ("labels", 1)):
            # Both spellings are common.
            names = [f"{part}-{kind}{mark}idx{n_axes}-ubyte" for mark in "-."]
            paths = [folder / f"{name}{end}" for name in names for end in ("", ".gz")]
            path = next((path for path in paths if path.is_file()), None)
            found[part, kind] = path
            if path is None:
                missing.append(names[0])
    if missing:
        raise FileNotFoundError(
            f"The folder {str(folder)!r} lacks {', '.join(missing)} (each may also end "
            f"in .gz).{_about_npz(folder)}"
        )
    return [_read_part(found[p, "images"], found[p, "labels"], dataset)
            for p in ("train", "t10k")]  # fmt: skip


def _about_npz(folder):
    """Return a sentence about a file that holds everything, or ""."""
    found = sorted(folder.glob("*.npz"))
    return f" It has {found[0].name}: pass {str(found[0])!r}." if found else ""


def _read_part(image_path, label_path, dataset):
    images = _read_idx(image_path, dataset.image_shape[:2], dataset)
    labels = _read_idx(label_path, (), dataset)
    if len(labels) != len(images):
        raise ValueError(
            f"{image_path} has {len(images)} images, and {label_path} {len(labels)} "
            "labels: expected one for each image."
        )
    return images, check_labels(labels, len(images), dataset, label_path)


def _read_idx(path, row_shape, dataset):
    """Return the array of an idx file of unsigned bytes with rows of a given shape."""
    n_axes = 1 + len(row_shape)
    magic, header_size = bytes([0, 0, UNSIGNED_BYTE, n_axes]), 4 + 4 * n_axes
    with path.open("rb") as file:
        # Browsers unpack .gz files and keep the name, so the content decides.
        stream = unpacked(file)
        with naming_damage(path, "a gzip file"):
            header = stream.read(header_size)
        if header[:4] != magic or len(header) < header_size:
            raise ValueError(
                f"{path} is not an idx file of unsigned bytes with {n_axes} axes: "
                f"expected the bytes {magic.hex(' ')} and {n_axes} lengths. It begins "
                f"with {header.hex(' ') or 'nothing'}."
            )
        shape = tuple(int(n) for n in np.frombuffer(header, ">u4", offset=4))
        if shape[1:] != row_shape:
            raise ValueError(
                f"{path} has images of {shape[1]} x {shape[2]} pixels: "
                f"images of {dataset.name} have {dataset.size}."
            )
        check_count(shape[0], dataset, path)
        # One byte more shows whether the file is longer, and makes gzip compare the
        # checksum.
        with naming_damage(path, "a gzip file"):
            data = stream.read(prod(shape) + 1)
    if len(data) != prod(shape):
        or_more = " or more" if len(data) > prod(shape) else ""
        raise ValueError(
            f"{path} is truncated or damaged: its header {shape} announces "
            f"{header_size + prod(shape)} bytes, but it has {header_size + len(data)}"
            f"{or_more}."
        )
    return np.frombuffer(data, np.uint8).reshape(shape)
