"""Checks of training: its start, its curve, its learning rate, and a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skdl.estimators._internal_api import uses_lbfgs
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis._scores import (
    MIN_DIFFERENCE,
    MIN_HELD_OUT,
    N_ERRORS,
    has_score,
    unseen_loss,
)
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis._trial import Budget, Curve, Trial, run_trial
from skdl.inspection.diagnosis.report import Finding

# He's weights give outputs of variance 2 or 3, which costs a squared error two or three
# times that of zeros; other losses cost less.
HIGH_INITIAL_LOSS = 4.0
# The loss of fixed rows does not rise by half within the first steps by accident.
RISE, EARLY = 1.5, 50
# "Progress" is the share of the way from the loss of the best constant to the lowest
# possible loss. A hopeless training reaches the first by luck.
CHANCE = 0.02
SLOW, HIGH, PLATEAU = 0.3, 0.9, 0.02
# Another learning rate is better if it leaves half of the loss, or makes twice the
# progress; and it has to make a progress of a fifth, and a fifth more.
BETTER, MIN_PROGRESS = 2.0, 0.2
FACTORS = (10, 100, 1000)
RATE_STEPS = 400
# ‖Δw‖ / ‖w‖ is usually about 1e-3 (Karpathy, CS231n, 2015). Adam starts with about 5e-3
# and ends with 1e-4, and small layers have more: two orders of magnitude are normal.
USUAL_RATIO, MIN_RATIO, MAX_RATIO = 1e-3, 1e-5, 1e-1
# The ratios of these steps count, before the weights have grown to suit the rate.
FIRST_STEPS = 10
# Clipping helps against a gradient that is longer than the median by this factor.
LONG_GRADIENT = 10.0
# Any net with hidden layers can memorize this number of rows in this number of steps;
# the default Adam needs 100 to 300.
FEW_ROWS, FEW_ROWS_STEPS = 16, 500
# Progress that counts as memorized.
MEMORIZED = 0.95
# If the net's own solver does not fit the rows, these are tried: the learning rate may
# be at fault, which has its own findings.
OTHER_SOLVERS = (
    {"solver": "lbfgs", "learning_rate": "constant", "max_grad_norm": None,
     "normalization": None},
    {"solver": "adam", "learning_rate": "constant", "learning_rate_init": 0.01},
)  # fmt: skip
# For these losses, targets may be shifted and scaled without a change of the task.
SCALE_FREE = ("squared_error", "absolute_error", "huber", "quantile")


def check_initial_loss(trial: Trial) -> Iterator[Finding]:
    """Compare the loss before the first step with that of all-zero scores."""
    sample, first = trial.sample, float(trial.curve.losses[0])
    if first > HIGH_INITIAL_LOSS * max(sample.zero, sample.chance):
        yield Finding(
            "high_initial_loss",
            "",
            {"loss": first, "loss_of_all_zero_scores": sample.zero},
            {"weight_init": "auto"},
        )


def check_divergence(net: Any, curve: Curve) -> Iterator[Finding]:
    """Find a loss that diverged, and compare the last gradient with those before."""
    if not curve.diverged:
        return
    norms = curve.gradient_norms[np.isfinite(curve.gradient_norms)]
    finite = curve.losses[np.isfinite(curve.losses)]
    evidence = {
        "epoch": curve.n_epochs,
        "learning_rate_init": float(net.learning_rate_init),
        "first_loss": float(curve.losses[0]),
        "largest_loss": float(finite.max()) if len(finite) else np.inf,
        "largest_update_ratio": {
            name: float(np.nanmax(ratios))
            for name, ratios in curve.ratios.items()
            if np.isfinite(ratios).any()
        },
    }
    is_long = False
    if len(norms):
        usual, last = float(np.median(norms)), float(norms[-1])
        is_long = len(norms) > 1 and last > LONG_GRADIENT * usual
        evidence |= {"last_gradient_norm": last, "median_gradient_norm": usual}
    changes = {}
    if not uses_lbfgs(net):
        changes = {"learning_rate_init": net.learning_rate_init / 10}
        if is_long or net.max_grad_norm is None:
            changes["max_grad_norm"] = 1.0
    yield Finding("diverged", "", evidence, changes)


def check_rise(net: Any, curve: Curve, sample: Sample) -> Iterator[Finding]:
    """Find a loss that rises at first, because the learning rate is far too high."""
    early = curve.losses[: EARLY + 1]
    start, peak = float(early[0]), float(np.max(early[np.isfinite(early)]))
    if curve.diverged or uses_lbfgs(net) or not peak > RISE * start:
        return
    if peak <= sample.chance:
        return  # the start was good by chance, or by earlier training
    yield Finding(
        "loss_rises_early",
        "",
        {
            "first_loss": start,
            "peak": peak,
            f"at_{curve.unit}": int(curve.counts[int(np.nanargmax(early))]),
            "learning_rate_init": float(net.learning_rate_init),
        },
        {"learning_rate_init": net.learning_rate_init / 10},
    )


def check_update_ratios(net: Any, curve: Curve) -> Iterator[Finding]:
    """Find layers whose first steps are far too long or too short for their weights."""
    medians = {
        name: float(np.median(ratios[:FIRST_STEPS]))
        for name, ratios in curve.ratios.items()
        if len(ratios) and np.isfinite(ratios[:FIRST_STEPS]).all()
    }
    rate = float(net.learning_rate_init)
    large = {name: ratio for name, ratio in medians.items() if ratio > MAX_RATIO}
    tiny = {name: ratio for name, ratio in medians.items() if ratio < MIN_RATIO}
    for kind, found, better_rate in (
        ("large_updates", large, rate / 10),
        ("tiny_updates", tiny, rate * 10),
    ):
        if found:
            yield Finding(
                kind,
                ", ".join(found),
                {
                    "ratio": found,
                    "usual_ratio": USUAL_RATIO,
                    "learning_rate_init": rate,
                },
                {"learning_rate_init": better_rate},
            )


def check_rate(subject: Subject, trial: Trial, budget: Budget) -> Iterator[Finding]:
    """Find a learning rate that keeps the loss high and flat, or lets it fall slowly.

    Each suspicion is put to the test: the learning rate is at fault only if another one
    does much better in as many steps, on training rows and on unseen rows. A higher
    rate often only memorizes more of the training rows.
    """
    curve, net = trial.curve, subject.net
    if curve.diverged or uses_lbfgs(net) or len(curve.losses) < 4:
        return
    progress = trial.sample.progress(curve.losses)
    reached = float(np.median(progress[-max(1, len(progress) // 8) :]))
    late = progress[curve.counts >= curve.counts[-1] / 2]
    middle = len(late) // 2
    gain = float(np.median(late[middle:]) - np.median(late[:middle]))
    rate, steps = float(net.learning_rate_init), trial.n_steps
    evidence = {"progress": reached, "learning_rate_init": rate, "steps": steps}
    if reached < HIGH and gain < PLATEAU:
        lower = _retrial(subject, trial, rate / 10, min(steps, 4 * RATE_STEPS), budget)
        if lower is not None and 1 - lower[0] < (1 - reached) / BETTER:
            evidence["progress_at_a_tenth_of_the_rate"] = lower[0]
            changes = {"learning_rate_init": rate / 10}
            yield Finding("loss_flattens_early", "", evidence, changes)
            return
    if reached < SLOW:
        factor, higher = _better_factor(subject, trial, reached, budget)
        if factor is not None:
            evidence[f"progress_at_{factor}_times_the_rate"] = higher
            changes = {"learning_rate_init": rate * factor}
            yield Finding("loss_falls_slowly", "", evidence, changes)


def _better_factor(subject, trial, reached, budget):
    """Return (factor, progress) of a higher learning rate that is better, or None.

    The first one with twice the progress is chosen. A hard task allows little progress:
    if the training does not beat a constant, the best one that does is chosen.
    """
    rate, steps = subject.net.learning_rate_init, min(trial.n_steps, RATE_STEPS)
    needed = max(BETTER * reached, reached + MIN_PROGRESS, MIN_PROGRESS)
    best = 0.0, None, None
    for factor in FACTORS:
        higher = _retrial(subject, trial, rate * factor, steps, budget)
        if higher is None:
            continue
        progress, lead = higher
        if progress > needed:
            return factor, progress
        if progress > CHANCE > reached:
            best = max(best, (lead, factor, progress), key=itemgetter(0))
    return best[1:]


def _retrial(subject, trial, rate, max_steps, budget):
    """Train at another learning rate; return the final progress, and the lead.

    The lead is the share of a constant's loss that unseen rows lose, 0 if they are too
    few. The result is None if the training diverges, or if the loss of unseen rows is
    not lower, beyond noise.
    """
    if budget.left == 0:
        return None
    other = run_trial(
        subject, subject.train, budget.share(0.3), max_steps, learning_rate_init=rate
    )
    if other.curve.diverged or other.net is None:
        return None
    progress = float(other.sample.progress(np.median(other.curve.losses[-3:])))
    rows = subject.held_out
    if trial.net is None or len(rows) < MIN_HELD_OUT:
        return progress, 0.0
    if not has_score(subject, trial, rows):
        return progress, 0.0
    before, after = (
        unseen_loss(subject, trial, net, rows) for net in (trial.net, other.net)
    )
    gain, error = after.gain_over(before)
    if not gain > max(MIN_DIFFERENCE, N_ERRORS * error):
        return None
    return progress, after.value


def check_chance(trial: Trial) -> Iterator[Finding]:
    """Find a training that does not get below the loss of the best constant."""
    sample, everything = trial.sample, trial.everything
    reached = float(trial.curve.losses.min())
    if trial.curve.diverged or sample.chance <= sample.floor:
        return
    if sample.progress(reached) > CHANCE:
        return
    reached = everything.loss_of(trial.network)
    if everything.progress(reached) <= CHANCE:
        yield Finding(
            "does_not_beat_chance",
            "",
            {
                "loss": reached,
                "loss_of_the_best_constant": everything.chance,
                "steps": trial.n_steps,
            },
        )


def check_few_rows(subject: Subject, trial: Trial, budget: Budget) -> Iterator[Finding]:
    """Find a net that cannot memorize a few rows with all regularization off.

    The net is at fault only if its own solver and the other solvers fail.
    """
    rows = _distinct_rows(subject)
    n_parameters = trial.network.parameters.size
    if not trial.network.activations or n_parameters < 2 * len(rows) or len(rows) < 2:
        return
    best, tried = -np.inf, []
    for solver in ({}, *OTHER_SOLVERS):
        if budget.left == 0:
            return
        few = run_trial(
            subject, rows, budget.share(0.3), FEW_ROWS_STEPS,
            y=_targets_of_unit_scale(subject, rows), is_weighted=False, goal=MEMORIZED,
            **_without_regularization(subject) | solver,
        )  # fmt: skip
        if few.is_cut:
            return
        tried.append(solver.get("solver", "its own"))
        progress = few.sample.progress(float(few.curve.losses.min()))
        if not few.curve.diverged:
            progress = max(progress, _progress_by_labels(subject, few, rows))
        best = max(best, progress)
        if best >= MEMORIZED:
            return
    yield Finding(
        "cannot_overfit",
        "",
        {
            "rows": len(rows),
            "progress_towards_the_lowest_loss": float(best),
            "steps": FEW_ROWS_STEPS,
            "solvers_tried": tried,
        },
    )


def _without_regularization(subject) -> dict[str, Any]:
    params: dict[str, Any] = {
        "alpha": 0.0, "penalty": None, "dropout": None, "augment": None,
        "batch_size": "auto", "tol": 0.0, "n_iter_no_change": FEW_ROWS_STEPS,
        "max_iter": FEW_ROWS_STEPS,
    }  # fmt: skip
    if subject.kind != "numbers":
        params |= {"label_smoothing": 0.0, "class_weight": None}
    return params


def _targets_of_unit_scale(subject, rows):
    """Return all targets, scaled by those of these rows where the loss permits it."""
    y, loss = subject.y, getattr(subject.net, "loss", None)
    if subject.kind != "numbers" or loss not in SCALE_FREE:
        return y
    chosen = y[rows].astype(np.float64)
    spread = chosen.std(axis=0)
    return (y - chosen.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _progress_by_labels(subject, few, rows):
    """Return 1 if all labels are correct, for losses with an unknown lowest value."""
    is_known = isinstance(getattr(subject.net, "loss", None), str)
    if is_known or subject.kind not in ("labels", "columns"):
        return -np.inf
    correct = few.net.predict(subject.X[rows]) == subject.y[rows]
    return 1.0 if np.all(correct) else -np.inf


def _distinct_rows(subject):
    """Return a few training rows of all classes, all different in X."""
    order, classes = subject.train, subject.class_numbers
    if classes is not None:
        # One row of each class in turn.
        classes = classes[order]
        turn = np.empty(len(order), int)
        for label in np.unique(classes):
            members = np.flatnonzero(classes == label)
            turn[members] = np.arange(len(members))
        order = order[np.argsort(turn, kind="stable")]
    chosen, seen = [], set()
    for row in order:
        x = subject.X[[row]]
        key = x.toarray().tobytes() if issparse(x) else np.asarray(x).tobytes()
        if key not in seen:
            seen.add(key)
            chosen.append(row)
        if len(chosen) == FEW_ROWS:
            break
    return np.array(chosen)
