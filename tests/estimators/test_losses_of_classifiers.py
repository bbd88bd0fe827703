"""Losses as the classifiers take them: squared error, and objects of one's own."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from skdl import MLPClassifier, MLPRegressor, SVMClassifier
from skdl.engine import (
    Hinge,
    KLDivergence,
    LogisticLoss,
    SigmoidSquaredError,
    Softmax,
    SquaredError,
)
from skdl.engine.losses import CLASSIFICATION_LOSSES
from tests.estimators.common import fit, flat, make

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Exponential(BaseEstimator):
    """AdaBoost's loss, exp(-sharpness · (±1) s), as a user would write it."""

    def __init__(self, sharpness=1.0):
        self.sharpness = sharpness

    def check(self):
        if not self.sharpness > 0:
            raise ValueError(
                f"Exponential: sharpness must be above 0, got {self.sharpness}"
            )

    def n_scores(self, n_classes):
        return 1 if n_classes <= 2 else n_classes

    def encode(self, y, n_classes, dtype):
        if n_classes <= 2:
            return y, np.array([[-1.0], [1.0]], dtype)[:n_classes]
        return y, (2 * np.eye(n_classes) - 1).astype(dtype)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        np.multiply(scores, targets, out=gradient)
        np.multiply(gradient, -self.sharpness, out=gradient)
        np.exp(gradient, out=gradient)
        np.add.reduce(gradient, axis=-1, keepdims=True, out=rows)
        np.multiply(gradient, targets, out=gradient)
        np.multiply(gradient, -self.sharpness, out=gradient)


class Careless:
    """The least that a loss needs; it allocates, and does not inherit."""

    def n_scores(self, n_classes):
        return n_classes

    def encode(self, y, n_classes, dtype):
        return y, np.eye(n_classes, dtype=dtype)

    def rows_and_gradient(self, scores, targets, rows, gradient):
        p = self.probabilities(scores)
        rows[...] = ((p - targets) ** 2).sum(axis=-1, keepdims=True)
        slope = 2 * (p - targets)
        gradient[...] = p * (slope - (slope * p).sum(axis=-1, keepdims=True))

    def probabilities(self, scores):
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


@pytest.fixture(params=[2, 3])
def iris(request):
    X, y = load_iris(return_X_y=True)
    keep = y < request.param
    return scale(X[keep]), np.array(["a", "b", "c"])[y[keep]]


@pytest.mark.parametrize("name", sorted(CLASSIFICATION_LOSSES))
def test_a_name_is_its_object(name, X, y):
    named = fit(make(MLPClassifier, loss=name), X, y)
    given = fit(make(MLPClassifier, loss=CLASSIFICATION_LOSSES[name]()), X, y)
    assert_array_equal(flat(named), flat(given))
    assert named.out_activation_ == given.out_activation_
    for method in ("predict_proba", "predict_log_proba"):
        assert hasattr(named, method) == hasattr(given, method)
    tags = [net.__sklearn_tags__().classifier_tags for net in (named, given)]
    assert tags[0] == tags[1]


# Squared error


def test_squared_error_learns(iris):
    X, y = iris
    net = MLPClassifier(
        5, loss="squared_error", solver="lbfgs", alpha=0.1, random_state=0
    ).fit(X, y)
    assert net.score(X, y) > 0.95
    n_scores = 1 if len(net.classes_) == 2 else 3
    assert net.n_outputs_ == n_scores
    assert net.out_activation_ == "logistic"
    p = net.predict_proba(X)
    assert p.shape == (len(X), len(net.classes_))
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(net.predict_log_proba(X), np.log(p), rtol=1e-9, atol=1e-12)


def test_squared_error_on_a_real_problem():
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X)
    net = MLPClassifier(
        (), loss="squared_error", solver="sgd", learning_rate_init=0.3, max_iter=150,
        tol=1e-5, random_state=0,
    )  # fmt: skip
    assert net.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.95


@pytest.mark.parametrize("n_classes", [2, 3])
def test_squared_error_is_the_documented_objective(n_classes, X, y):
    y = np.minimum(y, n_classes - 1)
    net = fit(make(MLPClassifier, loss="squared_error", solver="lbfgs", alpha=2), X, y)
    t = (y == 1)[:, None] if n_classes == 2 else np.eye(3)[y]
    sigmoids = 1 / (1 + np.exp(-net.decision_function(X).reshape(60, -1)))
    squares = sum((W**2).sum() for W in net.coefs_)
    expected = ((sigmoids - t) ** 2).sum(axis=1).mean() / 2 + 2 / (2 * 60) * squares
    assert_allclose(net.loss_, expected, rtol=1e-10)


def test_squared_error_of_labels(X):
    Y = (X[:, :3] > 0).astype(int)
    net = MLPClassifier((), loss="squared_error", solver="lbfgs", random_state=0)
    net.fit(X, Y)
    assert (net.predict(X) == Y).mean() > 0.95
    sigmoids = 1 / (1 + np.exp(-net.decision_function(X)))
    assert_allclose(net.predict_proba(X), sigmoids, rtol=1e-10)


# Objects of one's own


