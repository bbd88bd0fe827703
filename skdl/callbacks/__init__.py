"""Callbacks, which ``fit`` calls between epochs: checkpoints, logs, your own functions.

They follow scikit-learn's protocol, ``sklearn.callback.FitCallback``.
``net.set_callbacks(...)`` sets them on a net.
"""

import skdl._missing_names as _missing_names
from skdl.callbacks.checkpoint import Checkpoint
from skdl.callbacks.epoch_bar import EpochBar
from skdl.callbacks.lambda_callback import LambdaCallback
from skdl.callbacks.loggers import CSVLogger, EpochLogger, JSONLinesLogger
from skdl.callbacks.mlflow_logger import MLflowLogger
from skdl.callbacks.monitor import Monitor
from skdl.callbacks.tensorboard import TensorBoardLogger
from skdl.callbacks.training_table import TrainingTable

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EpochBar",
    "EpochLogger",
    "JSONLinesLogger",
    "LambdaCallback",
    "MLflowLogger",
    "Monitor",
    "TensorBoardLogger",
    "TrainingTable",
]


def __getattr__(name):
    """Say where a name is that this package does not have."""
    raise _missing_names.missing_name(__name__, name)
