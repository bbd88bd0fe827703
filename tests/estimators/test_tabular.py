"""TabularClassifier and TabularRegressor: tables in, calibrated predictions out."""

import io
import pickle
import threading
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV

from skdl import TabularClassifier, TabularRegressor, _blas_threads
from skdl._blas_threads import one_blas_thread
from skdl.callbacks import (
    Checkpoint,
    CSVLogger,
    EpochLogger,
    LambdaCallback,
    Monitor,
    TrainingTable,
)
from skdl.engine.prediction import raw_scores
from skdl.estimators import _tabular_base as base
from skdl.estimators import _tabular_group as groups
from skdl.estimators import _tabular_training as training
from skdl.estimators._tabular_intervals import error_ratio
from skdl.estimators._tabular_mixture import best_mixture, best_shares
from skdl.inspection import TrainingCurveDisplay
from skdl.inspection._metric_names import metric_of
from tests.scikit_learn_checks import parametrize_with_checks

SMALL = {"hidden_layer_sizes": (16,), "max_iter": 2, "random_state": 0}
KINDS = [TabularClassifier, TabularRegressor]


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(training, "STEPS_PER_EPOCH", 1)


def table(n=160, seed=0):
    """Return a data frame of numbers, text and missing values, and a number."""
    rng = np.random.default_rng(seed)
    number, noise = rng.standard_normal((2, n))
    town = rng.choice(["Aachen", "Bonn", "Trier"], n)
    score = number + 2 * (town == "Bonn") - 1
    number[::10] = np.nan
    frame = pd.DataFrame({"number": number, "noise": noise, "town": town})
    frame["nothing"] = 1.0
    return frame, score


def data_for(kind, n=160):
    X, score = table(n)
    return X, np.where(score > 0, "yes", "no") if kind is TabularClassifier else score


@pytest.mark.slow
@parametrize_with_checks(
    [kind(hidden_layer_sizes=(32,)) for kind in KINDS],
)
def test_checks_of_sklearn(estimator, check, monkeypatch):
    monkeypatch.setattr(training, "STEPS_PER_EPOCH", 7)
    check(estimator)


@pytest.mark.parametrize("kind", KINDS)
def test_table_of_all_kinds(kind):
    X, y = data_for(kind)
    net = kind(**SMALL | {"max_iter": 20}).fit(X, y)
    assert list(net.feature_names_in_) == list(X.columns)
    assert net.score(X, y) > 0.85
    assert net.oof_score_ > 0.7
    assert len(net.oof_prediction_) == len(X)
    assert np.isfinite(net.oof_prediction_).all()
    importances = net.feature_importances_
    assert importances[[0, 2]].min() > 3 * abs(importances[1])
    assert importances[3] == 0
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(X[X.columns[::-1]])


@pytest.mark.parametrize("Net", [TabularClassifier, TabularRegressor])
def test_an_array_after_a_frame_is_one_warning(Net):
    X = pd.DataFrame(np.arange(40.0).reshape(20, 2), columns=["a", "b"])
    net = Net(n_members=2, max_iter=1).fit(X, np.arange(20) % 2)
    with pytest.warns(UserWarning, match="valid feature names") as caught:
        net.predict(X.to_numpy())
    (warning,) = caught
    assert f"but {Net.__name__} was fitted with" in str(warning.message)
    too_few = pytest.raises(ValueError, match=f"but {Net.__name__} is expecting 2")
    with pytest.warns(UserWarning, match="valid feature names"), too_few:
        net.predict(np.zeros((3, 1)))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_frames_of_transform_output_do_not_reach_the_nets(container):
    pytest.importorskip(container)
    X, y = data_for(TabularClassifier, 40)
    net = TabularClassifier(**SMALL, n_members=1)
    expected = net.fit(X, y).predict(X)
    with config_context(transform_output=container):
        assert_array_equal(net.fit(X, y).predict(X), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_net(kind):
    X, y = data_for(kind)
    net = kind(**SMALL).fit(X, y)
    again = clone(net).fit(X, y)
    loaded = pickle.loads(pickle.dumps(net))
    other = clone(net).set_params(random_state=1).fit(X, y)
    assert_array_equal(net.predict(X), again.predict(X))
    assert_array_equal(net.predict(X), loaded.predict(X))
    assert_array_equal(net.oof_prediction_, again.oof_prediction_)
    assert not np.array_equal(net.oof_prediction_, other.oof_prediction_)


def test_held_out_predictions_are_those_of_the_members():
    """In each group a member holds the row out; shares of the groups mix them."""
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL, n_members=9).fit(X, y)
    scores = raw_scores(net._network, net._encoder.transform(X))
    members, weights = net._unscaled(scores)[..., 0], net.member_weights_
    assert_allclose(weights.sum(), 1)
    assert_allclose(net.predict(X), weights @ members)
    first, second = members[:5], members[5:]
    pairs = 5 * weights[0] * first[:, None] + 4 * weights[-1] * second
    nearest = np.abs(pairs - net.oof_prediction_).min(axis=(0, 1))
    assert_allclose(nearest, 0, atol=1e-5)


