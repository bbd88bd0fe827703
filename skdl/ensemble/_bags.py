"""Rows for the members of a bagging ensemble, and what the rows left out say."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, indexable

from skdl._inputs import check_weights
from skdl._memory import bytes_per_row
from skdl._sklearn import safe_indexing
from skdl.ensemble._base import Members
from skdl.ensemble._members import fit_calls, stack_networks
from skdl.estimators._internal_api import (
    Call,
    check_X,
    class_numbers,
    score_predictions,
    stack_columns,
    uses_lbfgs,
)


def fit_bags(ensemble, net, X, y, sample_weight, validation):
    """Train a net on several sets of rows; return `Members`.

    Parameters
    ----------
    ensemble : BaggingEnsembleClassifier or BaggingEnsembleRegressor
        Its parameters say which rows.
    net : estimator
        The net, which is changed here.
    X, y, sample_weight : array-like
        Training rows, targets and weights, as for ``fit``.
    validation : dict
        The arguments X_val, y_val and sample_weight_val of ``fit``.
    """
    net.set_params(warm_start=False)
    numbers = class_numbers(clone(net), X, y)
    X, y = indexable(X, y)
    if sample_weight is not None:
        sample_weight = check_weights(sample_weight, X)
    rng = check_random_state(ensemble.random_state)
    bags = list(draw_bags(ensemble, X, y, is_classifier(net), rng))
    check_bags(ensemble, bags, sample_weight)
    seeds = rng.randint(np.iinfo(np.int32).max, size=len(bags))
    is_validated = net.early_stopping and not uses_lbfgs(net)
    is_validated &= validation["X_val"] is None and net.validation_split is None
    calls = []
    for (rows, left_out), seed in zip(bags, seeds.tolist(), strict=True):
        rows = with_all_classes(rows, sample_weight, numbers, rng)
        judges = validation
        if sample_weight is not None:
            left_out = left_out[sample_weight[left_out] > 0]
        if is_validated and len(left_out):
            judges = {
                "X_val": safe_indexing(X, left_out),
                "y_val": safe_indexing(y, left_out),
                "sample_weight_val": None
                if sample_weight is None
                else sample_weight[left_out],
            }
        member = clone(net).set_params(random_state=seed)
        calls.append(call_on(member, X, y, sample_weight, rows, judges))
    nets = fit_calls(ensemble, calls, members_at_once(X, bags))
    members = Members(nets, stack_networks(nets), {"member_seeds_": seeds})
    members.attributes |= judge_left_out(ensemble, members, X, y, sample_weight, bags)
    return members


def draw_bags(ensemble, X, y, is_classification, rng):
    """Yield (rows to train on, rows left out) for each member.

    Parameters
    ----------
    ensemble : BaggingEnsembleClassifier or BaggingEnsembleRegressor
    X, y : array-like
    is_classification : bool
    rng : numpy.random.RandomState
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    everything = np.arange(n_rows)
    if ensemble.cv is not None:
        splitter = check_cv(ensemble.cv, y, classifier=is_classification)
        try:
            splits = list(splitter.split(X, y))
        except ValueError as error:
            if "groups" not in str(error):
                raise
            raise ValueError(
                f"{error} The ensemble does not know them: split beforehand, by "
                "cv=list(splitter.split(X, y, groups))."
            ) from error
        for split in splits:
            yield tuple(everything[np.asarray(p) if len(p) else []] for p in split)
        return
    n_drawn = ensemble.max_samples
    if not isinstance(n_drawn, Integral):
        n_drawn = max(1, round(n_drawn * n_rows))
    if n_drawn > n_rows:
        raise ValueError(
            f"max_samples={n_drawn} must not be above the number of rows, {n_rows}."
        )
    for _ in range(ensemble.n_members):
        rows = rng.choice(n_rows, n_drawn, replace=ensemble.bootstrap)
        yield rows, np.setdiff1d(everything, rows)


def check_bags(ensemble, bags, sample_weight):
    """Refuse members without a row to train on, and `cv` without a split.

    Parameters
    ----------
    ensemble : BaggingEnsembleClassifier or BaggingEnsembleRegressor
    bags : list of (ndarray, ndarray)
        Rows to train on and rows left out, for each member.
    sample_weight : ndarray of shape (n_samples,), or None
    """
    if not bags:
        raise ValueError(f"cv={ensemble.cv!r} yields no split: give one at least.")
    for i, (rows, _) in enumerate(bags):
        if not len(rows):
            raise ValueError(f"Split {i} of cv (counted from 0) trains on no row.")
        if sample_weight is not None and not sample_weight[rows].any():
            raise ValueError(
                f"sample_weight is zero for all rows that member {i} (counted from 0) "
                "would train on: leave rows of weight 0 out of X, or draw more rows."
            )


