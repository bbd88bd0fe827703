"""Ensembles of nets: checkpoints of one training run, and seeds."""

from skdl.ensemble.checkpoint_ensemble_classifier import CheckpointEnsembleClassifier
from skdl.ensemble.checkpoint_ensemble_regressor import CheckpointEnsembleRegressor
from skdl.ensemble.seed_ensemble_classifier import SeedEnsembleClassifier
from skdl.ensemble.seed_ensemble_regressor import SeedEnsembleRegressor

__all__ = [
    "CheckpointEnsembleClassifier",
    "CheckpointEnsembleRegressor",
    "SeedEnsembleClassifier",
    "SeedEnsembleRegressor",
]
