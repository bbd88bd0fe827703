"""Members that are trained on different rows, and the rows that they leave out."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline

import skdl
from skdl import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.ensemble import BaggingEnsembleClassifier, BaggingEnsembleRegressor
from tests.ensemble.common import parameters_of

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS = np.arange(80)
# Each row is left out by one member at least, and some by two.
FOLDS = [
    (ROWS[20:], ROWS[:40]),
    (np.delete(ROWS, np.s_[40:60]), ROWS[30:60]),
    (ROWS[:60], ROWS[50:]),
]
COUNTED = np.array([np.isin(ROWS, left_out) for _, left_out in FOLDS])


def words(X):
    return np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]


def columns(X):
    return np.column_stack([X[:, :3].argmax(axis=1), X[:, 0] > 0]) + 1


def soft(X):
    return np.exp(X[:, :3]) / np.exp(X[:, :3]).sum(axis=1, keepdims=True)


TARGETS = {  # classifier, y of X
    "words": (MLPClassifier, words),
    "two words": (MLPClassifier, lambda X: words(X) == "ant"),
    "labels": (LogisticClassifier, lambda X: (X[:, :3] > 0).astype(int)),
    "columns": (SoftmaxClassifier, columns),
    "soft": (SoftmaxClassifier, soft),
}


def listed(answer):
    return answer if isinstance(answer, list) else [answer]


def mean_of_counted(each):
    """Return the mean over the members that leave a row out."""
    weights = COUNTED.reshape(*COUNTED.shape, *[1] * (np.ndim(each) - 2))
    return (weights * each).sum(axis=0) / weights.sum(axis=0)


@pytest.mark.parametrize("kind", TARGETS)
def test_members_and_votes_on_rows_left_out(make, kind, X):
    Net, target = TARGETS[kind]
    y = target(X)
    ensemble = make(BaggingEnsembleClassifier, Net, cv=iter(FOLDS)).fit(X, y)
    assert len(ensemble.estimators_) == len(set(ensemble.member_seeds_.tolist())) == 3
    for (rows, _), seed, member in zip(
        FOLDS, ensemble.member_seeds_, ensemble.estimators_, strict=True
    ):
        net = clone(ensemble.estimator).set_params(random_state=int(seed))
        net.fit(X[rows], y[rows])
        assert_allclose(parameters_of(net), parameters_of(member), rtol=1e-9)
        assert_allclose(net.loss_curve_, member.loss_curve_)
    each = zip(*(listed(m.predict_proba(X)) for m in ensemble.estimators_), strict=True)
    expected = [mean_of_counted(np.array(one)) for one in each]
    for ours, theirs in zip(
        listed(ensemble.oob_decision_function_), expected, strict=True
    ):
        assert_allclose(ours, theirs, rtol=1e-6)
    if kind == "words":
        predicted = ensemble.classes_[expected[0].argmax(axis=1)]
        assert ensemble.oob_score_ == accuracy_score(y, predicted)
    assert 0 <= ensemble.oob_score_ <= 1


@pytest.mark.parametrize("voting", ["hard", "margin"])
@pytest.mark.parametrize("weights", [None, "confidence"])
def test_other_votes(make, voting, weights, X):
    y = words(X)
    ensemble = make(
        BaggingEnsembleClassifier, MLPClassifier, cv=FOLDS, voting=voting,
        weights=weights,
    ).fit(X, y)  # fmt: skip
    members = ensemble.estimators_
    if voting == "hard":
        each = [m.predict(X)[:, np.newaxis] == m.classes_ for m in members]
    else:
        each = [m.decision_function(X) for m in members]
    shares = np.ones((3, 80, 1))
    if weights is not None:
        shares = np.array([m.predict_proba(X).max(axis=1)[:, None] for m in members])
    shares = shares * COUNTED[:, :, np.newaxis]
    expected = (shares * each).sum(axis=0) / shares.sum(axis=0)
    if voting == "margin":
        expected = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    assert_allclose(ensemble.oob_decision_function_, expected, rtol=1e-6)
    predicted = ensemble.classes_[expected.argmax(axis=1)]
    assert ensemble.oob_score_ == accuracy_score(y, predicted)


def test_nets_without_probabilities(make, X, y):
    ensemble = make(
        BaggingEnsembleClassifier, SVMClassifier, cv=FOLDS, voting="margin"
    ).fit(X, y)
    each = np.array([m.decision_function(X) for m in ensemble.estimators_])
    assert_allclose(
        ensemble.oob_decision_function_, mean_of_counted(each), rtol=1e-6, atol=1e-12
    )


@pytest.mark.parametrize("voting", ["mean", "median"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_predictions_of_rows_left_out(make, voting, n_outputs, X):
    y = X[:, 0] if n_outputs == 1 else X[:, :2]
    ensemble = make(BaggingEnsembleRegressor, cv=FOLDS, voting=voting).fit(X, y)
    each = np.array([m.predict(X) for m in ensemble.estimators_])
    each[~COUNTED] = np.nan
    average = np.nanmean if voting == "mean" else np.nanmedian
    assert_allclose(ensemble.oob_prediction_, average(each, axis=0), rtol=1e-6)
    assert ensemble.oob_score_ == pytest.approx(r2_score(y, ensemble.oob_prediction_))
    predicted, std = ensemble.predict(X, return_std=True)
    assert predicted.shape == std.shape == y.shape


def test_rows_are_drawn(Bags, make, X, y):
    """A single member leaves out the rows that it was not trained on."""

    def n_left_out(**options):
        ensemble = make(Bags, n_members=1, **options).fit(X, y)
        name = (
            "oob_prediction_" if "Regr" in Bags.__name__ else "oob_decision_function_"
        )
        values = getattr(ensemble, name).reshape(80, -1)[:, 0]
        return 80 - np.isnan(values).sum()

    assert n_left_out(bootstrap=False, max_samples=60) == 20
    assert n_left_out(bootstrap=False, max_samples=0.5) == 40
    assert 18 < n_left_out() < 42  # 80 / e
    assert 30 < n_left_out(max_samples=0.5) < 60
    assert n_left_out(cv=4) == 80
    assert n_left_out(random_state=0) != n_left_out(random_state=3)


def test_members_differ_and_a_seed_repeats_them(Bags, make, X, y):
    ensemble = make(Bags).fit(X, y)
    parameters = parameters_of(ensemble)
    assert len(np.unique(parameters.round(9), axis=0)) == 3
    assert_array_equal(parameters_of(make(Bags).fit(X, y)), parameters)
    two = make(Bags, n_jobs=2).fit(X, y)
    assert_allclose(parameters_of(two), parameters, rtol=1e-9)
    assert two.oob_score_ == pytest.approx(ensemble.oob_score_)


def test_no_row_is_left_out(Bags, make, X, y):
    ensemble = make(Bags).fit(X, y)
    assert hasattr(ensemble, "oob_score_")
    ensemble.set_params(bootstrap=False).fit(X, y)
    assert not [name for name in vars(ensemble) if name.startswith("oob")]


def test_cv_is_a_number_of_folds(Bags, make, X, y):
    splitter = StratifiedKFold(4) if "Class" in Bags.__name__ else KFold(4)
    one, two = (make(Bags, cv=cv).fit(X, y) for cv in (4, splitter))
    assert len(one.estimators_) == 4
    assert_array_equal(parameters_of(one), parameters_of(two))


@pytest.mark.parametrize("weighted", [False, True])
def test_every_member_knows_all_classes(make, weighted, X, y):
    y = y.copy()
    y[y == 2] = 0
    y[[5, 6]] = 2
    w = np.linspace(1, 2, 80) if weighted else None
    ensemble = make(BaggingEnsembleClassifier, MLPClassifier, n_members=8).fit(X, y, w)
    assert ensemble.oob_decision_function_.shape == (80, 3)
    # Rows of weight 0 only say that there is a class.
    folds = [(ROWS[7:], ROWS[:7]), (ROWS[:60], ROWS[60:])]
    ensemble = make(BaggingEnsembleClassifier, MLPClassifier, cv=folds).fit(X, y, w)
    member = ensemble.estimators_[0]
    assert_array_equal(member.classes_, [0, 1, 2])
    assert member.predict_proba(X)[:, 2].max() < 0.5
    labels = np.column_stack([y, X[:, 0] > 0])
    ensemble = make(BaggingEnsembleClassifier, SoftmaxClassifier, cv=folds)
    assert [len(k) for k in ensemble.fit(X, labels).classes_] == [3, 2]


def test_early_stopping_watches_rows_left_out(Bags, make, X, y):
    net = {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 3}
    ensemble = make(Bags, net=net, cv=FOLDS).fit(X, y)
    for (_, left_out), member in zip(FOLDS, ensemble.estimators_, strict=True):
        score = member.score(X[left_out], y[left_out])
        assert member.best_validation_score_ == pytest.approx(score)
    # The user's own rows come first.
    ensemble.fit(X, y, X_val=X[:30], y_val=y[:30])
    for member in ensemble.estimators_:
        assert member.best_validation_score_ == pytest.approx(
            member.score(X[:30], y[:30])
        )
    # So does the user's own split; without rows left out, the net's one.
    own = make(Bags, net=net | {"validation_split": 2}, cv=FOLDS).fit(X, y)
    none = make(Bags, net=net | {"validation_fraction": 0.3}, bootstrap=False)
    for fitted in (own, none.fit(X, y)):
        assert fitted.estimators_[0].best_validation_score_ is not None


def test_a_member_that_saw_all_rows_holds_out_rows_of_its_own(Bags, make, X, y):
    folds = [FOLDS[0], (ROWS, ROWS[:0])]
    ensemble = make(Bags, net={"early_stopping": True}, cv=folds).fit(X, y)
    seed = int(ensemble.member_seeds_[1])
    net = clone(ensemble.estimator).set_params(random_state=seed).fit(X, y)
    member = ensemble.estimators_[1]
    assert_allclose(parameters_of(net), parameters_of(member), 1e-9)


def test_rows_of_weight_zero_judge_nobody(Bags, make, X, y):
    w = np.zeros(80)
    w[20:40] = 1
    net = {"early_stopping": True}
    ensemble = make(Bags, net=net, cv=[(ROWS[:40], ROWS[40:])]).fit(X, y, w)
    assert np.isnan(ensemble.oob_score_)
    seed = int(ensemble.member_seeds_[0])
    net = clone(ensemble.estimator).set_params(random_state=seed)
    net.fit(X[:40], y[:40], w[:40])
    assert_allclose(parameters_of(net), parameters_of(ensemble.estimators_[0]), 1e-9)
    with pytest.raises(ValueError, match="is zero for all rows that member 0 "):
        make(Bags, cv=[(ROWS[40:], ROWS[:40])]).fit(X, y, w)


def test_bad_splits_are_named(Bags, make, X, y):
    with pytest.raises(ValueError, match="groups.* by cv=list"):
        make(Bags, cv=GroupKFold(2)).fit(X, y)
    with pytest.raises(ValueError, match=r"Split 1 of cv .* trains on no row"):
        make(Bags, cv=[FOLDS[0], ([], ROWS)]).fit(X, y)


def test_weights_of_rows(Bags, make, X, y):
    w = np.linspace(0, 2, 80)
    ensemble = make(Bags, cv=FOLDS).fit(X, y, w.tolist())
    rows, seed = FOLDS[0][0], int(ensemble.member_seeds_[0])
    net = clone(ensemble.estimator).set_params(random_state=seed)
    net.fit(X[rows], y[rows], w[rows])
    assert_allclose(parameters_of(net), parameters_of(ensemble.estimators_[0]), 1e-9)
    if "Regr" in Bags.__name__:
        expected = r2_score(y, ensemble.oob_prediction_, sample_weight=w)
    else:
        predicted = ensemble.oob_decision_function_.argmax(axis=1)
        expected = accuracy_score(y, predicted, sample_weight=w)
    assert ensemble.oob_score_ == pytest.approx(expected)
    with pytest.raises(ValueError, match="sample_weight has 79 numbers"):
        make(Bags).fit(X, y, w[1:])
    one, each = (make(Bags).fit(X, y, weight) for weight in (2.0, np.full(80, 2.0)))
    assert_array_equal(one.predict(X), each.predict(X))


def test_little_working_memory(Bags, make, X, y):
    expected = make(Bags).fit(X, y)
    with config_context(working_memory=0):
        ensemble = make(Bags).fit(X, y)
    assert_allclose(parameters_of(ensemble), parameters_of(expected), rtol=1e-9)


@pytest.mark.parametrize("kind", ["frame", "list", "sparse"])
def test_kinds_of_x(Bags, make, kind, X, y):
    frame = pd.DataFrame(X, columns=list("abcde"))
    rows = {"frame": frame, "list": X.tolist(), "sparse": csr_array(X)}[kind]
    target = {"frame": pd.Series(y), "list": y.tolist(), "sparse": y}[kind]
    ensemble = make(Bags).fit(rows, target)
    expected = make(Bags).fit(X, y)
    assert_allclose(parameters_of(ensemble), parameters_of(expected), rtol=1e-6)
    assert ensemble.oob_score_ == pytest.approx(expected.oob_score_)
    if kind == "frame":
        assert list(ensemble.feature_names_in_) == list("abcde")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"max_samples": 81},
            "max_samples=81 must not be above the number of rows, 80",
        ),
        ({"max_samples": 0.0}, "'max_samples' parameter"),
        ({"cv": 1}, "'cv' parameter"),
        ({"weights": "score"}, "'weights' parameter"),
        ({"n_members": 0}, "'n_members' parameter"),
    ],
)
def test_bad_options_change_nothing(make, options, message, X, y):
    ensemble = make(BaggingEnsembleClassifier).fit(X, y)
    ensemble.set_params(**options)
    before = dict(vars(ensemble))
    with pytest.raises(ValueError, match=message):
        ensemble.fit(X, y)
    assert vars(ensemble) == before


def test_pipelines_are_refused(Bags, make, X, y):
    with pytest.raises(ValueError, match="estimator of .* must be one of skdl's"):
        Bags(make_pipeline(Standardizer(), MLPClassifier())).fit(X, y)


def test_files_and_copies(Bags, make, X, y):
    ensemble = make(Bags).fit(X, y)
    for other in (
        copy.deepcopy(ensemble),
        pickle.loads(pickle.dumps(ensemble)),
        skops.io.loads(skops.io.dumps(ensemble), trusted=skdl.trusted_types),
    ):
        assert_array_equal(other.predict(X), ensemble.predict(X))
        assert other.oob_score_ == ensemble.oob_score_
    assert clone(ensemble).get_params().keys() == ensemble.get_params().keys()
