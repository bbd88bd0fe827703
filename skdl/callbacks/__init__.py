"""What happens between epochs: checkpoints, logs, functions of your own.

They obey scikit-learn's own protocol, ``sklearn.callback.FitCallback``, and a net gets
them by ``net.set_callbacks(...)``.
"""

from skdl.callbacks.checkpoint import Checkpoint
from skdl.callbacks.csv_logger import CSVLogger
from skdl.callbacks.epoch_logger import EpochLogger
from skdl.callbacks.json_lines_logger import JSONLinesLogger
from skdl.callbacks.lambda_callback import LambdaCallback
from skdl.callbacks.monitor import Monitor
from skdl.callbacks.tensorboard_logger import TensorBoardLogger

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EpochLogger",
    "JSONLinesLogger",
    "LambdaCallback",
    "Monitor",
    "TensorBoardLogger",
]
