"""SVMClassifier: the objective by hand, and what it finds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale
from sklearn.svm import LinearSVC

from skdl import SVMClassifier

POWERS = {"hinge": 1, "squared_hinge": 2}


def margins(s, y):
    """max(0, s_j - s_y + 1) for j ≠ y, row by row as the text has it."""
    terms = np.zeros_like(s)
    for i, true in enumerate(y):
        for j in range(s.shape[1]):
            if j != true:
                terms[i, j] = max(0, s[i, j] - s[i, true] + 1)
    return terms


@pytest.mark.parametrize("loss", POWERS)
@pytest.mark.parametrize("hidden", [(), (5,)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_loss_is_the_documented_objective(loss, hidden, weighted):
    X, y = load_iris(return_X_y=True)
    X = scale(X)
    w = np.random.default_rng(0).uniform(0.1, 3, 150) if weighted else np.ones(150)
    net = SVMClassifier(hidden, loss=loss, solver="lbfgs", alpha=3.0, random_state=0)
    net.fit(X, y, w)
    rows = (margins(net.decision_function(X), y) ** POWERS[loss]).sum(axis=1)
    squares = sum((W**2).sum() for W in net.coefs_)
    by_hand = w @ rows / w.sum() + 3.0 / (2 * w.sum()) * squares
    assert_allclose(net.loss_, by_hand, rtol=1e-10)
    assert net.loss_ < 0.9  # a constant score has 2


def test_loss_of_an_epoch_in_one_batch_is_the_objective_before_its_step():
    X, y = load_iris(return_X_y=True)
    net = SVMClassifier((), batch_size=150, random_state=0, alpha=3.0)
    net.partial_fit(X, y, classes=[0, 1, 2])
    s, squares = net.decision_function(X), (net.coefs_[0] ** 2).sum()
    net.partial_fit(X, y)
    by_hand = margins(s, y).sum(axis=1).mean() + 3.0 / (2 * 150) * squares
    assert_allclose(net.loss_, by_hand, rtol=1e-10)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_two_classes_equal_a_binary_machine():
    X, y = load_iris(return_X_y=True)
    X, y = scale(X[y > 0]), y[y > 0]
    net = SVMClassifier(
        (), loss="squared_hinge", solver="lbfgs", alpha=1.0, tol=1e-9, max_iter=5000
    ).fit(X, y)
    # With w = w₁ - w₀ and w₁ = -w₀ the penalty is ¼‖w‖², and margins are 1 - w·x.
    theirs = LinearSVC(C=2.0, tol=1e-9, max_iter=10**6, intercept_scaling=1e3)
    theirs.fit(X, y)
    assert_allclose(net.coef_, theirs.coef_, atol=2e-3)


def test_seed_example():
    s = np.array([[8, 14, 9.5, 10]])
    assert margins(s, [3]).sum() == 5.5  # 5.0 + 0.5: what `by_hand` relies on


@pytest.mark.parametrize("loss", POWERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_calibration_gives_probabilities(loss):
    X, y = load_iris(return_X_y=True)
    net = SVMClassifier(8, loss=loss, learning_rate_init=0.02, random_state=0)
    calibrated = CalibratedClassifierCV(net, cv=3).fit(scale(X), y)
    p = calibrated.predict_proba(scale(X))
    assert_allclose(p.sum(axis=1), 1)
    assert (p.argmax(axis=1) == y).mean() > 0.9
