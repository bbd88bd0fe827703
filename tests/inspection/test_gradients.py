"""Gradients with respect to the inputs, compared with differences and formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import softmax
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.engine import check_gradient
from skdl.estimators._internal_api import network_of
from skdl.inspection import input_gradients

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
LABELS = np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]
BINARY = np.where(X[:, 0] > 0, "yes", "no")
INDICATOR = (X[:, :3] > 0).astype(int)
COLUMNS = np.column_stack([X[:, :3].argmax(axis=1), X[:, 3] > 0]).astype(int)
ROWS = X[:5]


def fitted(Net, y, **params):
    defaults = {"hidden_layer_sizes": (6, 5), "activation": "tanh", "max_iter": 15}
    defaults |= {"random_state": 0, "learning_rate_init": 0.02}
    return Net(**(defaults | params)).fit(X, y)


def log_loss_of(net):
    """Return a function of X and y: the sum of -log of the labels' probabilities."""

    def loss(X, y):
        columns = np.searchsorted(net.classes_, y)
        return -net.predict_log_proba(X)[np.arange(len(X)), columns].sum()

    return loss


@pytest.mark.parametrize(
    ("Net", "y", "params"),
    [
        (SoftmaxClassifier, LABELS, {}),
        (SoftmaxClassifier, BINARY, {}),
        (MLPClassifier, BINARY, {}),
        (SoftmaxClassifier, LABELS, {"normalization": "batch", "dropout": 0.3}),
        (SoftmaxClassifier, LABELS, {"residual": True, "class_weight": "balanced"}),
        (SoftmaxClassifier, LABELS, {"activation": "maxout", "alpha": 1.0}),
        (SoftmaxClassifier, LABELS, {"hidden_layer_sizes": ()}),
    ],
)
def test_gradients_of_the_log_loss(Net, y, params):
    net = fitted(Net, y, **params)
    loss = log_loss_of(net)
    check_gradient(
        lambda X: (loss(X, y[:5]), input_gradients(net, X, y[:5])), ROWS, rtol=1e-6
    )


def test_gradient_of_the_squared_error():
    net = fitted(MLPRegressor, X[:, :2] ** 2)
    t = X[:5, :2] ** 2

    def function(X):
        return 0.5 * np.sum((net.predict(X) - t) ** 2), input_gradients(net, X, t)

    check_gradient(function, ROWS, rtol=1e-6)


def test_label_smoothing_is_part_of_the_loss():
    net = fitted(SoftmaxClassifier, LABELS, label_smoothing=0.3)
    t = 0.7 * (LABELS[:5, np.newaxis] == net.classes_) + 0.1

    def function(X):
        loss = -np.sum(t * net.predict_log_proba(X))
        return loss, input_gradients(net, X, LABELS[:5])

    check_gradient(function, ROWS, rtol=1e-6)


def test_soft_targets_indicators_and_columns():
    soft = softmax(X[:, :3], axis=1)
    net = fitted(SoftmaxClassifier, soft)

    def of_soft(X):
        loss = -np.sum(soft[:5] * net.predict_log_proba(X))
        return loss, input_gradients(net, X, soft[:5])

    check_gradient(of_soft, ROWS, rtol=1e-6)
    labels = fitted(LogisticClassifier, INDICATOR)

    def of_labels(X):
        p, t = labels.predict_proba(X), INDICATOR[:5]
        loss = -np.sum(t * np.log(p) + (1 - t) * np.log1p(-p))
        return loss, input_gradients(labels, X, INDICATOR[:5])

    check_gradient(of_labels, ROWS, rtol=1e-6)
    several = fitted(SoftmaxClassifier, COLUMNS)

    def of_columns(X):
        logs, t = several.predict_log_proba(X), COLUMNS[:5]
        loss = -sum(log[np.arange(5), t[:, i]].sum() for i, log in enumerate(logs))
        return loss, input_gradients(several, X, t)

    check_gradient(of_columns, ROWS, rtol=1e-6)


