"""What the loaders return: shapes, dtypes and names."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.utils import Bunch

from skdl import SoftmaxClassifier
from skdl.datasets import fetch_cifar10, fetch_mnist, load_cifar10, load_mnist
from tests.datasets.formats import (
    CLASSES,
    binary_files,
    digits,
    pictures,
    write_folder,
    write_idx,
)


def load(tmp_path, name, **options):
    if name == "mnist":
        return load_mnist(write_idx(tmp_path, digits(30, 20)), **options)
    return load_cifar10(write_folder(tmp_path, binary_files(pictures(6))), **options)


@pytest.mark.parametrize(
    ("name", "n_pixels", "shape", "names"),
    [("mnist", 784, (28, 28, 1), list("0123456789")),
     ("cifar", 3072, (32, 32, 3), CLASSES)],
)  # fmt: skip
def test_bunch(tmp_path, name, n_pixels, shape, names):
    data = load(tmp_path, name)
    assert isinstance(data, Bunch)
    assert list(data) == [
        "X_train", "y_train", "X_test", "y_test", "target_names", "image_shape"
    ]  # fmt: skip
    for part, n_rows in (("train", 30), ("test", 20 if name == "mnist" else 6)):
        X, y = data[f"X_{part}"], data[f"y_{part}"]
        assert X.shape == (n_rows, n_pixels)
        assert y.shape == (n_rows,)
        assert (X.dtype, y.dtype) == (np.uint8, np.int64)
        assert X.flags.writeable
        assert X.flags.c_contiguous
        assert y.flags.writeable
    assert data.image_shape == shape
    assert data.target_names.tolist() == names
    assert pickle.loads(pickle.dumps(data)).keys() == data.keys()


@pytest.mark.parametrize("name", ["mnist", "cifar"])
@pytest.mark.parametrize("dtype", ["float32", "float64", np.float32])
def test_floats_are_from_0_to_1(tmp_path, name, dtype):
    raw, data = load(tmp_path, name), load(tmp_path, name, dtype=dtype)
    assert data.X_train.dtype == data.X_test.dtype == np.dtype(dtype)
    assert_array_equal(data.X_train, raw.X_train / np.dtype(dtype).type(255))
    assert (data.X_test.min(), data.X_test.max()) == (0, 1)
    assert_array_equal(data.y_train, raw.y_train)


@pytest.mark.parametrize("dtype", ["float16", "int8", "nonsense", None, 3])
@pytest.mark.parametrize("load", [load_mnist, load_cifar10, fetch_mnist, fetch_cifar10])
def test_other_dtypes_are_refused_before_reading(load, dtype):
    arguments = ["nowhere"] if load in (load_mnist, load_cifar10) else []
    message = "'dtype' of images must be one of uint8, float32, float64. Got"
    with pytest.raises(ValueError, match=message):
        load(*arguments, dtype=dtype)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_net_trains_on_the_rows(tmp_path):
    data = load(tmp_path, "cifar")
    net = SoftmaxClassifier((), max_iter=2, random_state=0)
    net.fit(data.X_train, data.y_train)
    assert set(data.target_names[net.predict(data.X_test)]) <= set(CLASSES)
