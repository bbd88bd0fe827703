"""Checks of the parameters of the network, and its starting weights."""

from numbers import Real

import numpy as np

from skdl._text import UP_TO, exceeds_floats, repr_of_number
from skdl.engine.activations import ACTIVATIONS, ActivationFunction
from skdl.engine.hidden_layers import HiddenLayers
from skdl.engine.initializers import (
    INITIALIZERS,
    Gaussian,
    HeNormal,
    Initializer,
    LeCunNormal,
)
from skdl.engine.layers import NORMALIZATIONS, BatchNorm
from skdl.estimators._resolve import canonical, resolve


def check_architecture(net, n_hidden):
    """Return the keyword arguments of `Network`, except widths, dtype and scaling.

    Parameters
    ----------
    net : estimator
        The net with the parameters.
    n_hidden : int
        Number of hidden layers.

    Returns
    -------
    arguments : dict
        Parameter of `Network` -> value.

    Raises
    ------
    ValueError
        If a parameter is invalid, or does not apply to this number of layers.
    """
    return {
        "activations": _check_activations(net.activation, n_hidden),
        "dropout": _check_dropout(net.dropout, n_hidden),
        "normalization": _check_normalization(net.normalization, n_hidden),
        "normalization_position": net.normalization_position,
        "residual": _check_residual(net.residual, n_hidden),
    }


def key_of_layers(net, widths, dtype):
    """Return what determines the layers of a network, or None if names alone do not.

    Objects of settings may change between two calls. Layers other than affine maps and
    activations remember more than their views of the parameters.

    Parameters
    ----------
    net : estimator
        The net with the parameters.
    widths : tuple of int
        Widths of the input, the hidden layers and the scores.
    dtype : numpy.dtype
    """
    is_plain = net.dropout is None and net.normalization is None and not net.residual
    if not (is_plain and isinstance(net.activation, str)):
        return None
    return widths, dtype, net.activation


def check_hidden_layers(hidden_layer_sizes):
    """Return the widths of the hidden layers as a list of positive integers."""
    if type(hidden_layer_sizes) is tuple and all(
        type(size) is int and 0 < size < 2**63 for size in hidden_layer_sizes
    ):
        return [*hidden_layer_sizes]
    if isinstance(hidden_layer_sizes, str):
        raise ValueError(
            f"hidden_layer_sizes must be integers, got {hidden_layer_sizes!r}."
        )
    if isinstance(hidden_layer_sizes, HiddenLayers):
        hidden_layer_sizes.check()
    sizes = np.atleast_1d(np.asarray(hidden_layer_sizes, dtype=object)).tolist()
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
            raise ValueError(
                f"hidden_layer_sizes must be integers, as in (100, 50), got {sizes}."
            )
        if exceeds_floats(size):
            raise ValueError(
                f"hidden_layer_sizes must be integers, got {repr_of_number(size)}. "
                f"{UP_TO}"
            )
        if size <= 0:
            raise ValueError(
                f"hidden_layer_sizes must be > 0, got {sizes}. Write the number of "
                "units of each hidden layer, as in (100, 50), or () for a linear model."
            )
    return [int(size) for size in sizes]


def _check_activations(activation, n_layers):
    """Return an activation object for each hidden layer."""
    is_sequence = isinstance(activation, list | tuple)
    activations = list(activation) if is_sequence else [activation] * n_layers
    if len(activations) != n_layers:
        raise ValueError(
            f"activation must be one, or one for each of the {n_layers} hidden layers, "
            f"got {len(activations)}: {activation!r}."
        )
    return [
        resolve("activation", function, ACTIVATIONS, ActivationFunction)
        for function in activations
    ]


def _check_weight_init(weight_init, n_hidden):
    """Return an initializer, "auto", 0, or None for scikit-learn's weights."""
    if isinstance(weight_init, Real):
        if weight_init == 0 and not n_hidden:
            return 0
        if weight_init == 0:
            raise ValueError(
                "weight_init=0 would keep the units of a layer identical permanently, "
                "as all get the same gradient. Use a number above 0, a name among "
                f"{sorted(INITIALIZERS)}, 'auto' or None."
            )
        return Gaussian(weight_init)
    weight_init = canonical("weight_init", weight_init)
    if weight_init is None or weight_init == "auto":
        return weight_init
    return resolve("weight_init", weight_init, INITIALIZERS, Initializer)


def _check_dropout(dropout, n_hidden):
    """Return the rates of the input and of each hidden layer, or None."""
    if dropout is None:
        return None
    if isinstance(dropout, Real):
        if dropout and not n_hidden:
            raise ValueError(
                f"dropout={dropout!r} is for the hidden layers, and there are none. "
                "Set dropout=None, or a list with one rate for the input."
            )
        rates = [0.0] + [dropout] * n_hidden
    else:
        rates = list(dropout)
    if len(rates) != n_hidden + 1:
        raise ValueError(
            f"dropout must be a number for all hidden layers, or {n_hidden + 1} of "
            f"them: for the input, then for each hidden layer. Got {dropout!r}."
        )
    for rate in rates:
        real = isinstance(rate, Real) and not isinstance(rate, bool)
        if not (real and 0 <= rate < 1):
            raise ValueError(f"dropout must be in [0, 1), got {dropout!r}.")
    return [float(rate) for rate in rates] if any(rates) else None


def _check_normalization(normalization, n_hidden):
    """Return the settings of the normalization, or None."""
    if normalization is None:
        return None
    if not n_hidden:
        raise ValueError(
            f"normalization={normalization!r} is for the hidden layers, and there are "
            "none. Set normalization=None, and standardize=True for the columns of X."
        )
    return resolve("normalization", normalization, NORMALIZATIONS, BatchNorm)


def _check_residual(residual, n_hidden):
    """Return whether to add skip connections; refuse them for too few layers."""
    if residual and n_hidden < 2:
        raise ValueError(
            "residual=True adds a skip connection around every hidden layer but the "
            f"first, and there are {n_hidden}. Set residual=False, or more layers."
        )
    return bool(residual)


def start_weights(network, weight_init, activation, rng):
    """Draw the starting weights of a network.

    Parameters
    ----------
    network : Network
        The network, changed in place.
    weight_init : object
        The parameter `weight_init` of the net.
    activation : object
        The parameter `activation` of the net.
    rng : numpy.random.RandomState
        Source of the random numbers.
    """
    initializer = _check_weight_init(weight_init, len(network.activations))
    if initializer == 0:
        # Weights of 0 need no draw; a shared RandomState must advance for the next net.
        rng.random_sample()
        return
    if initializer is None:
        # scikit-learn's bounds, which are smaller for sigmoids.
        network.initialize(
            rng, 2.0 if canonical("activation", activation) == "logistic" else 6.0
        )
        return
    initializers = [initializer] * len(network.affine)
    if initializer == "auto":
        # Rectifiers halve the second moment of their input, so the next layer's weights
        # get variance 2 / fan_in (He); all others 1 / fan_in (LeCun).
        feeding = [None, *network.activations]
        initializers = [
            HeNormal() if function is not None and function.rectifies else LeCunNormal()
            for function in feeding
        ]
    network.initialize(rng, initializers=initializers)
