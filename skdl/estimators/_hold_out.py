"""Rows of X that are held out of training: a random share, or a splitter's choice."""

from copy import deepcopy

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv, train_test_split

from skdl._data_errors import rows_of
from skdl.estimators._resolve import uses_lbfgs
from skdl.estimators._validation_data import ValidationData, scorer_wants_frame


def holds_out(net):
    """Return whether early stopping holds rows out and monitors their score.

    With lbfgs, `early_stopping` alone has no effect, as in scikit-learn. It needs
    `scoring`, `validation_split`, or validation data passed to ``fit``.
    """
    asked = net.scoring is not None or net.validation_split is not None
    return net.early_stopping and (not uses_lbfgs(net) or asked)


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
        rows_of(frame, held) if scorer_wants_frame(net, frame) else None,
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
