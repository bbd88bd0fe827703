"""to_sklearn: scikit-learn's forward pass gives our predictions, or says why not."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import neural_network
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine import (
    SGD,
    Adam,
    BatchNorm,
    Cosine,
    Hinge,
    KLDivergence,
    LogisticLoss,
    Poisson,
    Relu,
    Softmax,
    SquaredError,
    Tanh,
)
from skdl.engine.layers import Layer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
# Columns of unlike scale and place: normalization then has something to undo.
X = RNG.normal(size=(80, 5)) * [1, 2, 0.5, 1, 3] + [0, 1, 0, -2, 0.5]
THREE = X[:, :3].argmax(axis=1)
TWO = (THREE == 1).astype(int)
WORDS = np.array(["no", "yes"])[TWO]
NEGATIVE = np.array([-7, -1, 4])[THREE]
LABELS = np.column_stack([X[:, 0] > 0, X[:, 1] > X[:, 2], X[:, 4] < 0]).astype(int)
SOFT = RNG.dirichlet(np.ones(3), 80)
SOFT_TWO = RNG.dirichlet(np.ones(2), 80)
VALUES = X @ [1, -1, 2, 0, 0.3]
SEVERAL = np.column_stack([VALUES, X[:, 0] ** 2])
COUNTS = np.rint(np.exp(X[:, 0]))


def quick(Net, hidden=(6, 4), **params):
    params = {"max_iter": 6, "learning_rate_init": 0.02, "random_state": 0, **params}
    return Net(hidden_layer_sizes=hidden, **params)


NORMALIZED = {"normalization": BatchNorm(epsilon=0.1), "batch_size": 20}
PLAIN = {
    "two classes": (quick(MLPClassifier), WORDS),
    "three classes": (quick(MLPClassifier), NEGATIVE),
    "bool": (quick(MLPClassifier), TWO.astype(bool)),
    "labels": (quick(MLPClassifier), LABELS),
    "two labels": (quick(MLPClassifier), LABELS[:, :2]),
    "lbfgs": (quick(MLPClassifier, solver="lbfgs"), THREE),
    "early stopping": (quick(MLPClassifier, early_stopping=True), THREE),
    "identity": (quick(MLPClassifier, activation="identity"), WORDS),
    "logistic units": (quick(MLPClassifier, activation="logistic"), THREE),
    "tanh": (quick(MLPClassifier, activation="tanh"), LABELS),
    "a list": (quick(MLPClassifier, activation=["tanh", Tanh()]), THREE),
    "linear": (quick(MLPClassifier, (), activation="gelu"), WORDS),
    "linear softmax": (quick(SoftmaxClassifier, ()), WORDS),
    "one hidden": (quick(MLPClassifier, 7), THREE),
    "softmax of two": (quick(MLPClassifier, loss="softmax"), WORDS),
    "softmax object": (quick(MLPClassifier, loss=Softmax()), THREE),
    "logistic of two": (quick(MLPClassifier, loss="logistic"), WORDS),
    "logistic object": (quick(MLPClassifier, loss=LogisticLoss()), LABELS),
    "divergence": (quick(MLPClassifier, loss="kl_divergence"), THREE),
    "soft targets": (quick(MLPClassifier, loss=KLDivergence()), SOFT),
    "soft targets of two": (quick(SoftmaxClassifier), SOFT_TWO),
    "SoftmaxClassifier": (quick(SoftmaxClassifier), NEGATIVE),
    "LogisticClassifier": (quick(LogisticClassifier), WORDS),
    "LogisticClassifier, labels": (quick(LogisticClassifier), LABELS),
    "smoothing, a penalty": (
        quick(MLPClassifier, label_smoothing=0.1, penalty="l1", alpha=1.0),
        THREE,
    ),
    "dropout": (quick(MLPClassifier, dropout=[0.1, 0.5, 0.2]), THREE),
    "normalized before": (quick(MLPClassifier, **NORMALIZED), THREE),
    "normalized after": (
        quick(MLPClassifier, **NORMALIZED, normalization_position="after"),
        WORDS,
    ),
    "normalized, dropout": (
        quick(MLPClassifier, **NORMALIZED, normalization_position="after", dropout=0.3),
        THREE,
    ),
    "normalized softmax of two": (
        quick(
            SoftmaxClassifier,
            **NORMALIZED,
            normalization_position="after",
            activation="tanh",
        ),
        WORDS,
    ),
    "solver and schedule of ours": (
        quick(MLPClassifier, solver="adamw", learning_rate=Cosine()),
        THREE,
    ),
    "solver object": (quick(MLPClassifier, solver=Adam()), THREE),
    "values": (quick(MLPRegressor), VALUES),
    "several values": (quick(MLPRegressor, activation=Relu()), SEVERAL),
    "squared error object": (quick(MLPRegressor, loss=SquaredError()), VALUES),
    "values, lbfgs": (quick(MLPRegressor, (), solver="lbfgs"), SEVERAL),
    "counts": (quick(MLPRegressor, loss="poisson"), COUNTS),
    "counts, object": (quick(MLPRegressor, 3, loss=Poisson()), COUNTS),
    "values, normalized": (
        quick(MLPRegressor, (5, 4, 3), **NORMALIZED, activation="logistic"),
        SEVERAL,
    ),
    "values, normalized after": (
        quick(MLPRegressor, **NORMALIZED, normalization_position="after"),
        VALUES,
    ),
}
plain = pytest.mark.parametrize(("net", "y"), PLAIN.values(), ids=PLAIN)


def assert_equal_predictions(ours, theirs, X, rtol):
    if not is_classifier(ours):
        assert_allclose(theirs.predict(X), ours.predict(X), rtol=rtol, atol=rtol)
        assert theirs.predict(X).dtype == ours.predict(X).dtype
        return
    assert_array_equal(theirs.predict(X), ours.predict(X))
    assert theirs.predict(X).dtype == ours.predict(X).dtype
    for method in ("predict_proba", "predict_log_proba"):
        expected, given = getattr(ours, method)(X), getattr(theirs, method)(X)
        assert_allclose(given, expected, rtol=rtol, atol=rtol)
        assert given.dtype == expected.dtype


@plain
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-11), (np.float32, 2e-5)])
def test_predictions_are_equal(net, y, dtype, rtol):
    net = clone(net).fit(X.astype(dtype), y)
    model = net.to_sklearn()
    name = "MLPClassifier" if is_classifier(net) else "MLPRegressor"
    assert type(model) is getattr(neural_network, name)
    assert_equal_predictions(net, model, X.astype(dtype), rtol)
    assert all(a.dtype == dtype for a in model.coefs_ + model.intercepts_)
    # Away from the data, and in the types that are not those of the parameters.
    others = X[::-3].astype(dtype)
    if not hasattr(net, "input_mean_"):
        others = csr_array(others)
    assert_equal_predictions(net, model, others, rtol)


@plain
def test_it_is_what_scikit_learn_would_have_fitted(net, y):
    """The names, types and shapes of all attributes, private ones that matter too."""
    net = clone(net).fit(X, y)
    model = net.to_sklearn()
    if y is SOFT or y is SOFT_TWO:
        y = y.argmax(axis=1)
    fitted = clone(model).fit(X, y)
    unused = {"_optimizer", "_random_state", "_coef_indptr", "_intercept_indptr"}
    if not net.early_stopping:  # scikit-learn keeps its starting weights there
        unused |= {"_best_coefs", "_best_intercepts"}
    if net.solver == "lbfgs":
        unused |= {"_no_improvement_count"}
    assert set(vars(model)) == set(vars(fitted)) - unused
    for name in set(vars(model)) - set(model.get_params()):
        ours, theirs = getattr(model, name), getattr(fitted, name)
        kinds = (int, float, str, list, np.ndarray, type(None), object)
        of = next(kind for kind in kinds if isinstance(theirs, kind))
        assert isinstance(ours, of), name
        if of is list:
            assert list(map(np.shape, ours)) == list(map(np.shape, theirs)), name
        if name.endswith(("n_layers_", "n_outputs_", "out_activation_", "in_", "t_")):
            assert ours == theirs, name
    if is_classifier(model):
        assert_array_equal(model.classes_, fitted.classes_)
        ours, theirs = (vars(m._label_binarizer) for m in (model, fitted))
        assert_array_equal(ours.pop("classes_"), theirs.pop("classes_"))
        assert ours == theirs


def test_records_and_parameters_are_carried_over():
    net = quick(MLPClassifier, early_stopping=True, alpha=0.3, tol=0.5, momentum=0.2)
    frame = pd.DataFrame(X, columns=list("abcde"))
    net.fit(frame, THREE)
    model = net.to_sklearn()
    for name, value in model.get_params().items():
        assert value == getattr(net, name)
    for name in (
        "loss_", "loss_curve_", "best_loss_", "validation_scores_", "t_", "n_iter_",
        "best_validation_score_", "n_features_in_", "n_layers_", "n_outputs_",
    ):  # fmt: skip
        assert getattr(model, name) == getattr(net, name)
    assert_array_equal(model.feature_names_in_, list("abcde"))
    assert_array_equal(model.predict(frame), net.predict(frame))
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(X)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"solver": "rmsprop"}, {"solver": "adam"}),
        ({"solver": SGD()}, {"solver": "adam"}),
        ({"solver": "sgd", "learning_rate": Cosine()}, {"learning_rate": "constant"}),
        ({"activation": [Tanh(), Tanh()]}, {"activation": "tanh"}),
        ({"hidden_layer_sizes": 5}, {"hidden_layer_sizes": 5}),
        ({"loss": Softmax()}, {}),
    ],
)
def test_parameters_are_such_as_scikit_learn_takes(params, expected):
    net = quick(MLPClassifier).set_params(**params).fit(X, THREE)
    model = net.to_sklearn()
    assert {name: model.get_params()[name] for name in expected} == expected
    model.fit(X, THREE)


def test_a_subclass_with_a_constructor_of_its_own():
    class Small(MLPClassifier):
        def __init__(self, size=3):
            super().__init__((size,), alpha=0.5, max_iter=4, random_state=0)
            self.size = size

    net = Small(4).fit(X, THREE)
    model = net.to_sklearn()
    assert_equal_predictions(net, model, X, 1e-11)
    assert (model.hidden_layer_sizes, model.alpha) == ((4,), 0.5)


def test_parameters_changed_after_fit_do_not_count():
    net = quick(MLPClassifier, activation="tanh").fit(X, THREE)
    net.set_params(activation="relu", hidden_layer_sizes=(9,), alpha=0.5)
    model = net.to_sklearn()
    assert_equal_predictions(net, model, X, 1e-11)
    assert (model.activation, model.hidden_layer_sizes) == ("tanh", (6, 4))
    assert model.alpha == 0.5


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_nothing_is_shared(normalization):
    rng = np.random.RandomState(0)
    net = quick(
        MLPClassifier, normalization=normalization, early_stopping=True
    ).set_params(random_state=rng, hidden_layer_sizes=[6, 4])
    net.fit(X, THREE)
    model, before = net.to_sklearn(), net.predict_proba(X)
    assert model.random_state is not rng
    assert model.hidden_layer_sizes is not net.hidden_layer_sizes
    for array in (*model.coefs_, *model.intercepts_, model.classes_):
        array[...] = 0
    model.loss_curve_.clear()
    model.validation_scores_.clear()
    assert_array_equal(net.predict_proba(X), before)
    assert len(net.loss_curve_) == len(net.validation_scores_) == net.n_iter_
    assert_array_equal(net.classes_, [0, 1, 2])
    model, expected = net.to_sklearn(), net.to_sklearn().predict_proba(X)
    for array in (*net.coefs_, *net.intercepts_, net.classes_):
        array[...] = 0
    assert_array_equal(model.predict_proba(X), expected)
    assert_array_equal(model.classes_, [0, 1, 2])


@plain
def test_it_survives_pickle(net, y):
    model = clone(net).fit(X, y).to_sklearn()
    other = pickle.loads(pickle.dumps(model))
    assert_array_equal(other.predict(X), model.predict(X))


# scikit-learn's nets cannot continue with the other solvers.
@pytest.mark.parametrize(
    ("net", "y"),
    [c for c in PLAIN.values() if c[0].solver != "lbfgs" and not c[0].early_stopping],
)
def test_it_continues_with_partial_fit(net, y):
    model = clone(net).fit(X, y).to_sklearn()
    before, rows = model.coefs_[0].copy(), model.t_
    model.partial_fit(X, y.argmax(axis=1) if y is SOFT or y is SOFT_TWO else y)
    assert model.t_ == rows + 80
    assert len(model.loss_curve_) == 7
    assert 0 < np.abs(model.coefs_[0] - before).max() < 0.5


@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor])
def test_one_more_step_is_our_own(Net):
    """Gradient descent has no moments: both libraries make the same step from here."""
    params = {"solver": "sgd", "momentum": 0, "shuffle": False, "batch_size": 16}
    net = quick(Net, alpha=0.2, **params)
    ours = clone(net).set_params(warm_start=True).fit(X, THREE)
    model = ours.to_sklearn()
    ours.partial_fit(X, THREE)
    model.partial_fit(X, THREE)
    for a, b in zip(ours.coefs_, model.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert ours.t_ == model.t_
    assert_allclose(ours.loss_curve_, model.loss_curve_, rtol=1e-9)


def test_early_stopping_continues_with_a_warm_start():
    net = quick(MLPClassifier, early_stopping=True).fit(X, THREE)
    model = net.to_sklearn().set_params(warm_start=True, max_iter=2)
    # No score reaches this: what is restored are the weights as they came.
    model.best_validation_score_ = 2.0
    model.fit(X, THREE)
    assert_equal_predictions(net, model, X, 1e-11)


class OwnSoftmax(Softmax):
    """A loss of a user's own: nobody knows what its links do."""


