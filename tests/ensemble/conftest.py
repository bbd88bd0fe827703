"""One small problem, and one ensemble of each kind."""

import numpy as np
import pytest

from skdl import MLPClassifier, MLPRegressor
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    BaggingEnsembleRegressor,
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)

CLASSIFIERS = [CheckpointEnsembleClassifier, SeedEnsembleClassifier]
REGRESSORS = [CheckpointEnsembleRegressor, SeedEnsembleRegressor]
CHECKPOINTS = [CheckpointEnsembleClassifier, CheckpointEnsembleRegressor]
BAGS = [BaggingEnsembleClassifier, BaggingEnsembleRegressor]
SEEDS = [SeedEnsembleClassifier, SeedEnsembleRegressor]


def _name(Ensemble):
    return Ensemble.__name__


@pytest.fixture(params=[*CLASSIFIERS, *REGRESSORS], ids=_name)
def Ensemble(request):
    return request.param


@pytest.fixture(params=CLASSIFIERS, ids=_name)
def Classifier(request):
    return request.param


@pytest.fixture(params=REGRESSORS, ids=_name)
def Regressor(request):
    return request.param


@pytest.fixture(params=CHECKPOINTS, ids=_name)
def Checkpoints(request):
    return request.param


@pytest.fixture(params=BAGS, ids=_name)
def Bags(request):
    return request.param


@pytest.fixture(params=SEEDS, ids=_name)
def Seeds(request):
    return request.param


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(80, 5))


@pytest.fixture
def y(X):
    """Three classes, which are numbers for the regressors."""
    return X[:, :3].argmax(axis=1)


@pytest.fixture
def make():
    """Return an ensemble of three small nets; ``net`` changes what they are."""

    def make(Ensemble, Net=None, net=(), **params):
        quick = {"hidden_layer_sizes": (6,), "max_iter": 9, "learning_rate_init": 0.02}
        if Net is None:
            Net = MLPRegressor if Ensemble in [*REGRESSORS, BAGS[1]] else MLPClassifier
        estimator = Net(**{**quick, **dict(net)})
        return Ensemble(estimator, **{"n_members": 3, "random_state": 0, **params})

    return make
