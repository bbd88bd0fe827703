"""Images in an .npz file, as np.savez writes one.

`np.load` makes what a header asks for. Here all headers are read first, and only those
of the four arrays that are used.
"""

import io
from math import prod
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, is_zipfile

import numpy as np
from numpy.lib import format as npy

from skdl.datasets._bunch import check_count, check_label_form, check_labels
from skdl.datasets._files import naming_damage

__all__ = ["read_npz"]

# Ten times what np.save writes for an array of numbers.
MAX_HEADER = 1280
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# What np.savez and np.savez_compressed write. Others unpack without a bound.
COMPRESSIONS = (ZIP_STORED, ZIP_DEFLATED)
EXPECTED = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path, dataset):
    """Return two pairs (images, labels) from X_train, y_train, X_test and y_test.

    Parameters
    ----------
    path : Path
    dataset : ImageDataset

    Raises
    ------
    ValueError
        If the file is damaged, lacks one of the arrays (a small x will do, too), or has
        one of another shape or dtype. Arrays of Python objects are not read.
    """
    what = "an .npz file of arrays"
    with path.open("rb") as file:
        with naming_damage(path, what):
            if not is_zipfile(file):
                raise ValueError("it is no zip file, or its end is missing")
            archive = ZipFile(file)
        members = _members(archive, path)
        with naming_damage(path, what):
            headers = {name: _header(archive, members[name]) for name in EXPECTED}
        for part in ("train", "test"):
            images, labels = headers[f"x_{part}"], headers[f"y_{part}"]
            _check_form(images, labels, dataset, f"{path} ({part})")
        with naming_damage(path, what):
            arrays = {name: _array(archive, members[name]) for name in EXPECTED}
    parts = []
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        labels = check_labels(labels, len(images), dataset, f"{path} ({part})")
        parts.append((images, labels))
    return parts


def _members(archive, path):
    """Return the members of a zip file that have the arrays, by name."""
    members, others = {}, []
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name.lower() not in EXPECTED:
            others.append(name)
        elif name.lower() in members:
            raise ValueError(f"{path} has two arrays {name.lower()}, capitals aside.")
        else:
            members[name.lower()] = member
    if len(members) < len(EXPECTED):
        names = [member.filename.removesuffix(".npy") for member in members.values()]
        raise ValueError(
            f"{path} should have the arrays X_train, y_train, X_test and y_test. It "
            f"has {_listed(names + others)}."
        )
    return members


def _listed(names, maximum=20):
    more = f" and {len(names) - maximum} more" if len(names) > maximum else ""
    return (", ".join(ascii(name)[1:-1] for name in names[:maximum]) or "none") + more


def _header(archive, member):
    """Return the shape and dtype that a member has by its header."""
    name = member.filename
    if member.compress_type not in COMPRESSIONS:
        raise ValueError(f"{name} is compressed by a method that np.savez does not use")
    with archive.open(member) as file:
        start = io.BytesIO(file.read(MAX_HEADER))
    version = npy.read_magic(start)
    if version not in HEADERS:
        raise ValueError(f"{name} has version {version} of the format, for names")
    try:
        shape, _, dtype = HEADERS[version](start)
    # A header is text in the form of Python's, on which three parsers are tried.
    except Exception as error:
        raise ValueError(f"the header of {name} is damaged: {error}") from error
    if dtype.hasobject:
        raise ValueError(f"{name} has Python objects, which could run any code")
    n_bytes = start.tell() + prod(shape) * dtype.itemsize
    if member.file_size != n_bytes:
        raise ValueError(
            f"{name} has {n_bytes} bytes by its header, in fact {member.file_size}"
        )
    return shape, dtype


def _array(archive, member):
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def _check_form(images, labels, dataset, source):
    """Raise ValueError unless (shape, dtype) of both are those of a data set."""
    shape, dtype = images
    *size, channels = dataset.image_shape
    allowed = [(*size, channels), (dataset.n_pixels,)]
    allowed += [tuple(size)] if channels == 1 else []
    if dtype != np.uint8 or shape[1:] not in allowed:
        raise ValueError(
            f"{source} has images of dtype {dtype} and shape {shape}: "
            f"expected uint8 and (n, {dataset.n_pixels}), or n images of "
            f"{dataset.size}."
        )
    check_count(shape[0], dataset, source)
    check_label_form(*labels, shape[0], source)
