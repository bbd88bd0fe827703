"""Nets that standardize their input, against a Standardizer before the net."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, Standardizer
from skdl.callbacks import LambdaCallback
from skdl.engine.optimizers import OPTIMIZERS
from skdl.ensemble import CheckpointEnsembleClassifier, SeedEnsembleClassifier
from skdl.estimators import _standardize  # for blocks of few rows
from tests.estimators.common import fit, flat, make

IMAGE = (2, 2, 3)


@pytest.fixture
def pixels():
    """Images of 2 x 2 pixels in three channels, with a column that never changes."""
    X = np.random.default_rng(0).integers(0, 256, (60, 12)).astype(np.uint8)
    X[:, 1::3] //= 4
    X[:, 5] = 7
    return X


def standardized(X, weights=None):
    return Standardizer().fit(X, sample_weight=weights).transform(X.astype(float))


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_every_solver_gets_standardized_rows(Net, solver, X, y):
    X = 100 + 30 * X
    options = {"solver": solver, "batch_size": 16}
    net = fit(make(Net, standardize=True, **options), X, y)
    expected = fit(make(Net, **options), standardized(X), y)
    assert_allclose(flat(net), flat(expected), rtol=1e-6, atol=1e-8)
    assert_allclose(net.predict(X), expected.predict(standardized(X)), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_dtypes_that_train_in_float32_give_the_same_net(pixels, y, dtype):
    nets = [
        fit(make(MLPClassifier, standardize=True), X, y)
        for X in (pixels.astype(dtype), pixels.astype(np.float32))
    ]
    assert nets[0].coefs_[0].dtype == np.float32
    assert_array_equal(nets[0].input_mean_, nets[1].input_mean_)
    assert_array_equal(nets[0].coefs_[0], nets[1].coefs_[0])
    assert_array_equal(nets[0].predict_proba(pixels), nets[1].predict_proba(pixels))


@pytest.mark.parametrize("weighted", [False, True])
def test_moments_by_feature(pixels, y, weighted):
    weights = np.random.default_rng(1).uniform(0, 2, 60) if weighted else np.ones(60)
    weights[:9] *= 1 - weighted
    net = fit(make(MLPClassifier, standardize="feature"), pixels, y, weights)
    mean = np.average(pixels, axis=0, weights=weights)
    scale = np.sqrt(np.average((pixels - mean) ** 2, axis=0, weights=weights))
    scale[5] = 1
    assert_allclose(net.input_mean_, mean, rtol=1e-6)
    assert_allclose(net.input_scale_, scale, rtol=1e-6)


@pytest.mark.parametrize("offset", [0, 1e6])
def test_moments_by_channel(pixels, y, offset):
    X = pixels + float(offset)
    options = {"standardize": "channel", "image_shape": IMAGE}
    net = fit(make(MLPClassifier, **options), X, y)
    channels = X.reshape(-1, 3)
    assert_allclose(net.input_mean_, np.tile(channels.mean(axis=0), 4), rtol=1e-14)
    assert_allclose(net.input_scale_, np.tile(channels.std(axis=0), 4), rtol=1e-9)


def test_a_gray_image_has_one_channel(pixels, y):
    options = {"standardize": "channel", "image_shape": (4, 3)}
    net = fit(make(MLPClassifier, **options), pixels, y)
    assert_allclose(net.input_mean_, np.full(12, pixels.mean()), rtol=1e-6)
    assert_allclose(net.input_scale_, np.full(12, pixels.std()), rtol=1e-6)


def test_a_channel_too_wide_for_float64_is_refused(pixels, y):
    X = pixels.astype(float)
    X[:, 0], X[:, 3] = 1e200, -1e200
    with pytest.raises(ValueError, match="variance of a channel of X overflows"):
        make(MLPClassifier, standardize="channel", image_shape=IMAGE).fit(X, y)


@pytest.mark.parametrize("block", [1, 30, 64, 10**6])
def test_blocks_of_rows_do_not_matter(monkeypatch, pixels, y, block):
    monkeypatch.setattr(_standardize, "BLOCK", block)
    weights = np.repeat([0.0, 1, 2], 20)
    X = pixels + 1e6
    net = fit(make(MLPClassifier, standardize=True), X, y, weights)
    expected = Standardizer().fit(X, sample_weight=weights)
    assert_allclose(net.input_mean_, expected.mean_, rtol=1e-15)
    assert_allclose(net.input_scale_, expected.scale_, rtol=1e-12)


@pytest.mark.parametrize(
    "options", [{"early_stopping": True}, {"validation_split": 3}], ids=str
)
def test_rows_held_out_do_not_count(Net, options, X, y):
    seen = []
    net = make(Net, standardize=True, **options)
    net.set_callbacks(
        LambdaCallback(on_fit_begin=lambda net: seen.append(net.training_.data.rows))
    )
    fit(net, X, y)
    assert 0 < len(seen[0]) < len(X)
    assert_allclose(net.input_mean_, X[seen[0]].mean(axis=0), rtol=1e-12, atol=1e-15)
    assert np.abs(net.input_mean_ - X.mean(axis=0)).max() > 1e-4


def test_validation_rows_are_standardized_as_the_others(X, y, X_val, y_val):
    scaler = Standardizer().fit(X)
    given = {"X_val": 5 * X_val + 1, "y_val": y_val}
    net = fit(make(MLPClassifier, standardize=True), X, y, **given)
    given["X_val"] = scaler.transform(given["X_val"])
    expected = fit(make(MLPClassifier), scaler.transform(X), y, **given)
    assert_allclose(
        net.history_["validation_loss"], expected.history_["validation_loss"], rtol=1e-9
    )


def test_class_weights_do_not_count(X, y):
    net = fit(make(MLPClassifier, standardize=True, class_weight={0: 0, 1: 9}), X, y)
    assert_allclose(net.input_mean_, X.mean(axis=0), rtol=1e-12, atol=1e-15)


def test_an_offset_costs_no_digits(Net, X, y):
    net = fit(make(Net, standardize=True), X + 1e6, y)
    expected = fit(make(Net), standardized(X), y)
    assert_allclose(flat(net), flat(expected), rtol=1e-5, atol=1e-7)


def test_float64_rows_keep_their_digits_in_a_net_of_float32(X, y):
    X = X.astype(np.float32) + np.float32(2**20)  # steps of 1/8 from here on
    net = fit(make(MLPClassifier, standardize=True), X, y)
    finer = X.astype(float) + np.random.default_rng(0).uniform(-0.1, 0.1, X.shape)
    Z = (finer - net.input_mean_) * net._network.scaling.inverse[0].astype(float)
    expected = Z @ net.coefs_[0].astype(float) + net.intercepts_[0]
    expected = np.maximum(expected, 0) @ net.coefs_[1] + net.intercepts_[1]
    assert_allclose(net.decision_function(finer), expected, atol=1e-5)
    assert np.abs(net.decision_function(X) - expected).max() > 1e-2


def test_partial_fit_merges_the_moments(Net, X, y):
    X = X + 1e6
    net = make(Net, standardize=True)
    scaler = Standardizer()
    options = {} if Net is MLPRegressor else {"classes": [0, 1, 2]}
    weights = np.arange(60) % 3 + 0.5 * (np.arange(60) % 20 == 0)
    for cut in (slice(1), slice(1, 20), slice(20, 21), slice(21, 60)):
        net.partial_fit(X[cut], y[cut], weights[cut], **options)
        scaler.partial_fit(X[cut], sample_weight=weights[cut])
        assert_allclose(net.input_mean_, scaler.mean_, rtol=1e-15)
        assert_allclose(net.input_scale_, scaler.scale_, rtol=1e-9)
    before = flat(net).copy()
    net.partial_fit(X[:5], y[:5])
    assert (flat(net) != before).any()


def test_partial_fit_of_one_row_has_scale_one(X, y):
    net = make(MLPRegressor, standardize=True).partial_fit(X[:1], y[:1])
    assert_array_equal(net.input_mean_, X[0])
    assert_array_equal(net.input_scale_, np.ones(4))


def test_partial_fit_after_fit_continues_from_its_moments(X, y):
    net = fit(make(MLPClassifier, standardize=True), X[:40], y[:40])
    net.partial_fit(X[40:], y[40:])
    assert_allclose(net.input_mean_, X.mean(axis=0), rtol=1e-12, atol=1e-14)


def test_rows_without_weight_leave_the_moments(X, y):
    net = make(MLPRegressor, standardize=True).partial_fit(X.astype("f4"), y)
    mean = net.input_mean_.copy()
    # In the net's float32 these are zero.
    with pytest.raises(ValueError, match="sample_weight is 1e-60"):
        net.partial_fit(X + 5, y, np.full(60, 1e-60))
    assert_array_equal(net.input_mean_, mean)


def test_k_calls_of_partial_fit_are_one_fit(Net, X, y):
    net = make(Net, standardize=True, batch_size=16)
    options = {} if Net is MLPRegressor else {"classes": [0, 1, 2]}
    for _ in range(4):
        net.partial_fit(X, y, **options)
    expected = fit(clone(net), X, y)
    assert_allclose(flat(net), flat(expected), rtol=1e-10, atol=1e-13)


def test_warm_start_keeps_the_moments_and_fit_learns_others(X, y):
    net = fit(make(MLPClassifier, standardize=True, warm_start=True), X, y)
    mean, scale = net.input_mean_.copy(), net.input_scale_.copy()
    fit(net, 2 * X + 7, y)
    assert_array_equal(net.input_mean_, mean)
    assert_array_equal(net.input_scale_, scale)
    fit(net.set_params(warm_start=False), 2 * X + 7, y)
    assert_allclose(net.input_mean_, 2 * mean + 7, rtol=1e-12)


def test_warm_start_of_other_standardize_is_refused(X, y):
    net = fit(make(MLPClassifier, standardize=True, warm_start=True), X, y)
    before = net.predict_proba(X)
    with pytest.raises(ValueError, match="residual or standardize now need"):
        net.set_params(standardize=False).fit(X, y)
    assert_array_equal(net.predict_proba(X), before)


def test_a_failed_fit_keeps_the_moments(X, y):
    net = fit(make(MLPRegressor, standardize=True), X, y)
    before, state = net.predict(X), copy.deepcopy(net._run_state)
    net.set_params(solver="sgd", learning_rate_init=1e9, activation="identity")
    for method in (net.fit, net.partial_fit):
        with pytest.raises(ValueError, match="columns of X are standardized"):
            method(np.tile(300 * X + 1, (9, 1)), np.tile(y, 9))
        moments = net._run_state["input_moments"]
        assert_array_equal(moments["mean"], state["input_moments"]["mean"])
    assert_array_equal(net.predict(X), before)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_predict_and_continue_the_same(duplicate, X, y):
    net = make(SoftmaxClassifier, standardize=True)
    net.partial_fit(X[:30], y[:30], classes=[0, 1, 2])
    other = duplicate(net)
    assert_array_equal(other.predict_proba(X), net.predict_proba(X))
    for one in (net, other):
        one.partial_fit(X[30:], y[30:])
    assert_array_equal(other.input_mean_, net.input_mean_)
    assert_array_equal(other.predict_proba(X), net.predict_proba(X))


def test_attributes_are_there_only_if_it_is_on(X, y):
    net = make(MLPClassifier)
    for name in ("input_mean_", "input_scale_"):
        with pytest.raises(AttributeError, match="not fitted"):
            getattr(net, name)
    fit(net, X, y)
    for name in ("input_mean_", "input_scale_"):
        with pytest.raises(AttributeError, match=f"'{name}' is there after a fit with"):
            getattr(net, name)


def test_linear_weights_are_on_standardized_columns(Classifier, X, y):
    X = 9 + 5 * X
    net = fit(make(Classifier, hidden_layer_sizes=(), standardize=True), X, y)
    Z = (X - net.input_mean_) / net.input_scale_
    scores = Z @ net.coef_.T + net.intercept_
    assert_allclose(net.decision_function(X), scores, rtol=1e-9, atol=1e-12)


def test_importances_are_per_standard_deviation(X, y):
    options = {"solver": "lbfgs", "max_iter": 50}
    units = np.array([1, 1e-3, 1e3, 7])
    net = fit(make(MLPRegressor, standardize=True, **options), X * units, y)
    expected = fit(make(MLPRegressor, **options), standardized(X), y)
    assert_allclose(net.feature_importances_, expected.feature_importances_, rtol=1e-3)


@pytest.mark.parametrize(
    "options",
    [{}, {"normalization": "batch"}, {"dropout": [0.2, 0.1]}, {"alpha": 1.0}],
    ids=str,
)
def test_to_sklearn_folds_it_in(Probabilistic, options, X, y):
    y = (y > 0).astype(int)
    net = fit(make(Probabilistic, standardize=True, **options), 40 + 3 * X, y)
    theirs = net.to_sklearn()
    assert_allclose(
        theirs.predict_proba(40 + 3 * X), net.predict_proba(40 + 3 * X), atol=1e-11
    )


def test_ensembles_of_nets_that_standardize(X, y):
    X = 50 + 9 * X
    net = make(MLPClassifier, standardize=True, batch_size=16, max_iter=10)
    for ensemble in (
        SeedEnsembleClassifier(net, n_members=3, random_state=0),
        CheckpointEnsembleClassifier(net, n_members=2),
        CheckpointEnsembleClassifier(net, n_members=2, average_weights=True),
    ):
        fit(ensemble, X, y)
        members = ensemble.estimators_
        for member in members:
            assert_allclose(member.input_mean_, X.mean(axis=0), rtol=1e-12)
        mean = np.mean([member.predict_proba(X) for member in members], axis=0)
        assert_allclose(ensemble.predict_proba(X), mean, rtol=1e-10)


def test_a_search_turns_it_on(X, y):
    search = GridSearchCV(
        make(MLPClassifier, max_iter=30, learning_rate_init=0.05),
        {"standardize": [False, True]},
        cv=3,
    )
    fit(search, 1e4 + X * 1e-3, y)
    assert search.best_params_ == {"standardize": True}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_that_only_rounding_changes_are_constant(dtype, X, y):
    X = X.astype(dtype)
    X[:, 1] = 0.1
    X[::2, 1] = np.nextafter(X[0, 1], dtype(1))
    net = fit(make(MLPClassifier, standardize=True), X, y)
    assert X[:, 1].std() > 0
    assert net.input_scale_[1] == Standardizer().fit(X).scale_[1] == 1


def test_the_coarsest_dtype_says_what_rounding_is(X, y):
    X[:, 1] = 1 + 1e-8 * X[:, 0]
    net = make(MLPRegressor, standardize=True).partial_fit(X[:30], y[:30])
    assert net.input_scale_[1] < 1e-7
    for dtype in (np.float32, np.float64):
        net.partial_fit(X[30:].astype(dtype), y[30:])
        assert net.input_scale_[1] == 1


def test_frames_and_constant_columns(X, y):
    frame = pd.DataFrame(X, columns=list("abcd")).assign(c=0.1)
    net = fit(make(MLPClassifier, standardize=True), frame, y)
    assert net.input_scale_[2] == 1
    assert net.feature_names_in_.tolist() == list("abcd")
    assert np.isfinite(net.predict_proba(frame)).all()


def test_sparse_rows_are_refused_with_the_way_out(Net, X, y):
    net = make(Net, standardize=True)
    assert not get_tags(net).input_tags.sparse
    assert get_tags(make(Net)).input_tags.sparse
    with pytest.raises(ValueError, match=r"sparse X would.*MaxAbsScaler.*toarray\(\)"):
        net.fit(csr_array(X), y)
    assert vars(net) == make(Net, standardize=True).get_params()
    fit(net, X, y)
    with pytest.raises(ValueError, match=r"sparse X would.*toarray\(\)"):
        net.predict(csr_array(X))
    with pytest.raises(ValueError, match="sparse X would"):
        net.fit(X, y, X_val=csr_array(X), y_val=y)


def test_channels_need_to_be_known(X, y):
    with pytest.raises(ValueError, match=r"'channel' needs to know.*image_shape=\("):
        make(MLPClassifier, standardize="channel").fit(X, y)


@pytest.mark.parametrize("value", ["pixel", 2, None])
def test_other_values_are_refused(value, X, y):
    with pytest.raises(ValueError, match="'standardize' parameter"):
        make(MLPClassifier, standardize=value).fit(X, y)


@pytest.mark.parametrize("weighted", [False, True])
def test_calls_on_the_same_rows_are_one_fit_to_the_bit(weighted, y):
    """Merging the same moments once more would round the variance."""
    X = np.arange(60.0)[:, None] ** 2 / 7
    weights = np.linspace(0.3, 2, 60) if weighted else None
    options = {"standardize": True, "batch_size": 16}
    once = make(MLPClassifier, **options, max_iter=7, n_iter_no_change=np.inf)
    fit(once, X, y, weights)
    calls = make(MLPClassifier, **options)
    for _ in range(7):
        calls.partial_fit(X, y, classes=[0, 1, 2], sample_weight=weights)
    assert_array_equal(calls.input_scale_, once.input_scale_)
    assert_array_equal(flat(calls), flat(once))
    # Other rows are merged with all that came before, as often as they came.
    calls.partial_fit(X[:20] + 5, y[:20], sample_weight=None)
    parts = np.concatenate([np.tile(X, (7, 1)), X[:20] + 5])
    all_weights = np.ones(440)
    all_weights[:420] = 1 if weights is None else np.tile(weights, 7)
    mean = np.average(parts, axis=0, weights=all_weights)
    variance = np.average((parts - mean) ** 2, axis=0, weights=all_weights)
    assert_allclose(calls.input_mean_, mean)
    assert_allclose(calls.input_scale_, np.sqrt(variance))


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_column_constant_up_to_rounding_is_not_blown_up(sign, X, y):
    X[:, 1] = sign * 1e6
    X[::2, 1] = np.nextafter(sign * 1e6, 0)
    net = fit(make(MLPClassifier, standardize=True), X, y)
    assert net._network.scaling.inverse[0, 1] == 1
