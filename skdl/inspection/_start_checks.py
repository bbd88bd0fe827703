"""Findings about the start: gradients, the first loss, and a few rows by heart."""

import numpy as np
from scipy.sparse import issparse

from skdl.engine.activations import ActivationFunction
from skdl.engine.gradient_check import check_gradient
from skdl.engine.network import Network
from skdl.engine.specification import complete, name_of_kind
from skdl.engine.workspace import Workspace
from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding

__all__ = [
    "check_chance",
    "check_gradients",
    "check_initial_loss",
    "check_tiny_subset",
]

# Outputs of variance 2 or 3 are usual after He's weights, and cost a squared error two
# or three times that of zeros, the other losses less.
HIGH_LOSS = 4.0
# Of the way from the best constant to the lowest loss: what a good training of a
# hopeless y reaches by luck.
CHANCE = 0.02
# So many rows any net with hidden layers can learn by heart, or nearly.
TINY = 16
# Steps on them: the default Adam needs 100 to 300.
TINY_STEPS = 500
# What counts as by heart.
BY_HEART = 0.95
# If the net's own solver does not learn them, these are tried before the net is blamed:
# then the rate is at fault, and there are findings for that.
RESCUES = (
    {"solver": "lbfgs", "learning_rate": "constant", "max_grad_norm": None,
     "normalization": None},
    {"solver": "adam", "learning_rate": "constant", "learning_rate_init": 0.01},
)  # fmt: skip
# Targets of these losses may be shifted and scaled without a change of meaning.
SCALED = ("squared_error", "absolute_error", "huber", "quantile")
# Small steps hardly ever cross a kink; in float64 they leave 9 digits of a derivative.
STEP, RTOL = 1e-6, 1e-3
# The rounding of a difference is so large a part of the values, with a margin.
ROUNDING = 16 * np.finfo(np.float64).eps
NETWORK_ROWS, LOSS_ROWS = 10, 30
WHOLE = "the network as a whole"
# What the check may cost, in products of a number with a weight.
PRODUCTS = 2e9


def check_gradients(subject, trial):
    """Compare gradients with differences, in float64, on a few rows of all classes.

    That of the loss and of each activation by itself, and that of the whole network.
    """
    sample, network = trial.sample, trial.start
    found = [
        *_wrong_activations(network.activations),
        *_wrong_loss(sample),
        *_wrong_network(sample, network),
    ]
    if not found:
        return
    yield Finding(
        "wrong_gradient",
        ", ".join(name for name, _ in found if len(found) == 1 or name != WHOLE),
        {"difference": found[0][1]},
        "The backward pass does not fit the forward pass, so that steps do not go "
        "downhill.",
        "Derive it anew, and test it by skdl.engine.check_gradient.",
    )


def _wrong_activations(activations):
    for i, activation in enumerate(activations):
        width = 6 * complete(activation, ActivationFunction).pieces
        error = _error(
            lambda rng, width=width: rng.normal(0, 2, (10, width)),
            lambda rng, activation=activation: activation,
        )
        if error:
            yield f"activation {name_of_kind(activation)} of hidden {i + 1}", error


def _wrong_loss(sample):
    """Yield what is wrong with the loss, row by row: rows do not depend on each other.

    A difference is as exact as the rounding of the row's loss allows, which for targets
    of 1e6 is 1e-4. So the step grows with the loss, compared with its gradient.
    """
    rows = _rows_of_all_targets(sample, LOSS_ROWS)
    targets = np.asarray(sample.coded_rows[rows], np.float64)

    def evaluate(scores):
        values, gradient = np.empty((len(rows), 1)), np.empty_like(scores)
        sample.loss.rows_and_gradient(scores.copy(), targets, values, gradient)
        return values[:, 0], gradient

    error = _first_of(
        lambda rng: _row_error(evaluate, rng.normal(size=(len(rows), sample.n_scores)))
    )
    if error:
        yield f"loss {name_of_kind(sample.loss)}", error


