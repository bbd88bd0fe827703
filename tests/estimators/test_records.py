"""Records of training: equal lengths after an interruption, constant cost per call."""

import copy
import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn import neural_network

from skdl import MLPClassifier, MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.estimators._records import GrowingHistory

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = X[:, 0] + 0.1 * rng.normal(size=40)


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


def interrupted(net):
    with pytest.warns(UserWarning, match="interrupted"):
        return net.fit(X, Y)


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


def small(**parameters):
    return MLPRegressor(
        hidden_layer_sizes=(4,), batch_size=20, max_iter=6, random_state=0, **parameters
    )


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(("at", "n_epochs"), [(1, 0), (2, 0), (3, 1), (6, 2)])
def test_interrupted_in_a_batch(at, n_epochs, early_stopping):
    net = small(augment=Press(at).augment, early_stopping=early_stopping)
    assert_records_agree(interrupted(net), n_epochs)
    theirs = net.to_sklearn()
    np.testing.assert_allclose(theirs.predict(X), net.predict(X))


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
    from skdl.estimators import _run

    press = Press(3)
    keep = _run.TrainingRun._record

    def record(self, *arguments):
        press.press()
        keep(self, *arguments)

    monkeypatch.setattr(_run.TrainingRun, "_record", record)
    assert_records_agree(interrupted(small()), 2)


def test_an_interrupted_warm_start_keeps_the_records_before():
    net = small(warm_start=True, max_time=1e9).set_params(max_iter=2)
    with warnings.catch_warnings(action="ignore"):
        net.fit(X, Y)
    before, best = list(net.loss_curve_), net.best_loss_
    net.set_params(augment=Press(3).augment)
    interrupted(net)
    assert net.loss_curve_[:2] == before
    assert len(net.loss_curve_) == 3
    assert len(net.history_["time"]) == 3
    assert net.n_iter_ == 1
    assert net.best_loss_ <= best


def test_numbers_are_those_of_numpy():
    for solver in ("adam", "lbfgs"):
        with warnings.catch_warnings(action="ignore"):
            ours = small(solver=solver).fit(X.astype(np.float32), Y)
            theirs = neural_network.MLPRegressor(max_iter=2, solver=solver).fit(X, Y)
        assert type(ours.loss_) is type(theirs.loss_) is np.float64
        assert ours.loss_.round(3) == round(float(ours.loss_), 3)
        assert {type(loss) for loss in ours.loss_curve_} == {np.float64}
        assert type(ours.best_loss_) is np.float64


def test_out_activation_is_read_from_the_loss_and_cannot_be_set():
    net = MLPClassifier((3,), max_iter=1)
    assert not hasattr(net, "out_activation_")
    with warnings.catch_warnings(action="ignore"):
        net.fit(X, X[:, 0] > 0)
    assert net.out_activation_ == "logistic"
    with pytest.raises(AttributeError, match="Set loss before fit, or read"):
        net.out_activation_ = "identity"


def allocated_by_a_call(n_before):
    net = small().partial_fit(X, Y)
    net.loss_curve_ = [0.1] * n_before
    net.history_ = {name: np.zeros(n_before) for name in net.history_}
    net.partial_fit(X, Y).partial_fit(X, Y)
    assert len(net.loss_curve_) == len(net.history_["loss"]) == n_before + 2
    tracemalloc.start()
    net.partial_fit(X, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_call_of_partial_fit_does_not_copy_the_history():
    # Seven arrays and a list of 100,000 numbers would be 6.4 MB.
    assert allocated_by_a_call(100_000) < allocated_by_a_call(10) + 100_000


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_keep_records_of_their_own(copied):
    net = small().partial_fit(X, Y).partial_fit(X, Y)
    twin = copied(net)
    net.partial_fit(X, Y)
    twin.partial_fit(2 * X, Y).partial_fit(X, Y)
    assert [len(net.loss_curve_), len(twin.loss_curve_)] == [3, 4]
    assert net.loss_curve_ == list(net.history_["loss"])
    assert twin.loss_curve_ == list(twin.history_["loss"])
    assert net.loss_curve_[2] != twin.loss_curve_[2]


def test_a_failed_call_takes_its_records_back():
    net = small().partial_fit(X, Y).partial_fit(X, Y)
    history, curve = dict(net.history_), list(net.loss_curve_)
    values = {name: array.copy() for name, array in history.items()}
    with pytest.raises(ValueError, match="non-finite"):
        net.set_params(learning_rate_init=1e200).partial_fit(X, Y)
    assert net.loss_curve_ == curve
    net.set_params(learning_rate_init=1e-3).partial_fit(X, Y)
    assert net.loss_curve_[:2] == curve
    assert len(net.history_["loss"]) == 3
    for name, array in values.items():
        np.testing.assert_array_equal(history[name], array)
        np.testing.assert_array_equal(net.history_[name][:2], array)


def test_room_is_not_saved():
    net = small()
    for _ in range(9):
        net.partial_fit(X, Y)
    assert len(pickle.dumps(net.history_)) < 2000
    assert "_growing_history" not in net.__getstate__()


def test_growing_history_copies_what_is_not_its_own():
    growing = GrowingHistory()
    first = growing.extended({}, {"loss": [1.0, 2.0]})
    second = growing.extended(first, {"loss": [3.0]})
    third = growing.extended(second, {"loss": [4.0]})
    assert third["loss"].base is second["loss"].base
    other = growing.extended(second, {"loss": [5.0]})
    assert third["loss"].tolist() == [1, 2, 3, 4]
    assert other["loss"].tolist() == [1, 2, 3, 5]
