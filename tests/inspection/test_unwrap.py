"""Unwrapping: the net inside an estimator, its rows, its hidden layers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import neural_network
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import MLPRegressor, PCAWhitener, SoftmaxClassifier, Standardizer
from skdl.ensemble import SeedEnsembleClassifier
from tests.inspection.private_names import hidden_layer_index, unwrap_net

X = np.random.default_rng(0).normal(3, 2, size=(40, 3))
y = (X[:, 0] > 3).astype(int)


def net():
    return SoftmaxClassifier(4, solver="lbfgs", alpha=1.0)


def parts_of(estimator):
    parts = unwrap_net(estimator)
    return parts.net, parts.before


def test_the_net_and_its_transformers():
    one, first, second = net(), Standardizer(), StandardScaler()
    assert parts_of(one) == (one, [])
    assert parts_of(FrozenEstimator(one)) == (one, [])
    inner = Pipeline([("a", second), ("b", "passthrough"), ("net", one)])
    assert parts_of(make_pipeline(first, None, inner)) == (one, [first, second])
    frozen = FrozenEstimator(make_pipeline(first, FrozenEstimator(one)))
    assert parts_of(frozen) == (one, [first])
    outer = TransformedTargetRegressor(make_pipeline(second, one))
    assert parts_of(make_pipeline(first, outer)) == (one, [first, outer, second])


def test_the_prefix_sets_parameters_of_the_net():
    one = MLPRegressor()
    search = GridSearchCV(Pipeline([("a", None), ("b", one)]), {})
    outer = make_pipeline(
        StandardScaler(),
        TransformedTargetRegressor(search, check_inverse=False),
    )
    for estimator in (one, make_pipeline(Standardizer(), one), outer):
        unwrapped = unwrap_net(estimator, to_fit=True)
        estimator.set_params(**{f"{unwrapped.prefix}alpha": 0.25})
        assert unwrapped.net.alpha == 0.25
        one.alpha = 0.5
    assert unwrapped.prefix == "transformedtargetregressor__regressor__estimator__b__"


def test_a_search_is_its_best_estimator():
    search = GridSearchCV(make_pipeline(Standardizer(), net()), {}, cv=2)
    with pytest.raises(NotFittedError, match="without best_estimator_: fit it first"):
        unwrap_net(make_pipeline(StandardScaler(), search))
    best = search.fit(X, y).best_estimator_
    assert parts_of(search) == (best[-1], [best[0]])
    with pytest.raises(NotFittedError, match="refit=True"):
        unwrap_net(clone(search).set_params(refit=False).fit(X, y))


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(Standardizer(), LogisticRegression()),
        SeedEnsembleClassifier(net()),
        SoftmaxClassifier,
        "net",
        None,
    ],
)
def test_other_estimators_are_refused(estimator):
    with pytest.raises(TypeError, match="estimator must be a net of skdl, or a pipe"):
        unwrap_net(estimator)


def test_the_error_names_a_net_of_scikit_learn():
    message = r"MLPClassifier of scikit-learn \(import MLPClassifier from skdl instead"
    with pytest.raises(TypeError, match=message):
        unwrap_net(neural_network.MLPClassifier())


def test_rows_as_they_reach_the_net():
    model = make_pipeline(Standardizer(), PCAWhitener(n_components=2), net()).fit(X, y)
    assert_allclose(unwrap_net(model).checked_rows(X), model[:-1].transform(X))
    with pytest.raises(ValueError, match="features"):
        unwrap_net(model[-1]).checked_rows(X)
    with pytest.raises(NotFittedError):
        unwrap_net(net()).checked_rows(X)


@pytest.mark.parametrize("fit", [False, True])
def test_rows_and_targets_with_fitted_or_new_transformers(fit):
    inner = make_pipeline(
        StandardScaler(), MLPRegressor(hidden_layer_sizes=4, solver="lbfgs", alpha=1)
    )
    model = TransformedTargetRegressor(inner, transformer=StandardScaler())
    model.fit(X, 5 * X[:, 0])
    rows, targets, _ = unwrap_net(model).transform(X + 1, 5 * X[:, 0] + 1, fit=fit)
    shift = 0 if fit else 1
    assert_allclose(rows, (X + shift - X.mean(axis=0)) / X.std(axis=0))
    expected = 5 * X[:, 0] + shift
    assert_allclose(targets, (expected - 5 * X[:, 0].mean()) / X[:, 0].std() / 5)
    logs = TransformedTargetRegressor(net(), func=np.log1p, inverse_func=np.expm1)
    assert_allclose(unwrap_net(logs).transform(X, X**2)[1], np.log1p(X**2))


def test_numbers_and_names_of_hidden_layers():
    assert [hidden_layer_index(i, 3) for i in (0, 2, -1, -3)] == [0, 2, 2, 0]
    assert hidden_layer_index(np.int64(1), 3) == 1
    assert [hidden_layer_index(f"hidden {i}", 3) for i in (1, 3)] == [0, 2]


@pytest.mark.parametrize("layer", [3, -4, "hidden 0", "hidden 4", "output", True, 1.0])
def test_a_hidden_layer_that_does_not_exist(layer):
    with pytest.raises(ValueError, match=r"number from -3 to 2, .*'hidden 3', got"):
        hidden_layer_index(layer, 3)


def test_a_linear_model_has_no_hidden_layer():
    with pytest.raises(ValueError, match="linear model"):
        hidden_layer_index(-1, 0)
