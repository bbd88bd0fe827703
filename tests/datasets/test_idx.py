"""MNIST's four files: what they hold, and what is wrong with them."""

import gzip
import struct

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import load_mnist
from tests.datasets.formats import digits, idx, write_idx


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize("packed", [False, True])
def test_four_files(tmp_path, packed, mark):
    (X_train, y_train), (X_test, y_test) = parts = digits()
    mnist = load_mnist(write_idx(tmp_path, parts, packed=packed, mark=mark))
    assert_array_equal(mnist.X_train, X_train.reshape(7, 784))
    assert_array_equal(mnist.y_train, y_train)
    assert_array_equal(mnist.X_test, X_test.reshape(4, 784))
    assert_array_equal(mnist.y_test, y_test)


def test_gz_file_that_a_browser_unpacked(tmp_path):
    parts = digits()
    write_idx(tmp_path, parts)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name + ".gz"))
    assert_array_equal(load_mnist(tmp_path).y_train, parts[0][1])


def test_missing_files_are_listed(tmp_path):
    write_idx(tmp_path, digits())
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    message = r"lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte \(.*\.gz"
    with pytest.raises(FileNotFoundError, match=message):
        load_mnist(tmp_path)
    (tmp_path / "mnist.npz").touch()
    with pytest.raises(FileNotFoundError, match=r"It has mnist\.npz: pass '.*npz'\."):
        load_mnist(tmp_path)


(IMAGES, LABELS), _ = digits()
IDX = idx(IMAGES)
BAD_IMAGES = {
    "one byte less": (IDX[:-1], "announces 5504 bytes, but it has 5503"),
    "one byte more": (IDX + b"\0", "5504 bytes, but it has 5505"),
    "half of the header": (IDX[:10], "not an idx file .* 00 00 08 03 and 3 lengths"),
    "nothing": (b"", "begins with nothing"),
    "labels": (idx(LABELS), "not an idx file .* with 3 axes"),
    "floats": (b"\0\0\x0d" + IDX[3:], "not an idx file of unsigned bytes"),
    "foreign": (b"<html>not found</html>", "begins with 3c 68 74"),
    "other size": (idx(IMAGES[:, :20, :]), "20 x 28 pixels: .* 28 x 28 x 1"),
    "other count": (idx(IMAGES[:6]), "6 images, .* 7 labels"),
    "truncated gzip": (gzip.compress(IDX)[:-9], "truncated, damaged or not a gzip"),
    "end of gzip": (gzip.compress(IDX)[:-1], "truncated, damaged or not a gzip"),
    "damaged gzip": (gzip.compress(IDX)[:-8] + bytes(8), "not a gzip file: CRC"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images(tmp_path, case):
    data, message = BAD_IMAGES[case]
    path = write_idx(tmp_path, digits()) / "train-images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*{message}"):
        load_mnist(tmp_path)


def test_label_above_nine(tmp_path):
    path = write_idx(tmp_path, digits()) / "t10k-labels-idx1-ubyte"
    path.write_bytes(idx(np.array([0, 10, 1, 2])))
    message = "t10k-labels-idx1-ubyte has the label 10: .* integers from 0 to 9"
    with pytest.raises(ValueError, match=message):
        load_mnist(tmp_path)


def lengths(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


HEADERS = {
    "2**45 bytes": (IDX[:4] + lengths(2**32 - 1, 28, 28), "4294967295 rows by its h"),
    "images of 2**60 bytes": (IDX[:4] + lengths(1, 2**30, 2**30), "1073741824 x 10"),
    "no images": (IDX[:4] + lengths(0, 28, 28), "0 rows by its header"),
    "fewer": (IDX[:4] + lengths(280_000, 28, 28) + IDX[16:], "it has 5504"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("case", HEADERS)
def test_header_is_checked_before_the_content(tmp_path, case, pack):
    data, message = HEADERS[case]
    write_idx(tmp_path, digits(0 if case == "no images" else 7))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(pack(data))
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*{message}"):
        load_mnist(tmp_path)


def test_too_many_labels(tmp_path):
    path = write_idx(tmp_path, digits()) / "train-labels-idx1-ubyte"
    path.write_bytes(idx(LABELS)[:4] + lengths(2**32 - 1))
    message = "train-labels-idx1-ubyte has 4294967295 rows by its header: MNIST has"
    with pytest.raises(ValueError, match=message):
        load_mnist(tmp_path)


@pytest.mark.parametrize("garbage", [b"garbage", gzip.compress(bytes(10**6))])
def test_garbage_after_a_gzip_file(tmp_path, garbage):
    path = write_idx(tmp_path, digits(), packed=True) / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes() + garbage)
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte\.gz is truncated"):
        load_mnist(tmp_path)


def test_large_file_is_not_read(tmp_path):
    path = write_idx(tmp_path, digits()) / "train-images-idx3-ubyte"
    with path.open("r+b") as file:
        file.truncate(2**40)
    message = "5504 bytes, but it has 5505 or more"
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte.*{message}"):
        load_mnist(tmp_path)
