"""The internal API of nets, which other packages of skdl use."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier
from skdl.engine import Quantile
from skdl.estimators import _internal_api as inside

# One epoch does not converge, which these tests do not need.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3))
LABELS = np.array(["a", "b", "c"] * 4)
SOFT = np.eye(3)[np.arange(12) % 3] * 0.8 + 0.2 / 3
INDICATOR = (X > 0).astype(int)
COLUMNS = np.column_stack([LABELS, LABELS[::-1]])
NUMBERS = X[:, :2] @ [[1.0], [2.0]]

CASES = {
    "labels": (SoftmaxClassifier, LABELS),
    "indicator": (LogisticClassifier, INDICATOR),
    "columns": (SoftmaxClassifier, COLUMNS),
    "numbers": (MLPRegressor, NUMBERS[:, 0]),
}


def fitted(Net, y, **options):
    options = {"hidden_layer_sizes": (), "solver": "sgd", "random_state": 0} | options
    return Net(max_iter=1, **options).fit(X, y)


@pytest.mark.parametrize("kind", CASES)
def test_encoded_rows_are_those_of_training(kind):
    Net, y = CASES[kind]
    net = fitted(Net, y)
    assert inside.kind_of_targets(net) == kind
    rows = inside.encode(net, X, y, np.arange(12.0))
    assert_array_equal(rows.X, X)
    assert_array_equal(rows.sample_weight, np.arange(12.0))
    assert_array_equal(rows.training_weight, np.arange(12.0))
    assert len(rows.target_rows) == len(rows.y) == 12
    assert inside.encode(net, X, y).training_weight is None
    scores = inside.raw_scores(net, X)
    assert scores.shape == (12, inside.network_of(net).widths[-1])
    predictions = net.predict(X)
    score = inside.score_predictions(net, y, predictions, np.arange(12.0))
    assert score == pytest.approx(net.score(X, y, np.arange(12.0)))


def test_class_weights_are_in_the_training_weights():
    net = fitted(SoftmaxClassifier, LABELS, class_weight={"b": 3.0})
    rows = inside.encode(net, X, LABELS)
    assert rows.sample_weight is None
    assert_array_equal(rows.training_weight, [1.0, 3.0, 1.0] * 4)


def test_soft_targets_stand_for_the_most_probable_class():
    net = fitted(SoftmaxClassifier, SOFT)
    assert_array_equal(inside.labels_of(net, SOFT), np.arange(12) % 3)
    assert inside.labels_of(net, LABELS) is LABELS
    score = inside.score_predictions(net, SOFT, net.predict(X))
    assert score == net.score(X, SOFT)
    with pytest.raises(ValueError, match="probabilities of 2 classes"):
        inside.labels_of(net, np.full((12, 2), 0.5))


def test_quantiles_are_scored_by_their_own_metric():
    net = fitted(MLPRegressor, NUMBERS[:, 0], loss=Quantile([0.2, 0.8]))
    predictions = inside.predictions_of(net, inside.raw_scores(net, X))
    assert_allclose(predictions, net.predict(X))
    score = inside.score_predictions(net, NUMBERS[:, 0], predictions)
    assert score == pytest.approx(net.score(X, NUMBERS[:, 0]))


def test_a_network_can_be_taken_out_and_put_into_a_copy():
    net = fitted(SoftmaxClassifier, LABELS)
    expected = net.predict_proba(X)
    network = inside.take_network(net)
    with pytest.raises(NotFittedError):
        inside.network_of(net)
    assert_array_equal(inside.with_network(net, network).predict_proba(X), expected)


def test_targets_of_another_width_are_refused():
    net = fitted(MLPRegressor, NUMBERS[:, 0])
    with pytest.raises(ValueError, match="y asks for 2 outputs of the net, which has"):
        inside.encode(net, X, X[:, :2])
