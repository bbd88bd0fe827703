"""Old names, until ensembles ask the inner door."""

from skdl.estimators._labels import stack_columns as side_by_side
from skdl.estimators._labels import subset_accuracy as share_of_right_rows
from skdl.estimators._targets import Labels as Output

__all__ = ["Output", "share_of_right_rows", "side_by_side"]
