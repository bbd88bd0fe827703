"""Tables that make their rows batch by batch give what tables in memory give."""

import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skdl import MLPClassifier, SoftmaxClassifier, SVMClassifier
from skdl.engine import target_tables
from skdl.engine.target_tables import (
    MixedTable,
    OneHotTable,
    SideBySideTable,
    TargetTable,
    one_hot,
)

ROWS = np.array([3, 0, 3, 19])
DENSE = np.eye(20, dtype="f4")


def both_orders(table):
    """Return what `gather` writes into arrays of either memory order."""
    shape = (len(ROWS), table.shape[1])
    outs = [np.full(shape, 7, table.dtype, order=order) for order in "CF"]
    for out in outs:
        table.gather(ROWS, out)
    return [*outs, table[ROWS]]


def test_one_hot():
    for out in both_orders(OneHotTable(20, np.float32)):
        assert_array_equal(out, DENSE[ROWS])
        assert out.dtype == np.float32
    assert_array_equal(OneHotTable(20, np.float32)[7], DENSE[7])


def test_few_classes_have_an_array():
    assert_array_equal(one_hot(3, np.float32), np.eye(3))
    assert isinstance(one_hot(3, np.float32), np.ndarray)
    assert isinstance(one_hot(1000, np.float32), TargetTable)


def test_mixed():
    factor, shift = np.float32(0.9), np.float32(0.1 / 20)
    for out in both_orders(MixedTable(OneHotTable(20, np.float32), factor, shift)):
        assert_array_equal(out, factor * DENSE[ROWS] + shift)


def test_side_by_side():
    numbers = np.arange(20)[::-1].copy()
    own = np.arange(40, dtype="f4").reshape(20, 2)
    table = SideBySideTable(
        [(numbers, OneHotTable(20, np.float32)), (None, own), (numbers, DENSE)]
    )
    expected = np.concatenate([DENSE[numbers], own, DENSE[numbers]], axis=1)
    assert table.shape == expected.shape
    for out in both_orders(table):
        assert_array_equal(out, expected[ROWS])


CASES = {
    "softmax": (SoftmaxClassifier, {}),
    "hinge": (SVMClassifier, {}),
    "logistic": (MLPClassifier, {"loss": "logistic"}),
    "smoothed": (SoftmaxClassifier, {"label_smoothing": 0.1}),
    "early stopping": (SoftmaxClassifier, {"early_stopping": True, "scoring": "loss"}),
    "lbfgs": (SoftmaxClassifier, {"solver": "lbfgs"}),
    "columns": (MLPClassifier, {"label_smoothing": 0.1}),
}


@pytest.mark.parametrize("case", CASES)
def test_nets_are_the_same_to_the_bit(case, monkeypatch):
    Net, options = CASES[case]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 4)), np.arange(120) % 20
    if case == "columns":
        y = np.column_stack([y, np.arange(120) % 3])
    found = []
    for few in (1, 1000):
        monkeypatch.setattr(target_tables, "FEW", few)
        net = Net((5,), max_iter=3, batch_size=50, random_state=0, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X, y, X_val=X[:60], y_val=y[:60])
        found.append((net._network.parameters, net.history_["validation_loss"]))
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("columns", [1, 2])
def test_memory_grows_with_the_number_of_classes(columns):
    n_classes = 2000
    X = np.ones((n_classes, 2), np.float32)
    y = np.column_stack([np.arange(n_classes)] * columns)
    net = MLPClassifier((2,), max_iter=1, batch_size=20, random_state=0)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X, y if columns > 1 else y[:, 0])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4e6  # a table in memory: 4 · n_classes² = 16e6, and twice
