"""Searches from a coarse grid to a fine one; searches and folds in stacks of nets."""

from skdl.model_selection.coarse_to_fine import CoarseToFineSearchCV
from skdl.model_selection.cross_validation import cross_val_score, cross_validate
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
    "cross_val_score",
    "cross_validate",
]