def with_all_classes(rows, sample_weight, numbers, rng):
    """Add a row of weight 0 for each class that drawn rows miss.

    Parameters
    ----------
    rows : ndarray of int
        Drawn rows.
    sample_weight : ndarray of shape (n_samples,), or None
    numbers : ndarray of int of shape (n_samples, n_columns), or None
        Numbers of the classes, in each column of labels.
    rng : numpy.random.RandomState
        Chooses a row for each class that is missing.

    Returns
    -------
    rows : ndarray of int
        The drawn rows, followed by the added ones.
    weights : ndarray of shape (n_rows,), or None
        Their weights. None if no row was added.
    """
    missing = []
    for column in () if numbers is None else numbers.T:
        seen = np.bincount(column[rows], minlength=column.max() + 1)
        for number in np.flatnonzero(seen == 0):
            missing.append(rng.choice(np.flatnonzero(column == number)))
    if not missing:
        return rows, None
    weights = np.ones(len(rows)) if sample_weight is None else sample_weight[rows]
    return np.append(rows, missing), np.append(weights, np.zeros(len(missing)))


def call_on(net, X, y, sample_weight, rows, validation):
    """Return a `Call` on some rows of X.

    The call holds row numbers, and X is not copied here. If rows of weight 0 were
    added, the call holds copies, because its weights belong to these rows.

    Parameters
    ----------
    net : estimator
    X, y : array-like
    sample_weight : ndarray of shape (n_samples,), or None
    rows : tuple of (ndarray of int, ndarray or None)
        What `with_all_classes` returned.
    validation : dict
        Further arguments of the call.
    """
    rows, weights = rows
    if weights is None:
        return Call(net, X, y, sample_weight, **validation, rows=rows)
    X, y = safe_indexing(X, rows), safe_indexing(y, rows)
    return Call(net, X, y, weights, **validation)


def members_at_once(X, bags):
    """Return how many members may have copies of their rows at the same time.

    Parameters
    ----------
    X : array-like
        All rows.
    bags : list of (ndarray, ndarray)
        Rows to train on and rows left out, for each member.
    """
    n_rows = max(len(rows) for rows, _ in bags)
    n_bytes = n_rows * bytes_per_row(X)
    return max(1, int(get_config()["working_memory"] * 2**20 / max(1, n_bytes)))


def judge_left_out(ensemble, members, X, y, sample_weight, bags):
    """Return the attributes about rows that some members have not seen.

    Parameters
    ----------
    ensemble : BaggingEnsembleClassifier or BaggingEnsembleRegressor
    members : Members
    X, y, sample_weight : array-like
        All rows, targets and weights.
    bags : list of (ndarray, ndarray)
        Rows to train on and rows left out, for each member.
    """
    checked = check_X(members.nets[0], X)
    counted = np.zeros((len(bags), checked.shape[0]), bool)
    for i, (_, left_out) in enumerate(bags):
        counted[i, left_out] = True
    rows = np.flatnonzero(counted.any(axis=0))
    if not len(rows):
        return {}
    predictions, votes = ensemble._left_out(members, checked, rows, counted[:, rows])
    if isinstance(predictions, list):
        predictions = stack_columns(predictions)
    weights = None if sample_weight is None else sample_weight[rows]
    score = np.nan
    if weights is None or weights.any():
        score = score_predictions(
            members.nets[0], safe_indexing(y, rows), predictions, weights
        )
    spread = partial(spread_over, len(counted.T), rows)
    votes = list(map(spread, votes)) if isinstance(votes, list) else spread(votes)
    return {"oob_score_": score, ensemble._oob_name: votes}


def spread_over(n_rows, rows, values):
    """Return an array with an entry for all rows, NaN where there is no value.

    Parameters
    ----------
    n_rows : int
        Number of all rows.
    rows : ndarray of int
        The rows with a value.
    values : ndarray of shape (len(rows), ...)
    """
    result = np.full((n_rows, *values.shape[1:]), np.nan, values.dtype)
    result[rows] = values
    return result
