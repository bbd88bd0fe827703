"""Candidates that fail or have no score: named, passed over, never best."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge

from skdl import MLPClassifier, MLPRegressor
from skdl.engine import Adam, HiddenLayers
from skdl.model_selection import CoarseToFineSearchCV, Log
from tests.model_selection.hill import Hill

X, y = load_iris(return_X_y=True)
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
NET = MLPClassifier(
    HiddenLayers(1, 10), solver=Adam(), learning_rate_init=0.03, random_state=0
)
SPACE = {"alpha": (1e-4, 1e1), "activation": ["relu", "tanh"]}


def searching(estimator, space, **options):
    options = {"cv": 3, "random_state": 0, "max_stages": 2} | options
    return CoarseToFineSearchCV(estimator, space, **options)


def ridge_search(**options):
    return searching(Ridge(), {"alpha": (1e-2, 1e1)}, **options)


def test_a_failed_candidate_is_named_and_the_search_continues():
    hill = Hill(top=1.0, fails_above=20.0)
    search = searching(hill, {"x": (1e-2, 1e2)}, jitter=0.0)
    with pytest.warns(FitFailedWarning) as caught:
        search.fit(X)
    # One for the first grid, one for the finer one; nothing of scikit-learn's besides.
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == 2
    assert "1 of 5 candidates" in messages[0]
    assert "x=100.0: 3 of 3 fits failed" in messages[0]
    assert "OverflowError: x is too large" in messages[0]
    assert all(warning.filename == __file__ for warning in caught)
    failed = np.isnan(search.cv_results_["mean_test_score"])
    x = search.cv_results_["param_x"]
    assert_array_equal(failed, np.asarray(x > 20, dtype=bool))
    assert search.best_params_ == {"x": 10.0}


def test_a_mesh_that_fails_as_a_whole():
    hill = Hill(top=9.0, fails_above=150.0)
    search = searching(hill, {"x": (1e-2, 1e2)}, jitter=0.0, max_stages=1)
    with pytest.warns(FitFailedWarning, match="x=1000.0: 3 of 3 fits failed"):
        search.fit(X)
    assert search.best_params_ == {"x": 100.0}
    tried = [params["x"] for params in search.cv_results_["params"]]
    # scikit-learn's loop takes no batch that fails: the best point goes with it.
    assert_allclose(tried, [1e-2, 1e-1, 1, 10, 100, 1000, 100])
    assert len(search.cv_results_["stage"]) == 7
    assert search.n_candidates_ == [7]


def test_a_stage_that_fails_as_a_whole():
    class Late(Hill):
        def fit(self, X, y=None):
            if self.max_iter > 50:
                raise OverflowError("late")
            return super().fit(X)

    search = searching(Late(), {"x": (1e-2, 1e2)}, resource="max_iter", refit=False)
    with pytest.warns(FitFailedWarning, match="max_iter=100: 3 of 3 fits"):
        search.fit(X)
    assert search.stop_reason_ == "failed"
    assert search.best_params_["max_iter"] == 34
    assert search.best_score_ == np.nanmax(search.cv_results_["mean_test_score"])


def test_when_nothing_works():
    search = searching(Hill(fails_above=0.0), {"x": (1e-2, 1e2)})
    with pytest.raises(ValueError, match="All the 15 fits failed"):
        search.fit(X)
    assert vars(search) == vars(clone(search)) | {"estimator": search.estimator,
        "param_space": search.param_space}  # fmt: skip


def test_a_number_as_error_score():
    error_score = -50.0
    hill = Hill(top=1.0, fails_above=20.0)
    search = searching(hill, {"x": (1e-2, 1e2)}, error_score=error_score, max_moves=0)
    with pytest.warns(FitFailedWarning, match=f"error_score={error_score}"):
        search.fit(X)
    x, scores = (search.cv_results_[k] for k in ("param_x", "mean_test_score"))
    assert_array_equal(scores == error_score, np.asarray(x > 20, dtype=bool))


def test_errors_are_raised_if_asked_for():
    search = searching(Hill(fails_above=20.0), {"x": (1e-2, 1e2)}, error_score="raise")
    with pytest.raises(OverflowError, match="x is too large"):
        search.fit(X)
    assert not hasattr(search, "n_splits_")


@pytest.mark.parametrize("resource", [None, "max_iter"])
def test_nan_is_never_best(resource):
    hill = Hill(top=2.0, nan_above=5.0)
    search = searching(hill, {"x": (1e-2, 1e2)}, resource=resource, max_stages=3)
    with pytest.warns(FitFailedWarning, match="3 of 3 scores are not finite"):
        search.fit(X)
    assert search.best_params_["x"] < 5
    assert np.isfinite(search.best_score_)


def test_nothing_but_nan():
    search = searching(Hill(nan_above=0.0), {"x": (1e-2, 1e2)})
    with (
        pytest.warns(FitFailedWarning),
        pytest.raises(ValueError, match="No candidate has a score: the score of all 5"),
    ):
        search.fit(X)


@quiet
def test_a_net_that_diverges():
    net = MLPRegressor(
        hidden_layer_sizes=(5,), solver="sgd", max_iter=30, random_state=0
    )
    space = {"learning_rate_init": Log(1e-2, 1e6, limits=(1e-2, 1e6))}
    search = searching(net, space, max_stages=1)
    with pytest.warns(FitFailedWarning, match=r"init=1000000\.0: 3 of 3 fits failed"):
        search.fit(X, y)
    assert search.best_params_["learning_rate_init"] < 10
