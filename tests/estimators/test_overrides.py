"""Subclasses that override what scikit-learn's MLP calls are told so."""

import numpy as np
import pytest
from sklearn import neural_network

from skdl import MLPClassifier, MLPRegressor
from skdl.estimators._overrides import INSTEAD

X = np.random.default_rng(0).normal(size=(20, 2))


@pytest.mark.parametrize("name", INSTEAD)
def test_an_override_without_effect_is_an_error(name):
    assert hasattr(neural_network.MLPRegressor, name)
    method = {name: lambda self, *arguments: None}
    Sub = type("Sub", (MLPRegressor,), method)
    for call in ("fit", "partial_fit"):
        with pytest.raises(
            TypeError, match=f"Sub has a method {name}, which .* Set|As"
        ):
            getattr(Sub(), call)(X, X[:, 0])


def test_a_function_on_the_object_is_refused_too():
    net = MLPClassifier((3,))
    net._init_coef = lambda *arguments: None
    with pytest.raises(TypeError, match="Set weight_init to a number, a name or an"):
        net.fit(X, X[:, 0] > 0)
    assert not hasattr(net, "classes_")


def test_other_private_methods_of_a_subclass_are_its_own():
    class Sub(MLPRegressor):
        def _helper(self):
            return 1

        def _fit(self, X, y):
            return self.partial_fit(X, y)

    assert Sub((3,))._helper() == 1
    Sub(hidden_layer_sizes=(3,))._fit(X, X[:, 0]).predict(X)
