"""Transformers of tables and of columns of numbers, and changed images for training."""

from skdl.preprocessing.image_augmenter import ImageAugmenter
from skdl.preprocessing.pca_whitener import PCAWhitener
from skdl.preprocessing.piecewise_linear_encoder import PiecewiseLinearEncoder
from skdl.preprocessing.smooth_clip_scaler import SmoothClipScaler
from skdl.preprocessing.standardizer import Standardizer
from skdl.preprocessing.tabular_encoder import TabularEncoder

__all__ = [
    "ImageAugmenter",
    "PCAWhitener",
    "PiecewiseLinearEncoder",
    "SmoothClipScaler",
    "Standardizer",
    "TabularEncoder",
]
