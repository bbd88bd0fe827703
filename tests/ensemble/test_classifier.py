"""Votes of classifiers: every kind of y, and what each vote has to say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.ensemble import SeedEnsembleClassifier

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

WORDS = np.array(["ant", "bee", "cat"])


def columns(X):
    return np.column_stack([X[:, :3].argmax(axis=1), X[:, 0] > 0]) + 1


TARGETS = {  # classifier, y of X
    "words": (MLPClassifier, lambda X: WORDS[X[:, :3].argmax(axis=1)]),
    "two words": (MLPClassifier, lambda X: WORDS[(X[:, 0] > 0).astype(int)]),
    "two scores": (SoftmaxClassifier, lambda X: WORDS[(X[:, 0] > 0).astype(int)]),
    "labels": (LogisticClassifier, lambda X: (X[:, :3] > 0).astype(int)),
    "columns": (SoftmaxClassifier, columns),
    "sigmoids of columns": (MLPClassifier, columns),
    "soft": (
        SoftmaxClassifier,
        lambda X: np.exp(X[:, :3]) / np.exp(X[:, :3]).sum(axis=1, keepdims=True),
    ),
}


@pytest.fixture(params=TARGETS)
def problem(request, X):
    Net, target = TARGETS[request.param]
    return Net, target(X)


def listed(answer):
    return answer if isinstance(answer, list) else [answer]


def mean(members, method, X):
    """Return the mean of what a method returns, for each column of labels."""
    each = [listed(getattr(member, method)(X)) for member in members]
    return [np.mean(answers, axis=0) for answers in zip(*each, strict=True)]


def test_soft_vote_is_the_mean_of_the_members(Classifier, make, problem, X):
    Net, y = problem
    ensemble = make(Classifier, Net).fit(X, y)
    members = ensemble.estimators_
    for ours, theirs in zip(
        listed(ensemble.predict_proba(X)),
        mean(members, "predict_proba", X),
        strict=True,
    ):
        assert_allclose(ours, theirs, rtol=1e-6)
    for log_p, p in zip(
        listed(ensemble.predict_log_proba(X)),
        listed(ensemble.predict_proba(X)),
        strict=True,
    ):
        assert_allclose(np.exp(log_p), p, rtol=1e-6)


def test_margin_vote_is_the_mean_of_the_decisions(Classifier, make, problem, X):
    Net, y = problem
    ensemble = make(Classifier, Net, voting="margin").fit(X, y)
    expected = mean(ensemble.estimators_, "decision_function", X)
    for ours, theirs in zip(
        listed(ensemble.decision_function(X)), expected, strict=True
    ):
        assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def test_hard_vote_is_the_most_frequent_decision(Classifier, make, problem, X):
    Net, y = problem
    ensemble = make(Classifier, Net, voting="hard").fit(X, y)
    votes = np.array([member.predict(X) for member in ensemble.estimators_])
    votes = votes.reshape(3, 80, -1)
    predicted = ensemble.predict(X).reshape(80, -1)
    for i, j in np.ndindex(predicted.shape):
        labels, counts = np.unique(votes[:, i, j], return_counts=True)
        assert predicted[i, j] == labels[counts.argmax()]
    assert not hasattr(ensemble, "predict_proba")


@pytest.mark.parametrize("voting", ["soft", "hard", "margin"])
def test_score_is_the_share_of_right_rows(Classifier, make, problem, voting, X):
    Net, y = problem
    ensemble = make(Classifier, Net, voting=voting).fit(X, y)
    predicted, truth = ensemble.predict(X), y
    if y.dtype == float:
        truth = y.argmax(axis=1)
    right = (predicted == truth).reshape(80, -1).all(axis=1)
    assert ensemble.score(X, y) == pytest.approx(right.mean())
    w = np.arange(80.0)
    assert ensemble.score(X, y, w) == pytest.approx(np.average(right, weights=w))
    # The members are of the same opinion about what a score is.
    assert ensemble.estimators_[0].score(X, y) == pytest.approx(
        (ensemble.estimators_[0].predict(X) == truth).reshape(80, -1).all(1).mean()
    )


def test_classes_are_the_members(Classifier, make, problem, X):
    Net, y = problem
    ensemble = make(Classifier, Net).fit(X, y)
    for ours, theirs in zip(
        listed(ensemble.classes_), listed(ensemble.estimators_[0].classes_), strict=True
    ):
        assert_array_equal(ours, theirs)


def test_the_vote_may_be_changed_after_fit(Classifier, make, X, y):
    ensemble = make(Classifier).fit(X, y)
    for voting in ("hard", "margin"):
        expected = make(Classifier, voting=voting).fit(X, y).decision_function(X)
        ensemble.set_params(voting=voting)
        assert_array_equal(ensemble.decision_function(X), expected)


@pytest.mark.parametrize("voting", ["hard", "margin"])
def test_hinge_losses_vote_without_probabilities(Classifier, make, voting, X, y):
    ensemble = make(Classifier, SVMClassifier, voting=voting, net={"max_iter": 90})
    ensemble.fit(X, WORDS[y])
    assert ensemble.score(X, WORDS[y]) > 0.7
    assert not hasattr(ensemble, "predict_proba")
    assert ensemble.decision_function(X).shape == (80, 3)


def test_hinge_losses_have_no_soft_vote_and_no_confidence(Classifier, make, X, y):
    with pytest.raises(ValueError, match="SVMClassifier.*has none: take voting='marg"):
        make(Classifier, SVMClassifier).fit(X, y)
    ensemble = make(Classifier, SVMClassifier, voting="hard", weights="confidence")
    with pytest.raises(ValueError, match="weights='confidence' are probabilities"):
        ensemble.fit(X, y)
    ensemble = make(Classifier, SVMClassifier, voting="hard").fit(X, y)
    with pytest.raises(ValueError, match="voting='soft' takes the mean of prob"):
        ensemble.set_params(voting="soft").predict(X)


def test_one_member_predicts_like_its_net(Classifier, make, problem, X):
    Net, y = problem
    ensemble = make(Classifier, Net, n_members=1).fit(X, y)
    (member,) = ensemble.estimators_
    for method in ("predict_proba", "decision_function", "predict_log_proba"):
        for ours, theirs in zip(
            listed(getattr(ensemble, method)(X)),
            listed(getattr(member, method)(X)),
            strict=True,
        ):
            assert_array_equal(ours, theirs)
    assert_array_equal(ensemble.predict(X), member.predict(X))


def test_a_vote_is_better_than_its_voters(make):
    """Nets that overfit noisy labels, each in its own way."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2200, 8))
    y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
    noisy = np.where(rng.random(2200) < 0.15, 1 - y, y)
    net = {"hidden_layer_sizes": 30, "max_iter": 60, "learning_rate_init": 0.03}
    ensemble = make(SeedEnsembleClassifier, net=net, n_members=7)
    ensemble.fit(X[:200], noisy[:200])
    mean = np.mean([m.score(X[200:], y[200:]) for m in ensemble.estimators_])
    for voting in ("soft", "hard", "margin"):
        ensemble.set_params(voting=voting)
        assert ensemble.score(X[200:], y[200:]) > mean + 0.005
