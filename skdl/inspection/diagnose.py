"""All checks, one after the other."""

from copy import copy
from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from skdl.estimators._held import given_rows
from skdl.inspection._arguments import check_integer, check_number
from skdl.inspection._baseline_checks import check_baselines, train_linear
from skdl.inspection._data_checks import (
    check_class_imbalance,
    check_columns,
    check_duplicates,
    check_targets,
    data_facts,
)
from skdl.inspection._label_checks import check_label_noise
from skdl.inspection._layer_checks import (
    check_activations,
    check_gradient_flow,
    check_gradient_signs,
    check_units,
    check_weights,
    look_inside,
)
from skdl.inspection._scores import training_weights
from skdl.inspection._start_checks import (
    check_chance,
    check_gradients,
    check_initial_loss,
    check_tiny_subset,
)
from skdl.inspection._subject import make_subject
from skdl.inspection._training_checks import (
    check_divergence,
    check_gap,
    check_rate,
    check_rise,
    check_update_ratios,
)
from skdl.inspection._trial import SAMPLE, Budget, Sample, Trial, train_clone
from skdl.inspection.report import Report, sort_findings

__all__ = ["diagnose"]

# A training whose time was over is judged by what came out of it after so many steps;
# after fewer, any net looks bad.
ENOUGH_STEPS, ENOUGH_ITERATIONS = 200, 20


