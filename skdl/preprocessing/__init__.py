"""Transformers that learn in batches, and changed images for training."""

from skdl.preprocessing.image_augmenter import ImageAugmenter
from skdl.preprocessing.pca_whitener import PCAWhitener
from skdl.preprocessing.standardizer import Standardizer

__all__ = ["ImageAugmenter", "PCAWhitener", "Standardizer"]