def test_a_group_of_members_sees_no_bins():
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL, n_members=12).fit(X, y)
    first = net._network.affine[0]
    names = net._encoder.get_feature_names_out()
    is_bin = np.array(["_bin" in name for name in names])
    sees = (first.scales * first.weights != 0).any(axis=2)
    assert sees[:8].all()
    assert_array_equal(sees[8:], np.tile(~is_bin, (4, 1)))
    fewer = clone(net).set_params(n_members=7).fit(X, y)
    assert (fewer._network.affine[0].scales != 0).all()
    assert_allclose(fewer.member_weights_, 1 / 7)


@pytest.mark.parametrize("kind", KINDS)
def test_groups_train_in_threads_as_they_do_in_turns(kind, monkeypatch):
    monkeypatch.setattr(training, "MANY_ROWS", 100)
    X, y = data_for(kind)
    net, threads = kind(**SMALL | {"max_iter": 4}, n_members=24), set()
    epoch = groups.Group.epoch

    def observed(group, rates):
        threads.add(threading.get_ident())
        return epoch(group, rates)

    monkeypatch.setattr(groups.Group, "epoch", observed)
    monkeypatch.setattr(training, "effective_n_threads", lambda: 3)
    together = clone(net).fit(X, y)
    assert threading.get_ident() not in threads
    threads.clear()
    monkeypatch.setattr(training, "effective_n_threads", lambda: 1)
    in_turns = net.fit(X, y)
    assert threads == {threading.get_ident()}
    assert_array_equal(together.predict(X), in_turns.predict(X))
    assert_array_equal(together.oof_prediction_, in_turns.oof_prediction_)


@pytest.mark.parametrize(("n_elements", "n_columns"), [(10**7, 300), (10**5, 255)])
def test_levels_of_two_rows_have_columns(n_elements, n_columns, monkeypatch):
    monkeypatch.setattr(base, "MAX_ELEMENTS", n_elements)
    towns = [f"town {i}" for i in range(300)]
    X = pd.DataFrame({"town": [*towns, *towns, "once"]})
    net = TabularRegressor(**SMALL, n_members=1).fit(X, np.arange(601.0))
    assert net._encoder.widths_ == [n_columns]


def test_threads_of_blas_come_back_after_the_last_fit(monkeypatch):
    limits = []

    class Limit:
        def __init__(self, *args, **options):
            limits.append("set")

        def restore_original_limits(self):
            limits.append("restored")

    monkeypatch.setattr(_blas_threads, "threadpool_limits", Limit)
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert limits == ["set"]
    second.__exit__(None, None, None)
    assert limits == ["set", "restored"]


def test_threads_keep_the_treatment_of_floating_point_errors(monkeypatch):
    monkeypatch.setattr(training, "MANY_ROWS", 100)
    monkeypatch.setattr(training, "effective_n_threads", lambda: 2)
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL, n_members=9, learning_rate_init=1e30)
    ignored, refused = np.errstate(all="ignore"), np.errstate(all="raise")
    with ignored, pytest.raises(ValueError, match="Training diverged"):
        net.fit(X, y)
    with refused, pytest.raises(FloatingPointError):
        net.fit(X, y)


