"""The check that gradients are the derivatives of their functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from skdl.engine.activations import ActivationFunction
from skdl.engine.constant_scores import losses_and_gradient
from skdl.engine.gradient_check import check_gradient
from skdl.engine.network import Network
from skdl.engine.specification import complete, name_of_kind
from skdl.engine.workspace import Workspace
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis._trial import Trial
from skdl.inspection.diagnosis.report import Finding

# Steps of this size hardly ever cross a kink, and in float64 leave 9 digits of a
# derivative.
STEP, RTOL = 1e-6, 1e-3
# The rounding error of a difference, relative to the values, with a margin.
ROUNDING = 16 * np.finfo(np.float64).eps
NETWORK_ROWS, LOSS_ROWS = 10, 30
# The most scores whose gradients are checked: the first ones and evenly spaced others.
MAX_CHECKED = 60
NETWORK = "the network as a whole"
# The most multiplications that the check of the network may take.
MAX_PRODUCTS = 2e9


def check_gradients(trial: Trial) -> Iterator[Finding]:
    """Compare gradients with finite differences, in float64, on a few rows.

    Each activation and the loss are checked by themselves, then the whole network.
    """
    found = [
        *_wrong_activations(trial.start.activations),
        *_wrong_loss(trial.sample),
        *_wrong_network(trial.sample, trial.start),
    ]
    if not found:
        return
    # The network is wrong, too, if one of its parts is: name the parts.
    names = [name for name, _ in found if len(found) == 1 or name != NETWORK]
    yield Finding("wrong_gradient", ", ".join(names), {"difference": found[0][1]})


def _wrong_activations(activations):
    for i, activation in enumerate(activations):
        width = 6 * complete(activation, ActivationFunction).pieces
        error = _gradient_error(
            lambda rng, width=width: rng.normal(0, 2, (10, width)),
            lambda rng, activation=activation: activation,
        )
        if error:
            yield f"activation {name_of_kind(activation)} of hidden {i + 1}", error


def _wrong_loss(sample: Sample) -> Iterator[tuple[str, str]]:
    """Yield the name and error of a wrong loss, checked row by row.

    The rounding error of a difference is proportional to the row's loss: for targets of
    1e6 it is 1e-4. The step therefore grows with the ratio of loss to gradient.
    """
    target_rows = _rows_with_all_targets(sample, LOSS_ROWS)[1]

    def evaluate(scores):
        return losses_and_gradient(sample.loss, scores, target_rows)

    shape = len(target_rows), sample.n_scores
    error = _first_error(lambda rng: _row_error(evaluate, rng.normal(size=shape)))
    if error:
        yield f"loss {name_of_kind(sample.loss)}", error


def _row_error(evaluate, scores):
    """Return the error of the gradient of a function of single rows, or None."""
    values, claimed = evaluate(scores)
    if not np.isfinite(claimed).all():
        return f"the gradient is {claimed[~np.isfinite(claimed)][0]}"
    checked = _scores_to_check(scores.shape[1])
    claimed = claimed[:, checked]
    sizes = np.abs(values)[:, np.newaxis]
    slopes = np.abs(claimed).max(axis=1, keepdims=True)
    slopes = np.maximum(slopes, 1e-4 * (slopes.max() or 1.0))
    step = np.maximum(STEP, ROUNDING / RTOL * sizes / slopes)

    def difference(column, h):
        moved = np.zeros_like(scores)
        moved[:, column] = h[:, 0]
        return evaluate(scores + moved)[0] - evaluate(scores - moved)[0]

    numeric = np.column_stack(
        [
            (8 * difference(k, step) - difference(k, 2 * step)) / (12 * step[:, 0])
            for k in checked
        ]
    )
    scale = np.maximum(np.abs(numeric), np.abs(claimed))
    scale = np.maximum(scale, max(1e-4 * scale.max(), np.finfo(float).tiny))
    allowed = RTOL * scale + ROUNDING * sizes / step
    errors = np.abs(numeric - claimed)
    # "not <=" is also true for NaN.
    wrong = ~(errors <= allowed)
    if not wrong.any():
        return None
    row, column = np.argwhere(wrong)[0]
    return (
        f"score {checked[column]}: the gradient is {claimed[row, column]:.6g}, finite "
        f"differences give {numeric[row, column]:.6g}"
    )


def _scores_to_check(n_scores):
    if n_scores <= MAX_CHECKED:
        return np.arange(n_scores)
    first, others = np.arange(LOSS_ROWS), MAX_CHECKED - LOSS_ROWS
    spaced = np.linspace(LOSS_ROWS, n_scores - 1, others).astype(int)
    return np.append(first, spaced)


class _WeightedSum:
    """A weighted sum of the scores, as the loss for the check of a network.

    It does not depend on y.
    """

    def rows_and_gradient(self, scores, targets, rows, gradient):
        # Equal weights would not show a derivative that is in the wrong place.
        gradient[...] = np.random.default_rng(0).uniform(1, 2, scores.shape)
        np.sum(gradient * scores, axis=-1, keepdims=True, out=rows)


def _wrong_network(sample, network):
    """Yield the error of a wrong network; the loss is checked separately."""
    options = network.options | {"dropout": None}
    twin = Network(network.widths, network.activations, np.float64, **options)
    twin.statistics[...] = network.statistics
    rows, target_rows = _rows_with_all_targets(sample, NETWORK_ROWS)
    X = sample.X[rows].astype(np.float64)
    workspace, loss = Workspace(twin, len(rows), training=True), _WeightedSum()

    def function(parameters):
        twin.parameters[...] = parameters
        value = twin.loss_and_gradient(X, target_rows, None, loss, workspace)
        return float(value), workspace.gradient.copy()

    start = network.parameters.astype(np.float64)
    # The shift moves units off their kinks, such as those with biases and inputs 0.
    error = _gradient_error(
        lambda rng: start + rng.normal(0, 1e-3, start.shape),
        lambda rng: function,
        int(np.clip(MAX_PRODUCTS / (24 * len(rows) * start.size), 8, 50)),
    )
    if error:
        yield NETWORK, error


def _rows_with_all_targets(sample, n_rows):
    """Return up to n_rows row numbers, one of each target first, and their targets."""
    first = np.unique(sample.targets, axis=0, return_index=True)[1]
    others = np.setdiff1d(np.arange(len(sample.targets)), first)
    rows = np.append(first, others)[:n_rows]
    targets = sample.targets[rows]
    if sample.table is not None:
        targets = sample.table[targets]
    return rows, np.asarray(targets, np.float64)


def _gradient_error(point: Callable, function: Callable, n_elements: int = 200):
    """Return the message of `check_gradient` for a wrong function, or None."""

    def check(rng):
        try:
            check_gradient(
                function(rng), point(rng), rtol=RTOL, step=STEP,
                max_elements=n_elements, rng=rng,
            )  # fmt: skip
        except AssertionError as error:
            return str(error)
        return None

    return _first_error(check)


def _first_error(check: Callable) -> Any:
    """Return the error of a function that is wrong at two random points, or None.

    At a single point a kink may be near.
    """
    error = None
    for seed in (0, 1):
        with np.errstate(all="ignore"):
            error = check(np.random.default_rng(seed))
        if not error:
            return None
    return error
