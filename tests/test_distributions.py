"""What counts as a distribution; tests/test_metrics.py has the odd cases."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl._distributions import check_distributions


@pytest.mark.parametrize(
    ("dtype", "result"),
    [(np.float16, np.float64), (np.float32, np.float32), (np.float64, np.float64)],
)
def test_tolerance_is_the_root_of_the_dtypes_epsilon(dtype, result):
    tolerance = np.sqrt(np.finfo(dtype).eps)
    good = np.array([[0.5, 0.5 + tolerance / 2], [1, 0]], dtype)
    distributions, found, shape = check_distributions(good, "t")
    assert (distributions.dtype, found, shape) == (np.float64, result, (2, 2))
    assert_array_equal(distributions, good)  # not renormalized
    bad = np.array([[1, 0], [0.5, 0.5 + 2 * tolerance]], dtype)
    with pytest.raises(ValueError, match=r"Each row of t must sum to 1 .* in row 1 "):
        check_distributions(bad, "t")


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_what_is_no_probability_is_named(value):
    rows = np.array([[0.5, 0.5], [1, 0], [1 - value, value]])
    with pytest.raises(ValueError, match=r"t must hold .* in row 2, column"):
        check_distributions(rows, "t")


def test_text_is_refused():
    with pytest.raises(ValueError, match="t must be a dense array of real numbers"):
        check_distributions([["a", "b"]], "t")
