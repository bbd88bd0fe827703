"""Depth and width as two numbers: every net takes them, and so do searches."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import neural_network
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine import HiddenLayers

NETS = [
    LogisticClassifier, MLPClassifier, MLPRegressor, SVMClassifier, SoftmaxClassifier,
]  # fmt: skip
THEIRS = [neural_network.MLPClassifier, neural_network.MLPRegressor]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = (X[:, 0] > X[:, 1]).astype(int)


@pytest.mark.parametrize(("n_layers", "width"), [(0, 7), (1, 1), (3, 20)])
def test_it_reads_as_a_sequence(n_layers, width):
    layers, expected = HiddenLayers(n_layers, width), [width] * n_layers
    assert list(layers) == expected
    assert len(layers) == n_layers
    assert layers[:2] == expected[:2]
    assert np.asarray(layers).tolist() == expected


@pytest.mark.parametrize("Net", [*NETS, *THEIRS])
def test_the_net_is_that_of_the_tuple(Net):
    options = {"max_iter": 3, "random_state": 0}
    one = Net(hidden_layer_sizes=HiddenLayers(3, 5), **options).fit(X, y)
    other = Net(hidden_layer_sizes=(5, 5, 5), **options).fit(X, y)
    assert len(one.coefs_) == 4
    for ours, theirs in zip(one.coefs_, other.coefs_, strict=True):
        assert_array_equal(ours, theirs)


def test_no_layers_are_the_linear_model():
    net = MLPClassifier(HiddenLayers(0), max_iter=3).fit(X, y)
    assert net.coef_.shape == (1, 4)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_layers": -1}, r"n_layers must be an integer of at least 0, got -1"),
        ({"n_layers": 1.5}, r"n_layers must be an integer of at least 0, got 1\.5"),
        ({"width": 0}, r"width must be an integer of at least 1, got 0"),
        ({"width": 20.0}, r"width must be an integer of at least 1, got 20\.0"),
        ({"n_layers": 0, "width": "a"}, r"width must be an integer .* got 'a'"),
    ],
)
def test_wrong_settings(params, message):
    with pytest.raises(ValueError, match=f"^HiddenLayers: {message}"):
        HiddenLayers(**params).check()
    net = MLPClassifier(HiddenLayers(**params))
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert not hasattr(net, "n_features_in_")


@pytest.mark.parametrize("Net", [MLPClassifier, neural_network.MLPClassifier])
def test_a_search_reaches_both(Net):
    net = Net(hidden_layer_sizes=HiddenLayers(), max_iter=2, random_state=0)
    grid = {
        "hidden_layer_sizes__n_layers": [1, 2],
        "hidden_layer_sizes__width": np.array([3, 4]),
    }
    search = GridSearchCV(net, grid, cv=2).fit(X, y)
    best = search.best_estimator_
    shapes = [W.shape for W in best.coefs_[:-1]]
    width = search.best_params_["hidden_layer_sizes__width"]
    n_layers = search.best_params_["hidden_layer_sizes__n_layers"]
    assert shapes == [(4, width), (width, width)][:n_layers]
    assert list(net.hidden_layer_sizes) == [100]  # the search works on clones


def test_a_search_takes_several_of_them():
    net = MLPClassifier(max_iter=2, random_state=0)
    grid = {"hidden_layer_sizes": [HiddenLayers(1, 3), HiddenLayers(2, 3), (4,)]}
    search = GridSearchCV(net, grid, cv=2).fit(X, y)
    assert list(search.cv_results_["param_hidden_layer_sizes"][1]) == [3, 3]


def test_copies():
    net = MLPClassifier(HiddenLayers(2, 5))
    copy = clone(net)
    copy.set_params(hidden_layer_sizes__width=6)
    assert (net.hidden_layer_sizes.width, copy.hidden_layer_sizes.width) == (5, 6)
    assert "HiddenLayers(n_layers=2, width=5)" in repr(net)


def test_the_way_to_scikit_learn_leaves_it_behind():
    net = MLPClassifier(HiddenLayers(2, 5), max_iter=2, random_state=0).fit(X, y)
    assert net.to_sklearn().hidden_layer_sizes == (5, 5)


def test_a_warm_start_knows_another_width():
    net = MLPClassifier(HiddenLayers(1, 5), max_iter=2, warm_start=True).fit(X, y)
    net.fit(X, y)
    net.set_params(hidden_layer_sizes__width=6)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        net.fit(X, y)
