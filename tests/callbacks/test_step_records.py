"""Histograms are NumPy's, and rows become arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.callbacks._step_records import HISTOGRAMS, NUMBERS, StepRecords, histogram

VALUES = {
    "normal": np.random.default_rng(0).normal(size=999),
    "float32": np.random.default_rng(1).normal(size=999).astype("f4"),
    "integers": np.arange(10.0),
    "one": np.array([3.0]),
    "small": np.random.default_rng(2).normal(size=99) * 1e-30,
    "steps": np.array([0.0, 0.5, 1.0]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("n_bins", [1, 10, 40])
def test_histogram_is_numpys(name, n_bins):
    values = VALUES[name]
    kept = values.copy()
    counts, low, high = histogram(values, n_bins)
    assert_array_equal(values, kept)
    assert counts.sum() == values.size
    if name == "one":
        assert low < 3 < high
        return
    expected, edges = np.histogram(values.astype(float), n_bins)
    assert_array_equal(counts, expected)
    assert_allclose([low, high], edges[[0, -1]])


def test_what_is_not_finite_is_left_out():
    values = np.array([1.0, np.nan, 2.0, np.inf, -np.inf])
    assert histogram(values, 2)[0].tolist() == [1, 1]
    counts, low, high = histogram(np.full(3, np.nan), 2)
    assert (counts.tolist(), low, high) == ([0, 0], 0, 1)


def test_equal_values_have_a_range():
    for value in (0.0, 3.0, -1e-300, 1e30):
        counts, low, high = histogram(np.full(5, value), 4)
        assert low < value < high
        assert counts.sum() == 5


def row(step):
    numbers = {name: [step, step + 0.5] for name in NUMBERS}
    for name in HISTOGRAMS:
        numbers[f"{name}_counts"] = np.full((2, 4), step)
        numbers[f"{name}_low"] = [0, step]
        numbers[f"{name}_high"] = [4, step + 8]
    return {"step": step, "learning_rate": 0.1, **numbers}


def test_arrays():
    records = StepRecords(["hidden 1", "output"], 4, [row(1), row(2), row(3)])
    records.thin()
    arrays = records.arrays()
    assert arrays["step"].tolist() == [1, 3]
    assert arrays["dead"].tolist() == [[1, 1.5], [3, 3.5]]
    assert arrays["weight_counts"].shape == (2, 2, 4)
    assert arrays["weight_edges"][1].tolist() == [[0, 1, 2, 3, 4], [3, 5, 7, 9, 11]]
    assert records.last_step == 3


def test_no_rows():
    records = StepRecords(["output"], 4)
    assert records.last_step == 0
    shapes = {name: array.shape for name, array in records.arrays().items()}
    assert shapes["step"] == (0,)
    assert shapes["dead"] == (0, 1)
    assert shapes["gradient_counts"] == (0, 1, 4)
    assert shapes["gradient_edges"] == (0, 1, 5)
