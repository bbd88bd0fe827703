"""Validation data: the user's own, a random fraction, or a splitter's first split."""

import warnings
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils.validation import check_consistent_length

from skdl._data_errors import has_named_columns, or_nothing, rows_of
from skdl._inputs import refuse_containers
from skdl._sklearn import (
    ONE_HAS_NAMES,
    feature_names,
    scorer_function,
    scorer_settings,
    usual_response,
)
from skdl._warn import warn
from skdl.engine.losses import sum_of_losses
from skdl.engine.prediction import by_passes
from skdl.estimators._check_input import check_training_data, spacing
from skdl.estimators._resolve import uses_lbfgs
from skdl.estimators._scoring import FIRST, metrics_of
from skdl.estimators.targets._choice import targets_of
from skdl.estimators.targets._forms import read_distributions
from skdl.estimators.validation_set import ValidationSet

# With fewer rows the range of a column says too little to warn.
ENOUGH = 20
# The largest number of elements of X and of X_val that are compared.
ELEMENTS = 2**17
OF_PIPELINES = (
    "If the net is in a Pipeline, the steps before it transform X, but not X_val. "
    "Write Pipeline(..., transform_input=['X_val']), call "
    "net.set_fit_request(X_val=True, y_val=True), and switch on "
    "sklearn.set_config(enable_metadata_routing=True)."
)


def holds_out(net):
    """Return whether early stopping holds rows out and monitors their score.

    With lbfgs, `early_stopping` alone has no effect, as in scikit-learn. It needs
    `scoring`, `validation_split`, or validation data passed to ``fit``.
    """
    asked = net.scoring is not None or net.validation_split is not None
    return net.early_stopping and (not uses_lbfgs(net) or asked)


def check_validation(net, X_val, y_val, sample_weight_val, *, incremental=False):
    """Return (X_val, y_val, sample_weight_val), or None; refuse what contradicts."""
    X_val, y_val, sample_weight_val = _arrays_of(X_val, y_val, sample_weight_val)
    given = X_val is not None
    _refuse_contradictions(net, given=given, incremental=incremental)
    return (X_val, y_val, sample_weight_val) if given else None


def _arrays_of(X_val, y_val, sample_weight_val):
    """Return the three arrays in a `ValidationSet`, in tuples or as they are."""
    if isinstance(X_val, ValidationSet):
        if y_val is not None or sample_weight_val is not None:
            raise ValueError(
                "X_val is a ValidationSet, which has y and sample_weight of its own: "
                "leave y_val and sample_weight_val out."
            )
        X_val, y_val, sample_weight_val = X_val.X, X_val.y, X_val.sample_weight
    elif isinstance(X_val, tuple):
        X_val, y_val, sample_weight_val = _out_of_tuples(
            X_val, y_val, sample_weight_val
        )
    elif isinstance(X_val, list) and y_val is None and _is_pair(X_val):
        raise ValueError("X_val is a list of X and y: pass them as X_val and y_val.")
    given = X_val is not None
    if given != (y_val is not None) or (sample_weight_val is not None and not given):
        raise ValueError(
            "X_val and y_val go together, and sample_weight_val with both: "
            + _missing(X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
        )
    return X_val, y_val, sample_weight_val


def _refuse_contradictions(net, *, given, incremental):
    """Refuse parameters that do not go with validation data, or need them."""
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
        for scorer in metrics_of(net.scoring).values():
            if scorer != "loss":
                check_scoring(net, scorer)


def _out_of_tuples(X_val, y_val, sample_weight_val):
    """Return the arrays in tuples of one array, which searches and pipelines pass on.

    ``Pipeline(..., transform_input=["X_val"])`` transforms what is in a tuple.
    """
    if y_val is None and len(X_val) in (2, 3):
        raise ValueError(
            f"X_val is a tuple of {len(X_val)}: pass its parts as X_val and y_val, or "
            "X_val=ValidationSet(*X_val)."
        )
    if len(X_val) != 1 or or_nothing(np.ndim, X_val[0]) != 2:
        return X_val, y_val, sample_weight_val
    return X_val[0], _only_one(y_val), _only_one(sample_weight_val)


def _is_pair(values):
    """Tell whether a list holds a matrix and as many targets."""
    lengths = or_nothing(lambda: [len(one) for one in values], nothing=[])
    is_matrix = lengths and or_nothing(np.ndim, values[0], nothing=0) == 2
    return len(lengths) == 2 and is_matrix and lengths[0] == lengths[1]


def _only_one(values):
    return values[0] if isinstance(values, tuple) and len(values) == 1 else values


def _missing(**arguments):
    """Return a sentence about which arguments are given, and which are missing."""
    given = [name for name, value in arguments.items() if value is not None]
    missing = [n for n in arguments if n not in given and n != "sample_weight_val"]
    return f"got {' and '.join(given)} without {' and '.join(missing)}."


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
    frame = X if _scorer_wants_frame(net, X) else None
    try:
        refuse_containers(X, "X_val")
        refuse_containers(y, "y_val")
        check_consistent_length(X, y, weights)
        y = read_distributions(net, y)
        with _one_warning_of_names(net, X):
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
            + or_nothing(_about_pipelines, error)
        ) from error
    if trained is not None:
        _warn_of_other_rows(X, trained[0], getattr(net, "feature_names_in_", None))
    if trained is not None and net._y_numeric:
        warn_if_far(codes, trained[1])
    weights = None if weights is None else weights[:, 0]
    y = meaning.for_scorers(y, codes)
    return ValidationData(X, frame, None, y, meaning, codes, targets, table, weights)


