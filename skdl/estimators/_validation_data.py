"""Validation rows, and how they are scored after each epoch."""

from copy import copy
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from sklearn.metrics import check_scoring, get_scorer

from skdl._data_errors import has_named_columns, or_nothing
from skdl._inputs import refuse_containers
from skdl._numbers_of_rows import check_numbers_of_rows
from skdl._sklearn import scorer_function, scorer_settings, usual_response
from skdl._warn import warn
from skdl.engine.losses import sum_of_losses
from skdl.engine.prediction import by_passes
from skdl.estimators._check_input import check_training_data
from skdl.estimators._scoring import FIRST, metrics_of
from skdl.estimators._validation_warnings import (
    about_pipelines,
    one_warning_of_names,
    warn_if_far,
    warn_of_other_rows,
)
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._forms import read_distributions


@dataclass
class ValidationData:
    """Validation rows, checked and encoded, which are scored after each epoch.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features), or CSR array
    frame : data frame or None
        The rows as the user passed them, for scorers that read column names.
    rows : ndarray of int, or None
        Numbers of the validation rows in X; None for all rows.
    y : ndarray
        Targets for scorers: as the user passed them, but labels for soft targets.
    meaning : Targets
        What y means.
    codes : ndarray
        The targets as ``meaning.read`` returns them.
    targets, table : ndarray
        The targets as the loss takes them; see `Data`.
    weights : ndarray of shape (n_rows,), or None
    errors : dict of str
        By the name of a record, the last error of its scorer; the score of that epoch
        is NaN.
    raw_scores : ndarray of shape (n_rows, n_scores), or None
        The network's raw scores of the rows, if a stack of networks computed them.
    """

    X: object
    frame: object
    rows: object
    y: object
    meaning: object
    codes: object
    targets: object
    table: object
    weights: object
    errors: dict = field(default_factory=dict)
    raw_scores: object = None

    def evaluate(self, net):
        """Return the mean loss without penalty, and scores, of a net as it is now.

        The scores are a dict with the names of `metrics_of`. It is empty, and the loss
        NaN, if raw scores are not finite.
        """
        loss, decided = self._by_passes(net)
        if decided is None:
            return np.nan, {}
        metrics, scores = metrics_of(net.scoring), {}
        for record, scorer in metrics.items():
            if scores and scorer is metrics[FIRST]:
                scores[record] = scores[FIRST]
            else:
                scores[record] = self._measure(net, record, scorer, loss, decided)
        return loss, scores

    def _measure(self, net, record, scorer, loss, decided):
        """Return one score; NaN, and a warning at first, if its scorer fails."""
        if scorer is None:
            return self.meaning.score(self.codes, decided, self.weights)
        if scorer == "loss":
            return -loss
        try:
            return self._score(copy(net), scorer)
        except Exception as error:
            self._take_note(net, record, error)
            return np.nan

    def _by_passes(self, net):
        """Return (mean loss, decisions); the latter None if scores are not finite.

        Scores are computed for one block of rows at a time, because many classes make
        them large.
        """
        loss, total, start, finite = self.meaning.loss, 0.0, 0, True

        def reduced(scores):
            nonlocal total, start, finite
            part = slice(start, start + len(scores))
            start, finite = part.stop, finite and bool(np.isfinite(scores).all())
            weights = None if self.weights is None else self.weights[part]
            if finite:
                rows = scores, self.targets[part], self.table, weights
                total += sum_of_losses(loss, *rows)
            if net.scoring is not None:
                return np.empty((len(scores), 0))
            with np.errstate(**({} if finite else {"all": "ignore"})):
                return self.meaning.decide(scores)

        if self.raw_scores is None:
            decided = by_passes(net._network, self.X, reduced, self.rows)
        else:
            decided = reduced(self.raw_scores)
        weight = float(start if self.weights is None else np.sum(self.weights))
        return total / weight, decided if finite else None

    def _score(self, net, scorer):
        """Score a copy of the net by a scorer; the copy may be changed."""
        if self.frame is None:
            X = self.X if self.rows is None else self.X[self.rows]
            # Rows are arrays by now, and scikit-learn would warn that they lack names.
            vars(net).pop("feature_names_in_", None)
        else:
            X = self.frame
        score = partial(check_scoring(net, scorer), net, X, self.y)
        if self.weights is None:
            return float(score())
        return float(score(sample_weight=self.weights))

    def _take_note(self, net, record, error):
        """Store the error of a scorer; warn of the first one."""
        first = record not in self.errors
        self.errors[record] = or_nothing(str, error)
        if first:
            warn(
                f"{_name_of(net, record)} failed after epoch {net.n_iter_}, and the "
                f"score of such an epoch is NaN: {self.errors[record]}",
                UserWarning,
            )

    def check_scoring(self, net):
        """Score once before training, so that an unusable scorer fails at once."""
        metrics = metrics_of(net.scoring)
        for record, scorer in metrics.items():
            is_repeated = record != FIRST and scorer is metrics[FIRST]
            if not (scorer is None or scorer == "loss" or is_repeated):
                self._check_scorer(net, record, scorer)

    def _check_scorer(self, net, record, scorer):
        """Raise ValueError if a scorer cannot score these rows.

        Starting weights may predict values that a scorer refuses: the logarithmic error
        refuses negative numbers. So ideal predictions are scored as a second try.
        """
        error = None
        for make in (copy, lambda _: self.meaning.ideal_net(self)):
            try:
                self._score(make(net), scorer)
            except Exception as caught:
                error = caught if error is None else error
            else:
                return
        weighted = " with their weights" if self.weights is not None else ""
        raise ValueError(
            f"{_name_of(net, record)} cannot score the validation rows{weighted}: "
            f"{str(error).rstrip('.')}."
            f"{or_nothing(_way_out, self, scorer, error)}"
        ) from error


