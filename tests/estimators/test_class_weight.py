"""class_weight: what a row weighs in training by its class."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import recall_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from tests.estimators.common import fit, flat, make

KINDS = {
    "strings": ["ant", "bee", "cat"],
    "numbers in strings": ["1", "10", "2"],
    "negative": [-3, -1, 2],
    "floats": [0.0, 1.0, 7.0],
    "objects": np.array(["a", "b", "c"], dtype=object),
}
# Early stopping by the second half of the rows.
LAST_HALF = {"early_stopping": True, "validation_split": [(range(30), range(30, 60))]}


@pytest.mark.parametrize("labels", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_dict_is_the_same_sample_weight(Classifier, labels, dtype, solver, X, y):
    X, labels = X.astype(dtype), np.asarray(labels)
    c = np.array([0.3, 5, 1.7])
    weights = dict(zip(labels.tolist(), c, strict=True))
    net = fit(make(Classifier, class_weight=weights, solver=solver), X, labels[y])
    other = fit(make(Classifier, solver=solver), X, labels[y], c[y])
    assert_array_equal(flat(net), flat(other))
    assert net.coefs_[0].dtype == dtype


def test_bools_are_labels(Classifier, X, y):
    net = fit(make(Classifier, class_weight={True: 3, False: 0.5}), X, y == 1)
    other = fit(make(Classifier), X, y == 1, np.where(y == 1, 3, 0.5))
    assert_array_equal(flat(net), flat(other))


def test_multiplies_sample_weight(Classifier, X, y):
    weights = np.random.default_rng(0).uniform(0, 2, 60)
    c = np.array([0.5, 4, 1])
    net = fit(make(Classifier, class_weight=dict(enumerate(c))), X, y, weights)
    assert_array_equal(flat(net), flat(fit(make(Classifier), X, y, weights * c[y])))
    assert not np.array_equal(flat(net), flat(fit(make(Classifier), X, y, weights)))


def test_balanced_is_the_inverse_frequency(Classifier, X, y):
    net = fit(make(Classifier, class_weight="balanced"), X, y)
    weights = (60 / (3 * np.bincount(y)))[y]
    assert_array_equal(weights, compute_sample_weight("balanced", y))
    assert_array_equal(flat(net), flat(fit(make(Classifier), X, y, weights)))


def test_balanced_counts_sample_weight(Classifier, X, y):
    """In frequencies, too, a row of weight 2 counts twice, and one of 0 not at all."""
    w = np.random.default_rng(0).integers(0, 4, 60)
    w[y == 2] = 0
    settings = {"class_weight": "balanced", "solver": "lbfgs", "alpha": 1.0}
    a = fit(make(Classifier, **settings), X, y, w)
    c = compute_class_weight(
        "balanced", classes=np.arange(2), y=y[y < 2], sample_weight=w[y < 2]
    )
    b = fit(make(Classifier, solver="lbfgs", alpha=1.0), X, y, w * np.r_[c, 0][y])
    assert_allclose(flat(a), flat(b), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_weight_two_is_the_row_twice(Classifier, solver, X, y):
    rows = np.concatenate([np.arange(60), np.flatnonzero(y == 1)])
    settings = {"solver": solver, "activation": "tanh", "alpha": 1.0}
    a = fit(make(Classifier, class_weight={1: 2}, batch_size=60, **settings), X, y)
    b = fit(make(Classifier, batch_size=len(rows), **settings), X[rows], y[rows])
    assert_allclose(flat(a), flat(b), rtol=1e-7, atol=1e-9)


def test_recall_of_a_rare_class_rises(Classifier):
    rng = np.random.default_rng(0)
    y = (rng.random(600) < 0.05).astype(int)
    X = rng.normal(size=(600, 3)) + y[:, np.newaxis]
    recalls = [
        recall_score(y, Classifier((), solver="lbfgs", **params).fit(X, y).predict(X))
        for params in ({}, {"class_weight": "balanced"}, {"class_weight": {1: 20}})
    ]
    assert recalls[0] < 0.4
    assert min(recalls[1:]) > 0.7


def test_score_of_early_stopping_counts_sample_weight_alone(Classifier, X, y):
    settings = {"learning_rate_init": 0.05, "max_iter": 10, **LAST_HALF}
    weights = np.linspace(0.1, 3, 60)
    net = fit(make(Classifier, class_weight={0: 9}, **settings), X, y, weights)
    right = net.predict(X)[30:] == y[30:]
    expected = np.average(right, weights=weights[30:])
    assert net.best_validation_score_ == pytest.approx(expected, rel=1e-12)
    by_class = np.where(y == 0, 9, 1) * weights
    assert expected != pytest.approx(np.average(right, weights=by_class[30:]), rel=1e-3)


def test_balanced_counts_held_out_rows(Classifier, X, y):
    net = fit(make(Classifier, class_weight="balanced", **LAST_HALF), X, y)
    weights = dict(enumerate(60 / (3 * np.bincount(y))))
    other = fit(make(Classifier, class_weight=weights, **LAST_HALF), X, y)
    assert_array_equal(flat(net), flat(other))
    assert not np.array_equal(np.bincount(y[:30]) * 2, np.bincount(y))


def test_partial_fit_takes_a_dict(Classifier, X, y):
    c = {0: 0.5, 1: 4, 2: 1}
    net = make(Classifier, class_weight=c)
    for _ in range(4):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert_array_equal(flat(net), flat(fit(make(Classifier, class_weight=c), X, y)))
    net.partial_fit(X[y == 1], y[y == 1])  # a batch without the other classes


def test_partial_fit_refuses_balanced_and_says_what_to_do(Classifier, X, y):
    net = make(Classifier, class_weight="balanced")
    with pytest.raises(ValueError, match="compute_class_weight"):
        net.partial_fit(None, None)
    classes = np.unique(y)
    net.class_weight = dict(
        zip(
            classes,
            compute_class_weight("balanced", classes=classes, y=y),
            strict=True,
        )
    )
    net.partial_fit(X, y, classes=classes)
    assert net.t_ == 60


REFUSED = {
    "unknown and missing": (
        {0: 1, 1: 1, "2": 3},
        r"weights of \['2'\].*no weights of .*\[2",
    ),
    "negative": ({1: -1}, "got -1 for the label 1"),
    "NaN": ({1: np.nan}, "got nan"),
    "infinite": ({1: np.inf}, "got inf"),
    "text": ({1: "2"}, "got '2'"),
    "list": ([{1: 2}], "class_weight is a list"),
    "no weight left": ({0: 0, 1: 0, 2: 0}, "gives every row the weight zero"),
    "word": ("even", "'class_weight' parameter"),
}


@pytest.mark.parametrize(("value", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_class_weights_are_refused(Classifier, value, message, X, y):
    net = make(Classifier, class_weight=value)
    before = dict(vars(net))
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert vars(net) == before


def test_labels_may_be_missing_or_too_many_as_in_scikit_learn(X, y):
    names = np.array(["a", "b"])[y // 2]
    for weights in ({"b": 3}, {"a": 2, "b": 3, "c": 4}, {}):
        net = fit(make(MLPClassifier, class_weight=weights), X, names)
        rows = compute_sample_weight(weights, names)
        expected = fit(make(MLPClassifier), X, names, rows)
        assert_allclose(flat(net), flat(expected), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="not in class_weight"):
        compute_sample_weight({"b": 3, "c": 4}, names)


INDICATOR = {
    "balanced": "balanced",
    "dicts": [{0: 1, 1: 5}, {0: 2, 1: 0.5}, {1: 3}],
}


@pytest.mark.parametrize("value", INDICATOR.values(), ids=INDICATOR)
@pytest.mark.parametrize("Net", [MLPClassifier, LogisticClassifier])
def test_weights_of_several_labels_are_multiplied(Net, value, X):
    Y = (X[:, :3] > [0, 0.5, 1]).astype(int)
    net = fit(make(Net, class_weight=value), X, Y)
    weights = compute_sample_weight(value, Y)
    assert len(np.unique(weights)) > 3
    assert_allclose(flat(net), flat(fit(make(Net), X, Y, weights)), rtol=1e-12)


def test_lists_for_one_of_several_labels_are_checked(X):
    Y = (X[:, :2] > 0).astype(int)
    cases = [
        ({0: 1, 1: 2}, "one dict, but y has several columns"),
        ([{1: 2}], "has 1 elements, but y has 2 columns"),
        ([{1: 2}, {1: -1}], r"class_weight\[1\] must hold finite"),
        ([{1: 2}, "even"], r"class_weight\[1\] must be a dict"),
    ]
    for value, message in cases:
        with pytest.raises(ValueError, match=message):
            make(MLPClassifier, class_weight=value).fit(X, Y)


@pytest.mark.parametrize("value", [{0: 0.5, 1: 3, 2: 1}, "balanced"])
def test_soft_targets_weigh_the_mean_of_their_classes(value, X):
    t = np.random.default_rng(0).dirichlet([3, 1, 0.5], 60)
    w = np.linspace(0.5, 1.5, 60)
    c = np.array([0.5, 3, 1])
    if value == "balanced":
        c = w.sum() / (3 * (w @ t))
    for Net in (SoftmaxClassifier, MLPClassifier):
        params = {} if Net is SoftmaxClassifier else {"loss": "kl_divergence"}
        net = fit(make(Net, class_weight=value, **params), X, t, w)
        other = fit(make(Net, **params), X, t, w * (t @ c))
        assert_allclose(flat(net), flat(other), rtol=1e-9, atol=1e-12)


def test_one_hot_soft_targets_weigh_as_labels(X, y):
    for value in ({0: 0.5, 1: 3, 2: 1}, "balanced"):
        a = fit(make(SoftmaxClassifier, class_weight=value), X, np.eye(3)[y])
        b = fit(make(SoftmaxClassifier, class_weight=value), X, y)
        assert_allclose(flat(a), flat(b), rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_searches_and_folds_without_a_class(Classifier, X, y):
    model = make_pipeline(Standardizer(), make(Classifier, max_iter=10))
    name = f"{Classifier.__name__.lower()}__class_weight"
    grid = {name: [None, "balanced", {0: 1, 1: 2, 2: 3}]}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    only = y < 2  # weights of a class that is not there
    net = make(Classifier, class_weight={0: 1, 1: 2, 2: 3}, max_iter=40)
    net.set_params(learning_rate_init=0.05)
    assert cross_val_score(net, X[only], y[only], cv=3).mean() > 0.5


def test_zero_leaves_a_class_out(X, y):
    net = fit(make(SVMClassifier, class_weight={2: 0}, solver="lbfgs"), X, y)
    weights = (y < 2).astype(float)
    other = fit(make(SVMClassifier, solver="lbfgs"), X, y, weights)
    assert_array_equal(flat(net), flat(other))