@contextmanager
def _one_warning_of_names(net, X_val):
    """Warn if only one of X and X_val has column names, in place of scikit-learn."""
    is_named = or_nothing(feature_names, X_val, nothing=None) is not None
    if is_named == hasattr(net, "feature_names_in_"):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ONE_HAS_NAMES)
        yield
    if is_named:
        which = "X_val has column names and X has none"
        advice = f"Pass both as data frames, or both as arrays. {OF_PIPELINES}"
    else:
        which = "X has column names and X_val has none"
        advice = "Pass X_val as a data frame with the columns of X."
    warn(f"{which}: they are compared by position only. {advice}", UserWarning)


def _scorer_wants_frame(net, X):
    """Tell whether X is a data frame, and the scorer one that may ask for columns.

    Names that the net does not know, or that it misses, would be a warning.
    """
    own = any(map(callable, metrics_of(net.scoring).values()))
    if not own or not or_nothing(has_named_columns, X, nothing=False):
        return False
    named = all(isinstance(name, str) for name in X.columns)
    return named == hasattr(net, "feature_names_in_")


def _about_pipelines(error):
    """Return what to do if the rows of X_val have not been transformed as X has."""
    text = str(error)
    if not any(word in text for word in ("feature", "convert string", "columns")):
        return ""
    return f"\n{OF_PIPELINES}"


def warn_if_far(y_val, y):
    """Warn of validation targets in other units than those that are trained on.

    Parameters
    ----------
    y_val, y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
    """
    y_val, y = (values.reshape(len(values), -1) for values in (y_val, y))
    far = _far_column(y_val, y)
    if far is not None:
        i, of_y, of_y_val = far
        column = f" in column {i}" if y.shape[1] > 1 else ""
        warn(
            f"y_val lies far outside y{column}: y goes {of_y}, and half of y_val "
            f"{of_y_val}, so that validation loss and score say nothing. "
            "TransformedTargetRegressor transforms y and not y_val: pass "
            "y_val=transformer.transform(y_val), of a transformer fitted to y, or let "
            "the net scale both: standardize_target=True.",
            UserWarning,
        )


