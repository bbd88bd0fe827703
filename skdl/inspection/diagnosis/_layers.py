"""Checks of the layers: gradients, units, activations, weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skdl.engine.activations import ActivationFunction
from skdl.engine.probe import LayerRecord, probe
from skdl.engine.specification import complete
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis.report import Finding

# The root mean square of the gradient of a layer's outputs, relative to the last hidden
# layer. With He's weights it stays within a factor of 10 over 30 layers.
VANISHED, EXPLODED = 1e-3, 1e3
# |Σ g| / Σ |g| over a unit's incoming weights; 1 if all have one sign.
ONE_SIGN = 0.99
# |mean| / deviation of a layer's inputs: 0.5 to 1 for pixels and outputs of relu, whose
# gradients get both signs within a few steps.
MIN_OFFSET = 2.0
# Shares of a layer's units, and of its activations. A tenth of dead units is common.
DEAD, SATURATED = 0.4, 0.6
# Slopes relative to the steepest: saturated below FLAT; dead below ZERO, which the
# leaky relu never reaches.
FLAT, ZERO = 0.02, 1e-3
# |mean| / deviation of a unit's output: about 1 for relu, and 5 for a new sigmoid.
UNCENTRED = 10.0
# Root mean square of a layer's weights times √fan_in: 1 to 1.4 at the start.
LARGE_WEIGHTS = 10.0


def probe_layers(network: Any, sample: Sample) -> list[LayerRecord]:
    """Return activations and gradients of each layer for the sample's rows."""
    weights = sample.weights
    if weights is not None:
        weights = weights.astype(network.dtype)[:, np.newaxis]
    targets = np.asarray(sample.target_rows)
    return probe(network, sample.X, targets, weights, sample.loss, 0.0)


def check_layers(
    records: Sequence[LayerRecord], activations: Sequence[Any], when: str
) -> Iterator[Finding]:
    """Make all checks of layers but that of the gradients' signs.

    Parameters
    ----------
    records : list of LayerRecord
        The result of `probe_layers`.
    activations : list of activation objects
        The activations of the hidden layers.
    when : str
        The moment in training, for the evidence.
    """
    yield from check_gradient_flow(records, when)
    yield from check_units(records, activations, when)
    yield from check_activations(records, when)
    yield from check_weights(records, when)


def check_gradient_flow(records: Sequence[LayerRecord], when: str) -> Iterator[Finding]:
    """Find layers at which the gradient has vanished or exploded.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.
    """
    sizes = {record.name: _rms(record.activation_gradient) for record in records[:-1]}
    last = list(sizes.values())[-1] if sizes else 0.0
    if not np.isfinite(last) or last == 0:
        return
    ratios = {name: size / last for name, size in sizes.items()}
    evidence = {"gradient_of_outputs_relative_to_the_last": ratios, "when": when}
    vanished = [name for name, ratio in ratios.items() if ratio < VANISHED]
    exploded = [name for name, ratio in ratios.items() if not ratio < EXPLODED]
    if vanished:
        changes = {
            "activation": "relu", "weight_init": "auto", "normalization": "batch",
        }  # fmt: skip
        yield Finding("vanishing_gradient", ", ".join(vanished), evidence, changes)
    if exploded:
        changes = {"weight_init": "auto", "max_grad_norm": 1.0}
        yield Finding("exploding_gradient", ", ".join(exploded), evidence, changes)


def check_gradient_signs(
    records: Sequence[LayerRecord], X: Any, when: str
) -> Iterator[Finding]:
    """Find hidden layers in which all weights of a unit get gradients of one sign.

    To be called for the start of training: later, few rows are left in the gradient,
    and may have one sign by chance. Correlated inputs lead to one sign, too, without
    harm, so that only layers are checked whose inputs have one sign and a mean that is
    large compared with their variation. The bias of the output layer corrects its
    offset within a few steps.

    Source: LeCun et al., "Efficient BackProp", 1998: the weights of a unit can then
    only grow or shrink together, and descent follows zigzags.
    """
    found = {}
    inputs = [X, *(record.activations for record in records[:-1])]
    for record, values in zip(records[:-1], inputs[:-1], strict=True):
        gradient = record.weight_gradient
        # One or two columns have one sign by chance.
        if gradient.shape[0] < 3 or not (values.min() >= 0 or values.max() <= 0):
            continue
        if not _offset(values) > MIN_OFFSET:
            continue
        total = np.abs(gradient).sum(axis=0)
        used = total > 0
        if used.any():
            share = np.abs(gradient.sum(axis=0))[used] / total[used]
            if np.median(share) > ONE_SIGN:
                found[record.name] = float(np.median(share))
    if found:
        evidence = {"sum_relative_to_the_sum_of_sizes": found, "when": when}
        yield Finding("one_sign_gradient", ", ".join(found), evidence)


def check_units(
    records: Sequence[LayerRecord], activations: Sequence[Any], when: str
) -> Iterator[Finding]:
    """Find hidden layers with many dead units, or with saturated ones.

    A unit is dead if its slope is almost 0 for every row. A layer is saturated if most
    of its slopes are almost 0, compared with the steepest slope of its activation.
    """
    dead, saturated = {}, {}
    for record, activation in zip(records[:-1], activations, strict=True):
        slopes = _slopes(activation, record.preactivations)
        if slopes is None:
            continue
        slopes = np.abs(slopes) / _steepest_slope(activation)
        rectifies = complete(activation, ActivationFunction).rectifies
        if rectifies or _is_flat_somewhere(activation):
            share = float((slopes < ZERO).all(axis=0).mean())
            if share > DEAD:
                dead[record.name] = share
        else:
            share = float((slopes < FLAT).mean())
            if share > SATURATED:
                saturated[record.name] = share
    if dead:
        yield Finding(
            "dead_units",
            ", ".join(dead),
            {"share_of_units": dead, "when": when},
            {"activation": "leaky_relu"},
        )
    if saturated:
        yield Finding(
            "saturated_units",
            ", ".join(saturated),
            {"share_of_activations": saturated, "when": when},
            {"weight_init": "auto", "normalization": "batch"},
        )


def check_activations(records: Sequence[LayerRecord], when: str) -> Iterator[Finding]:
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
            {"normalization": "batch"},
        )


def check_weights(records: Sequence[LayerRecord], when: str) -> Iterator[Finding]:
    """Find layers with weights that enlarge their inputs too much."""
    gains, largest = {}, {}
    for record in records:
        gain = float(_rms(record.weights) * np.sqrt(record.weights.shape[0]))
        if gain > LARGE_WEIGHTS:
            gains[record.name] = gain
            largest[record.name] = float(np.abs(record.weights).max())
    if gains:
        yield Finding(
            "large_weights",
            ", ".join(gains),
            {"gain": gains, "largest_weight": largest, "when": when},
            {"alpha": 1.0, "weight_init": "auto"},
        )


def _rms(array):
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


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


def _slopes(activation, preactivations):
    """Return f'(Z), or None for maxout, whose slope is not an array like Z."""
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


def _steepest_slope(activation):
    grid = np.linspace(-8, 8, 321)[np.newaxis]
    return max(float(np.nanmax(np.abs(_slopes(activation, grid)))), 1e-12)


def _is_flat_somewhere(activation):
    """Return whether the slope is exactly 0 somewhere, as for relu."""
    return bool((_slopes(activation, np.array([[-3.0, 3.0]])) == 0).any())