def diagnose(
    estimator, X, y, sample_weight=None, *,
    max_time=10.0, max_steps=2000, max_rows=5000, random_state=0,
):  # fmt: skip
    """Look for what keeps a net from learning, and say what to change.

    It checks the data as they reach the net, compares short trainings of clones with a
    constant and with a linear model, checks gradients, the loss at the start and
    whether a few rows can be learned by heart, and looks into the layers. If the
    estimator is fitted, its own training is judged, too. The guide "troubleshooting"
    lists all findings. A training as it should be has none.

    Parameters
    ----------
    estimator : net, Pipeline, TransformedTargetRegressor or fitted search
        A net of skdl, fitted or not, or one inside of these. It is not changed, and its
        callbacks are not called. Transformers before the net are applied first (those
        of a fitted net as they are, others fitted to the sample), so that findings are
        about what reaches the net.
    X : {array-like, CSR matrix or array} of shape (n_samples, n_features)
        What it is trained on, or is to be.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : array-like of shape (n_samples,), optional
        For the net: what ``fit`` gets, or is to get.
    max_time : float, default=10.0
        Seconds for all trainings together. What does not fit is listed in `skipped`;
        reading the data and looking at them is not counted, and takes few.
    max_steps : int, default=2000
        Steps of the longest of the trainings; it stops at `max_iter` epochs, if these
        are fewer. The epoch in which the last step falls is completed, time permitting.
    max_rows : int, default=5000
        Of more rows so many are drawn at random.
    random_state : int, RandomState instance or None, default=0
        Seed of whatever is drawn, and of nets that have none of their own.

    Returns
    -------
    report : Report
        Print it. Its ``findings`` have kind, severity, evidence, cause and cure.

    Raises
    ------
    TypeError
        If the estimator holds no net of skdl.
    ValueError
        What ``fit`` raises for invalid parameters or data.

    See Also
    --------
    skdl.engine.check_gradient : For losses and activations of one's own.

    References
    ----------
    A. Karpathy, "A recipe for training neural networks", 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.inspection import diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> X[:, 1] *= 1e6
    >>> report = diagnose(SoftmaxClassifier(random_state=0), X, y)
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
    check_integer("random_state", random_state, 0)
    subject = make_subject(estimator, X, y, max_rows, int(random_state), sample_weight)
    own = _own_training(subject)
    budget = Budget(max_time)
    facts, skipped, findings = {}, {}, []
    facts |= data_facts(subject)
    subject, trial = _train(subject, budget.share(0.4), max_steps, skipped)
    facts |= _trial_facts(trial)
    for check in (
        check_columns,
        check_targets,
        check_class_imbalance,
        check_duplicates,
    ):
        findings += check(subject)
    findings += check_gradients(subject, trial)
    findings += check_initial_loss(subject, trial)
    findings += _training_findings(subject, trial, own)
    linear = None
    if budget.left and trial.network.activations:
        linear = train_linear(subject, budget.share(0.3))
    late = f"the {max_time:g} seconds of max_time were over"
    enough = ENOUGH_ITERATIONS if subject.net.solver == "lbfgs" else ENOUGH_STEPS
    is_judged = not trial.cut or trial.steps[-1] >= enough
    if is_judged:
        findings += check_chance(subject, trial)
        findings += check_gap(subject, trial)
        findings += check_baselines(subject, trial, linear, facts)
    else:
        skipped["what training leads to"] = late
    for name, check in (
        ("tiny subset", lambda _: check_tiny_subset(subject, trial, budget)),
        ("rate", lambda _: check_rate(subject, trial, budget) if is_judged else ()),
        ("label noise", lambda kinds: check_label_noise(subject, budget, kinds)),
    ):
        if budget.left:
            findings += check({finding.kind for finding in findings})
        if not budget.left:
            skipped[name] = late
    return Report(_said(estimator, subject), sort_findings(findings), facts, skipped)


def _train(subject, max_time, max_steps, skipped):
    """Return the subject and its main `Trial`, without a scoring that fails.

    A scorer may need rows of each class, of which the held ones may lack some.
    """
    held = subject.held if len(subject.held) else None
    try:
        return subject, train_clone(subject, subject.train, held, max_time, max_steps)
    except ValueError as error:
        if subject.net.scoring is None or not str(error).startswith("scoring="):
            raise
        skipped["scoring"] = " ".join(str(error).split())
    subject = replace(subject, net=copy(subject.net).set_params(scoring=None))
    return subject, train_clone(subject, subject.train, held, max_time, max_steps)


def _said(estimator, subject):
    n_rows, n_columns = subject.X.shape
    rows = f"{n_rows} rows"
    if n_rows < len(subject.all_y):
        rows = f"{n_rows} of {len(subject.all_y)} rows"
    own = "fitted" if subject.fitted is not None else "not fitted"
    return f"{type(subject.net).__name__} ({own}) on {rows}, {n_columns} columns"


def _trial_facts(trial):
    rows = trial.everything
    return {
        "parameters": int(trial.network.parameters.size),
        "training rows": len(rows.targets),
        "loss at the start": rows.loss_of(trial.start),
        "loss of zero scores": rows.zero,
        "loss of a constant": rows.chance,
        "loss at the end": rows.loss_of(trial.network),
        "trial": f"{int(trial.steps[-1])} steps, {trial.n_epochs} epochs",
    }


def _training_findings(subject, trial, own):
    """Yield findings of a fitted net's own training first, then of the trial's."""
    if own is not None:
        yield from check_divergence(subject, own)
        yield from check_rise(subject, own)
        yield from check_update_ratios(subject, own)
        yield from _layer_findings(own, "in the fitted net")
    yield from check_divergence(subject, trial)
    yield from check_rise(subject, trial)
    yield from check_update_ratios(subject, trial)
    if own is None and not trial.diverged:
        yield from _layer_findings(trial, "after a trial")
    start = look_inside(trial.start, trial.sample)
    yield from _inside(start, trial.start, "at the start")
    X, scaling = trial.sample.X, trial.start.scaling
    if scaling is not None:
        X = (X - scaling.mean) * scaling.inverse
    yield from check_gradient_signs(start, X, "at the start")


def _layer_findings(trial, when):
    if trial.network.is_finite():
        records = look_inside(trial.network, trial.sample)
        yield from _inside(records, trial.network, when)


def _inside(records, network, when):
    yield from check_gradient_flow(records, when)
    yield from check_units(records, network.activations, when)
    yield from check_activations(records, when)
    yield from check_weights(records, when)


def _own_training(subject):
    """Return a fitted net's own training as a `Trial`, or None."""
    if subject.fitted is None:
        return None
    net, network = copy(subject.fitted), subject.fitted._network
    vars(net).pop("feature_names_in_", None)  # rows are arrays by now
    try:
        given = given_rows(
            net, (subject.X, subject.y, subject.weights), network.dtype,
            network.widths[-1],
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X and y are not such as the net was fitted to: {error.__cause__}"
        ) from error
    n = min(SAMPLE, subject.X.shape[0])
    X = given.X[:n].astype(network.dtype)
    weights = training_weights(net, given)
    sample = Sample(
        X, given.targets[:n], given.table, net._loss(), network.widths[-1],
        None if weights is None else weights[:n],
    )  # fmt: skip
    losses = np.asarray(net.history_["loss"], float)
    return Trial(
        net=subject.fitted, network=network, start=None, sample=sample,
        steps=np.arange(len(losses)), losses=losses,
        ratios={"all layers": np.asarray(net.history_["update_ratio"], float)},
        history=net.history_, held=None, diverged=net.stop_reason_ == "diverged",
        finished=True, n_epochs=len(losses),
    )  # fmt: skip
