"""The subject of a diagnosis: a net, and a sample of rows as they reach it."""

from __future__ import annotations

import re
import warnings
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_array, resample

from skdl._inputs import check_weights, columns_named
from skdl.estimators._internal_api import check_training_rows, first_metric
from skdl.inspection._check_arguments import check_lengths
from skdl.inspection._unwrap import to_csr_array, unwrap_net

Kind = Literal["labels", "indicator", "columns", "soft", "numbers"]
# The kinds of targets by the names of the estimators' classes.
KINDS: dict[str, Kind] = {
    "Labels": "labels",
    "Indicator": "indicator",
    "LabelColumns": "columns",
    "SoftRows": "soft",
    "Numbers": "numbers",
}
# A fifth of the rows are held out, or a third if there are fewer than FEW rows.
N_FOLDS, N_FOLDS_OF_FEW, FEW = 5, 3, 150


@dataclass
class Subject:
    """A net and its data.

    Attributes
    ----------
    net : net of skdl
        The net with the parameters to judge; never fitted or changed here.
    X : ndarray or CSR array of shape (n_rows, n_features)
        A sample of the rows, after the transformers before the net.
    y : ndarray
        The targets of X, after the transformer of a `TransformedTargetRegressor`.
    row_numbers : ndarray of int
        The position of each row of X in the user's data.
    names : list of str or int
        The names of the columns for findings: those of a data frame, or numbers.
    all_y : ndarray
        The targets of all the user's rows with a weight above 0.
    kind : {"labels", "indicator", "columns", "soft", "numbers"}
        The kind of targets.
    seed : int
        The seed of all random draws.
    prefix : str
        What stands before a parameter of the net in ``set_params`` of the estimator
        that is diagnosed.
    weights : ndarray of shape (n_rows,), or None
        The weights of X, all above 0.
    all_weights : ndarray, or None
        The weights of `all_y`.
    train, held_out : ndarray of int
        The rows of X to train on, in random order, and the rows to score.
    """

    net: Any
    X: Any
    y: np.ndarray
    row_numbers: np.ndarray
    names: list[str] | list[int]
    all_y: np.ndarray
    kind: Kind
    seed: int
    prefix: str = ""
    weights: np.ndarray | None = None
    all_weights: np.ndarray | None = None
    train: np.ndarray = field(init=False)
    held_out: np.ndarray = field(init=False)

    def __post_init__(self):
        n_folds = N_FOLDS_OF_FEW if len(self.y) < FEW else N_FOLDS
        self.train, self.held_out = self.folds(n_folds, self.seed)[0]

    @property
    def is_fitted(self) -> bool:
        """Whether the net has been trained, so that its own training can be judged."""
        return bool(getattr(self.net, "history_", None))

    @property
    def plain_labels(self) -> np.ndarray:
        """The targets as labels: the most probable class for soft targets."""
        return self.y.argmax(axis=1) if self.kind == "soft" else self.y

    @property
    def class_numbers(self) -> np.ndarray | None:
        """The class of each row as a number, or None if rows have no single class."""
        if self.kind in ("labels", "soft"):
            return np.unique(self.plain_labels, return_inverse=True)[1]
        return None

    def folds(self, n_folds: int, seed: int) -> list[tuple]:
        """Return pairs of (rows to train on, rows held out), stratified by class.

        The only row of a class is always trained on. The rows to train on are in random
        order.
        """
        n_rows, classes = len(self.y), self.class_numbers
        if classes is None:
            classes = np.zeros(n_rows, int)
        sizes = np.bincount(classes)
        candidates = np.flatnonzero(sizes[classes] > 1)
        n_folds = min(n_folds, int(sizes.max()))
        if n_folds < 2:
            return [(np.arange(n_rows), candidates)]
        Split = KFold if self.class_numbers is None else StratifiedKFold
        split = Split(n_folds, shuffle=True, random_state=seed)
        rng = np.random.default_rng(seed)
        with warnings.catch_warnings():
            # Classes with fewer rows than folds are missing from some held-out parts.
            warnings.simplefilter("ignore", UserWarning)
            held_out = [
                candidates[part]
                for _, part in split.split(candidates, classes[candidates])
            ]
        return [
            (rng.permutation(np.setdiff1d(np.arange(n_rows), part)), part)
            for part in held_out
        ]


