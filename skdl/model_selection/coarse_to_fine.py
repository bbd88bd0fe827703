"""Search with cross-validation, from a coarse grid and little training to fine ones."""

from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import check_random_state

from skdl._arguments import explain_parameters
from skdl._numbers_of_rows import numbers_of_rows_named
from skdl._parameters import ExplainedParameters
from skdl._sklearn import (
    ALL_FITS_FAILED,
    BaseSearchCV,
    Interval,
    StrOptions,
    add_callback,
    fit_context,
)
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl._warn import warn
from skdl.model_selection._budget import check_resource, resource_range
from skdl.model_selection._failures import (
    explained_errors,
    failure_message,
    silenced_warnings,
)
from skdl.model_selection._folds import Folds
from skdl.model_selection._grid import Grid
from skdl.model_selection._param_space import check_space, combinations, outside_tuples
from skdl.model_selection._processes import n_jobs_of_search, n_jobs_restored
from skdl.model_selection._stages import Stages
from skdl.model_selection._warnings import FitWarnings

__all__ = ["CoarseToFineSearchCV"]

POSITIVE = Interval(Integral, 1, None, closed="left")


@explain_parameters
class CoarseToFineSearchCV(Versioned, ExplainedParameters, BaseSearchCV):
    """Search over ranges: a coarse grid on a small budget, then finer ones on larger.

    The first stage evaluates a grid over all ranges. The points of a logarithmic range
    are a power of ten apart, and each is shifted at random. Each later stage evaluates
    a grid around the best point, with three points per range and half the step (on a
    logarithmic scale: √10 ≈ 3, then 1.8 …), and trains longer. If the best point of a
    stage lies at the border of its grid, the grid first moves beyond the border. Each
    combination of choices from lists has a grid of its own, until it is worse than the
    best.

    It works like `sklearn.model_selection.GridSearchCV`, on every estimator, with the
    same scoring, refitting, metadata routing, callbacks and attributes.

    Parameters
    ----------
    estimator : estimator
        The estimator to tune. It needs a method ``score`` unless `scoring` is given.
    param_space : dict or list of dict
        Ranges and choices by parameter name. A range is a tuple ``(low, high)`` of two
        positive numbers, on a logarithmic scale, with integer values if both are
        integers; a `Log` or `Linear`; or a frozen ``loguniform``, ``uniform`` or
        ``randint`` of scipy.stats, whose support is a hard limit. A tuple only
        sets where the search starts; ``Log(low, high, limits=(low, high))`` has hard
        limits. Choices are a list or an array. A list of dicts declares several spaces,
        searched separately.
    resource : str or None, default=None
        What later stages get more of. 'n_samples' are the rows of X: each fold trains
        on a share of its rows (for classifiers, of each class), and is tested on all.
        Otherwise the name of a parameter of the estimator that is a positive integer,
        such as 'max_iter'; it is then part of `best_params_`. With None all stages have
        the same budget.
    min_resources : int or 'auto', default='auto'
        Budget of the first stage. 'auto' is max_resources / factor, rounded up: a
        smaller budget may not show yet what helps after the full training.
    max_resources : int or 'auto', default='auto'
        Budget of the last stage. 'auto' is the estimator's own value, or all rows.
    factor : float, default=3
        Ratio of the budgets of a stage and the previous one, above 1.
    max_stages : int, default=3
        Largest number of stages. The last one always gets `max_resources`.
    max_moves : int, default=3
        Largest number of times that the grid of a stage moves beyond its border.
    jitter : float, default=0.25
        Largest random shift of a point, in steps of its grid, in [0, 0.5). The centre
        of a finer grid, which is the previous best point, is not shifted.
    max_candidates : int or None, default=None
        Largest number of points in a stage's grid, and in each of its moves; they are
        drawn at random. None evaluates all. A grid of d ranges has 3 to the power of d
        points, the first grid more.
    scoring : str, callable, list, tuple, dict or None, default=None
        Scores of the candidates, as in `GridSearchCV`. With several scores, the one
        that `refit` names leads the search, or else the first one.
    n_jobs : int or None, default=None
        Number of processes of joblib. With None, skdl chooses for nets: as many as
        there are cores if training takes long, one otherwise; in
        `joblib.parallel_config`, the number of that. The results do not depend on
        `n_jobs`, bit for bit if all processes have the same number of BLAS threads and
        the estimator a seed.
    refit : bool, str or callable, default=True
        Whether and by which score to fit the best candidate on all rows, as in
        `GridSearchCV`. A callable gets all of `cv_results_`; scores of different
        `n_resources` do not compare.
    cv : int, splitter, iterable or None, default=None
        Folds, as in `GridSearchCV`. The splitter is called once, and all candidates
        have the same folds, even if it draws new folds in each call.
    verbose : int, default=0
        Above 0, the lines of `log_` are printed during the search; larger numbers print
        what `GridSearchCV` prints.
    pre_dispatch : int or str, default='2*n_jobs'
        Number of jobs that joblib prepares ahead, as in `GridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Seed of the random shifts, and of the points and rows that `max_candidates` and
        'n_samples' choose. The estimator has a seed of its own.
    error_score : 'raise' or float, default=nan
        Score of a fit that fails; NaN is never the best. The search continues, and a
        ``FitFailedWarning`` names the parameters of each candidate that failed. 'raise'
        raises the error instead.
    return_train_score : bool, default=False
        Whether to score on the training rows, too.

    Attributes
    ----------
    cv_results_ : dict
        Results as in `GridSearchCV`, with the columns 'stage', 'move' (how often the
        grid had moved) and, with a resource, 'n_resources'. Ranks are over all rows,
        whatever their budget.
    best_index_ : int
        The row with the best mean score among those of the largest budget that has a
        score.
    best_params_, best_score_ : dict, float
        Parameters and mean score of that row. `best_params_` has the resource, unless
        the resource is 'n_samples'.
    best_estimator_ : estimator
        Estimator fitted on all of X with `best_params_`; not with ``refit=False``.
    stop_reason_ : str
        'converged': with the full budget, a stage was not better than the best point of
        the previous stage, beyond noise; 'max_stages'; 'exhausted': there is no finer
        point, as among few integers; 'callback'; 'failed': no candidate of a later
        stage had a score.
    log_ : list of str
        A line for each stage, best point, move beyond a border, and gain. Parameters
        have short names, such as 'width'; the first line says which they are, and the
        prefix that all have, such as 'mlpclassifier__'.
    n_stages_ : int
        Number of stages.
    n_resources_ : list of int or None
        Budget of each stage.
    n_candidates_ : list of int
        Number of candidates of each stage.
    min_resources_, max_resources_ : int or None
        Budgets of the first and last stage.
    scorer_, refit_time_, n_splits_, multimetric_, classes_ : object
        As in `GridSearchCV`, like `n_features_in_` and `feature_names_in_`.

    Raises
    ------
    ValueError
        By ``fit``: before any training, if a parameter or an entry of `param_space` is
        invalid; after the search, if no candidate has a score.

    Notes
    -----
    Noise is measured on the folds, which all candidates share. Let d_1 … d_n be the
    differences of two candidates' scores. One candidate is better beyond noise if their
    mean exceeds its standard error, √(Σ (d_i - mean)² / (n - 1) / n). A stage improves
    if its best point is better, beyond noise, than the best point of the previous
    stage, which is evaluated again on the larger budget. After a stage that does not
    improve, the next stage has `max_resources`; if it had them already, the search
    ends. A combination of choices is dropped if its best point is worse than the
    stage's best point beyond noise.

    ``ConvergenceWarning`` is not shown for stages without the full number of
    iterations: these fits are cut short on purpose. For the other stages, one warning
    counts the fits that reached `max_iter`. Each other warning of the fits is shown
    once, with its count, from other processes, too.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.model_selection import CoarseToFineSearchCV
    >>> net = SoftmaxClassifier((), solver="lbfgs", max_iter=500, random_state=0)
    >>> search = CoarseToFineSearchCV(
    ...     net, {"alpha": (1e-4, 1e2)}, resource="max_iter", random_state=0
    ... ).fit(*load_iris(return_X_y=True))
    >>> search.n_resources_[0], search.max_resources_
    (167, 500)
    >>> bool(search.best_score_ > 0.97)
    True
    """

    _parameter_constraints = {
        **BaseSearchCV._parameter_constraints,
        "param_space": [dict, list],
        "resource": [str, None],
        "min_resources": [POSITIVE, StrOptions({"auto"})],
        "max_resources": [POSITIVE, StrOptions({"auto"})],
        "factor": [Interval(Real, 1, None, closed="neither")],
        "max_stages": [POSITIVE],
        "max_moves": [Interval(Integral, 0, None, closed="left")],
        "jitter": [Interval(Real, 0, 0.5, closed="left")],
        "max_candidates": [POSITIVE, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        param_space: dict[str, Any] | list[dict[str, Any]],
        *,
        resource: str | None = None,
        min_resources: int | Literal["auto"] = "auto",
        max_resources: int | Literal["auto"] = "auto",
        factor: float = 3,
        max_stages: int = 3,
        max_moves: int = 3,
        jitter: float = 0.25,
        max_candidates: int | None = None,
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
        self.estimator = estimator
        self.param_space = param_space
        self.resource = resource
        self.min_resources = min_resources
        self.max_resources = max_resources
        self.factor = factor
        self.max_stages = max_stages
        self.max_moves = max_moves
        self.jitter = jitter
        self.max_candidates = max_candidates
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score

    # fit_context must not assume that the estimator's parameters are valid.
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, and fit the best candidate on all of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.
        **params : dict
            Arguments for the estimator's ``fit``, the scorer and the splitter, as in
            `GridSearchCV`. Arrays with as many rows as X are split with X.

        Returns
        -------
        self : CoarseToFineSearchCV
            The fitted search.
        """
        spaces = check_space(self.param_space)
        check_resource(self.estimator, self.resource, spaces)
        kept = unchanged_on_error(self)
        with n_jobs_restored(self), explained_errors(self.estimator), kept:
            self._check_names(spaces)
            with numbers_of_rows_named(X=X, y=y):
                super().fit(X, y, **params)
            del self._fit_errors
            text = outside_tuples(self.param_space, getattr(self, "best_params_", {}))
            if text:
                warn(text, UserWarning)
        return self

    def _check_names(self, spaces):
        """Raise unless the estimator has all parameters of each combination."""
        for ranges, several in map(combinations, spaces):
            for choices in several:
                params = choices | {name: r.low for name, r in ranges.items()}
                try:
                    clone(self.estimator).set_params(**clone(params, safe=False))
                except ValueError as error:
                    raise ValueError(f"param_space: {error}") from error
                except AttributeError as error:
                    nested = [name for name in params if "__" in name]
                    raise ValueError(
                        f"param_space: {nested} cannot all be set on {self.estimator}: "
                        f"{error}. Set an object whose parameters are searched, as in "
                        "solver=Adam() for 'solver__beta_1'."
                    ) from error

    def _check_input_parameters(self, X, y, split_params):
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        self.min_resources_, self.max_resources_ = resource_range(self, n_samples)
        self._n_samples = n_samples
        n_splits = self._checked_cv_orig.get_n_splits(X, y, **split_params)
        self.n_jobs = n_jobs_of_search(self, self._listed(), X, n_splits)

    def _listed(self):
        """Return candidates that take about as long as the search, or less."""
        is_parameter = self.resource not in (None, "n_samples")
        smallest = {self.resource: self.min_resources_} if is_parameter else {}
        rng, listed = np.random.RandomState(0), []
        for ranges, several in map(combinations, check_space(self.param_space)):
            for choices in several:
                grid = Grid.over(ranges, choices)
                listed += [grid.draw(p, 0.0, rng) | smallest for p in grid.points()]
        # The later stages together take at least as long as the first, unless its fits
        # get a share of the rows: it counts with all rows here.
        n_stages = 1 if self.resource == "n_samples" else min(2, self.max_stages)
        return listed[: self.max_candidates] * n_stages

    def _run_search(self, evaluate_candidates, *, callback_ctx):
        rng = check_random_state(self.random_state)
        folds = Folds(
            self._checked_cv_orig,
            seed=rng.randint(np.iinfo(np.int32).max),
            stratify=is_classifier(self.estimator),
        )
        context = callback_ctx.subcontext(
            task_name="search", max_subtasks=None
        ).call_on_fit_task_begin(estimator=self)

        def evaluate(batch, stage, move, budget, fallback):
            columns = {"stage": stage, "move": move}
            several = [(params, budget) for params in batch]
            try:
                return self._evaluate(
                    evaluate_candidates, several, columns, folds, context
                )
            except ValueError as error:
                # scikit-learn's loop refuses a batch in which all fits fail.
                refused = str(error).startswith(ALL_FITS_FAILED)
                if self.error_score == "raise" or not refused or fallback is None:
                    raise
            return self._evaluate(
                evaluate_candidates, [*several, fallback], columns, folds, context
            )

        spaces = [combinations(space) for space in check_space(self.param_space)]
        stages = Stages(self, spaces, evaluate, rng)
        self._fit_warnings = FitWarnings(self.n_jobs)
        try:
            stages.run()
        finally:
            self._fit_warnings.close()
        self._fit_warnings.show(self.resource, self.refit)
        context.call_on_fit_task_end(estimator=self)
        self.stop_reason_ = stages.stop_reason
        self.log_ = stages.log
        self.n_stages_ = len(stages.budgets)
        self.n_resources_ = stages.budgets
        self.n_candidates_ = stages.n_candidates
        del self._n_samples, self._fit_warnings

    def _evaluate(self, evaluate_candidates, several, columns, folds, context):
        """Evaluate (parameters, budget) pairs; return all scores, whether to stop."""
        candidates, budgets = map(list, zip(*several, strict=True))
        n, budget = len(candidates), budgets[0]
        more_results = {name: [value] * n for name, value in columns.items()}
        cut_short = False
        if self.resource == "n_samples":
            folds.share = budget / self._n_samples
            budgets = [budget] * n
        elif self.resource is not None:
            candidates = [
                params | {self.resource: own}
                for params, own in zip(candidates, budgets, strict=True)
            ]
            cut_short = budget < self.max_resources_
        if self.resource is not None:
            more_results["n_resources"] = budgets
        mesh_context = context.subcontext(
            task_name="grid",
            max_subtasks=n * self.n_splits_,
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self)
        add_callback(mesh_context, self._fit_warnings)
        with silenced_warnings(cut_short):
            results = evaluate_candidates(
                candidates,
                folds,
                more_results=more_results,
                callback_ctx=mesh_context,
            )
        stop = mesh_context.call_on_fit_task_end(estimator=self)
        n_fits = n * self.n_splits_
        self._fit_warnings.end_batch(columns["stage"], n_fits, not cut_short)
        scores = self._fold_scores(results)
        message = failure_message(
            candidates,
            self._fit_errors[-n_fits:],
            scores[-n:],
            self.error_score,
        )
        if message is not None:
            warn(message, FitFailedWarning)
        return scores, stop

    def _fold_scores(self, results):
        """Return the scores that lead the search, (n_candidates, n_splits)."""
        prefix = "mean_test_"
        names = [key.removeprefix(prefix) for key in results if key.startswith(prefix)]
        named = isinstance(self.refit, str) and self.refit in names
        name = self.refit if named else names[0]
        return np.column_stack(
            [results[f"split{i}_test_{name}"] for i in range(self.n_splits_)]
        )

    def _format_results(self, candidate_params, n_splits, out, more_results=None):
        self._fit_errors = [outcome["fit_error"] for outcome in out]
        return super()._format_results(candidate_params, n_splits, out, more_results)

    def _select_best_index(self, refit, refit_metric, results):
        if callable(refit):
            return super()._select_best_index(refit, refit_metric, results)
        means = results[f"mean_test_{refit_metric}"]
        budgets = results.get("n_resources", np.zeros(len(means)))
        rows = np.flatnonzero(~np.isnan(means))
        if not len(rows):
            raise ValueError(
                f"No candidate has a score: the {refit_metric} of all "
                f"{len(means)} is not a number. Warnings name the errors of scorers; "
                "error_score='raise' raises the first one."
            )
        rows = rows[budgets[rows] == budgets[rows].max()]
        return int(rows[means[rows].argmax()])

    def __sklearn_tags__(self) -> Any:
        """Return tags of a search that takes NumPy's arrays."""
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags
