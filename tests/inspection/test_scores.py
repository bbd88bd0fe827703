"""Scores: weights as in training, and the scoring of the net."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
)

from skdl import (
    LogisticClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.inspection import diagnose
from tests.inspection.cases import (
    DIABETES,
    IRIS,
    net,
)
from tests.inspection.private_names import (
    Score,
    check_baselines,
    check_gap,
    constant_score,
    has_score,
    make_subject,
    metric_label,
    metric_name,
    run_trial,
    scale_of,
    score_of,
)

X, Y = make_classification(
    400, 8, n_informative=4, weights=[0.9], flip_y=0.02, random_state=0
)
WEIGHTS = np.random.default_rng(0).integers(1, 4, 400).astype(float)


def trained(estimator, X=X, y=Y, weights=None):
    subject = make_subject(estimator, X, y, 999, 0, weights)
    return subject, run_trial(subject, subject.train, 60, 20, held_out=subject.held_out)


def scores(estimator, X=X, y=Y, weights=None):
    subject, trial = trained(estimator, X, y, weights)
    rows = subject.held_out
    return (
        subject,
        trial,
        score_of(subject, trial, rows),
        constant_score(subject, trial, rows),
    )


def test_balanced_classes_are_judged_as_balanced():
    subject, trial, score, constant = scores(net(class_weight="balanced"))
    rows = subject.held_out
    predicted = trial.net.predict(subject.X[rows])
    assert_allclose(score.value, balanced_accuracy_score(subject.y[rows], predicted))
    assert_allclose(constant.value, 0.5)
    assert metric_name(subject) == "balanced accuracy"
    assert_allclose(trial.everything.chance, np.log(2), rtol=1e-6)


def test_sample_weights_count():
    subject, trial, score, constant = scores(net(), weights=WEIGHTS)
    rows, weights = subject.held_out, subject.weights
    predicted = trial.net.predict(subject.X[rows])
    expected = accuracy_score(subject.y[rows], predicted, sample_weight=weights[rows])
    assert_allclose(score.value, expected)
    share = np.average(subject.y[rows] == 0, weights=weights[rows])
    assert_allclose(constant.value, share)
    assert metric_name(subject) == "weighted accuracy"
    p = np.average(subject.y[subject.train], weights=weights[subject.train])
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert_allclose(trial.everything.chance, entropy, rtol=1e-6)


def test_weights_act_like_repeated_rows():
    """Weighted rows have the same best constant as repeated rows."""
    y = DIABETES[1]
    weights = np.arange(len(y)) % 3 + 1.0
    subject, trial, _, constant = scores(net(MLPRegressor), *DIABETES, weights)
    train = subject.train
    mean = np.average(subject.y[train], weights=subject.weights[train])
    assert_allclose(trial.everything.constant, mean)
    assert_allclose(constant.value, 0, atol=1e-12)
    assert metric_name(subject) == "R²"


def test_rows_without_weight_are_left_out():
    weights = np.where(np.arange(400) < 50, 0, WEIGHTS)
    subject = make_subject(net(), X, Y, 999, 0, weights)
    assert subject.row_numbers.tolist() == list(range(50, 400))
    assert len(subject.all_y) == len(subject.weights) == 350
    assert subject.train.max() < 350
    subject = make_subject(net(), X, Y, 99, 0, weights)
    assert_allclose(subject.X, X[subject.row_numbers])
    assert_allclose(subject.weights, weights[subject.row_numbers])
    assert (subject.y == Y[subject.row_numbers]).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(400), "at least one non-zero"),
        (np.ones(3), "sample_weight has 3 numbers"),
        (-np.ones(400), "not negative"),
    ],
)
def test_wrong_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        diagnose(net(), X, Y, weights)


SCORERS = {
    "average_precision": (average_precision_score, 1.0),
    "neg_log_loss": (lambda y, p: -log_loss(y, p), None),
}


@pytest.mark.parametrize("scoring", SCORERS)
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_a_scorer_is_used(scoring, weight):
    metric, factor = SCORERS[scoring]
    subject, trial, score, constant = scores(net(scoring=scoring, class_weight=weight))
    y, rows = subject.y[subject.held_out], subject.held_out
    p = trial.net.predict_proba(subject.X[rows])[:, 1]
    assert_allclose(score.value, metric(y, p))
    expected = np.full(len(y), 0.5 if weight else subject.y[subject.train].mean())
    assert_allclose(constant.value, metric(y, expected), rtol=1e-4)
    factor = factor or -1 / constant.value
    way = 1 - constant.value if scoring == "average_precision" else 1
    assert_allclose(scale_of(subject, constant), (factor, way))
    assert metric_name(subject) == metric_label(scoring)


@pytest.mark.parametrize(
    ("estimator", "X", "y"),
    [
        (net(SVMClassifier, scoring="roc_auc"), X, Y),
        (net(scoring="accuracy"), IRIS[0], np.array(["a", "b", "c"])[IRIS[1]]),
        (net(scoring="accuracy"), IRIS[0], np.eye(3)[IRIS[1]]),
        (net(scoring="loss"), IRIS[0], IRIS[1]),
        (
            net(LogisticClassifier, scoring="f1_micro"),
            IRIS[0],
            np.eye(3, dtype=int)[IRIS[1]],
        ),
        (net(MLPRegressor, scoring="r2"), *DIABETES),
        (net(MLPRegressor, scoring="neg_mean_absolute_error"), *DIABETES),
        (net(MLPRegressor, scoring=make_scorer(mean_absolute_error)), *DIABETES),
        (
            net(MLPRegressor, scoring="loss"),
            DIABETES[0],
            np.column_stack([DIABETES[1]] * 2),
        ),
    ],
    ids=lambda one: str(getattr(one, "scoring", "")),
)
@pytest.mark.parametrize("weighted", [False, True])
def test_any_scoring_of_any_net(estimator, X, y, weighted):
    weights = np.arange(len(y)) % 2 + 1.0 if weighted else None
    subject, trial = trained(estimator.set_params(early_stopping=False), X, y, weights)
    linear, facts = (trial, subject), {}
    assert has_score(subject, trial, subject.held_out)
    kinds = [one.kind for one in check_baselines(subject, trial, linear, facts)]
    assert "worse_than_linear" not in kinds
    assert np.isfinite(list(facts.values())).all()
    assert f"{metric_name(subject)} of a constant" in facts
    list(check_gap(subject, trial))


def test_errors_of_differences():
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal([[1], [0]], size=(2, 50))
    gain, error = Score(ours.mean(), ours).gain_over(Score(theirs.mean(), theirs))
    assert_allclose(gain, (ours - theirs).mean())
    assert_allclose(error, (ours - theirs).std() / np.sqrt(50))
    weights = np.full(50, 3.0)
    assert_allclose(Score(0, ours, weights).error, ours.std() / np.sqrt(50))
    assert Score(0, np.full(10, np.nan), has_rows=False).error == np.inf


def test_the_jackknife_finds_the_error_of_a_mean():
    """Errors from groups of rows are close to those from single rows."""
    subject, trial, by_rows, _ = scores(net())
    subject.net.set_params(scoring="accuracy")
    by_groups = score_of(subject, trial, subject.held_out)
    assert by_groups.value == by_rows.value
    assert 0.4 < by_groups.error / by_rows.error < 2.5


@pytest.mark.slow
@pytest.mark.parametrize("weight", [None, "balanced"])
def test_weighted_classes_are_not_reported_as_chance(weight):
    """The cure of `class_imbalance` causes no finding itself."""
    X, y = make_classification(
        3000, 20, n_informative=4, weights=[0.93], class_sep=0.4, flip_y=0.02,
        random_state=0,
    )  # fmt: skip
    estimator = SoftmaxClassifier(
        (50,), max_iter=60, early_stopping=True, scoring="average_precision",
        dropout=0.2, class_weight=weight, random_state=0,
    )  # fmt: skip
    report = diagnose(estimator, X, y)
    assert {"does_not_beat_chance", "no_better_than_chance"}.isdisjoint(report.kinds)
    assert ("class_imbalance" in report) == (weight is None)
    assert report.facts["loss at the end"] < report.facts["loss of a constant"]
    assert report.facts["training rows"] == 2400


def test_a_constant_is_not_fitted_to_the_sample():
    """The best constant is fitted to all training rows."""
    _, trial = trained(net(), np.tile(X, (3, 1)), np.tile(Y, 3))
    assert len(trial.sample.targets) == 256 < len(trial.everything.targets)
    assert trial.sample.constant is trial.everything.constant
    assert trial.sample.chance != trial.everything.chance


def test_a_scorer_that_lacks_a_class():
    """The only row of a class is trained on, and the scorer needs it."""
    estimator = net(scoring="roc_auc_ovr", early_stopping=True, max_iter=5)
    y = np.where(np.arange(150) == 3, 3, IRIS[1])
    report = diagnose(estimator, IRIS[0], y, max_time=0.1)
    assert report.skipped["scoring"].startswith("scoring='roc_auc_ovr' cannot score")
    assert estimator.scoring == "roc_auc_ovr"


def test_a_scorer_that_fails_for_a_group():
    def fails(estimator, X, y):
        if len(y) < 80:
            raise ValueError("too few")
        return 0.5

    subject, trial = trained(net(), X, Y)
    subject.net.set_params(scoring=fails)
    score = score_of(subject, trial, subject.held_out)
    assert (score.value, score.error) == (0.5, np.inf)
    assert metric_name(subject) == "fails"
