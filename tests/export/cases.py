"""Estimators of every kind, and the data that they are fitted to."""

import numpy as np

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.engine import (
    BatchNorm,
    Elu,
    Hinge,
    LeakyRelu,
    Maxout,
    Quantile,
    SigmoidSquaredError,
)
from skdl.engine.activations import ACTIVATIONS
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.preprocessing import PiecewiseLinearEncoder, SmoothClipScaler

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(10_000, 4)).astype(np.float32)
X = ROWS[:60]
NUMBER = X[:, 0] - X[:, 1] * X[:, 2]
THREE = np.digitize(NUMBER, [-0.6, 0.6])
TEXT = np.array(["low", "mid", "high"])[THREE]
TWO = NUMBER > 0
INDICATOR = np.column_stack([TWO, X[:, 3] > 0, THREE == 1]).astype(int)
COLUMNS = np.column_stack([THREE, TWO + 1])
MIXED = np.column_stack([TEXT, TWO]).astype(object)
NUMBERS = np.column_stack([NUMBER, 100 + X[:, 3]])
COUNTS = np.round(np.exp(X[:, 0]))
SHARES = np.eye(3)[THREE] * 0.8 + 0.2 / 3

QUICK = {"max_iter": 3, "random_state": 0}


def classifier(*args, **settings):
    return MLPClassifier(*args or [(6,)], **QUICK, **settings)


def regressor(**settings):
    return MLPRegressor(hidden_layer_sizes=(6,), **QUICK, **settings)


def seeds(net, Kind=SeedEnsembleClassifier, n=3, **settings):
    return Kind(estimator=net, n_members=n, random_state=0, **settings)


LINEAR = SoftmaxClassifier(**QUICK)
# name -> (estimator, y)
NETS = {
    **{
        f"activation={name}": (classifier(activation=name), THREE)
        for name in ACTIVATIONS
    },
    "several activations": (
        classifier((5, 4), activation=[Maxout(3), Elu(0.5)]), THREE,
    ),
    "leaky relu": (classifier(activation=LeakyRelu(0.2)), THREE),
    "linear": (LINEAR, TEXT),
    "batch norm before": (classifier((5, 4), normalization="batch"), THREE),
    "batch norm after": (
        classifier(normalization=BatchNorm(0.5), normalization_position="after"), THREE,
    ),
    "skip connections": (
        classifier((5, 5, 3), residual=True, normalization="batch"), TEXT,
    ),
    "dropout": (classifier(dropout=0.3), TEXT),
    "standardize=False": (classifier(standardize=False), THREE),
    "standardize=True": (LINEAR.__class__(standardize=True, **QUICK), THREE),
    "two classes": (classifier(), TWO),
    "softmax of two classes": (SoftmaxClassifier((4,), **QUICK), TWO),
    "one class": (SoftmaxClassifier((4,), **QUICK), np.zeros(len(X))),
    "one class, one score": (LogisticClassifier((4,), **QUICK), np.zeros(len(X))),
    "sigmoids": (LogisticClassifier((4,), **QUICK), TEXT),
    "squared error of sigmoids": (classifier(loss=SigmoidSquaredError()), THREE),
    "hinge": (SVMClassifier((4,), **QUICK), TEXT),
    "hinge of two classes": (classifier(loss=Hinge()), TWO),
    "squared hinge": (classifier(loss="squared_hinge"), THREE),
    "indicator": (classifier(), INDICATOR),
    "columns": (classifier(), COLUMNS),
    "columns of one type or another": (classifier(), MIXED),
    "columns of hinge": (SVMClassifier((4,), **QUICK), COLUMNS),
    "distributions": (classifier(loss="kl_divergence"), SHARES),
    "numbers": (regressor(), NUMBER),
    "several numbers": (regressor(standardize_target=True), NUMBERS),
    "poisson": (regressor(loss="poisson"), COUNTS),
    "absolute error": (regressor(loss="absolute_error"), NUMBER),
    "median": (regressor(loss="quantile"), NUMBER),
    "quantiles": (regressor(loss=Quantile([0.1, 0.5, 0.9])), NUMBER),
    "quantiles of several numbers": (
        regressor(loss=Quantile([0.2, 0.8]), standardize_target=True), NUMBERS,
    ),
}  # fmt: skip
ENSEMBLES = {
    "soft vote": (seeds(classifier()), THREE),
    "soft vote of text": (seeds(SoftmaxClassifier((4,), **QUICK)), TEXT),
    "hard vote": (seeds(classifier(), voting="hard"), THREE),
    "hard vote of two classes": (seeds(classifier(), voting="hard"), TWO),
    "margins": (seeds(SVMClassifier((4,), **QUICK), voting="margin"), TEXT),
    "weights=confidence": (seeds(classifier(), weights="confidence"), THREE),
    "confidence of labels": (seeds(classifier(), weights="confidence"), INDICATOR),
    "weights=score": (seeds(classifier(), weights="score"), THREE),
    "vote on labels": (seeds(classifier(), voting="hard"), INDICATOR),
    "vote on columns": (seeds(classifier()), COLUMNS),
    "normalized members": (
        seeds(classifier((4, 4), normalization="batch", residual=True)), THREE,
    ),
    "bagging": (
        BaggingEnsembleClassifier(
            estimator=classifier(activation="maxout"), n_members=2, random_state=0
        ),
        THREE,
    ),
    "checkpoints": (
        CheckpointEnsembleClassifier(estimator=classifier(), n_members=2), TWO,
    ),
    "one member": (seeds(classifier(), n=1), THREE),
    "mean": (seeds(regressor(), SeedEnsembleRegressor), NUMBER),
    "mean by score": (
        seeds(
            regressor(standardize_target=True), SeedEnsembleRegressor, weights="score"
        ),
        NUMBERS,
    ),
    "median": (seeds(regressor(), SeedEnsembleRegressor, voting="median"), NUMBERS),
    "median of an even number": (
        seeds(regressor(), SeedEnsembleRegressor, n=4, voting="median"), NUMBER,
    ),
    "quantiles of members": (
        seeds(
            regressor(loss=Quantile([0.2, 0.8])), SeedEnsembleRegressor, weights="score"
        ),
        NUMBERS,
    ),
    "checkpoints of a regressor": (
        CheckpointEnsembleRegressor(estimator=regressor(), n_members=2), NUMBER,
    ),
}  # fmt: skip
TRANSFORMERS = {
    "standardizer": Standardizer(),
    "standardizer without a mean": Standardizer(with_mean=False),
    "standardizer without a scale": Standardizer(with_std=False),
    "whitener": PCAWhitener(),
    "whitener of two columns": PCAWhitener(n_components=2),
    "zca": PCAWhitener(zca=True),
    "smooth clip": SmoothClipScaler(limit=2.0),
    "bins": PiecewiseLinearEncoder(n_bins=3),
}
