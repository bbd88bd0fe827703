"""Parameters that take names or objects: classes, misspelt names, objects that fit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import (
    Adam,
    Cosine,
    ElasticNetPenalty,
    HeNormal,
    L2Penalty,
    Relu,
    StepDecay,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)


def quick(Net=MLPClassifier, **params):
    return Net(hidden_layer_sizes=(4,), max_iter=2, tol=0, random_state=0, **params)


def error(net):
    with pytest.raises(ValueError, match=r".") as caught:
        net.fit(X, y)
    assert not hasattr(net, "n_iter_")
    return str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        ("solver", Adam),
        ("activation", Relu),
        ("learning_rate", StepDecay),
        ("weight_init", HeNormal),
        ("penalty", L2Penalty),
    ],
)
def test_a_class_in_place_of_an_object_is_named(parameter, kind):
    name = kind.__name__
    assert f"write {name}(), not {name}" in error(quick(**{parameter: kind}))


@pytest.mark.parametrize(
    ("parameter", "value", "meant"),
    [
        ("activation", "sigmoid", "logistic"),
        ("activation", "swish", "silu"),
        ("activation", "ReLU", "relu"),
        ("loss", "cross_entropy", "log_loss"),
        ("loss", "mse", "squared_error"),
        ("solver", "Adam", "adam"),
        ("solver", "adma", "adam"),
        ("weight_init", "he", "he_normal"),
        ("learning_rate", "cosin", "cosine"),
        ("normalization", "batch_norm", "batch"),
        ("penalty", "lasso", "l1"),
    ],
)
def test_other_names_and_spellings_are_understood(parameter, value, meant):
    said = error(quick(**{parameter: value}))
    assert said.endswith(f"Got {value!r} instead. Did you mean {meant!r}?")


def test_names_in_a_list_of_activations_are_understood_too():
    assert "Did you mean 'logistic'?" in error(quick(activation=["sigmoid"]))


def test_unrelated_names_get_the_list_alone_in_alphabetical_order():
    said = error(quick(activation="unheard-of"))
    assert "Did you mean" not in said
    assert said.index("'elu'") < said.index("'gelu'") < said.index("'tanh'")


def test_a_rate_in_place_of_a_schedule_is_sent_to_its_parameter():
    said = error(quick(learning_rate=0.01))
    assert said.endswith("write the rate as learning_rate_init=0.01.")


@pytest.mark.parametrize("Net", [SoftmaxClassifier, MLPRegressor])
def test_a_penalty_object_acts_as_its_name_does(Net):
    by_name = quick(Net, penalty="elasticnet", l1_ratio=0.3, alpha=3.0).fit(X, y)
    by_object = quick(Net, penalty=ElasticNetPenalty(0.3), alpha=3.0).fit(X, y)
    assert_array_equal(by_name.coefs_[0], by_object.coefs_[0])
    plain = quick(Net, alpha=3.0).fit(X, y)
    assert (plain.coefs_[0] != by_name.coefs_[0]).any()


def test_settings_of_a_penalty_are_checked_and_can_be_searched():
    net = quick(penalty=ElasticNetPenalty()).set_params(penalty__l1_ratio=2)
    assert "ElasticNetPenalty: l1_ratio must be a number in [0, 1]" in error(net)


def test_lbfgs_takes_the_smooth_penalty_object_only():
    plain = quick(solver="lbfgs", alpha=0.5).fit(X, y)
    same = quick(solver="lbfgs", alpha=0.5, penalty=L2Penalty()).fit(X, y)
    assert_array_equal(plain.coefs_[0], same.coefs_[0])
    net = quick(solver="lbfgs", penalty=ElasticNetPenalty())
    assert "solver='lbfgs' needs a smooth objective" in error(net)


def test_a_schedule_by_name_is_the_object_of_its_defaults():
    by_name = quick(learning_rate="cosine").fit(X, y)
    by_object = quick(learning_rate=Cosine()).fit(X, y)
    assert_array_equal(by_name.coefs_[0], by_object.coefs_[0])
    assert "chooses its steps itself" in error(
        quick(solver="lbfgs", learning_rate="cosine")
    )


class Cubic:
    """An activation without a base class and without optional attributes."""

    def forward(self, Z, A):
        np.power(Z, 3, out=A)

    def backward(self, dA, Z, A):
        dA *= 3 * Z**2


def test_an_activation_of_a_users_own_class_gets_the_defaults():
    net = quick(activation=Cubic()).fit(X, y)
    Z = X @ net.coefs_[0] + net.intercepts_[0]
    scores = Z**3 @ net.coefs_[1] + net.intercepts_[1]
    expected = 1 / (1 + np.exp(-scores[:, 0]))
    np.testing.assert_allclose(net.predict_proba(X)[:, 1], expected, rtol=1e-10)
