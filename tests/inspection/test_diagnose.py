"""Planted faults are found, and healthy trainings have no findings."""

import pickle
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier, Standardizer
from skdl.callbacks import LambdaCallback
from skdl.estimators._internal_api import network_of
from skdl.inspection import diagnose
from skdl.inspection.diagnosis.findings import KINDS
from skdl.preprocessing import ImageAugmenter
from tests.inspection.cases import (
    DIABETES,
    DIGITS,
    FAULTS,
    HEALTHY,
    IRIS,
    SOME,
    WINE,
    first,
    mislabelled,
    named,
    net,
    with_column,
)

# The tests fit nets for few epochs, and time stands still on their clock.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("clock"),
]


TWO_COLUMNS = np.column_stack([IRIS[1]] * 2)


@cache
def report_of(estimator, data):
    """Return the report of a training that several tests share."""
    return diagnose(estimator, *data.arrays)


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name):
    case = FAULTS[name]
    before = repr(case.estimator)
    report = report_of(case.estimator, case.data)
    assert case.kind in report
    finding = report[case.kind]
    assert case.where in finding.where
    assert finding.cause
    assert finding.cure
    assert finding.evidence
    for key, value in case.evidence.items():
        assert finding.evidence[key] == value
    assert not report.skipped
    assert repr(case.estimator) == before
    assert not hasattr(case.estimator, "history_")
    # The net accepts the parameters of the cure.
    if finding.changes and hasattr(case.estimator, "solver"):
        changed = clone(case.estimator).set_params(**finding.changes)
        changed._validate_params()
    assert finding.title in str(report)
    assert case.kind in str(report)


# The slow ones differ from "digits" by an activation, a loss or a width.
SLOW = ("digits, deep", "digits, svm", "digits, tanh, drop-in")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in HEALTHY
    ],
)
def test_nothing_is_found_in_a_healthy_training(name):
    report = diagnose(*HEALTHY[name])
    assert not report.findings, str(report)
    assert not report.skipped
    assert report.summary()["Found"].startswith("nothing")


def test_each_kind_is_planted():
    assert {case.kind for case in FAULTS.values()} == set(KINDS)


def test_the_changes_are_parameters_of_what_was_diagnosed():
    X, y = with_column(WINE, 1, lambda c: 1e6 * c)
    pipeline = make_pipeline("passthrough", net(max_iter=5))
    report = diagnose(pipeline, X, y)
    name = "softmaxclassifier__standardize"
    assert report["unscaled_columns"].changes == {name: True}
    assert report.changes[name]
    assert f"set {name}=True, then" in str(report)
    pipeline.set_params(**report.changes)


def test_a_fitted_net_is_judged_by_its_own_training():
    X, y = first(DIGITS, 300)
    fitted = net(max_iter=30).fit(X, y)
    parameters = network_of(fitted).parameters
    before = pickle.dumps(fitted)
    healthy = diagnose(fitted, X, y)
    assert pickle.dumps(fitted) == before
    # The training was healthy; only the weights are changed afterwards.
    fitted.intercepts_[0][...] = -100
    report = diagnose(fitted, X, y)
    assert set(report.kinds) - set(healthy.kinds) >= {"dead_units"}
    assert report["dead_units"].evidence["when"] == "in the fitted net"
    assert "(fitted)" in report.subject
    assert parameters is network_of(fitted).parameters


def test_a_fitted_nets_history_is_read():
    X, y = first(DIGITS, 300)
    fitted = net(max_iter=20).fit(X, y)
    fitted.history_["loss"] = np.array([2.0, 9.0, 1.0])
    fitted.history_["update_ratio"] = np.full(20, 0.5)
    report = diagnose(fitted, X, y)
    assert report["loss_rises_early"].evidence["peak"] == 9
    assert report["large_updates"].evidence["ratio"] == {"all layers": 0.5}


def test_callbacks_are_not_called():
    calls = []
    watched = net(max_iter=5).set_callbacks(LambdaCallback(calls.append))
    diagnose(watched, *IRIS)
    assert not calls


@pytest.mark.parametrize("is_fitted", [False, True])
def test_findings_describe_the_data_that_reach_the_net(is_fitted):
    X, y = named(with_column(WINE, 1, lambda c: 1e6 * c), "a", "b")
    linear = net(SoftmaxClassifier, (), max_iter=20)
    scaled = make_pipeline(Standardizer(), linear)
    pipeline = make_pipeline("passthrough", linear)
    if is_fitted:
        scaled.fit(X, y)
        pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"),
                                 linear).fit(X, y)  # fmt: skip
        X = X.assign(b=1e6 * X["b"])
        assert diagnose(pipeline, X, y)["unscaled_columns"].where == "column 'b'"
        return
    assert "unscaled_columns" not in diagnose(scaled, X, y)
    assert diagnose(pipeline, X, y)["unscaled_columns"].where == "column 'b'"


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_a_net_that_standardizes_needs_no_scaled_columns(activation):
    X, y = with_column(WINE, 1, lambda c: 1e6 * c + 1e7)
    estimator = net(standardize=True, activation=activation, max_iter=100)
    assert not diagnose(estimator, X + 5, y).findings


def test_augmented_rows_cause_no_findings():
    augmenter = ImageAugmenter(shift=1)
    estimator = net(augment=augmenter, image_shape=(8, 8, 1), max_iter=15)
    report = diagnose(estimator, *SOME)
    assert {"cannot_overfit", "wrong_gradient"}.isdisjoint(report.kinds)


