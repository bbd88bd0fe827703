"""Activations as the estimators take them: names, objects, one per layer, one's own."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier
from skdl.engine import Elu, LeakyRelu, check_gradient
from skdl.engine.activations import ACTIVATIONS


class Cube(BaseEstimator):
    """A user's own activation, by the documented protocol and nothing more."""

    def forward(self, Z, A):
        np.power(Z, 3, out=A)

    def backward(self, dA, Z, A):
        np.multiply(Z, Z, out=A)
        np.multiply(A, 3, out=A)
        np.multiply(dA, A, out=dA)


class Wrong(Cube):
    def backward(self, dA, Z, A):
        super().backward(dA, Z, A)
        dA[0, 0] *= 1.001


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def fitted(X, y, **parameters):
    settings = {"solver": "lbfgs", "max_iter": 2000, "alpha": 0.1, "random_state": 0}
    settings["hidden_layer_sizes"] = 8
    return MLPClassifier(**{**settings, **parameters}).fit(X, y)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_name_learns_and_is_its_object(iris, name):
    net = fitted(*iris, activation=name)
    assert net.score(*iris) > 0.95
    if name != "logistic":  # whose name starts smaller, as in scikit-learn
        given = fitted(*iris, activation=ACTIVATIONS[name]())
        assert_array_equal(net.coefs_[0], given.coefs_[0])


def test_one_per_layer(iris):
    mixed = ["tanh", LeakyRelu(0.3), "gelu"]
    net = fitted(*iris, hidden_layer_sizes=(6, 5, 4), activation=mixed)
    assert net.score(*iris) > 0.95
    copy = pickle.loads(pickle.dumps(net))
    assert_array_equal(copy.decision_function(iris[0]), net.decision_function(iris[0]))


def test_settings_are_searched(iris):
    net = MLPClassifier(
        5, solver="lbfgs", activation=LeakyRelu(), alpha=1.0, tol=1e-2, max_iter=2000
    )
    search = GridSearchCV(net, {"activation__slope": [0.0, 0.5]}, cv=2).fit(*iris)
    assert search.best_params_["activation__slope"] in (0.0, 0.5)
    assert net.activation.slope == 0.01


def function_of(activation, factors):
    def function(Z):
        A, dA = np.empty_like(Z), factors.copy()
        activation.forward(Z, A)
        value = (factors * A).sum()
        activation.backward(dA, Z, A)
        return value, dA

    return function


def test_a_users_own_activation_is_checked_and_trains(iris):
    Z = np.random.default_rng(0).normal(size=(3, 4))
    factors = np.ones_like(Z)
    check_gradient(function_of(Cube(), factors), Z)
    with pytest.raises(AssertionError, match="element 0"):
        check_gradient(function_of(Wrong(), factors), Z)
    assert fitted(*iris, activation=Cube(), tol=0.02).score(*iris) > 0.95


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("mish", "'activation' parameter of MLPClassifier must be a str among"),
        (["relu", "tanh"], "one for each of the 1 hidden layers, got 2"),
        (["mish"], r"activation must be among \['elu'"),
        ([3], r"an object with the methods forward and backward, got 3"),
        (Elu(-1), "Elu: alpha must be a number"),
        (object(), "'activation' parameter"),
    ],
)
def test_bad_activations_are_refused(iris, activation, message):
    net = MLPClassifier(5, activation=activation)
    with pytest.raises(ValueError, match=message):
        net.fit(*iris)
    assert not hasattr(net, "classes_")
