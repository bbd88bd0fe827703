"""Images in an .npz file, as np.savez writes it.

`np.load` allocates whatever a header asks for. Here the headers of the four arrays are
checked first, and no other array is read.
"""

import io
from math import prod
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, is_zipfile

import numpy as np
from numpy.lib import format as npy

from skdl._text import join_names
from skdl.datasets._bunch import check_count, check_label_form, check_labels
from skdl.datasets._files import naming_damage

# Ten times what np.save writes for an array of numbers.
MAX_HEADER = 1280
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# The methods of np.savez and np.savez_compressed. Others unpack without a bound.
COMPRESSIONS = (ZIP_STORED, ZIP_DEFLATED)
EXPECTED = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path, dataset):
    """Return two pairs (images, labels) from X_train, y_train, X_test and y_test.

    Parameters
    ----------
    path : Path
        The file. It may have x_train and x_test instead.
    dataset : ImageDataset
        The data set that the file should hold.

    Raises
    ------
    ValueError
        If the file is damaged, lacks an array, or has one of another shape or dtype.
        Arrays of Python objects are refused.
    """
    expected = "an .npz file of arrays"
    with path.open("rb") as file:
        with naming_damage(path, expected):
            if not is_zipfile(file):
                raise ValueError("it is not a zip file, or its end is missing")
            archive = ZipFile(file)
        members = _members(archive, path)
        with naming_damage(path, expected):
            headers = {name: _header(archive, members[name]) for name in EXPECTED}
        for part in ("train", "test"):
            images, labels = headers[f"x_{part}"], headers[f"y_{part}"]
            _check_form(images, labels, dataset, f"{path} ({part})")
        with naming_damage(path, expected):
            arrays = {name: _array(archive, members[name]) for name in EXPECTED}
    parts = []
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        labels = check_labels(labels, len(images), dataset, f"{path} ({part})")
        parts.append((images, labels))
    return parts


def _members(archive, path):
    """Return the members of a zip file that hold the arrays, by name."""
    members, others = {}, []
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name.lower() not in EXPECTED:
            others.append(name)
        elif name.lower() in members:
            raise ValueError(
                f"{path} has two arrays named {name.lower()} (upper and lower case are "
                "equal)."
            )
        else:
            members[name.lower()] = member
    if len(members) < len(EXPECTED):
        names = [member.filename.removesuffix(".npy") for member in members.values()]
        names = [ascii(name)[1:-1] for name in names + others]
        raise ValueError(
            f"{path} should have the arrays X_train, y_train, X_test and y_test. It "
            f"has {join_names(names, at_most=20) or 'no arrays'}."
        )
    return members


def _header(archive, member):
    """Return the shape and dtype in the header of a member."""
    name = member.filename
    if member.compress_type not in COMPRESSIONS:
        raise ValueError(f"{name} is compressed by a method that np.savez does not use")
    with archive.open(member) as file:
        start = io.BytesIO(file.read(MAX_HEADER))
    version = npy.read_magic(start)
    if version not in HEADERS:
        raise ValueError(f"{name} has version {version} of the .npy format")
    try:
        shape, _, dtype = HEADERS[version](start)
    # A header is a Python literal; NumPy tries three parsers, with errors of their own.
    except Exception as error:
        raise ValueError(f"the header of {name} is damaged: {error}") from error
    if dtype.hasobject:
        raise ValueError(f"{name} contains Python objects, which could run any code")
    n_bytes = start.tell() + prod(shape) * dtype.itemsize
    if member.file_size != n_bytes:
        raise ValueError(
            f"the header of {name} announces {n_bytes} bytes, but it has "
            f"{member.file_size}"
        )
    return shape, dtype


def _array(archive, member):
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def _check_form(images, labels, dataset, source):
    """Raise ValueError unless both have a (shape, dtype) that fits the data set."""
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
