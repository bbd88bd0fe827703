"""Neural networks for scikit-learn, on NumPy alone.

Estimators and transformers that behave inside ``Pipeline``, ``GridSearchCV`` and
``VotingClassifier`` as scikit-learn's own do; see ``help(skdl.SoftmaxClassifier)``.
"""

# First: nested in imports of our own, its own takes a sixth longer with Python 3.11.
import sklearn  # noqa: F401

from skdl._trusted import trusted_types
from skdl._version import __version__
from skdl.estimators import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
    ValidationSet,
)
from skdl.preprocessing import PCAWhitener, Standardizer

__all__ = [
    "LogisticClassifier",
    "MLPClassifier",
    "MLPRegressor",
    "PCAWhitener",
    "SVMClassifier",
    "SoftmaxClassifier",
    "Standardizer",
    "ValidationSet",
    "__version__",
    "trusted_types",
]
