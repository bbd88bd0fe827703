"""Wrong labels are found; correct labels of overlapping classes are left alone."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_classification

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier, SVMClassifier
from tests.inspection.private_names import Budget, check_label_noise, make_subject

X, Y = make_blobs(300, 5, centers=4, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
WRONG = np.random.default_rng(0).choice(300, 20, replace=False)
NOISY = Y.copy()
NOISY[WRONG] = (Y[WRONG] + 1) % 4
PARAMS = {"learning_rate_init": 0.01, "random_state": 0}


def found(net, X, y, kinds=(), seconds=60):
    subject = make_subject(net, X, y, 999, 0)
    return list(check_label_noise(subject, Budget(seconds), kinds))


@pytest.mark.parametrize("Net", [SoftmaxClassifier, LogisticClassifier, SVMClassifier])
@pytest.mark.parametrize("name", [int, lambda code: "abcd"[code]])
def test_wrong_labels_are_found(Net, name):
    y = np.array([name(code) for code in NOISY])
    (finding,) = found(Net(**PARAMS), X, y)
    rows = finding.evidence["rows"]
    assert set(rows) <= set(WRONG.tolist())
    assert len(rows) > 10
    assert finding.evidence["suspects"] == len(rows)
    assert finding.where.startswith(f"rows {rows[0]}, {rows[1]}")


@pytest.mark.parametrize("classes", [[0, 1], [3, 1]])
def test_two_classes_of_margins(classes):
    y = np.array(classes)[(X[:, 0] > 0).astype(int)]
    y[WRONG] = sum(classes) - y[WRONG]
    (finding,) = found(SVMClassifier(**PARAMS), X, y)
    assert np.mean([row in WRONG for row in finding.evidence["rows"]]) > 0.9


def test_correct_labels_are_left_alone():
    assert not found(SoftmaxClassifier(**PARAMS), X, Y)


@pytest.mark.parametrize("seed", [1, 3])
def test_overlapping_classes_are_left_alone(seed):
    data = make_classification(
        800, 30, n_informative=10, n_classes=4, random_state=seed, flip_y=0
    )
    assert not found(SoftmaxClassifier((50, 50), **PARAMS), *data)


def test_unreliable_nets_do_not_judge_labels():
    net = SoftmaxClassifier(**PARAMS)
    assert found(net, X, NOISY, {"class_imbalance"})
    assert not found(net, X, NOISY, {"diverged"})
    assert not found(net, X, NOISY, seconds=0)
    assert not found(net, X, np.random.default_rng(0).permutation(Y))
    assert not found(net.set_params(solver="sgd", learning_rate_init=1e9), X, NOISY)
    assert not found(SoftmaxClassifier(), X, np.eye(4)[NOISY])
    assert not found(MLPRegressor(), X, NOISY)
