"""A failed fit leaves the estimator exactly as it was."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier

from tests.estimators.common import fit, flat, make, scores

DIVERGING = {"solver": "sgd", "learning_rate_init": 1e6, "max_iter": 50}


def huge(X):
    return pd.DataFrame(1e160 * np.c_[X, X], columns=list("abcdefgh"))


# What to set, and what to fit on, for fit to fail: X has twice the columns, and names.
FAILURES = {
    "NaN": ({}, lambda X, y: (np.c_[X, X * np.nan], y)),
    "short y": ({}, lambda X, y: (np.c_[X, X], y[1:])),
    "bad weights": ({}, lambda X, y: (np.c_[X, X], y, -np.ones(60))),
    "bad option": ({"solver": "adamm"}, lambda X, y: (np.c_[X, X], y)),
    "bad layers": ({"hidden_layer_sizes": (5, -1)}, lambda X, y: (np.c_[X, X], y)),
    "validation": (
        {"early_stopping": True, "validation_fraction": 0.01},
        lambda X, y: (np.c_[X, X], y),
    ),
    "diverged": (DIVERGING, lambda X, y: (huge(X), y + 1)),
}
failures = pytest.mark.parametrize(
    ("params", "change"), FAILURES.values(), ids=FAILURES
)


class Memory:
    """All attributes of a net: the very objects, and what they hold."""

    def __init__(self, net):
        self.net = net
        self.attributes = dict(vars(net))
        self.content = pickle.dumps(net)

    def assert_unchanged(self):
        assert list(vars(self.net)) == list(self.attributes)
        for name, value in self.attributes.items():
            assert getattr(self.net, name) is value, name
        assert pickle.dumps(self.net) == self.content


@failures
@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("warm_start", [False, True])
def test_fitted_net_stays(Net, params, change, warm_start, X, y):
    net = fit(make(Net, warm_start=warm_start), X, y)
    before = scores(net, X)
    net.set_params(**params)
    memory = Memory(net)
    with pytest.raises(ValueError, match="."):
        net.fit(*change(X, y))
    memory.assert_unchanged()
    assert net.n_features_in_ == 4
    assert not hasattr(net, "feature_names_in_")
    assert_array_equal(scores(net, X), before)


@failures
def test_unfitted_net_stays_unfitted(Net, params, change, X, y):
    net = make(Net, **params)
    with pytest.raises(ValueError, match="."):
        net.fit(*change(X, y))
    assert vars(net) == net.get_params()


def test_warm_start_that_diverges_stays(Net, X, y):
    net = fit(make(Net, warm_start=True), X, y)
    before = scores(net, X)
    net.set_params(**DIVERGING)
    memory = Memory(net)
    with pytest.raises(ValueError, match="non-finite"):
        net.fit(1e160 * X, y)
    memory.assert_unchanged()
    assert_array_equal(scores(net, X), before)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_failed_partial_fit_never_happened(Net, solver, X, y):
    classes = {"classes": [0, 1, 2]} if is_classifier(Net()) else {}
    params = {"solver": solver, "batch_size": 16, "activation": "identity"}
    nets = [make(Net, **params) for _ in range(2)]
    for net in nets:
        net.partial_fit(X, y, **classes).partial_fit(X, y)
    failing, undisturbed = nets
    before = scores(failing, X)
    failing.set_params(learning_rate_init=1e200)
    memory = Memory(failing)
    with pytest.raises(ValueError, match="non-finite"):
        failing.partial_fit(X, y)  # diverges after the first of four batches
    memory.assert_unchanged()
    assert_array_equal(scores(failing, X), before)
    failing.set_params(learning_rate_init=0.001)
    for net in nets:
        net.partial_fit(X, y)
    assert_array_equal(flat(failing), flat(undisturbed))
    assert failing.loss_curve_ == undisturbed.loss_curve_


def test_failed_first_partial_fit_leaves_nothing(Net, X, y):
    classes = {"classes": [0, 1, 2]} if is_classifier(Net()) else {}
    net = make(Net, solver="sgd", learning_rate_init=1e200, batch_size=16)
    with pytest.raises(ValueError, match="non-finite"):
        net.partial_fit(1e160 * X, y, **classes)
    assert vars(net) == net.get_params()
