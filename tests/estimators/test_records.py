"""Records of partial_fit: copies have their own, and each call costs the same."""

import copy
import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn import neural_network

from skdl import MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = X[:, 0] + 0.1 * rng.normal(size=40)


def small(**parameters):
    return MLPRegressor(
        hidden_layer_sizes=(4,), batch_size=20, max_iter=6, random_state=0, **parameters
    )


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
