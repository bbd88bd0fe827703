"""Neural networks for scikit-learn, on NumPy alone.

Estimators and transformers that work in ``Pipeline``, ``GridSearchCV`` and
``VotingClassifier`` like scikit-learn's own; see ``help(skdl.SoftmaxClassifier)``.
These modules are loaded when they are first used:

======================== ====================================================
`skdl.callbacks`         checkpoints, logs, records of single steps
`skdl.datasets`          MNIST and CIFAR-10, from files or by download
`skdl.engine`            losses, optimizers, schedules and the like as objects
`skdl.ensemble`          nets that vote
`skdl.export`            ONNX models of fitted estimators
`skdl.inspection`        what keeps a net from learning, displays, gradients
`skdl.metrics`           entropy, cross-entropy, Kullback-Leibler divergence
`skdl.model_selection`   searches over hyper-parameters
`skdl.preprocessing`     transformers, augmentation of images
======================== ====================================================

``python -m skdl`` prints versions and runs a self-check.
"""

import importlib
import typing

# Imported first: with Python 3.11, the import of scikit-learn takes a sixth longer when
# it is nested in an import of ours.
import sklearn  # noqa: F401

import skdl._missing_names as _missing_names
from skdl._trusted import trusted_types
from skdl._version import __version__
from skdl.estimators import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
    TabularClassifier,
    TabularRegressor,
    ValidationSet,
)
from skdl.preprocessing import PCAWhitener, Standardizer

if typing.TYPE_CHECKING:
    from skdl import (
        callbacks,
        datasets,
        engine,
        ensemble,
        estimators,
        export,
        inspection,
        metrics,
        model_selection,
        preprocessing,
    )

__all__ = [
    "LogisticClassifier",
    "MLPClassifier",
    "MLPRegressor",
    "PCAWhitener",
    "SVMClassifier",
    "SoftmaxClassifier",
    "Standardizer",
    "TabularClassifier",
    "TabularRegressor",
    "ValidationSet",
    "__version__",
    "callbacks",
    "datasets",
    "engine",
    "ensemble",
    "estimators",
    "export",
    "inspection",
    "metrics",
    "model_selection",
    "preprocessing",
    "trusted_types",
]


def __getattr__(name):
    """Load a module of the package when it is first used."""
    if name in __all__:
        return importlib.import_module(f"skdl.{name}")
    raise _missing_names.missing_name(__name__, name)


def __dir__():
    """List the public names, whether their modules are loaded or not."""
    return __all__