def _name_of(net, record):
    """Return the metric of a record as users wrote it: "scoring='f1'"."""
    records = list(metrics_of(net.scoring))
    if len(records) == 1:
        scorer = net.scoring
        if isinstance(scorer, str) or scorer_function(scorer)[0] is scorer:
            return f"scoring={scorer!r}"
        # scikit-learn's own text has no quotes around 'bad' in pos_label='bad'.
        return f"scoring={_as_code(scorer, scorer_settings(scorer))}"
    own = records[1] if record == FIRST else record
    return f"scoring={own.removeprefix('validation_')!r}"


def _way_out(held, scorer, error):
    """Return a scorer that gets what its metric needs, or "".

    A metric of scores needs scores. A metric of two classes needs to know which is the
    positive one: the rare. Of two equally frequent classes, it is the last one, as in
    scikit-learn.
    """
    scorer = get_scorer(scorer)
    settings, sentence = scorer_settings(scorer), ""
    classes, sizes = np.unique(held.y, return_counts=True)
    response = usual_response(scorer)
    suits = len(classes) == 2 or response == "predict_proba"
    if "response_method" not in settings and response is not None and suits:
        sentence = "Let the metric see scores"
        settings = {"response_method": response} | settings
    if "pos_label" in str(error):
        sentence = "Name the positive class"
        settings["pos_label"] = classes[len(sizes) - 1 - np.argmin(sizes[::-1])].item()
    return f" {sentence}: scoring={_as_code(scorer, settings)}." if sentence else ""


def _as_code(scorer, settings):
    """Return the call of ``make_scorer`` with these settings for the metric."""
    function, _ = scorer_function(scorer)
    texts = [f"{name}={value!r}" for name, value in settings.items()]
    return f"make_scorer({', '.join([function.__name__, *texts])})"


def encode_validation(net, given, dtype, n_scores, trained=None):
    """Return the user's validation data as a `ValidationData`.

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
    trained : (ndarray, ndarray), optional
        The rows and the targets that the net is trained on, to compare those given
        with.
    """
    X, y, weights = given
    frame = X if scorer_wants_frame(net, X) else None
    try:
        refuse_containers(X, "X_val")
        refuse_containers(y, "y_val")
        check_numbers_of_rows(X_val=X, y_val=y, sample_weight_val=weights)
        y = read_distributions(net, y)
        with one_warning_of_names(net, X):
            X, y, weights = check_training_data(
                net, X, y, weights, reset=False, y_numeric=net._y_numeric
            )
        meaning = targets_of(net, y)
        codes = meaning.read(y)
        targets, table, width = meaning.encode(codes, dtype)
        if width != n_scores:
            raise ValueError(
                f"y_val asks for {width} outputs of the net, and y for {n_scores}."
            )
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"In the validation data (X_val, y_val, sample_weight_val): {error}"
            + or_nothing(about_pipelines, error)
        ) from error
    if trained is not None:
        warn_of_other_rows(X, trained[0], getattr(net, "feature_names_in_", None))
    if trained is not None and net._y_numeric:
        warn_if_far(codes, trained[1])
    weights = None if weights is None else weights[:, 0]
    y = meaning.for_scorers(y, codes)
    return ValidationData(X, frame, None, y, meaning, codes, targets, table, weights)


def scorer_wants_frame(net, X):
    """Tell whether X is a data frame, and the scorer one that may ask for columns.

    Names that the net does not know, or that it misses, would be a warning.
    """
    own = any(map(callable, metrics_of(net.scoring).values()))
    if not own or not or_nothing(has_named_columns, X, nothing=False):
        return False
    named = all(isinstance(name, str) for name in X.columns)
    return named == hasattr(net, "feature_names_in_")
