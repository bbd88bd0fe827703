"""Classes of the first call, which later calls and warm starts must have, too."""

import numpy as np
import pytest

from tests.estimators.common import fit, make


@pytest.fixture
def Z(y):
    return np.column_stack([y, 2 * (y > 0) - 1])


def test_first_partial_fit_needs_classes(Classifier, X, Z):
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        make(Classifier).partial_fit(X, Z)


FIRST = {
    "flat": ([0, 1, 2, -1], r"must be a list of 2 arrays, one for each column"),
    "too many": ([[0, 1, 2], [-1, 1], [0, 1]], "2 columns, but classes has 3 arrays"),
    "unknown": ([[0, 1, 2], [0, 1]], "column 1 of `y` has classes not in"),
}


@pytest.mark.parametrize(("classes", "message"), FIRST.values(), ids=FIRST)
def test_bad_classes_in_the_first_call(Classifier, classes, message, X, Z):
    net = make(Classifier)
    with pytest.raises(ValueError, match=message):
        net.partial_fit(X, Z, classes=classes)
    assert vars(net) == net.get_params()


def test_a_list_of_classes_is_for_columns(Classifier, X, y):
    with pytest.raises(ValueError, match="one label per row; classes must be one arr"):
        make(Classifier).partial_fit(X, y, classes=[[0, 1], [0, 2]])


def test_later_calls_have_the_same_classes(Classifier, X, Z, y):
    classes = [[2, 1, 0], [1, -1]]
    net = make(Classifier).partial_fit(X, Z, classes=classes)
    net.partial_fit(X, Z, classes=classes).partial_fit(X[:1], Z[:1])
    with pytest.raises(ValueError, match="not the same as on last call"):
        net.partial_fit(X, Z, classes=[[0, 1, 2], [-1, 0, 1]])
    with pytest.raises(ValueError, match="column 0 of `y` has classes not in"):
        net.partial_fit(X, Z + np.array([1, 0]))
    with pytest.raises(ValueError, match="3 columns of labels, but the classes are"):
        net.partial_fit(X, np.column_stack([Z, y]))
    with pytest.raises(ValueError, match="one label per row in one call .* columns"):
        net.partial_fit(X, y)
    assert net.t_ == 121


def test_warm_start_has_the_same_classes(Classifier, X, Z, y):
    net = fit(make(Classifier, warm_start=True), X, Z)
    with pytest.raises(ValueError, match="same classes .*column 1 of `y` has"):
        fit(net, X, Z * [1, 2])
    with pytest.raises(ValueError, match="one label per row in one call"):
        fit(net, X, y)
    one = fit(make(Classifier, warm_start=True), X, y)
    with pytest.raises(ValueError, match="several columns of labels in one call"):
        fit(one, X, Z)
