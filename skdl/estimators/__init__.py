"""The nets: scikit-learn estimators on top of `skdl.engine`."""

from skdl.estimators.logistic_classifier import LogisticClassifier
from skdl.estimators.mlp_classifier import MLPClassifier
from skdl.estimators.mlp_regressor import MLPRegressor
from skdl.estimators.softmax_classifier import SoftmaxClassifier
from skdl.estimators.svm_classifier import SVMClassifier
from skdl.estimators.validation_set import ValidationSet

__all__ = [
    "LogisticClassifier",
    "MLPClassifier",
    "MLPRegressor",
    "SVMClassifier",
    "SoftmaxClassifier",
    "ValidationSet",
]
