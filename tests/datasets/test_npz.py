"""Arrays saved by np.savez."""

import io
import pickle
import struct
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import load_cifar10, load_mnist, mnist
from tests.datasets.formats import digits, pictures


def arrays(**changes):
    (X_train, y_train), (X_test, y_test) = digits()
    content = {"X_train": X_train, "y_train": y_train}
    content |= {"X_test": X_test, "y_test": y_test} | changes
    return {name: value for name, value in content.items() if value is not None}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (784,)])
@pytest.mark.parametrize("small", [False, True])
def test_mnist(tmp_path, save, shape, small):
    path = tmp_path / "mnist.npz"
    content = arrays()
    content["X_train"] = content["X_train"].reshape(-1, *shape)
    save(path, **{n.lower() if small else n: value for n, value in content.items()})
    mnist = load_mnist(path)
    for part in ("train", "test"):
        images = content[f"X_{part}"]
        assert_array_equal(mnist[f"X_{part}"], images.reshape(len(images), 784))
        assert_array_equal(mnist[f"y_{part}"], content[f"y_{part}"])


@pytest.mark.parametrize("shape", [(32, 32, 3), (3072,)])
def test_cifar(tmp_path, shape):
    (X, y), *_ = pictures()
    X_saved = X.reshape(3, *shape)
    path = tmp_path / "cifar.npz"
    np.savez(path, X_train=X_saved, y_train=y, X_test=X_saved[:2], y_test=y[:2])
    cifar = load_cifar10(path)
    assert_array_equal(cifar.X_train, X.reshape(3, 3072))
    assert_array_equal(cifar.y_test, y[:2])


def test_loaded_data_can_be_saved_and_loaded(tmp_path):
    path, copy = tmp_path / "mnist.npz", tmp_path / "copy.npz"
    np.savez(path, **arrays())
    mnist = load_mnist(path)
    np.savez(copy, **mnist)
    again = load_mnist(copy)
    assert mnist.keys() == again.keys()
    for name in mnist:
        assert_array_equal(mnist[name], again[name])


