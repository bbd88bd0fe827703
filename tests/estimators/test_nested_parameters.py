"""Every setting of an object that a parameter takes can be set and searched."""

import inspect

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, Standardizer
from skdl.engine import Adam, BatchNorm, Exponential, HiddenLayers, StepDecay, Warmup
from tests.engine.cases import (
    ACTIVATIONS,
    INITIALIZERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
)

TABLES = {
    "activation": ACTIVATIONS,
    "hidden_layer_sizes": {"hidden-layers": HiddenLayers()},
    "learning_rate": {name: row[0] for name, row in SCHEDULES.items()},
    "loss": {name: case.loss for name, case in LOSSES.items()},
    "normalization": {"batch-norm": BatchNorm()},
    "solver": OPTIMIZERS,
    "weight_init": {name: row[0] for name, row in INITIALIZERS.items()},
}
OBJECTS = [
    pytest.param(parameter, thing, id=f"{parameter}-{name}")
    for parameter, table in TABLES.items()
    for name, thing in table.items()
    if inspect.signature(type(thing)).parameters
]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(("parameter", "thing"), OBJECTS)
def test_every_setting_is_reachable(parameter, thing):
    net = MLPClassifier(**{parameter: clone(thing)})
    for setting in inspect.signature(type(thing)).parameters:
        name, value = f"{parameter}__{setting}", object()
        assert name in net.get_params()
        model = make_pipeline(Standardizer(), net)
        model.set_params(**{f"mlpclassifier__{name}": value})
        assert getattr(getattr(net, parameter), setting) is value


def test_no_kind_of_object_is_without_settings():
    """Or the test above would pass over it."""
    assert {parameter.values[0] for parameter in OBJECTS} == set(TABLES)


def test_objects_in_objects():
    net = MLPClassifier(learning_rate=Warmup(schedule=StepDecay()))
    net.set_params(learning_rate__schedule__decay=0.3)
    assert net.learning_rate.schedule.decay == 0.3


@pytest.mark.parametrize(
    ("option", "name", "values"),
    [
        ({"solver": Adam()}, "solver__beta_1", [0.0, 0.95]),
        ({"learning_rate": Exponential()}, "learning_rate__decay", [0.1, 1.0]),
        ({"normalization": BatchNorm()}, "normalization__momentum", [0.0, 0.99]),
        ({"hidden_layer_sizes": HiddenLayers()}, "hidden_layer_sizes__width", [1, 30]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_search_over_a_setting_makes_a_difference(option, name, values):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    net = MLPRegressor(max_iter=5, random_state=0, learning_rate_init=0.01, **option)
    search = GridSearchCV(net, {name: values}, cv=2).fit(X, X[:, 0] * X[:, 1])
    one, other = search.cv_results_["mean_test_score"]
    assert one != other
    assert search.best_estimator_.get_params()[name] == search.best_params_[name]
    assert net.get_params()[name] not in values  # the net itself is left alone
