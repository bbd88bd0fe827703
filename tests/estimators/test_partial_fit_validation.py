"""partial_fit with validation data: early stopping call by call."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier

from skdl import (
    ValidationSet,
)
from skdl.estimators._training_run import TrainingRun  # partial_fit calls no hook
from tests.estimators.common import flat, make, wild

# partial_fit.


def steps(net, X, y, n, **extra):
    classes = {"classes": [0, 1, 2]} if is_classifier(net) else {}
    for _ in range(n):
        net.partial_fit(X, y, **classes, **extra)
        yield net


def test_partial_fit_is_fit_epoch_by_epoch(Net, X, y, X_val, y_val):
    params = {"n_iter_no_change": 3, "max_iter": 60}
    expected = wild(Net, **params).fit(X, y, X_val=X_val, y_val=y_val)
    assert expected.stop_reason_ == "converged"
    net = wild(Net, **params)
    for _ in range(expected.n_iter_):
        next(steps(net, X, y, 1, X_val=X_val, y_val=y_val))
        net = pickle.loads(pickle.dumps(net))
    assert net.stop_reason_ == "converged"
    assert_array_equal(flat(net), flat(expected))
    assert net.validation_scores_ == expected.validation_scores_
    assert net.best_validation_score_ == expected.best_validation_score_
    for name in set(net.history_) - {"time"}:
        assert_array_equal(net.history_[name], expected.history_[name])


def test_partial_fit_keeps_the_last_weights_until_patience_ends(
    Net, X, y, X_val, y_val
):
    params = {"n_iter_no_change": 3, "max_iter": 60}
    end = wild(Net, **params).fit(X, y, X_val=X_val, y_val=y_val).n_iter_
    stochastic = wild(Net, early_stopping=False)
    nets = steps(wild(Net, **params), X, y, end - 1, X_val=X_val, y_val=y_val)
    for net, plain in zip(nets, steps(stochastic, X, y, end - 1), strict=True):
        assert net.stop_reason_ is None
        assert_array_equal(flat(net), flat(plain))


def test_partial_fit_continues_after_it_converged(Net, X, y, X_val, y_val):
    net = wild(Net, n_iter_no_change=1)
    for _ in steps(net, X, y, 60, X_val=X_val, y_val=y_val):
        if net.stop_reason_ == "converged":
            break
    assert net.stop_reason_ == "converged"
    best, before = net.best_validation_score_, flat(net).copy()
    next(steps(net, X, y, 1, X_val=X_val, y_val=y_val))
    assert net.stop_reason_ is None
    assert (flat(net) != before).any()
    assert net.best_validation_score_ >= best


@pytest.mark.filterwarnings("ignore:Training interrupted")
@pytest.mark.parametrize("stop", ["time", "interrupt"])
def test_partial_fit_remembers_its_best_across_other_ends(
    Net, stop, X, y, X_val, y_val, monkeypatch
):
    """A call that ends early is one of the epochs, and loses nothing."""
    net = wild(Net, n_iter_no_change=3, max_iter=60)
    expected = wild(Net, n_iter_no_change=3, max_iter=60)
    expected.fit(X, y, X_val=X_val, y_val=y_val)
    end, call = expected.n_iter_, TrainingRun.__call__
    best = int(np.argmax(expected.validation_scores_)) + 1
    assert best < end - 1

    def interrupted(self, epoch):
        call(self, epoch)
        if stop == "interrupt":
            raise KeyboardInterrupt
        self.stop_reason = "max_time"
        return True

    for i, _ in enumerate(steps(net, X, y, end, X_val=X_val, y_val=y_val)):
        monkeypatch.setattr(TrainingRun, "__call__", call)
        if i + 2 == best + 1:  # the next call follows the best
            monkeypatch.setattr(TrainingRun, "__call__", interrupted)
        elif i + 1 == best + 1:
            reason = {"time": "max_time", "interrupt": "interrupted"}[stop]
            assert net.stop_reason_ == reason
    assert net.stop_reason_ == "converged"
    assert_array_equal(flat(net), flat(expected))


def test_partial_fit_refuses_what_it_cannot_do(Net, X, y, X_val, y_val):
    net = make(Net, validation_split=3)
    with pytest.raises(ValueError, match="cannot hold out rows by validation_split"):
        next(steps(net, X, y, 1))
    net = make(Net, early_stopping=True)
    with pytest.raises(ValueError, match="Pass X_val and y_val"):
        next(steps(net, X, y, 1))
    net = make(Net, scoring="loss")
    with pytest.raises(ValueError, match="has no rows to score"):
        next(steps(net, X, y, 1))


def test_partial_fit_records_validation_without_early_stopping(Net, X, y, X_val, y_val):
    *_, net = steps(make(Net), X, y, 3, X_val=ValidationSet(X_val, y_val))
    *_, plain = steps(make(Net), X, y, 3)
    assert_array_equal(flat(net), flat(plain))
    assert len(net.history_["validation_loss"]) == 3
    assert np.isfinite(net.history_["validation_loss"]).all()
