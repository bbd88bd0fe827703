"""When training ends: early stopping, stalled epochs, time; and stop_reason_."""

from itertools import count

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as TheirClassifier

from skdl import MLPClassifier, MLPRegressor
from skdl.engine import (
    SGD,
    Cosine,
    CosineRestarts,
    Network,
    OneCycle,
    StepDecay,
    Warmup,
)
from tests.estimators.common import fit, flat, make


def wild(Net, **params):
    """Early stopping at a rate that makes the score go up and down."""
    settings = {"early_stopping": True, "max_iter": 30, "solver": "sgd"}
    settings |= {"learning_rate_init": 0.3, "validation_fraction": 0.3}
    return make(Net, **{**settings, **params})


def test_best_parameters_are_restored(Net, X, y, held_out):
    rate = 0.05 if Net is MLPRegressor else 0.3
    params = {"learning_rate_init": rate, "batch_size": 5, "n_iter_no_change": 3}
    net = fit(wild(Net, tol=0.02, scoring=held_out, **params), X, y)
    held = held_out.rows
    assert len(held) == 18
    best = int(np.argmax(net.validation_scores_)) + 1
    assert best < net.n_iter_
    assert net.best_validation_score_ == max(net.validation_scores_)
    assert net.score(X[held], y[held]) == net.best_validation_score_
    shorter = fit(wild(Net, tol=0.02, **params, max_iter=best), X, y)
    assert_array_equal(flat(net), flat(shorter))


def test_attributes_with_and_without_early_stopping(Net, X, y):
    net = fit(wild(Net, max_iter=3), X, y)
    assert net.best_loss_ is None
    assert isinstance(net.validation_scores_, list)
    assert len(net.validation_scores_) == net.n_iter_ == 3
    net.set_params(early_stopping=False)
    fit(net, X, y)
    assert net.validation_scores_ is None
    assert net.best_validation_score_ is None
    assert net.best_loss_ == min(net.loss_curve_)


def test_early_stopping_is_inert_with_lbfgs(Net, X, y):
    expected = fit(make(Net, solver="lbfgs"), X, y)
    net = fit(make(Net, solver="lbfgs", early_stopping=True), X, y)
    assert_array_equal(flat(net), flat(expected))
    assert net.t_ == expected.t_  # no row is held out
    assert net.validation_scores_ is None


@pytest.mark.parametrize("n_iter_no_change", [1, 4])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_stops_when_more_epochs_than_allowed_have_stalled(
    Net, n_iter_no_change, early_stopping, X, y
):
    # With such a tol the first epoch alone is an improvement. A warning would fail.
    net = make(
        Net,
        max_iter=50,
        tol=1e3,
        n_iter_no_change=n_iter_no_change,
        early_stopping=early_stopping,
    ).fit(X, y)
    assert net.n_iter_ == 1 + n_iter_no_change + 1


@pytest.mark.parametrize("early_stopping", [False, True])
def test_stops_at_scikit_learns_epoch(early_stopping, X, y):
    params = {"hidden_layer_sizes": (6,), "max_iter": 50, "tol": 1e3}
    params |= {"n_iter_no_change": 3, "early_stopping": early_stopping}
    theirs = TheirClassifier(random_state=0, **params).fit(X, y)
    assert make(MLPClassifier, **params).fit(X, y).n_iter_ == theirs.n_iter_


def test_infinite_patience_never_stops(Net, X, y):
    net = make(Net, max_iter=15, tol=1e3, n_iter_no_change=np.inf)
    with pytest.warns(ConvergenceWarning, match="max_iter=15"):
        net.fit(X, y)
    assert net.n_iter_ == 15


def test_adaptive_rate_falls_to_the_minimum_and_stops(Net, X, y):
    net = make(Net, solver="sgd", learning_rate="adaptive", max_iter=50)
    net.set_params(tol=1e3, n_iter_no_change=1, learning_rate_init=0.001).fit(X, y)
    # 0.001 / 5**5 is below 1e-6: five falls, the first after 3 epochs, then every 2.
    rates = net.history_["learning_rate"]
    assert np.unique(rates).size == 6
    assert rates[3] == pytest.approx(0.0002)
    assert net.n_iter_ == 3 + 5 * 2


