"""Small data sets, written in the formats of the real ones."""

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
from PIL import Image

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse",
           "ship", "truck"]  # fmt: skip
BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
PARTS = ("train", "test")


def digits(n_train=7, n_test=4, seed=0):
    """Return images and labels of MNIST's kind, ((X, y), (X, y))."""
    rng = np.random.default_rng(seed)
    return [
        (rng.integers(256, size=(n, 28, 28), dtype=np.uint8), rng.integers(10, size=n))
        for n in (n_train, n_test)
    ]


def idx(array):
    """Return the bytes of an idx file."""
    lengths = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()


def write_idx(folder, parts, *, packed=False, mark="-"):
    """Write the four files of MNIST."""
    for part, (images, labels) in zip(("train", "t10k"), parts, strict=True):
        for kind, array in (("images", images), ("labels", labels)):
            path = folder / f"{part}-{kind}{mark}idx{array.ndim}-ubyte"
            data = idx(array)
            if packed:
                path, data = path.with_name(path.name + ".gz"), gzip.compress(data)
            path.write_bytes(data)
    return folder


def pictures(n_rows=3, seed=0):
    """Return six batches of images (n, 32, 32, 3) and labels."""
    rng = np.random.default_rng(seed)
    return [
        (
            rng.integers(256, size=(n_rows, 32, 32, 3), dtype=np.uint8),
            rng.integers(10, size=n_rows),
        )
        for _ in BATCHES
    ]


def planes(images):
    """Return images as rows of a plane of red, one of green and one of blue."""
    return np.array([[image[..., i].ravel() for i in range(3)] for image in images]
                    ).reshape(len(images), -1)  # fmt: skip


class Python2Pickler(pickle._Pickler):
    """Writes text and arrays as Python 2 did, whose text was bytes, protocol 2."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)

    def save_text(self, text):
        data = text.encode("ascii") if isinstance(text, str) else text
        self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(text)

    dispatch[bytes] = dispatch[str] = save_text


def python2_pickle(thing):
    """Return what cPickle of Python 2 would write."""
    file = io.BytesIO()
    Python2Pickler(file).dump(thing)
    return file.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def python_batch(images, labels):
    """Return the bytes of a batch of the python version."""
    return python2_pickle(
        {
            b"batch_label": b"training batch 1 of 5",
            b"labels": [int(label) for label in labels],
            b"data": planes(images),
            b"filenames": [b"leptodactylus_s_%06d.png" % i for i in range(len(labels))],
        }
    )


def binary_batch(images, labels):
    """Return the bytes of a batch of the binary version."""
    return b"".join(
        bytes([label]) + row.tobytes()
        for label, row in zip(labels, planes(images), strict=True)
    )


def python_files(batches):
    """Return {name: bytes} of the python version, with the files of no use here."""
    files = {f"cifar-10-batches-py/{name}": python_batch(*batch)
             for name, batch in zip(BATCHES, batches, strict=True)}  # fmt: skip
    meta = python2_pickle({b"label_names": [name.encode() for name in CLASSES]})
    return files | {
        "cifar-10-batches-py/batches.meta": meta,
        "cifar-10-batches-py/readme.html": b"<html>",
    }


def binary_files(batches):
    """Return {name: bytes} of the binary version."""
    files = {f"cifar-10-batches-bin/{name}.bin": binary_batch(*batch)
             for name, batch in zip(BATCHES, batches, strict=True)}  # fmt: skip
    return files | {
        "cifar-10-batches-bin/batches.meta.txt": "\n".join(CLASSES).encode()
    }


def image_file(pixels, kind="PNG"):
    """Return the bytes of an image."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def image_files(n_rows=2, seed=0, ending="png"):
    """Return {name: bytes} of folders of images, and {name: pixels}."""
    rng = np.random.default_rng(seed)
    pixels = {
        f"{part}/{label}/{i:04}.{ending}":
            rng.integers(256, size=(32, 32, 3), dtype=np.uint8)
        for part in PARTS for label in CLASSES for i in range(n_rows)
    }  # fmt: skip
    kind = {"png": "PNG", "jpg": "JPEG"}[ending]
    return {name: image_file(image, kind) for name, image in pixels.items()}, pixels


def write_folder(folder, files):
    """Write {name: bytes} into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_archive(path, files, mode="w:gz"):
    """Write {name: bytes} into a tar archive that has its folders, too."""
    with tarfile.open(path, mode) as archive:
        for folder in sorted({name.rpartition("/")[0] for name in files} - {""}):
            member = tarfile.TarInfo(folder)
            member.type = tarfile.DIRTYPE
            archive.addfile(member)
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path
