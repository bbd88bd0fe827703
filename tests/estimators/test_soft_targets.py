"""Soft targets and label smoothing."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import coo_array, csr_array
from scipy.special import softmax
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.engine import KLDivergence, Softmax
from tests.estimators.common import fit, flat, make

SOFT = {
    "SoftmaxClassifier": SoftmaxClassifier,
    "kl_divergence": lambda *args, **kwargs: MLPClassifier(
        *args, loss="kl_divergence", **kwargs
    ),
    "KLDivergence": lambda *args, **kwargs: MLPClassifier(
        *args, loss=KLDivergence(), **kwargs
    ),
}
soft_nets = pytest.mark.parametrize("Soft", SOFT.values(), ids=SOFT)
EXACT = {"solver": "lbfgs", "tol": 1e-9, "max_iter": 5000, "random_state": 0}


@pytest.fixture
def t(X):
    """Probabilities that a linear model can say."""
    return softmax(2 * X[:, :3], axis=1)


@soft_nets
def test_learns_the_probabilities(Soft, X, t):
    net = Soft((), alpha=0.0, **EXACT).fit(X, t)
    assert_allclose(net.predict_proba(X), t, atol=1e-4)
    assert_array_equal(net.classes_, [0, 1, 2])
    assert_array_equal(net.predict(X), t.argmax(axis=1))
    assert net.score(X, t) == net.score(X, t.argmax(axis=1)) == 1


def test_cross_entropy_and_kl_divergence_give_one_net(X, t):
    settings = {"alpha": 0, "weight_init": None}  # the two have other defaults
    a = fit(make(SOFT["SoftmaxClassifier"], **settings), X, t)
    b = fit(make(SOFT["kl_divergence"], **settings), X, t)
    assert_array_equal(flat(a), flat(b))
    entropy = -(t * np.log(t)).sum(axis=1).mean()
    assert_allclose(np.subtract(a.loss_curve_, b.loss_curve_), entropy, rtol=1e-12)


@soft_nets
def test_loss_is_the_documented_one(Soft, X, t):
    net = fit(make(Soft, alpha=0, solver="lbfgs"), X, t)
    log_p = net.predict_log_proba(X)
    expected = -(t * log_p).sum(axis=1)
    if not isinstance(net, SoftmaxClassifier):
        expected += (t * np.log(t)).sum(axis=1)
    assert_allclose(net.loss_, expected.mean(), rtol=1e-10)


ONE_HOT = {
    "float": lambda one_hot: one_hot,
    "float32": lambda one_hot: one_hot.astype(np.float32),
    "float16": lambda one_hot: one_hot.astype(np.float16),
    "int": lambda one_hot: one_hot.astype(int),
    "bool": lambda one_hot: one_hot.astype(bool),
    "list": lambda one_hot: one_hot.tolist(),
    "csr": csr_array,
    "coo of int": lambda one_hot: coo_array(one_hot.astype(int)),
    "frame": lambda one_hot: pd.DataFrame(one_hot, columns=list("abc")),
}


@soft_nets
@pytest.mark.parametrize("kind", ONE_HOT.values(), ids=ONE_HOT)
def test_one_hot_columns_are_labels(Soft, kind, X, y):
    expected = fit(make(Soft), X, y)
    Y = kind(np.eye(3)[y])
    net = fit(make(Soft), X, Y)
    assert_array_equal(flat(net), flat(expected))
    assert_array_equal(net.predict(X), expected.predict(X))
    assert net.score(X, Y) == expected.score(X, y)


@soft_nets
def test_two_columns_are_two_classes(Soft, X):
    p = 1 / (1 + np.exp(-3 * X[:, 0]))
    net = fit(make(Soft, max_iter=200, learning_rate_init=0.02), X, np.c_[1 - p, p])
    assert net.decision_function(X).shape == (60,)
    assert net.score(X, np.c_[1 - p, p]) > 0.9
    assert_allclose(net.predict_proba(X)[:, 1], p, atol=0.3)


@soft_nets
def test_a_column_without_weight_is_a_class(Soft, X, y):
    Y = np.c_[np.eye(3)[y], np.zeros(60)]
    net = fit(make(Soft), X, Y)
    assert_array_equal(net.classes_, [0, 1, 2, 3])
    assert net.predict_proba(X).shape == (60, 4)


@soft_nets
def test_float32_is_kept(Soft, X, t):
    net = fit(make(Soft), X.astype(np.float32), t.astype(np.float32))
    assert net.coefs_[0].dtype == np.float32


BAD = {
    "negative": ([1.5, -0.5, 0], r"got -0.5 in row 7, column 1"),
    "small": ([0.5, 0.4, 0], r"sum to 1 .*got 0.9 in row 7 "),
    "large": ([1, 1, 0], r"sum to 1 .*got 2.0 in row 7 "),
    "NaN": ([np.nan, 0.5, 0.5], r"got nan in row 7, column 0"),
    "inf": ([np.inf, 0, 0], r"got inf in row 7, column 0"),
}


@soft_nets
@pytest.mark.parametrize(("row", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "score"])
def test_bad_rows_are_named(Soft, row, message, method, X, t):
    net = make(Soft)
    if method == "score":
        fit(net, X, t)
    before = dict(vars(net))
    t[7] = t[9] = row
    with pytest.raises(ValueError, match=message) as error:
        getattr(net, method)(X, t)
    assert "LogisticClassifier" in str(error.value)
    assert vars(net) == before


# Two rows of y, and what they mean to a net whose loss takes soft targets.
MATRICES = {
    "floats": ([[0.5, 0.5], [1, 0]], "soft"),
    "whole floats": ([[2.0, 1.0], [1.0, 2.0]], "soft, but not distributions"),
    "ones and zeros": ([[1, 0], [0, 1]], "soft"),
    "bools": ([[True, False], [False, True]], "soft"),
    "objects": (np.array([[0.5, 0.5], [1, 0]], dtype=object), "soft"),
    "sparse": (csr_array([[0.5, 0.5], [1, 0]]), "soft"),
    "other integers": ([[1, 2], [2, 1]], "columns of labels"),
    "negative integers": ([[-1, 1], [1, 1]], "columns of labels"),
    "sparse integers": (csr_array([[0, 2], [1, 0]]), "columns of labels"),
    "text": ([["a", "b"], ["b", "a"]], "columns of labels"),
    "objects of text": (
        np.array([["a", "1"], ["b", "0"]], object),
        "columns of labels",
    ),
    "objects of integers": (np.array([[3, 1], [1, 0]], object), "columns of labels"),
    "one column": ([[0.5], [0.5]], "not labels"),
    "a list": ([0, 1], "labels"),
    "unequal rows": ([[1, 0], [1]], "inhomogeneous"),
}


def meaning(y):
    """Return what the softmax net makes of y, by its classes or its error."""
    try:
        net = fit(SoftmaxClassifier((), max_iter=1), np.eye(2), y)
    except ValueError as error:
        for words, means in {
            "sum to 1": "soft, but not distributions",
            "Unknown label type": "not labels",
            "inhomogeneous": "inhomogeneous",
        }.items():
            if words in str(error):
                return means
        raise
    if isinstance(net.classes_, list):
        return "columns of labels"
    return "soft" if np.ndim(y) == 2 else "labels"


@pytest.mark.filterwarnings("ignore:A column-vector y")
@pytest.mark.parametrize(("y", "expected"), MATRICES.values(), ids=MATRICES)
def test_what_a_matrix_means(y, expected):
    assert meaning(y) == expected


def test_rounded_rows_are_scaled_to_sum_to_one(X, t):
    rough = t.astype(np.float16)
    sums = rough.astype(float).sum(axis=1, keepdims=True)
    assert np.abs(sums - 1).max() > 1e-5
    net = fit(make(SoftmaxClassifier, alpha=0), X, rough)
    exact = fit(make(SoftmaxClassifier, alpha=0), X, rough.astype(float) / sums)
    assert_allclose(flat(net), flat(exact), rtol=1e-9, atol=1e-12)


NOT_SOFT = {
    "log_loss": MLPClassifier(),
    "softmax": MLPClassifier(loss="softmax"),
    "logistic": LogisticClassifier(),
    "squared_error": MLPClassifier(loss="squared_error"),
    "hinge": SVMClassifier(),
}


@pytest.mark.parametrize("net", NOT_SOFT.values(), ids=NOT_SOFT)
def test_others_refuse_probabilities(net, X, t):
    message = "Unknown label type: 'continuous-multioutput'.*loss='kl_divergence'"
    with pytest.raises(ValueError, match=message):
        net.fit(X, t)
    assert vars(net) == net.get_params()


@soft_nets
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_whole_weights_are_repetitions(Soft, solver, X, t):
    weights = np.random.default_rng(0).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), weights)
    settings = {"solver": solver, "activation": "tanh", "alpha": 1.0}
    a = fit(make(Soft, batch_size=60, **settings), X, t, weights)
    b = fit(make(Soft, batch_size=len(rows), **settings), X[rows], t[rows])
    assert_allclose(flat(a), flat(b), rtol=1e-7, atol=1e-9)
    assert a.score(X, t, weights) == pytest.approx(b.score(X[rows], t[rows]))


LAST_ROWS = {"early_stopping": True, "validation_split": [(range(40), range(40, 60))]}


@soft_nets
@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping_scores_the_most_probable_class(Soft, weighted, X, t):
    weights = np.linspace(0, 2, 60) if weighted else None
    net = fit(make(Soft, learning_rate_init=0.05, **LAST_ROWS), X, t, weights)
    right = (net.predict(X) == t.argmax(axis=1))[40:]
    expected = np.average(right, weights=weights[40:] if weighted else None)
    assert net.best_validation_score_ == pytest.approx(expected)
    assert 0.3 < expected < 1


def test_rows_are_held_out_by_the_most_probable_class(X, held_out):
    y = np.repeat([0, 1, 2], [40, 10, 10])
    net = make(SoftmaxClassifier, early_stopping=True, validation_fraction=0.2)
    fit(net.set_params(scoring=held_out), X, 0.7 * np.eye(3)[y] + 0.1)
    assert np.bincount(y[held_out.rows]).tolist() == [8, 2, 2]


@soft_nets
def test_partial_fit_needs_no_classes(Soft, X, t):
    net = make(Soft)
    for _ in range(4):
        net.partial_fit(X, t)
    assert_array_equal(net.classes_, [0, 1, 2])
    assert_array_equal(flat(net), flat(fit(make(Soft), X, t)))
    other = make(Soft)
    for _ in range(4):
        other.partial_fit(X, t, classes=[0, 1, 2])
    assert_array_equal(flat(other), flat(net))


@soft_nets
def test_labels_and_distributions_mix(Soft, X, t, y):
    net = make(Soft).partial_fit(X, t).partial_fit(X, y).partial_fit(X, np.eye(3)[y])
    assert net.t_ == 180
    other = make(Soft).partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X, t)
    assert_array_equal(other.classes_, [0, 1, 2])


@soft_nets
@pytest.mark.parametrize("classes", [["a", "b", "c"], [0, 1], [1, 2, 3]])
def test_other_classes_than_the_columns_are_refused(Soft, classes, X, t):
    net = make(Soft)
    with pytest.raises(ValueError, match="probabilities of 3 classes"):
        net.partial_fit(X, t, classes=classes)
    assert not hasattr(net, "classes_")


@soft_nets
def test_other_numbers_of_columns_are_refused_later(Soft, X, t):
    four = np.c_[t, np.zeros(60)]
    net = make(Soft).partial_fit(X, four)
    for Y in (t, np.c_[four, np.zeros(60)]):
        with pytest.raises(ValueError, match=r"classes are \[0 1 2 3\]"):
            net.partial_fit(X, Y)
        with pytest.raises(ValueError, match=r"classes are \[0 1 2 3\]"):
            net.score(X, Y)
    warm = fit(make(Soft, warm_start=True), X, t)
    with pytest.raises(ValueError, match="probabilities of 4 classes"):
        fit(warm, X, four)


@soft_nets
def test_warm_start_continues(Soft, X, t):
    warm = make(Soft, warm_start=True, max_iter=2)
    fit(fit(warm, X, t), X, t)
    assert_array_equal(flat(warm), flat(fit(make(Soft), X, t)))


@soft_nets
def test_searches_and_pipelines(Soft, X, t):
    net = make(Soft, hidden_layer_sizes=(), solver="lbfgs", max_iter=500)
    model = make_pipeline(Standardizer(), net)
    step = model.steps[-1][0]
    search = GridSearchCV(model, {f"{step}__alpha": [0.1, 1e5]}, cv=3)
    search.fit(X, t)
    assert search.best_params_ == {f"{step}__alpha": 0.1}
    assert search.best_score_ > 0.8
    assert cross_val_score(model, X, t, cv=3).mean() == pytest.approx(
        search.best_score_
    )


# Label smoothing


SMOOTHING = {
    "softmax": (SoftmaxClassifier, 3),
    "softmax of two": (SoftmaxClassifier, 2),
    "logistic": (LogisticClassifier, 3),
    "logistic of two": (LogisticClassifier, 2),
    "kl_divergence": (SOFT["kl_divergence"], 3),
    "MLPClassifier": (MLPClassifier, 3),
    "MLPClassifier of two": (MLPClassifier, 2),
}


@pytest.mark.parametrize(("Net", "n_classes"), SMOOTHING.values(), ids=SMOOTHING)
@pytest.mark.parametrize("epsilon", [0.1, 0.6])
def test_a_net_that_knows_nothing_else_says_the_smoothed_targets(
    Net, n_classes, epsilon, X
):
    """A row per class, one-hot inputs: the optimum is the target itself."""
    X, y = np.eye(n_classes), np.arange(n_classes)
    net = Net((), alpha=0.0, label_smoothing=epsilon, **EXACT).fit(X, y)
    expected = (1 - epsilon) * np.eye(n_classes) + epsilon / n_classes
    assert_allclose(net.predict_proba(X), expected, atol=1e-4)
    assert_array_equal(net.predict(X), y)


def test_labels_are_smoothed_towards_one_half():
    X = np.eye(4)
    Y = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 1]])
    net = LogisticClassifier((), alpha=0.0, label_smoothing=0.2, **EXACT).fit(X, Y)
    assert_allclose(net.predict_proba(X), 0.8 * Y + 0.1, atol=1e-4)


@soft_nets
def test_soft_targets_are_smooth(Soft, X, t):
    a = fit(make(Soft, label_smoothing=0.3), X, t)
    b = fit(make(Soft), X, 0.7 * t + 0.1)
    assert_allclose(flat(a), flat(b), rtol=1e-9, atol=1e-12)


def test_smoothed_labels_are_soft_targets(X, y):
    a = fit(make(SoftmaxClassifier, label_smoothing=0.3), X, y)
    b = fit(make(SoftmaxClassifier), X, 0.7 * np.eye(3)[y] + 0.1)
    assert_allclose(flat(a), flat(b), rtol=1e-9, atol=1e-12)


def test_zero_smoothing_changes_nothing(Classifier, X, y):
    a = fit(make(Classifier, label_smoothing=0), X, y)
    assert_array_equal(flat(a), flat(fit(make(Classifier), X, y)))


def test_a_single_class_is_not_smoothed(Probabilistic, X):
    a = fit(make(Probabilistic, label_smoothing=0.5), X, np.zeros(60))
    assert_array_equal(flat(a), flat(fit(make(Probabilistic), X, np.zeros(60))))


@pytest.mark.parametrize(
    "net",
    [SVMClassifier(), SVMClassifier(loss="squared_hinge"), MLPClassifier(loss="hinge")],
    ids=repr,
)
def test_margins_cannot_be_smooth(net, X, y):
    net.set_params(label_smoothing=0.1)
    with pytest.raises(
        ValueError, match=r"label_smoothing=0.1 .*Set label_smoothing=0"
    ):
        net.fit(X, y)
    assert not hasattr(net, "classes_")


@pytest.mark.parametrize("value", [-0.1, 1.0, "a", None])
def test_bad_smoothing_is_refused(Classifier, value, X, y):
    with pytest.raises(ValueError, match="'label_smoothing' parameter"):
        make(Classifier, label_smoothing=value).fit(X, y)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (np.eye(3), r"Coding.encode must return \(targets, table\)"),
        ((np.zeros((2, 3)), None), "a row for each of the 60 samples"),
        ((np.zeros(60), None), "must be 2-D"),
        ((np.zeros(60, int), np.zeros(3)), r"a table of shape \(3,\)"),
    ],
)
def test_a_users_loss_whose_encode_is_wrong_is_named(result, message, X, y):
    class Coding(Softmax):
        def encode(self, y, n_classes, dtype):
            return result

    with pytest.raises(ValueError, match=message):
        make(MLPClassifier, loss=Coding()).fit(X, y)