def test_adaptive_is_inert_with_adam(Net, X, y):
    params = {"max_iter": 50, "tol": 1e3, "n_iter_no_change": 1}
    adaptive = make(Net, learning_rate="adaptive", **params).fit(X, y)
    assert adaptive.n_iter_ == 3
    assert_array_equal(flat(adaptive), flat(make(Net, **params).fit(X, y)))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_running_out_of_epochs_warns(Net, solver, X, y):
    with pytest.warns(ConvergenceWarning, match=r"max_iter=4\) reached"):
        make(Net, solver=solver).fit(X, y)


@pytest.mark.parametrize("bound", ["max_iter", "max_fun"])
def test_running_out_of_lbfgs_iterations_warns(Net, bound, X, y):
    net = make(Net, solver="lbfgs", max_iter=100).set_params(**{bound: 3})
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge"):
        net.fit(X, y)
    assert net.n_iter_ <= 3


def test_lbfgs_records_each_iteration(Net, X, y):
    net = fit(make(Net, solver="lbfgs"), X, y)
    assert len(net.loss_curve_) == net.n_iter_ == 4
    assert net.loss_curve_ == sorted(net.loss_curve_, reverse=True)
    assert net.loss_curve_[-1] == net.loss_ == net.best_loss_


def test_divergence_with_early_stopping_restores_the_best_epoch(Net, X, y, held_out):
    # Deep and linear: the steps grow with the weights, epoch by epoch.
    net = wild(Net, activation="identity", n_iter_no_change=np.inf)
    net.set_params(learning_rate_init=30, max_iter=200, scoring=held_out)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        net.fit(X, y)
    assert net.n_iter_ < 200
    assert np.isnan(net.validation_scores_[-1])
    assert np.isfinite(net.validation_scores_[0])
    assert net.best_validation_score_ == np.nanmax(net.validation_scores_)
    assert all(np.isfinite(a).all() for a in net.coefs_ + net.intercepts_)
    held = held_out.rows
    assert net.score(X[held], y[held]) == net.best_validation_score_


# Why training ended.


@pytest.fixture
def slow_batches(clock, monkeypatch):
    """Each evaluation of a batch takes a second."""
    evaluate = Network.loss_and_gradient

    def slow(self, *args):
        clock.now += 1
        return evaluate(self, *args)

    monkeypatch.setattr(Network, "loss_and_gradient", slow)


@pytest.mark.usefixtures("slow_batches")
@pytest.mark.parametrize(
    ("max_time", "n_epochs", "n_rows"), [(5.5, 2, 60 + 60), (4.5, 2, 60 + 40)]
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_time_ends_training_after_a_batch(
    Net, early_stopping, max_time, n_epochs, n_rows, X, y, X_val, y_val
):
    net = make(Net, max_time=max_time, batch_size=20, max_iter=50)
    net.set_params(early_stopping=early_stopping)
    net.fit(X, y, X_val=X_val, y_val=y_val)  # without any warning
    assert net.stop_reason_ == "max_time"
    assert (net.n_iter_, net.t_) == (n_epochs, n_rows)
    assert np.isfinite(net.loss_curve_).all()
    assert len(net.history_["validation_loss"]) == n_epochs
    norms = np.isfinite(net.history_["gradient_norm"])
    assert norms.tolist() == [True, n_rows == 120]
    if early_stopping:
        assert net.score(X_val, y_val) == net.best_validation_score_


@pytest.mark.usefixtures("slow_batches")
def test_time_is_up_in_an_epoch_of_partial_fit(X, y):
    net = make(MLPRegressor, max_time=1.5, batch_size=20).partial_fit(X, y)
    assert (net.stop_reason_, net.t_) == ("max_time", 40)
    net.set_params(max_time=None).partial_fit(X, y)
    assert (net.stop_reason_, net.t_) == (None, 100)


@pytest.mark.usefixtures("slow_batches")
def test_time_ends_lbfgs_after_an_iteration(Net, X, y):
    net = make(Net, solver="lbfgs", max_iter=50, max_time=4.5).fit(X, y)
    assert net.stop_reason_ == "max_time"
    assert 2 <= net.n_iter_ <= 5
    expected = fit(make(Net, solver="lbfgs", max_iter=net.n_iter_), X, y)
    assert_array_equal(flat(net), flat(expected))
    assert len(net.history_["loss"]) == net.n_iter_


@pytest.mark.usefixtures("slow_batches")
def test_enough_time_changes_nothing(Net, X, y):
    for solver in ("adam", "lbfgs"):
        net = fit(make(Net, solver=solver, max_time=1e9), X, y)
        assert net.stop_reason_ == "max_iter"
        assert_array_equal(flat(net), flat(fit(make(Net, solver=solver), X, y)))


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"max_iter": 3}, "max_iter"),
        ({"tol": 1e3, "n_iter_no_change": 1}, "converged"),
        ({"tol": 1e3, "n_iter_no_change": 1, "early_stopping": True}, "converged"),
        ({"solver": "lbfgs", "max_iter": 3}, "max_iter"),
        ({"solver": "lbfgs", "max_fun": 3, "max_iter": 99}, "max_fun"),
        ({"solver": "lbfgs", "alpha": 10.0, "max_iter": 999}, "converged"),
    ],
)
def test_reason_to_stop(Net, params, reason, X, y):
    net = fit(make(Net, **params), X, y)
    assert net.stop_reason_ == reason


