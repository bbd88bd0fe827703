"""MLPClassifier: scikit-learn's own, number for number."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier as Theirs
from sklearn.preprocessing import scale

from skdl import LogisticClassifier, MLPClassifier, SoftmaxClassifier, SVMClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TASKS = {
    "three classes": lambda y: y,
    "two classes": lambda y: np.array(["no", "yes"])[(y == 1).astype(int)],
    "labels": lambda y: np.column_stack([y > 0, y == 1, y < 2]).astype(int),
}


@pytest.fixture(params=TASKS.values(), ids=TASKS)
def task(request):
    X, y = load_iris(return_X_y=True)
    return scale(X), request.param(y)


def assert_equal_nets(ours, theirs, X, rtol):
    pairs = zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    )
    for a, b in pairs:
        assert_allclose(a, b, rtol=rtol, atol=rtol)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=10 * rtol)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.loss_, theirs.loss_, rtol=rtol)
    assert_allclose(ours.loss_curve_[-1], theirs.loss_, rtol=rtol)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_iter_"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_lbfgs_with_a_seed_gives_scikit_learns_net(task, activation):
    X, y = task
    params = {"solver": "lbfgs", "activation": activation, "max_iter": 30}
    params |= {"hidden_layer_sizes": (7, 5), "alpha": 0.5, "random_state": 3}
    ours, theirs = MLPClassifier(**params).fit(X, y), Theirs(**params).fit(X, y)
    assert_equal_nets(ours, theirs, X, 1e-6)


def test_lbfgs_with_sample_weight_gives_scikit_learns_net(task):
    X, y = task
    weights = np.random.default_rng(0).uniform(0, 3, len(X))
    params = {"hidden_layer_sizes": 6, "solver": "lbfgs", "alpha": 1.0}
    params |= {"max_iter": 20, "random_state": 3}
    ours = MLPClassifier(**params).fit(X, y, weights)
    theirs = Theirs(**params).fit(X, y, weights)
    assert_equal_nets(ours, theirs, X, 1e-6)


STOCHASTIC = {
    "adam": {},
    "adam's settings": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    "sgd": {"solver": "sgd"},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0},
    "plateau": {"solver": "sgd", "tol": 0.1, "learning_rate_init": 0.1},
    "one batch": {"batch_size": 150},
}


@pytest.mark.parametrize("params", STOCHASTIC.values(), ids=STOCHASTIC)
def test_without_shuffling_every_step_is_scikit_learns(task, params):
    X, y = task
    params = {"learning_rate_init": 0.01, "batch_size": 40, "alpha": 0.1, **params}
    params |= {"hidden_layer_sizes": (6,), "shuffle": False, "random_state": 1}
    params |= {"max_iter": 40, "n_iter_no_change": 3}
    ours, theirs = MLPClassifier(**params).fit(X, y), Theirs(**params).fit(X, y)
    assert_equal_nets(ours, theirs, X, 1e-8)
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
    assert_allclose(ours.best_loss_, theirs.best_loss_, rtol=1e-8)
    assert ours.t_ == theirs.t_


@pytest.mark.parametrize(
    ("loss", "head"),
    [
        ("softmax", SoftmaxClassifier()),
        ("logistic", LogisticClassifier()),
        ("hinge", SVMClassifier()),
        ("squared_hinge", SVMClassifier(loss="squared_hinge")),
    ],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_losses_are_those_of_the_fixed_heads(loss, head, n_classes):
    X, y = load_iris(return_X_y=True)
    y = np.minimum(y, n_classes - 1)
    params = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0}
    ours = MLPClassifier(loss=loss, weight_init="auto", **params).fit(X, y)
    head.set_params(**params, standardize=False).fit(X, y)
    for a, b in zip(ours.coefs_, head.coefs_, strict=True):
        assert_array_equal(a, b)
    assert ours.out_activation_ == head.out_activation_


def test_classes_argument_only_in_partial_fit():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(TypeError, match="classes"):
        MLPClassifier().fit(X, y, classes=[0, 1, 2])
