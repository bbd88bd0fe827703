"""Ctrl-C: the net is usable, has its best weights, and its records agree."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.engine import Network
from tests.estimators.common import fit, flat, make

ROWS = np.random.default_rng(0).normal(size=(40, 3))
VALUES = ROWS[:, 0] + 0.1 * np.random.default_rng(1).normal(size=40)


class Press:
    """Ctrl-C at the n-th call, as augment, scorer or callback."""

    def __init__(self, at):
        self.at, self.n = at, 0

    def press(self):
        self.n += 1
        if self.n == self.at:
            raise KeyboardInterrupt

    def augment(self, rows, rng):
        self.press()
        return rows

    def score(self, net, X, y):
        self.press()
        return float(self.n)

    def callback(self, net):
        self.press()


def small(**parameters):
    return MLPRegressor(
        hidden_layer_sizes=(4,), batch_size=20, max_iter=6, random_state=0, **parameters
    )


def test_interruption_keeps_the_parameters_so_far(Net, X, y):
    expected = flat(fit(make(Net, max_iter=3), X, y))
    interrupt = LambdaCallback(Press(at=3).callback)
    with pytest.warns(UserWarning, match="interrupted by user"):
        net = make(Net, max_iter=30).set_callbacks(interrupt).fit(X, y)
    assert net.n_iter_ == 3
    assert_array_equal(flat(net), expected)
    assert len(net.predict(X)) == 60


def test_interruption_before_the_first_epoch_leaves_a_usable_net(Net, X, y):
    interrupt = LambdaCallback(on_fit_begin=Press(at=1).callback)
    with pytest.warns(UserWarning, match="interrupted by user"):
        net = make(Net, max_iter=30).set_callbacks(interrupt).fit(X, y)
    assert len(net.predict(X)) == 60
    assert net.n_iter_ == 0


@pytest.mark.filterwarnings("ignore:Training interrupted")
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_interruption_keeps_the_best_so_far(Net, solver, X, y, X_val, y_val):
    params = {"early_stopping": True, "solver": solver, "learning_rate_init": 0.3}
    params |= {"hidden_layer_sizes": (20,), "alpha": 0, "n_iter_no_change": 50}
    if Net is MLPRegressor:
        params["learning_rate_init"] = 0.05
    y = np.where(np.arange(60) % 5, y, (y + 1) % 3)  # takes lbfgs many iterations
    expected = make(Net, max_iter=8, **params)
    fit(expected, X, y, X_val=X_val, y_val=y_val)
    interrupt = LambdaCallback(Press(at=8).callback)
    net = make(Net, max_iter=500, **params).set_callbacks(interrupt)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert net.stop_reason_ == "interrupted"
    assert (net.n_iter_, len(net.history_["loss"])) == (8, 8)
    assert_array_equal(flat(net), flat(expected))
    assert net.score(X_val, y_val) == net.best_validation_score_


@pytest.mark.filterwarnings("ignore:Training interrupted")
def test_interruption_of_lbfgs_keeps_the_last_iterate(Net, X, y, monkeypatch):
    expected = fit(make(Net, solver="lbfgs", max_iter=3), X, y)
    evaluate = Network.loss_and_gradient

    def interrupt(self, *args):
        value = evaluate(self, *args)
        if len(net.training_.history["loss"]) == 3:  # in the fourth line search
            raise KeyboardInterrupt
        return value

    monkeypatch.setattr(Network, "loss_and_gradient", interrupt)
    net = make(Net, solver="lbfgs", max_iter=30)
    net.fit(X, y)
    assert (net.stop_reason_, net.n_iter_) == ("interrupted", 3)
    assert net.loss_ == expected.loss_
    assert_array_equal(flat(net), flat(expected))


def interrupted(net):
    with pytest.warns(UserWarning, match="interrupted"):
        return net.fit(ROWS, VALUES)


def assert_records_agree(net, n_epochs):
    lengths = {len(values) for values in net.history_.values()}
    assert lengths == {n_epochs}
    assert net.n_iter_ == len(net.loss_curve_) == n_epochs
    assert net.loss_curve_ == list(net.history_["loss"])
    if net.validation_scores_ is None:
        assert net.best_loss_ == min(net.loss_curve_, default=np.inf)
    else:
        scores = net.validation_scores_
        assert len(scores) == n_epochs
        assert net.best_validation_score_ == max(scores, default=-np.inf)
    assert isinstance(net.loss_, np.float64)
    if n_epochs:
        assert net.loss_ == net.loss_curve_[-1]
    else:
        assert np.isnan(net.loss_)
    assert net.stop_reason_ == "interrupted"


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(("at", "n_epochs"), [(1, 0), (2, 0), (3, 1), (6, 2)])
def test_interrupted_in_a_batch(at, n_epochs, early_stopping):
    net = small(augment=Press(at).augment, early_stopping=early_stopping)
    assert_records_agree(interrupted(net), n_epochs)
    theirs = net.to_sklearn()
    np.testing.assert_allclose(theirs.predict(ROWS), net.predict(ROWS))


@pytest.mark.parametrize("at", [2, 3, 5])
def test_interrupted_in_validation(at):
    # The first call is the check before training.
    net = small(early_stopping=True, scoring=Press(at).score)
    assert_records_agree(interrupted(net), at - 2)
    net.to_sklearn()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupted_in_a_callback(early_stopping):
    for at in (1, 3):
        net = small(early_stopping=early_stopping)
        net.set_callbacks(LambdaCallback(Press(at).callback))
        assert_records_agree(interrupted(net), at)
    net.set_callbacks(LambdaCallback(on_fit_begin=Press(1).callback))
    assert_records_agree(interrupted(net), 0)


def test_interrupted_lbfgs():
    net = small(solver="lbfgs")
    net.set_callbacks(LambdaCallback(Press(3).callback))
    assert_records_agree(interrupted(net), 3)


def test_interrupted_in_the_records_of_an_epoch(monkeypatch):
    # No public object is called there.
    from skdl.estimators import _training_run

    press = Press(3)
    keep = _training_run.TrainingRun._record

    def record(self, *arguments):
        press.press()
        keep(self, *arguments)

    monkeypatch.setattr(_training_run.TrainingRun, "_record", record)
    assert_records_agree(interrupted(small()), 2)


def test_an_interrupted_warm_start_keeps_the_records_before():
    net = small(warm_start=True, max_time=1e9).set_params(max_iter=2)
    with warnings.catch_warnings(action="ignore"):
        net.fit(ROWS, VALUES)
    before, best = list(net.loss_curve_), net.best_loss_
    net.set_params(augment=Press(3).augment)
    interrupted(net)
    assert net.loss_curve_[:2] == before
    assert len(net.loss_curve_) == 3
    assert len(net.history_["time"]) == 3
    assert net.n_iter_ == 1
    assert net.best_loss_ <= best