def test_a_third_group_has_labels_without_smoothing():
    """All groups get the same temperature, or keep their own without calibration."""
    X, y = data_for(TabularClassifier)
    net = TabularClassifier(**SMALL, n_members=24).fit(X, y)
    scores = raw_scores(net._network, net._encoder.transform(X))
    sizes = np.abs(scores).mean(axis=(1, 2)).reshape(3, 8).mean(axis=1)
    raw = clone(net).set_params(calibrate=False).fit(X, y)
    scores = raw_scores(raw._network, raw._encoder.transform(X))
    raw_sizes = np.abs(scores).mean(axis=(1, 2)).reshape(3, 8).mean(axis=1)
    assert raw.temperature_ == 1
    assert_allclose(raw_sizes[0], sizes[0], rtol=1e-5)
    assert raw_sizes[2] != pytest.approx(sizes[2])
    assert net.member_weights_.shape == (24,)
    assert_allclose(net.predict_proba(X).sum(axis=1), 1)


def test_shares_follow_held_out_rows():
    rng = np.random.default_rng(0)
    y = rng.standard_normal((500, 1))
    good, bad = y + 0.1 * rng.standard_normal((2, 500, 1)) * [[[1.0]], [[3.0]]]
    # Errors of variance 1 and 9, which are independent.
    assert_allclose(best_shares([good, bad], y, np.ones(500)), [0.9, 0.1], atol=0.03)
    assert_allclose(best_shares([good, good, good], y, np.ones(500)), 1 / 3)
    assert_allclose(best_shares([y, y], y, np.ones(500)), 0.5)
    classes = rng.integers(3, size=500)
    sharp = 2 * np.eye(3)[classes] + rng.standard_normal((500, 3))
    noise = rng.standard_normal((500, 3))
    _, shares = best_mixture([sharp, noise], classes, np.ones(500), True)
    assert shares[0] > 0.9
    assert_allclose(shares.sum(), 1)
    _, shares = best_mixture([sharp, sharp, noise], classes, np.ones(500), True)
    assert_allclose(shares[0], shares[1])
    temperature, shares = best_mixture([sharp], classes, np.ones(500), False)
    assert (temperature, *shares) == (1, 1)


def test_labels_of_held_out_rows_do_not_train_their_member():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3)).astype(np.float32)
    y = rng.standard_normal((80, 1)).astype(np.float32)
    plan = training.Plan(4, (8,), 3, 0.03, 0.0, 0.0, None, False)

    def trained(targets):
        rows = groups.Rows(X, targets, np.ones(80), np.zeros(80), None)
        rng = np.random.default_rng(2)
        run = training.TabularRun(TabularRegressor(), rows, np.arange(3), plan, rng)
        run.train()
        return run.groups[0]

    first = trained(y)
    second = trained(np.where((first.folds == 2)[:, None], y + 5, y))
    differs = (first.last != second.last).any(axis=1)
    assert_array_equal(differs, [True, True, False, True])


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_beside_a_row_do_not_change_its_prediction(kind):
    X, y = data_for(kind)
    net = kind(**SMALL).fit(X, y)
    method = net.predict if kind is TabularRegressor else net.predict_log_proba
    together, rows = method(X[:60]), [X[i : i + 1] for i in range(60)]
    alone = np.concatenate([method(row) for row in rows])
    assert_allclose(alone, together, rtol=1e-12)
    # Many rows are predicted in float32.
    assert_allclose(method(X)[:60], together, rtol=1e-4)
    assert (method(X)[:60] != together).any()


def test_folds_have_equal_shares_of_each_class():
    strata = np.repeat([0, 1, 2], [40, 16, 4])
    folds = groups.fold_numbers(4, strata, 60, np.random.default_rng(0))
    for label, expected in enumerate((10, 4, 1)):
        assert_array_equal(np.bincount(folds[strata == label]), expected)


def test_the_only_row_of_a_class_is_held_out_by_none():
    strata = np.repeat([0, 1, 2, 3], [1, 12, 12, 1])
    folds = groups.fold_numbers(4, strata, 26, np.random.default_rng(0))
    assert_array_equal(np.flatnonzero(folds == groups.NO_FOLD), [0, 25])
    X = np.arange(26, dtype=float)[:, None]
    net = TabularClassifier(**SMALL).fit(X, strata)
    assert_array_equal(np.flatnonzero(np.isnan(net.oof_prediction_[:, 0])), [0, 25])
    found = net.oof_prediction_[1:25].argmax(axis=1) == strata[1:25]
    assert_allclose(net.oof_score_, found.mean())


