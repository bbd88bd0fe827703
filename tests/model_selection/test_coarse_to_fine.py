"""The search as one of scikit-learn's: its checks, attributes, scoring, refitting."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC

from skdl import MLPClassifier, Standardizer
from skdl.engine import Adam, HiddenLayers
from skdl.model_selection import CoarseToFineSearchCV, Linear, Log
from tests.model_selection.hill import Hill
from tests.scikit_learn_checks import parametrize_with_checks

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


FEW = {"cv": 2, "error_score": "raise", "max_moves": 0, "max_candidates": 4}


@parametrize_with_checks(
    [],
    alike=[
        searching(Ridge(), {"alpha": (0.1, 1.0)}, **FEW),
        searching(
            Pipeline([("pca", PCA()), ("model", LogisticRegression())]),
            {"model__C": (0.1, 1.0)},
            **FEW,
        ),
    ],
    # From scikit-learn's own list for GridSearchCV.
    expected_failed_checks=lambda search: (
        {}
        if is_classifier(search)
        else {"check_supervised_y_2d": "DataConversionWarning not caught"}
    ),
)
@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


def test_results_are_those_of_a_grid_search_on_the_same_candidates():
    search = ridge_search(return_train_score=True, scoring=["r2", "neg_max_error"],
                          refit="r2").fit(X, y)  # fmt: skip
    grid = GridSearchCV(Ridge(), [{k: [v] for k, v in params.items()}
                                  for params in search.cv_results_["params"]],
                        cv=3, return_train_score=True, refit="r2",
                        scoring=["r2", "neg_max_error"]).fit(X, y)  # fmt: skip
    ours, theirs = search.cv_results_, grid.cv_results_
    assert set(ours) == {*theirs, "stage", "move"}
    for name, values in theirs.items():
        if "time" not in name:
            assert_array_equal(ours[name], values, err_msg=name)
    assert search.best_params_ == grid.best_params_
    assert search.best_score_ == grid.best_score_
    assert_array_equal(search.predict(X), grid.predict(X))
    assert search.score(X, y) == grid.score(X, y)
    assert set(vars(grid)) - {"param_grid"} <= set(vars(search))
    assert not [name for name in vars(search) if name.startswith("_fit")]


def test_a_net_with_nested_parameters_on_few_iterations():
    space = SPACE | {"solver__beta_1": Linear(0.5, 0.95, 3, limits=(0, 0.99)),
                     "hidden_layer_sizes__width": Log(4, 16)}  # fmt: skip
    net = clone(NET).set_params(max_iter=45)
    search = searching(net, space, resource="max_iter", max_candidates=20, cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    assert search.n_resources_ == [15, 45]
    assert search.best_params_["max_iter"] == 45
    best = search.best_estimator_
    assert best.solver.beta_1 == search.best_params_["solver__beta_1"]
    assert best.coefs_[0].shape[1] == search.best_params_["hidden_layer_sizes__width"]
    assert search.best_score_ > 0.9
    assert (net.max_iter, net.alpha, net.solver.beta_1) == (45, 1e-4, 0.9)


@pytest.mark.parametrize(
    ("estimator", "space", "options"),
    [
        (SVC(), {"C": (1e-2, 1e2), "gamma": (1e-4, 1.0)}, {}),
        (SVC(), [{"kernel": ["linear"], "C": (1e-2, 1.0)},
                 {"kernel": ["rbf"], "gamma": (1e-3, 1.0)}], {}),
        (RandomForestClassifier(18, random_state=0), {"max_depth": Linear(1, 6, 3)},
         {"resource": "n_estimators"}),
        (make_pipeline(Standardizer(), LogisticRegression()),
         {"logisticregression__C": (1e-2, 1e2)}, {"resource": "n_samples"}),
        (make_pipeline(PCA(), SVC()),
         {"pca": [PCA(2), None], "svc": [SVC(), SVC(kernel="linear")],
          "svc__C": (0.1, 10.0)}, {}),
    ],
    ids=["svc", "spaces", "forest", "rows", "steps"],
)  # fmt: skip
def test_any_estimator(estimator, space, options):
    search = searching(estimator, space, **options).fit(X, y)
    assert search.best_score_ > 0.9
    again = clone(estimator).set_params(**clone(search.best_params_, safe=False))
    assert cross_val_score(again, X, y, cv=3).mean() == search.best_score_


def test_without_y():
    search = searching(KMeans(random_state=0, n_init=1), {"n_clusters": Log(2, 6)}).fit(
        X
    )
    assert search.best_estimator_.n_clusters == search.best_params_["n_clusters"]
    assert search.transform(X).shape == (150, search.best_params_["n_clusters"])


def test_rows_are_the_resource():
    class Counting(Hill):
        def score(self, X, y=None):
            return float(1000 * self.n_rows_ + len(X))

    search = searching(Counting(), {"x": (1e-1, 1e1)}, resource="n_samples",
                       max_stages=4, cv=5).fit(X, y)  # fmt: skip
    results = search.cv_results_
    for budget, score in zip(results["n_resources"], results["mean_test_score"],
                             strict=True):  # fmt: skip
        assert score == 1000 * round(120 * budget / 150) + 30
    assert search.n_resources_ == [50, 150]
    assert "n_samples" not in search.best_params_
    assert search.best_estimator_.n_rows_ == 150


def test_several_scores_and_who_leads():
    scoring = {"error": "neg_mean_squared_error", "r2": "r2"}
    by_r2 = ridge_search(scoring=scoring, refit="r2").fit(X, y)
    assert by_r2.best_score_ == by_r2.cv_results_["mean_test_r2"].max()
    alone = ridge_search(scoring="neg_mean_squared_error").fit(X, y)
    first = ridge_search(scoring=scoring, refit=False).fit(X, y)
    assert first.cv_results_["params"] == alone.cv_results_["params"]
    assert not hasattr(first, "best_index_")
    assert not hasattr(first, "best_estimator_")
    assert first.multimetric_


@pytest.mark.parametrize(
    ("refit", "sign"), [("low", -1), ("high", 1), (False, -1), (lambda results: 0, -1)]
)
def test_the_score_that_refit_names_leads(refit, sign):
    scoring = {"low": lambda hill, X: -hill.x, "high": lambda hill, X: hill.x}
    search = searching(Hill(), {"x": (1e-1, 1e1)}, scoring=scoring, refit=refit).fit(X)
    places = np.log10(np.asarray(search.cv_results_["param_x"], dtype=float)) * sign
    assert places.max() > 3
    assert places.min() > -2


def test_a_callable_scoring():
    def several(estimator, X, y):
        return {"a": estimator.score(X, y), "b": 1.0}

    search = ridge_search(scoring=several, refit="a").fit(X, y)
    plain = ridge_search().fit(X, y)
    assert search.best_params_ == plain.best_params_
    alone = ridge_search(scoring=lambda model, X, y: model.score(X, y)).fit(X, y)
    assert alone.best_params_ == plain.best_params_


def test_refit_by_a_function_or_not_at_all():
    chosen = ridge_search(refit=lambda results: 2).fit(X, y)
    assert chosen.best_index_ == 2
    assert chosen.best_estimator_.alpha == chosen.cv_results_["params"][2]["alpha"]
    assert not hasattr(chosen, "best_score_")
    without = ridge_search(refit=False).fit(X, y)
    assert without.best_index_ == without.cv_results_["mean_test_score"].argmax()
    assert not hasattr(without, "best_estimator_")
    assert not hasattr(without, "predict")
    with pytest.raises(IndexError):
        ridge_search(refit=lambda results: 10**6).fit(X, y)


class Untouched(Ridge):
    """Fails as soon as it is trained."""

    def __init__(self, alpha=1.0, max_iter=10, solver="auto"):
        super().__init__(alpha=alpha, max_iter=max_iter, solver=solver)

    def fit(self, X, y):
        raise AssertionError("there was work")


@pytest.mark.parametrize(
    ("space", "options", "message"),
    [
        (
            {"alpha": (0, 1)},
            {},
            "param_space: 'alpha': Log: low must be above 0",
        ),
        ({"alhpa": (1, 2)}, {}, "param_space: Invalid parameter 'alhpa' for estimator"),
        ({"solver__a": [1]}, {}, r"\['solver__a'\] cannot all be set .* solver=Adam"),
        ({}, {}, "param_space must be a dict"),
        ("alpha", {}, "'param_space' parameter .* must be an instance of 'dict'"),
        (
            {"alpha": [1]},
            {"resource": "max_it"},
            "'max_it' is not a parameter",
        ),
        ({"alpha": [1]}, {"resource": "alpha"}, "'alpha' is among the parameters"),
        ({"alpha": [1]}, {"resource": "solver"}, "positive integer, got 'auto'"),
        ({"alpha": [1]}, {"resource": 3}, "'resource' parameter"),
        ({"alpha": [1]}, {"min_resources": 0}, "'min_resources' parameter"),
        ({"alpha": [1]}, {"max_resources": "all"}, "'max_resources' parameter"),
        ({"alpha": [1]}, {"resource": "max_iter", "min_resources": 11}, "above max_re"),
        ({"alpha": [1]}, {"factor": 1}, "'factor' parameter"),
        ({"alpha": [1]}, {"max_stages": 0}, "'max_stages' parameter"),
        ({"alpha": [1]}, {"max_moves": -1}, "'max_moves' parameter"),
        ({"alpha": [1]}, {"jitter": 0.5}, "'jitter' parameter"),
        ({"alpha": [1]}, {"max_candidates": 0}, "'max_candidates' parameter"),
        ({"alpha": [1]}, {"random_state": "a"}, "'random_state' parameter"),
        ({"alpha": [1]}, {"scoring": ["r2"]}, "refit must be set to"),
    ],
    ids=str,
)
def test_errors_come_before_any_work(space, options, message):
    search = searching(Untouched(), space, **options)
    before = dict(vars(search))
    with pytest.raises(ValueError, match=message):
        search.fit(X, y)
    assert vars(search) == before


def test_a_failed_fit_leaves_the_last_one():
    search = ridge_search().fit(X, y)
    before, predictions = dict(vars(search)), search.predict(X)
    search.param_space = {"alpha": (2, 1)}
    with pytest.raises(ValueError, match="low must be less than high"):
        search.fit(X, y)
    before["param_space"] = search.param_space
    assert vars(search) == before
    assert_array_equal(search.predict(X), predictions)