def test_scaled_targets_cure_unscaled_ones():
    X, y = DIABETES[0], 1000 + 50 * DIABETES[1]
    assert "unscaled_targets" in diagnose(net(MLPRegressor, max_iter=5), X, y)
    cured = net(MLPRegressor, early_stopping=True)
    wrapped = TransformedTargetRegressor(cured, transformer=StandardScaler())
    assert not diagnose(wrapped, X, y).findings
    assert not diagnose(wrapped.fit(X, y), X, y).findings
    cured.set_params(standardize_target=True)
    assert not diagnose(cured, X, y).findings
    assert not diagnose(cured.fit(X, y), X, y).findings


@pytest.mark.parametrize(
    ("estimator", "y", "convert"),
    [
        (net(max_iter=3), np.eye(3)[IRIS[1]], np.float32),
        (net(LogisticClassifier, max_iter=3), np.eye(3, dtype=int)[IRIS[1]], csr_array),
        (net(LogisticClassifier, max_iter=3), TWO_COLUMNS, csr_array),
        (net(MLPRegressor, max_iter=3), TWO_COLUMNS - 1.0, csr_array),
        (net(MLPRegressor, loss="poisson", max_iter=3), IRIS[1], np.float32),
        (net(max_iter=3), np.array(["a", "b", "c"])[IRIS[1]], csr_array),
    ],
)  # fmt: skip
def test_all_targets_and_inputs(estimator, y, convert):
    report = diagnose(estimator, convert(IRIS[0]), y)
    assert "loss at the end" in report.facts
    assert str(report)
    assert pickle.loads(pickle.dumps(report)) == report


def test_equal_seeds_give_equal_reports():
    estimator = SoftmaxClassifier(max_iter=10)
    reports = [diagnose(estimator, *IRIS, random_state=1) for _ in range(2)]
    assert reports[0] == reports[1]


def test_suspects_have_wrong_labels():
    _, y, wrong = mislabelled(DIGITS, 0.08)
    case = FAULTS["wrong labels"]
    evidence = report_of(case.estimator, case.data)["label_noise"].evidence
    rows = evidence["rows"]
    assert evidence["labels"] == y[rows].tolist()
    assert np.mean(np.array(evidence["predicted_labels"]) == DIGITS[1][rows]) > 0.9
    assert len(rows) > 0.25 * len(wrong)
    assert np.mean([row in wrong for row in rows]) > 0.95


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_many_rows_stay_within_the_budget(solver, clock):
    clock.tick = 0.01  # a step or iteration looks once
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 30)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    estimator = net(SoftmaxClassifier, (300, 300), solver=solver, max_iter=1000)
    report = diagnose(estimator, X, y, max_time=0.3)
    # The last step or iteration of each training may exceed the budget.
    assert 0.2 < clock.now < 0.6
    assert "5000 of 20000 rows" in report.subject
    # A check without time reports nothing.
    assert not report.findings, str(report)
    report = diagnose(estimator, X, y, max_time=1e-6)
    assert set(report.skipped) == {
        "comparison with baselines",
        "fit of a few rows",
        "learning rate",
        "label noise",
    }
    assert not report.findings, str(report)
    assert "Not checked" in str(report)


def test_no_linear_model_is_trained_for_thousands_of_classes(monkeypatch):
    """L-BFGS would keep the scores of all rows in memory."""
    monkeypatch.setattr(sys.modules[diagnose.__module__], "MAX_LINEAR_SCORES", 250)
    report = diagnose(net(max_iter=5), *IRIS, max_steps=5)
    assert list(report.skipped) == ["comparison with a linear model"]
    assert "accuracy of a linear model" not in report.facts
    assert "accuracy of a constant" in report.facts
    assert "not checked: comparison with a linear" in report.summary()["Found"]


def test_rows_are_numbered_as_given():
    X, y = np.tile(DIGITS[0], (2, 1)), np.append(DIGITS[1], DIGITS[1])
    y[len(DIGITS[1]) : len(DIGITS[1]) + 20] += 1
    report = diagnose(net(SoftmaxClassifier, (), max_iter=2), X, y, max_rows=3000)
    groups = report["conflicting_duplicates"].evidence["groups"]
    assert 5 < len(groups) < 20
    for a, b in map(sorted, groups):
        assert a < 20
        assert b - a == len(DIGITS[1])


def test_wrong_calls():
    with pytest.raises(TypeError, match="must be a net of skdl"):
        diagnose(LogisticRegression(), *IRIS)
    with pytest.raises(TypeError, match="must be a net of skdl"):
        diagnose(make_pipeline(StandardScaler(), LogisticRegression()), *IRIS)
    with pytest.raises(ValueError, match="alpha"):
        diagnose(net(alpha=-1), *IRIS)
    with pytest.raises(ValueError, match="NaN"):
        diagnose(net(), np.full((20, 2), np.nan), np.arange(20) % 2)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        diagnose(net(), IRIS[0], IRIS[1][1:])


def test_a_frame_is_not_written_to():
    frame = pd.DataFrame(SOME[0])
    copy = frame.copy()
    diagnose(net(SoftmaxClassifier, (), max_iter=2), frame, SOME[1])
    pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.parametrize("n_rows", [2, 3])
def test_classes_of_one_row_each(n_rows):
    """No row can be held out."""
    X = np.eye(n_rows)
    report = diagnose(net(max_iter=5), X, np.arange(n_rows), max_steps=5)
    assert "accuracy of unseen rows" not in report.facts