@pytest.mark.parametrize("n", [1, 2, 4, 8])
def test_members_hold_out_at_most_a_quarter(n):
    folds = groups.fold_numbers(n, None, 80, np.random.default_rng(0))
    counts = np.bincount(folds[folds >= 0])
    assert len(counts) == n
    assert counts.max() <= 20


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_few_categories_are_learned_by_all_members(kind, monkeypatch):
    """Three columns of categories, and an effect of each combination."""
    monkeypatch.setattr(training, "STEPS_PER_EPOCH", 11)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 3, (900, 3)).astype(str), columns=list("abc"))
    numbers = X.astype(int).to_numpy() @ [9, 3, 1]
    y = rng.normal(size=27)[numbers] + 0.3 * rng.normal(size=900)
    y = y > 0 if kind is TabularClassifier else y.round()
    net = kind(**SMALL | {"max_iter": 20}, n_members=4).fit(X[:600], y[:600])
    assert net.score(X[600:], y[600:]) > 0.7
    assert net.oof_score_ == pytest.approx(net.score(X[600:], y[600:]), abs=0.1)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_is_a_number_of_rows(kind, class_weight):
    X, y = data_for(kind, 60)
    rng = np.random.default_rng(0)
    weights, order = rng.integers(0, 5, 60), rng.permutation(60)
    X.loc[weights > 3, "town"] = "Ulm"
    net = kind(**SMALL)
    if kind is TabularClassifier:
        net.set_params(class_weight=class_weight)
    elif class_weight:
        y = np.column_stack([y, y > 0])
    rows = np.repeat(order, weights[order])
    repeated = clone(net).fit(X.iloc[rows], y[rows])
    net.fit(X, y, weights)
    assert_array_equal(net.predict(X), repeated.predict(X))
    assert net.oof_score_ == repeated.oof_score_
    assert_array_equal(net.oof_prediction_[rows], repeated.oof_prediction_)
    assert np.isnan(net.oof_prediction_[weights == 0]).all()
    assert_array_equal(net.feature_importances_, repeated.feature_importances_)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_weights_are_numbers_of_rows(kind):
    X, y = data_for(kind, 40)
    net = kind(**SMALL).fit(X, y, np.full(40, 2))
    twice = clone(net).fit(pd.concat([X, X]), np.concatenate([y, y]))
    assert_array_equal(net.predict(X), twice.predict(X))
    assert_array_equal(net.oof_prediction_, twice.oof_prediction_[:40])


def test_categories_of_any_kind_are_compared_as_levels():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=60)
    frame = pd.DataFrame({"a": pd.cut(x, 4), "b": pd.Series(x).round().astype(object)})
    frame["b"] = frame["b"].map({0: np.inf, 1: 10**400})
    net = TabularRegressor(**SMALL, categorical_features=["a", "b"]).fit(frame, x)
    assert net.predict(frame).shape == (60,)
    ids = np.tile([[2**53], [2**53 + 1]], (30, 1))
    net = TabularRegressor(**SMALL | {"max_iter": 20}, categorical_features=[0])
    assert (
        net.fit(ids, np.tile([0.0, 1.0], 30)).score(ids, np.tile([0.0, 1.0], 30)) > 0.9
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_zero_leaves_a_row_out(kind):
    X, y = data_for(kind, 60)
    X.loc[:5, "town"] = "Ulm"
    weights = np.where(np.arange(60) < 6, 0, 1)
    net = kind(**SMALL).fit(X, y, weights)
    fewer = clone(net).fit(X[6:], y[6:])
    assert_array_equal(net.predict(X), fewer.predict(X))
    assert_array_equal(net.oof_prediction_[6:], fewer.oof_prediction_)


def test_a_few_copies_are_rows_of_their_own():
    X, y = data_for(TabularRegressor, 60)
    rows = np.r_[np.arange(60), :10]
    net = TabularRegressor(**SMALL).fit(X.iloc[rows], y[rows])
    different = net.oof_prediction_[:10] != net.oof_prediction_[60:]
    assert different.mean() > 0.5
    many = np.r_[np.arange(60), :13]
    net.fit(X.iloc[many], y[many])
    assert_array_equal(net.oof_prediction_[:13], net.oof_prediction_[60:])


def test_copies_of_rows_do_not_make_the_estimate_better():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 10)), rng.integers(2, size=60)
    net = TabularClassifier(**SMALL | {"max_iter": 60}, n_members=4)
    net.fit(np.repeat(X, 5, axis=0), np.repeat(y, 5))
    assert net.score(X, y) > 0.8
    assert net.oof_score_ < 0.8


