"""Subclasses that override what scikit-learn's MLP calls are told so."""

import numpy as np
import pytest
from sklearn import neural_network

from skdl import MLPClassifier, MLPRegressor

X = np.random.default_rng(0).normal(size=(20, 2))
# Private methods of scikit-learn's MLP that users override.
METHODS = [
    "_init_coef",
    "_initialize",
    "_forward_pass",
    "_forward_pass_fast",
    "_backprop",
    "_compute_loss_grad",
    "_loss_grad_lbfgs",
    "_fit_lbfgs",
    "_fit_stochastic",
    "_update_no_improvement_count",
    "_score_with_function",
    "_unpack",
]


@pytest.mark.parametrize("name", METHODS)
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
