"""Scores of trained nets and of a constant, with standard errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.metrics import check_scoring

from skdl.engine.constant_scores import losses_of_rows
from skdl.engine.stacking import network_like
from skdl.estimators._internal_api import (
    EncodedRows,
    encode,
    raw_scores,
    with_network,
)
from skdl.inspection._metric_names import metric_label
from skdl.inspection.diagnosis._subject import Subject
from skdl.inspection.diagnosis._trial import Trial

# The jackknife leaves out one of this number of groups of rows at a time.
N_GROUPS = 10
SMALLEST = np.finfo(float).tiny
# With fewer rows held out, scores are too rough to compare.
MIN_HELD_OUT = 20
# Differences below this number of standard errors of the paired rows count as noise:
# one false alarm in 160 comparisons (one-sided, normal).
N_ERRORS = 2.5
# Smaller differences of scores do not matter, however certain they are.
MIN_DIFFERENCE = 0.01


@dataclass
class Score:
    """A model's score, and its parts for the error of a difference of two scores.

    Attributes
    ----------
    value : float
        The score.
    parts : ndarray
        The scores of single rows, whose weighted mean is the value. For a scorer, which
        has no scores of rows: the scores of all rows but a group, for each group.
    weights : ndarray or None
        The weights of the rows.
    has_rows : bool
        Whether the parts are scores of rows.
    """

    value: float
    parts: np.ndarray
    weights: np.ndarray | None = None
    has_rows: bool = True

    @property
    def error(self) -> float:
        """The standard error of the value."""
        return self._standard_error(self.parts)

    def gain_over(self, other: Score) -> tuple[float, float]:
        """Return the difference to another model on the same rows, and its error."""
        return self.value - other.value, self._standard_error(self.parts - other.parts)

    def _standard_error(self, parts):
        if not self.has_rows:
            parts = parts[np.isfinite(parts)]
            if len(parts) < 3:
                return np.inf
            return float(np.sqrt((len(parts) - 1) * parts.var()))
        weights = np.ones(len(parts)) if self.weights is None else self.weights
        shares = weights / weights.sum()
        deviations = parts - shares @ parts
        return float(np.sqrt(np.sum((shares * deviations) ** 2)))


def metric_name(subject: Subject) -> str:
    """Return the name of the metric by which a net is scored."""
    scoring = subject.net.scoring
    if _scores_loss(subject):
        return "R²" if scoring is None else "explained share of the loss"
    if scoring is not None:
        return metric_label(scoring)
    class_weight = getattr(subject.net, "class_weight", None)
    if class_weight is None and subject.weights is None:
        return "accuracy"
    is_balanced = class_weight == "balanced" and subject.kind == "labels"
    is_balanced = is_balanced and subject.weights is None
    return "balanced accuracy" if is_balanced else "weighted accuracy"


def score_of(
    subject: Subject, trial: Trial, rows: np.ndarray, network: Any = None
) -> Score:
    """Return the `Score` of a trained net on rows.

    The net's `scoring` is used, if it is set. Otherwise a classifier's score is the
    share of correct labels, weighted as in training, and a regressor's is
    1 - J / J̄ with the mean loss J̄ of the best constant: R² for squared errors.

    Parameters
    ----------
    subject : Subject
        The net and its data.
    trial : Trial
        A trial that has not diverged.
    rows : ndarray of int
        The rows of the subject to score.
    network : Network, optional
        The network to score in place of the trial's.
    """
    net = trial.net if network is None else with_network(trial.net, network)
    scorer = _scorer(subject)
    if scorer is not None:
        return _jackknife(scorer, net, subject, rows)
    if _scores_loss(subject):

        def scores_of(part):
            return raw_scores(net, subject.X[rows[part]])

        return _explained_share(subject, trial, rows, scores_of)
    predicted = np.asarray(net.predict(subject.X[rows]))
    return _share_of_correct_labels(subject, trial, rows, predicted)


def unseen_loss(subject: Subject, trial: Trial, net: Any, rows: np.ndarray) -> Score:
    """Return the `Score` 1 - J / J̄ of a net by its loss, whatever its `scoring`.

    Parameters
    ----------
    subject, trial, rows
        As for `score_of`.
    net : net of skdl
        A net that was trained on the rows of the trial.
    """

    def scores_of(part):
        return raw_scores(net, subject.X[rows[part]])

    return _explained_share(subject, trial, rows, scores_of)


def constant_score(subject: Subject, trial: Trial, rows: np.ndarray) -> Score:
    """Return the `Score` of the best constant prediction of the training rows.

    Parameters
    ----------
    subject, trial, rows
        As for `score_of`.
    """
    if _scorer(subject) is not None:
        return score_of(subject, trial, rows, _constant_network(trial))
    if _scores_loss(subject):
        return _explained_share(subject, trial, rows, _constant_scores(trial))
    train, labels = subject.train, subject.plain_labels
    model = DummyClassifier(strategy="most_frequent")
    model.fit(train[:, np.newaxis], labels[train], trial.everything.weights)
    predicted = model.predict(rows[:, np.newaxis])
    return _share_of_correct_labels(subject, trial, rows, predicted)


def has_score(subject: Subject, trial: Trial, rows: np.ndarray) -> bool:
    """Return whether rows can be scored: equal numbers have no R².

    Parameters
    ----------
    subject, trial, rows
        As for `score_of`.
    """
    if not _scores_loss(subject):
        return True
    return _constant_loss(trial, _encode(subject, trial, rows)) > 1e3 * SMALLEST


def scale_of(subject: Subject, constant: Score) -> tuple[float, float]:
    """Return (factor, way): scores times `factor` are at most `way` above the constant.

    The best score of most scorers is 1. Scorers of a loss are negative and at most 0;
    the constant's score is their unit.

    Parameters
    ----------
    subject : Subject
        The net and its data.
    constant : Score
        The score of the best constant.
    """
    scoring = subject.net.scoring
    is_loss = _scorer(subject) is not None and constant.value < 0
    if isinstance(scoring, str):
        is_loss = is_loss and scoring.startswith("neg_")
    if is_loss or constant.value > 1:
        return 1 / max(abs(constant.value), SMALLEST), 1.0
    return 1.0, 1 - constant.value


def _scores_loss(subject):
    """Return whether a net is scored by its loss."""
    scoring = subject.net.scoring
    is_loss = isinstance(scoring, str) and scoring == "loss"
    return is_loss or (scoring is None and subject.kind == "numbers")


def _scorer(subject):
    """Return the scorer of the net's `scoring`, or None."""
    if subject.net.scoring is None or _scores_loss(subject):
        return None
    return check_scoring(subject.net, subject.net.scoring)