@pytest.mark.parametrize("y", [[0, 0, 0, 1, 1, 1, 1], [0] * 9 + [1]])
def test_without_folds(y):
    X = np.arange(len(y), dtype=float)[:, None]
    net = TabularClassifier(**SMALL).fit(X, y)
    assert net.oof_prediction_ is net.oof_score_ is None
    assert net.temperature_ == 1
    assert_allclose(net.predict_proba(X).sum(axis=1), 1)


def test_one_class_and_200_classes():
    X = np.arange(400, dtype=float)[:, None]
    one = TabularClassifier(**SMALL).fit(X, np.zeros(400))
    assert_allclose(one.predict_proba(X), 1)
    many = TabularClassifier(**SMALL).fit(X, np.arange(400) // 2)
    assert many.predict_proba(X).shape == (400, 200)


def test_2000_columns_and_10_rows():
    X = np.random.default_rng(0).standard_normal((10, 2000))
    net = TabularClassifier(**SMALL, n_members=4).fit(X, np.arange(10) % 2)
    assert net.feature_importances_.shape == (2000,)


def test_probabilities_agree():
    X, y = data_for(TabularClassifier)
    net = TabularClassifier(**SMALL).fit(X, y)
    p = net.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(net.predict_log_proba(X), np.log(p))
    assert_allclose(net.decision_function(X), np.log(p[:, 1] / p[:, 0]), atol=1e-9)
    assert_array_equal(net.predict(X), net.classes_[p.argmax(axis=1)])
    plain = clone(net).set_params(calibrate=False).fit(X, y)
    assert plain.temperature_ == 1 != net.temperature_


def test_weights_of_zero_leave_rows_out():
    X, y = data_for(TabularRegressor)
    weights = (np.arange(len(y)) % 4 > 0).astype(float)
    net = TabularRegressor(**SMALL).fit(X, y, sample_weight=weights)
    changed = np.where(weights > 0, y, 1e6)
    other = TabularRegressor(**SMALL).fit(X, changed, sample_weight=weights)
    assert_array_equal(net.predict(X), other.predict(X))
    assert_array_equal(np.isnan(net.oof_prediction_), weights == 0)


def test_class_weights_of_zero_are_refused():
    X, y = data_for(TabularClassifier, 40)
    net = TabularClassifier(**SMALL, class_weight={"yes": 0, "no": 0})
    with pytest.raises(ValueError, match="gives every row the weight zero"):
        net.fit(X, y)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_names_the_row_of_the_table(kind):
    X, y = data_for(kind, 40)
    X.loc[9, "noise"] = np.inf
    with pytest.raises(ValueError, match="infinity, first in column 'noise', row 9"):
        kind(**SMALL).fit(X, y, np.arange(40) % 7)


def test_class_weight_is_a_sample_weight():
    X, y = data_for(TabularClassifier)
    net = TabularClassifier(class_weight={"yes": 3.0}, **SMALL).fit(X, y)
    other = TabularClassifier(**SMALL)
    other.fit(X, y, sample_weight=np.where(y == "yes", 3.0, 1.0))
    assert_array_equal(net.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("container", [np.asarray, pd.Series])
def test_class_weight_leaves_the_weights_of_the_user_as_they_are(container):
    X, y = data_for(TabularClassifier, 40)
    weights = container(np.linspace(1, 2, 40))
    TabularClassifier(class_weight="balanced", **SMALL).fit(X, y, weights)
    assert_array_equal(weights, np.linspace(1, 2, 40))


def test_labels_of_all_containers():
    X, y = data_for(TabularClassifier, 40)
    expected = TabularClassifier(**SMALL).fit(X, y).score(X, y)
    is_yes = y == "yes"
    for labels in (is_yes.astype(object), y.astype(np.dtypes.StringDType())):
        assert TabularClassifier(**SMALL).fit(X, labels).score(X, labels) == expected
    missing = pd.Series(is_yes, dtype="boolean").where(np.arange(40) != 3)
    with pytest.raises(ValueError, match="y contains NaN, first in row 3"):
        TabularClassifier(**SMALL).fit(X, missing)


def test_targets_too_large_are_refused():
    with pytest.raises(ValueError, match=r"The variance of y overflows .* is 2e\+300"):
        TabularRegressor(**SMALL).fit([[1.0], [2.0]], [1e300, 2e300])


def test_several_outputs_and_intervals():
    X, y = data_for(TabularRegressor)
    Y = np.column_stack([y, -100 * y])
    net = TabularRegressor(**SMALL | {"max_iter": 20}).fit(X, Y)
    mean, std = net.predict(X, return_std=True)
    low, high = net.predict_interval(X, coverage=0.8)
    assert mean.shape == std.shape == low.shape == Y.shape
    assert_allclose((low + high) / 2, mean)
    wider = np.subtract(*net.predict_interval(X, 0.95)[::-1])
    assert (wider > high - low).all()
    half = (high - low)[0] / 2 / net._error_ratio
    held_out = np.abs(net.oof_prediction_ - Y) <= half + 1e-9
    assert_allclose(held_out.mean(axis=0), 0.8, atol=0.02)
    with pytest.raises(ValueError, match="between 0 and 1.* got 90"):
        net.predict_interval(X, coverage=90)
    with pytest.raises(ValueError, match="between 0 and 1.* got '90%'"):
        net.predict_interval(X, coverage="90%")


def test_settings_may_be_integers_of_numpy():
    X, y = data_for(TabularRegressor, 40)
    ours, theirs = (
        TabularRegressor(
            n_members=kind(3), max_iter=kind(1), n_bins=kind(4), random_state=kind(0),
            hidden_layer_sizes=kind(16),
        ).fit(X, y)
        for kind in (int, np.uint8)
    )  # fmt: skip
    assert_array_equal(ours.predict(X), theirs.predict(X))


def test_no_interval_without_held_out_rows():
    net = TabularRegressor(**SMALL).fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="fit on at least 8 different rows"):
        net.predict_interval([[1.0]])


def test_presets_are_defaults():
    X, y = data_for(TabularRegressor)
    options = SMALL | {"preset": "fast", "max_iter": None}
    assert TabularRegressor(**options).fit(X, y).n_iter_ == 30
    net = TabularRegressor(**options | {"n_members": 3, "max_iter": 14}).fit(X, y)
    assert len(net._network.parameters) == 3
    assert net.n_iter_ == 14


def test_bins_depend_on_the_number_of_columns(monkeypatch):
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL).fit(X, y)
    monkeypatch.setattr(base, "MANY_COLUMNS", X.shape[1] - 1)
    wide = clone(net).fit(X, y)
    found = [len(one._encoder.bin_means_[0]) for one in (net, wide)]
    assert found == [16, 8]


