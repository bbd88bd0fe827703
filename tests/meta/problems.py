"""Two small problems, and a net for them, for tests of scikit-learn's tools."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]
N_RELEVANT, N_TRAIN = 4, 100


@dataclass(frozen=True)
class Problem:
    """Rows to train and to test on: four columns that matter, and three of noise."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    @property
    def strong(self):
        """The two columns that matter most."""
        return [2, 3] if self.y.dtype.kind == "U" else [0, 1]

    @property
    def codes(self):
        """Numbers in the place of labels."""
        return codes(self.y)


def codes(y):
    return np.unique(y, return_inverse=True)[1] if y.dtype.kind == "U" else y


@cache
def problem(kind):
    rng = np.random.default_rng(0)
    if kind == "classes":
        X, y = load_iris(return_X_y=True)
        y = np.array(["ant", "bee", "cat"])[y]
    else:
        X = rng.normal(size=(150, N_RELEVANT))
        y = 2 * X[:, 0] - 2 * X[:, 1] + np.tanh(X[:, 2]) + np.maximum(X[:, 3], 0)
    X = np.hstack([X, rng.normal(size=(150, 3))])
    order = rng.permutation(150)
    X, y = StandardScaler().fit_transform(X)[order], y[order]
    return Problem(X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:])


def make(Net, **params):
    quick = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 60, "random_state": 0}
    if Net is SVMClassifier:
        quick["loss"] = "squared_hinge"  # a smooth one, for lbfgs
    return Net(**{"hidden_layer_sizes": (8,), **quick, **params})


def has_probabilities(net):
    return hasattr(net, "predict_proba")
