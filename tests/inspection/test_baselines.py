"""Scores of unseen rows, compared with training rows, a constant, a linear model."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    r2_score,
)
from sklearn.preprocessing import StandardScaler

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
)
from tests.inspection.cases import (
    CANCER,
    DIABETES,
    IRIS,
    MANY,
    WINE,
    X_NOISE,
    Y_NOISE,
    net,
)
from tests.inspection.private_names import (
    check_baselines,
    check_epochs,
    check_gap,
    constant_score,
    make_subject,
    run_trial,
    score_of,
    train_linear,
)


def trained(estimator, X, y, convert=np.asarray):
    subject = make_subject(estimator, convert(X), y, 999, 0)
    trial = run_trial(subject, subject.train, 60, 500, held_out=subject.held_out)
    return subject, trial


@pytest.mark.parametrize(
    ("params", "max_steps", "max_iter"),
    [
        ({"max_iter": 8}, 500, 32),
        ({"max_iter": 8}, 40, 20),
        ({"max_iter": 8}, 20, None),  # hardly more steps than 8 epochs have
        ({"max_iter": 80}, 500, None),
        ({"max_iter": 8, "tol": 9, "n_iter_no_change": 2}, 500, None),
        ({"max_iter": 3, "solver": "lbfgs"}, 500, 12),
    ],
)
def test_too_few_epochs(params, max_steps, max_iter):
    subject = make_subject(net(**params), *MANY, 999, 0)
    trial = run_trial(subject, subject.train, 60, 500, held_out=subject.held_out)
    found = list(check_epochs(subject, trial, None, max_steps, 60))
    assert [f.changes for f in found] == [{"max_iter": max_iter}] * bool(max_iter)
    for finding in found:
        assert finding.evidence["score_after_these"] > finding.evidence["score"] + 0.1


def test_a_trial_that_is_shorter_than_the_training_says_nothing_about_epochs():
    subject = make_subject(net(max_iter=20), *MANY, 999, 0)
    trial = run_trial(subject, subject.train, 60, 8, held_out=subject.held_out)
    assert not list(check_epochs(subject, trial, None, 500, 60))


def test_less_certainty_is_enough_below_a_linear_model():
    subject = make_subject(net(max_iter=40), *MANY, 999, 0)
    trial = run_trial(subject, subject.train, 60, 500, held_out=subject.held_out)
    linear = train_linear(subject, 60)
    rows = subject.held_out
    assert score_of(subject, trial, rows).value < score_of(*linear[::-1], rows).value
    found = [
        [f.kind for f in check_epochs(subject, trial, one, 500, 60)]
        for one in (None, linear)
    ]
    assert found == [[], ["too_few_epochs"]]


def test_scores_of_a_regressor_are_r2():
    subject, trial = trained(net(MLPRegressor, max_iter=30), *DIABETES)
    rows, y = subject.held_out, subject.y
    # R² with the mean of the training rows in place of that of these rows.
    expected = (
        1
        - ((trial.net.predict(subject.X[rows]) - y[rows]) ** 2).sum()
        / ((y[rows] - trial.everything.constant) ** 2).sum()
    )
    score = score_of(subject, trial, rows).value
    assert_allclose(score, expected)
    assert_allclose(
        score, r2_score(y[rows], trial.net.predict(subject.X[rows])), atol=0.05
    )
    assert_allclose(constant_score(subject, trial, rows).value, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("Net", "y"),
    [
        (SoftmaxClassifier, IRIS[1]),
        (SoftmaxClassifier, np.eye(3)[IRIS[1]]),
        (LogisticClassifier, np.eye(3, dtype=int)[IRIS[1]]),
        (LogisticClassifier, np.column_stack([IRIS[1], IRIS[1] > 0])),
    ],
)
def test_scores_of_a_classifier_are_shares_of_right_labels(Net, y):
    subject, trial = trained(net(Net, max_iter=20), IRIS[0], y)
    rows = subject.held_out
    predicted, truth = trial.net.predict(subject.X[rows]), subject.y[rows]
    if subject.kind == "soft":
        truth = truth.argmax(axis=1)
    assert_allclose(score_of(subject, trial, rows).value, (predicted == truth).mean())
    constant = constant_score(subject, trial, rows)
    assert len(constant.parts) == len(rows)
    assert 0.2 < constant.value < 0.8


@pytest.mark.parametrize("convert", [np.asarray, csr_array])
def test_linear_model_is_as_good_as_scikit_learns(convert):
    X = CANCER[0] * np.geomspace(1e-3, 1e3, 30)
    options = {"dropout": 0.1, "normalization": "batch", "max_grad_norm": 1.0}
    estimator = net(MLPClassifier, max_iter=2, **options)
    subject = make_subject(estimator, convert(X), CANCER[1], 999, 0)
    trial, scaled = train_linear(subject, 60)
    assert not trial.network.activations
    if convert is csr_array:
        return  # whose columns stay as they are
    rows, train = subject.held_out, subject.train
    scaler = StandardScaler().fit(X[train])
    model = LogisticRegression(C=1.0).fit(scaler.transform(X[train]), subject.y[train])
    expected = model.score(scaler.transform(X[rows]), subject.y[rows])
    assert_allclose(score_of(scaled, trial, rows).value, expected, atol=0.01)


@pytest.mark.parametrize("container", ["default", "pandas"])
def test_linear_regression_is_ridge(container):
    subject = make_subject(net(MLPRegressor, max_iter=2), *DIABETES, 999, 0)
    with config_context(transform_output=container):
        trial, scaled = train_linear(subject, 60)
    X, y, train = scaled.X, scaled.y, subject.train
    model = Ridge(1.0).fit(X[train], y[train])
    assert_allclose(trial.net.predict(X), model.predict(X), atol=0.01)


def findings(estimator, X, y):
    subject, trial = trained(estimator, X, y)
    facts = {}
    linear = train_linear(subject, 60)
    found = {f.kind: f for f in check_baselines(subject, trial, linear, facts)}
    return found, facts


def test_a_net_that_learns_is_left_alone():
    found, facts = findings(net(learning_rate_init=0.01), *IRIS)
    assert not found
    assert set(facts) == {
        f"accuracy of {what}"
        for what in ("unseen rows", "a constant", "a linear model")
    }
    found, facts = findings(net(MLPRegressor), *DIABETES)
    assert not found
    assert facts["R² of a constant"] == pytest.approx(0, abs=1e-12)


def test_a_net_that_is_worse():
    found, _ = findings(net(MLPRegressor, learning_rate_init=1e-6), *DIABETES)
    assert set(found) == {"no_better_than_chance", "worse_than_linear"}
    evidence = found["worse_than_linear"].evidence
    assert evidence["score"] < 0.1 < evidence["score_of_a_linear_model"]
    assert evidence["rows_compared"] == 89


def test_few_rows_are_not_compared():
    rng = np.random.default_rng(0)
    found, facts = findings(
        net(max_iter=5), rng.normal(size=(30, 3)), np.arange(30) % 2
    )
    assert not found
    assert not facts


def test_gap_between_training_rows_and_unseen_rows():
    wide = net(SoftmaxClassifier, (200,), alpha=0)
    (finding,) = check_gap(*trained(wide, X_NOISE, Y_NOISE))
    assert finding.evidence["score_of_training_rows"] == 1
    assert finding.evidence["score_of_unseen_rows"] < 0.8
    assert finding.changes == {"alpha": 0.01, "dropout": 0.3, "early_stopping": True}
    subject, trial = trained(net(max_iter=60), *WINE)
    assert not list(check_gap(subject, trial))
    assert not list(check_gap(subject, replace(trial, net=None)))
    assert not list(check_gap(*trained(net(MLPRegressor, max_iter=15), *DIABETES)))
    linear = net(SoftmaxClassifier, (), alpha=2.0, max_iter=200, tol=0)
    for finding in check_gap(*trained(linear, X_NOISE, Y_NOISE)):
        assert finding.changes == {"alpha": 20.0, "early_stopping": True}