def _encode(subject, trial, rows) -> EncodedRows:
    weights = None if subject.weights is None else subject.weights[rows]
    return encode(trial.net, subject.X[rows], subject.y[rows], weights)


def _mean(parts, weights):
    return Score(float(np.average(parts, weights=weights)), parts, weights)


def _share_of_correct_labels(subject, trial, rows, predicted):
    correct = predicted == subject.plain_labels[rows]
    correct = correct.reshape(len(rows), -1).mean(axis=1)
    weights = _encode(subject, trial, rows).training_weight
    return _mean(correct, weights)


def _explained_share(subject, trial, rows, scores_of):
    encoded = _encode(subject, trial, rows)
    losses = _losses(trial, encoded, scores_of)
    parts = 1 - losses / max(_constant_loss(trial, encoded), SMALLEST)
    return _mean(parts, encoded.training_weight)


def _constant_loss(trial, encoded):
    """Return the mean loss of the training rows' best constant for other rows."""
    losses = _losses(trial, encoded, _constant_scores(trial))
    return float(np.average(losses, weights=encoded.training_weight))


def _losses(trial, encoded, scores_of):
    sample = trial.sample
    return losses_of_rows(
        scores_of, encoded.targets, encoded.table, sample.loss, sample.n_scores
    )


def _constant_scores(trial):
    """Return a function of the scores of any rows: the best constant."""
    constant = trial.everything.constant
    return lambda rows: np.broadcast_to(
        constant, (rows.stop - rows.start, len(constant))
    )


def _constant_network(trial):
    """Return a copy of the trial's network whose output is the best constant."""
    network = network_like(trial.network, *trial.network.snapshot())
    weights, biases = network.views(network.parameters)[
        network.layers.index(network.affine[-1])
    ]
    weights[...], biases[...] = 0, trial.everything.constant
    return network


def _jackknife(scorer, net, subject, rows):
    """Return the score of all rows, with those of all rows but each group of them."""
    classes = subject.class_numbers
    order = np.arange(len(rows))
    if classes is not None:
        order = np.argsort(classes[rows], kind="stable")
    group = np.empty(len(rows), int)
    group[order] = np.arange(len(rows)) % N_GROUPS

    def score(chosen):
        weights = {}
        if subject.weights is not None:
            weights = {"sample_weight": subject.weights[chosen]}
        try:
            X, y = subject.X[chosen], subject.plain_labels[chosen]
            return float(scorer(net, X, y, **weights))
        except Exception:  # for example, a class is missing in these rows
            return np.nan

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        value = score(rows)
        parts = np.array([score(rows[group != k]) for k in range(N_GROUPS)])
    return Score(value, parts, has_rows=False)
