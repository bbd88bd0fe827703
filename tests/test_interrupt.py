"""Ctrl-C: a net alone stops and keeps what it has, a series of nets ends as a whole."""

import warnings

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import MLPClassifier, MLPRegressor
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    CheckpointEnsembleClassifier,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.inspection import (
    LearningRateDisplay,
    NeuralFeatures,
    diagnose,
    find_learning_rate,
)
from skdl.model_selection import CoarseToFineSearchCV, StackedGridSearchCV

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


class Press:
    """An augmentation during which Ctrl-C is pressed: at its n-th batch, once."""

    def __init__(self, at):
        self.at, self.n = at, 0

    def __call__(self, rows, rng):
        self.n += 1
        if self.n == self.at:
            raise KeyboardInterrupt
        return rows

    def __deepcopy__(self, memo):
        return self  # one count for all clones


def net(at=3, Net=MLPClassifier):
    return Net(hidden_layer_sizes=(2,), max_iter=4, augment=Press(at), random_state=0)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Wrapped(MLPClassifier):
    """Somebody's own estimator, which trains a net of ours inside."""

    def fit(self, X, y):
        self.net_ = net().fit(X, y)
        self.classes_ = self.net_.classes_
        return self


SERIES = {
    "GridSearchCV": lambda: GridSearchCV(net(), {"alpha": [0.1, 1]}, cv=2).fit(X, Y),
    "the refit": lambda: GridSearchCV(net(9), {"alpha": [1]}, cv=2).fit(X, Y),
    "pipeline": lambda: GridSearchCV(
        make_pipeline(StandardScaler(), net()), {}, cv=2
    ).fit(X, Y),
    "wrapped": lambda: cross_val_score(Wrapped(), X, Y, cv=2),
    "cross_val_predict": lambda: cross_val_predict(net(), X, Y, cv=2),
    "VotingClassifier": lambda: VotingClassifier([("a", net()), ("b", net())]).fit(
        X, Y
    ),
    "BaggingClassifier": lambda: BaggingClassifier(net(), 2).fit(X, Y),
    "AdaBoostClassifier": lambda: AdaBoostClassifier(net(), n_estimators=2).fit(X, Y),
    "ClassifierChain": lambda: ClassifierChain(net()).fit(X, np.column_stack([Y, Y])),
    "SeedEnsembleClassifier": lambda: SeedEnsembleClassifier(net(), n_members=2).fit(
        X, Y
    ),
    "SeedEnsembleRegressor": lambda: SeedEnsembleRegressor(
        net(3, MLPRegressor), n_members=2
    ).fit(X, X[:, 0]),
    "BaggingEnsembleClassifier": lambda: BaggingEnsembleClassifier(
        net(), n_members=2, random_state=0
    ).fit(X, Y),
    "StackedGridSearchCV": lambda: StackedGridSearchCV(
        net(), {"alpha": [0.1, 1]}, cv=2
    ).fit(X, Y),
    "a search in a stack": lambda: StackedGridSearchCV(
        stacked_net(), {"alpha": [0.1, 1]}, cv=2
    ).fit(X, Y),
    "checkpoints in a search": lambda: GridSearchCV(
        CheckpointEnsembleClassifier(net(), n_members=2), {}, cv=2
    ).fit(X, Y),
    "CoarseToFineSearchCV": lambda: CoarseToFineSearchCV(
        net(), {"alpha": (0.1, 10)}, cv=2, random_state=0
    ).fit(X, Y),
    "diagnose": lambda: diagnose(slow_net(), X, Y),
    "find_learning_rate": lambda: find_learning_rate(net(25), X, Y),
    "LearningRateDisplay": lambda: LearningRateDisplay.from_estimator(net(25), X, Y),
    "features of a search": lambda: NeuralFeatures(GridSearchCV(net(), {}, cv=2)).fit(
        X, Y
    ),
}


def stacked_net():
    """Return a net that trains in a stack; Ctrl-C comes from its scorer."""
    return MLPClassifier(
        hidden_layer_sizes=(2,), max_iter=4, random_state=0, early_stopping=True,
        validation_fraction=0.2, scoring=PressedScore(7),
    )  # fmt: skip


class PressedScore(Press):
    """A scorer during which Ctrl-C is pressed."""

    def __call__(self, net, X, y):
        super().__call__(None, None)
        return 0.5


def slow_net():
    return net().set_params(max_iter=20)


@pytest.mark.parametrize("name", SERIES)
def test_ctrl_c_stops_a_series(name):
    with pytest.raises(KeyboardInterrupt):
        SERIES[name]()


def test_ctrl_c_stops_a_series_in_threads():
    with parallel_config("threading", n_jobs=2), pytest.raises(KeyboardInterrupt):
        SERIES["GridSearchCV"]()


def test_failed_series_leaves_the_estimator_unchanged():
    ensemble = SeedEnsembleClassifier(net(100), n_members=2, random_state=0).fit(X, Y)
    before = dict(vars(ensemble))
    ensemble.estimator.augment.n = 97
    with pytest.raises(KeyboardInterrupt):
        ensemble.fit(X, Y)
    assert vars(ensemble) == before


ALONE = {
    "net": lambda: net().fit(X, Y),
    "partial_fit": lambda: net(1).partial_fit(X, Y, classes=[0, 1]),
    "pipeline": lambda: make_pipeline(StandardScaler(), net()).fit(X, Y)[-1],
    "targets": lambda: (
        TransformedTargetRegressor(net(3, MLPRegressor), transformer=StandardScaler())
        .fit(X, X[:, 0])
        .regressor_
    ),
    "features": lambda: NeuralFeatures(net()).fit(X, Y).estimator_,
    "features in a pipeline": lambda: (
        make_pipeline(NeuralFeatures(net()), net(99)).fit(X, Y)[0].estimator_
    ),
    "checkpoints": lambda: (
        CheckpointEnsembleClassifier(net(), n_members=2).fit(X, Y).estimators_[-1]
    ),
}


@pytest.mark.parametrize("name", ALONE)
def test_single_net_keeps_what_it_has_learned(name):
    assert ALONE[name]().stop_reason_ == "interrupted"
