"""Images as files: the order of the rows, what is passed over, what is refused."""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from skdl.datasets import load_cifar10
from tests.datasets.formats import (
    CLASSES,
    image_file,
    image_files,
    write_archive,
    write_folder,
)


def write(tmp_path, files, how):
    if how == "folder":
        return write_folder(tmp_path, files)
    return write_archive(tmp_path / "cifar.tar.xz", files, "w:xz")


@pytest.mark.parametrize("how", ["folder", "archive"])
def test_rows_are_sorted_by_class_and_name(tmp_path, how):
    files, pixels = image_files()
    # Written the other way round.
    cifar = load_cifar10(write(tmp_path, dict(reversed(files.items())), how))
    for part in ("train", "test"):
        expected = [image.ravel() for name, image in pixels.items() if part in name]
        assert_array_equal(cifar[f"X_{part}"], expected)
        assert_array_equal(cifar[f"y_{part}"], np.repeat(range(10), 2))


def test_jpeg_is_decoded_by_pillow(tmp_path):
    files, _ = image_files(1, ending="jpg")
    write_folder(tmp_path, files)
    cifar = load_cifar10(tmp_path)
    for row, label in zip(cifar.X_test, CLASSES, strict=True):
        with Image.open(tmp_path / f"test/{label}/0000.jpg") as image:
            assert_array_equal(row.reshape(32, 32, 3), np.asarray(image))


def test_endings_prefixes_and_other_files(tmp_path):
    files, pixels = image_files(1)
    files = {name.replace(".png", ".PNG"): data for name, data in files.items()}
    files |= {"train/cat/._0000.png": b"", "train/cat/Thumbs.db": b"", "README": b""}
    prefixed = {f"./data/cifar10/{name}": data for name, data in files.items()}
    expected = [image.ravel() for name, image in pixels.items() if "train" in name]
    for path in (
        write_folder(tmp_path / "a", files),
        write_archive(tmp_path / "b.tar.gz", prefixed),
    ):
        assert_array_equal(load_cifar10(path).X_train, expected)


def test_gray_image_and_image_with_a_palette(tmp_path):
    files, _ = image_files(1)
    gray = np.arange(1024, dtype=np.uint8).reshape(32, 32)
    files["train/airplane/0000.png"] = image_file(gray)
    folder = write_folder(tmp_path, files)
    path = folder / "train" / "bird" / "0000.png"
    Image.fromarray(gray).convert("P").save(path)
    X = load_cifar10(folder).X_train.reshape(-1, 32, 32, 3)
    for row in (0, 2):
        assert_array_equal(X[row], np.stack([gray] * 3, axis=-1))


def test_classes_without_images_are_listed(tmp_path):
    files, _ = image_files(1)
    del files["train/dog/0000.png"], files["test/ship/0000.png"]
    message = r"no \.jpg or \.jpeg or \.png in train/dog, test/ship"
    with pytest.raises(FileNotFoundError, match=message):
        load_cifar10(write_folder(tmp_path, files))


IMAGE = image_file(np.zeros((32, 32, 3), np.uint8), "JPEG")
BAD = {
    "truncated": (IMAGE[:-80], "truncated, damaged or not a JPEG or PNG"),
    "foreign": (b"GIF89a", "truncated, damaged or not a JPEG or PNG"),
    "empty": (b"", "truncated, damaged or not a JPEG or PNG"),
    "size": (image_file(np.zeros((28, 32), np.uint8)), "28 x 32 .* have 32 x 32"),
}


@pytest.mark.parametrize("how", ["folder", "archive"])
@pytest.mark.parametrize("case", BAD)
def test_bad_images(tmp_path, case, how):
    data, message = BAD[case]
    files = image_files(1)[0] | {"test/frog/0007.jpg": data}
    with pytest.raises(ValueError, match=f"test/frog/0007.jpg.*{message}"):
        load_cifar10(write(tmp_path, files, how))


def test_unknown_class(tmp_path):
    files, _ = image_files(1)
    files["train/zebra/0000.png"] = IMAGE
    message = "in a folder 'zebra': the classes of CIFAR-10 are airplane, .* truck"
    with pytest.raises(ValueError, match=message):
        load_cifar10(write_folder(tmp_path, files))


def test_without_pillow(tmp_path, monkeypatch):
    write_folder(tmp_path, image_files(1)[0])
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'Pillow: pip install "skdl\[images\]"'):
        load_cifar10(tmp_path)


def png(width, height):
    """Return a PNG file that claims a size, with hardly a pixel in it."""
    chunks = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(100))),
        (b"IEND", b""),
    ):
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        chunks += struct.pack(">I", len(data)) + kind + data + checksum
    return chunks


BOMBS = {
    "a warning of Pillow's": (png(10_000, 10_000), "Image size .* decompression bomb"),
    "an error of Pillow's": (png(100_000, 100_000), "Image size .* decompression bomb"),
    "large": (png(9000, 9000), "9000 x 9000 pixels: images of CIFAR-10 have 32 x 32"),
    "wide": (png(2**31 - 1, 1), ""),
    "without pixels": (png(0, 0), ""),
    "fewer pixels": (png(32, 32), "truncated"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOMBS)
@pytest.mark.filterwarnings("always")
def test_decompression_bombs(tmp_path, case, recwarn):
    data, message = BOMBS[case]
    files = image_files(1)[0] | {"test/frog/0007.png": data}
    with pytest.raises(ValueError, match=f"test/frog/0007.png.*{message}"):
        load_cifar10(write_folder(tmp_path, files))
    assert not recwarn.list


def test_folder_or_link_in_place_of_an_image(tmp_path):
    write_folder(tmp_path, image_files(1)[0])
    for make in (Path.mkdir, lambda path: path.symlink_to(tmp_path / "nowhere")):
        path = tmp_path / "train" / "cat" / "0007.jpg"
        make(path)
        with pytest.raises(ValueError, match=r"0007\.jpg is a folder or a link to no"):
            load_cifar10(tmp_path)
        path.unlink() if path.is_symlink() else path.rmdir()
