"""The layers of a network, or of a stack of networks, as nodes."""

import numpy as np

from skdl.engine.activations import (
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Logistic,
    Maxout,
    Relu,
    Selu,
    Silu,
    Softplus,
    Tanh,
)
from skdl.engine.layers import (
    ActivationLayer,
    Affine,
    BatchNormLayer,
    Fork,
    Join,
    ScaledAffine,
    Scaling,
)
from skdl.engine.specification import name_of_kind

__all__ = ["shifted", "write_scores"]


def write_scores(graph, network, x):
    """Add the forward pass; return the name of the raw scores.

    Parameters
    ----------
    graph : Graph
    network : Network
        One network, or a stack: the scores then have a leading axis of members.
    x : str
        The rows, in the graph's dtype.
    """
    skipped = {}
    layers = [layer for layer in network.layers if not layer.training_only]
    before, after = [None, *layers[:-1]], [*layers[1:], None]
    for previous, layer, following in zip(before, layers, after, strict=True):
        if isinstance(layer, Scaling):
            x = shifted(graph, x, layer.mean, layer.inverse)
        elif isinstance(layer, Affine):
            x = _affine(graph, layer, following, x)
        elif isinstance(layer, BatchNormLayer):
            if not isinstance(previous, Affine):
                scale, shift = map(graph.numbers, layer.affine_map())
                x = graph.add("Add", graph.add("Mul", x, scale), shift)
        elif isinstance(layer, ActivationLayer):
            x = _activation(graph, layer, x)
        elif isinstance(layer, Fork):
            skipped[layer] = x
        elif isinstance(layer, Join):
            x = _join(graph, layer, skipped.pop(layer.fork), x)
        else:
            raise ValueError(f"ONNX export knows no {type(layer).__name__}.")
    return x


def shifted(graph, x, mean, factor):
    """Add (x - mean) · factor, computed in the dtype of the mean.

    A large mean costs digits in float32, if that is not the dtype of the data.

    Parameters
    ----------
    graph : Graph
    x : str
        A tensor in the graph's dtype.
    mean, factor : ndarray
    """
    is_wide = mean.dtype == np.float64 and graph.dtype != mean.dtype
    if is_wide:
        x = graph.cast(x, np.float64)
    dtype = np.float64 if is_wide else graph.dtype
    x = graph.add("Sub", x, mean.astype(dtype))
    x = graph.add("Mul", x, factor.astype(dtype))
    return graph.cast(x, graph.dtype) if is_wide else x


def _affine(graph, layer, following, x):
    """Add x W + b; a batch normalization that follows is part of W and b."""
    W, b = layer.weights.astype(np.float64), layer.biases.astype(np.float64)
    if isinstance(layer, ScaledAffine):
        W *= layer.scales
    if isinstance(following, BatchNormLayer):
        scale, shift = following.affine_map()
        W, b = W * scale, b * scale + shift
    x = graph.add("MatMul", x, graph.numbers(W))
    return graph.add("Add", x, graph.numbers(b))


def _join(graph, layer, skipped, x):
    if layer.projection is not None:
        skipped = graph.add("MatMul", skipped, graph.numbers(layer.projection))
    return graph.add("Add", x, skipped)


def _activation(graph, layer, x):
    # Exact types: a user's subclass may compute anything.
    write = ACTIVATIONS.get(type(layer.function))
    if write is None:
        raise ValueError(
            f"activation={name_of_kind(layer.function)} is Python code of your own, "
            "which ONNX cannot run: fit with an activation of skdl.engine."
        )
    return write(graph, layer, x)


def _plain(kind, **settings):
    """Return a function that adds one node; a setting names an attribute of ours."""

    def write(graph, layer, x):
        function = layer.function
        values = {key: float(getattr(function, settings[key])) for key in settings}
        return graph.add(kind, x, **values)

    return write


def _silu(graph, layer, x):
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def _gelu(graph, layer, x):
    # ONNX Runtime has no Erf in float64.
    z = graph.add("Mul", x, graph.numbers(0.5**0.5))
    z = graph.cast(graph.add("Erf", graph.cast(z, np.float32)), graph.dtype)
    half = graph.add("Mul", x, graph.numbers(0.5))
    return graph.add("Mul", half, graph.add("Add", z, graph.numbers(1)))


def _maxout(graph, layer, x):
    widths = np.full(layer.function.pieces, layer.width)
    parts = graph.add("Split", x, widths, n_outputs=len(widths), axis=-1)
    return graph.add("Max", *parts)


ACTIVATIONS = {
    Identity: lambda graph, layer, x: x,
    Relu: _plain("Relu"),
    LeakyRelu: _plain("LeakyRelu", alpha="slope"),
    Elu: _plain("Elu", alpha="alpha"),
    Selu: _plain("Selu", alpha="ALPHA", gamma="FACTOR"),
    Softplus: _plain("Softplus"),
    Silu: _silu,
    Gelu: _gelu,
    Tanh: _plain("Tanh"),
    Logistic: _plain("Sigmoid"),
    Maxout: _maxout,
}
