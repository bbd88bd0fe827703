"""Rows that validate: the user's own, a fraction, or the first split of a splitter."""

from copy import copy, deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils.validation import check_consistent_length

from skdl.engine.evaluation import mean_loss
from skdl.engine.prediction import raw_scores
from skdl.estimators._classes import check_shares
from skdl.estimators._validation import check_training_data, split_rows
from skdl.estimators.validation_set import ValidationSet

__all__ = ["Held", "check_validation", "given_rows", "held_out", "validates"]


def validates(net):
    """Tell whether early stopping watches held-out rows.

    With lbfgs, `early_stopping` alone is inert, as in scikit-learn: something of ours
    has to ask for it. (Validation data given to ``fit`` do, too.)
    """
    asked = net.scoring is not None or net.validation_split is not None
    return net.early_stopping and (net.solver != "lbfgs" or asked)


def check_validation(net, X_val, y_val, sample_weight_val, incremental):
    """Return (X_val, y_val, sample_weight_val), or None; refuse what contradicts."""
    if isinstance(X_val, ValidationSet):
        if y_val is not None or sample_weight_val is not None:
            raise ValueError(
                "X_val is a ValidationSet, which has y and sample_weight of its own: "
                "leave y_val and sample_weight_val out."
            )
        X_val, y_val, sample_weight_val = X_val.X, X_val.y, X_val.sample_weight
    given = X_val is not None
    if given != (y_val is not None) or (sample_weight_val is not None and not given):
        raise ValueError(
            "X_val and y_val go together, and sample_weight_val with both: got X_val "
            f"{_said(X_val)}, y_val {_said(y_val)}, sample_weight_val "
            f"{_said(sample_weight_val)}."
        )
    if net.validation_split is not None:
        if given:
            raise ValueError(
                "validation_split and X_val both say what to validate on: leave X_val "
                "out, or set validation_split=None."
            )
        if incremental:
            raise ValueError(
                "partial_fit cannot hold out rows by validation_split: its batches are "
                "all that it sees. Pass X_val and y_val, and set validation_split=None."
            )
    if incremental and net.early_stopping and not given:
        raise ValueError(
            "partial_fit does not support early_stopping=True without validation data, "
            "as it has no rows to hold out. Pass X_val and y_val, set "
            "early_stopping=False or call fit."
        )
    if net.scoring is not None:
        if not (given or net.early_stopping or net.validation_split is not None):
            raise ValueError(
                f"scoring={net.scoring!r} has no rows to score: set "
                "early_stopping=True, or pass X_val and y_val."
            )
        if net.scoring != "loss":
            check_scoring(net, net.scoring)
    return (X_val, y_val, sample_weight_val) if given else None


def _said(argument):
    return "is None" if argument is None else "is given"


@dataclass
class Held:
    """Rows that validate, ready to be scored after each epoch.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
    rows : ndarray of int, or None
        Which of them; None for all.
    y : ndarray
        Of these rows, for scorers: as the user has it, but labels for soft targets.
    codes : ndarray
        Of these rows, as ``_code_targets`` returns it.
    targets, table : ndarray
        Of these rows, as in `Data`.
    weights : ndarray of shape (n_rows,), or None
    """

    X: object
    rows: object
    y: object
    codes: object
    targets: object
    table: object
    weights: object

    def evaluate(self, net):
        """Return (mean loss without penalty, score) of a net as it stands."""
        scores = raw_scores(net._network, self.X, self.rows)
        if not np.isfinite(scores).all():
            return np.nan, np.nan
        loss = mean_loss(net._loss(), scores, self.targets, self.table, self.weights)
        if net.scoring == "loss":
            return loss, -loss
        if net.scoring is None:
            return loss, net._validation_score(self.codes, scores, self.weights)
        # A copy without names: rows are arrays by now, and the scorer would be warned.
        named = copy(net)
        vars(named).pop("feature_names_in_", None)
        score = partial(
            check_scoring(net, net.scoring), named, self._rows_of_X(), self.y
        )
        if self.weights is None:
            return loss, float(score())
        return loss, float(score(sample_weight=self.weights))

    def check_scoring(self, net):
        """Score the starting weights, so that a scorer that cannot says so now."""
        if net.scoring is None or net.scoring == "loss":
            return
        try:
            self.evaluate(net)
        except Exception as error:
            weighted = " with their weights" if self.weights is not None else ""
            raise ValueError(
                f"scoring={net.scoring!r} cannot score the validation rows{weighted}: "
                f"{error}"
            ) from error

    def _rows_of_X(self):
        return self.X if self.rows is None else self.X[self.rows]


