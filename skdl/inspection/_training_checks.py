"""Findings from a training's curve: its rate, its end, and what it did not see."""

import numpy as np

from skdl.inspection._baseline_checks import MIN_HELD
from skdl.inspection._scores import (
    constant_score,
    has_score,
    metric_name,
    scale_of,
    score_of,
)
from skdl.inspection._trial import train_clone
from skdl.inspection.report import Finding

__all__ = [
    "check_divergence",
    "check_gap",
    "check_rate",
    "check_rise",
    "check_update_ratios",
]

# A loss of fixed rows that goes up by half within the first steps is no accident.
RISE = 1.5
EARLY = 50
# Of the way from the best constant to the lowest loss.
SLOW = 0.3
HIGH = 0.9
# Of the same way: what the last half of the steps brings, unless on a plateau.
FLAT = 0.02
# Another rate is better if it leaves half of the loss, or goes twice the way.
BETTER = 2.0
# And it has to go a fifth of the way, and a fifth farther.
WORTH = 0.2
FACTORS = (10, 100, 1000)
RATE_STEPS = 400
# About 1e-3 is usual (Karpathy, CS231n, 2015). Adam begins with some 5e-3 and ends with
# 1e-4, small layers have more: two orders of magnitude either way are no variation.
RATIOS = (1e-5, 1e-1)
# The first steps, before the weights have grown to suit the rate.
FIRST_STEPS = 10
# A gradient so much longer than before is what clipping is for.
LONG_GRADIENT = 10.0
# R² or accuracy that unseen rows lack: beyond a tenth to a fifth, regularization or
# more rows pay more than anything else.
GAP = 0.15
N_ERRORS = 2.5
# Enough to know how well they are predicted.
TRAINING_ROWS = 1000


def _rate(net):
    return float(net.learning_rate_init)


def check_divergence(subject, trial):
    """Find a loss that exploded; tell whether a long gradient came first."""
    if not trial.diverged:
        return
    norms = trial.history["gradient_norm"]
    norms = norms[np.isfinite(norms)]
    finite = trial.losses[np.isfinite(trial.losses)]
    long = len(norms) > 1 and norms[-1] > LONG_GRADIENT * np.median(norms)
    evidence = {
        "epoch": trial.n_epochs,
        "loss_at_first": float(trial.losses[0]),
        "largest_loss": float(finite.max()) if len(finite) else np.inf,
        "largest_update_ratio": {
            name: float(np.nanmax(ratios))
            for name, ratios in trial.ratios.items()
            if np.isfinite(ratios).any()
        },
    }
    if len(norms):
        evidence["last_gradient_norm"] = float(norms[-1])
    rate = _rate(subject.net)
    changes = {}
    if subject.net.solver != "lbfgs":
        changes = {"learning_rate_init": rate / 10}
        if long or subject.net.max_grad_norm is None:
            changes["max_grad_norm"] = 1.0
    yield Finding(
        "diverged",
        "",
        evidence,
        f"The steps grow until nothing is finite: learning_rate_init={rate:g} is too "
        "high for these columns and weights"
        + (", and a long gradient came before the end." if long else "."),
        "Lower the rate by a factor of 10, again and again if need be, and clip the "
        "gradient; scale X and y first, if they are not.",
        changes,
    )


def check_rise(subject, trial):
    """Find a loss that goes up at first: the rate is far too high."""
    early = trial.losses[: EARLY + 1]
    start, peak = float(early[0]), float(np.max(early[np.isfinite(early)]))
    if trial.diverged or subject.net.solver == "lbfgs" or not peak > RISE * start:
        return
    if peak <= trial.sample.chance:
        return  # a start that was good by chance, or by an earlier training
    rate = _rate(subject.net)
    yield Finding(
        "loss_rises_early",
        "",
        {
            "loss_at_first": start,
            "peak": peak,
            "at_step": int(trial.steps[int(np.nanargmax(early))]),
            "learning_rate_init": rate,
        },
        "The steps go far beyond the valley that the gradient points to: the rate is "
        "much too high.",
        "Lower the rate by a factor of 10, again and again if need be.",
        {"learning_rate_init": rate / 10},
    )


