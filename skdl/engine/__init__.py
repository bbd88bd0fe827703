"""The NumPy engine: arrays in, arrays out.

Here are the objects that estimators take: losses, activations, optimizers, schedules,
initializers, penalties, `BatchNorm`, `HiddenLayers`, and the base classes for objects
of your own, which `skdl.engine.protocols` describes. The rest (`Network`, `train`,
`Workspace` and so on) is the machinery below the estimators.

Kernels work on the last two axes (rows, features). A leading axis is a stack of
independent networks. The engine does not know estimators.
"""

from skdl.engine.activations import (
    ActivationFunction,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Logistic,
    Maxout,
    Relu,
    Selu,
    Silu,
    Softplus,
    Tanh,
)
from skdl.engine.augmentation import Augmentation
from skdl.engine.batching import Batches, Data
from skdl.engine.clipping import clip_gradient
from skdl.engine.gradient_check import check_gradient
from skdl.engine.hidden_layers import HiddenLayers
from skdl.engine.initializers import (
    Gaussian,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    Initializer,
    LeCunNormal,
    TruncatedNormal,
)
from skdl.engine.layers import BatchNorm
from skdl.engine.lbfgs import train_lbfgs
from skdl.engine.losses import (
    AbsoluteError,
    Hinge,
    Huber,
    KLDivergence,
    LogisticLoss,
    Loss,
    MultiOutput,
    Poisson,
    Quantile,
    SigmoidSquaredError,
    Softmax,
    SoftmaxCrossEntropy,
    SquaredError,
    SquaredHinge,
    mean_loss,
)
from skdl.engine.network import Network
from skdl.engine.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from skdl.engine.penalties import (
    ElasticNetPenalty,
    L0Penalty,
    L1Penalty,
    L2Penalty,
    Penalty,
)
from skdl.engine.prediction import raw_scores
from skdl.engine.progress import Epoch, Progress
from skdl.engine.schedules import (
    Adaptive,
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseScaling,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    Warmup,
)
from skdl.engine.training import train
from skdl.engine.workspace import Workspace

__all__ = [
    "SGD",
    "AbsoluteError",
    "ActivationFunction",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adaptive",
    "Augmentation",
    "BatchNorm",
    "Batches",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Data",
    "ElasticNetPenalty",
    "Elu",
    "Epoch",
    "Exponential",
    "Gaussian",
    "Gelu",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HiddenLayers",
    "Hinge",
    "Huber",
    "Identity",
    "Initializer",
    "InverseScaling",
    "KLDivergence",
    "L0Penalty",
    "L1Penalty",
    "L2Penalty",
    "LeCunNormal",
    "LeakyRelu",
    "Logistic",
    "LogisticLoss",
    "Loss",
    "Maxout",
    "MultiOutput",
    "Network",
    "OneCycle",
    "Optimizer",
    "Penalty",
    "Poisson",
    "Progress",
    "Quantile",
    "RMSprop",
    "ReduceOnPlateau",
    "Relu",
    "Schedule",
    "Selu",
    "SigmoidSquaredError",
    "Silu",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "SquaredError",
    "SquaredHinge",
    "StepDecay",
    "Tanh",
    "TruncatedNormal",
    "Warmup",
    "Workspace",
    "check_gradient",
    "clip_gradient",
    "mean_loss",
    "raw_scores",
    "train",
    "train_lbfgs",
]
