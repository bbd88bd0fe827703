"""Cross-validation by scikit-learn's functions, with folds that train in stacks."""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from sklearn import get_config, model_selection
from sklearn.base import clone, is_classifier
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from skdl._numbers_of_rows import numbers_of_rows_named
from skdl._sklearn import InvalidParameterError, validate_parameter_constraints
from skdl.model_selection._candidate_stacks import (
    CrossValidation,
    Data,
    Fit,
    NoTask,
    Stacks,
)
from skdl.model_selection._failures import explained_errors
from skdl.model_selection._last_net import is_stackable
from skdl.model_selection._trained_clones import CloneSource, Trained

__all__ = ["cross_val_score", "cross_validate"]


def cross_val_score(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    scoring: str | Callable | None = None,
    cv: int | Iterable | Any | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: int | str | None = "2*n_jobs",
    error_score: float | Literal["raise"] = np.nan,
) -> np.ndarray:
    """`sklearn.model_selection.cross_val_score`, whose folds train in stacks.

    The arguments are those of scikit-learn's function, and so are the scores, up to
    rounding, of nets and steps with a `random_state`.

    Parameters
    ----------
    estimator : estimator
        A net of skdl, or a `Pipeline` that ends with one. Any other estimator works as
        in scikit-learn's function.
    X : array-like of shape (n_samples, n_features)
        Rows to train and to score on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets.
    groups : array-like of shape (n_samples,), default=None
        Groups of the rows, for splitters that keep a group together.
    scoring : str, callable or None, default=None
        The score; None for that of the estimator.
    cv : int, splitter, iterable or None, default=None
        Folds; None for five.
    n_jobs : int or None, default=None
        Number of processes of joblib. Each trains stacks of its own. With None, skdl
        chooses: as many as there are cores if training takes long, one otherwise; in
        `joblib.parallel_config`, the number of that.
    verbose : int, default=0
        Above 0, lines about the stacks are printed during the training, and then what
        scikit-learn's function prints.
    params : dict, default=None
        Arguments for the estimator's ``fit``, and with metadata routing for the scorer
        and the splitter, too.
    pre_dispatch : int, str or None, default='2*n_jobs'
        Number of jobs that joblib prepares ahead.
    error_score : 'raise' or float, default=nan
        Score of a fit that fails. 'raise' raises the error instead, after the training
        of all stacks.

    Returns
    -------
    scores : ndarray of float of shape (n_splits,)
        Score of each fold.

    See Also
    --------
    cross_validate : Several scores, times, fitted nets and row numbers.
    StackedGridSearchCV : Says which nets can share a stack.

    Notes
    -----
    `cross_validate` says what warnings count, and what nets without a `random_state`
    draw.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.model_selection import cross_val_score
    >>> net = SoftmaxClassifier((8,), learning_rate_init=0.03, tol=0.01, random_state=0)
    >>> scores = cross_val_score(net, *load_iris(return_X_y=True))
    >>> scores.shape, bool(scores.mean() > 0.9)
    ((5,), True)
    """
    with _in_stacks(estimator, X, y, cv, params, n_jobs, verbose) as (estimator, folds):
        return model_selection.cross_val_score(
            estimator,
            X,
            y,
            groups=groups,
            scoring=scoring,
            cv=folds,
            n_jobs=n_jobs,
            verbose=verbose,
            params=params,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
        )


