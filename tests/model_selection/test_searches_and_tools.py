"""Searches in several processes, with callbacks, metadata, files and warnings."""

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import skops.io
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import get_scorer, make_scorer, mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    cross_val_score,
)

import skdl
from skdl import MLPClassifier, SoftmaxClassifier
from skdl.engine import Adam, HiddenLayers
from skdl.model_selection import CoarseToFineSearchCV, Log
from tests.model_selection.private_names import _warnings

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


def test_a_splitter_that_draws_new_folds_splits_once():
    def splitter():
        return ShuffleSplit(3, random_state=np.random.RandomState(0))

    search = ridge_search(cv=splitter(), max_stages=3).fit(X, y)
    assert search.n_stages_ > 1
    folds = list(splitter().split(X))
    results = search.cv_results_
    for params, mean in zip(results["params"], results["mean_test_score"], strict=True):
        assert cross_val_score(Ridge(**params), X, y, cv=folds).mean() == mean


def caught_from(search):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, y)
    return [(w.category, str(w.message)) for w in caught]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_one_warning_counts_the_fits_that_reached_max_iter(n_jobs):
    net = MLPClassifier((5,), max_iter=9, random_state=0)
    search = searching(net, {"alpha": (1e-3, 1.0)}, resource="max_iter", max_moves=0,
                       n_jobs=n_jobs)  # fmt: skip
    short, refit = caught_from(search)
    n_fits = 3 * search.n_candidates_[1]
    assert short == (
        ConvergenceWarning,
        f"{n_fits} of {n_fits} fits of the last stage reached max_iter=9. The loss was "
        "still improving: raise max_iter. Here, max_resources sets max_iter. The refit "
        "warns separately.",
    )
    assert refit[1].startswith("Maximum iterations (max_iter=9) reached")


class Warner(Ridge):
    """A user's estimator that warns while it is fitted and scored."""

    def fit(self, X, y):
        warnings.warn(f"{len(y)} rows are few", UserWarning, stacklevel=2)
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        return super().fit(X, y)

    def score(self, X, y):
        if self.alpha > 1:
            warnings.warn("a large alpha", RuntimeWarning, stacklevel=2)
        return super().score(X, y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_other_warnings_of_fits_are_shown_once_with_their_count(n_jobs):
    search = CoarseToFineSearchCV(
        Warner(), {"alpha": [0.5, 2.0]}, cv=3, n_jobs=n_jobs, max_stages=1, refit=False
    )
    assert caught_from(search) == [
        (UserWarning, f"{2 * len(y) // 3} rows are few (in 6 of 6 fits)"),
        (DeprecationWarning, "old (in 6 of 6 fits)"),
        (RuntimeWarning, "a large alpha (in 3 of 6 fits)"),
    ]


def test_filters_hold_inside_the_fits_of_a_search():
    search = CoarseToFineSearchCV(Warner(), {"alpha": [0.5]}, cv=3, max_stages=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", UserWarning)
        search.fit(X, y)
    assert {w.category for w in caught} == {DeprecationWarning}
    search.set_params(error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(UserWarning, match="rows are few"):
            search.fit(X, y)
        # The failed fit has left nothing that collects warnings.
        with pytest.raises(UserWarning, match="after"):
            warnings.warn("after", UserWarning, stacklevel=2)


def test_threads_count_the_warnings_of_nets():
    net = MLPClassifier((5,), max_iter=2, random_state=0)
    search = searching(net, {"alpha": [0.5, 1.0]}, n_jobs=2, refit=False, max_stages=1)
    with parallel_config("threading"):
        (short,) = caught_from(search)
    assert short[1].startswith("6 of 6 fits of the search reached max_iter=2. The loss")


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
    pytest.importorskip("rich")
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
    assert "CoarseToFineSearchCV - grid" in capsys.readouterr().out
    assert "_skl_callbacks_to_teardown" not in vars(search)


def test_process_that_cannot_send_shows_its_warnings(monkeypatch):
    def refuse(*args):
        raise OSError("no socket")

    monkeypatch.setattr(_warnings, "open_listener", refuse)
    collector = _warnings.FitWarnings(2)
    fit = SimpleNamespace(task_name="candidate-split-evaluation", task_id=3)
    # As in another process.
    monkeypatch.setattr(_warnings.os, "getpid", lambda: -1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        collector.on_fit_task_begin(None, fit)
        warnings.warn("few rows", UserWarning, stacklevel=1)
        assert not caught
        collector.on_fit_task_end(None, fit)
        # A fit that failed before its task began has nothing to end.
        collector.on_fit_task_end(None, fit)
    assert [str(one.message) for one in caught] == ["few rows"]
    collector.close()


class Recorder:
    """Keeps the tasks of the search, and ends it after some grids."""

    def __init__(self, n_grids):
        self.n_grids = n_grids
        self.tasks = []

    def setup(self, estimator, context):
        self.tasks.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "grid" and self.tasks.count("grid") >= self.n_grids

    def teardown(self, estimator, context):
        self.tasks.append("teardown")


def test_a_callback_sees_the_meshes_and_can_end_the_search():
    recorder = Recorder(2)
    search = ridge_search(max_stages=4, max_moves=0).set_callbacks(recorder).fit(X, y)
    assert search.stop_reason_ == "callback"
    assert search.n_stages_ == 2
    tasks = [task for task in recorder.tasks if task != "candidate-split-evaluation"]
    assert tasks == ["setup", "fit", "search", "grid", "grid",
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
    ranges = {"alpha": (1e-5, 1e0), "learning_rate_init": (1e-4, 1e-1)}
    space = {name: Log(*ends, limits=ends) for name, ends in ranges.items()}
    search = searching(net, space, resource="max_iter", cv=2, max_stages=3)
    search.fit(X, y[:300])
    grid = {name: np.geomspace(*ends, 2 * Log(*ends).size() - 1)
            for name, ends in ranges.items()}  # fmt: skip
    other = GridSearchCV(net, grid, cv=2).fit(X, y[:300])
    epochs = np.sum(search.cv_results_["n_resources"])
    assert epochs <= 18 * len(other.cv_results_["params"]) / 3
    assert search.best_score_ >= other.best_score_ - 0.01