def given_rows(net, given, dtype, n_scores):
    """Return the user's validation data as a `Held`.

    Parameters
    ----------
    net : estimator
        Which knows its features and classes by now.
    given : tuple
        (X_val, y_val, sample_weight_val).
    dtype : numpy.dtype
        The network's.
    n_scores : int
        The width of its last layer.
    """
    X, y, weights = given
    try:
        check_consistent_length(X, y, weights)
        y = net._read_targets(y, False, None)
        X, y, weights = check_training_data(
            net, X, y, weights, reset=False, y_numeric=net._y_numeric
        )
        codes, targets, table, width = net._code_targets(y, dtype, False, True, None)
        if width != n_scores:
            raise ValueError(
                f"y_val asks for {width} outputs of the net, and y for {n_scores}."
            )
        weights = None if weights is None else weights[:, 0]
        return Held(X, None, _labels(net, y, codes), codes, targets, table, weights)
    except ValueError as error:
        raise ValueError(
            f"In the validation data (X_val, y_val, sample_weight_val): {error}"
        ) from error


def held_out(net, data, y, codes, weights, rng):
    """Return (rows to train on, the others as a `Held`).

    Parameters
    ----------
    net : estimator
    data : Data
    y, codes : ndarray
        The checked y, and what ``_code_targets`` made of it.
    weights : ndarray of shape (n_samples, 1), or None
        The user's own: those of classes are for training.
    rng : numpy.random.Generator
        Left as it is: a warm start is to hold out the same rows again, and not those
        that it has trained on.
    """
    y = _labels(net, y, codes)
    if net.validation_split is None:
        strata = net._strata(codes)
        if strata is not None:
            check_shares(strata)
        rows, held = split_rows(
            data.n_rows, net.validation_fraction, strata, deepcopy(rng)
        )
        how = f"validation_fraction={net.validation_fraction}"
    else:
        how = f"validation_split={net.validation_split!r}"
        try:
            rows, held = _first_split(net, data.X, y)
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(f"The first split of {how} fails: {error}") from error
    weights = None if weights is None else weights[held, 0]
    trains = data.weights is None or data.weights[rows].any()
    if not trains or not (weights is None or weights.any()):
        raise ValueError(
            "sample_weight is zero for all training rows, with class_weight, or for "
            f"all validation rows of the split by {how}."
        )
    held_rows = Held(
        data.X, held, y[held], codes[held], data.targets[held], data.table, weights
    )
    return rows, held_rows


def _labels(net, y, codes):
    """Return y, or the most probable class of each row, if y is soft."""
    if getattr(net, "_several_outputs", False):
        return y
    labels = net._strata(codes)
    return y if labels is None else labels


def _first_split(net, X, y):
    """Return the row numbers of the two parts, whatever the splitter says them in."""
    splitter = check_cv(net.validation_split, y, classifier=is_classifier(net))
    try:
        split = next(iter(splitter.split(X, y)), None)
    except ValueError as error:
        if "groups" not in str(error):
            raise
        raise ValueError(
            f"{error} The net does not know them: split beforehand, by "
            "validation_split=list(splitter.split(X, y, groups))."
        ) from error
    if split is None:
        raise ValueError("there is none. Was it an iterator that is used up?")
    # Negative numbers and boolean masks become row numbers by this.
    everything = np.arange(X.shape[0])
    rows, held = (everything[np.asarray(part)] if len(part) else part for part in split)
    if not (len(rows) and len(held)):
        raise ValueError(
            f"it has {len(rows)} rows to train on and {len(held)} to validate on, and "
            "both need some."
        )
    return rows, held