class OwnRelu(Relu):
    """An activation of a user's own."""


REFUSED = {
    "columns of labels": (
        quick(MLPClassifier),
        np.column_stack([THREE, THREE]),
        "several columns of labels",
    ),
    "gelu": (
        quick(MLPClassifier, activation="gelu"),
        THREE,
        "activation='gelu'.*'relu'",
    ),
    "maxout": (quick(MLPRegressor, activation="maxout"), VALUES, "activation='maxout'"),
    "own activation": (
        quick(MLPClassifier, activation=OwnRelu()),
        THREE,
        r"activation=OwnRelu\(\)",
    ),
    "mixed": (
        quick(MLPClassifier, activation=["relu", "tanh"]),
        THREE,
        r"activation=\['relu', 'tanh'\], not the same",
    ),
    "residual": (quick(MLPClassifier, residual=True), THREE, "residual=True"),
    "hinge": (quick(MLPClassifier, loss="hinge"), THREE, "loss='hinge'"),
    "hinge object": (quick(MLPClassifier, loss=Hinge()), THREE, r"loss=Hinge\(\)"),
    "svm": (quick(SVMClassifier), THREE, "SVMClassifier does.*: loss='hinge'"),
    "svm of two": (quick(SVMClassifier), WORDS, "loss='hinge'"),
    "squared sigmoids": (
        quick(MLPClassifier, loss="squared_error"),
        WORDS,
        "loss='squared_error', not a cross-entropy",
    ),
    "sigmoids of three": (
        quick(LogisticClassifier),
        THREE,
        "loss='logistic' with 3 classes: a sigmoid for each",
    ),
    "own loss": (quick(MLPClassifier, loss=OwnSoftmax()), THREE, "loss=OwnSoftmax"),
    "one class": (quick(MLPClassifier), np.full(80, "a"), "one class only .*'a'"),
    "median": (quick(MLPRegressor, loss="absolute_error"), VALUES, "'absolute_error'"),
    "huber": (quick(MLPRegressor, loss="huber"), VALUES, "loss='huber'"),
    "quantile": (quick(MLPRegressor, loss="quantile"), VALUES, "loss='quantile'"),
    "all at once": (
        quick(MLPRegressor, loss="huber", residual=True, activation="elu"),
        VALUES,
        "activation='elu'.*; residual=True.*; loss='huber'",
    ),
}


