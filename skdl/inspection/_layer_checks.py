"""Findings about the layers: gradients, units, activations, weights."""

import numpy as np

from skdl.engine.activations import ActivationFunction
from skdl.engine.probe import probe
from skdl.engine.specification import complete
from skdl.inspection.report import Finding

__all__ = [
    "check_activations",
    "check_gradient_flow",
    "check_gradient_signs",
    "check_units",
    "check_weights",
    "look_inside",
]

# The root mean square of the gradient of a layer's units, relative to the last hidden
# layer's. With He's weights it stays within a factor of 10 over 30 layers.
VANISHED, EXPLODED = 1e-3, 1e3
# |Σ g| / Σ |g| over a unit's incoming weights; 1 is one sign.
ONE_SIGN = 0.99
# |mean| / deviation of what comes in: 0.5 to 1 for pixels and relu's outputs, whose
# gradients get several signs within a few steps.
OFFSET = 2.0
# Shares of a layer's units, and of its activations. A tenth of dead units is common.
DEAD, SATURATED = 0.4, 0.6
# A derivative below this share of the largest one is as good as none.
FLAT = 0.02
# A dead unit's is less than that: the leaky relu's is never dead.
NONE = 1e-3
# |mean| / deviation of a unit's output: relu's is about 1, the sigmoid's begins at 5.
UNCENTRED = 10.0
# Root mean square of a layer's weights times √fan_in: 1 to 1.4 at the start.
LARGE_WEIGHTS = 10.0


def look_inside(network, sample):
    """Return the network's layers on the sample's rows, with gradients.

    Parameters
    ----------
    network : Network
    sample : Sample

    Returns
    -------
    records : list of LayerRecord
    """
    targets = np.asarray(sample.coded_rows)
    weights = sample.weights
    if weights is not None:
        weights = weights.astype(network.dtype)[:, np.newaxis]
    return probe(network, sample.X, targets, weights, sample.loss, 0.0)


def _rms(array):
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


def check_gradient_flow(records, when):
    """Find layers that the gradient hardly reaches, or reaches enlarged.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.
    """
    hidden = records[:-1]
    sizes = {one.name: _rms(one.activation_gradient) for one in hidden}
    last = list(sizes.values())[-1] if sizes else 0.0
    if not np.isfinite(last) or last == 0:
        return
    ratios = {name: size / last for name, size in sizes.items()}
    for kind, found, cause, cure, changes in (
        (
            "vanishing_gradient",
            [name for name, ratio in ratios.items() if ratio < VANISHED],
            "Each layer multiplies the gradient by its weights and by the slope of its "
            "activation, which is at most 1/4 for the sigmoid and 0 for dead units.",
            "Take relu units with He's weights, residual connections or batch "
            "normalization, or fewer layers.",
            {"activation": "relu", "weight_init": "auto", "normalization": "batch"},
        ),
        (
            "exploding_gradient",
            [name for name, ratio in ratios.items() if not ratio < EXPLODED],
            "Each layer multiplies the gradient by its weights, and they are large.",
            "Start from smaller weights, clip the gradient, or normalize.",
            {"weight_init": "auto", "max_grad_norm": 1.0},
        ),
    ):
        if found:
            yield Finding(
                kind,
                ", ".join(found),
                {"relative_to_the_last_hidden_layer": ratios, "when": when},
                cause,
                cure,
                changes,
            )


def check_gradient_signs(records, X, when):
    """Find hidden layers in which all weights of a unit get a gradient of one sign.

    The start tells: towards the end few rows are left in the gradient, and what they
    have in common has one sign by chance. So it has where inputs are correlated, which
    is no fault; hence only layers are looked at whose inputs have one sign,
    and a mean that is large compared with their variation.
    Of the output layer the bias takes care, within a few steps.

    Source: LeCun et al., "Efficient BackProp", 1998: the weights of a unit can then
    only grow or shrink together, and descent goes in zigzags.
    """
    found = {}
    inputs = [X, *(record.activations for record in records[:-1])]
    for record, values in zip(records[:-1], inputs[:-1], strict=True):
        gradient = record.weight_gradient
        # A column or two are of one sign by chance.
        if gradient.shape[0] < 3 or not (values.min() >= 0 or values.max() <= 0):
            continue
        if not _offset(values) > OFFSET:
            continue
        total = np.abs(gradient).sum(axis=0)
        used = total > 0
        if used.any():
            share = np.abs(gradient.sum(axis=0))[used] / total[used]
            if np.median(share) > ONE_SIGN:
                found[record.name] = float(np.median(share))
    if found:
        yield Finding(
            "one_sign_gradient",
            ", ".join(found),
            {"sum_relative_to_the_sum_of_sizes": found, "when": when},
            "What comes into these layers has one sign and a mean that is large "
            "compared with its variation.",
            "Centre the columns by a Standardizer; between layers take tanh or relu "
            "instead of the sigmoid, or batch normalization.",
        )


