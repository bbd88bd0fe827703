"""GridSearchCV and RandomizedSearchCV that train candidates and folds in stacks."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from skdl._arguments import explain_parameters
from skdl.model_selection._param_space import refuse_ranges
from skdl.model_selection._stacked_search import StackedSearch

__all__ = ["StackedGridSearchCV", "StackedRandomizedSearchCV"]


@explain_parameters
class StackedGridSearchCV(StackedSearch, GridSearchCV):
    """`sklearn.model_selection.GridSearchCV` for nets, several of which train as one.

    Training a small net spends most of its time between the matrix products. A stack of
    nets spends that time once for all of them. The nets of all candidates and folds
    that have the same architecture, batch size and solver form stacks; alpha, learning
    rates, decay constants, dropout, seeds and the like may differ. The results are
    those of `GridSearchCV` with the same seeds, up to rounding.

    Parameters
    ----------
    estimator : estimator
        A net of skdl, or a `Pipeline` that ends with one. The steps before the net are
        fitted once for each fold and setting of their parameters. Any other estimator
        works as in `GridSearchCV`.
    param_grid : dict or list of dict
        Lists of values by parameter name, as in `GridSearchCV`.
    scoring : str, callable, list, tuple, dict or None, default=None
        Scores of the candidates, as in `GridSearchCV`.
    n_jobs : int or None, default=None
        Number of processes of joblib. Each trains stacks of its own. With None, skdl
        chooses: as many as there are cores if training takes long, one otherwise; in
        `joblib.parallel_config`, the number of that.
    refit : bool, str or callable, default=True
        Whether and by which score to fit the best candidate on all rows.
    cv : int, splitter, iterable or None, default=None
        Folds, as in `GridSearchCV`. The splitter is called once.
    verbose : int, default=0
        Above 0, lines about the stacks are printed during the training, with the time
        that is left, and then what `GridSearchCV` prints.
    pre_dispatch : int or str, default='2*n_jobs'
        Number of jobs that joblib prepares ahead, as in `GridSearchCV`.
    error_score : 'raise' or float, default=nan
        Score of a fit that fails. 'raise' raises the error instead, after the training
        of all stacks.
    return_train_score : bool, default=False
        Whether to score on the training rows, too.

    Attributes
    ----------
    cv_results_ : dict
        Results as in `GridSearchCV`. The fit time of a net in a stack is the
        time of the stack divided by the number of its members, plus a share of the time
        of the steps before the net.
    n_stacked_ : int
        Number of fits that were trained together with others. The others were
        trained as in `GridSearchCV`.
    best_index_, best_params_, best_score_, best_estimator_ : object
        The best candidate, as in `GridSearchCV`.
    scorer_, refit_time_, n_splits_, multimetric_, classes_ : object
        As in `GridSearchCV`, like `n_features_in_` and `feature_names_in_`.

    See Also
    --------
    StackedRandomizedSearchCV : Candidates drawn at random.
    CoarseToFineSearchCV : Fewer fits instead of cheaper ones.

    Notes
    -----
    Fits that cannot share a stack are trained as in `GridSearchCV`: nets with
    ``solver='lbfgs'`` or callbacks of their own, nets that are the only ones of their
    kind, and all of them under a callback that a search passes to its nets, other
    than `sklearn.callback.ProgressBar`. Nets so wide that a stack would not be faster
    train one by one; for nets of medium width, a trial of a few steps decides.

    scikit-learn's ``working_memory`` bounds the training rows that are copied for the
    folds at a time, and the trained nets that wait for their scores.

    Ctrl-C raises KeyboardInterrupt. `cv_results_` then has the candidates that were
    finished by then; there are `best_params_`, but no `best_estimator_`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.model_selection import StackedGridSearchCV
    >>> net = SoftmaxClassifier((8,), batch_size=30, tol=0.01, random_state=0)
    >>> grid = {"alpha": [1e-4, 1e-2], "learning_rate_init": [0.003, 0.03]}
    >>> search = StackedGridSearchCV(net, grid)
    >>> search = search.fit(*load_iris(return_X_y=True))
    >>> search.n_stacked_
    20
    >>> search.best_params_["learning_rate_init"]
    0.03
    """

    def __init__(
        self,
        estimator: Any,
        param_grid: dict[str, Any] | list[dict[str, Any]],
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict], int] = True,
        cv: int | Iterable | Any | None = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: float | Literal["raise"] = np.nan,
        return_train_score: bool = False,
    ) -> None:
        GridSearchCV.__init__(
            self,
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )

    def _check_input_parameters(self, X, y, split_params):
        refuse_ranges(self.param_grid)
        super()._check_input_parameters(X, y, split_params)


@explain_parameters
class StackedRandomizedSearchCV(StackedSearch, RandomizedSearchCV):
    """`sklearn.model_selection.RandomizedSearchCV` for nets, which train in stacks.

    `StackedGridSearchCV` says how. The results are those of `RandomizedSearchCV` with
    the same seeds, up to rounding.

    Parameters
    ----------
    estimator : estimator
        A net of skdl, or a `Pipeline` that ends with one. The steps before the net are
        fitted once for each fold and setting of their parameters. Any other estimator
        works as in `RandomizedSearchCV`.
    param_distributions : dict or list of dict
        Distributions of ``scipy.stats``, `Log` or `Linear` ranges, or lists of values,
        by parameter name.
    n_iter : int, default=10
        Number of candidates.
    scoring : str, callable, list, tuple, dict or None, default=None
        Scores of the candidates, as in `RandomizedSearchCV`.
    n_jobs : int or None, default=None
        Number of processes of joblib. Each trains stacks of its own. With None, skdl
        chooses: as many as there are cores if training takes long, one otherwise; in
        `joblib.parallel_config`, the number of that.
    refit : bool, str or callable, default=True
        Whether and by which score to fit the best candidate on all rows.
    cv : int, splitter, iterable or None, default=None
        Folds, as in `RandomizedSearchCV`. The splitter is called once.
    verbose : int, default=0
        Above 0, lines about the stacks are printed during the training, with the time
        that is left, and then what `RandomizedSearchCV` prints.
    pre_dispatch : int or str, default='2*n_jobs'
        Number of jobs that joblib prepares ahead, as in `RandomizedSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Seed of the candidates. The estimator has a seed of its own.
    error_score : 'raise' or float, default=nan
        Score of a fit that fails. 'raise' raises the error instead, after the training
        of all stacks.
    return_train_score : bool, default=False
        Whether to score on the training rows, too.

    Attributes
    ----------
    cv_results_ : dict
        Results as in `RandomizedSearchCV`. The fit time of a net in a stack is the
        time of the stack divided by the number of its members, plus a share of the time
        of the steps before the net.
    n_stacked_ : int
        Number of fits that were trained together with others. The others were
        trained as in `RandomizedSearchCV`.
    best_index_, best_params_, best_score_, best_estimator_ : object
        The best candidate, as in `RandomizedSearchCV`.
    scorer_, refit_time_, n_splits_, multimetric_, classes_ : object
        As in `RandomizedSearchCV`, like `n_features_in_` and `feature_names_in_`.

    See Also
    --------
    StackedGridSearchCV : All candidates of a grid.
    CoarseToFineSearchCV : Fewer fits instead of cheaper ones.

    Notes
    -----
    The notes of `StackedGridSearchCV` hold here, too. Draw parameters that all members
    of a stack share, such as ``hidden_layer_sizes`` and ``batch_size``, from a short
    list: each combination of them forms stacks of its own.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.model_selection import StackedRandomizedSearchCV
    >>> net = SoftmaxClassifier((8,), batch_size=30, tol=0.01, random_state=0)
    >>> space = {"alpha": loguniform(1e-4, 1), "learning_rate_init": [0.003, 0.03]}
    >>> search = StackedRandomizedSearchCV(
    ...     net, space, n_iter=4, random_state=0
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.n_stacked_
    20
    >>> search.best_params_["learning_rate_init"]
    0.03
    """

    def __init__(
        self,
        estimator: Any,
        param_distributions: dict[str, Any] | list[dict[str, Any]],
        *,
        n_iter: int = 10,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict], int] = True,
        cv: int | Iterable | Any | None = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: float | Literal["raise"] = np.nan,
        return_train_score: bool = False,
    ) -> None:
        RandomizedSearchCV.__init__(
            self,
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
        )