def test_an_own_loss_from_fit_to_pickle(iris):
    X, y = iris
    net = MLPClassifier(
        5, loss=Exponential(), solver="lbfgs", alpha=1.0, random_state=0
    ).fit(X, y)
    assert net.score(X, y) > 0.95
    assert net.out_activation_ == "identity"
    assert not hasattr(net, "predict_proba")
    decision = net.decision_function(X)
    assert decision.shape == ((100,) if len(net.classes_) == 2 else (150, 3))
    copy = pickle.loads(pickle.dumps(net))
    assert_array_equal(copy.decision_function(X), decision)
    assert clone(net).loss.sharpness == 1.0
    assert clone(net).loss is not net.loss
    repeated = np.repeat(np.arange(len(X)), np.arange(len(X)) % 3)
    params = net.get_params(deep=False) | {"max_iter": 5}
    weighted = MLPClassifier(**params).fit(X, y, np.arange(len(X)) % 3)
    twice = MLPClassifier(**params).fit(X[repeated], y[repeated])
    assert_allclose(weighted.coefs_[0], twice.coefs_[0], rtol=1e-6, atol=1e-8)


def test_settings_of_an_own_loss_are_searched(iris):
    net = MLPClassifier(
        3, loss=Exponential(), solver="lbfgs", max_iter=30, random_state=0
    )
    grid = {"loss__sharpness": [0.5, 1.0], "alpha": [1.0]}
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(*iris)
    assert search.best_params_["loss__sharpness"] in (0.5, 1.0)
    assert search.score(*iris) > 0.9
    with pytest.raises(ValueError, match="sharpness must be above 0"):
        net.set_params(loss__sharpness=-1).fit(*iris)


def test_losses_by_name_and_by_object_are_searched_together(iris):
    grid = {"loss": ["log_loss", KLDivergence(), Careless()]}
    net = MLPClassifier(3, solver="lbfgs", alpha=1.0, max_iter=30, random_state=0)
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(*iris)
    assert search.cv_results_["mean_test_score"].min() > 0.8


def test_the_least_of_a_loss_is_enough(iris):
    X, y = iris
    params = {"max_iter": 200, "learning_rate_init": 0.02, "tol": 1e-3}
    net = MLPClassifier(5, loss=Careless(), random_state=0, **params)
    net.fit(X, y)
    assert net.score(X, y) > 0.9
    p = net.predict_proba(X)
    assert_allclose(p.sum(axis=1), 1)
    assert_allclose(net.predict_log_proba(X), np.log(p))
    assert not net.__sklearn_tags__().classifier_tags.multi_label
    copy = pickle.loads(pickle.dumps(clone(net).fit(X, y)))
    assert_array_equal(copy.predict_proba(X), p)


def test_an_own_loss_refuses_what_it_does_not_say_it_can(X, y):
    for loss in (Careless(), Exponential()):
        with pytest.raises(ValueError, match="one class, but y is a multilabel"):
            MLPClassifier(loss=loss).fit(X, (X[:, :3] > 0).astype(int))
        with pytest.raises(ValueError, match="continuous-multioutput"):
            MLPClassifier(loss=loss).fit(X, np.full((60, 2), 0.5))
    net = MLPClassifier(loss=Exponential(), label_smoothing=0.1)
    with pytest.raises(ValueError, match="label_smoothing=0.1 mixes"):
        net.fit(X, y)


def test_an_own_loss_may_be_smoothed(X, y):
    smooth = fit(make(MLPClassifier, loss=Careless(), label_smoothing=0.5), X, y)
    plain = fit(make(MLPClassifier, loss=Careless()), X, y)
    assert np.abs(flat(smooth) - flat(plain)).max() > 1e-4


def test_an_own_loss_may_take_labels_or_distributions(X):
    class Labels(LogisticLoss):
        pass

    class Soft(Softmax):
        soft_targets = True

    net = fit(make(MLPClassifier, loss=Labels()), X, (X[:, :3] > 0).astype(int))
    assert net.predict(X).shape == (60, 3)
    net = fit(make(MLPClassifier, loss=Soft()), X, np.full((60, 2), 0.5))
    assert net.predict_proba(X).shape == (60, 2)


BAD = {
    "a class": (KLDivergence, r"write KLDivergence\(\)"),
    "no methods": (object(), "'loss' parameter of MLPClassifier must be"),
    "a regression loss": (SquaredError(), "'loss' parameter of MLPClassifier must be"),
    "None": (None, "'loss' parameter of MLPClassifier must be"),
    "unheard": ("exponential", "'loss' parameter of MLPClassifier must be"),
}


@pytest.mark.parametrize(("loss", "message"), BAD.values(), ids=BAD)
def test_bad_losses_are_named(loss, message, X, y):
    net = MLPClassifier(loss=loss)
    net.__sklearn_tags__()
    hasattr(net, "predict_proba")
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert vars(net) == net.get_params(deep=False)


def test_a_regressor_refuses_losses_of_classes_and_classes_of_losses(X, y):
    for loss in (Softmax(), Hinge()):
        with pytest.raises(
            ValueError, match="'loss' parameter of MLPRegressor must be"
        ):
            MLPRegressor(loss).fit(X, y)
    with pytest.raises(ValueError, match=r"write SquaredError\(\)"):
        MLPRegressor(SquaredError).fit(X, y)


def test_a_matrix_cannot_mean_two_things(X, y):
    class Both(SigmoidSquaredError):
        soft_targets = True

    with pytest.raises(ValueError, match="both multilabel=True and soft_targets=True"):
        MLPClassifier(loss=Both()).fit(X, y)


def test_the_svm_takes_its_names_only(X, y):
    with pytest.raises(ValueError, match="'loss' parameter of SVMClassifier must be"):
        SVMClassifier(loss=Hinge()).fit(X, y)
