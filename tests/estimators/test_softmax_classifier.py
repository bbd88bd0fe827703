"""SoftmaxClassifier: its linear model is multinomial logistic regression."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from skdl import SoftmaxClassifier

EXACT = {"solver": "lbfgs", "tol": 1e-8, "max_iter": 10_000, "random_state": 0}


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_model_is_multinomial_logistic_regression(alpha, weighted):
    X, y = load_iris(return_X_y=True)
    X = scale(X)
    weights = np.random.default_rng(0).uniform(0.1, 3, 150) if weighted else None
    ours = SoftmaxClassifier((), alpha=alpha, **EXACT).fit(X, y, weights)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-8, max_iter=10_000)
    theirs.fit(X, y, weights)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    # A constant added to all scores changes no probability.
    centred = ours.intercept_ - ours.intercept_.mean()
    assert_allclose(centred, theirs.intercept_ - theirs.intercept_.mean(), atol=1e-3)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-3)


def test_weights_change_the_solution():
    X, y = load_iris(return_X_y=True)
    weights = np.where(y == 0, 10.0, 1.0)
    plain = SoftmaxClassifier((), alpha=1.0, **EXACT).fit(X, y)
    weighted = SoftmaxClassifier((), alpha=1.0, **EXACT).fit(X, y, weights)
    assert np.abs(plain.coef_ - weighted.coef_).max() > 0.1


def test_loss_is_the_documented_objective():
    X, y = load_iris(return_X_y=True)
    settings = {**EXACT, "activation": "tanh", "max_iter": 1000}
    net = SoftmaxClassifier(5, alpha=2.0, **settings).fit(X, y)
    squares = sum((W**2).sum() for W in net.coefs_)
    log_p = net.predict_log_proba(X)[np.arange(150), y]
    assert_allclose(net.loss_, -log_p.mean() + 2.0 / (2 * 150) * squares, rtol=1e-10)


def test_two_classes_have_two_opposite_scores():
    X, y = load_iris(return_X_y=True)
    X, y = X[y < 2], y[y < 2]
    net = SoftmaxClassifier((), alpha=1.0, **EXACT).fit(X, y)
    assert net.n_outputs_ == 2
    # The penalty is least where the two share the difference.
    assert_allclose(net.coefs_[0][:, 0], -net.coefs_[0][:, 1], atol=1e-3)
    p = net.predict_proba(X)[:, 1]
    assert_allclose(p, 1 / (1 + np.exp(-net.decision_function(X))), rtol=1e-9)
