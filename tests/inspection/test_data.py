"""Checks of data: columns, targets, classes, duplicates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.metrics import average_precision_score, make_scorer

from skdl import LogisticClassifier, MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine.column_scales import column_statistics
from tests.inspection.private_names import (
    check_class_imbalance,
    check_columns,
    check_duplicates,
    check_targets,
    data_facts,
    make_subject,
)

X = np.random.default_rng(0).normal(size=(100, 5))
Y = np.arange(100) % 2


def found(check, net, X, y):
    return {f.kind: f for f in check(make_subject(net, X, y, 999, 0))}


def columns(change, convert=np.asarray):
    data = X.copy()
    change(data)
    return found(check_columns, MLPClassifier(), convert(data), Y)


def test_statistics_of_sparse_columns_are_those_of_dense_ones():
    data = np.where(X > 0.5, X, 0)
    for one, other in zip(
        column_statistics(data), column_statistics(csr_array(data)), strict=True
    ):
        assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("convert", [np.asarray, csr_array, np.float32])
def test_scaled_columns_are_left_alone(convert):
    assert not columns(lambda data: None, convert)
    # Columns between 0 and 1, and a rare word.
    assert not columns(lambda data: np.clip(data, 0, 1, out=data), convert)

    def rare(data):
        data[:, 2] = np.arange(100) == 50

    assert not columns(rare, convert)


@pytest.mark.parametrize("convert", [np.asarray, csr_array])
@pytest.mark.parametrize("factor", [1e6, 30, 1e-4])
def test_unscaled_columns(factor, convert):
    def scale(data):
        data[:, [1, 3]] *= factor

    finding = columns(scale, convert)["unscaled_columns"]
    assert sorted(finding.evidence["columns"]) == [1, 3]
    sizes = np.sqrt((X[:, finding.evidence["columns"]] ** 2).mean(axis=0)) * factor
    assert_allclose(finding.evidence["root_mean_squares"], sizes)


@pytest.mark.parametrize("convert", [np.asarray, csr_array])
def test_columns_that_are_all_tiny(convert):
    def shrink(data):
        data *= 1e-4

    finding = columns(shrink, convert)["unscaled_columns"]
    assert len(finding.evidence["columns"]) == 5
    # Documents have many small values, and rows of norm 1.
    rng = np.random.default_rng(0)
    words = rng.normal(size=(100, 3000))
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    assert not found(check_columns, MLPClassifier(), convert(words), Y)


def test_nets_that_standardize_scale_the_columns_themselves():
    data = X * [1, 1e4, 1, 1e-6, 1]
    for standardizes in (SoftmaxClassifier(), MLPClassifier(standardize=True)):
        assert not found(check_columns, standardizes, data, Y)
    for keeps in (SoftmaxClassifier(()), SoftmaxClassifier(standardize=False)):
        finding = found(check_columns, keeps, data, Y)["unscaled_columns"]
        assert finding.changes == {"standardize": True}
    finding = found(check_columns, SoftmaxClassifier(), csr_array(data), Y)
    assert finding["unscaled_columns"].changes == {}


def test_a_rare_large_value_of_a_sparse_column():
    def change(data):
        data[:, 2] = 0
        data[7, 2] = 101

    assert not columns(lambda data: data.__setitem__((7, 2), 99), csr_array)
    assert columns(change, csr_array)["unscaled_columns"].where == "column 2"


def test_the_farthest_column_comes_first():
    def scale(data):
        data[:, 1] *= 100
        data[:, 4] += 1e5

    assert columns(scale)["unscaled_columns"].where == "columns 4, 1"


def test_many_columns_are_counted():
    finding = found(check_columns, MLPClassifier(), 99 * np.tile(X, 4), Y)
    assert finding["unscaled_columns"].where.endswith(" and 15 more")


@pytest.mark.parametrize("value", [0.1, -3.0, 1e6])
def test_constant_columns(value):
    def fill(data):
        data[:, 2] = value

    result = columns(fill)
    assert list(result) == ["constant_columns"]
    assert result["constant_columns"].where == "column 2"
    assert_allclose(result["constant_columns"].evidence["values"], value)


def test_constant_columns_are_a_note_for_a_net_that_standardizes():
    data = X.copy()
    data[:, 2] = 9
    for standardize, severity in ((False, "warning"), (True, "note")):
        net = MLPClassifier(standardize=standardize)
        finding = found(check_columns, net, data, Y)["constant_columns"]
        assert finding.severity == severity


def test_many_zero_columns():
    def fill(n):
        def change(data):
            data[:, :n] = 0

        return change

    assert not columns(fill(1))
    assert columns(fill(2))["constant_columns"].where == "columns 0, 1"
    assert not columns(fill(4), csr_array)


@pytest.mark.parametrize(
    ("y", "where"),
    [
        (50 * X[:, 0], "y"),
        (X[:, 0] + 30, "y"),
        (0.01 * X[:, 0], "y"),
        (X[:, :3] * [1, 1, 1e3], "output 2"),
        (X[:, 0], None),
        (X[:, :2], None),
    ],
)
def test_unscaled_targets(y, where):
    result = found(check_targets, MLPRegressor(), X, y)
    assert [finding.where for finding in result.values()] == [where] * (
        where is not None
    )


def test_targets_that_are_all_equal():
    one = np.full(100, 3)
    for net, y in (
        (MLPRegressor(), one),
        (SoftmaxClassifier(), one.astype(str)),
        (MLPRegressor(), np.tile([1.0, 2.0], (100, 1))),
    ):
        finding = found(check_targets, net, X, y)["constant_targets"]
        assert (finding.severity, finding.evidence["rows"]) == ("error", 100)
    two = np.column_stack([one, X[:, 0]])
    assert not found(check_targets, MLPRegressor(), X, two)


def test_counts_and_classes_need_no_scaling():
    assert not found(check_targets, MLPRegressor(loss="poisson"), X, 99.0 + Y)
    assert not found(check_targets, SoftmaxClassifier(), X, 99 + Y)


def test_class_imbalance():
    y = np.repeat([5, 7, 9], [80, 13, 7])
    finding = found(check_class_imbalance, SoftmaxClassifier(), X, y)
    finding = finding["class_imbalance"]
    assert finding.where == "class '9'"
    assert finding.evidence["rows"] == {"5": 80, "7": 13, "9": 7}
    weighed = SoftmaxClassifier(class_weight="balanced")
    assert not found(check_class_imbalance, weighed, X, y)
    y = np.repeat([5, 7, 9], [70, 20, 10])
    assert not found(check_class_imbalance, SoftmaxClassifier(), X, y)
    labels = np.column_stack([Y, np.arange(100) < 5])
    finding = found(check_class_imbalance, LogisticClassifier(), X, labels)
    assert finding["class_imbalance"].where == "label 1 class '1'"
    several = np.column_stack([Y + 2, 3 * (np.arange(100) < 5)])
    finding = found(check_class_imbalance, LogisticClassifier(), X, several)
    assert finding["class_imbalance"].where == "output 1 class '3'"


@pytest.mark.parametrize(
    ("scoring", "severity"),
    [
        (None, "warning"),
        ("loss", "warning"),
        ("accuracy", "warning"),
        ("roc_auc", "note"),
        (["average_precision", "accuracy"], "note"),
        (make_scorer(average_precision_score), "note"),
    ],
)
def test_imbalance_is_a_note_for_ranking_metrics(scoring, severity):
    y = np.arange(100) < 5
    net = SoftmaxClassifier(scoring=scoring)
    finding = found(check_class_imbalance, net, X, y)["class_imbalance"]
    assert (finding.severity, finding.changes) == (severity, {})
    assert finding.cure.index("threshold") < finding.cure.index("class_weight=")
    # Nobody is told to choose the metric that is set.
    assert finding.cure.startswith("Choose the metric first") == (severity != "note")
    assert ("scoring=" in finding.cure) == (severity != "note")


@pytest.mark.parametrize("convert", [np.asarray, csr_array])
def test_duplicates(convert):
    data = np.where(np.abs(X) > 0.2, X, 0)
    data[[10, 21, 31, 40]] = data[2]  # labels 0, 1, 1, 0
    data[50] = data[52]  # labels 0 and 0
    result = found(check_duplicates, SoftmaxClassifier(), convert(data), Y)
    finding = result["conflicting_duplicates"]
    assert finding.evidence["groups"] == [[2, 10, 21, 31, 40]]
    assert finding.evidence["rows_in_conflict"] == 5
    assert finding.where == "rows 2, 10, 21, 31, 40 (counted from 0)"
    assert finding.severity == "warning"
    assert not found(check_duplicates, SoftmaxClassifier(), X, Y)
    assert not found(check_duplicates, MLPRegressor(), convert(data), Y + 0.5)
    labels = np.column_stack([Y, Y])
    assert found(check_duplicates, LogisticClassifier(), convert(data), labels)


def test_few_duplicates_are_a_note():
    data = np.random.default_rng(1).normal(size=(300, 3))
    data[10] = data[11]
    result = found(check_duplicates, SoftmaxClassifier(), data, np.arange(300) % 2)
    assert result["conflicting_duplicates"].severity == "note"


def test_weights_may_balance_classes():
    y = np.arange(100) < 5
    for weights, kinds in (
        (np.where(y, 19.0, 1.0), set()),
        (np.where(y, 0.5, 1.0), {"class_imbalance"}),
        (np.where(np.arange(100) < 4, 0.0, 1.0), {"class_imbalance"}),
    ):
        subject = make_subject(SoftmaxClassifier(), X, y, 999, 0, weights)
        result = list(check_class_imbalance(subject))
        assert {finding.kind for finding in result} == kinds
    assert result[0].evidence["weight"] == {"False": 95.0, "True": 1.0}
    (finding,) = check_class_imbalance(make_subject(SoftmaxClassifier(), X, y, 999, 0))
    assert finding.evidence["rows"] == {"False": 95, "True": 5}


def test_facts():
    facts = data_facts(make_subject(SoftmaxClassifier(), X, Y, 999, 0))
    assert facts == {"inputs": (X.min(), X.max()), "classes": 2}
    facts = data_facts(make_subject(MLPRegressor(), csr_array(X), X[:, 0], 999, 0))
    assert facts["targets"] == (X[:, 0].min(), X[:, 0].max())
