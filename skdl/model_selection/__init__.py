"""Searches over parameters: from a coarse grid to a fine one, or in stacks of nets."""

from skdl.model_selection.coarse_to_fine import CoarseToFineSearchCV
from skdl.model_selection.ranges import Linear, Log
from skdl.model_selection.stacked import (
    StackedGridSearchCV,
    StackedRandomizedSearchCV,
)

__all__ = [
    "CoarseToFineSearchCV",
    "Linear",
    "Log",
    "StackedGridSearchCV",
    "StackedRandomizedSearchCV",
]