def _row_error(evaluate, scores):
    """Return what is wrong with the gradient of a function of single rows, or None."""
    values, claimed = evaluate(scores)
    if not np.isfinite(claimed).all():
        return f"the gradient says {claimed[~np.isfinite(claimed)][0]}"
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
            for k in range(scores.shape[1])
        ]
    )
    scale = np.maximum(np.abs(numeric), np.abs(claimed))
    scale = np.maximum(scale, max(1e-4 * scale.max(), np.finfo(float).tiny))
    allowed = RTOL * scale + ROUNDING * sizes / step
    errors = np.abs(numeric - claimed)
    # "not <=" finds NaN, too.
    wrong = ~(errors <= allowed)
    if not wrong.any():
        return None
    row, column = np.argwhere(wrong)[0]
    return (
        f"score {column}: the gradient says {claimed[row, column]:.6g}, differences "
        f"say {numeric[row, column]:.6g}"
    )


class _Sum:
    """A loss that weighs each score: whatever y is, it is as large as the scores."""

    def rows_and_gradient(self, scores, targets, rows, gradient):
        # Factors without a pattern, or a derivative at the wrong place would not show.
        gradient[...] = np.random.default_rng(0).uniform(1, 2, scores.shape)
        np.sum(gradient * scores, axis=-1, keepdims=True, out=rows)


def _wrong_network(sample, network):
    """Yield what is wrong with the network; the loss has a check of its own."""
    options = network.options | {"dropout": None}
    twin = Network(network.widths, network.activations, np.float64, **options)
    twin.statistics[...] = network.statistics
    rows = _rows_of_all_targets(sample, NETWORK_ROWS)
    X = sample.X[rows].astype(np.float64)
    targets = np.asarray(sample.coded_rows[rows], np.float64)
    workspace, loss = Workspace(twin, len(rows), training=True), _Sum()

    def function(parameters):
        twin.parameters[...] = parameters
        value = twin.loss_and_gradient(X, targets, None, loss, workspace)
        return float(value), workspace.gradient.copy()

    start = network.parameters.astype(np.float64)
    # A shift moves what lies on a kink, such as units of biases and inputs 0.
    error = _error(
        lambda rng: start + rng.normal(0, 1e-3, start.shape),
        lambda rng: function,
        int(np.clip(PRODUCTS / (24 * len(rows) * start.size), 8, 50)),
    )
    if error:
        yield WHOLE, error


def _rows_of_all_targets(sample, n_rows):
    """Return some rows, one of each target first."""
    first = np.unique(sample.coded_rows, axis=0, return_index=True)[1]
    others = np.setdiff1d(np.arange(len(sample.targets)), first)
    return np.append(first, others)[:n_rows]


def _error(point, function, n_elements=200):
    """Return what `check_gradient` says is wrong with a function, or None."""

    def check(rng):
        try:
            check_gradient(
                function(rng), point(rng), rtol=RTOL, step=STEP,
                max_elements=n_elements, rng=rng,
            )  # fmt: skip
        except AssertionError as error:
            return str(error)
        return None

    return _first_of(check)


def _first_of(check):
    """Return what is wrong, or None.

    Where a kink is near, one draw may be off: a function is wrong if both are.
    """
    for seed in (0, 1):
        with np.errstate(all="ignore"):
            wrong = check(np.random.default_rng(seed))
        if not wrong:
            return None
    return wrong


def check_initial_loss(subject, trial):
    """Compare the loss before the first step with that of scores that are zero."""
    sample, first = trial.sample, float(trial.losses[0])
    expected = max(sample.zero, sample.chance)
    if first <= HIGH_LOSS * expected:
        return
    yield Finding(
        "high_initial_loss",
        "",
        {"loss": first, "loss_of_zero_scores": sample.zero},
        "The first outputs are large, which has to be unlearned first: the starting "
        "weights are too large, or columns of X are not scaled.",
        "Take starting weights that suit the activation, and scale X.",
        {"weight_init": "auto"},
    )


