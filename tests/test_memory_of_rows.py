"""An estimate of the memory that rows of data take."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skdl._memory import bytes_per_row

X = np.eye(4, dtype=np.float32)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (X, 16),
        (pd.DataFrame(X), 32),
        (X.tolist(), 32),
        (csr_array(X), 8),
    ],
    ids=["array", "frame", "list", "sparse"],
)
def test_bytes_of_a_row(rows, expected):
    assert bytes_per_row(rows) == expected
