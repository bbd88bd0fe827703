"""The comparison of a trial's scores: training rows, a constant, a linear model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import issparse

from skdl.estimators._internal_api import uses_lbfgs
from skdl.inspection.diagnosis._scores import (
    MIN_DIFFERENCE,
    MIN_HELD_OUT,
    N_ERRORS,
    constant_score,
    has_score,
    metric_name,
    scale_of,
    score_of,
)
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis._trial import Trial, run_trial
from skdl.inspection.diagnosis.report import Finding
from skdl.preprocessing import Standardizer

# X is informative if the net covers this share of the way from the constant to 1.
MIN_SHARE_OF_WAY = 0.1
# No comparison with a constant whose score is closer to the best score than this.
MIN_WAY = 0.1
# More parameters per row than this are too many if a linear model is as good. The
# default of 100 units has 5 to 15 on a few hundred rows.
MANY_PARAMETERS = 30
# Iterations of L-BFGS for the linear model; most converge before.
LINEAR_ITERATIONS = 100
# The linear model keeps these parameters, which define the task.
TASK = ("loss", "class_weight", "label_smoothing", "random_state")
# If the score of unseen rows is lower than that of training rows by this much of R² or
# accuracy, regularization or more rows help most.
MAX_GAP = 0.15
# A training that `max_iter` ended is compared with a longer one: up to 4 times as many
# epochs, but at least 1.5 times as many.
MORE_EPOCHS, MIN_MORE_EPOCHS = 4, 1.5
# More epochs count as better from this number of standard errors on, if a linear model
# is better than the net, too.
N_ERRORS_BELOW_LINEAR = 1.5
# The largest number of training rows whose score is computed.
MAX_TRAINING_ROWS = 1000


def train_linear(subject: Subject, max_time: float) -> tuple[Trial, Subject]:
    """Train a net without hidden layers by L-BFGS, on standardized columns.

    Returns
    -------
    trial : Trial
        The linear model, trained on the subject's training rows.
    scaled : Subject
        The subject with the columns that the linear model gets.
    """
    X = subject.X
    if not issparse(X):
        # An array, whatever scikit-learn's `transform_output` is.
        scaler = Standardizer().set_output(transform="default")
        X = scaler.fit(X[subject.train]).transform(X)
    params = subject.net.get_params(deep=False)
    linear = type(subject.net)(
        hidden_layer_sizes=(), solver="lbfgs", alpha=1.0, max_iter=LINEAR_ITERATIONS,
        **{name: params[name] for name in TASK if name in params},
    )  # fmt: skip
    scaled = replace(subject, X=X)
    trial = run_trial(
        replace(scaled, net=linear), subject.train, max_time, LINEAR_ITERATIONS,
        is_recorded=False,
    )  # fmt: skip
    return trial, scaled


def check_baselines(
    subject: Subject,
    trial: Trial,
    linear: tuple[Trial, Subject] | None,
    facts: dict[str, Any],
) -> Iterator[Finding]:
    """Compare a trial on held-out rows with the best constant and a linear model.

    Parameters
    ----------
    subject : Subject
        The net and its data.
    trial : Trial
        Its training.
    linear : (Trial, Subject), or None
        The result of `train_linear`.
    facts : dict
        The scores are added to it.
    """
    rows = subject.held_out
    if not _can_compare(subject, trial):
        return
    name = metric_name(subject)
    net, constant = score_of(subject, trial, rows), constant_score(subject, trial, rows)
    facts[f"{name} of unseen rows"] = net.value
    facts[f"{name} of a constant"] = constant.value
    evidence = {
        "metric": name,
        "score": net.value,
        "score_of_a_constant": constant.value,
        "rows_compared": len(rows),
    }
    factor, way = scale_of(subject, constant)
    gain, error = net.gain_over(constant)
    # A weak signal in few rows is uncertain, and no reason for an alarm: a gain of one
    # standard error is enough.
    needed = max(MIN_DIFFERENCE, min(factor * error, MIN_SHARE_OF_WAY * way))
    # Accuracy cannot rise where a constant is almost always right.
    if factor * gain < needed and way > MIN_WAY:
        yield Finding("no_better_than_chance", "", evidence | {"standard_error": error})
    if linear is None or linear[0].net is None:
        return
    other = score_of(linear[1], linear[0], rows)
    facts[f"{name} of a linear model"] = other.value
    evidence |= {"score_of_a_linear_model": other.value}
    gain, error = net.gain_over(other)
    n_parameters = int(trial.network.parameters.size)
    if not trial.network.activations:
        return
    if factor * gain < -max(MIN_DIFFERENCE, N_ERRORS * factor * error):
        evidence |= {"standard_error": error, "epochs": trial.curve.n_epochs}
        yield Finding("worse_than_linear", "", evidence)
    elif gain <= N_ERRORS * error and n_parameters > MANY_PARAMETERS * len(subject.y):
        evidence |= {"parameters": n_parameters, "rows": len(subject.y)}
        yield Finding("oversized_net", "", evidence, {"hidden_layer_sizes": ()})


def check_gap(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """Find training rows that are predicted much better than held-out rows."""
    rows = subject.held_out
    if not _can_compare(subject, trial):
        return
    unseen = score_of(subject, trial, rows)
    seen = score_of(subject, trial, subject.train[:MAX_TRAINING_ROWS])
    factor, _ = scale_of(subject, constant_score(subject, trial, rows))
    gap = factor * (seen.value - unseen.value)
    error = unseen.error if unseen.has_rows else np.hypot(unseen.error, seen.error)
    if not gap >= max(MAX_GAP, N_ERRORS * factor * error):
        return
    net = subject.net
    changes: dict[str, Any] = {"alpha": max(10 * net.alpha, 0.01)}
    if not uses_lbfgs(net):
        if net.hidden_layer_sizes != () and net.dropout is None:
            changes["dropout"] = 0.3
        if not net.early_stopping:
            changes["early_stopping"] = True
    yield Finding(
        "overfitting",
        "",
        {
            "metric": metric_name(subject),
            "score_of_training_rows": seen.value,
            "score_of_unseen_rows": unseen.value,
            "training_rows": len(subject.train),
            "parameters": int(trial.network.parameters.size),
        },
        changes,
    )


def check_epochs(
    subject: Subject,
    trial: Trial,
    linear: tuple[Trial, Subject] | None,
    max_steps: int,
    max_time: float,
) -> Iterator[Finding]:
    """Find a training that `max_iter` ends too early, by one with more epochs.

    Nearly every loss falls further with more epochs. They are missing if the score of
    unseen rows rises beyond noise. A rise of less certainty is enough if the score is
    below that of a linear model.
    """
    rows, n_epochs = subject.held_out, trial.curve.n_epochs
    if not _can_compare(subject, trial) or trial.net.stop_reason_ != "max_iter":
        return
    max_iter = n_epochs * min(MORE_EPOCHS * trial.n_steps, max_steps) // trial.n_steps
    if n_epochs < subject.net.max_iter or max_iter < MIN_MORE_EPOCHS * n_epochs:
        return
    longer = run_trial(
        subject, subject.train, max_time, max_steps, held_out=rows, max_iter=max_iter,
        is_recorded=False,
    )  # fmt: skip
    if longer.net is None:
        return
    before, after = score_of(subject, trial, rows), score_of(subject, longer, rows)
    factor, _ = scale_of(subject, constant_score(subject, trial, rows))
    gain, error = after.gain_over(before)
    is_below_linear = (
        linear is not None
        and linear[0].net is not None
        and before.value < score_of(linear[1], linear[0], rows).value
    )
    n_errors = N_ERRORS_BELOW_LINEAR if is_below_linear else N_ERRORS
    if not factor * gain > max(MIN_DIFFERENCE, n_errors * factor * error):
        return
    yield Finding(
        "too_few_epochs",
        "",
        {
            "metric": metric_name(subject),
            "epochs": n_epochs,
            "score": before.value,
            "epochs_of_a_longer_training": longer.curve.n_epochs,
            "score_after_these": after.value,
            "rows_compared": len(rows),
        },
        {"max_iter": max_iter},
    )


def _can_compare(subject, trial):
    rows = subject.held_out
    if trial.net is None or len(rows) < MIN_HELD_OUT:
        return False
    return has_score(subject, trial, rows)