def check_chance(subject, trial):
    """Find a training that does not get below the loss of the best constant."""
    if trial.diverged:
        return
    sample = trial.sample
    reached = float(trial.losses.min())
    if sample.progress(reached) > CHANCE or sample.chance <= sample.floor:
        return
    everything = trial.everything
    reached = everything.loss_of(trial.network)
    if everything.progress(reached) > CHANCE:
        return
    yield Finding(
        "does_not_beat_chance",
        "",
        {
            "loss": reached,
            "loss_of_the_best_constant": everything.chance,
            "steps": int(trial.steps[-1]),
        },
        "Nothing of X reaches the output, or no gradient comes back, or the rate is "
        "far off, or labels are shuffled.",
        "Look at the other findings: about the rate, the gradients and the units.",
    )


def check_tiny_subset(subject, trial, budget):
    """Find a net that cannot learn a few rows by heart with all regularization off.

    Its own solver is tried first, then others: only if none can, it is the net.
    """
    rows = _distinct_rows(subject)
    n_parameters = trial.network.parameters.size
    if not trial.network.activations or n_parameters < 2 * len(rows) or len(rows) < 2:
        return
    y = subject.y
    loss = getattr(subject.net, "loss", None)
    if subject.kind == "numbers" and loss in SCALED:
        chosen = y[rows].astype(np.float64)
        spread = chosen.std(axis=0)
        y = (y - chosen.mean(axis=0)) / np.where(spread > 0, spread, 1)
    plain = {
        "alpha": 0.0, "penalty": None, "dropout": None, "augment": None,
        "batch_size": "auto", "tol": 0.0, "n_iter_no_change": TINY_STEPS,
        "max_iter": TINY_STEPS,
    }  # fmt: skip
    if subject.kind != "numbers":
        plain |= {"label_smoothing": 0.0, "class_weight": None}
    best, tried, cut = -np.inf, [], False
    for rescue in ({}, *RESCUES):
        if budget.left == 0:
            return
        tiny = train_clone(
            subject,
            rows,
            None,
            budget.share(0.3),
            TINY_STEPS,
            y=y,
            is_weighted=False,
            **plain | rescue,
        )
        tried.append(rescue.get("solver", "its own"))
        cut |= tiny.cut
        progress = tiny.sample.progress(float(tiny.losses.min()))
        if not tiny.diverged:
            progress = max(progress, _share_right(subject, tiny, rows))
        best = max(best, progress)
        if best >= BY_HEART:
            return
    if cut:
        return  # with more time it might have learned them
    yield Finding(
        "cannot_overfit",
        "",
        {
            "rows": len(rows),
            "share_of_the_way_to_loss_0": float(best),
            "steps": TINY_STEPS,
            "solvers_tried": tried,
        },
        "Without any regularization each net should learn so few rows by heart, and no "
        "solver brings this one there: units are dead or saturated, the gradient "
        "vanishes or is wrong, or starting weights or columns have a wrong size.",
        "Look at the other findings; else start with one hidden layer of relu units "
        "and weight_init='auto'.",
    )


def _share_right(subject, tiny, rows):
    """Return 1 if each label is right, for losses whose lowest value is not known."""
    known = isinstance(getattr(subject.net, "loss", None), str)
    if known or subject.kind not in ("labels", "columns"):
        return -np.inf
    right = tiny.net.predict(subject.X[rows]) == subject.y[rows]
    return 1.0 if np.all(right) else -np.inf


def _distinct_rows(subject):
    """Return a few training rows of all classes, no two of them equal in X."""
    chosen, seen = [], set()
    order = subject.train
    if subject.labels is not None:
        # One of each class in turn.
        labels = subject.labels[order]
        turn = np.empty(len(order), int)
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            turn[members] = np.arange(len(members))
        order = order[np.argsort(turn, kind="stable")]
    for row in order:
        x = subject.X[[row]]
        key = x.toarray().tobytes() if issparse(x) else np.asarray(x).tobytes()
        if key not in seen:
            seen.add(key)
            chosen.append(row)
        if len(chosen) == TINY:
            break
    return np.array(chosen)
