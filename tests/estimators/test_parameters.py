"""Constructors: scikit-learn's parameters, and nothing else done."""

import inspect
from typing import get_args

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone

from skdl import MLPClassifier, MLPRegressor
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skdl.engine.optimizers import OPTIMIZERS
from skdl.engine.penalties import PENALTIES
from skdl.engine.schedules import SCHEDULES
from skdl.estimators._parameters import (
    ActivationName,
    ClassificationLossName,
    InitializerName,
    PenaltyName,
    RegressionLossName,
    ScheduleName,
    SolverName,
)
from tests.estimators.common import fit


def parameters(Net):
    return list(inspect.signature(Net).parameters.values())


@pytest.mark.parametrize("Ours", [MLPClassifier, MLPRegressor])
def test_scikit_learns_constructor_is_a_prefix(Ours):
    theirs = parameters(getattr(neural_network, Ours.__name__))
    ours = parameters(Ours)
    for mine, yours in zip(ours, theirs, strict=False):
        assert (mine.name, mine.kind) == (yours.name, yours.kind)
        assert mine.default == yours.default
        assert type(mine.default) is type(yours.default)
    assert len(ours) >= len(theirs)
    assert all(p.kind is p.KEYWORD_ONLY for p in ours[len(theirs) :])


@pytest.mark.parametrize("Ours", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "score"])
def test_scikit_learns_methods_are_a_prefix(Ours, method):
    theirs = inspect.signature(
        getattr(getattr(neural_network, Ours.__name__), method)
    ).parameters
    ours = list(inspect.signature(getattr(Ours, method)).parameters)
    assert ours[: len(theirs)] == list(theirs)


def test_fixed_heads_begin_with_hidden_layer_sizes(Classifier):
    names = [p.name for p in parameters(Classifier)]
    assert names[:2] == ["hidden_layer_sizes", "activation"]
    assert Classifier((3, 4)).hidden_layer_sizes == (3, 4)


def test_constructor_stores_the_very_objects(Net):
    values = {p.name: object() for p in parameters(Net)}
    net = Net(**values)
    assert vars(net) == values


def test_every_parameter_is_constrained(Net):
    assert set(Net._parameter_constraints) >= {p.name for p in parameters(Net)}


def test_equality_is_identity(Net):
    assert Net() != Net()
    assert len({Net(), Net()}) == 2


def test_repr_names_what_was_set(Net):
    assert repr(Net(alpha=0.5)) == f"{Net.__name__}(alpha=0.5)"


def test_subclass_with_a_constructor_of_its_own(Net, X, y):
    class Small(Net):
        def __init__(self, hidden_layer_sizes=(3,), *, random_state=None, size=1):
            super().__init__(
                hidden_layer_sizes=hidden_layer_sizes,
                random_state=random_state,
                max_iter=3,
            )
            self.size = size

    net = clone(Small(random_state=0, size=2))
    assert net.get_params() == {
        "hidden_layer_sizes": (3,),
        "random_state": 0,
        "size": 2,
    }
    fit(net, X, y)
    assert net.n_iter_ == 3
    assert net.coefs_[0].shape == (4, 3)
    expected = fit(Net(hidden_layer_sizes=(3,), random_state=0, max_iter=3), X, y)
    assert np.array_equal(net.predict(X), expected.predict(X))


NAMES = {
    "activation": (ActivationName, ACTIVATIONS),
    "solver": (SolverName, {*OPTIMIZERS, "lbfgs"}),
    "learning_rate": (ScheduleName, SCHEDULES),
    "weight_init": (InitializerName, {*INITIALIZERS, "auto"}),
    "penalty": (PenaltyName, PENALTIES),
    "loss of a classifier": (
        ClassificationLossName,
        {*CLASSIFICATION_LOSSES, "log_loss"},
    ),
    "loss of a regressor": (RegressionLossName, REGRESSION_LOSSES),
}


@pytest.mark.parametrize(("literal", "names"), NAMES.values(), ids=NAMES)
def test_types_list_the_names_that_are_allowed(literal, names):
    assert set(get_args(literal)) == set(names)


def test_constructors_are_written_out(Net):
    """Editors complete what stands in the source; they do not run decorators."""
    constructor = inspect.unwrap(Net.__init__)
    assert inspect.getsourcefile(constructor) == inspect.getsourcefile(Net)
    assert all(p.annotation is not p.empty for p in parameters(Net))


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch_size", True), ("alpha", -1.0), ("solver", "x"), ("tol", None)],
)
def test_values_that_passed_are_checked_again_once_they_change(name, value):
    net = MLPClassifier((1,), batch_size=1, max_iter=1, random_state=0)
    for _ in range(2):
        net._validate_params()
    net.set_params(**{name: value})
    for _ in range(2):  # a value that is refused has not passed
        with pytest.raises((TypeError, ValueError), match=name):
            net._validate_params()


def test_values_that_passed_in_one_class_are_checked_in_another():
    MLPRegressor(loss="poisson")._validate_params()
    with pytest.raises(ValueError, match="loss"):
        MLPClassifier(loss="poisson")._validate_params()


def test_values_that_may_change_are_checked_each_time():
    scoring = ["accuracy"]
    net = MLPClassifier(scoring=scoring)
    net._validate_params()
    scoring.clear()
    with pytest.raises(ValueError, match="scoring"):
        net._validate_params()