def cross_validate(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    scoring: Any = None,
    cv: int | Iterable | Any | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: int | str = "2*n_jobs",
    return_train_score: bool = False,
    return_estimator: bool = False,
    return_indices: bool = False,
    error_score: float | Literal["raise"] = np.nan,
) -> dict[str, Any]:
    """`sklearn.model_selection.cross_validate`, whose folds train in stacks.

    The arguments are those of scikit-learn's function, and so are the results, up to
    rounding, of nets and steps with a `random_state`.

    Parameters
    ----------
    estimator : estimator
        A net of skdl, or a `Pipeline` that ends with one. Any other estimator works as
        in scikit-learn's function.
    X : array-like of shape (n_samples, n_features)
        Rows to train and to score on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets.
    groups : array-like of shape (n_samples,), default=None
        Groups of the rows, for splitters that keep a group together.
    scoring : str, callable, list, tuple, dict or None, default=None
        One score or several; None for that of the estimator.
    cv : int, splitter, iterable or None, default=None
        Folds; None for five.
    n_jobs : int or None, default=None
        Number of processes of joblib. Each trains stacks of its own. With None, skdl
        chooses: as many as there are cores if training takes long, one otherwise; in
        `joblib.parallel_config`, the number of that.
    verbose : int, default=0
        Above 0, lines about the stacks are printed during the training, and then what
        scikit-learn's function prints.
    params : dict, default=None
        Arguments for the estimator's ``fit``, and with metadata routing for the scorer
        and the splitter, too.
    pre_dispatch : int or str, default='2*n_jobs'
        Number of jobs that joblib prepares ahead.
    return_train_score : bool, default=False
        Whether to score on the training rows, too.
    return_estimator : bool, default=False
        Whether to return the fitted estimators.
    return_indices : bool, default=False
        Whether to return the row numbers of the folds.
    error_score : 'raise' or float, default=nan
        Score of a fit that fails. 'raise' raises the error instead, after the training
        of all stacks.

    Returns
    -------
    results : dict
        Arrays with an entry for each fold: ``test_score`` (``test_…`` by name for
        several scores), ``train_score``, ``fit_time`` and ``score_time`` in seconds,
        and what the other arguments ask for: ``estimator``, and ``indices`` with
        ``train`` and ``test``. The fit time of a net in a stack is the time of the
        stack divided by the number of its members, plus that of the steps before it.

    See Also
    --------
    cross_val_score : One score of each fold.
    StackedGridSearchCV : Says which nets can share a stack.

    Notes
    -----
    Without a `random_state`, the nets draw other seeds once skdl chooses several
    processes. The steps of all folds fit before the first net does: where both draw
    from NumPy's global generator, the nets draw later than in scikit-learn's function.

    A `ConvergenceWarning` counts the nets of all stacks, once, in place of one warning
    for each net.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.model_selection import cross_validate
    >>> net = SoftmaxClassifier((8,), learning_rate_init=0.03, tol=0.01, random_state=0)
    >>> scoring = ["accuracy", "neg_log_loss"]
    >>> results = cross_validate(net, *load_iris(return_X_y=True), scoring=scoring)
    >>> sorted(results)
    ['fit_time', 'score_time', 'test_accuracy', 'test_neg_log_loss']
    """
    with _in_stacks(estimator, X, y, cv, params, n_jobs, verbose) as (estimator, folds):
        results = model_selection.cross_validate(
            estimator,
            X,
            y,
            groups=groups,
            scoring=scoring,
            cv=folds,
            n_jobs=n_jobs,
            verbose=verbose,
            params=params,
            pre_dispatch=pre_dispatch,
            return_train_score=return_train_score,
            return_estimator=return_estimator,
            return_indices=return_indices,
            error_score=error_score,
        )
        if isinstance(folds, _TrainingFolds):
            results["fit_time"] += folds.seconds
        return results


@contextmanager
def _in_stacks(estimator, X, y, cv, params, n_jobs, verbose):
    """Yield an estimator and a splitter with which the folds train in stacks.

    They are the given ones if the estimator does not end with a net, or has callbacks,
    and if scikit-learn's function will refuse `cv`.
    """
    with explained_errors(estimator), numbers_of_rows_named(X=X, y=y):
        if y is None or not is_stackable(estimator) or not _is_valid(cv):
            yield estimator, cv
            return
        cv = model_selection.check_cv(cv, y, classifier=is_classifier(estimator))
        owner = CrossValidation(n_jobs, verbose)
        folds = _TrainingFolds(cv, estimator, params or {}, owner)
        yield folds.source.connected(), folds


def _is_valid(cv):
    """Return whether scikit-learn's functions take an argument `cv`."""
    try:
        validate_parameter_constraints({"cv": ["cv_object"]}, {"cv": cv}, "")
    except InvalidParameterError:
        return False
    return True


class _TrainingFolds:
    """A splitter that trains an estimator on all folds before it returns them.

    scikit-learn's function splits once, and then clones the estimator for each fold.

    Parameters
    ----------
    splitter : cross-validation splitter
        Makes the folds.
    estimator : estimator
        The estimator.
    params : dict
        Arguments for ``fit``, or for whoever requests them.
    owner : CrossValidation
        Says how many processes there are, and what to print.
    """

    def __init__(self, splitter, estimator, params, owner):
        self.splitter = splitter
        self.estimator = estimator
        self.params = params
        self.owner = owner
        self.source = CloneSource(estimator)
        self.seconds = 0.0

    def __getattr__(self, name):
        """Return what the splitter says of its metadata and its number of folds."""
        return getattr(vars(self)["splitter"], name)

    def split(self, X, y=None, **options):
        """Return a list of (train, test), row numbers."""
        splits = list(self.splitter.split(X, y, **options))
        data = Data(X, y, self._fit_params(), splits)
        stacks, folds = Stacks(self.owner, data, NoTask()), range(len(splits))
        fits = [Fit(i, i, (), clone(self.estimator)) for i in folds]
        stacks.train(fits if data.has_row_numbers() else [])
        if stacks.interruption is not None:
            raise stacks.interruption
        fits = [stacks.trained.get(i) for i in folds]
        self.seconds = [fit.seconds if fit else 0.0 for fit in fits]
        self.source.supply(
            fit and Trained(fit.estimator, fit.error).estimator for fit in fits
        )
        return splits

    def _fit_params(self):
        """Return the arguments for the estimator's ``fit``."""
        if not get_config()["enable_metadata_routing"]:
            return self.params
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner="cross_validate")
        router.add(estimator=self.estimator, method_mapping=to_fit)
        return router.route_params(caller="fit", params=self.params).estimator.fit