@pytest.mark.parametrize(
    ("Net", "y"), [(SVMClassifier, LABELS), (SoftmaxClassifier, LABELS)]
)
def test_gradient_of_the_largest_score(Net, y):
    net = fitted(Net, y)

    def function(X):
        return net.decision_function(X).max(axis=1).sum(), input_gradients(net, X)

    check_gradient(function, ROWS, rtol=1e-6)


def test_gradient_of_one_score_for_two_classes():
    net = fitted(LogisticClassifier, BINARY)
    assert len(set(net.predict(ROWS))) == 2

    def function(X):
        return np.abs(net.decision_function(X)).sum(), input_gradients(net, X)

    check_gradient(function, ROWS, rtol=1e-6)


def test_gradient_of_a_prediction():
    net = fitted(MLPRegressor, X[:, 0] * X[:, 1])
    check_gradient(
        lambda X: (net.predict(X).sum(), input_gradients(net, X)), ROWS, rtol=1e-6
    )


def test_gradient_of_a_chosen_output():
    net = fitted(MLPRegressor, X[:, :2])
    for i in range(2):
        check_gradient(
            lambda X, i=i: (
                net.predict(X)[:, i].sum(),
                input_gradients(net, X, output=i),
            ),
            ROWS,
            rtol=1e-6,
        )


@pytest.mark.parametrize(
    ("Net", "y"),
    [
        (MLPRegressor, X[:, :2]),
        (LogisticClassifier, INDICATOR),
        (SoftmaxClassifier, COLUMNS),
    ],
)
def test_several_outputs_need_a_choice(Net, y):
    with pytest.raises(ValueError, match="set output to a number from"):
        input_gradients(fitted(Net, y), X)


def test_wrong_arguments():
    net = fitted(SoftmaxClassifier, LABELS)
    for output in (3, -1, True, "ant"):
        with pytest.raises(ValueError, match="output must be a number from 0 to 2"):
            input_gradients(net, X, output=output)
    with pytest.raises(ValueError, match="one of them"):
        input_gradients(net, X, LABELS, output=1)
    with pytest.raises(ValueError, match="inconsistent"):
        input_gradients(net, X, LABELS[:5])
    with pytest.raises(ValueError, match="dog"):
        input_gradients(net, X[:1], ["dog"])
    with pytest.raises(ValueError, match="outputs of the net"):
        input_gradients(fitted(MLPRegressor, X[:, 0]), X, X[:, :2])


def test_the_net_stays_as_it_was():
    net = fitted(SoftmaxClassifier, LABELS, normalization="batch")
    before = {**vars(net), "_network": None}
    snapshot = network_of(net).snapshot()
    input_gradients(net, X, LABELS)
    input_gradients(net, X)
    assert {**vars(net), "_network": None} == before
    for array, expected in zip(network_of(net).snapshot(), snapshot, strict=True):
        assert_array_equal(array, expected)


def test_a_pipeline_gives_the_gradient_of_its_net():
    model = make_pipeline(Standardizer(), fitted(SoftmaxClassifier, LABELS))
    model.fit(5 * X, LABELS)
    expected = input_gradients(model[-1], model[0].transform(5 * X), LABELS)
    assert_array_equal(input_gradients(model, 5 * X, LABELS), expected)
    assert_array_equal(input_gradients(FrozenEstimator(model), 5 * X, LABELS), expected)


def test_sparse_rows_and_float32():
    net = fitted(SoftmaxClassifier, LABELS, standardize=False)
    expected = input_gradients(net, X, LABELS)
    assert_allclose(input_gradients(net, csr_array(X), LABELS), expected, rtol=1e-9)
    small = SoftmaxClassifier(5, max_iter=2).fit(X.astype(np.float32), LABELS)
    assert input_gradients(small, X).dtype == np.float32
    assert input_gradients(small, X, LABELS).dtype == np.float32
