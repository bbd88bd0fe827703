"""Trainings with one fault each, and healthy ones."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_friedman1,
    make_moons,
    make_multilabel_classification,
    make_regression,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine import Softmax
from skdl.engine.activations import Tanh

DIGITS = load_digits(return_X_y=True)
DIGITS = (DIGITS[0] / 16, DIGITS[1])


def scaled(X, y):
    """Columns of mean 0 and deviation 1; numbers to predict, too."""
    if y.dtype.kind == "f":
        y = (y - y.mean()) / y.std()
    return StandardScaler().fit_transform(X), y


IRIS, WINE, CANCER, DIABETES = (
    scaled(*load(return_X_y=True))
    for load in (load_iris, load_wine, load_breast_cancer, load_diabetes)
)


def net(Net=SoftmaxClassifier, *args, **params):
    """Return a net that takes X as it is."""
    return Net(*args, **{"random_state": 0, "standardize": False} | params)


# Training ends when the loss hardly falls.
TO_THE_END = {"max_iter": 300, "tol": 2e-3}
# Healthy trainings, which have no findings.
MANY = DIGITS[0][:500], DIGITS[1][:500]
HEALTHY = {
    "digits": (net(**TO_THE_END), *MANY),
    "digits, deep": (net(SoftmaxClassifier, (64, 64, 64), **TO_THE_END), *MANY),
    "digits, batch norm and dropout": (
        net(normalization="batch", dropout=0.2, **TO_THE_END), *MANY),
    "digits, svm": (net(SVMClassifier, max_iter=40), *MANY),
    "digits, tanh, drop-in": (
        net(MLPClassifier, activation="tanh", **TO_THE_END), *MANY),
    "digits, sgd": (net(solver="sgd", learning_rate_init=0.1, max_iter=30), *MANY),
    "digits, linear": (net(SoftmaxClassifier, (), **TO_THE_END), *MANY),
    "diabetes": (net(MLPRegressor, early_stopping=True), *DIABETES),
    "diabetes, pipeline": (
        TransformedTargetRegressor(
            make_pipeline(
                StandardScaler(),
                net(MLPRegressor, early_stopping=True, random_state=3),
            ),
            transformer=StandardScaler(),
        ),
        *load_diabetes(return_X_y=True),
    ),
    "regression": (
        net(MLPRegressor, max_iter=400),
        *scaled(*make_regression(500, 10, noise=5, random_state=0))),
    "friedman": (net(MLPRegressor), *scaled(*make_friedman1(1000, random_state=1))),
    "labels": (
        net(LogisticClassifier, max_iter=80),
        *scaled(*make_multilabel_classification(600, random_state=0))),
    "iris, lbfgs": (net(solver="lbfgs", alpha=1.0), *IRIS),
    "wine": (net(max_iter=80), *WINE),
    "cancer": (net(LogisticClassifier, random_state=1, max_iter=50), *CANCER),
    "moons": (
        net(LogisticClassifier, learning_rate_init=0.01, max_iter=60),
        *make_moons(300, noise=0.2, random_state=0)),
    "classes": (
        net(random_state=2, max_iter=60),
        *make_classification(700, n_informative=8, n_classes=3, random_state=0)),
}  # fmt: skip


def with_column(data, column, values):
    X, y = data
    X = X.copy()
    X[:, column] = values(X[:, column])
    return X, y


def first(data, n):
    return data[0][:n], data[1][:n]


def shuffled(data):
    return data[0], np.random.default_rng(0).permutation(data[1])


def mislabelled(data, share):
    """Give a share of the rows another class; return X, y and these rows."""
    X, y = data
    rng = np.random.default_rng(0)
    rows = rng.choice(len(y), int(share * len(y)), replace=False)
    y = y.copy()
    y[rows] = (y[rows] + rng.integers(1, y.max() + 1, len(rows))) % (y.max() + 1)
    return X, y, set(rows.tolist())


def named(data, *names):
    """Return a frame whose first columns have these names."""
    X = pd.DataFrame(data[0])
    X.columns = [*names, *(f"c{i}" for i in range(len(names), X.shape[1]))]
    return X, data[1]


class WrongTanh(Tanh):
    """A tanh whose derivative lacks the square."""

    def backward(self, dA, Z, A):
        np.subtract(1, A, out=A)
        np.multiply(dA, A, out=dA)


@dataclass(eq=False, repr=False)
class WrongSoftmax(Softmax):
    """A softmax whose gradient lacks the targets of one class."""

    def rows_and_gradient(self, scores, targets, rows, gradient):
        super().rows_and_gradient(scores, targets, rows, gradient)
        gradient[..., 0] += targets[..., 0]


class DeadRelu:
    """A rectifier of z - 50, which is always 0."""

    def forward(self, Z, A):
        np.maximum(Z - 50, 0, out=A)

    def backward(self, dA, Z, A):
        dA *= A > 0


class Shifted:
    """A linear unit that adds 30."""

    def forward(self, Z, A):
        np.add(Z, 30, out=A)

    def backward(self, dA, Z, A):
        pass


class Arrays:
    """X and y, compared by identity."""

    def __init__(self, X, y):
        self.arrays = X, y


def fault(kind, estimator, data, where="", **evidence):
    """Return a training with the expected kind and culprit."""
    data = data if isinstance(data, Arrays) else Arrays(*data)
    return SimpleNamespace(
        kind=kind, estimator=estimator, data=data, where=where, evidence=evidence
    )


QUICK = {"max_iter": 20}
DEAD = (
    net(SoftmaxClassifier, (50, 20), activation=["relu", DeadRelu()], **QUICK),
    Arrays(*first(DIGITS, 600)),
)
DEEP = {"hidden_layer_sizes": (12,) * 8, "activation": "logistic", "max_iter": 20}
X_NOISE = np.random.default_rng(0).normal(size=(60, 40))
Y_NOISE = (X_NOISE[:, 0] + np.random.default_rng(1).normal(size=60) > 0).astype(int)
SOME = first(DIGITS, 500)
LINEAR = net(SoftmaxClassifier, (), **QUICK)
# Trainings with several faults; their reports are shared.
ROWS, LABELS = first(DIGITS, 300)
COLUMNS = LINEAR, Arrays(
    *with_column(
        with_column(
            (np.vstack([ROWS, ROWS[:4]]), np.append(LABELS, (LABELS[:4] + 1) % 10)),
            20, lambda c: 1e6 * c,
        ),
        7, lambda c: np.full_like(c, 0.1),
    )
)  # fmt: skip
NAMED = net(MLPClassifier, (), **QUICK), Arrays(
    *named(
        with_column(
            with_column(WINE, 1, lambda c: 1e6 * c), 0, lambda c: np.full_like(c, -3.0)
        ),
        "unit", "income",
    )
)  # fmt: skip
LARGE = net(weight_init=3.0, **QUICK), Arrays(*SOME)
FAST = net(learning_rate_init=0.5, **QUICK), Arrays(*WINE)
SLOW = net(learning_rate_init=1e-6, max_iter=60), Arrays(*WINE)
TINY_COLUMN = with_column(WINE, 4, lambda c: c * 1e-6)

FAULTS = {
    "column x 1e6": fault("unscaled_columns", *COLUMNS, "column 20"),
    "constant column": fault("constant_columns", *COLUMNS, "column 7"),
    "equal rows": fault(
        "conflicting_duplicates", *COLUMNS, "rows 0, 300", rows_in_conflict=8),
    "column x 1e6, by name": fault("unscaled_columns", *NAMED, "column 'income'"),
    "constant column, by name": fault("constant_columns", *NAMED, "column 'unit'"),
    "column x 1e-6": fault("unscaled_columns", LINEAR, TINY_COLUMN, "column 4"),
    "no scaling": fault(
        "unscaled_columns", LINEAR, load_wine(return_X_y=True), "columns 12"),
    "one class": fault(
        "constant_targets", net(max_iter=5), (IRIS[0], np.ones(150, int)), "y"),
    "one number": fault(
        "constant_targets", net(MLPRegressor, max_iter=5),
        (DIABETES[0], np.ones(len(DIABETES[0]))), "y"),
    "targets of any size": fault(
        "unscaled_targets", net(MLPRegressor), load_diabetes(return_X_y=True), "y"),
    "a rare class": fault(
        "class_imbalance", net(LogisticClassifier, (), **QUICK),
        make_classification(600, weights=[0.97], random_state=0), "class '1'"),
    "wrong labels": fault(
        "label_noise", net(max_iter=30), mislabelled(DIGITS, 0.08)[:2], "rows"),
    "wrong activation": fault(
        "wrong_gradient",
        net(SoftmaxClassifier, (20, 10, 5), activation=["tanh", WrongTanh(), "relu"],
            **QUICK),
        WINE, "activation WrongTanh of hidden 2"),
    "wrong loss": fault(
        "wrong_gradient", net(MLPClassifier, loss=WrongSoftmax(), **QUICK),
        WINE, "loss WrongSoftmax"),
    "large start": fault("high_initial_loss", *LARGE),
    "dead layer cannot learn": fault(
        "cannot_overfit", *DEAD),
    "dead layer": fault(
        "dead_units", *DEAD, "hidden 2"),
    "dead layer, no better": fault(
        "does_not_beat_chance", *DEAD),
    "shuffled labels": fault(
        "no_better_than_chance", net(**QUICK), shuffled(first(DIGITS, 200))),
    "shuffled numbers": fault(
        "no_better_than_chance", net(MLPRegressor, **QUICK), shuffled(DIABETES)),
    "worse than linear": fault(
        "worse_than_linear",
        net(SoftmaxClassifier, 2, max_iter=30), DIGITS),
    "oversized": fault(
        "oversized_net", net(SoftmaxClassifier, (80, 80), max_iter=20), WINE),
    "rate x 1e8": fault(
        "diverged", net(solver="sgd", learning_rate_init=1e5, **QUICK), SOME),
    "rate x 1e8, numbers": fault(
        "diverged",
        net(MLPRegressor, solver="sgd", learning_rate_init=10.0, **QUICK), DIABETES),
    "rate x 500": fault("loss_rises_early", *FAST, learning_rate_init=0.5),
    "rate x 100, numbers": fault(
        "loss_rises_early", net(MLPRegressor, learning_rate_init=0.1, max_iter=40),
        DIABETES),
    "rate too high": fault(
        "loss_flattens_early",
        net(solver="sgd", learning_rate_init=3.0, max_iter=60), DIGITS),
    "rate / 1000": fault("loss_falls_slowly", *SLOW),
    "rate / 100, sgd": fault(
        "loss_falls_slowly", net(solver="sgd", learning_rate_init=1e-4, max_iter=60),
        WINE),
    "few epochs": fault(
        "too_few_epochs", net(**QUICK), Arrays(*MANY), epochs=20,
        epochs_of_a_longer_training=80),
    "long steps": fault("large_updates", *FAST, "hidden 1"),
    "short steps": fault("tiny_updates", *SLOW, "output"),
    "sigmoids 8 deep": fault(
        "vanishing_gradient", net(MLPClassifier, **DEEP), WINE, "hidden 1"),
    "large weights 8 deep": fault(
        "exploding_gradient",
        net(SoftmaxClassifier, (30,) * 8, weight_init=1.0, max_iter=3),
        first(DIGITS, 300), "hidden 1"),
    "positive columns": fault(
        "one_sign_gradient", net(activation="logistic", **QUICK),
        (WINE[0] + 5, WINE[1]), "hidden 1"),
    "saturated": fault(
        "saturated_units", net(activation="tanh", weight_init=5.0, **QUICK), SOME,
        "hidden 1"),
    "offset between layers": fault(
        "uncentred_activations",
        net(SoftmaxClassifier, (20, 20), activation=[Shifted(), "relu"], **QUICK),
        SOME, "hidden 1"),
    "large weights": fault("large_weights", *LARGE, "hidden 1"),
    "few rows": fault(
        "overfitting",
        net(SoftmaxClassifier, (100, 100), alpha=0, **QUICK), (X_NOISE, Y_NOISE)),
    "few rows, numbers": fault(
        "overfitting",
        net(MLPRegressor, hidden_layer_sizes=(100, 100), alpha=0, max_iter=60),
        scaled(*make_regression(120, 60, noise=100, random_state=0))),
}  # fmt: skip
