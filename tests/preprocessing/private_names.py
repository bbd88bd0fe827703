"""The private names that tests of this folder use.

When a file of skdl moves or is renamed, only the imports below change.
"""

# ruff: noqa: F401

from skdl.preprocessing._augmentation import to_dtype, working_dtype
from skdl.preprocessing._geometry import (
    FILL_MODES,
    FlipCrop,
    Warp,
    fold,
    inverse_matrices,
)
from skdl.preprocessing._mixup import Mixup
from skdl.preprocessing._pixel_values import change_tones, cut_out