@pytest.mark.parametrize(
    ("rise", "late_rise", "n_epochs"), [(0, 0, 12), (9, 0, 30), (9, 9, 60)]
)
def test_a_risen_loss_of_held_out_rows_ends_training(
    monkeypatch, rise, late_rise, n_epochs
):
    monkeypatch.setattr(training, "MANY_EPOCHS", 12)
    monkeypatch.setattr(training, "LATE", 0.5)
    monkeypatch.setattr(training, "HOPELESS", rise)
    monkeypatch.setattr(training, "LATE_HOPELESS", late_rise)
    X, y = data_for(TabularRegressor, 40)
    net = TabularRegressor(**SMALL | {"max_iter": 60}, n_members=4).fit(X, y)
    assert net.n_iter_ == n_epochs


def test_small_tables_get_more_epochs(monkeypatch):
    monkeypatch.setattr(training, "STEPS_PER_EPOCH", 11)
    monkeypatch.setattr(training, "LATE", 2)
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL | {"max_iter": 10}, n_members=1).fit(X, y)
    # 160 rows make 5 batches of 32.
    assert net.n_iter_ == 22


def test_width_depends_on_the_number_of_rows(monkeypatch):
    X, y = data_for(TabularRegressor)
    options = SMALL | {"hidden_layer_sizes": "auto"}
    assert TabularRegressor(**options).fit(X, y)._network.widths[1:] == (64, 64, 1)
    monkeypatch.setattr(training, "MANY_ROWS", len(X))
    assert TabularRegressor(**options).fit(X, y)._network.widths[1:] == (128, 128, 1)


