"""Which rows are wrong, and in what order."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skdl.inspection._mistakes import (
    absolute_errors,
    errors_of,
    misclassified,
    one_column,
    output_names,
    worst_first,
)


def test_the_least_probable_label_comes_first():
    y = np.array(["a", "b", "b", "a"])
    p = [[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.15, 0.85]]
    errors = misclassified(y, p, ["a", "b"], True)
    assert worst_first([errors])[0].tolist() == [1, 3, 0]
    assert errors.predicted.tolist() == ["b", "a", "b", "b"]
    assert_array_equal(errors.true, y)
    assert_array_equal(errors.found[0], [0.6, 0.4])
    errors = misclassified(y, np.array(p)[:, 1], np.array(["a", "b"]), True)
    assert worst_first([errors])[0].tolist() == [1, 3, 0]


def test_equal_ranks_go_by_the_lead():
    p = np.array([[0.0, 0.3, 0.7], [0.0, 0.9, 0.1], [1.0, 0.0, 0.0]])
    rows, outputs = worst_first([misclassified(np.zeros(3, int), p, [0, 1, 2], True)])
    assert rows.tolist() == [1, 0]
    assert outputs.tolist() == [0, 0]


def test_of_several_outputs_the_worst_counts():
    y = np.array([[1, 0], [0, 1], [1, 1]])
    p = [np.array([0.4, 0.9, 0.8]), np.array([0.95, 0.6, 0.7])]
    errors = errors_of(y, p, [[0, 1], [0, 1]], True)
    rows, outputs = worst_first(errors)
    # Of row 0 both are wrong, and the second one more.
    assert rows.tolist() == [0, 1]
    assert outputs.tolist() == [1, 0]
    assert output_names(y, [[0, 1], [0, 1]], 2) == ["label 0", "label 1"]
    assert output_names(y, [["a"], [0, 1]], 2) == ["output 0", "output 1"]


def test_numbers_of_several_units_are_compared_in_deviations():
    y = np.array([[0.0, 0], [1, 1000], [2, 2000], [3, 3000]])
    predicted = y + np.array([[0, 100], [0.5, 0], [0, 0], [0, 0]])
    rows, outputs = worst_first(errors_of(y, predicted, None, False))
    assert rows[:2].tolist() == [1, 0]
    assert outputs[:2].tolist() == [0, 1]
    one = worst_first(errors_of(y[:, 1:], predicted[:, 1], None, False))
    assert one[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.ones((3, 2)), np.ones(3), None, False),
            "a column for each output, got 2 and 1",
        ),
        ((np.ones((3, 2)), [np.ones(3)], [[0, 1]] * 2, True), "2 columns, .* of 1 and"),
        ((np.ones(3), [np.ones(3)] * 2, [[0, 1]] * 2, True), "1 columns, .* list of 2"),
    ],
)
def test_outputs_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        errors_of(*arguments)


def test_errors_are_not_those_of_bytes():
    y, predicted = np.array([0, 5], np.uint8), np.array([250, 4], np.uint8)
    assert_array_equal(absolute_errors(y, predicted).rank, [-250, -1])
    assert_array_equal(absolute_errors(y > 0, predicted).rank, [-250, -3])


def test_one_column():
    y = np.array([3, 4])
    for same in (y, y[:, np.newaxis], [3, 4], csr_array(y[:, np.newaxis])):
        assert_array_equal(one_column("y", same), y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones((2, 2)), r"y must have one label .* got shape \(2, 2\)"),
        (None, r"got shape \(\)"),
        (["a", None], "y contains None"),
    ],
)
def test_what_is_no_column(y, message):
    with pytest.raises(ValueError, match=message):
        one_column("y", y)
