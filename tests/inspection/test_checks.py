"""Checks of arguments name the argument and its value."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from tests.inspection.private_names import (
    check_indices,
    check_integer,
    check_number,
    check_table,
)


def test_integers():
    assert check_integer("n", np.int64(3), 3) == 3
    for wrong in (2, 3.0, True, "3", None):
        with pytest.raises(ValueError, match="n must be an int of at least 3, got"):
            check_integer("n", wrong, 3)


def test_numbers():
    check_number("rate", np.float32(0.1))
    for wrong in (0, -1, np.inf, np.nan, "1", None, True):
        with pytest.raises(ValueError, match="rate must be a finite .* 0, got"):
            check_number("rate", wrong)


def test_members():
    assert_array_equal(check_indices("units", (0, -1, 2), 4), [0, 3, 2])
    for wrong in ([4], [-5], [], 3, "units", [0.5], [True], [[0]], [None]):
        with pytest.raises(ValueError, match="units must be a seq.* -4 to 3, got"):
            check_indices("units", wrong, 4)


def test_rows():
    X = np.array([[1.0, np.nan], [0.0, 2.0]])
    for same in (X, X.tolist(), csr_array(X), pd.DataFrame(X)):
        assert_array_equal(check_table(same), X)
    assert check_table(X[1:].astype(np.uint8)).dtype == np.uint8
    for wrong in (X[0], None, X[:0]):
        with pytest.raises(ValueError, match="array"):
            check_table(wrong)
    with pytest.raises(ValueError, match="These columns contain no numbers: 'kind'"):
        check_table(pd.DataFrame({"size": [1.0], "kind": ["a"]}))