@pytest.mark.parametrize(("net", "y", "message"), REFUSED.values(), ids=REFUSED)
def test_what_stands_in_the_way_is_named(net, y, message):
    net = clone(net).fit(X, y)
    before = net.predict(X)
    with pytest.raises(ValueError, match=message):
        net.to_sklearn()
    assert_array_equal(net.predict(X), before)


class Doubled(Layer):
    """A layer that to_sklearn cannot know."""


def test_an_unknown_layer_is_refused_unless_it_only_trains():
    net = quick(MLPClassifier).fit(X, THREE)
    layer = Doubled()
    net._network.layers.append(layer)
    with pytest.raises(ValueError, match="layers of other kinds: Doubled"):
        net.to_sklearn()
    layer.training_only = True
    assert_array_equal(net.to_sklearn().predict(X), net.predict(X))


def test_before_fit(Net):
    with pytest.raises(NotFittedError):
        Net().to_sklearn()


def test_after_partial_fit_with_classes_not_seen_yet():
    net = quick(MLPClassifier).partial_fit(X, THREE, classes=[0, 1, 2, 9])
    model = net.to_sklearn()
    assert_equal_predictions(net, model, X, 1e-11)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.partial_fit(X, np.where(THREE == 2, 9, THREE))
    assert_array_equal(model.classes_, [0, 1, 2, 9])
