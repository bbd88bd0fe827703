"""CIFAR-10 itself, where it is, and in all its formats."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from skdl.datasets import load_cifar10
from skdl.datasets.cifar10 import CIFAR10
from tests.datasets.formats import (
    CLASSES,
    binary_files,
    image_file,
    pictures,
    python_files,
    write_archive,
    write_folder,
)

FILE = Path(__file__).parents[3] / "shared" / "data" / "cifar10_jpg.tar.xz"
WITH_FILE = pytest.mark.skipif(
    not FILE.exists(), reason="needs ../shared/data/cifar10_jpg.tar.xz"
)


def test_every_format_gives_the_same(tmp_path):
    # Ten images in each batch, sorted as folders of images are.
    labels = [np.repeat([2 * i, 2 * i + 1], 5) for i in range(5)] + [np.arange(10)]
    batches = [(X, y) for (X, _), y in zip(pictures(10), labels, strict=True)]
    images, n_images = {}, 0
    for part, group in (("train", batches[:-1]), ("test", batches[-1:])):
        for X, y in group:
            for pixels, label in zip(X, y, strict=True):
                name = f"{part}/{CLASSES[label]}/{n_images:04}.png"
                images[name], n_images = image_file(pixels), n_images + 1
    paths = [
        write_folder(tmp_path / "a", python_files(batches)),
        write_folder(tmp_path / "b", binary_files(batches)),
        write_folder(tmp_path / "c", images),
        write_archive(tmp_path / "a.tar.gz", python_files(batches)),
        write_archive(tmp_path / "b.tar.gz", binary_files(batches)),
        write_archive(tmp_path / "c.tar.xz", images, "w:xz"),
        tmp_path / "d.npz",
    ]
    first = load_cifar10(paths[0])
    np.savez(paths[-1], **first)
    assert_array_equal(first.X_train[7].reshape(32, 32, 3), batches[0][0][7])
    for path in paths[1:]:
        other = load_cifar10(path)
        for name in first:
            assert_array_equal(first[name], other[name])


@WITH_FILE
@pytest.mark.slow  # 60,000 images: 9 s
def test_the_real_archive():
    cifar = load_cifar10(FILE)
    assert cifar.X_train.shape == (50000, 3072)
    assert cifar.X_test.shape == (10000, 3072)
    assert tuple(np.bincount(cifar.y_train)) == CIFAR10.train_counts
    assert tuple(np.bincount(cifar.y_test)) == CIFAR10.test_counts
    assert (np.diff(cifar.y_train) >= 0).all()
    wanted = {"train/airplane/0000.jpg": 0, "train/frog/0123.jpg": 30123,
              "train/truck/4999.jpg": 49999}  # fmt: skip
    with tarfile.open(FILE) as archive:
        for member in archive:
            if member.name in wanted:
                image = Image.open(io.BytesIO(archive.extractfile(member).read()))
                row = cifar.X_train[wanted.pop(member.name)]
                assert_array_equal(row.reshape(32, 32, 3), np.asarray(image))
    assert not wanted


@WITH_FILE
def test_images_of_the_real_archive(tmp_path):
    """The first images of it are airplanes, most of which fly in the sky."""
    files = {f"{part}/{label}/0.png": image_file(np.zeros((32, 32, 3), np.uint8))
             for part in ("train", "test") for label in CLASSES}  # fmt: skip
    with tarfile.open(FILE) as archive:
        for member in archive:
            if member.isfile():
                files[member.name] = archive.extractfile(member).read()
            if len(files) == 320:
                break
    cifar = load_cifar10(write_folder(tmp_path, files))
    X = cifar.X_train[cifar.y_train == 0][:300].reshape(-1, 32, 32, 3)
    red, _, blue = X.astype(float).mean(axis=(0, 1, 2))
    assert blue > red + 5
    # The numbers most alike are those of one color in pixels side by side: three apart.
    # Were the planes one after the other, they would be one apart.
    flat = X.reshape(-1, 3072).astype(float)
    apart = {n: abs(flat[:, n:] - flat[:, :-n]).mean() for n in (1, 2, 3, 4)}
    assert min(apart, key=apart.get) == 3