BAD = {
    "missing": (arrays(y_test=None), "should have .* It has X_train, y_train, X_test"),
    "float": (arrays(X_train=np.zeros((7, 784))), r"\(train\) .* dtype float64"),
    "size": (arrays(X_test=np.zeros((4, 8, 8), np.uint8)), r"\(test\) .* \(4, 8, 8\)"),
    "count": (arrays(y_test=np.zeros(3, int)), r"4 images and labels of shape \(3,\)"),
    "columns": (arrays(y_test=np.zeros((4, 1), int)), r"labels of shape \(4, 1\)"),
    "label": (arrays(y_test=np.array([0, 1, -1, 2])), "has the label -1"),
    "nan": (arrays(y_test=np.array([0, 1, np.nan, 2])), "has the label nan"),
    "text": (arrays(y_test=np.array(list("0123"))), "labels of dtype <U1"),
    "objects": (arrays(y_test=np.array([None] * 4)), "not an .npz file of arrays"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays(tmp_path, case):
    content, message = BAD[case]
    path = tmp_path / "mnist.npz"
    np.savez(path, **content)
    with pytest.raises(ValueError, match=f"mnist.npz.*{message}"):
        load_mnist(path)


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **arrays())
    whole = path.read_bytes()
    damaged = whole[:3000] + bytes(50) + whole[3050:]
    np.save(tmp_path / "one.npy", np.zeros(3))
    single = (tmp_path / "one.npy").read_bytes()
    for data in (whole[:-5], whole[: len(whole) // 2], damaged, b"", b"text", single):
        path.write_bytes(data)
        message = "mnist.npz is truncated, damaged or not an .npz file"
        with pytest.raises(ValueError, match=message) as caught:
            load_mnist(path)
        # NumPy takes whatever it does not know for a pickle, and says how to load it.
        assert "unsafely" not in str(caught.value)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(text):
    """Return the start of an .npy file with any text as its header."""
    text = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def described(descr, shape):
    form = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    return header(form)


def write_zip(path, changes, method=zipfile.ZIP_STORED):
    """Write the members of an .npz file of MNIST, of which some are other bytes."""
    members = {f"{name}.npy": npy(array) for name, array in arrays().items()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in (members | changes).items():
            archive.writestr(name, data)
    return path


HEADERS = {
    "2**45 rows": (described("|u1", (2**45, 784)), "announces .* but it has 128"),
    "2**80 rows": (described("|u1", (2**80, 784)), "announces .* but it has 128"),
    "rows below zero": (described("|u1", (-1, 784)), "announces .* but it has 128"),
    "rows without columns": (described("|u1", (2**45, 0)), r"shape \(351843"),
    "columns without rows": (described("|u1", (0, 784)), r"\(train\) has 0 rows by"),
    "no axes": (described("|u1", ()), "it has 128"),
    "less": (npy(arrays()["X_train"])[:-1], "announces 5616 bytes, but it has 5615"),
    "more": (npy(arrays()["X_train"]) + b"a", "announces 5616 bytes, but it has 5617"),
    "objects": (described("|O", (7, 784)) + bytes(10), "contains Python objects"),
    "objects in records": (described([("a", "|O")], (7,)), "contains Python objects"),
    "rows within a number": (described([("a", "<u1", (784,))], (7,)), "it has 128"),
    "a pickle": (pickle.dumps([0] * 20), "magic string is not correct"),
    "no array": (b"no array", "magic string is not correct"),
    "nothing": (b"", "EOF: reading magic string"),
    "no dict": (header("[]"), "not a dictionary"),
    "another version": (b"\x93NUMPY\x03" + npy(np.zeros(3))[7:], "has version"),
    "a header of 4 GB": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(2000), "EOF"),
    "minus signs": (header("-" * 1200), "is truncated, damaged"),
    "brackets": (header("(" * 1200), "is truncated, damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", HEADERS)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_headers_are_checked_before_the_content(tmp_path, case, method):
    data, message = HEADERS[case]
    path = write_zip(tmp_path / "mnist.npz", {"X_train.npy": data}, method)
    with pytest.raises(ValueError, match=f"mnist.npz.*{message}") as caught:
        load_mnist(path)
    assert "unsafely" not in str(caught.value)
    # Arrays that are not used are not checked.
    path = write_zip(tmp_path / "mnist.npz", {"extra.npy": data}, method)
    assert len(load_mnist(path).X_train) == 7


@pytest.mark.parametrize("descr", ["<f8", "<c16", "<M8[s]", "<U4", "|S8", "|V8"])
def test_dtypes_of_images(tmp_path, descr):
    data = described(descr, (7, 784)) + bytes(7 * 784 * np.dtype(descr).itemsize)
    path = write_zip(
        tmp_path / "mnist.npz", {"X_train.npy": data}, zipfile.ZIP_DEFLATED
    )
    with pytest.raises(ValueError, match=r"mnist.npz \(train\) has images of dtype"):
        load_mnist(path)


def test_images_in_fortran_order(tmp_path):
    images = np.asfortranarray(arrays()["X_train"])
    np.savez(tmp_path / "mnist.npz", **arrays(X_train=images))
    expected = images.reshape(7, 784)
    assert_array_equal(load_mnist(tmp_path / "mnist.npz").X_train, expected)


def test_too_many_images(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, max_images=6))
    np.savez(tmp_path / "mnist.npz", **arrays())
    message = r"mnist.npz \(train\) has 7 rows by its header: MNIST has .* at most 6"
    with pytest.raises(ValueError, match=message):
        load_mnist(tmp_path / "mnist.npz")


def test_two_arrays_with_one_name(tmp_path):
    path = write_zip(tmp_path / "mnist.npz", {"x_train.npy": npy(np.zeros(3))})
    with pytest.raises(ValueError, match="mnist.npz has two arrays named x_train"):
        load_mnist(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_without_a_bound(tmp_path, method):
    path = write_zip(tmp_path / "mnist.npz", {}, method)
    with pytest.raises(ValueError, match=r"mnist.npz is .* does not use"):
        load_mnist(path)


# Where an entry of the list at the end of a zip file has its numbers.
@pytest.mark.parametrize(
    ("at", "number", "message"),
    [(8, 1, "encrypted"), (10, 99, "does not use"), (16, 7, "Bad CRC"),
     (20, 9, "Bad CRC"), (24, 9999, "it has 9999"),
     (24, 2**31, "it has 2147483648"), (42, 5, "Bad magic number")],
)  # fmt: skip
def test_members_with_wrong_headers(tmp_path, at, number, message):
    path = write_zip(tmp_path / "mnist.npz", {})
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    size = 2 if at < 16 else 4
    data[start + at : start + at + size] = number.to_bytes(size, "little")
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"mnist.npz is truncated, .*({message})"):
        load_mnist(path)


def test_list_of_members_is_cut(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, **{f"array{i}\x1b": np.zeros(1) for i in range(50)})
    message = r"It has array0\\x1b, .*array19\\x1b and 30 more"
    with pytest.raises(ValueError, match=message):
        load_mnist(path)


def test_zip64(tmp_path):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays().items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                file.write(npy(array))
    assert_array_equal(load_mnist(path).y_train, arrays()["y_train"])


@contextmanager
def naming(path):
    """Let a ValueError pass only if it names the file."""
    try:
        yield
    except ValueError as error:
        if path.name not in str(error):
            raise AssertionError(f"does not name the file: {error}") from error
        raise


def test_random_damage_is_an_error_or_changes_values_only(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, **arrays())
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    marks = [
        whole.index(mark) for mark in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")
    ]
    for at in marks:
        for _ in range(30):
            data = bytearray(whole)
            data[min(at + rng.integers(150), len(data) - 1)] = rng.integers(256)
            path.write_bytes(data)
            with suppress(ValueError), naming(path):
                load_mnist(path)