def test_max_time_ends_the_cosine(monkeypatch):
    clock = iter(np.arange(100.0))
    monkeypatch.setattr(training, "perf_counter", lambda: next(clock))
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL | {"max_iter": 50}, max_time=6).fit(X, y)
    assert net.n_iter_ == 5
    assert net.stop_reason_ == "max_time"
    assert net.history_["learning_rate"][-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("last", [1, 3])
def test_ctrl_c_keeps_what_is_learned(monkeypatch, last):
    X, y = data_for(TabularRegressor)
    report = training.TabularRun._report

    def interrupted(run):
        report(run)
        if run.progress.epochs == last:
            raise KeyboardInterrupt

    monkeypatch.setattr(training.TabularRun, "_report", interrupted)
    net = TabularRegressor(**SMALL | {"max_iter": 8})
    with pytest.warns(UserWarning, match="interrupted by user"):
        net.fit(X, y)
    assert net.n_iter_ == len(net.history_["loss"]) == last
    assert net.stop_reason_ == "interrupted"
    assert np.isfinite(net.oof_prediction_).all()
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(clone(net), {"n_bins": [2, 4]}, cv=2).fit(X, y)


def test_failed_fit_changes_nothing():
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL).fit(X, y)
    before = dict(vars(net))
    net.learning_rate_init = 1e30
    with pytest.raises(ValueError, match="diverged"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        net.fit(X, y)
    net.learning_rate_init = before["learning_rate_init"]
    assert vars(net).keys() == before.keys()
    assert all(vars(net)[name] is before[name] for name in before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "quick"}, "preset"),
        ({"hidden_layer_sizes": (16, 0)}, "hidden_layer_sizes must be > 0"),
        ({"dropout": 1.0}, "dropout"),
        ({"max_time": 0}, "max_time"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        TabularRegressor(**options).fit([[1.0], [2.0]], [1.0, 2.0])


def test_in_meta_estimators():
    X, y = data_for(TabularClassifier)
    net = TabularClassifier(**SMALL)
    search = GridSearchCV(net, {"n_bins": [1, 4]}, cv=2).fit(X, y)
    assert search.best_estimator_.n_features_in_ == 4
    numbers = X[["noise"]]
    voters = [("net", net), ("line", LogisticRegression())]
    voting = VotingClassifier(voters, voting="soft")
    assert voting.fit(numbers, y).predict(numbers).shape == y.shape
    _, target = data_for(TabularRegressor)
    stacking = StackingRegressor(
        [("net", TabularRegressor(**SMALL)), ("line", LinearRegression())], cv=2
    )
    assert stacking.fit(numbers, target).predict(numbers).shape == target.shape


def test_verbose_prints_a_row_for_each_epoch(capsys):
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL | {"max_iter": 8}, verbose=True).fit(X, y)
    header, *rows, end = capsys.readouterr().out.splitlines()
    assert len(rows) == net.n_iter_ == 8
    # Every second epoch is judged, and the columns of the others are blank.
    assert "nan" not in "".join(rows)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [len(row.replace("*", "").split()) for row in rows[:4]] == [4, 6, 4, 6]
    assert header.split()[:4] == ["epoch", "loss", "validation", "loss"]
    assert end.endswith("max_iter.")


