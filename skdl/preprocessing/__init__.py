"""Transformers that learn in batches and prepare inputs for the nets."""

from skdl.preprocessing.pca_whitener import PCAWhitener
from skdl.preprocessing.standardizer import Standardizer

__all__ = ["PCAWhitener", "Standardizer"]
