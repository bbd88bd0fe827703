"""The search as scikit-learn's: attributes, scoring, refitting, failures, tools."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer, make_scorer, mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdl
from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, Standardizer
from skdl.engine import Adam, HiddenLayers
from skdl.model_selection import CoarseToFineSearchCV, Linear, Log
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


@parametrize_with_checks(
    [
        searching(Ridge(), {"alpha": (0.1, 1.0)}, cv=2, error_score="raise"),
        searching(
            Pipeline([("pca", PCA()), ("model", LogisticRegression())]),
            {"model__C": (0.1, 1.0)},
            cv=2,
            error_score="raise",
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
                     "hidden_layer_sizes__width": (4, 16)}  # fmt: skip
    net = clone(NET).set_params(max_iter=45)
    search = searching(net, space, resource="max_iter", max_candidates=20, cv=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    assert search.n_resources_ == [5, 45]
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
    search = searching(KMeans(random_state=0, n_init=1), {"n_clusters": (2, 6)}).fit(X)
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
    assert search.n_resources_ == [
        16,
        48,
        150,
    ]
    assert "n_samples" not in search.best_params_
    assert search.best_estimator_.n_rows_ == 150


# -- scoring and refitting ------------------------------------------------------------


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


# -- failures -------------------------------------------------------------------------


def test_a_candidate_that_fails_is_named_and_the_search_goes_on():
    hill = Hill(top=1.0, fails_above=20.0)
    search = searching(hill, {"x": (1e-2, 1e2)}, jitter=0.0)
    with pytest.warns(FitFailedWarning) as caught:
        search.fit(X)
    # One for the first mesh, one for the finer one; nothing of scikit-learn's besides.
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
    assert search.best_params_["max_iter"] == 11
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


# -- errors before any work -----------------------------------------------------------


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
        ({"alpha": [1]}, {"resource": "max_it"}, "resource='max_it' is no parameter"),
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


# -- processes, callbacks, metadata, files --------------------------------------------


def without_times(results):
    return {name: values for name, values in results.items() if "time" not in name}


@quiet
@pytest.mark.parametrize("resource", ["max_iter", "n_samples"])
def test_two_processes_give_the_same_bits(resource):
    space = SPACE | {"learning_rate_init": (1e-2, 1e3)}
    net = clone(NET).set_params(max_iter=9, max_restarts=0)
    results = []
    for n_jobs in (1, 2):
        search = searching(net, space, resource=resource, n_jobs=n_jobs, cv=2,
                           max_candidates=12, random_state=3)  # fmt: skip
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            search.fit(X, y)
        said = {str(w.message) for w in caught if w.category is FitFailedWarning}
        results.append((search, said))
    (one, said_one), (two, said_two) = results
    ours, theirs = without_times(one.cv_results_), without_times(two.cv_results_)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert_array_equal(ours[name], theirs[name], err_msg=name)
    assert one.log_ == two.log_
    assert said_one == said_two
    for a, b in zip(
        one.best_estimator_.coefs_, two.best_estimator_.coefs_, strict=True
    ):
        assert_array_equal(a, b)


def test_a_seed_repeats_and_another_shifts():
    def tried(seed):
        return ridge_search(random_state=seed).fit(X, y).cv_results_["params"]

    assert tried(5) == tried(5)
    assert tried(5) == tried(np.random.RandomState(5))
    assert tried(5) != tried(6)


def test_a_splitter_without_a_seed_splits_once():
    search = ridge_search(cv=ShuffleSplit(3), max_stages=3, jitter=0.0).fit(X, y)
    results = search.cv_results_
    means = dict(zip(np.asarray(results["param_alpha"]), results["mean_test_score"],
                     strict=True))  # fmt: skip
    order = sorted(means)
    # On one set of folds the score is a smooth function of alpha.
    curve = np.array([means[alpha] for alpha in order])
    assert len(np.unique(np.sign(np.diff(curve)))) <= 2
    assert np.abs(np.diff(curve)).max() < 0.02


def test_short_runs_do_not_warn_but_full_ones_do():
    net = MLPClassifier((5,), max_iter=9, random_state=0)
    search = searching(net, {"alpha": (1e-3, 1.0)}, resource="max_iter", max_moves=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, y)
    n_full = search.n_candidates_[1]
    short = [w for w in caught if w.category is ConvergenceWarning]
    assert len(caught) == len(short) == 3 * n_full + 1  # the last one is the refit


def test_the_log_is_printed_on_request(capsys):
    search = ridge_search(verbose=1).fit(X, y)
    printed = capsys.readouterr().out.splitlines()
    ours = [line for line in printed if line.startswith("[CoarseToFineSearchCV] ")]
    assert [line.partition("] ")[2] for line in ours] == search.log_
    assert len(search.log_) >= 4
    assert any(line.startswith("Fitting 3 folds for each of") for line in printed)
    ridge_search().fit(X, y)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks(n_jobs, capsys):
    net = clone(NET).set_params(max_iter=4)
    monitor = ScoringMonitor(scoring="accuracy")
    search = searching(net.set_callbacks(monitor), {"alpha": (1e-3, 1.0)},
                       n_jobs=n_jobs, cv=2)  # fmt: skip
    search.set_callbacks(ProgressBar())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    n_fits = 2 * sum(search.n_candidates_) + 1
    assert len(rows) == n_fits * 4
    assert len({row["parent_task_id_path"] for row in rows}) == n_fits
    assert "CoarseToFineSearchCV - mesh" in capsys.readouterr().out
    assert "_skl_callbacks_to_teardown" not in vars(search)


class Recorder:
    """Keeps the tasks of the search, and ends it after some meshes."""

    def __init__(self, n_meshes):
        self.n_meshes = n_meshes
        self.tasks = []

    def setup(self, estimator, context):
        self.tasks.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "mesh" and self.tasks.count("mesh") >= self.n_meshes

    def teardown(self, estimator, context):
        self.tasks.append("teardown")


def test_a_callback_sees_the_meshes_and_can_end_the_search():
    recorder = Recorder(2)
    search = ridge_search(max_stages=4, max_moves=0).set_callbacks(recorder).fit(X, y)
    assert search.stop_reason_ == "callback"
    assert search.n_stages_ == 2
    tasks = [task for task in recorder.tasks if task != "candidate-split-evaluation"]
    assert tasks == ["setup", "fit", "search", "mesh", "mesh",
                     "refit-with-best-params", "teardown"]  # fmt: skip
    n = recorder.tasks.count("candidate-split-evaluation")
    assert n == 3 * sum(search.n_candidates_)


def test_metadata_is_routed():
    weights, groups = np.linspace(0.1, 2, 150), np.arange(150) % 5
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(mean_squared_error, greater_is_better=False)
        search = CoarseToFineSearchCV(
            Ridge().set_fit_request(sample_weight=True),
            {"alpha": (1e-2, 1e1)},
            cv=GroupKFold(5),
            scoring=scorer.set_score_request(sample_weight=True),
            random_state=0,
            max_stages=1,
        )
        search.fit(X, y, sample_weight=weights, groups=groups)
        train, test = next(GroupKFold(5).split(X, y, groups))
        alpha = search.cv_results_["params"][0]["alpha"]
        model = Ridge(alpha=alpha).fit(X[train], y[train], weights[train])
        errors = np.average((model.predict(X[test]) - y[test]) ** 2,
                            weights=weights[test])  # fmt: skip
    assert_allclose(search.cv_results_["split0_test_score"][0], -errors)


def test_groups_and_weights_without_routing():
    groups = np.arange(150) % 5
    search = ridge_search(cv=GroupKFold(5)).fit(X, y, groups=groups)
    assert search.n_splits_ == 5
    weighted = ridge_search().fit(X, y, sample_weight=np.linspace(0.1, 2, 150))
    plain = ridge_search().fit(X, y)
    assert weighted.best_estimator_.intercept_ != plain.best_estimator_.intercept_


def test_files_copies_and_frames():
    frame = pd.DataFrame(X, columns=list("abcd"))
    net = SoftmaxClassifier((), solver="lbfgs", random_state=0)
    search = searching(net, {"alpha": Log(1e-2, 1e1)}, random_state=1)
    search.fit(frame, y)
    assert list(search.feature_names_in_) == list("abcd")
    assert list(search.classes_) == [0, 1, 2]
    assert is_classifier(search)
    # scikit-learn's own searches need the two, as well.
    trusted = [
        *skdl.trusted_types,
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.model_selection._split.StratifiedKFold",
    ]
    for copy in (
        pickle.loads(pickle.dumps(search)),
        skops.io.loads(skops.io.dumps(search), trusted=trusted),
    ):
        assert_array_equal(copy.predict_proba(frame), search.predict_proba(frame))
        assert copy.log_ == search.log_
        assert copy.best_params_ == search.best_params_
    again = clone(search).fit(frame, y)
    assert again.cv_results_["params"] == search.cv_results_["params"]


def test_a_search_within_a_cross_validation():
    scores = cross_val_score(ridge_search(), X, y, cv=3, scoring=get_scorer("r2"))
    assert np.isfinite(scores).all()


@quiet
def test_digits_within_a_third_of_the_epochs_of_the_grid():
    """A small instance of what benchmarks/search.py measures."""
    X, y = load_digits(return_X_y=True)
    X = X[:300] / 16
    net = MLPClassifier((20,), max_iter=18, random_state=0)
    ranges = {"alpha": (1e-4, 1e0), "learning_rate_init": (1e-4, 1e-1)}
    space = {name: Log(*ends, limits=ends) for name, ends in ranges.items()}
    search = searching(net, space, resource="max_iter", cv=2, max_stages=3)
    search.fit(X, y[:300])
    grid = {name: np.geomspace(*ends, 2 * Log(*ends).size() - 1)
            for name, ends in ranges.items()}  # fmt: skip
    other = GridSearchCV(net, grid, cv=2).fit(X, y[:300])
    epochs = np.sum(search.cv_results_["n_resources"])
    assert epochs <= 18 * len(other.cv_results_["params"]) / 3
    assert search.best_score_ >= other.best_score_ - 0.01
