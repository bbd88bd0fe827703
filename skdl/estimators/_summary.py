"""What a net consists of: layers, shapes, numbers of parameters, memory."""

import math
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl._text_tables import html_table, text_table
from skdl.engine.layers import (
    ActivationLayer,
    Affine,
    BatchNormLayer,
    Dropout,
    Fork,
    Join,
    Scaling,
    build_layers,
    layer_names,
)
from skdl.engine.network import Network
from skdl.engine.specification import name_of_kind
from skdl.engine.workspace import Workspace
from skdl.estimators._architecture import check_architecture, check_hidden_layers
from skdl.estimators._check_input import rows_per_batch
from skdl.estimators._prepare import optimizer_of
from skdl.estimators._resolve import uses_lbfgs
from skdl.estimators._standardize import scales_columns

__all__ = ["LayerSummary", "NetSummary", "summarize"]

UNKNOWN = "?"
# The rows of a batch with batch_size="auto", if X has as many.
LARGE = 2**62


@dataclass
class LayerSummary:
    """One step of a net, from its input to its output.

    Attributes
    ----------
    layer : str
        "input", "hidden 1" and so on, or "output".
    operation : str
        What the step does, such as "affine", "Relu" or "dropout 0.5".
    fan_in, width : int or None
        Numbers of inputs and outputs; None if unknown before ``fit``.
    n_parameters : int or None
        Number of parameters that are trained; None if unknown before ``fit``.
    """

    layer: str
    operation: str
    fan_in: int | None
    width: int | None
    n_parameters: int | None


@dataclass(repr=False)
class NetSummary:
    """What a net consists of; ``print`` shows a table, and notebooks show HTML.

    Attributes
    ----------
    name : str
        The class of the net.
    layers : list of LayerSummary
        The steps, from the input to the output.
    n_parameters, n_weights : int or None
        Numbers of parameters, and of the weights among them, which `alpha` penalizes;
        None if unknown before ``fit``.
    dtype : numpy.dtype
        Type of the parameters. Before ``fit`` it is that of a float64 X.
    batch_size : int or None
        Rows of a batch; None with lbfgs, which takes all rows at once.
    parameter_bytes, training_bytes : int or None
        Memory of the parameters; and of training: parameters, gradient, the moments of
        the optimizer, and the arrays of a batch. None if unknown before ``fit``; the
        latter also with lbfgs, and if this machine has too little memory.
    is_fitted : bool
        Whether the numbers are those of a fitted net.
    """

    name: str
    layers: list[LayerSummary]
    n_parameters: int | None
    n_weights: int | None
    dtype: np.dtype
    batch_size: int | None
    parameter_bytes: int | None
    training_bytes: int | None
    is_fitted: bool

    def _rows(self):
        rows, before = [["layer", "operation", "shape", "parameters"]], None
        for step in self.layers:
            name = "" if step.layer == before else step.layer
            before = step.layer
            shape = _text(step.width)
            if step.fan_in != step.width or step.operation == "affine":
                shape = f"{_text(step.fan_in)} → {shape}"
            n = "" if step.n_parameters == 0 else _text(step.n_parameters)
            rows.append([name, step.operation, shape, n])
        return rows

    def _notes(self):
        if self.n_parameters is None:
            return (
                "Unknown before fit: the number of columns of X, of scores, or both. "
                "Write summary(n_features=..., n_outputs=...)."
            )
        text = (
            f"{self.n_parameters:,} parameters, {self.n_weights:,} of them weights: "
            f"{_bytes(self.parameter_bytes)} in {self.dtype}"
        )
        if self.batch_size is None:
            return text
        if self.training_bytes is None:
            return f"{text}\nThis machine has too little memory to train the net"
        return (
            f"{text}\nTraining with batches of {self.batch_size} rows: about "
            f"{_bytes(self.training_bytes)}, without X"
        )

    def _title(self):
        return f"{self.name}, {'fitted' if self.is_fitted else 'not fitted'}"

    def __str__(self):
        return (
            f"{self._title()}\n\n{text_table(self._rows(), left=2)}\n\n{self._notes()}"
        )

    __repr__ = __str__

    def _repr_html_(self):
        return html_table(
            self._rows(), left=2, caption=self._title(), notes=self._notes()
        )


