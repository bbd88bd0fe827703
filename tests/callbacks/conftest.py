"""Small data, and what two fits that are equal have equal."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdl.callbacks import LambdaCallback
from skdl.estimators._internal_api import network_of

RECORDS = ("n_iter_", "t_", "loss_", "loss_curve_", "best_loss_", "stop_reason_")
RECORDS += ("validation_scores_", "best_validation_score_")


class Crash(Exception):
    """What a test lets a fit die of."""


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 4))


@pytest.fixture
def y(X):
    return X[:, :3].argmax(axis=1)


@pytest.fixture
def fit():
    """Fit with callbacks, without the warnings that a short training gives."""

    def fit(net, X, y, *callbacks, callback=None, **others):
        callbacks = callbacks if callback is None else (callback,)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            if callbacks:
                net.set_callbacks(*callbacks)
            return net.fit(X, y, **others)

    return fit


@pytest.fixture
def crash(fit):
    """Fit until an epoch ends, and die then."""

    def crash(net, n_epochs, X, y, *callbacks, **others):
        def die(net):
            if net.n_iter_ == n_epochs:
                raise Crash

        with pytest.raises(Crash):
            fit(net, X, y, *callbacks, LambdaCallback(die), **others)

    return crash


@pytest.fixture
def assert_same():
    """Two nets are equal, bit for bit, but for the times."""

    def assert_same(net, expected):
        for ours, theirs in zip(
            network_of(net).snapshot(), network_of(expected).snapshot(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)
        for name in RECORDS:
            np.testing.assert_equal(getattr(net, name), getattr(expected, name), name)
        assert net.history_.keys() == expected.history_.keys()
        for name in set(net.history_) - {"time"}:
            np.testing.assert_array_equal(net.history_[name], expected.history_[name])
            assert len(net.history_[name]) >= net.n_iter_

    return assert_same