def test_partial_fit_has_no_reason(X, y):
    assert make(MLPRegressor).partial_fit(X, y).stop_reason_ is None


@pytest.mark.parametrize("early_stopping", [False, True])
def test_warning_distinguishes_progress_from_a_standstill(
    Net, early_stopping, X, y, X_val, y_val
):
    what = "validation score" if early_stopping else "loss"
    net = make(Net, max_iter=3, scoring="loss", early_stopping=early_stopping, tol=0)
    net.set_params(learning_rate_init=1e-4)
    with pytest.warns(ConvergenceWarning, match=f"{what} was still improving: raise"):
        net.fit(X, y, X_val=X_val, y_val=y_val)
    net.set_params(tol=1e3, max_iter=5)
    with pytest.warns(
        ConvergenceWarning,
        match=f"{what} has not improved by tol=1000 in the last 4 epochs: more",
    ):
        net.fit(X, y, X_val=X_val, y_val=y_val)


@pytest.mark.parametrize(
    ("n_epochs", "n_stalled", "is_over"),
    [(2, 1, False), (9, 2, False), (9, 3, True), (60, 9, False), (60, 10, True)],
)
def test_some_noisy_epochs_are_no_standstill(n_epochs, n_stalled, is_over, X, y):
    """A standstill lasts a third of the epochs, or the patience of 10 epochs."""

    epochs = count()  # The first call is made before training.

    def score(net, X, y):
        return float(min(next(epochs), n_epochs - n_stalled))

    net = make(MLPRegressor, max_iter=n_epochs, scoring=score, early_stopping=True)
    expected = f"in the last {n_stalled} epochs: more" if is_over else "was still impr"
    with pytest.warns(ConvergenceWarning, match=expected):
        net.fit(X, y, X_val=X, y_val=y)


@pytest.mark.parametrize(
    "schedule",
    ["cosine", "step", CosineRestarts(2), Warmup("one_cycle", 3), Cosine(horizon=3)],
    ids=str,
)
def test_no_warning_after_a_schedule_that_has_run_its_course(Net, schedule, X, y):
    net = make(Net, solver=SGD(), learning_rate=schedule, tol=0).fit(X, y)
    assert net.stop_reason_ == "max_iter"
    net.set_params(warm_start=True).fit(X, y)


@pytest.mark.parametrize(
    "schedule", [StepDecay(every=1), CosineRestarts(3), OneCycle(horizon=9)], ids=str
)
def test_warning_after_a_schedule_that_is_cut_short(Net, schedule, X, y):
    with pytest.warns(ConvergenceWarning, match=r"max_iter=4\) reached"):
        make(Net, solver=SGD(), learning_rate=schedule, tol=0).fit(X, y)


def test_diverged_epoch_is_not_the_best_loss(X, y):
    net = make(MLPRegressor, solver="sgd", learning_rate_init=1e30, max_restarts=40)
    net.set_params(max_iter=2, activation="identity")
    fit(net, X.astype(np.float32), y)
    assert np.isnan(net.loss_curve_).tolist() == [False, True]
    assert net.best_loss_ == net.loss_curve_[0]


def test_run_is_there_during_fit_only(Net, X, y):
    net = make(Net)
    assert not hasattr(net, "training_")
    fit(net, X, y)
    assert not hasattr(net, "training_")
    assert "_run" not in vars(net)
