"""Rows that members are scored on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import ShuffleSplit

from skdl import MLPClassifier, MLPRegressor
from skdl.ensemble._validation import (
    FractionSplit,
    check_parameters,
    hold_out,
    known_scores,
)

NOT_GIVEN = {"X_val": None}


def parts(splitter, X, y):
    (split,) = splitter.split(X, y)
    return split


def test_split_is_a_partition_with_each_label_and_a_seed():
    X, y = np.zeros((50, 2)), np.repeat([0, 1], [40, 10])
    rows, held = parts(FractionSplit(0.2, 3, True), X, y)
    assert_array_equal(np.sort(np.r_[rows, held]), np.arange(50))
    assert np.bincount(y[held]).tolist() == [8, 2]
    assert_array_equal(parts(FractionSplit(0.2, 3, True), X, y)[1], held)
    assert parts(FractionSplit(0.2, 4, True), X, y)[1].tolist() != held.tolist()
    assert FractionSplit(0.2, 3, True).get_n_splits(X, y) == 1


def test_numbers_and_matrices_are_split_at_random():
    X = np.zeros((50, 2))
    for y in (np.arange(50.0), np.zeros((50, 2))):
        rows, held = parts(FractionSplit(0.2, 3, y.ndim == 2), X, y)
        assert len(rows) == 40
        assert len(held) == 10


@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor])
def test_a_net_without_rows_gets_some(Net):
    net = Net(validation_fraction=0.3)
    hold_out(net, NOT_GIVEN, 0)
    split = net.validation_split
    assert split.fraction == 0.3
    assert split.stratified == (Net is MLPClassifier)
    again = clone(net)
    hold_out(again.set_params(validation_split=None), NOT_GIVEN, 0)
    assert again.validation_split.seed == split.seed


def test_a_net_that_has_rows_keeps_them():
    for net, given in (
        (MLPClassifier(), {"X_val": [[1.0]]}),
        (MLPClassifier(validation_split=ShuffleSplit()), NOT_GIVEN),
    ):
        before = net.validation_split
        hold_out(net, given, 0)
        assert net.validation_split is before


def test_wrong_parameters_of_the_net_are_refused():
    check_parameters(MLPClassifier())
    with pytest.raises(ValueError, match="'max_iter' parameter of MLPClassifier"):
        check_parameters(MLPClassifier(max_iter=-1))


def test_scores_without_any_number_are_none():
    net = MLPClassifier(scoring="accuracy")
    assert known_scores([np.nan, np.nan], net, needed=False) is None
    assert_array_equal(known_scores([np.nan, 1], net, needed=True), [np.nan, 1])
    with pytest.raises(ValueError, match="scoring='accuracy', which gave no member a"):
        known_scores([np.nan, np.nan], net, needed=True)