def check_rate(subject, trial, budget):
    """Find a loss that stays high and flat, or falls too slowly, because of the rate.

    Whatever looks like it is put to the test: the rate is at fault only if another one
    does much better in as many steps.
    """
    if trial.diverged or subject.net.solver == "lbfgs" or len(trial.losses) < 4:
        return
    progress = trial.sample.progress(trial.losses)
    now = float(np.median(progress[-max(1, len(progress) // 8) :]))
    half = trial.steps >= trial.steps[-1] / 2
    late = progress[half]
    gain = float(np.median(late[len(late) // 2 :]) - np.median(late[: len(late) // 2]))
    steps = int(trial.steps[-1])
    rate = _rate(subject.net)
    evidence = {"progress": now, "learning_rate_init": rate, "steps": steps}
    if now < HIGH and gain < FLAT:
        lower = _progress_at(subject, rate / 10, min(steps, 4 * RATE_STEPS), budget)
        if lower is not None and 1 - lower < (1 - now) / BETTER:
            yield Finding(
                "loss_flattens_early",
                "",
                evidence | {"progress_at_a_tenth_of_the_rate": lower},
                "The steps are too long to get to the bottom: they jump from one side "
                "of the valley to the other.",
                "Lower the rate, or let it fall by learning_rate=Cosine() or "
                "StepDecay().",
                {"learning_rate_init": rate / 10},
            )
            return
    if now < SLOW:
        for factor in FACTORS:
            higher = _progress_at(
                subject, rate * factor, min(steps, RATE_STEPS), budget
            )
            if higher is not None and higher > max(BETTER * now, now + WORTH, WORTH):
                yield Finding(
                    "loss_falls_slowly",
                    "",
                    evidence | {f"progress_at_{factor}_times_the_rate": higher},
                    "The steps are too short for so few of them.",
                    "Raise the rate.",
                    {"learning_rate_init": rate * factor},
                )
                return


def _progress_at(subject, rate, max_steps, budget):
    """Return the progress at the end at another rate, or None if that fails."""
    if budget.left == 0:
        return None
    other = train_clone(
        subject, subject.train, None, budget.share(0.3), max_steps,
        learning_rate_init=rate,
    )  # fmt: skip
    if other.diverged:
        return None
    return float(other.sample.progress(np.median(other.losses[-3:])))


def check_update_ratios(subject, trial):
    """Find layers whose steps are far too long or too short for their weights."""
    low, high = RATIOS
    medians = {
        name: float(np.median(ratios[:FIRST_STEPS]))
        for name, ratios in trial.ratios.items()
        if len(ratios) and np.isfinite(ratios[:FIRST_STEPS]).all()
    }
    rate = _rate(subject.net)
    for kind, found, change, cause in (
        (
            "large_updates",
            {name: one for name, one in medians.items() if one > high},
            rate / 10,
            "A step changes a good part of the weights: the rate is too high, or the "
            "weights are too small.",
        ),
        (
            "tiny_updates",
            {name: one for name, one in medians.items() if one < low},
            rate * 10,
            "Steps change the weights by nothing: the rate is too low, the gradient "
            "vanishes, or the weights are too large.",
        ),
    ):
        if found:
            yield Finding(
                kind,
                ", ".join(found),
                {"ratio": found, "usual": 1e-3, "learning_rate_init": rate},
                cause,
                "Change the rate by a factor of 10, until the ratio is near 1e-3.",
                {"learning_rate_init": change},
            )


def check_gap(subject, trial):
    """Find training rows that are predicted much better than held ones."""
    rows = subject.held
    if trial.net is None or len(rows) < MIN_HELD or not has_score(subject, trial, rows):
        return
    held = score_of(subject, trial, rows)
    train = score_of(subject, trial, subject.train[:TRAINING_ROWS])
    factor, _ = scale_of(subject, constant_score(subject, trial, rows))
    gap = factor * (train.value - held.value)
    error = held.error if held.has_rows else np.hypot(held.error, train.error)
    if not gap >= max(GAP, N_ERRORS * factor * error):
        return
    net = subject.net
    changes = {"alpha": max(10 * net.alpha, 0.01)}
    if net.hidden_layer_sizes != () and net.dropout is None and net.solver != "lbfgs":
        changes["dropout"] = 0.3
    if net.solver != "lbfgs" and not net.early_stopping:
        changes["early_stopping"] = True
    yield Finding(
        "overfitting",
        "",
        {
            "metric": metric_name(subject),
            "score_of_training_rows": train.value,
            "score_of_unseen_rows": held.value,
            "training_rows": len(subject.train),
            "parameters": int(trial.network.parameters.size),
        },
        "The net learns rows by heart: it has too many parameters, or too many epochs, "
        "for so few rows.",
        "Regularize (alpha, dropout, early stopping), take fewer units, or collect "
        "more rows.",
        changes,
    )
