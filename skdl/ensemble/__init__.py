"""Ensembles of nets: checkpoints of one training run, or nets with different seeds."""

from skdl.ensemble.checkpoints import (
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
)
from skdl.ensemble.seeds import SeedEnsembleClassifier, SeedEnsembleRegressor

__all__ = [
    "CheckpointEnsembleClassifier",
    "CheckpointEnsembleRegressor",
    "SeedEnsembleClassifier",
    "SeedEnsembleRegressor",
]
