"""Ensembles of nets: checkpoints of one run, or nets with other seeds or other rows."""

from skdl.ensemble.bagging import BaggingEnsembleClassifier, BaggingEnsembleRegressor
from skdl.ensemble.checkpoints import (
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
)
from skdl.ensemble.seeds import SeedEnsembleClassifier, SeedEnsembleRegressor

__all__ = [
    "BaggingEnsembleClassifier",
    "BaggingEnsembleRegressor",
    "CheckpointEnsembleClassifier",
    "CheckpointEnsembleRegressor",
    "SeedEnsembleClassifier",
    "SeedEnsembleRegressor",
]
