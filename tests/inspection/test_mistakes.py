"""Which rows are wrong, and in what order."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skdl.inspection._mistakes import absolute_errors, misclassified, one_column


def test_the_least_probable_label_comes_first():
    y = np.array(["a", "b", "b", "a"])
    p = [[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.15, 0.85]]
    rows, labels, found = misclassified(y, p, ["a", "b"], True)
    assert rows.tolist() == [1, 3, 0]
    assert labels.tolist() == ["b", "a", "b", "b"]
    assert_array_equal(found[0], [0.6, 0.4])
    rows, *_ = misclassified(y, np.array(p)[:, 1], np.array(["a", "b"]), True)
    assert rows.tolist() == [1, 3, 0]


def test_errors_are_not_those_of_bytes():
    y, predicted = np.array([0, 5], np.uint8), np.array([250, 4], np.uint8)
    assert_array_equal(absolute_errors(y, predicted), [250, 1])
    assert_array_equal(absolute_errors(y > 0, predicted), [250, 3])


def test_one_column():
    y = np.array([3, 4])
    for same in (y, y[:, np.newaxis], [3, 4], csr_array(y[:, np.newaxis])):
        assert_array_equal(one_column("y", same), y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones((2, 2)), r"y must have one label .* got shape \(2, 2\). Of several"),
        (None, r"got shape \(\)"),
        (["a", None], "y contains None"),
    ],
)
def test_what_is_no_column(y, message):
    with pytest.raises(ValueError, match=message):
        one_column("y", y)
