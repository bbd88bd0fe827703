"""How well models do on rows: by the net's own scoring, or row by row."""

import warnings
from copy import copy
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import check_scoring

from skdl.engine.stacking import network_like
from skdl.estimators._held import given_rows
from skdl.inspection._losses import row_losses

__all__ = [
    "Score",
    "constant_score",
    "has_score",
    "metric_name",
    "scale_of",
    "score_of",
    "training_weights",
]

# A scorer is asked about the rows without each of so many groups in turn.
N_GROUPS = 10
TINY = np.finfo(float).tiny


@dataclass
class Score:
    """A model's score, with what tells how sure a difference of two scores is.

    Attributes
    ----------
    value : float
    parts : ndarray
        The scores of single rows, whose mean is the value; or, of a scorer, the scores
        of all rows but a group, for each group (the jackknife).
    weights : ndarray or None
        Of the rows.
    has_rows : bool
        Whether the parts are those of rows.
    """

    value: float
    parts: np.ndarray
    weights: np.ndarray | None = None
    has_rows: bool = True

    @property
    def error(self):
        """The standard error of the value."""
        return self._error_of(self.parts)

    def gain_over(self, other):
        """Return the difference to another model on the same rows, and its error."""
        return self.value - other.value, self._error_of(self.parts - other.parts)

    def _error_of(self, parts):
        if not self.has_rows:
            parts = parts[np.isfinite(parts)]
            if len(parts) < 3:
                return np.inf
            return float(np.sqrt((len(parts) - 1) * parts.var()))
        weights = np.ones(len(parts)) if self.weights is None else self.weights
        shares = weights / weights.sum()
        deviations = parts - shares @ parts
        return float(np.sqrt(np.sum((shares * deviations) ** 2)))


def metric_name(subject):
    """Return what the scores of a net are called.

    Parameters
    ----------
    subject : Subject
    """
    scoring = subject.net.scoring
    if _uses_loss(subject):
        return "R²" if scoring is None else "share of the loss explained"
    if _scorer(subject) is not None:
        name = scoring if isinstance(scoring, str) else None
        name = name or getattr(scoring, "__name__", type(scoring).__name__)
        return name.replace("_", " ")
    class_weight = getattr(subject.net, "class_weight", None)
    if class_weight is None and subject.weights is None:
        return "accuracy"
    is_balanced = class_weight == "balanced" and subject.kind == "labels"
    is_balanced = is_balanced and subject.weights is None
    return "balanced accuracy" if is_balanced else "weighted accuracy"


def score_of(subject, trial, rows, network=None):
    """Return the `Score` of a trained net on rows.

    By the net's `scoring`, if it has one. Else it is the share of each row's labels
    that are right, weighted as in training; or, for numbers, 1 - J / J̄ with the mean
    loss J̄ of the best constant, which is R² for squared errors.

    Parameters
    ----------
    subject : Subject
    trial : Trial
        Not diverged.
    rows : ndarray of int
    network : Network, optional
        To score instead of the trial's.
    """
    net = trial.net
    if network is not None:
        net = copy(net)
        net._network = network
    scorer = _scorer(subject)
    if scorer is not None:
        return _jackknife(scorer, net, subject, rows)
    held = _coded(subject, trial, rows)
    if _uses_loss(subject):
        return _share_of_loss(
            subject, trial, rows, held, net._raw_scores(subject.X[rows])
        )
    predicted, y = np.asarray(net.predict(subject.X[rows])), _labels(subject)[rows]
    right = (predicted == y).reshape(len(rows), -1).mean(axis=1)
    return _mean(right, training_weights(trial.net, held))


def constant_score(subject, trial, rows):
    """Return the `Score` of what suits the training rows best if all get the same.

    Parameters
    ----------
    subject, trial, rows
        As for `score_of`.
    """
    if _scorer(subject) is not None:
        return score_of(subject, trial, rows, _constant_network(trial))
    held = _coded(subject, trial, rows)
    if _uses_loss(subject):
        constant = np.tile(trial.everything.constant, (len(rows), 1))
        return _share_of_loss(subject, trial, rows, held, constant)
    labels, weights = _labels(subject), trial.everything.weights
    train = labels[subject.train].reshape(len(subject.train), -1)
    right = []
    for column, there in zip(
        train.T, labels[rows].reshape(len(rows), -1).T, strict=True
    ):
        known, numbers = np.unique(column, return_inverse=True)
        frequent = known[np.bincount(numbers, weights).argmax()]
        right.append(there == frequent)
    return _mean(np.mean(right, axis=0), training_weights(trial.net, held))


