"""Both versions of the batches, as folders and as archives."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import load_cifar10
from tests.datasets.formats import (
    BATCHES,
    binary_batch,
    binary_files,
    pictures,
    planes,
    python2_pickle,
    python_batch,
    python_files,
    write_archive,
    write_folder,
)

VERSIONS = {"py": python_files, "bin": binary_files}


def write(tmp_path, files, how):
    if how == "parent":
        return write_folder(tmp_path, files)
    if how == "folder":
        return next(write_folder(tmp_path, files).glob("cifar*"))
    return write_archive(tmp_path / "cifar-10.tar.gz", files)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("how", ["parent", "folder", "archive"])
def test_batches(tmp_path, version, how):
    batches = pictures()
    cifar = load_cifar10(write(tmp_path, VERSIONS[version](batches), how))
    *train, (X_test, y_test) = batches
    # Pixel by pixel as they were drawn, in the order of the batches.
    X_train = np.concatenate([X for X, _ in train])
    assert_array_equal(cifar.X_train.reshape(15, 32, 32, 3), X_train)
    assert_array_equal(cifar.y_train, np.concatenate([y for _, y in train]))
    assert_array_equal(cifar.X_test.reshape(3, 32, 32, 3), X_test)
    assert_array_equal(cifar.y_test, y_test)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("how", ["folder", "archive"])
def test_missing_batches_are_listed(tmp_path, version, how):
    files = {name: data for name, data in VERSIONS[version](pictures()).items()
             if "batch_2" not in name and "test_batch" not in name}  # fmt: skip
    end = ".bin" if version == "bin" else ""
    with pytest.raises(FileNotFoundError, match=f"lacks data_batch_2{end}, test_batch"):
        load_cifar10(write(tmp_path, files, how))


(IMAGES, LABELS), *_ = pictures()
BINARY, SMALL = binary_batch(IMAGES, LABELS), planes(IMAGES)[:, :3000]
BAD_BATCHES = {
    "bin": {
        "less": (BINARY[:-1], "has 9218 bytes, not a multiple of 3073"),
        "nothing": (b"", "has 0 bytes"),
        "an image less": (BINARY[:-3073], "have 3, 3, 3, 2, 3, 3 images: .* truncated"),
        "label": (b"\x0a" + BINARY[1:], "has the label 10: .* CIFAR-10"),
    },
    "py": {
        "less": (python_batch(IMAGES, LABELS)[:-1], "not a pickled batch"),
        "an image less": (python_batch(IMAGES[:2], LABELS[:2]), "have 3, 3, 3, 2, 3"),
        "label": (python_batch(IMAGES, [0, -1, 3]), "has the label -1"),
        "labels": (python_batch(IMAGES, [0, 1]), r"3 images and labels of shape \(2,"),
        "width": (python2_pickle({b"data": SMALL, b"labels": []}), r"\(3, 3000\)"),
    },
}


@pytest.mark.parametrize("how", ["folder", "archive"])
@pytest.mark.parametrize(
    ("version", "case"),
    [(version, case) for version, cases in BAD_BATCHES.items() for case in cases],
)
def test_bad_batches(tmp_path, version, case, how):
    data, message = BAD_BATCHES[version][case]
    files = VERSIONS[version](pictures())
    name = next(name for name in files if "data_batch_4" in name)
    path = write(tmp_path, files | {name: data}, how)
    named = "cifar-10" if case == "an image less" else name.rpartition("/")[2]
    with pytest.raises(ValueError, match=f"{named}.*{message}"):
        load_cifar10(path)


def test_folder_with_both_versions(tmp_path):
    batches = pictures()
    write_folder(tmp_path, python_files(batches) | binary_files(batches))
    cifar = load_cifar10(tmp_path)
    assert len(cifar.X_train) == 15
    # The python version is read: the other may then be anything.
    (tmp_path / "cifar-10-batches-bin" / f"{BATCHES[0]}.bin").write_bytes(b"")
    assert_array_equal(load_cifar10(tmp_path).X_train, cifar.X_train)