def summarize(net, n_features=None, n_outputs=None):
    """Return the `NetSummary` of a net.

    Parameters
    ----------
    net : estimator
        Fitted or not.
    n_features, n_outputs : int, optional
        Numbers of columns of X and of scores, if the net is not fitted.

    Raises
    ------
    ValueError
        For numbers that contradict a fitted net, and for invalid parameters.
    """
    network = vars(net).get("_network")
    known = {"n_features": n_features, "n_outputs": n_outputs}
    if network is not None:
        _check_same(net, known, network.widths)
        layers, widths, dtype = network.layers, network.widths, network.dtype
    else:
        net._validate_params()
        _check_counts(known)
        hidden = check_hidden_layers(net.hidden_layer_sizes)
        widths, dtype = (n_features, *hidden, n_outputs), np.dtype(np.float64)
        options = check_architecture(net, len(hidden))
        # X is unknown: None stands for a dense one.
        options["scaling"] = scales_columns(net, None)
        # Any number in the place of an unknown one, which `_steps` hides.
        layers = build_layers([width or 1 for width in widths], **options)
    batch_size = None if uses_lbfgs(net) else rows_per_batch(net.batch_size, LARGE)
    numbers = dict.fromkeys(
        ["n_parameters", "n_weights", "parameter_bytes", "training_bytes"]
    )
    if None not in widths:
        numbers = _numbers(layers, dtype)
        if batch_size is not None:
            if network is None:
                network = _large_network(widths, dtype, options)
            numbers["training_bytes"] = _training_bytes(net, network, batch_size)
    return NetSummary(
        type(net).__name__, _steps(layers, widths), dtype=dtype, batch_size=batch_size,
        is_fitted="_network" in vars(net), **numbers,
    )  # fmt: skip


def _check_same(net, given, widths):
    for (name, value), fitted in zip(
        given.items(), widths[:: len(widths) - 1], strict=True
    ):
        if value is not None and value != fitted:
            raise ValueError(
                f"{name}={value!r}, but this {type(net).__name__} is fitted and has "
                f"{fitted}. Leave {name} out, or clone the net."
            )


def _check_counts(given):
    for name, value in given.items():
        is_int = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (is_int and value > 0):
            raise ValueError(f"{name} must be an int of at least 1, got {value!r}.")


def _steps(layers, widths):
    """Return a `LayerSummary` of each layer.

    Parameters
    ----------
    layers : list of Layer
    widths : sequence of int or None
        The true widths of the network, from the input to the scores.
    """
    names = iter(layer_names(len(widths) - 1))
    last, n_affine, steps = len(widths) - 2, -1, []
    name, fan_in = "input", widths[0]
    for layer in layers:
        if isinstance(layer, Fork):
            continue
        n = sum(map(math.prod, [*layer.weight_shapes, *layer.offset_shapes]))
        width = fan_in if name == "input" else layer.width
        if isinstance(layer, Affine):
            name, n_affine = next(names), n_affine + 1
            width = widths[-1] if n_affine == last else layer.width
            n = None if fan_in is None or width is None else n
        source = layer.fork.width if isinstance(layer, Join) else fan_in
        steps.append(LayerSummary(name, _operation(layer), source, width, n))
        fan_in = width
    return steps


def _operation(layer):
    """Return what a layer does, in words."""
    if isinstance(layer, ActivationLayer):
        function = getattr(layer.function, "thing", layer.function)
        if isinstance(function, BaseEstimator):
            return " ".join(repr(function).split()).removesuffix("()")
        return name_of_kind(function)
    if isinstance(layer, Dropout):
        return f"dropout {1 - 1 / float(layer.scale):.2g}"
    names = {
        Affine: "affine",
        BatchNormLayer: "batch normalization",
        Join: "skip connection",
        Scaling: "standardize",
    }
    return names[type(layer)]


def _numbers(layers, dtype):
    """Return the numbers of parameters, and the memory of the parameters."""
    n_weights, n_others = (
        sum(math.prod(shape) for layer in layers for shape in getattr(layer, kind))
        for kind in ("weight_shapes", "offset_shapes")
    )
    n = n_weights + n_others
    return {
        "n_parameters": n,
        "n_weights": n_weights,
        "parameter_bytes": n * dtype.itemsize,
        "training_bytes": None,
    }


def _large_network(widths, dtype, options):
    """Return a network, or None if the memory is too small for it."""
    try:
        return Network(widths, dtype=dtype, **options)
    except MemoryError:
        return None


def _training_bytes(net, network, batch_size):
    """Return the memory of parameters, gradient, moments and the arrays of a batch."""
    if network is None:
        return None
    try:
        state = optimizer_of(net).start(network.parameters, network.n_weights)
        workspace = Workspace(network, 1, training=True, rng=np.random.default_rng())
    except MemoryError:
        return None
    moments = [np.asarray(value).nbytes for value in state.state_dict().values()]
    batch = workspace.bytes_per_row * batch_size
    return 2 * network.parameters.nbytes + sum(moments) + batch


def _text(number):
    return UNKNOWN if number is None else f"{number:,}"


def _bytes(number):
    """Return a number of bytes with a unit."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.3g} {unit}"
        number /= 1000
    return None
