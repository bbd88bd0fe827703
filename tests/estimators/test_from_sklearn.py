"""From scikit-learn's MLP to a net with its predictions."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.exceptions import NotFittedError

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
TARGETS = {
    "two classes": np.where(X[:, 0] > 0, "yes", "no"),
    "three classes": np.arange(40) % 3,
    "labels": (X > 0).astype(int),
    "one output": X[:, 0],
    "outputs": X[:, :2] ** 2,
    "counts": np.arange(40.0) % 4,
}


def theirs(target, dtype=np.float64, **parameters):
    regression = target in ("one output", "outputs", "counts")
    kind = "MLPRegressor" if regression else "MLPClassifier"
    if target == "counts":
        parameters["loss"] = "poisson"
    model = getattr(neural_network, kind)(
        hidden_layer_sizes=(4, 5), max_iter=3, random_state=0
    )
    with warnings.catch_warnings(action="ignore"):
        return model.set_params(**parameters).fit(X.astype(dtype), TARGETS[target])


def assert_predicts_the_same(net, model, rows=X):
    assert_equal(net.predict(rows), model.predict(rows))
    if isinstance(model, neural_network.MLPClassifier):
        np.testing.assert_array_equal(net.classes_, model.classes_)
        assert_equal(net.predict_proba(rows), model.predict_proba(rows))


def assert_equal(ours, theirs):
    assert ours.shape == theirs.shape
    if theirs.dtype.kind == "f":
        tolerance = 1e-5 if theirs.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(ours, theirs)


def ours_of(model):
    regression = isinstance(model, neural_network.MLPRegressor)
    return (MLPRegressor if regression else MLPClassifier).from_sklearn(model)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("target", TARGETS)
def test_all_activations_and_heads(target, activation):
    model = theirs(target, activation=activation)
    net = ours_of(model)
    assert_predicts_the_same(net, model)
    assert net.activation == activation
    back = net.to_sklearn()
    assert_predicts_the_same(back, model)
    for name in ("coefs_", "intercepts_"):
        for one, other in zip(getattr(back, name), getattr(model, name), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "parameters", [{"solver": "lbfgs"}, {"solver": "sgd"}, {"early_stopping": True}]
)
def test_parameters_and_records_are_the_models(parameters):
    model = theirs("three classes", alpha=0.3, **parameters)
    net = ours_of(model)
    params = net.get_params()
    for name, value in model.get_params().items():
        assert params[name] == value, name
    for name in ("t_", "n_iter_", "loss_", "n_layers_", "n_outputs_", "n_features_in_"):
        assert getattr(net, name) == getattr(model, name)
    assert net.loss_curve_ == getattr(model, "loss_curve_", [])
    assert {len(v) for v in net.history_.values()} == {len(net.loss_curve_)}
    if net.validation_scores_ is not None:
        assert net.validation_scores_ == model.validation_scores_
        assert net.history_["validation_score"].tolist() == model.validation_scores_


def test_it_shares_no_array_and_keeps_the_dtype():
    model = theirs("three classes", np.float32)
    net = ours_of(model)
    assert net.coefs_[0].dtype == np.float32
    assert_predicts_the_same(net, model, X.astype(np.float32))
    model.coefs_[0][...] = 0
    assert net.coefs_[0].any()


@pytest.mark.parametrize("target", TARGETS)
def test_training_continues(target):
    net = ours_of(theirs(target))
    before = net._network.parameters.copy()
    net.partial_fit(X, TARGETS[target])
    assert 0 < abs(net._network.parameters - before).max() <= 2e-3
    assert len(net.loss_curve_) == 4 == len(net.history_["time"])
    assert net.t_ == 160


def test_weights_from_elsewhere():
    """A model that was built by hand: other widths, and no fit but a formality."""
    model = theirs("outputs")
    model.coefs_ = [np.ones((3, 2), np.float16), np.ones((2, 2), np.float16)]
    model.intercepts_ = [np.zeros(2, np.float16), np.ones(2, np.float16)]
    net = MLPRegressor.from_sklearn(model)
    assert net.hidden_layer_sizes == (2,)
    total = 2 * np.maximum(X.sum(axis=1), 0) + 1
    np.testing.assert_allclose(net.predict(X), np.column_stack([total, total]))
    model.intercepts_ = [np.zeros(3), np.zeros(2)]
    with pytest.raises(ValueError, match="layers of the model do not fit each other"):
        MLPRegressor.from_sklearn(model)


def test_names_of_columns_are_kept():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abc"))
    model = neural_network.MLPRegressor("squared_error", (3,), solver="lbfgs", tol=1)
    net = MLPRegressor.from_sklearn(model.fit(frame, X[:, 0]))
    assert list(net.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(net.predict(frame), model.predict(frame))


def test_classes_with_a_fixed_head():
    assert_predicts_the_same(
        SoftmaxClassifier.from_sklearn(theirs("two classes")), theirs("two classes")
    )
    assert_predicts_the_same(
        SoftmaxClassifier.from_sklearn(theirs("three classes")), theirs("three classes")
    )
    for target in ("two classes", "labels"):
        net = LogisticClassifier.from_sklearn(theirs(target))
        assert_predicts_the_same(net, theirs(target))


@pytest.mark.parametrize(
    ("Net", "target"),
    [
        (LogisticClassifier, "three classes"),
        (SVMClassifier, "two classes"),
        (SVMClassifier, "three classes"),
        (SoftmaxClassifier, "labels"),
    ],
)
def test_another_head_is_refused(Net, target):
    with pytest.raises(
        ValueError, match=f"No {Net.__name__} predicts as this MLPClass"
    ):
        Net.from_sklearn(theirs(target))


def test_other_models_are_refused():
    model = theirs("one output")
    with pytest.raises(TypeError, match="needs a fitted .*MLPClassifier, got MLPRegre"):
        MLPClassifier.from_sklearn(model)
    with pytest.raises(
        TypeError, match="needs a fitted .*MLPRegressor, got MLPRegresso"
    ):
        MLPRegressor.from_sklearn(MLPRegressor())
    with pytest.raises(NotFittedError):
        MLPRegressor.from_sklearn(neural_network.MLPRegressor())
    model.out_activation_ = "tanh"
    with pytest.raises(
        ValueError, match="out_activation_ is 'tanh', and that of loss="
    ):
        MLPRegressor.from_sklearn(model)
