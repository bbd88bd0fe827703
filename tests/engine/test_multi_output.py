"""Several columns of labels: each column's loss, side by side."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl.engine import Hinge, LogisticLoss, MultiOutput, Softmax
from tests.engine.cases import LOSSES, loss_of

F32 = np.dtype(np.float32)
CASES = {name: case for name, case in LOSSES.items() if case.kind == "columns"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_is_the_sum_of_the_losses_alone(case):
    rng = np.random.default_rng(1)
    y = case.y(8)
    scores = rng.normal(size=(8, case.n_scores))
    rows, gradient = loss_of(case.loss, scores, case.targets(8, float))
    expected, start = 0, 0
    for loss, k, column in zip(case.loss.losses, case.size, y.T, strict=True):
        part = slice(start, start + loss.n_scores(k))
        targets, table = loss.encode(column, k, np.dtype(float))
        alone = loss_of(loss, np.ascontiguousarray(scores[:, part]), table[targets])
        expected = expected + alone[0]
        assert_array_equal(gradient[:, part], alone[1])
        start = part.stop
    assert start == case.n_scores == sum(case.loss.widths)
    assert_allclose(rows, expected, rtol=1e-14)


def test_table_has_the_combinations_that_occur():
    loss = MultiOutput([Softmax(), LogisticLoss()], [3, 1])
    y = np.array([[2, 0], [0, 1], [2, 0], [0, 0]])
    targets, table = loss.encode(y, [3, 2], F32)
    assert targets.shape == (4,)
    assert table.shape == (3, 4)
    assert table.dtype == F32
    expected = [[0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert_array_equal(table[targets], expected)
    assert loss.n_scores([3, 2]) == 4


def test_a_loss_without_a_table():
    class Rows(Softmax):
        def encode(self, y, n_classes, dtype):
            return np.eye(n_classes, dtype=dtype)[y], None

    y = np.array([[2, 0], [0, 1]])
    found = MultiOutput([Rows(), LogisticLoss()], [3, 1]).encode(y, [3, 2], F32)
    expected = MultiOutput([Softmax(), LogisticLoss()], [3, 1]).encode(y, [3, 2], F32)
    assert_array_equal(found[1][found[0]], expected[1][expected[0]])


def test_parts_are_views_of_the_last_axis():
    array = np.zeros((2, 5, 6))
    parts = MultiOutput([Softmax(), LogisticLoss(), Hinge()], [3, 1, 2]).split(array)
    assert [part.shape for part in parts] == [(2, 5, 3), (2, 5, 1), (2, 5, 2)]
    for i, part in enumerate(parts):
        part[...] = i
    assert_array_equal(array[1, 4], [0, 0, 0, 1, 2, 2])


def test_names_of_the_links():
    assert MultiOutput([Softmax(), Softmax()], [3, 4]).out_activation == "softmax"
    mixed = MultiOutput([Softmax(), LogisticLoss()], [3, 1])
    assert mixed.out_activation == ["softmax", "logistic"]


def test_numbers_of_columns_must_agree():
    loss = MultiOutput([Softmax(), Softmax()], [3, 2])
    with pytest.raises(ValueError, match="zip"):
        loss.n_scores([3])
    with pytest.raises(ValueError, match="zip"):
        loss.encode(np.zeros((4, 3), int), [3, 2], F32)


def test_is_a_specification():
    loss = clone(MultiOutput([Softmax(), Hinge()], [3, 2]))
    assert [type(one) for one in loss.losses] == [Softmax, Hinge]
    assert loss.widths == [3, 2]
