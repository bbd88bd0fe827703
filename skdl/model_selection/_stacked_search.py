"""What makes a search of scikit-learn train in stacks."""

from itertools import product
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.callback import AutoPropagatedCallback, ProgressBar
from sklearn.exceptions import FitFailedWarning

from skdl._arguments import explain_arguments
from skdl._numbers_of_rows import numbers_of_rows_named
from skdl._parameters import ExplainedParameters
from skdl._transaction import unchanged_on_error
from skdl._version import Versioned
from skdl._warn import warn
from skdl.model_selection._candidate_stacks import Data, Fit, Stacks
from skdl.model_selection._failures import (
    explained_errors,
    failure_message,
    silenced_warnings,
)
from skdl.model_selection._folds import Folds
from skdl.model_selection._last_net import is_stackable, settings_before_net
from skdl.model_selection._trained_clones import CloneSource, Trained


class StackedSearch(Versioned, ExplainedParameters):
    """Mixin for a search of scikit-learn: trains in stacks what scikit-learn scores.

    The methods that it overrides are those that `sklearn.model_selection.BaseSearchCV`
    calls in its ``fit``, in this order: `_init_callback_context`,
    `_get_routed_params_for_fit`, `_check_input_parameters`, `_run_search` and
    `_format_results`.
    """

    @explain_arguments
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
        self : object
            The fitted search.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C. If candidates are finished, `cv_results_` and the attributes of
            the best one are there nevertheless, without a `best_estimator_`.
        """
        try:
            kept = unchanged_on_error(self, except_for=("_finished",))
            rows = numbers_of_rows_named(X=X, y=y)
            with explained_errors(self.estimator), kept, rows:
                super().fit(X, y, **params)
        except KeyboardInterrupt:
            if "_finished" in vars(self):
                self.__dict__ = self._interrupted()
            raise
        finally:
            for name in ("_given", "_finished", "_seconds"):
                vars(self).pop(name, None)
        return self

    def _init_callback_context(self, *args, **options):
        # One task more than in scikit-learn's searches: the training in stacks.
        options["max_subtasks"] += 1
        return super()._init_callback_context(*args, **options)

    def _get_routed_params_for_fit(self, params):
        routed = super()._get_routed_params_for_fit(params)
        self._given = {"routed": routed}
        return routed

    def _check_input_parameters(self, X, y, split_params):
        super()._check_input_parameters(X, y, split_params)
        # scikit-learn clones the estimator next, and the clone once per fit.
        source = CloneSource(self.estimator)
        self._given |= {"X": X, "y": y, "estimator": self.estimator, "source": source}
        self.estimator = source.connected()

    def _run_search(self, evaluate_candidates, *, callback_ctx):
        # Not an attribute any more: scikit-learn sends the search to its processes.
        given = vars(self).pop("_given")
        self.estimator = given["estimator"]
        routed, root = given["routed"], callback_ctx

        def evaluate(candidates, cv=None, more_results=None, callback_ctx=None):
            candidates = list(candidates)
            folds = Folds(cv or self._checked_cv_orig, seed=0, stratify=False)
            splits = folds.split(given["X"], given["y"], **routed.splitter.split)
            data = Data(given["X"], given["y"], routed.estimator.fit, splits)
            candidates, stacks = self._train(candidates, data, root)
            self.n_stacked_ = stacks.n_stacked()
            self._seconds = {i: fit.seconds for i, fit in stacks.trained.items()}
            fits = map(stacks.trained.get, range(len(candidates) * len(splits)))
            given["source"].supply(
                fit and Trained(fit.estimator, fit.error).estimator for fit in fits
            )
            with silenced_warnings(is_cut_short=False):
                results = evaluate_candidates(
                    candidates, folds, more_results, callback_ctx=callback_ctx
                )
            if stacks.interruption is not None:
                raise stacks.interruption
            return results

        super()._run_search(evaluate, callback_ctx=callback_ctx)

    def _train(self, candidates, data, context):
        """Train in stacks; return the candidates to evaluate, and the `Stacks`.

        After Ctrl-C, these are the candidates all of whose fits are trained.
        """
        n = len(data.splits)
        stacks = Stacks(self, data, context)
        stacks.train(self._fits(candidates, n) if self._can_stack(data) else [])
        if stacks.interruption is not None:
            kept = [
                i
                for i in range(len(candidates))
                if all(i * n + fold in stacks.trained for fold in range(n))
            ]
            if not kept:
                raise stacks.interruption
            candidates = [candidates[i] for i in kept]
            places = [i * n + fold for i, fold in product(kept, range(n))]
            stacks.trained = {i: stacks.trained[old] for i, old in enumerate(places)}
        return candidates, stacks

    def _can_stack(self, data):
        """Return whether fits may be trained outside scikit-learn's loop."""
        # Other callbacks are passed to each net, and observe its epochs.
        is_usual = data.y is not None and data.has_row_numbers()
        return is_usual and all(
            isinstance(callback, ProgressBar) or callback.max_propagation_depth == 0
            for callback in getattr(self, "_skl_callbacks", ())
            if isinstance(callback, AutoPropagatedCallback)
        )

    def _fits(self, candidates, n_splits):
        """Return a `Fit` for each fold and each candidate that ends with a net."""
        fits = []
        for i, parameters in enumerate(candidates):
            try:
                estimator = clone(self.estimator)
                estimator.set_params(**clone(parameters, safe=False))
            except Exception:  # scikit-learn's loop raises it.
                continue
            if not is_stackable(estimator):
                continue
            settings = settings_before_net(estimator, parameters)
            for fold in range(n_splits):
                own = clone(estimator) if fold else estimator
                fits.append(Fit(i * n_splits + fold, fold, settings, own))
        return fits

    def _format_results(self, candidate_params, n_splits, out, more_results=None):
        for place, seconds in self._seconds.items():
            out[place]["fit_time"] += seconds
        self._seconds = {}
        self._finished = super()._format_results(
            candidate_params, n_splits, out, more_results
        )
        self._warn_of_failures(candidate_params, n_splits, out)
        return self._finished

    def _warn_of_failures(self, candidates, n_splits, out):
        """Name the candidates whose fits failed or whose scores are not finite."""
        errors = [one["fit_error"] for one in out]
        # A sum over the metrics is finite if all of them are.
        scores = [np.sum(list(_as_dict(one["test_scores"]).values())) for one in out]
        scores = np.reshape(scores, (len(candidates), n_splits))
        message = failure_message(candidates, errors, scores, self.error_score)
        if message is not None:
            warn(message, FitFailedWarning)

    def _interrupted(self):
        """Return the attributes of an interrupted search with finished candidates."""
        results = self._finished
        fitted = {
            "cv_results_": results,
            "multimetric_": "mean_test_score" not in results,
            "n_splits_": sum(
                name.startswith("split") and name.endswith(metric_of(results))
                for name in results
            ),
        }
        metric = self.refit if fitted["multimetric_"] else "score"
        if callable(self.refit) or f"rank_test_{metric}" in results:
            best = self._select_best_index(self.refit, metric, results)
            fitted |= {"best_index_": best, "best_params_": results["params"][best]}
            if not callable(self.refit):
                fitted["best_score_"] = results[f"mean_test_{metric}"][best]
        parameters = {k: v for k, v in vars(self).items() if not k.endswith("_")}
        return parameters | fitted

    def __sklearn_tags__(self) -> Any:
        """Return tags of a search that takes NumPy's arrays."""
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags


def _as_dict(scores):
    return scores if isinstance(scores, dict) else {"score": scores}


def metric_of(results):
    """Return the end of the names of one metric's columns of test scores."""
    prefix = "mean_test_"
    return next(key for key in results if key.startswith(prefix)).removeprefix("mean")
