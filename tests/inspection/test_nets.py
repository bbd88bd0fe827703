"""Which net it is, what rows come to it, and which hidden layer is asked for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import PCAWhitener, SoftmaxClassifier, Standardizer
from skdl.ensemble import SeedEnsembleClassifier
from skdl.inspection._nets import hidden_layer_number, net_and_rows, net_and_steps

X = np.random.default_rng(0).normal(3, 2, size=(40, 3))
y = (X[:, 0] > 3).astype(int)


def net():
    return SoftmaxClassifier(4, solver="lbfgs", alpha=1.0)


def test_the_net_and_its_steps():
    one, first, second = net(), Standardizer(), StandardScaler()
    assert net_and_steps(one) == (one, [])
    assert net_and_steps(FrozenEstimator(one)) == (one, [])
    inner = Pipeline([("a", second), ("b", "passthrough"), ("net", one)])
    assert net_and_steps(make_pipeline(first, None, inner)) == (one, [first, second])
    frozen = FrozenEstimator(make_pipeline(first, FrozenEstimator(one)))
    assert net_and_steps(frozen) == (one, [first])


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(Standardizer(), LogisticRegression()),
        GridSearchCV(net(), {}),
        SeedEnsembleClassifier(net()),
        SoftmaxClassifier,
        None,
    ],
)
def test_anything_else_is_refused(estimator):
    with pytest.raises(ValueError, match="one of skdl's nets, or a Pipeline"):
        net_and_steps(estimator)


def test_the_rows_that_come_to_the_net():
    model = make_pipeline(Standardizer(), PCAWhitener(n_components=2), net()).fit(X, y)
    one, rows = net_and_rows(model, X)
    assert one is model[-1]
    assert_allclose(rows, model[:-1].transform(X))
    with pytest.raises(ValueError, match="features"):
        net_and_rows(model[-1], X)
    with pytest.raises(NotFittedError):
        net_and_rows(net(), X)


def test_numbers_and_names_of_hidden_layers():
    assert [hidden_layer_number(i, 3) for i in (0, 2, -1, -3)] == [0, 2, 2, 0]
    assert hidden_layer_number(np.int64(1), 3) == 1
    assert [hidden_layer_number(f"hidden {i}", 3) for i in (1, 3)] == [0, 2]


@pytest.mark.parametrize("layer", [3, -4, "hidden 0", "hidden 4", "output", True, 1.0])
def test_a_hidden_layer_that_is_not_there(layer):
    with pytest.raises(ValueError, match=r"number from -3 to 2, .*'hidden 3', got"):
        hidden_layer_number(layer, 3)


def test_a_linear_model_has_none():
    with pytest.raises(ValueError, match="linear model"):
        hidden_layer_number(-1, 0)
