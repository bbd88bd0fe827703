"""MNIST itself, where it is, and in all its formats."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import load_mnist
from skdl.datasets.mnist import MNIST
from tests.datasets.formats import digits, write_idx

FILE = Path(__file__).parents[3] / "shared" / "data" / "mnist.npz"


def test_every_format_gives_the_same(tmp_path):
    (X_train, y_train), (X_test, y_test) = parts = digits()
    np.savez(tmp_path / "a.npz", X_train=X_train, y_train=y_train, X_test=X_test,
             y_test=y_test)  # fmt: skip
    (tmp_path / "packed").mkdir()
    first = load_mnist(tmp_path / "a.npz")
    for path in (write_idx(tmp_path, parts),
                 write_idx(tmp_path / "packed", parts, packed=True)):  # fmt: skip
        other = load_mnist(path)
        for name in first:
            assert_array_equal(first[name], other[name])


@pytest.mark.skipif(not FILE.exists(), reason="needs ../shared/data/mnist.npz")
def test_the_real_file(tmp_path):
    mnist = load_mnist(FILE)
    assert mnist.X_train.shape == (60000, 784)
    assert mnist.X_test.shape == (10000, 784)
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert tuple(np.bincount(mnist.y_train)) == MNIST.train_counts
    assert tuple(np.bincount(mnist.y_test)) == MNIST.test_counts
    # A zero is hollow, a one is not, and the border is background.
    means = [mnist.X_train[mnist.y_train == y].mean(axis=0).reshape(28, 28)
             for y in (0, 1)]  # fmt: skip
    assert means[0][14, 14] < 30 < 150 < means[1][14, 14]
    assert mnist.X_train.reshape(-1, 28, 28)[:, 0].max() < 255 == mnist.X_train.max()
