"""The private names that tests of this folder use.

When a file of skdl moves or is renamed, only the imports below change.
"""

# ruff: noqa: F401

from skdl.model_selection import _candidate_stacks as stacks
from skdl.model_selection import _warnings
from skdl.model_selection._failures import describe, failure_message
from skdl.model_selection._folds import Folds
from skdl.model_selection._grid import Grid
from skdl.model_selection._param_space import check_space, combinations
from skdl.model_selection._stages import (
    common_prefix,
    paired_difference,
    short_names,
)