@pytest.mark.parametrize("kind", KINDS)
def test_callbacks_see_each_epoch(kind, tmp_path):
    X, y = data_for(kind)
    seen, out, path = [], io.StringIO(), tmp_path / "log.csv"
    net = kind(**SMALL).set_callbacks(
        LambdaCallback(lambda net: seen.append(net.training_.progress.epochs)),
        TrainingTable(out),
        CSVLogger(path),
        EpochLogger(),
        ScoringMonitor(scoring="r2" if kind is TabularRegressor else "accuracy"),
    )
    plain = clone(net).set_callbacks().fit(X, y)
    net.fit(X, y)
    assert seen == list(range(1, net.n_iter_ + 1))
    assert len(out.getvalue().splitlines()) == net.n_iter_ + 2
    logged = pd.read_csv(path)
    for name, column in net.history_.items():
        assert_array_equal(logged[name], column)
    assert np.isfinite(net.history_["validation_score"][1::2]).all()
    assert not hasattr(net, "training_")
    assert_array_equal(net.predict(X), plain.predict(X))


def test_curves_of_the_history():
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL).fit(X, y)
    display = TrainingCurveDisplay(net.history_, best_epoch=net.best_iteration_).plot()
    line = display.lines_["validation_loss"]
    assert_array_equal(line.get_xdata(), np.arange(2, net.n_iter_ + 1, 2))
    assert np.isfinite(line.get_ydata()).all()
    assert metric_of(net) == "R²"
    assert metric_of(TabularClassifier()) == "accuracy"


def test_callback_ends_training():
    X, y = data_for(TabularRegressor)
    net = TabularRegressor(**SMALL | {"max_iter": 6})
    net.set_callbacks(LambdaCallback(lambda net: net.n_iter_ == 3)).fit(X, y)
    assert (net.n_iter_, net.stop_reason_) == (3, "callback")
    assert "_run" not in pickle.loads(pickle.dumps(net.set_callbacks())).__dict__


@pytest.mark.parametrize("callback", [Monitor(), Checkpoint("state.npz")])
def test_callbacks_of_single_networks_are_refused(callback):
    name = type(callback).__name__
    with pytest.raises(TypeError, match=f"TabularRegressor takes no {name}"):
        TabularRegressor().set_callbacks(callback)


def test_training_ends_when_the_held_out_loss_grows():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((64, 3)), rng.standard_normal(64)
    options = SMALL | {"hidden_layer_sizes": (64,), "max_iter": 60, "n_members": 4}
    net = TabularRegressor(**options).fit(X, y)
    assert net.stop_reason_ == "converged"
    losses = net.history_["validation_loss"]
    lowest = np.nanmin(losses)
    # The latest epoch wins among those that are almost the best.
    assert net.best_iteration_ == np.flatnonzero(losses <= 1.01 * lowest)[-1] + 1
    assert losses[-1] > 1.04 * lowest


def test_predict_never_holds_the_code_of_the_whole_table():
    X, y = data_for(TabularRegressor)
    X = X[["number", "noise"]]
    net = TabularRegressor(**SMALL).fit(X, y)
    many = pd.concat([X] * 400, ignore_index=True)
    code = len(many) * 4 * sum(net._encoder.widths_)
    tracemalloc.start()
    found = net.predict(many)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.75 * code
    assert_allclose(found, np.tile(net.predict(X), 400), atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_error_ratio_sees_through_what_members_have_learned(share):
    """Members err by a common part and one of their own; y moves those that saw it."""
    rng = np.random.default_rng(0)
    n_members, n = 4, 20000
    y = rng.standard_normal((n, 1))
    own = np.arange(n) % n_members
    errors = rng.standard_normal((1, n, 1)) + rng.standard_normal((8, n, 1))
    errors = errors.reshape(2, n_members, n, 1)
    errors[:, np.arange(n_members)[:, None] != own] *= 1 - share
    one, two = y + errors
    found = error_ratio([one], [own], np.ones(1), y, np.ones(n))
    # The variance of the mean's error is 1 + 1/4, that of a member's is 2.
    assert_allclose(found**2, (1.25 / 2) ** 0.5, rtol=0.05)
    found = error_ratio([one, two], [own, own], np.full(2, 0.5), y, np.ones(n))
    # Of two members in the mean it is 1 + 1/2, of eight 1 + 1/8.
    assert_allclose(found**2, (1.125 / 1.5) ** 0.5, rtol=0.05)
    found = error_ratio([y[None]], [own * 0], np.ones(1), y, np.ones(n))
    assert_array_equal(found, 1)
