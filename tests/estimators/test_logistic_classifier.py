"""LogisticClassifier: its linear model is logistic regression, one against the rest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from skdl import LogisticClassifier, MLPClassifier

EXACT = {"solver": "lbfgs", "tol": 1e-8, "max_iter": 10_000, "random_state": 0}


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("Net", [LogisticClassifier, MLPClassifier])
def test_linear_model_of_two_classes_is_logistic_regression(Net, alpha, weighted):
    X, y = load_breast_cancer(return_X_y=True)
    # Not all 30 columns: they are nearly collinear, and L-BFGS ends before 1e-3.
    X = scale(X[:, [1, 4, 5, 8, 11]])
    weights = np.random.default_rng(0).uniform(0.1, 3, len(y)) if weighted else None
    ours = Net((), alpha=alpha, **EXACT).fit(X, y, weights)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-8, max_iter=10_000)
    theirs.fit(X, y, weights)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-3)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-3)


def test_linear_model_of_three_classes_is_one_regression_each():
    X, y = load_iris(return_X_y=True)
    X = scale(X)
    ours = LogisticClassifier((), alpha=1.0, **EXACT).fit(X, y)
    for k in range(3):
        theirs = LogisticRegression(tol=1e-8, max_iter=10_000).fit(X, y == k)
        assert_allclose(ours.coef_[k], theirs.coef_[0], atol=1e-3)
        assert_allclose(ours.intercept_[k], theirs.intercept_[0], atol=1e-3)


def test_labels_are_one_regression_each():
    X, _ = load_iris(return_X_y=True)
    X = scale(X)
    Y = (X[:, :2] + X[:, 2:] > 0).astype(int)
    ours = LogisticClassifier((), alpha=1.0, **EXACT).fit(X, Y)
    for k in range(2):
        theirs = LogisticRegression(tol=1e-8, max_iter=10_000).fit(X, Y[:, k])
        assert_allclose(ours.coef_[k], theirs.coef_[0], atol=1e-3)


def test_loss_is_the_documented_objective():
    X, y = load_iris(return_X_y=True)
    net = LogisticClassifier(5, alpha=2.0, **{**EXACT, "tol": 1e-3}).fit(X, y)
    squares = sum((W**2).sum() for W in net.coefs_)
    s = net.decision_function(X)
    rows = (np.log1p(np.exp(s)) - np.eye(3)[y] * s).sum(axis=1)
    assert_allclose(net.loss_, rows.mean() + 2.0 / (2 * 150) * squares, rtol=1e-10)
