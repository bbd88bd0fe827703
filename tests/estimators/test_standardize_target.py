"""Regressors that learn y in units of its deviation, against a y scaled by hand."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from skdl import MLPRegressor
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.engine import Huber, Poisson, Quantile
from skdl.ensemble import CheckpointEnsembleRegressor, SeedEnsembleRegressor
from skdl.inspection import input_gradients
from tests.estimators.common import fit, flat, make

LOSSES = ["squared_error", "absolute_error", "huber", Huber(0.3), Quantile(0.9)]
LEVELS = Quantile([0.1, 0.5, 0.9])


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture
def y(X):
    """Two outputs: one around 10000, the other tiny."""
    noise = np.random.default_rng(1).normal(size=(60, 2))
    return np.array([1e4, -2e-5]) + (X[:, :2] + noise) * np.array([300, 1e-6])


def net_of(**params):
    return make(MLPRegressor, standardize_target=True, batch_size=16, **params)


def by_hand(net, X, y, weights=None, **validation):
    """Return (the same net on a y scaled by hand, the way back)."""
    y = y.reshape(len(y), -1)
    scaler = StandardScaler().fit(y, sample_weight=weights)
    if "y_val" in validation:
        y_val = validation["y_val"]
        validation["y_val"] = scaler.transform(y_val.reshape(len(y_val), -1))
    plain = clone(net).set_params(standardize_target=False)
    Z = scaler.transform(y)
    plain = fit(plain, X, Z[:, 0] if Z.shape[1] == 1 else Z, weights, **validation)
    # Quantiles of several outputs stand in a third axis.
    mean, scale = scaler.mean_, scaler.scale_

    def back(predictions):
        if predictions.ndim == 3:
            return predictions * scale[:, np.newaxis] + mean[:, np.newaxis]
        return predictions * scale + mean

    return plain, back


def assert_as_by_hand(net, X, y, weights=None, **validation):
    fit(net, X, y, weights, **validation)
    plain, back = by_hand(net, X, y, weights, **validation)
    assert_allclose(flat(net), flat(plain), rtol=1e-7, atol=1e-10)
    expected = back(plain.predict(X))
    assert net.predict(X).shape == expected.shape
    assert_allclose(net.predict(X), expected, rtol=1e-9)
    assert_allclose(net.loss_curve_, plain.loss_curve_, rtol=1e-9)
    return plain


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_every_loss_learns_the_scaled_target(X, y, loss):
    assert_as_by_hand(net_of(loss=loss), X, y[:, 0])
    assert_as_by_hand(net_of(loss=loss), X, y)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_quantiles_come_back_sorted_and_in_units_of_y(X, y, n_outputs):
    y = y[:, 0] if n_outputs == 1 else y
    net = net_of(loss=LEVELS)
    assert_as_by_hand(net, X, y)
    assert (np.diff(net.predict(X), axis=-1) >= 0).all()


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
@pytest.mark.parametrize("hidden", [(), (6, 4)], ids=str)
def test_every_solver_and_depth(X, y, solver, hidden):
    assert_as_by_hand(net_of(solver=solver, hidden_layer_sizes=hidden), X, y)


def test_transformed_target_regressor_predicts_the_same(X, y):
    net = fit(net_of(), X, y)
    inner = clone(net).set_params(standardize_target=False)
    wrapped = TransformedTargetRegressor(inner, transformer=StandardScaler())
    assert_allclose(fit(wrapped, X, y).predict(X), net.predict(X), rtol=1e-9)
    assert_allclose(wrapped.score(X, y), net.score(X, y), rtol=1e-9)


def test_sample_weights_weigh_mean_and_deviation(X, y):
    weights = np.random.default_rng(2).uniform(0, 2, 60)
    weights[:20] = 0
    net = net_of()
    assert_as_by_hand(net, X, y, weights)
    mean = np.average(y, axis=0, weights=weights)
    assert_allclose(net.target_mean_, mean, rtol=1e-12)
    deviation = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weights))
    assert_allclose(net.target_scale_, deviation, rtol=1e-12)


@pytest.mark.parametrize("scoring", [None, "loss", "neg_mean_absolute_error"])
def test_validation_rows(X, y, scoring):
    options = {"early_stopping": True, "scoring": scoring}
    validation = {"X_val": X[:20], "y_val": y[:20] * 1.01}
    net = net_of(**options)
    plain = assert_as_by_hand(net, X, y, **validation)
    assert_allclose(
        net.history_["validation_loss"], plain.history_["validation_loss"], rtol=1e-9
    )
    assert net.history_["validation_score"].argmax() == (
        plain.history_["validation_score"].argmax()
    )
    if scoring is None:
        score = r2_score(validation["y_val"], net.predict(X[:20]))
        assert_allclose(net.best_validation_score_, score, rtol=1e-9)


def test_scorers_see_predictions_in_units_of_y(X, y):
    net = net_of(early_stopping=True, scoring="neg_mean_absolute_error")
    fit(net, X, y, X_val=X, y_val=y)
    error = np.abs(net.predict(X) - y).mean()
    assert_allclose(net.best_validation_score_, -error, rtol=1e-9)


@pytest.mark.parametrize(
    "options", [{"early_stopping": True}, {"validation_split": 3}], ids=str
)
def test_rows_held_out_do_not_count(X, y, options):
    seen = []
    net = net_of(**options)
    net.set_callbacks(
        LambdaCallback(on_fit_begin=lambda net: seen.append(net.training_.data.rows))
    )
    fit(net, X, y)
    rows = seen[0]
    assert 0 < len(rows) < len(X)
    assert_allclose(net.target_mean_, y[rows].mean(axis=0), rtol=1e-12)
    assert_allclose(net.target_scale_, y[rows].std(axis=0), rtol=1e-9)


def test_a_constant_output_is_only_shifted(X, y):
    y[:, 0] = 7.5
    net = net_of()
    assert_as_by_hand(net, X, y)
    assert_array_equal(net.target_scale_[0], 1)


def test_an_offset_costs_no_digits_in_float32(X, y):
    X = X.astype(np.float32)
    net = fit(net_of(), X, y[:, 0] + 1e9)
    expected = fit(net_of(), X, y[:, 0])
    assert net.predict(X).dtype == np.float32
    assert_allclose(flat(net), flat(expected), rtol=1e-3, atol=1e-6)


def test_integer_targets(X, y):
    y = np.round(y[:, 0]).astype(np.int64)
    assert_array_equal(
        flat(fit(net_of(), X, y)), flat(fit(net_of(), X, y.astype(float)))
    )


def test_partial_fit_keeps_the_units_of_the_first_call(X, y):
    net = net_of().partial_fit(X, y)
    mean = net.target_mean_.copy()
    net.partial_fit(X[:30], y[:30] + 1000)
    assert_array_equal(net.target_mean_, mean)
    for _ in range(3):
        again = net_of().partial_fit(X, y).partial_fit(X, y)
    assert_array_equal(flat(again), flat(fit(net_of(max_iter=2), X, y)))


def test_a_warm_start_keeps_the_units_of_the_first_fit(X, y):
    net = fit(net_of(warm_start=True), X, y)
    mean, before = net.target_mean_.copy(), net.predict(X)
    fit(net.set_params(max_iter=1, learning_rate_init=1e-12), X[:30], y[:30] * 3)
    assert_array_equal(net.target_mean_, mean)
    assert_allclose(net.predict(X), before, rtol=1e-6)
    long = fit(net_of(max_iter=8), X, y)
    short = fit(net_of(warm_start=True), X, y)
    assert_array_equal(flat(fit(short, X, y)), flat(long))


def test_a_new_fit_learns_new_units(X, y):
    net = fit(net_of(), X, y)
    fit(net, X, 2 * y)
    assert_allclose(net.target_mean_, 2 * y.mean(axis=0), rtol=1e-12)
    fit(net.set_params(standardize_target=False), X, y / 1e4)
    assert not hasattr(net, "target_mean_")
    assert_array_equal(
        net.predict(X), fit(make(MLPRegressor, batch_size=16), X, y / 1e4).predict(X)
    )


@pytest.mark.parametrize("first", [True, False])
def test_a_warm_start_refuses_other_units(X, y, first):
    net = net_of(warm_start=True).set_params(standardize_target=first)
    fit(net, X, y / 1e4).set_params(standardize_target=not first)
    with pytest.raises(
        ValueError, match=f"standardize_target={first}, and it is {not first} now"
    ):
        net.fit(X, y / 1e4)
    with pytest.raises(
        ValueError, match=f"standardize_target={first}, and it is {not first} now"
    ):
        net.partial_fit(X, y / 1e4)


def test_another_number_of_outputs_is_refused(X, y):
    net = fit(net_of(warm_start=True), X, y[:, 0])
    with pytest.raises(ValueError, match="continue with a network of widths"):
        net.fit(X, y)
    with pytest.raises(ValueError, match="y_val asks for 2 outputs"):
        net_of().fit(X, y[:, 0], X_val=X, y_val=y)


def test_a_failed_fit_keeps_the_units(X, y):
    net = fit(net_of(), X, y)
    before = net.predict(X)
    with pytest.raises(ValueError, match="Input"):
        net.fit(X, np.full_like(y, np.nan))
    assert_array_equal(net.predict(X), before)


@pytest.mark.parametrize("loss", ["poisson", Poisson()], ids=str)
def test_poisson_needs_counts(X, loss):
    with pytest.raises(ValueError, match=r"standardize_target=True makes .* y >= 0"):
        net_of(loss=loss).fit(X, np.arange(60.0))


def test_a_target_too_wide_for_float64_is_refused(X):
    y = np.where(np.arange(60) % 2, 1e200, -1e200)
    with pytest.raises(ValueError, match="variance of y overflows"):
        net_of().fit(X, y)


def test_copies_predict_the_same(X, y):
    net = fit(net_of(), X, y)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert_array_equal(other.predict(X), net.predict(X))


def test_a_checkpoint_resumes(X, y, tmp_path):
    path = tmp_path / "run.npz"

    def fail(net):
        if net.n_iter_ == 2:
            raise RuntimeError

    part = net_of().set_callbacks(
        Checkpoint(path, resume=True), LambdaCallback(on_epoch_end=fail)
    )
    with pytest.raises(RuntimeError):
        fit(part, X, y)
    rest = net_of().set_callbacks(Checkpoint(path, resume=True))
    whole = fit(net_of(), X, y)
    assert_array_equal(fit(rest, X, y).predict(X), whole.predict(X))


@pytest.mark.parametrize("hidden", [(), (6,)], ids=str)
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_to_sklearn_folds_the_units_into_the_last_layer(X, y, hidden, n_outputs):
    y = y[:, 0] if n_outputs == 1 else y
    net = fit(net_of(hidden_layer_sizes=hidden, standardize=True), X, y)
    theirs = net.to_sklearn()
    assert_allclose(theirs.predict(X), net.predict(X), rtol=1e-9)
    ours = MLPRegressor.from_sklearn(theirs)
    assert_allclose(ours.predict(X), net.predict(X), rtol=1e-9)


def test_coefficients_are_in_the_units_that_are_learned(X, y):
    net = fit(net_of(hidden_layer_sizes=()), X, y[:, 0])
    learned = X @ net.coef_ + net.intercept_
    expected = learned * net.target_scale_ + net.target_mean_
    assert_allclose(net.predict(X), expected, rtol=1e-9)
    net.intercepts_ = [np.array([1.0])]
    net.coefs_ = [np.zeros((3, 1))]
    expected = np.repeat(net.target_mean_ + net.target_scale_, 60)
    assert_allclose(net.predict(X), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"validation_split": 3, "early_stopping": True}], ids=str
)
def test_ensembles_average_in_units_of_y(X, y, options):
    ensemble = SeedEnsembleRegressor(net_of(**options), n_members=3, random_state=0)
    mean, std = fit(ensemble, X, y).predict(X, return_std=True)
    each = [net.predict(X) for net in ensemble.estimators_]
    assert_allclose(mean, np.mean(each, axis=0), rtol=1e-12)
    assert_allclose(std, np.std(each, axis=0), rtol=1e-6, atol=1e-20)


def test_members_may_have_units_of_their_own(X, y):
    net = net_of(
        solver="lbfgs", early_stopping=True, scoring="r2", validation_fraction=0.4
    )
    ensemble = SeedEnsembleRegressor(net, n_members=3, random_state=0)
    mean = fit(ensemble, X, y).predict(X)
    members = ensemble.estimators_
    assert len({net.target_mean_[0] for net in members}) > 1
    each = [net.predict(X) for net in members]
    assert_allclose(mean, np.mean(each, axis=0), rtol=1e-12)


@pytest.mark.parametrize("average_weights", [False, True])
def test_ensembles_of_checkpoints(X, y, average_weights):
    ensemble = CheckpointEnsembleRegressor(
        net_of(), n_members=2, average_weights=average_weights
    )
    fit(ensemble, X, y)
    each = [net.predict(X) for net in ensemble.estimators_]
    assert_allclose(ensemble.predict(X), np.mean(each, axis=0), rtol=1e-12)


def test_input_gradients_are_in_units_of_y(X, y):
    net = fit(net_of(activation="tanh"), X, y)
    step = np.zeros_like(X)
    step[:, 1] = 1e-5
    for output in range(2):
        gradients = input_gradients(net, X, output=output)
        slopes = (net.predict(X + step) - net.predict(X - step))[:, output] / 2e-5
        assert_allclose(gradients[:, 1], slopes, rtol=1e-4, atol=1e-3)
    net = fit(net_of(activation="tanh"), X, y[:, 0])
    slopes = (net.predict(X + step) - net.predict(X - step)) / 2e-5
    assert_allclose(input_gradients(net, X)[:, 1], slopes, rtol=1e-4, atol=1e-3)
