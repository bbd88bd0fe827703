"""Search with cross-validation, from a coarse mesh and little training to fine ones."""

import warnings
from contextlib import contextmanager
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.utils import check_random_state

from skdl._sklearn import BaseSearchCV, Interval, StrOptions, fit_context
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl._warn import warn
from skdl.model_selection._budget import check_resource, resource_range
from skdl.model_selection._failures import failure_message
from skdl.model_selection._folds import Folds
from skdl.model_selection._space import check_space, combinations
from skdl.model_selection._stages import Stages

__all__ = ["CoarseToFineSearchCV"]

POSITIVE = Interval(Integral, 1, None, closed="left")


class CoarseToFineSearchCV(Versioned, BaseSearchCV):
    """Search over ranges: a coarse mesh on a small budget, then finer ones on larger.

    The first stage evaluates a mesh over all ranges, whose points are shifted at random
    (a power of ten apart, for logarithmic ranges). Each later stage takes the best
    point, and around it a mesh of three points per range with half the step (for
    logarithms: √10 ≈ 3, then 1.8 …), and trains longer. If the best point of a stage
    lies at the border of its mesh, the mesh first moves on beyond it. Choices from a
    list are crossed with the first mesh; each combination of choices has a mesh of its
    own from then on, until it falls behind.

    It works as `sklearn.model_selection.GridSearchCV` does, on any estimator, with the
    same scoring, refitting, metadata routing, callbacks and attributes.

    Parameters
    ----------
    estimator : estimator
        With a method ``fit``, and ``score`` unless `scoring` is given.
    param_space : dict or list of dict
        From names of parameters to ranges and choices. A range is a tuple
        ``(low, high)`` of two positive numbers, on a logarithmic scale and of integers
        if both are integers; a `Log` or `Linear`; or a frozen ``loguniform``,
        ``uniform`` or ``randint`` of scipy.stats, whose support the mesh never leaves.
        Choices are a list or an array. Of several dicts, each is a space of its own.
    resource : str or None, default=None
        What stages get more and more of: 'n_samples', the rows of X, of which each fold
        trains on a share (of each class, for classifiers) and is tested on all; or a
        parameter of the estimator that is a positive integer, such as 'max_iter', which
        then is set in `best_params_`, too. With None all stages are alike.
    min_resources : int or 'auto', default='auto'
        The first stage's budget; 'auto' is max_resources / factor, rounded up:
        with less training, what helps in the end may not show yet.
    max_resources : int or 'auto', default='auto'
        The last stage's; 'auto' is what the estimator has, or all rows.
    factor : float, default=3
        Each stage has so many times the budget of the one before. Above 1.
    max_stages : int, default=3
        Most stages. The last one always gets `max_resources`.
    max_moves : int, default=3
        How often, at most, the mesh of a stage moves beyond its border.
    jitter : float, default=0.25
        How far a point is shifted at most, in steps of its mesh, in [0, 0.5). The best
        point of the stage before, in the midst of a finer mesh, is not shifted.
    max_candidates : int or None, default=None
        Most points of a stage's mesh, and of each of its moves, drawn at random; None
        is all. A mesh of d ranges has 3 to the power of d points, and the first more.
    scoring : str, callable, list, tuple, dict or None, default=None
        As in `GridSearchCV`. Of several scores, the one that `refit` names leads the
        search; with another `refit`, the first one does.
    n_jobs : int or None, default=None
        Processes of joblib. The results are the same for any number, to the bit if
        all processes have the same number of BLAS threads and the estimator a seed.
    refit : bool, str or callable, default=True
        As in `GridSearchCV`. A callable gets all of `cv_results_`, in which scores of
        different `n_resources` do not compare.
    cv : int, splitter, iterable or None, default=None
        As in `GridSearchCV`. It splits once: a splitter that draws new folds in each
        call serves all candidates with the first ones.
    verbose : int, default=0
        Above 0, the lines of `log_` are printed as they come; further as in
        `GridSearchCV`.
    pre_dispatch : int or str, default='2*n_jobs'
        As in `GridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Of the shifts, of points that `max_candidates` leaves out, and of the rows that
        'n_samples' leaves out. The estimator has its own.
    error_score : 'raise' or float, default=nan
        The score of a fit that fails. A ``FitFailedWarning`` names the parameters of
        each candidate that failed, and the search goes on. NaN is never the best.
    return_train_score : bool, default=False
        Whether to score on the training rows, too.

    Attributes
    ----------
    cv_results_ : dict
        As of `GridSearchCV`, with the columns 'stage', 'move' (0 for the mesh as it
        began, then how often it had moved) and, with a resource, 'n_resources'. Ranks
        are over all rows, whatever their budget.
    best_index_ : int
        The row of the best mean score among those of the largest budget. (If none of
        these has a score, of the next smaller one.)
    best_params_, best_score_ : dict, float
        Of that row. `best_params_` has the resource, unless that is 'n_samples'.
    best_estimator_ : estimator
        Fitted on all of X with `best_params_`; not with ``refit=False``.
    stop_reason_ : str
        'converged': with the full budget, a stage was no better than the best point of
        the one before, beyond noise. 'max_stages'; 'exhausted': no finer point is
        left, as among few integers; 'callback'; 'failed': no candidate of a later stage
        had a score.
    log_ : list of str
        What happened: stages, their best points, moves beyond a border, gains.
    n_stages_ : int
        How many stages there were.
    n_resources_ : list of int or None
        The budget of each stage.
    n_candidates_ : list of int
        How many candidates each stage evaluated.
    min_resources_, max_resources_ : int or None
        What 'auto' came to.
    scorer_, refit_time_, n_splits_, multimetric_, classes_ : object
        As of `GridSearchCV`; so are `n_features_in_` and `feature_names_in_`.

    Raises
    ------
    ValueError
        Before any fit, if a parameter, or an entry of `param_space`, is wrong; and if
        no candidate has a score.

    Notes
    -----
    Noise is measured on the folds, which all candidates share: if d_1 … d_n are the
    differences of two candidates' scores, the better one is better beyond noise if
    their mean exceeds its standard error, √(Σ (d_i - mean)² / (n - 1) / n). A stage
    improves if its best point beats the best point of the stage before so, evaluated
    anew on the larger budget. After a stage that does not improve, the budget goes to
    `max_resources` at once, or, if it is there, the search ends. A combination of
    choices falls behind if its best point is worse than the stage's best beyond noise.

    A scikit-learn ``ConvergenceWarning`` in a stage that has not the full number of
    iterations is not shown: those fits are cut short on purpose.

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
        estimator,
        param_space,
        *,
        resource=None,
        min_resources="auto",
        max_resources="auto",
        factor=3,
        max_stages=3,
        max_moves=3,
        jitter=0.25,
        max_candidates=None,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_space = param_space
        self.resource = resource
        self.min_resources = min_resources
        self.max_resources = max_resources
        self.factor = factor
        self.max_stages = max_stages
        self.max_moves = max_moves
        self.jitter = jitter
        self.max_candidates = max_candidates
        self.random_state = random_state

    # estimator is not validated yet
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Search, and fit the best on all of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        **params : dict
            For the estimator's ``fit``, the scorer and the splitter, as in
            `GridSearchCV`: what has as many rows as X is split with it.

        Returns
        -------
        self : CoarseToFineSearchCV
        """
        spaces = check_space(self.param_space)
        check_resource(self.estimator, self.resource, spaces)
        self._check_names(spaces)
        with unchanged_on_error(self):
            super().fit(X, y, **params)
            del self._fit_errors
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
                        f"{error}. Settings of an object need the object there, as in "
                        "solver=Adam() for 'solver__beta_1'."
                    ) from error

    def _check_input_parameters(self, X, y, split_params):
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        self.min_resources_, self.max_resources_ = resource_range(self, n_samples)
        self._n_samples = n_samples

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

        def evaluate(batch, stage, move, budget, spare):
            columns = {"stage": stage, "move": move}
            several = [(params, budget) for params in batch]
            try:
                return self._evaluate(
                    evaluate_candidates, several, columns, folds, context
                )
            except ValueError as error:
                # scikit-learn's loop refuses a batch in which all fits fail.
                refused = str(error).startswith("\nAll the ")
                if self.error_score == "raise" or not refused or spare is None:
                    raise
            return self._evaluate(
                evaluate_candidates, [*several, spare], columns, folds, context
            )

        spaces = [combinations(space) for space in check_space(self.param_space)]
        stages = Stages(self, spaces, evaluate, rng)
        stages.run()
        context.call_on_fit_task_end(estimator=self)
        self.stop_reason_ = stages.stop_reason
        self.log_ = stages.log
        self.n_stages_ = len(stages.budgets)
        self.n_resources_ = stages.budgets
        self.n_candidates_ = stages.n_candidates
        del self._n_samples

    def _evaluate(self, evaluate_candidates, several, columns, folds, context):
        """Evaluate (parameters, budget) pairs; return all scores so far, and a stop."""
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
            task_name="mesh",
            max_subtasks=n * self.n_splits_,
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self)
        with _replaced_warnings(cut_short):
            results = evaluate_candidates(
                candidates,
                folds,
                more_results=more_results,
                callback_ctx=mesh_context,
            )
        stop = mesh_context.call_on_fit_task_end(estimator=self)
        scores = self._fold_scores(results)
        message = failure_message(
            candidates,
            self._fit_errors[-n * self.n_splits_ :],
            scores[-n:],
            self.error_score,
        )
        if message is not None:
            warn(message, FitFailedWarning)
        return scores, stop

    def _fold_scores(self, results):
        """Return the scores that lead the search, of shape (n_candidates, n_splits)."""
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
                f"{len(means)} is not a number. A scorer that fails says so in a "
                "warning; error_score='raise' stops at the first."
            )
        rows = rows[budgets[rows] == budgets[rows].max()]
        return int(rows[means[rows].argmax()])

    def __sklearn_tags__(self):
        """Arrays are NumPy's."""
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags


@contextmanager
def _replaced_warnings(cut_short):
    """Silence what this module says better, or what is so on purpose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\n\d+ fits failed out", FitFailedWarning)
        warnings.filterwarnings(
            "ignore", "One or more of the (test|train) scores are non", UserWarning
        )
        if cut_short:
            warnings.simplefilter("ignore", ConvergenceWarning)
        yield
