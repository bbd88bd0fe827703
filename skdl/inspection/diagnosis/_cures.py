"""A cure for a net that is worse than a linear model and has no other fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from numbers import Integral
from typing import Any

from skdl.engine.hidden_layers import HiddenLayers
from skdl.estimators._internal_api import uses_lbfgs
from skdl.inspection.diagnosis._baselines import (
    MORE_EPOCHS,
    N_ERRORS_BELOW_LINEAR,
)
from skdl.inspection.diagnosis._scores import (
    MIN_DIFFERENCE,
    constant_score,
    scale_of,
    score_of,
)
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis._trial import Budget, Trial, run_trial
from skdl.inspection.diagnosis.report import Finding

# A net that is worse than a linear model may have these findings. They propose no
# changes of parameters. Causes come before their effects.
WITHOUT_CHANGES = (
    "does_not_beat_chance",
    "no_better_than_chance",
    "worse_than_linear",
)
# A higher learning rate is tried first, then more epochs, then wider layers.
RATE_FACTORS, WIDTH_FACTOR = (10, 100), 4
# The share of the seconds that are left which one trial may take.
SHARE = 0.4


def add_cure(
    findings: list[Finding],
    subject: Subject,
    trial: Trial,
    max_steps: int,
    budget: Budget,
) -> list[Finding]:
    """Return findings with the changes that help a net worse than a linear model.

    Nothing changes if another finding has changes, or if no trial is better on
    held-out rows, beyond noise.

    Parameters
    ----------
    findings : list of Finding
        The findings so far.
    subject : Subject
        The net and its data.
    trial : Trial
        Its training.
    max_steps : int
        The steps of a trial, at most.
    budget : Budget
        The seconds that are left.
    """
    kinds = [finding.kind for finding in findings]
    has_cure = any(f.changes for f in findings if f.severity != "note")
    if has_cure or "worse_than_linear" not in kinds:
        return findings
    rows = subject.held_out
    before = score_of(subject, trial, rows)
    factor, _ = scale_of(subject, constant_score(subject, trial, rows))
    for changes in _candidates(subject.net, trial):
        if not budget.left:
            break
        steps = max_steps * (MORE_EPOCHS if "max_iter" in changes else 1)
        other = run_trial(
            subject, subject.train, budget.share(SHARE), steps, held_out=rows,
            is_recorded=False, **changes,
        )  # fmt: skip
        if other.net is None:
            continue
        after = score_of(subject, other, rows)
        gain, error = after.gain_over(before)
        if factor * gain > max(MIN_DIFFERENCE, N_ERRORS_BELOW_LINEAR * factor * error):
            number = min(kinds.index(k) for k in WITHOUT_CHANGES if k in kinds)
            finding = findings[number]
            evidence = finding.evidence | {"score_with_these_changes": after.value}
            cured = replace(finding, evidence=evidence, changes=changes)
            return [*findings[:number], cured, *findings[number + 1 :]]
    return findings


def _candidates(net: Any, trial: Trial) -> Iterator[dict[str, Any]]:
    """Yield changes that may help, the one that costs the least first."""
    if not uses_lbfgs(net):
        for factor in RATE_FACTORS:
            yield {"learning_rate_init": net.learning_rate_init * factor}
    n_epochs = trial.curve.n_epochs
    if trial.net.stop_reason_ == "max_iter" and n_epochs >= net.max_iter:
        yield {"max_iter": MORE_EPOCHS * n_epochs}
    yield {"hidden_layer_sizes": _wider(net.hidden_layer_sizes)}


def _wider(sizes):
    """Return `hidden_layer_sizes` of the same form with more units."""
    if isinstance(sizes, HiddenLayers):
        return HiddenLayers(sizes.n_layers, WIDTH_FACTOR * sizes.width)
    if isinstance(sizes, Integral):
        return WIDTH_FACTOR * sizes
    return tuple(WIDTH_FACTOR * int(width) for width in sizes)