def _offset(values):
    """Return the median over the columns of |mean| / deviation, dense or sparse."""
    n_rows = values.shape[0]
    mean = np.ravel(values.sum(axis=0)).astype(np.float64) / n_rows
    squares = np.ravel((values * values).sum(axis=0)).astype(np.float64) / n_rows
    deviation = np.sqrt(np.maximum(squares - mean**2, 0))
    used = mean != 0
    if not used.any():
        return 0.0
    return float(np.median(np.abs(mean[used]) / np.maximum(deviation[used], 1e-30)))


def check_units(records, activations, when):
    """Find hidden layers of which many units are dead, or saturated.

    A unit is dead if its derivative is nothing on every row; a layer is saturated if
    most of the derivatives of the others are nothing next to the largest possible one.
    """
    dead, saturated = {}, {}
    for record, activation in zip(records[:-1], activations, strict=True):
        slopes = _slopes(activation, record.preactivations)
        if slopes is None:
            continue
        slopes = np.abs(slopes) / _steepest(activation)
        flat, off = slopes < FLAT, (slopes < NONE).all(axis=0)
        rectifies = complete(activation, ActivationFunction).rectifies
        if rectifies or _has_zero_slope(activation):
            if off.mean() > DEAD:
                dead[record.name] = float(off.mean())
        elif flat.mean() > SATURATED:
            saturated[record.name] = float(flat.mean())
    if dead:
        yield Finding(
            "dead_units",
            ", ".join(dead),
            {"share_of_units": dead, "when": when},
            "These units give 0 for every row and get no gradient, so that they cannot "
            "come back: a step that was too large, or biases or inputs far below 0.",
            "Lower the rate, start from zero biases, scale X; or take units with a "
            "slope everywhere.",
            {"activation": "leaky_relu"},
        )
    if saturated:
        yield Finding(
            "saturated_units",
            ", ".join(saturated),
            {"share_of_activations": saturated, "when": when},
            "The inputs of these units are so large that their slope is next to 0: "
            "columns that are not scaled, or large weights.",
            "Scale X, start from smaller weights, or normalize before the activation.",
            {"weight_init": "auto", "normalization": "batch"},
        )


def _slopes(activation, preactivations):
    """Return f'(Z), or None where there is no such array (maxout)."""
    activation = complete(activation, ActivationFunction)
    if activation.pieces > 1:
        return None
    Z = preactivations.astype(np.float64)
    A = Z if activation.in_place else np.empty_like(Z)
    slopes = np.ones_like(Z)
    with np.errstate(all="ignore"):
        activation.forward(Z, A)
        activation.backward(slopes, Z, A)
    return slopes


def _steepest(activation):
    grid = np.linspace(-8, 8, 321)[np.newaxis]
    return max(float(np.nanmax(np.abs(_slopes(activation, grid)))), 1e-12)


def _has_zero_slope(activation):
    """Tell whether the function is exactly flat somewhere, as relu is."""
    return bool((_slopes(activation, np.array([[-3.0, 3.0]])) == 0).any())


def check_activations(records, when):
    """Find hidden layers whose outputs have a mean far beyond their variation."""
    found = {}
    for record in records[:-1]:
        with np.errstate(all="ignore"):
            ratio = _offset(record.activations.astype(np.float64))
        if ratio > UNCENTRED:
            found[record.name] = ratio
    if found:
        yield Finding(
            "uncentred_activations",
            ", ".join(found),
            {"mean_relative_to_deviation": found, "when": when},
            "These units say the same of each row, give or take little: the next layer "
            "sees a constant. Inputs are not centred, or the layers before are "
            "saturated or sigmoids.",
            "Centre the columns by a Standardizer, and use batch normalization.",
            {"normalization": "batch"},
        )


def check_weights(records, when):
    """Find layers whose weights are so large that outputs jump with the inputs."""
    gains = {
        one.name: _rms(one.weights) * np.sqrt(one.weights.shape[0]) for one in records
    }
    found = {name: float(gain) for name, gain in gains.items() if gain > LARGE_WEIGHTS}
    if found:
        yield Finding(
            "large_weights",
            ", ".join(found),
            {
                "gain": found,
                "largest_weight": {
                    one.name: float(np.abs(one.weights).max())
                    for one in records
                    if one.name in found
                },
                "when": when,
            },
            "A layer of these weights enlarges its inputs more than tenfold: there is "
            "no penalty, the start was too large, or the steps were.",
            "Raise alpha, start from smaller weights, or lower the rate.",
            {"alpha": 1.0, "weight_init": "auto"},
        )
