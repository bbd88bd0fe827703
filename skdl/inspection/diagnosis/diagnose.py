"""`diagnose`: all checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from skdl.estimators._internal_api import encode, loss_of, network_of, uses_lbfgs
from skdl.inspection._check_arguments import check_integer, check_number
from skdl.inspection.diagnosis._baselines import (
    check_baselines,
    check_epochs,
    check_gap,
    train_linear,
)
from skdl.inspection.diagnosis._cures import add_cure
from skdl.inspection.diagnosis._data import (
    check_class_imbalance,
    check_columns,
    check_duplicates,
    check_targets,
    data_facts,
)
from skdl.inspection.diagnosis._derivatives import check_gradients
from skdl.inspection.diagnosis._labels import check_label_noise
from skdl.inspection.diagnosis._layers import (
    check_gradient_signs,
    check_layers,
    probe_layers,
)
from skdl.inspection.diagnosis._sample import Sample
from skdl.inspection.diagnosis._subject import Subject, make_subject
from skdl.inspection.diagnosis._training import (
    check_chance,
    check_divergence,
    check_few_rows,
    check_initial_loss,
    check_rate,
    check_rise,
    check_update_ratios,
)
from skdl.inspection.diagnosis._trial import (
    SAMPLE,
    Budget,
    Curve,
    Trial,
    run_trial,
)
from skdl.inspection.diagnosis.report import Finding, Report, sort_findings

__all__ = ["diagnose"]

# A trial that max_time has cut is judged after this number of steps or iterations of
# L-BFGS; after fewer, any net scores badly.
ENOUGH_STEPS, ENOUGH_ITERATIONS = 200, 20
# L-BFGS keeps the scores of all rows. Up to this number, they take 32 MB.
MAX_LINEAR_SCORES = 4_000_000


def diagnose(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None = None,
    *,
    max_time: float = 10.0,
    max_steps: int = 2000,
    max_rows: int = 5000,
    random_state: int | np.random.RandomState | None = 0,
) -> Report:
    """Find what keeps a net from learning, and say what to change.

    It checks the data that reach the net. It trains clones for a short time and
    compares them with a constant and a linear model. It checks the gradients, the loss
    at the start, the layers, and whether the net can memorize a few rows. If the
    estimator is fitted, its own training is checked, too. The guide "troubleshooting"
    lists all findings. A training without faults has none.

    Parameters
    ----------
    estimator : net, Pipeline, TransformedTargetRegressor or fitted search
        A net of skdl, fitted or not, or one inside of these. It is not changed, and its
        callbacks are not called. Transformers before the net are applied first (those
        of a fitted net as they are, others fitted to the sample), so that findings
        describe the data that reach the net.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        The training rows, as for ``fit``.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets of X, as for ``fit``.
    sample_weight : array-like of shape (n_samples,), optional
        The weights of the rows, as for ``fit`` of the net.
    max_time : float, default=10.0
        Seconds for all trainings together. Checks without time are listed in `skipped`.
        Reading and checking the data takes a few more seconds at most.
    max_steps : int, default=2000
        The steps of the longest training, which also stops at `max_iter` epochs. The
        epoch that contains the last step is completed, if time permits.
    max_rows : int, default=5000
        The size of the random sample that is drawn from more rows.
    random_state : int, RandomState instance or None, default=0
        The seed of all random draws, and of nets without a seed.

    Returns
    -------
    report : Report
        The findings, to be printed. Each has kind, severity, evidence, cause and cure.

    Raises
    ------
    TypeError
        If the estimator contains no net of skdl.
    ValueError
        If ``fit`` would refuse the parameters or data.

    See Also
    --------
    skdl.engine.check_gradient : Tests the gradients of your own losses and activations.

    References
    ----------
    A. Karpathy, "A recipe for training neural networks", 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.inspection import diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> X[:, 1] *= 1e6
    >>> report = diagnose(MLPClassifier(random_state=0), X, y)
    >>> finding = report["unscaled_columns"]
    >>> finding.where, finding.severity
    ('column 1', 'warning')
    >>> finding.cure
    'Put a Standardizer before the net, or let the net do it: standardize=True.'
    """
    check_number("max_time", max_time)
    check_integer("max_steps", max_steps)
    check_integer("max_rows", max_rows, 10)
    if not isinstance(random_state, Integral):
        random_state = check_random_state(random_state).randint(2**31)
    seed = check_integer("random_state", random_state, 0)
    subject = make_subject(estimator, X, y, max_rows, seed, sample_weight)
    own_training = list(_check_own_training(subject))
    budget, skipped = Budget(max_time), {}
    facts = data_facts(subject)
    subject, trial = _train(subject, budget.share(0.4), max_steps, skipped)
    facts |= _trial_facts(trial)
    findings = [
        *check_columns(subject),
        *check_targets(subject),
        *check_class_imbalance(subject),
        *check_duplicates(subject),
        *check_gradients(trial),
        *check_initial_loss(trial),
        *own_training,
        *_check_trial(subject, trial),
    ]
    linear = _train_linear(subject, trial, budget, skipped)
    no_time = f"the {max_time:g} seconds of max_time were over"
    enough = ENOUGH_ITERATIONS if uses_lbfgs(subject.net) else ENOUGH_STEPS
    is_judged = not trial.is_cut or trial.n_steps >= enough
    if is_judged:
        findings += check_chance(trial)
        findings += check_gap(subject, trial)
        findings += check_baselines(subject, trial, linear, facts)
    else:
        skipped["comparison with baselines"] = no_time
    if budget.left:
        findings += check_few_rows(subject, trial, budget)
    if not budget.left:
        skipped["fit of a few rows"] = no_time
    elif is_judged:
        findings += _check_steps(subject, trial, linear, max_steps, budget)
        findings = add_cure(findings, subject, trial, max_steps, budget)
    if not budget.left:
        skipped["learning rate"] = no_time
    else:
        kinds = {finding.kind for finding in findings}
        findings += check_label_noise(subject, budget, kinds)
    if not budget.left:
        skipped["label noise"] = no_time
    findings = [_with_prefix(subject.prefix, finding) for finding in findings]
    title = _describe(subject, trial)
    return Report(title, sort_findings(findings), facts, skipped)


def _check_steps(subject, trial, linear, max_steps, budget):
    """Check the learning rate and the number of epochs."""
    found = [*check_rate(subject, trial, budget)]
    # A better learning rate needs fewer epochs.
    if not found and budget.left:
        found += check_epochs(subject, trial, linear, max_steps, budget.share(0.5))
    return found


def _with_prefix(prefix, finding):
    """Return a finding whose changes are parameters of the diagnosed estimator."""
    changes = {f"{prefix}{name}": value for name, value in finding.changes.items()}
    return replace(finding, changes=changes)


def _train(subject, max_time, max_steps, skipped):
    """Return the subject and its main `Trial`, without `scoring` if the scorer fails.

    A scorer may need rows of each class, and the held-out rows may lack one.
    """
    for_all = {"held_out": subject.held_out}
    try:
        return subject, run_trial(
            subject, subject.train, max_time, max_steps, **for_all
        )
    except ValueError as error:
        if subject.net.scoring is None or not str(error).startswith("scoring="):
            raise
        skipped["scoring"] = " ".join(str(error).split())
    subject = replace(subject, net=copy(subject.net).set_params(scoring=None))
    return subject, run_trial(subject, subject.train, max_time, max_steps, **for_all)


def _train_linear(subject, trial, budget, skipped):
    """Return the result of `train_linear` for a net with hidden layers, or None."""
    n_outputs = trial.sample.n_scores
    if not budget.left or not trial.network.activations:
        return None
    if len(subject.train) * n_outputs > MAX_LINEAR_SCORES:
        skipped["comparison with a linear model"] = (
            f"{n_outputs} outputs for all rows at once take too much memory"
        )
        return None
    return train_linear(subject, budget.share(0.3))


def _describe(subject, trial):
    n_rows, n_columns = subject.X.shape
    rows = f"{n_rows} rows"
    if n_rows < len(subject.all_y):
        rows = f"{n_rows} of {len(subject.all_y)} rows"
    state = "fitted" if subject.is_fitted else "not fitted"
    n = trial.curve.n_epochs
    return (
        f"{type(subject.net).__name__} ({state}) on {rows}, {n_columns} columns, "
        f"{n} epoch{'s' * (n != 1)}"
    )


def _trial_facts(trial: Trial) -> dict[str, Any]:
    rows = trial.everything
    return {
        "parameters": int(trial.network.parameters.size),
        "training rows": len(rows.targets),
        "loss at the start": rows.loss_of(trial.start),
        "loss of all-zero scores": rows.zero,
        "loss of a constant": rows.chance,
        "loss at the end": rows.loss_of(trial.network),
        "trial": f"{trial.n_steps} steps, {trial.curve.n_epochs} epochs",
    }


def _check_trial(subject: Subject, trial: Trial) -> Iterator[Finding]:
    """Check the curve of a trial, and the layers at its start and end."""
    net, network, sample = subject.net, trial.network, trial.sample
    yield from check_divergence(net, trial.curve)
    yield from check_rise(net, trial.curve, sample)
    yield from check_update_ratios(net, trial.curve)
    if not subject.is_fitted and not trial.curve.diverged and network.is_finite():
        records = probe_layers(network, sample)
        yield from check_layers(records, network.activations, "after a trial")
    records, when = probe_layers(trial.start, sample), "at the start"
    yield from check_layers(records, trial.start.activations, when)
    X, scaling = sample.X, trial.start.scaling
    if scaling is not None:
        X = (X - scaling.mean) * scaling.inverse
    yield from check_gradient_signs(records, X, when)


def _check_own_training(subject: Subject) -> Iterator[Finding]:
    """Check the history and the layers of a fitted net."""
    if not subject.is_fitted:
        return
    net, network = copy(subject.net), network_of(subject.net)
    vars(net).pop("feature_names_in_", None)  # the rows are arrays here
    try:
        encoded: Any = encode(net, subject.X, subject.y, subject.weights)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X and y do not fit the data that the net was fitted to: {error}"
        ) from error
    weights = encoded.training_weight
    sample = Sample(
        encoded.X[:SAMPLE].astype(network.dtype), encoded.targets[:SAMPLE],
        encoded.table, loss_of(net), network.widths[-1],
        None if weights is None else weights[:SAMPLE],
    )  # fmt: skip
    losses = np.asarray(net.history_["loss"], float)
    curve = Curve(
        "epoch", np.arange(1, len(losses) + 1), losses,
        {"all layers": np.asarray(net.history_["update_ratio"], float)},
        np.asarray(net.history_["gradient_norm"], float),
        net.stop_reason_ == "diverged", len(losses),
    )  # fmt: skip
    yield from check_divergence(net, curve)
    yield from check_rise(net, curve, sample)
    yield from check_update_ratios(net, curve)
    if network.is_finite():
        records = probe_layers(network, sample)
        yield from check_layers(records, network.activations, "in the fitted net")
