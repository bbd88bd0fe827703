"""A search over parameters, from a coarse mesh to a fine one."""

from skdl.model_selection.coarse_to_fine import CoarseToFineSearchCV
from skdl.model_selection.ranges import Linear, Log

__all__ = ["CoarseToFineSearchCV", "Linear", "Log"]
