"""Tables keep their words, and their numbers are measured without what is missing."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.inspection._table import in_cell, numbers_of, read_table

COLUMNS = {"a": [1.0, 2.0, 6.0], "b": ["x", "y", "x"], "c": [5, 5, 5]}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(COLUMNS),
        pd.DataFrame(COLUMNS).astype({"b": "category"}),
        pl.DataFrame(COLUMNS),
        np.array(list(zip(*COLUMNS.values(), strict=True)), dtype=object),
    ],
    ids=["pandas", "category", "polars", "objects"],
)
def test_words_stay_words(frame):
    rows, center, scale = read_table(frame)
    assert rows[1].tolist() == [2.0, "y", 5]
    assert_allclose(center, [3, np.nan, 5])
    assert_allclose(scale, [np.std([1, 2, 6]), np.nan, 0])
    assert_array_equal(numbers_of(rows)[0], [1, np.nan, 5])


def test_what_is_missing_does_not_count():
    X = np.array([[1.0, np.nan], [3.0, np.nan]])
    rows, center, scale = read_table(X)
    assert_array_equal(rows, X)
    assert_array_equal(center, [2, np.nan])
    assert_array_equal(scale, [1, np.nan])


def test_numbers_of_any_kind():
    for X in (np.eye(3, dtype=np.uint8), csr_array(np.eye(3)), np.eye(3).tolist()):
        rows, center, _ = read_table(X)
        assert_array_equal(rows, np.eye(3))
        assert_allclose(center, 1 / 3)
    with pytest.raises(ValueError, match="Expected 2D array"):
        read_table(np.arange(3))


def test_cells_are_short():
    said = [in_cell(one) for one in (1 / 3, 1e9, 7, "short", "a long word", None, True)]
    assert said == ["0.333", "1e+09", "7", "short", "a long w…", "None", "1"]
