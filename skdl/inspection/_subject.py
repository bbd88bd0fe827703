"""What is diagnosed: a net, and a sample of rows as they reach it."""

import re
from copy import copy
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone, is_classifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_array, resample
from sklearn.utils.multiclass import type_of_target

from skdl._inputs import columns_named
from skdl._sklearn import check_sample_weight
from skdl.estimators._targets import holds_distributions
from skdl.estimators._validation import check_training_data
from skdl.inspection._arguments import check_lengths
from skdl.inspection._nets import as_array, take_apart

__all__ = ["Subject", "make_net", "make_subject"]

# A fifth of the rows are held out, a third where that would be very few.
N_FOLDS, N_FOLDS_OF_FEW, FEW = 5, 3, 150


@dataclass
class Subject:
    """A net and its data.

    Attributes
    ----------
    net : estimator
        With the parameters to judge; never fitted or changed here.
    X : ndarray or CSR array of shape (n_rows, n_features)
        A sample of the rows, after the transformers before the net.
    y : ndarray
        Theirs, after a `TransformedTargetRegressor`'s transformer.
    rows : ndarray of int
        Which rows of the given data they are.
    names : list of str
        Of the columns, as a finding calls them.
    all_y : ndarray
        Of all rows given.
    kind : {"labels", "indicator", "columns", "soft", "numbers"}
        What y holds.
    seed : int
        For whatever is drawn.
    weights : ndarray of shape (n_rows,), or None
        Of the sample's rows; none is 0.
    all_weights : ndarray, or None
        Of all rows given, those of weight 0 left out, as in `all_y`.
    """

    net: object
    X: object
    y: np.ndarray
    rows: np.ndarray
    names: list
    all_y: np.ndarray
    kind: str
    seed: int
    weights: np.ndarray | None = None
    all_weights: np.ndarray | None = None
    train: np.ndarray = field(default=None)
    held: np.ndarray = field(default=None)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        n_folds = N_FOLDS_OF_FEW if len(self.y) < FEW else N_FOLDS
        self.train, self.held = self.folds(n_folds, rng)[0]

    @property
    def fitted(self):
        """The net, if it has a training of its own to be judged by; else None."""
        return self.net if getattr(self.net, "history_", None) else None

    @property
    def labels(self):
        """Class number of each row, or None where a row has no such single number."""
        if self.kind == "labels":
            return np.unique(self.y, return_inverse=True)[1]
        return self.y.argmax(axis=1) if self.kind == "soft" else None

    def folds(self, n_folds, rng):
        """Return [(rows to train on, rows held), …], with each class's share in both.

        A class with fewer rows than folds is left out of some of the held parts, and of
        no part that trains unless it has a single row.
        """
        n_rows = len(self.y)
        order = rng.permutation(n_rows)
        if self.labels is not None:
            order = order[np.argsort(self.labels[order], kind="stable")]
        fold = np.empty(n_rows, int)
        fold[order] = np.arange(n_rows) % n_folds
        if self.labels is not None:
            alone = np.bincount(self.labels)[self.labels] == 1
            fold[alone] = -1
        everything = rng.permutation(n_rows)
        return [
            (everything[fold[everything] != k], everything[fold[everything] == k])
            for k in range(n_folds)
        ]


def make_net(net, **changes):
    """Return an unfitted net of these parameters, without callbacks.

    A clone would share the callbacks, and write the user's log files anew.

    Parameters
    ----------
    net : estimator
    **changes
        Parameters that differ.
    """
    params = net.get_params(deep=False) | changes
    return type(net)(**{k: clone(value, safe=False) for k, value in params.items()})


def make_subject(estimator, X, y, max_rows, seed, sample_weight=None):
    """Take a sample, send it through the transformers, and say what it is.

    Parameters
    ----------
    estimator : estimator
    X, y : array-like
    max_rows : int
    seed : int
    sample_weight : array-like of shape (n_samples,), optional
        Rows of weight 0 are left out, as they do not count in training.

    Returns
    -------
    subject : Subject

    Raises
    ------
    TypeError
        If there is no net of ours in the estimator.
    """
    parts = take_apart(estimator)
    if y is None:
        raise ValueError("y is missing: diagnose looks at training, which needs it.")
    check_lengths(X, y)
    if issparse(X):
        X = as_array(X)
    elif not hasattr(X, "columns"):
        X = np.asarray(X)
    all_y = _plain_targets(y)
    if all_y.dtype == object and any(one is None for one in all_y.ravel()):
        raise ValueError("y contains None: leave out rows without a label.")
    if all_y.dtype.kind == "f" and not np.isfinite(all_y).all():
        raise ValueError("y contains NaN or infinity: leave out such rows.")
    rows, all_weights = np.arange(len(all_y)), None
    if sample_weight is not None:
        all_weights = check_sample_weight(
            sample_weight, all_y, dtype=np.float64, ensure_non_negative=True
        )
        rows = np.flatnonzero(all_weights)
        all_y, all_weights = all_y[rows], all_weights[rows]
    y, weights = all_y, all_weights
    if len(rows) > max_rows:
        chosen = resample(
            np.arange(len(rows)), replace=False, n_samples=max_rows, random_state=seed
        )
        y, rows = y[chosen], rows[chosen]
        weights = None if weights is None else weights[chosen]
    X = _rows_of(X, rows)
    net, names = parts.net, getattr(X, "columns", None)
    X, y, transformers = parts.followed(X, y, fit=not hasattr(net, "history_"))
    if transformers:
        names = _names_after(make_pipeline(*transformers), X)
    _check_as_fit_does(net, X, y)
    with columns_named(X):
        X = check_array(
            X, accept_sparse="csr", input_name="X", ensure_min_samples=2, estimator=net
        )
    X = as_array(X)
    if names is None or len(names) != X.shape[1]:
        names = [f"column {i}" for i in range(X.shape[1])]
    else:
        names = [f"column {str(name)!r}" for name in names]
    return Subject(
        net, X, y, rows, names, all_y, _kind(net, y), seed, weights, all_weights
    )


def _plain_targets(y):
    y = y.toarray() if issparse(y) else np.asarray(y)
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _check_as_fit_does(net, X, y):
    """Refuse what ``fit`` refuses, with its words, before anything else fails."""
    net = make_net(net)
    y = net._read_targets(y, True, None)
    X, y, _ = check_training_data(net, X, y, None, reset=True, y_numeric=net._y_numeric)
    net._code_targets(y, np.dtype(np.float64), True, False, None)


def _rows_of(X, rows):
    if len(rows) == X.shape[0] and (np.diff(rows) == 1).all():
        return X
    if hasattr(X, "iloc"):
        return X.iloc[rows]
    return X[rows]


def _names_after(transformers, X):
    """Return the names of the columns that come out, X, or None if they have none."""
    try:
        names = transformers.get_feature_names_out()
    except (AttributeError, ValueError):
        names = None
    # scikit-learn makes up x0, x1 … where columns have no names.
    if names is None or all(re.fullmatch(r"x\d+", str(name)) for name in names):
        return getattr(X, "columns", None)
    return names


def _kind(net, y):
    if not is_classifier(net):
        return "numbers"
    net = copy(net)
    if net._soft_targets_allowed and holds_distributions(y):
        return "soft"
    kind = type_of_target(y, input_name="y")
    kinds = {"multilabel-indicator": "indicator", "multiclass-multioutput": "columns"}
    return kinds.get(kind, "labels")
