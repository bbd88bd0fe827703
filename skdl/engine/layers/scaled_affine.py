"""An affine layer whose inputs have learned scales."""

import numpy as np

from skdl.engine.layers.affine import Affine
from skdl.engine.layers.base import squared

__all__ = ["ScaledAffine"]


class ScaledAffine(Affine):
    """The affine map Z = X (s ⊙ W) + b of the data, with one learned scale s per input.

    Scales and weights are parameters of their own, so that an optimizer can give them
    different rates. A pass multiplies the weights by the scales, not the rows: all
    networks of a stack read the same rows X.

    Parameters
    ----------
    fan_in : int
        Number of columns of the data.
    fan_out : int
        Number of units of the next layer.
    pieces : int, default=1
        Linear functions per unit, as for `Affine`.
    is_last : bool, default=False
        Whether Z is the scores.

    References
    ----------
    D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default: Strong pre-tuned
    MLPs and boosted trees on tabular data", NeurIPS 2024.
    """

    def __init__(self, fan_in, fan_out, pieces=1, is_last=False):
        super().__init__(fan_in, fan_out, True, pieces, is_last)
        self.offset_shapes = (*self.offset_shapes, (fan_in, 1))

    def attach(self, weights, biases, scales):
        """Store the views of W, b and s."""
        super().attach(weights, biases)
        self.scales = scales

    def reset(self):
        """Set all scales to 1."""
        self.scales[...] = 1

    def buffers(self, workspace, *gradients):
        """Allocate Z, the scaled weights, and the product that both gradients need."""
        if workspace.input_gradient:
            raise ValueError(
                "a network with input scales has no gradient of its inputs: build it "
                "without input_scales, or make the workspace without input_gradient."
            )
        *own, scale_gradient = gradients or (None,)
        buffers = super().buffers(workspace, *own)
        return _ScaledBuffers(buffers, np.empty_like(self.weights), scale_gradient)

    def bind(self, buffers):
        """Return X → Z, and dZ → None, which fills the gradients of W, b and s."""
        W, s, scaled = self.weights, self.scales, buffers.scaled
        dW, ds = buffers.affine.weight_gradient, buffers.scale_gradient
        # The affine layer multiplies the data by the scaled weights.
        own, self.weights = self.weights, scaled
        forward_affine, backward_affine = super().bind(buffers.affine)
        self.weights = own
        multiply, einsum = np.multiply, np.einsum

        def forward(X):
            multiply(s, W, scaled)
            return forward_affine(X)

        if backward_affine is None or ds is None:
            return forward, None
        sums = ds[..., 0]

        def backward(dZ):
            # The affine layer fills dW with G = Xᵀ dZ, the gradient of s ⊙ W.
            backward_affine(dZ)
            einsum("...ij,...ij->...i", dW, W, out=sums)
            multiply(dW, s, dW)

        return forward, backward

    def squared_paths(self, squares, skipped):
        """Multiply by the squared scaled weights."""
        return squared(self.scales) * super().squared_paths(squares, skipped)


class _ScaledBuffers:
    __slots__ = ("affine", "scale_gradient", "scaled")

    def __init__(self, affine, scaled, scale_gradient):
        self.affine, self.scaled = affine, scaled
        self.scale_gradient = scale_gradient

    @property
    def absorber(self):
        """The buffers of the normalization that cancels the biases, or None."""
        return self.affine.absorber

    @absorber.setter
    def absorber(self, buffers):
        self.affine.absorber = buffers
