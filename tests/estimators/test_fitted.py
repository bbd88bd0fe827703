"""What is read off the network of a fitted net."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError

ALWAYS = ["coefs_", "intercepts_", "n_zero_weights_"]


@pytest.mark.parametrize("name", [*ALWAYS, "coef_", "intercept_"])
def test_nothing_is_there_before_fit(Net, name):
    assert not hasattr(Net(), name)
    with pytest.raises(AttributeError, match=f"not fitted yet: no '{name}'"):
        getattr(Net(), name)


def test_predict_before_fit_is_refused(Net, X):
    with pytest.raises(NotFittedError):
        Net().predict(X)


@pytest.mark.parametrize("name", ["coef_", "intercept_"])
def test_a_deep_net_has_no_linear_coefficients(Net, X, y, make, fit, name):
    net = fit(make(Net), X, y)
    assert not hasattr(net, name)
    with pytest.raises(AttributeError, match=r"linear models: hidden_layer_sizes=\(\)"):
        getattr(net, name)


def test_coefs_are_views_of_the_parameters(Net, X, y, make, fit):
    net = fit(make(Net), X, y)
    before = net.predict(X)
    for array in (*net.coefs_, *net.intercepts_):
        assert np.shares_memory(array, net._network.parameters)
        array *= 0
    assert (net.predict(X) != before).any()


def test_linear_coefficients_give_the_scores(Net, X, y, make, fit):
    net = fit(make(Net, hidden_layer_sizes=()), X, y)
    scores = getattr(net, "decision_function", net.predict)(X)
    assert_allclose(X @ net.coef_.T + net.intercept_, scores, rtol=1e-10)


def test_zero_weights_are_counted_without_biases(Net, X, y, make, fit):
    net = fit(make(Net), X, y)
    assert net.n_zero_weights_ == 0
    net.coefs_[0][1:3] = 0
    net.coefs_[1][4, 0] = -0.0
    net.intercepts_[0][:] = 0
    assert net.n_zero_weights_ == 2 * 6 + 1
    assert type(net.n_zero_weights_) is int