def _warn_of_other_rows(X_val, X, names):
    """Warn of validation rows that a pipeline has not transformed as X."""
    if issparse(X) or issparse(X_val):
        return
    # At least half of these rows are compared.
    most = max(2 * ENOUGH, ELEMENTS // X.shape[1])
    far = _far_column(*(some[:: spacing(len(some), most)] for some in (X_val, X)))
    if far is not None:
        i, of_X, of_X_val = far
        column = i if names is None else repr(str(names[i]))
        warn(
            f"X_val lies far outside X in column {column}: X goes {of_X}, and half of "
            f"X_val {of_X_val}, so that validation loss and score say nothing. "
            f"{OF_PIPELINES}",
            UserWarning,
        )


def _far_column(given, trained):
    """Return a column of other units than in training, and texts about both; or None.

    The median lies farther outside the range of `trained` than three times that range,
    or the quartiles are as far apart as that: random rows, heavy tails and trends do
    not come to it.
    """
    if len(trained) < ENOUGH:
        return None
    low, high = (end(axis=0).astype(float) for end in (trained.min, trained.max))
    width = high - low
    first, median, third = np.quantile(given, [0.25, 0.5, 0.75], axis=0)
    outside = np.maximum(low - median, median - high)
    wide = (third - first > 3 * width) & (len(given) >= ENOUGH)
    far = np.flatnonzero(((outside > 3 * width) | wide) & (width > 0))
    if not len(far):
        return None
    i = far[0]
    ends = (low[i], high[i]), (first[i], third[i])
    return i, *(f"from {one:.3g} to {other:.3g}" for one, other in ends)


def split_validation(net, data, frame, y, meaning, codes, weights, rng):
    """Return (rows to train on, the others as a `ValidationData`).

    Parameters
    ----------
    net : estimator
    data : Data
    frame : array-like or data frame
        X as the user has it.
    y : ndarray
        Checked.
    meaning : Targets
        What y means.
    codes : ndarray
        As ``meaning.read`` returned it.
    weights : ndarray of shape (n_samples, 1), or None
        The user's own: those of classes are for training.
    rng : numpy.random.Generator
        Left as it is: a warm start is to hold out the same rows again, and not those
        that it has trained on.
    """
    y = meaning.for_scorers(y, codes)
    if net.validation_split is None:
        strata = meaning.strata(codes)
        if strata is not None:
            check_shares(strata)
        rows, held = split_rows(
            data.n_rows, net.validation_fraction, strata, deepcopy(rng)
        )
        how = f"validation_fraction={net.validation_fraction}"
    else:
        how = f"validation_split={net.validation_split!r}"
        try:
            kinds = meaning.for_splitters(y, codes)
            rows, held = _first_split(net, data.X, y, kinds)
        except (IndexError, TypeError, ValueError) as error:
            raise ValueError(f"The first split of {how} fails: {error}") from error
    weights = None if weights is None else weights[held, 0]
    trains = data.weights is None or data.weights[rows].any()
    if not trains or not (weights is None or weights.any()):
        raise ValueError(
            "sample_weight is zero for all training rows, with class_weight, or for "
            f"all validation rows of the split by {how}."
        )
    held_rows = ValidationData(
        data.X,
        rows_of(frame, held) if _scorer_wants_frame(net, frame) else None,
        held,
        y[held],
        meaning,
        codes[held],
        data.targets[held],
        data.table,
        weights,
    )
    return rows, held_rows


def _first_split(net, X, y, kinds):
    """Return the row numbers of the two parts, whatever the splitter says them in."""
    splitter = check_cv(net.validation_split, kinds, classifier=is_classifier(net))
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


def check_shares(labels):
    """Refuse to split two classes into training and validation, if one has one row.

    For a random split alone: the user's own rows and splits may hold a single row.
    The message contains scikit-learn's sentence on y == classes[1].

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
    """
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) == 2 and counts.min() == 1:
        few = counts.argmin()
        raise ValueError(
            f"Only one row has the label {classes[few].item()!r}: early stopping "
            "cannot share it out between training and validation. Add rows, or set "
            "early_stopping=False. (The least populated classes in y have only 1 "
            "member, which is too few. Classes with too few members are: "
            f"['{bool(few)}'], the answer to y == {classes[1].item()!r}.)"
        )


def split_rows(n_rows, fraction, labels, rng):
    """Split row numbers into (training, validation).

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Fraction of the rows for validation.
    labels : ndarray of shape (n_rows,) or None
        Labels to stratify by, if there are enough rows.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    training : ndarray of int
        Row numbers for training.
    validation : ndarray of int
        Row numbers for validation.
    """
    n_validation = int(np.ceil(fraction * n_rows))
    counts = np.ones(1) if labels is None else np.unique(labels, return_counts=True)[1]
    if n_validation < 2 and (labels is None or counts.min() > 1):
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the "
            f"size of your dataset: {fraction} of {n_rows} rows is less than 2."
        )
    if n_validation >= n_rows:
        raise ValueError(
            f"validation_fraction={fraction} of n_samples={n_rows} leaves no row to "
            "train on: lower it, or add rows."
        )
    # Without enough rows per label, the split is not stratified.
    smaller = min(n_validation, n_rows - n_validation)
    if counts.min() < 2 or smaller < len(counts):
        labels = None
    return train_test_split(
        np.arange(n_rows),
        test_size=fraction,
        stratify=labels,
        random_state=int(rng.integers(2**31)),
    )