def has_score(subject, trial, rows):
    """Tell whether rows can be scored: numbers that are all equal have no R².

    Parameters
    ----------
    subject, trial, rows
        As for `score_of`.
    """
    if not _uses_loss(subject):
        return True
    return _constant_loss(trial, _coded(subject, trial, rows)) > 1e3 * TINY


def scale_of(subject, constant):
    """Return (factor, way): scores times the factor have a best value that is way off.

    The best score of most scorers is 1. That of scorers of a loss, which is negative,
    is 0, and the constant's score is the unit then.

    Parameters
    ----------
    subject : Subject
    constant : Score
        Of the best constant.
    """
    scoring = subject.net.scoring
    is_loss = _scorer(subject) is not None and constant.value < 0
    if isinstance(scoring, str):
        is_loss = is_loss and scoring.startswith("neg_")
    if is_loss or constant.value > 1:
        return 1 / max(abs(constant.value), TINY), 1.0
    return 1.0, 1 - constant.value


def _uses_loss(subject):
    scoring = subject.net.scoring
    return scoring == "loss" or (scoring is None and subject.kind == "numbers")


def _scorer(subject):
    """Return the scorer that the net's `scoring` names, or None."""
    scoring = subject.net.scoring
    if scoring is None or (isinstance(scoring, str) and scoring == "loss"):
        return None
    return check_scoring(subject.net, scoring)


def _labels(subject):
    return subject.y.argmax(axis=1) if subject.kind == "soft" else subject.y


def _coded(subject, trial, rows):
    """Return rows as `Held`, coded as the trial's net codes them."""
    if rows is subject.held and trial.held is not None:
        return trial.held
    weights = None if subject.weights is None else subject.weights[rows]
    network = trial.network
    given = subject.X[rows], subject.y[rows], weights
    return given_rows(trial.net, given, network.dtype, network.widths[-1])


def training_weights(net, held):
    """Return what rows count in training, by their own weights and by their classes.

    Parameters
    ----------
    net : fitted net
    held : Held
    """
    weights = None if held.weights is None else held.weights[:, np.newaxis]
    weights = net._training_weights(held.codes, weights, np.dtype(np.float64))
    return None if weights is None else np.ravel(weights).astype(np.float64)


def _mean(parts, weights):
    return Score(float(np.average(parts, weights=weights)), parts, weights)


def _share_of_loss(subject, trial, rows, held, scores):
    losses = row_losses(trial.sample.loss, scores, held.targets, held.table)
    parts = 1 - losses / max(_constant_loss(trial, held), TINY)
    return _mean(parts, training_weights(trial.net, held))


def _constant_loss(trial, held):
    """Return the mean loss of the best constant of the training rows on other rows."""
    constant = np.tile(trial.everything.constant, (len(held.targets), 1))
    losses = row_losses(trial.sample.loss, constant, held.targets, held.table)
    return float(np.average(losses, weights=training_weights(trial.net, held)))


def _constant_network(trial):
    """Return the trial's network with an output that is the best constant."""
    network = network_like(trial.network, *trial.network.snapshot())
    weights, biases = network.views(network.parameters)[
        network.layers.index(network.affine[-1])
    ]
    weights[...], biases[...] = 0, trial.everything.constant
    return network


def _jackknife(scorer, net, subject, rows):
    """Return the score of all rows, and of all but each group of them."""
    labels = None if subject.labels is None else subject.labels[rows]
    order = (
        np.arange(len(rows)) if labels is None else np.argsort(labels, kind="stable")
    )
    group = np.empty(len(rows), int)
    group[order] = np.arange(len(rows)) % N_GROUPS

    def score(chosen):
        weights = {}
        if subject.weights is not None:
            weights = {"sample_weight": subject.weights[chosen]}
        try:
            return float(
                scorer(net, subject.X[chosen], _labels(subject)[chosen], **weights)
            )
        except Exception:  # as where a class is missing among the rows
            return np.nan

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        value = score(rows)
        parts = np.array([score(rows[group != k]) for k in range(N_GROUPS)])
    return Score(value, parts, has_rows=False)
