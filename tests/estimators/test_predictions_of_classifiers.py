"""Classes, scores and probabilities that classifiers predict."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.exceptions import DataConversionWarning

from skdl import LogisticClassifier, MLPClassifier, SoftmaxClassifier, SVMClassifier
from skdl.engine import Softmax
from tests.estimators.common import fit, flat, make

LABELS = {
    "strings": np.array(["no", "yes"]),
    "objects": np.array(["no", "yes"], dtype=object),
    "bools": np.array([False, True]),
    "negative": np.array([-1, 1]),
    "floats": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_two_classes_of_any_type(Classifier, labels, X, y):
    net = fit(
        make(Classifier, max_iter=100, learning_rate_init=0.05), X, labels[y // 2]
    )
    assert_array_equal(net.classes_, labels)
    dtype = labels.astype(str).dtype if labels.dtype == object else labels.dtype
    assert net.classes_.dtype == net.predict(X).dtype == dtype
    assert net.score(X, labels[y // 2]) > 0.9


@pytest.mark.parametrize("labels", [["a", "b", "c"], [-7, 0, 3]])
def test_three_classes_of_any_type(Classifier, labels, X, y):
    labels = np.array(labels)
    net = fit(make(Classifier, max_iter=100, learning_rate_init=0.05), X, labels[y])
    assert_array_equal(net.classes_, labels)
    assert net.score(X, labels[y]) > 0.9


def test_decision_function_of_two_classes(Classifier, X, y):
    net = fit(make(Classifier, max_iter=30), X, y == 1)
    decision = net.decision_function(X)
    assert decision.shape == (60,)
    assert 0 < (decision > 0).sum() < 60
    assert_array_equal(net.predict(X), decision > 0)


def test_decision_function_of_three_classes(Classifier, X, y):
    net = fit(make(Classifier), X, y)
    decision = net.decision_function(X)
    assert decision.shape == (60, 3)
    assert_array_equal(net.predict(X), decision.argmax(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_function_is_the_linear_form(Classifier, n_classes, X, y):
    net = fit(make(Classifier, hidden_layer_sizes=()), X, np.minimum(y, n_classes - 1))
    rows = 1 if n_classes == 2 else 3
    assert net.coef_.shape == (rows, 4)
    assert net.intercept_.shape == (rows,)
    linear = X @ net.coef_.T + net.intercept_
    decision = net.decision_function(X)
    assert_allclose(decision, linear.reshape(decision.shape), rtol=1e-10, atol=1e-12)


def test_two_scores_decide_by_their_difference(X, y):
    net = fit(make(SoftmaxClassifier, hidden_layer_sizes=()), X, y == 1)
    s = X @ net.coefs_[0] + net.intercepts_[0]
    assert net.n_outputs_ == 2
    assert_allclose(net.decision_function(X), s[:, 1] - s[:, 0], rtol=1e-10)


def test_logit_of_two_classes(X, y):
    net = fit(make(LogisticClassifier), X, y == 1)
    p = net.predict_proba(X)
    assert net.n_outputs_ == 1
    assert_allclose(net.decision_function(X), np.log(p[:, 1] / p[:, 0]), rtol=1e-8)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("scale", [1, 1e4])
def test_probabilities_sum_to_one(Probabilistic, n_classes, scale, X, y):
    y = np.minimum(y, n_classes - 1)
    net = fit(make(Probabilistic, max_iter=30), X, y)
    p = net.predict_proba(scale * X)
    assert p.shape == (60, n_classes)
    assert p.min() >= 0
    assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    assert_array_equal(p[np.arange(60), net.predict(scale * X)], p.max(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_log_probabilities_are_the_logarithm(Probabilistic, n_classes, X, y):
    net = fit(make(Probabilistic), X, np.minimum(y, n_classes - 1))
    logs = net.predict_log_proba(X)
    assert_allclose(logs, np.log(net.predict_proba(X)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_probabilities_stay_finite_where_probabilities_underflow(
    Probabilistic, n_classes, dtype, X, y
):
    X = X.astype(dtype)
    net = fit(make(Probabilistic, max_iter=30), X, np.minimum(y, n_classes - 1))
    # No class is impossible: the smallest number stands in for what underflows.
    assert net.predict_proba(1e4 * X).min() == np.finfo(dtype).tiny
    logs = net.predict_log_proba(1e4 * X)
    assert np.isfinite(logs).all()
    assert logs.min() < -745
    assert logs.max() <= 0


def test_multi_class_logistic_normalizes_its_sigmoids(X, y):
    net = fit(make(LogisticClassifier), X, y)
    sigmoids = 1 / (1 + np.exp(-net.decision_function(X)))
    expected = sigmoids / sigmoids.sum(axis=1, keepdims=True)
    assert_allclose(net.predict_proba(X), expected, rtol=1e-10)


@pytest.mark.parametrize("label", ["only", 7])
def test_a_single_class(Classifier, label, X):
    net = fit(make(Classifier), X, [label] * 60)
    assert net.classes_.tolist() == [label]
    assert net.predict(X).tolist() == [label] * 60
    if Classifier is not SVMClassifier:
        assert_array_equal(net.predict_proba(X), np.ones((60, 1)))
        assert_array_equal(net.predict_log_proba(X), np.zeros((60, 1)))


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_single_class_with_other_solvers(Classifier, solver, X):
    net = fit(make(Classifier, solver=solver), X, np.ones(60))
    assert_array_equal(net.predict(X), np.ones(60))


def test_a_single_class_with_early_stopping(Classifier, X):
    net = fit(make(Classifier, early_stopping=True), X, np.ones(60))
    assert net.best_validation_score_ == 1


def test_column_of_labels_warns_and_changes_nothing(Net, X, y):
    expected = fit(make(Net), X, y)
    with pytest.warns(DataConversionWarning, match="column-vector"):
        net = fit(make(Net), X, y[:, np.newaxis])
    assert_array_equal(flat(net), flat(expected))
    assert net.predict(X).shape == (60,)
    assert_array_equal(net.predict(X), expected.predict(X))


MULTILABEL = {
    "MLPClassifier": MLPClassifier(random_state=0),
    "LogisticClassifier": LogisticClassifier(random_state=0),
    "logistic loss": MLPClassifier(loss="logistic", random_state=0),
}


@pytest.mark.parametrize("net", MULTILABEL.values(), ids=MULTILABEL)
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_several_labels_per_row(net, kind, X):
    Y = (X[:, :3] > 0).astype(int)
    net.set_params(hidden_layer_sizes=(), solver="lbfgs", alpha=1.0)
    fit(net, X, kind(Y))
    assert net.predict(X).shape == (60, 3)
    assert (net.predict(X) == Y).mean() > 0.95
    assert_array_equal(net.predict(X), net.decision_function(X) > 0)
    p = net.predict_proba(X)
    assert_allclose(p, 1 / (1 + np.exp(-net.decision_function(X))), rtol=1e-10)
    assert_allclose(net.predict_log_proba(X), np.log(p), rtol=1e-8, atol=1e-12)
    assert_array_equal(net.classes_, [0, 1, 2])
    assert net.coef_.shape == (3, 4)
    assert net.out_activation_ == "logistic"


def test_coef_keeps_a_row_for_each_of_two_labels(X):
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    net = fit(make(LogisticClassifier, hidden_layer_sizes=()), X, Y)
    assert net.coef_.shape == (2, 4)
    assert net.decision_function(X).shape == (60, 2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_certain_labels_rank_by_log_probabilities_as_by_probabilities(dtype):
    scores = np.array([[36.0, 40.0, 700.0, -800.0], [20.0, 20.000001, 1.0, -5.0]])
    X = np.eye(2, dtype=dtype)
    net = fit(make(LogisticClassifier, hidden_layer_sizes=()), X, [[0, 1] * 2, [1] * 4])
    net.coefs_[0][...], net.intercepts_[0][...] = scores, 0
    p, logs = net.predict_proba(X), net.predict_log_proba(X)
    assert np.isfinite(logs).all()
    assert logs.dtype == dtype
    assert_array_equal(logs == 0, p == 1)
    assert_array_equal(logs.argmax(axis=1), p.argmax(axis=1))
    assert_allclose(logs[0, 3], -800)
    if dtype == np.float32:
        assert (p[0, :3] == 1).all()


def test_log_probabilities_of_a_loss_without_them(X, y):
    class OnlyProbabilities:
        def __getattr__(self, name):
            if name == "log_probabilities":
                raise AttributeError(name)
            return getattr(Softmax(), name)

    net = fit(make(MLPClassifier, loss=OnlyProbabilities()), X, y)
    expected = fit(make(MLPClassifier, loss=Softmax()), X, y)
    assert_allclose(net.predict_log_proba(X), expected.predict_log_proba(X))


REFUSING = {
    "svm": SVMClassifier(),
    "hinge": MLPClassifier(loss="hinge"),
    "squared_hinge": MLPClassifier(loss="squared_hinge"),
    "softmax loss": MLPClassifier(loss="softmax"),
}


@pytest.mark.parametrize("net", REFUSING.values(), ids=REFUSING)
def test_several_labels_per_row_are_refused(net, X):
    with pytest.raises(ValueError, match="one class, but y is a multilabel"):
        net.fit(X, (X[:, :3] > 0).astype(int))
    assert not hasattr(net, "coefs_")
    assert not net.__sklearn_tags__().classifier_tags.multi_label


SOFT = {
    "SoftmaxClassifier": SoftmaxClassifier(),
    "kl_divergence": MLPClassifier(loss="kl_divergence"),
}


@pytest.mark.parametrize("net", SOFT.values(), ids=SOFT)
def test_several_labels_are_refused_as_a_distribution(net, X):
    with pytest.raises(ValueError, match="got 2.0 in row 1 .*LogisticClassifier"):
        net.fit(X[:4], [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]])
    assert vars(net) == net.get_params()
    assert not net.__sklearn_tags__().classifier_tags.multi_label


@pytest.mark.parametrize("name", ["predict_proba", "predict_log_proba"])
@pytest.mark.parametrize(
    "net",
    [
        SVMClassifier(),
        SVMClassifier(loss="squared_hinge"),
        MLPClassifier(loss="hinge"),
        MLPClassifier(loss="squared_hinge"),
    ],
    ids=repr,
)
def test_losses_of_margins_have_no_probabilities(net, name):
    assert not hasattr(net, name)
    with pytest.raises(AttributeError) as error:
        getattr(net, name)
    assert "CalibratedClassifierCV" in str(error.value)


@pytest.mark.filterwarnings("ignore:A column-vector y", "ignore:lbfgs failed")
@pytest.mark.parametrize("columns", [1, 2])
def test_booleans_in_object_columns_are_fitted_and_scored(columns):
    y = np.arange(24).reshape(-1, 2)[:, :columns] % 3 == 0
    X = np.arange(24.0).reshape(-1, 2) / 24
    net = MLPClassifier((3,), solver="lbfgs", max_iter=2, random_state=0)
    net.fit(X, y.astype(object))
    assert net.score(X, y.astype(object)) == net.score(X, y)
