"""Arrays saved by np.savez."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import load_cifar10, load_mnist
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


def test_what_was_loaded_can_be_saved_and_loaded(tmp_path):
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
