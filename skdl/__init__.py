"""Neural networks for scikit-learn, on NumPy alone.

Estimators and transformers that behave inside ``Pipeline``, ``GridSearchCV`` and
``VotingClassifier`` as scikit-learn's own do; see ``help(skdl.SoftmaxClassifier)``.
"""

from skdl._trusted import trusted_types
from skdl.estimators import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
    ValidationSet,
)
from skdl.preprocessing import PCAWhitener, Standardizer

__version__ = "0.1.0"

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