def copy_net(net: Any, **changes: Any) -> Any:
    """Return an unfitted copy of a net without callbacks.

    A clone would share the callbacks, and overwrite the user's log files.

    Parameters
    ----------
    net : net of skdl
        The net to copy.
    **changes
        Parameters of the copy that differ.
    """
    params = net.get_params(deep=False) | changes
    return type(net)(**{k: clone(value, safe=False) for k, value in params.items()})


def make_subject(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike | None,
    max_rows: int,
    seed: int,
    sample_weight: ArrayLike | None = None,
) -> Subject:
    """Draw a sample, and pass it through the transformers before the net.

    Parameters
    ----------
    estimator : estimator
        A net, or a pipeline, fitted search or wrapper with one inside.
    X, y : array-like
        Training data, as for ``fit`` of the estimator.
    max_rows : int
        The largest number of rows in the sample.
    seed : int
        The seed of the sample and of all later draws.
    sample_weight : array-like of shape (n_samples,), optional
        Weights. Rows with weight 0 are left out, as they do not count in training.

    Raises
    ------
    TypeError
        If the estimator contains no net of skdl.
    ValueError
        If ``fit`` would refuse the data.
    """
    unwrapped = unwrap_net(estimator)
    if y is None:
        raise ValueError("y is missing: diagnose trains the net, which needs targets.")
    check_lengths(X, y)
    if issparse(X):
        X = to_csr_array(X)
    elif not hasattr(X, "columns"):
        X = np.asarray(X)
    all_y = _target_array(y)
    row_numbers, all_weights = np.arange(len(all_y)), None
    if sample_weight is not None:
        all_weights = check_weights(sample_weight, all_y)
        row_numbers = np.flatnonzero(all_weights)
        all_y, all_weights = all_y[row_numbers], all_weights[row_numbers]
    y, weights = all_y, all_weights
    if len(y) > max_rows:
        chosen = resample(
            np.arange(len(y)), replace=False, n_samples=max_rows, random_state=seed
        )
        y, row_numbers = y[chosen], row_numbers[chosen]
        weights = None if weights is None else weights[chosen]
    X = _take_rows(X, row_numbers)
    net, names = _with_one_metric(unwrapped.net), getattr(X, "columns", None)
    X, y, transformers = unwrapped.transform(X, y, fit=not hasattr(net, "history_"))
    if transformers:
        names = _names_after(make_pipeline(*transformers), X)
    kind = KINDS[type(check_training_rows(copy_net(net), X, y)).__name__]
    with columns_named(X):
        X = check_array(
            X, accept_sparse="csr", input_name="X", ensure_min_samples=2, estimator=net
        )
    X = to_csr_array(X)
    is_named = names is not None and len(names) == X.shape[1]
    names = [str(name) for name in names] if is_named else list(range(X.shape[1]))
    return Subject(
        net, X, y, row_numbers, names, all_y, kind, seed, unwrapped.prefix, weights,
        all_weights,
    )  # fmt: skip


def _with_one_metric(net):
    """Return a net whose `scoring` is the metric that decides, if it has several."""
    scoring = first_metric(net.scoring)
    return net if scoring is net.scoring else copy(net).set_params(scoring=scoring)


def _target_array(y):
    y = y.toarray() if issparse(y) else np.asarray(y)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.dtype == object and any(value is None for value in y.ravel()):
        raise ValueError("y contains None: leave out rows without a label.")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y contains NaN or infinity: leave out such rows.")
    return y


def _take_rows(X, row_numbers):
    if len(row_numbers) == X.shape[0] and (np.diff(row_numbers) == 1).all():
        return X
    return X.iloc[row_numbers] if hasattr(X, "iloc") else X[row_numbers]


def _names_after(transformers, X):
    """Return the names of the transformed columns X, or None if they have no names."""
    try:
        names = transformers.get_feature_names_out()
    except (AttributeError, ValueError):
        names = None
    # scikit-learn invents the names x0, x1 … for columns without names.
    if names is None or all(re.fullmatch(r"x\d+", str(name)) for name in names):
        return getattr(X, "columns", None)
    return names
