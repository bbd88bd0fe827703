"""Folders and archives, whole, cut off and damaged."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import fetch_cifar10, fetch_mnist, load_cifar10, load_mnist
from tests.datasets.formats import binary_files, pictures, write_archive, write_folder

BATCHES = pictures(1)
FILES = binary_files(BATCHES)
MODES = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz", "tar.bz2": "w:bz2"}


@pytest.mark.parametrize("load", [load_mnist, load_cifar10])
def test_missing_path(tmp_path, load):
    path = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError, match="no file and no folder '.*nowhere'"):
        load(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(str(path))


@pytest.mark.parametrize("ending", MODES)
def test_every_compression(tmp_path, ending):
    path = write_archive(tmp_path / f"cifar.{ending}", FILES, MODES[ending])
    assert_array_equal(load_cifar10(path).y_train, [int(y[0]) for _, y in BATCHES[:-1]])


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_folder(tmp_path, FILES)
    assert len(load_cifar10("~/cifar-10-batches-bin").y_train) == 5


@pytest.mark.parametrize("ending", MODES)
def test_truncated_anywhere(tmp_path, ending):
    path = write_archive(tmp_path / f"cifar.{ending}", FILES, MODES[ending])
    whole = path.read_bytes()
    # Archives end with zeros, of which only the first block means something.
    content = len(whole) if "." in ending else len(whole.rstrip(b"\0"))
    cuts = [0, 1, 20, *np.linspace(512, content - 1, 15).astype(int)]
    cuts += [512 * n for n in range(1, 6)] if ending == "tar" else []
    for n in cuts:
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=f"cifar.{ending} is truncated, damaged"):
            load_cifar10(path)


@pytest.mark.parametrize("ending", ["tar.gz", "tar.xz", "tar.bz2"])
def test_damaged_anywhere(tmp_path, ending):
    path = write_archive(tmp_path / f"cifar.{ending}", FILES, MODES[ending])
    whole = path.read_bytes()
    for n in np.linspace(20, len(whole) - 9, 15).astype(int):
        path.write_bytes(whole[:n] + bytes([whole[n] ^ 255]) + whole[n + 1 :])
        with pytest.raises(ValueError, match=f"cifar.{ending} is truncated, damaged"):
            load_cifar10(path)


def test_damaged_header_within_an_archive(tmp_path):
    path = write_archive(tmp_path / "cifar.tar", FILES, "w")
    data = path.read_bytes()
    for name in FILES:
        at = data.index(name.encode())
        path.write_bytes(data[: at + 100] + b"?" * 40 + data[at + 140 :])
        with pytest.raises(ValueError, match=r"cifar.tar is truncated, damaged"):
            load_cifar10(path)


@pytest.mark.parametrize("data", [b"", b"<html>", bytes(2000)])
def test_file_that_is_not_an_archive(tmp_path, data):
    path = tmp_path / "cifar.tar.gz"
    path.write_bytes(data)
    with pytest.raises((ValueError, FileNotFoundError), match=r"cifar\.tar\.gz"):
        load_cifar10(path)


@pytest.mark.parametrize("how", ["folder", "archive"])
def test_folder_without_data_files(tmp_path, how):
    files = {"data/notes.txt": b"", "test_batch.txt": b"", "train/cat.png": b""}
    path = (
        write_folder(tmp_path, files)
        if how == "folder"
        else write_archive(tmp_path / "a.tar.gz", files)
    )
    message = r"looked for data_batch_1 .* test_batch, the same with \.bin, and train/"
    with pytest.raises(FileNotFoundError, match=message):
        load_cifar10(path)


def test_two_files_with_one_name(tmp_path):
    twice = FILES | {"old/test_batch.bin": FILES["cifar-10-batches-bin/test_batch.bin"]}
    path = write_archive(tmp_path / "cifar.tar.gz", twice)
    with pytest.raises(ValueError, match="has two files that could be test_batch.bin"):
        load_cifar10(path)


def test_errors_of_the_system_are_not_changed(tmp_path, monkeypatch):
    path = write_archive(tmp_path / "cifar.tar", FILES, "w")

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tarfile.bltn_open", refuse)
    monkeypatch.setattr(io, "open", refuse)
    with pytest.raises(PermissionError, match="denied"):
        load_cifar10(path)


LOADERS = (load_mnist, load_cifar10)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("path", [None, 3, 1.5, b"folder", ["folder"], {}, np.zeros(3)])
def test_path_of_wrong_type(load, path):
    message = r"The 'path' of a data set must be a str or path-like, .* Got .* instead"
    with pytest.raises(TypeError, match=message):
        load(path)


@pytest.mark.parametrize("load", LOADERS)
def test_impossible_path(load):
    with pytest.raises(ValueError, match="must not be empty. Got ''"):
        load("")
    for path in ("a" * 5000, "a\0b", "~nobody-has-this-name/data"):
        with pytest.raises(FileNotFoundError, match="no file and no folder"):
            load(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
@pytest.mark.parametrize("load", LOADERS)
def test_device(load):
    with pytest.raises(ValueError, match="must be a file or a folder. '/dev/zero'"):
        load("/dev/zero")


@pytest.mark.parametrize("load", LOADERS)
def test_empty_folder_and_folder_named_like_a_file(tmp_path, load):
    (tmp_path / "data.npz").mkdir()
    for path in (tmp_path, tmp_path / "data.npz"):
        with pytest.raises(FileNotFoundError, match=path.name):
            load(path)


@pytest.mark.parametrize("fetch", [fetch_mnist, fetch_cifar10])
@pytest.mark.parametrize("data_home", [3, b"folder", ["folder"]])
def test_data_home_of_wrong_type(fetch, data_home):
    message = "The 'data_home' of a data set must be None, .* Got .* instead"
    with pytest.raises(TypeError, match=message):
        fetch(data_home=data_home)


@pytest.mark.parametrize("dtype", ["f4,,", {"names": 3}, [], object(), "float32,x"])
def test_dtype_that_numpy_cannot_parse(dtype):
    with pytest.raises(ValueError, match="The 'dtype' of images must be one of"):
        load_mnist("nowhere", dtype=dtype)
