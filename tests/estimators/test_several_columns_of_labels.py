"""Several columns of class labels, from fit to score."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_sample_weight

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.engine import Softmax
from tests.estimators.common import fit, flat, make

LOSSES = ["log_loss", "softmax", "logistic", "hinge", "squared_hinge", "kl_divergence",
          "squared_error"]  # fmt: skip
NETS = {
    **{loss: MLPClassifier(loss=loss) for loss in LOSSES},
    "Softmax()": MLPClassifier(loss=Softmax()),
    "SoftmaxClassifier": SoftmaxClassifier(),
    "LogisticClassifier": LogisticClassifier(),
    "SVMClassifier": SVMClassifier(),
}
nets = pytest.mark.parametrize("net", NETS.values(), ids=NETS)
LABELS = [np.array([-5, 0, 9]), np.array([7, 8]), np.array([1, 2, 3, 4])]


@pytest.fixture
def codes(X, y):
    four = 2 * (X[:, 0] > 0) + (X[:, 1] > 0)
    return np.column_stack([y, X[:, 3] > 0, four]).astype(int)


@pytest.fixture
def Y(codes):
    pairs = zip(LABELS, codes.T, strict=True)
    return np.column_stack([labels[column] for labels, column in pairs])


def small(net, **params):
    """Return a small copy of a net."""
    settings = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
    return clone(net).set_params(**settings | params)


@nets
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_predictions_of_all_kinds(net, dtype, X, Y):
    X = X.astype(dtype)
    net = fit(small(net, max_iter=300, learning_rate_init=0.05), X, Y)
    for classes, labels in zip(net.classes_, LABELS, strict=True):
        assert_array_equal(classes, labels)
    predicted = net.predict(X)
    assert predicted.shape == Y.shape
    assert predicted.dtype == Y.dtype
    right = (predicted == Y).all(axis=1)
    assert net.score(X, Y) == right.mean() > 0.8
    weights = np.arange(60)
    expected = np.average(right, weights=weights)
    assert net.score(X, Y, weights) == pytest.approx(expected)
    decision = net.decision_function(X)
    assert [d.shape for d in decision] == [(60, 3), (60,), (60, 4)]
    assert {d.dtype for d in decision} == {np.dtype(dtype)}
    assert_array_equal(predicted[:, 0], LABELS[0][decision[0].argmax(axis=1)])
    assert_array_equal(predicted[:, 1], LABELS[1][(decision[1] > 0).astype(int)])
    if not hasattr(net, "predict_proba"):
        return
    pairs = zip(net.predict_proba(X), net.predict_log_proba(X), LABELS, strict=True)
    for i, (p, logs, labels) in enumerate(pairs):
        assert p.shape == (60, len(labels))
        assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
        assert_array_equal(predicted[:, i], labels[p.argmax(axis=1)])
        assert_allclose(np.exp(logs), p, rtol=1e-4, atol=1e-30)


SMOOTH = {name: net for name, net in NETS.items() if net.loss != "hinge"}


@pytest.mark.parametrize("net", SMOOTH.values(), ids=SMOOTH)
def test_a_linear_net_is_one_net_per_column(net, X, Y):
    """Nothing is shared without hidden layers: each column has its own optimum."""
    exact = {"hidden_layer_sizes": (), "solver": "lbfgs", "alpha": 1.0, "tol": 1e-9,
             "max_iter": 2000}  # fmt: skip
    both = fit(small(net, **exact), X, Y)
    for i in range(3):
        alone = fit(small(net, **exact), X, Y[:, i])
        assert both.coef_[i].shape == alone.coef_.shape
        assert_allclose(both.coef_[i], alone.coef_, atol=1e-3)
        linear = X @ both.coef_[i].T + both.intercept_[i]
        decision = both.decision_function(X)[i]
        assert_allclose(decision, linear.reshape(decision.shape), rtol=1e-10)
        expected = alone.decision_function(X)
        if i != 1:  # a number added to the scores of all classes changes nothing
            decision, expected = (
                s - s.mean(axis=1, keepdims=True) for s in (decision, expected)
            )
        assert_allclose(decision, expected, atol=3e-3)


@nets
def test_loss_is_the_sum_over_the_columns(net, X, Y, codes):
    net = fit(small(net, solver="lbfgs", alpha=0.0), X, Y)
    if net.loss not in ("log_loss", "softmax", "kl_divergence"):
        return
    rows = sum(
        -logs[np.arange(60), column]
        for logs, column in zip(net.predict_log_proba(X), codes.T, strict=True)
    )
    assert_allclose(net.loss_, rows.mean(), rtol=1e-10)
    name = ["softmax", "logistic", "softmax"] if net.loss == "log_loss" else "softmax"
    assert net.out_activation_ == name


@nets
def test_partial_fit_and_warm_start_continue(net, X, Y):
    expected = flat(fit(small(net), X, Y))
    steps = small(net)
    for i in range(4):
        steps.partial_fit(X, Y, classes=None if i else LABELS)
    assert_array_equal(flat(steps), expected)
    warm = small(net, warm_start=True, max_iter=2)
    fit(fit(warm, X, Y), X, Y)
    assert_array_equal(flat(warm), expected)


def test_zeros_and_ones_are_columns_where_the_classes_say_so(Classifier, X):
    Y = (X[:, :2] > 0).astype(int)
    net = make(Classifier)
    net.partial_fit(X, Y, classes=[[0, 1], [0, 1, 2]])
    net.partial_fit(X, Y)
    assert isinstance(net.decision_function(X), list)
    assert net.score(X, Y) == (net.predict(X) == Y).all(axis=1).mean()


KINDS = {
    "text": lambda Y: Y.astype(str),
    "list": lambda Y: Y.tolist(),
    "floats": lambda Y: Y.astype(float),
    "int8": lambda Y: Y.astype(np.int8),
    "frame": pd.DataFrame,
    "objects": lambda Y: Y.astype(object),
    "objects of text": lambda Y: Y.astype(str).astype(object),
    "sparse": csr_array,
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kinds_of_matrices(kind, X, Y):
    # A matrix of floats is one of probabilities to the softmax, but not to this net.
    Y = Y[:, [2, 1]]
    net = fit(make(MLPClassifier, early_stopping=True), X, kind(Y))
    expected = fit(make(MLPClassifier, early_stopping=True), X, Y)
    assert_array_equal(flat(net), flat(expected))
    assert_array_equal(net.predict(X).astype(float), expected.predict(X))
    assert net.score(X, kind(Y)) == expected.score(X, Y)


def test_frame_of_text_bools_and_integers(Classifier, X, codes):
    names = np.array(["ant", "bee", "cat"])
    frame = pd.DataFrame(
        {"a": names[codes[:, 0]], "b": codes[:, 1] == 1, "c": codes[:, 2]}
    )
    net = make(Classifier, max_iter=200, learning_rate_init=0.05)
    fit(net, X, frame)
    assert [c.dtype.kind for c in net.classes_] == ["U", "b", "i"]
    predicted = net.predict(X)
    assert [type(label) for label in predicted[0]] == [str, bool, int]
    assert net.score(X, frame) == (predicted == frame.to_numpy()).all(axis=1).mean()
    assert net.score(X, frame) > 0.7


def test_a_column_of_one_class(Classifier, X, y):
    Y = np.column_stack([y, np.full(60, 4)])
    smoothing = {} if Classifier is SVMClassifier else {"label_smoothing": 0.2}
    net = fit(make(Classifier, class_weight="balanced", **smoothing), X, Y)
    assert_array_equal(net.predict(X)[:, 1], Y[:, 1])
    if Classifier is not SVMClassifier:
        assert_array_equal(net.predict_proba(X)[1], np.ones((60, 1)))
        assert_array_equal(net.predict_log_proba(X)[1], np.zeros((60, 1)))


@nets
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_whole_weights_are_repetitions(net, solver, X, Y):
    weights = np.random.default_rng(0).integers(1, 4, 60)
    rows = np.repeat(np.arange(60), weights)
    settings = {"solver": solver, "activation": "tanh", "alpha": 1.0}
    a = fit(small(net, batch_size=60, **settings), X, Y, weights)
    b = fit(small(net, batch_size=len(rows), **settings), X[rows], Y[rows])
    assert_allclose(flat(a), flat(b), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "value",
    ["balanced", [{-5: 2, 0: 1, 9: 0.5}, {7: 4}, {1: 1, 2: 2, 3: 3, 4: 4}]],
    ids=["balanced", "dicts"],
)
def test_class_weights(Classifier, value, X, Y):
    weights = compute_sample_weight(value, Y)
    a = fit(make(Classifier, class_weight=value), X, Y)
    b = fit(make(Classifier), X, Y, weights)
    assert_allclose(flat(a), flat(b), rtol=1e-9, atol=1e-12)
    if value != "balanced":
        batch = make(Classifier, class_weight=value)
        batch.partial_fit(X[:5], Y[:5], classes=LABELS)


def test_label_smoothing_is_by_the_classes_of_a_column(X):
    """A row per combination, one-hot inputs: the optimum is the target itself."""
    Y = np.array([[5, 1], [6, 2], [7, 1]])
    for Net in (MLPClassifier, SoftmaxClassifier, LogisticClassifier):
        net = Net((), alpha=0.0, label_smoothing=0.3, solver="lbfgs", tol=1e-9,
                  max_iter=5000)  # fmt: skip
        first, second = net.fit(np.eye(3), Y).predict_proba(np.eye(3))
        assert_allclose(first, 0.7 * np.eye(3) + 0.1, atol=1e-4)
        assert_allclose(second, 0.7 * np.eye(2)[[0, 1, 0]] + 0.15, atol=1e-4)


def test_rows_are_held_out_by_combinations_of_labels(Classifier, X, Y, held_out):
    net = make(Classifier, early_stopping=True, validation_fraction=0.2)
    net.set_params(max_iter=30, learning_rate_init=0.05, scoring=held_out)
    two = np.column_stack([Y[:, 1], np.arange(60) % 2 + 5])
    two[:12] = [[8, 6]]
    fit(net, X, two)
    names, combination = np.unique(two, axis=0, return_inverse=True)
    assert len(names) == 4
    n_held = np.bincount(combination[held_out.rows], minlength=4)
    assert_allclose(n_held, 0.2 * np.bincount(combination), atol=1)
    right = (net.predict(X) == two).all(axis=1)
    assert net.best_validation_score_ == pytest.approx(right[held_out.rows].mean())
    # Two combinations, one of them of a single row: split at random.
    two = np.where(np.arange(60)[:, np.newaxis] == 0, [7, 99], [8, 6])
    assert fit(net, X, two).t_ == net.n_iter_ * 48


@nets
def test_copies_and_clones(net, X, Y):
    net = fit(small(net), X, Y)
    again = pickle.loads(pickle.dumps(net))
    assert_array_equal(again.predict(X), net.predict(X))
    for a, b in zip(again.decision_function(X), net.decision_function(X), strict=True):
        assert_array_equal(a, b)
    assert clone(net).get_params().keys() == net.get_params().keys()
    with pytest.raises(NotFittedError):
        clone(net).predict(X)


def first_column(y, predicted):
    return (y[:, 0] == predicted[:, 0]).mean()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_pipelines_and_searches(Classifier, X, Y):
    model = make_pipeline(
        Standardizer(), make(Classifier, learning_rate_init=0.05, max_iter=40)
    )
    name = f"{Classifier.__name__.lower()}__alpha"
    search = GridSearchCV(model, {name: [0.1, 1e5]}, cv=3, error_score="raise",
                          scoring=make_scorer(first_column))  # fmt: skip
    search.fit(X, Y)
    assert search.best_params_ == {name: 0.1}
    assert search.best_score_ > 0.7
    assert cross_val_score(model, X, Y, cv=3).mean() > 0.4  # score(): all right


def test_score_needs_all_columns_and_a_weight_per_row(Classifier, X, Y):
    net = fit(make(Classifier), X, Y)
    for wrong in (Y[:, 0], Y[:40], Y[:, [0, 1, 2, 2]]):
        with pytest.raises(ValueError, match=r"y must be of shape \(60, 3\)"):
            net.score(X, wrong)
    with pytest.raises(ValueError, match="inconsistent"):
        net.score(X, Y, [1, 2])


COLUMNS = {
    "integers": ([[1, 2], [3, 4]], "i"),
    "integers and floats": ([[1, 2], [0.0, 4.0]], "f"),
    "text": ([["a", "b"], ["long", "b"]], "U"),
    "text and integers": ([["a", "b"], [3, 4]], "O"),
    "bools and integers": ([[True, False], [3, 4]], "i"),
}


@pytest.mark.parametrize(("columns", "kind"), COLUMNS.values(), ids=COLUMNS)
def test_predictions_have_the_labels_of_each_column(columns, kind):
    frame = pd.DataFrame(dict(enumerate(columns)))
    net = MLPClassifier((), solver="lbfgs", random_state=0).fit(np.eye(2), frame)
    predicted = net.predict(np.eye(2))
    assert predicted.dtype.kind == kind
    assert predicted.T.tolist() == columns


BAD = {
    "mixed column": np.array([["a", 1], [2, 1]] * 30, dtype=object),
    "column of floats": np.array([["a", 0.5], ["b", 1.5]] * 30, dtype=object),
}


@pytest.mark.parametrize("Y", BAD.values(), ids=BAD)
def test_columns_without_labels_are_refused(Classifier, Y, X):
    with pytest.raises(ValueError, match="Unknown label type: .*Column . of y"):
        make(Classifier).fit(X, Y)


def test_bad_codings_of_own_losses_are_named(X, Y):
    class Wrong(Softmax):
        def encode(self, y, n_classes, dtype):
            return y

    with pytest.raises(ValueError, match="Wrong.encode must return"):
        make(MLPClassifier, loss=Wrong()).fit(X, Y)


def test_columns_of_one_class_are_not_smoothed(X):
    Y = np.tile([3, 4], (60, 1))
    a = fit(make(LogisticClassifier, label_smoothing=0.5), X, Y)
    assert_array_equal(flat(a), flat(fit(make(LogisticClassifier), X, Y)))
