"""The NumPy engine: arrays in, arrays out.

Kernels work on the last two axes (rows, features), so that any leading axis is a stack
of independent networks. Nothing here knows of estimators.
"""

from skdl.engine.activations import Identity, Logistic, Relu, Tanh
from skdl.engine.batching import Batches, Data
from skdl.engine.gradient_check import check_gradient
from skdl.engine.losses import (
    Hinge,
    LogisticLoss,
    Poisson,
    Softmax,
    SquaredError,
    SquaredHinge,
)
from skdl.engine.network import Network, Workspace
from skdl.engine.optimizers import SGD, Adam
from skdl.engine.prediction import raw_scores
from skdl.engine.schedules import Adaptive, Constant, InverseScaling, Progress
from skdl.engine.training import train, train_lbfgs

__all__ = [
    "SGD",
    "Adam",
    "Adaptive",
    "Batches",
    "Constant",
    "Data",
    "Hinge",
    "Identity",
    "InverseScaling",
    "Logistic",
    "LogisticLoss",
    "Network",
    "Poisson",
    "Progress",
    "Relu",
    "Softmax",
    "SquaredError",
    "SquaredHinge",
    "Tanh",
    "Workspace",
    "check_gradient",
    "raw_scores",
    "train",
    "train_lbfgs",
]
