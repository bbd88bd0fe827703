"""The nets: scikit-learn estimators on top of `skdl.engine`."""

from skdl.estimators.classifiers import (
    LogisticClassifier,
    MLPClassifier,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.estimators.regressor import MLPRegressor
from skdl.estimators.tabular import TabularClassifier, TabularRegressor
from skdl.estimators.validation_set import ValidationSet

__all__ = [
    "LogisticClassifier",
    "MLPClassifier",
    "MLPRegressor",
    "SVMClassifier",
    "SoftmaxClassifier",
    "TabularClassifier",
    "TabularRegressor",
    "ValidationSet",
]
