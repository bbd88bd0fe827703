"""NeuralFeatures: scikit-learn's contract, and a hidden layer in a pipeline."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdl import MLPRegressor, SoftmaxClassifier, Standardizer
from skdl.inspection import NeuralFeatures, hidden_activations
from tests.scikit_learn_checks import parametrize_with_checks

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
]

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3))
y = X[:, :2].argmax(axis=1)


def net(Net=SoftmaxClassifier, **params):
    defaults = {"hidden_layer_sizes": (6, 4), "max_iter": 5, "random_state": 0}
    return Net(**(defaults | params))


@parametrize_with_checks(
    [
        NeuralFeatures(net()),
        NeuralFeatures(net(MLPRegressor), layer="hidden 1"),
        NeuralFeatures(make_pipeline(Standardizer(), net()), layer=0),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_it_returns_the_activations_of_a_fitted_clone():
    one = net()
    features = NeuralFeatures(one, layer=0)
    A = features.fit_transform(X, y)
    assert not hasattr(one, "coefs_")
    expected = hidden_activations(clone(one).fit(X, y), X, 0)
    assert_array_equal(A, expected)
    assert_array_equal(features.transform(X), expected)
    assert features.set_params(layer=-1).transform(X).shape == (80, 4)
    copy = pickle.loads(pickle.dumps(features))
    assert_array_equal(copy.transform(X), features.transform(X))


def test_names_and_data_frames():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    model = make_pipeline(Standardizer(), net())
    features = NeuralFeatures(model, layer=-1).set_output(transform="pandas")
    out = features.fit_transform(frame, y)
    names = [f"neuralfeatures{i}" for i in range(4)]
    assert list(out.columns) == names == list(features.get_feature_names_out())
    assert list(features.feature_names_in_) == ["a", "b", "c"]
    assert features.n_features_in_ == 3
    with pytest.raises(ValueError, match="feature names should match"):
        features.transform(frame[["b", "a", "c"]])
    features.fit(X, y)
    assert not hasattr(features, "feature_names_in_")


@pytest.mark.parametrize("is_fitted", [True, False])
def test_a_search_is_cloned_and_fitted(is_fitted):
    """This holds in each fold of another search, too, whose clones are not fitted."""
    search = GridSearchCV(net(), {"hidden_layer_sizes": [(5, 3), (6, 4)]}, cv=2)
    if is_fitted:
        search.fit(X, y)
    features = NeuralFeatures(search, layer=1).fit(X, y)
    best = features.estimator_.best_estimator_
    assert_array_equal(features.transform(X), hidden_activations(best, X, 1))
    model = make_pipeline(features, LogisticRegression())
    assert np.isfinite(cross_val_score(model, X, y, cv=2, error_score="raise")).all()
    assert not hasattr(features.estimator, "best_estimator_") or is_fitted


def test_a_layer_of_the_best_estimator_only():
    search = GridSearchCV(net(), {"hidden_layer_sizes": [(5, 3, 2)]}, cv=2)
    assert NeuralFeatures(search, layer=2).fit(X, y).transform(X).shape == (80, 2)
    features = NeuralFeatures(search, layer=3)
    with pytest.raises(ValueError, match="layer must be a number from -3 to 2"):
        features.fit(X, y)
    assert not hasattr(features, "estimator_")


def test_a_frozen_net_is_used_as_it_is():
    one = net().fit(X, y)
    features = NeuralFeatures(FrozenEstimator(one))
    model = make_pipeline(features, LogisticRegression()).fit(X[:30], 1 - y[:30])
    assert_array_equal(model[0].transform(X), hidden_activations(one, X))
    assert model[0].estimator_.estimator is one
    assert_array_equal(clone(features).fit(X).transform(X), hidden_activations(one, X))
    with pytest.raises(NotFittedError):
        NeuralFeatures(FrozenEstimator(net())).fit(X, y)


def test_it_helps_neighbours_on_the_digits():
    D, labels = load_digits(return_X_y=True)
    D = D / 16 + np.random.default_rng(0).normal(scale=0.6, size=D.shape)
    train, test = slice(0, 1200), slice(1200, None)
    plain = KNeighborsClassifier().fit(D[train], labels[train])
    learned = make_pipeline(
        NeuralFeatures(net(hidden_layer_sizes=32, alpha=1, max_iter=40)),
        KNeighborsClassifier(),
    ).fit(D[train], labels[train])
    pair = [model.score(D[test], labels[test]) for model in (plain, learned)]
    assert pair[1] > pair[0] + 0.02, pair


def test_it_can_be_searched():
    model = make_pipeline(NeuralFeatures(net()), LogisticRegression())
    grid = {
        "neuralfeatures__layer": [0, 1],
        "neuralfeatures__estimator__activation": ["relu", "tanh"],
    }
    search = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert set(search.best_params_) == set(grid)


def test_weights_reach_the_net():
    weights = rng.uniform(size=80)
    A = NeuralFeatures(net()).fit(X, y, sample_weight=weights).transform(X)
    expected = hidden_activations(net().fit(X, y, weights), X)
    assert_array_equal(A, expected)
    assert not np.array_equal(A, NeuralFeatures(net()).fit_transform(X, y))


def test_weights_are_routed():
    weights = rng.uniform(size=80)
    with config_context(enable_metadata_routing=True):
        routed = NeuralFeatures(net().set_fit_request(sample_weight=True))
        model = make_pipeline(routed, LogisticRegression())
        model[-1].set_fit_request(sample_weight=False)
        model.fit(X, y, sample_weight=weights)
        with pytest.raises(UnsetMetadataPassedError):
            NeuralFeatures(net()).fit(X, y, sample_weight=weights)
    expected = hidden_activations(net().fit(X, y, weights), X)
    assert_array_equal(model[0].transform(X), expected)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (NeuralFeatures(LogisticRegression()), "must be a net of skdl"),
        (NeuralFeatures(net(), layer=2), "number from -2 to 1"),
        (NeuralFeatures(net(), layer="output"), "'hidden 2', got 'output'"),
        (NeuralFeatures(net(hidden_layer_sizes=())), "linear model"),
        (NeuralFeatures(net(alpha=-1)), "alpha"),
    ],
)
def test_errors_come_before_training_and_change_nothing(features, message):
    good = {"estimator": net(), "layer": -1}
    bad = {name: getattr(features, name) for name in good}
    features = NeuralFeatures(**good).fit(X, y)
    before = features.transform(X)
    features.set_params(**bad)
    with pytest.raises((TypeError, ValueError), match=message):
        features.fit(X[:, :2], y)
    assert features.n_features_in_ == 3
    assert_array_equal(features.set_params(**good).transform(X), before)


def test_layer_is_checked_before_training():
    class Untrained(SoftmaxClassifier):
        def fit(self, X, y):
            raise AssertionError

    with pytest.raises(ValueError, match="layer must be"):
        NeuralFeatures(Untrained(5), layer=1).fit(X, y)


def test_float32_stays():
    A = NeuralFeatures(net()).fit_transform(X.astype(np.float32), y)
    assert A.dtype == np.float32
