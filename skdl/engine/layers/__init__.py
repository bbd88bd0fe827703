"""The layers of a network: what each needs, and what it does forward and backward.

All layers have one shape, see `Layer`: ``buffers(workspace, *gradients)`` allocates the
memory of one workspace, and ``bind(buffers)`` returns the functions ``forward`` and
``backward`` that a network calls. A layer holds views of the network's arrays and no
memory of its own: many threads may predict with one network at once.

Modules: `base`, `affine`, `activation`, `batch_norm`, `dropout`, `residual` (skip
connections), `scaling` (standardized columns), `scaled_affine` (learned scales of the
columns), and `build`, which puts the layers of a network in order.
"""

from skdl.engine.layers.activation import ActivationLayer
from skdl.engine.layers.affine import Affine
from skdl.engine.layers.base import Layer, layer_names
from skdl.engine.layers.batch_norm import NORMALIZATIONS, BatchNorm, BatchNormLayer
from skdl.engine.layers.build import build_layers
from skdl.engine.layers.dropout import Dropout
from skdl.engine.layers.residual import Fork, Join
from skdl.engine.layers.scaled_affine import ScaledAffine
from skdl.engine.layers.scaling import Scaling

__all__ = [
    "NORMALIZATIONS",
    "ActivationLayer",
    "Affine",
    "BatchNorm",
    "BatchNormLayer",
    "Dropout",
    "Fork",
    "Join",
    "Layer",
    "ScaledAffine",
    "Scaling",
    "build_layers",
    "layer_names",
]
