"""Searches that train in stacks: their results are those of scikit-learn's searches."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import skdl
from skdl import MLPClassifier, MLPRegressor, Standardizer, SVMClassifier, ValidationSet
from skdl.callbacks import LambdaCallback
from skdl.model_selection import (
    Linear,
    Log,
    StackedGridSearchCV,
    StackedRandomizedSearchCV,
)
from tests.model_selection.private_names import stacks
from tests.scikit_learn_checks import parametrize_with_checks

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
SOME = np.r_[:20, 50:70, 100:120]  # folds of the same size
X, y = X[SOME], y[SOME]
NUMBERS = load_diabetes(return_X_y=True)
NUMBERS = NUMBERS[0][:60], NUMBERS[1][:60] / 100
GRID = {"alpha": [1e-4, 1.0], "learning_rate_init": [0.01, 0.1]}


def net(Net=MLPClassifier, **options):
    quick = {"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0}
    return Net(**quick | {"batch_size": 8} | options)


LEARNS = {"hidden_layer_sizes": (10,), "max_iter": 24, "learning_rate_init": 0.05}
LEARNS |= {"batch_size": "auto"}


def in_pipeline(*steps, **options):
    return Pipeline([*steps, ("net", net(**options))])


def named(grid):
    return {f"net__{name}": values for name, values in grid.items()}


def searching(estimator=None, grid=GRID, **options):
    estimator = net() if estimator is None else estimator
    return StackedGridSearchCV(estimator, grid, **{"cv": 3} | options)


def assert_same_results(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        if "time" in name:
            assert (ours[name] >= 0).all()
        elif name == "params" or name.startswith("param_"):
            assert_array_equal(ours[name], values, err_msg=name)
        else:
            assert_allclose(ours[name], values, rtol=1e-6, err_msg=name)


def assert_same_search(ours, theirs, X, y):
    """Fit two searches, and compare everything that they have learned."""
    theirs.fit(X, y)
    ours.fit(X, y)
    assert_same_results(ours.cv_results_, theirs.cv_results_)
    assert set(vars(ours)) == {*vars(theirs), "n_stacked_"}
    for name in ("best_index_", "best_params_", "multimetric_", "n_splits_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
    if theirs.refit:
        assert_allclose(ours.predict(X), theirs.predict(X))
        if not callable(theirs.refit):
            assert ours.score(X, y) == pytest.approx(theirs.score(X, y))
        assert type(ours.best_estimator_) is type(theirs.best_estimator_)
        assert vars(ours.best_estimator_).keys() == vars(theirs.best_estimator_).keys()


def three_scores(model, X, y):
    return {"accuracy": model.score(X, y), "epochs": model.n_iter_}


def fewest_epochs(results):
    return int(results["mean_test_epochs"].argmin())


def nested(**options):
    return Pipeline(
        [("pca", PCA(3)), ("inner", in_pipeline(("scale", Standardizer())))]
    )


CASES = {  # estimator, grid, options, number of fits in stacks
    "alone": (net(), GRID, {}, 12),
    "float32 rows": (net(SVMClassifier), GRID, {"return_train_score": True}, 12),
    "regressor": (net(MLPRegressor), GRID, {"scoring": "r2"}, 12),
    "early stopping": (
        net(early_stopping=True, validation_fraction=0.3, max_iter=9,
            n_iter_no_change=2),
        {"learning_rate_init": [0.01, 0.5], "random_state": [0, 1]}, {}, 12,
    ),
    "several scores": (
        net(), GRID,
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss",
         "return_train_score": True}, 12,
    ),
    "dict of scores": (
        net(), GRID, {"scoring": {"a": "accuracy", "b": "f1_macro"}, "refit": False},
        12,
    ),
    "callable scoring and refit": (
        net(early_stopping=True, max_iter=20, n_iter_no_change=2), GRID,
        {"scoring": three_scores, "refit": fewest_epochs}, 12,
    ),
    "no refit": (net(), GRID, {"refit": False}, 12),
    "two groups": (
        net(), {"hidden_layer_sizes": [(3,), (4, 3)], "alpha": [0.1, 1]}, {}, 12,
    ),
    "lbfgs is alone": (net(), {"solver": ["lbfgs", "adam"], "alpha": [1, 2]}, {}, 6),
    "one of its kind": (
        net(), {"hidden_layer_sizes": [3]}, {"cv": [(np.r_[:60:2], np.r_[1:60:2])]}, 0,
    ),
    "pipeline": (
        in_pipeline(("scale", StandardScaler()), ("pca", PCA())),
        {"pca__n_components": [2, 3], **named(GRID)}, {}, 24,
    ),
    "other steps": (
        in_pipeline(("scale", StandardScaler())),
        [{"scale": ["passthrough", Standardizer()], "net__alpha": [0.1, 1]},
         {"net": [LogisticRegression(), net(dropout=0.1), net(alpha=3)]}], {}, 18,
    ),
    "pipeline in a pipeline": (
        nested(), {"pca__n_components": [2, 3], "inner__net__alpha": [0.1, 1]}, {}, 12,
    ),
    "not a net": (Ridge(), {"alpha": [0.1, 1]}, {}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_results_are_those_of_a_grid_search(name):
    estimator, grid, options, n_stacked = CASES[name]
    data = (X, y)
    if name == "float32 rows":
        data = (X.astype(np.float32), y)
    if not is_classifier(estimator):
        data = NUMBERS
    options = {"cv": 3, "error_score": "raise"} | options
    theirs = GridSearchCV(estimator, grid, **options)
    ours = StackedGridSearchCV(clone(estimator), grid, **options)
    assert_same_search(ours, theirs, *data)
    assert ours.n_stacked_ == n_stacked


def test_results_are_those_of_a_randomized_search():
    space = {"alpha": loguniform(1e-4, 1), "activation": ["relu", "tanh"]}
    options = {"n_iter": 4, "cv": 3, "random_state": 1}
    ours = StackedRandomizedSearchCV(net(), space, **options)
    assert_same_search(ours, RandomizedSearchCV(net(), space, **options), X, y)


def test_ranges_of_a_randomized_search():
    space = {"alpha": Log(1e-3, 1e-1), "hidden_layer_sizes": [2]}
    net = MLPClassifier(max_iter=1, random_state=0)
    options = {"n_iter": 2, "cv": 2, "random_state": 0}
    search = StackedRandomizedSearchCV(net, space, **options)
    with pytest.warns(ConvergenceWarning):
        found = search.fit(X, y).cv_results_["param_alpha"]
    assert len(set(found)) == 2
    assert all(1e-3 < alpha < 1e-1 for alpha in found)


@pytest.mark.parametrize("kind", ["frame", "sparse", "list"])
def test_kinds_of_x(kind):
    frame = pd.DataFrame(X, columns=list("abcd"))
    rows = {"frame": frame, "sparse": csr_array(X), "list": X.tolist()}[kind]
    ours = searching()
    assert_same_search(ours, GridSearchCV(net(), GRID, cv=3), rows, list(y))
    assert ours.n_stacked_ == (0 if kind == "sparse" else 12)
    if kind == "frame":
        assert list(ours.feature_names_in_) == list("abcd")


def test_two_processes():
    model = in_pipeline(("scale", StandardScaler()))
    ours = StackedGridSearchCV(model, named(GRID), cv=3, n_jobs=2)
    assert_same_search(ours, GridSearchCV(model, named(GRID), cv=3), X, y)
    assert ours.n_stacked_ == 12


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_backends_of_joblib(backend):
    model = in_pipeline(("scale", StandardScaler()))
    ours = StackedGridSearchCV(model, {"net__alpha": [0.1, 1]}, cv=2, refit=False)
    theirs = GridSearchCV(model, {"net__alpha": [0.1, 1]}, cv=2, refit=False).fit(X, y)
    with parallel_config(backend, n_jobs=2):
        ours.fit(X, y)
    assert_same_results(ours.cv_results_, theirs.cv_results_)
    assert ours.n_stacked_ == 4


def test_a_splitter_that_draws_new_folds_splits_once():
    def splitter():
        return ShuffleSplit(2, random_state=np.random.RandomState(0))

    search = searching(cv=splitter()).fit(X, y)
    folds = list(splitter().split(X))
    for params, mean in zip(
        search.cv_results_["params"],
        search.cv_results_["mean_test_score"],
        strict=True,
    ):
        expected = cross_val_score(net(**params), X, y, cv=folds).mean()
        assert mean == pytest.approx(expected)


class Counter(TransformerMixin, BaseEstimator):
    """Leaves X as it is, and counts the calls of ``fit``."""

    n_fits = 0

    def __init__(self, shift=0):
        self.shift = shift

    def fit(self, X, y=None):
        Counter.n_fits += 1
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X + self.shift


@pytest.mark.parametrize("with_memory", [False, True])
def test_steps_before_the_net_are_fitted_once_per_fold_and_setting(
    with_memory, tmp_path
):
    model = in_pipeline(("count", Counter()))
    if with_memory:
        model.set_params(memory=str(tmp_path))
    grid = {"count__shift": [0, 1]} | named(GRID)
    search = searching(model, grid, refit=False)
    Counter.n_fits = 0
    search.fit(X, y)
    assert search.n_stacked_ == 24
    assert Counter.n_fits == 6
    search.fit(X, y)
    assert Counter.n_fits == (6 if with_memory else 12)


def test_a_fit_that_fails_has_the_error_score():
    grid = {"learning_rate_init": [0.01, 1e200], "alpha": [0.1, 1]}
    model = net(solver="sgd", max_restarts=0)
    said = {
        GridSearchCV: "4 fits failed out of a total of 8",
        StackedGridSearchCV: "2 of 4 candidates have fits that failed",
    }
    for error_score in (np.nan, -1.0):
        results = []
        for Search in (GridSearchCV, StackedGridSearchCV):
            search = Search(model, grid, cv=2, error_score=error_score)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                search.fit(X, y)
            failed = [w for w in caught if w.category is FitFailedWarning]
            assert len(failed) == 1
            assert said[Search] in str(failed[0].message)
            results.append(search.cv_results_)
        assert_same_results(*results[::-1])
    with pytest.raises(ValueError, match="non-finite"):
        searching(model, grid, error_score="raise").fit(X, y)
    with pytest.raises(
        ValueError, match=r"^All the 4 fits failed\. The first with Val"
    ):
        searching(model, grid | {"learning_rate_init": [1e200]}, cv=2).fit(X, y)


@pytest.mark.parametrize("scoring", [None, ["accuracy", "roc_auc"]])
def test_a_wrong_value_is_named_first_and_once(scoring):
    grid = {"activation": ["rellu", "relu"], "alpha": [0.1, 1]}
    search = searching(net(), grid, cv=2, scoring=scoring, refit=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, y)
    (failed,) = [w for w in caught if w.category is FitFailedWarning]
    text = str(failed.message)
    assert text.count("Did you mean 'relu'?") == 1
    assert text.count("2 of 2 fits failed, with the same error") == 1
    assert not [w for w in caught if "scores are non-finite" in str(w.message)]
    with pytest.raises(ValueError, match="All the 4 fits failed") as error:
        search.set_params(param_grid=grid | {"activation": ["rellu"]}).fit(X, y)
    first = str(error.value).splitlines()[0]
    start = "All the 4 fits failed. The first with InvalidParameterError: The 'activ"
    assert first.startswith(start)
    assert first.endswith("Did you mean 'relu'?")


class Broken(TransformerMixin, BaseEstimator):
    """Fails on rows with a large sum."""

    def fit(self, X, y=None):
        raise ValueError("broken step")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_a_step_that_fails():
    model = in_pipeline(("scale", StandardScaler()))
    grid = {"scale": [Broken(), StandardScaler()], "net__alpha": [0.1, 1]}
    ours = searching(model, grid)
    assert_same_search(ours, GridSearchCV(model, grid, cv=3), X, y)
    assert np.isnan(ours.cv_results_["mean_test_score"]).sum() == 2
    assert ours.n_stacked_ == 6


@pytest.mark.parametrize(
    ("grid", "options", "message"),
    [
        ({"alhpa": [1, 2]}, {}, "Invalid parameter 'alhpa'"),
        ({"alpha": [1, 2]}, {"cv": 1}, "int in the range"),
        ({"alpha": [1, 2]}, {"scoring": ["accuracy"]}, "refit must be set to"),
        ({"alpha": [1, 2]}, {"n_jobs": "a"}, "'n_jobs' parameter"),
        ({"alpha": "a"}, {}, "Parameter grid"),
        (
            [{"alpha": [1]}, {"alpha": Log(1e-3, 1e-1)}],
            {},
            r"'alpha': a grid takes lists .* np.geomspace\(0.001, 0.1, 3\), or take",
        ),
        ({"power_t": Linear(0, 1)}, {}, r"Write np.linspace\(0, 1, 5\)"),
    ],
)
def test_a_failed_fit_changes_nothing(grid, options, message):
    search = searching().fit(X, y)
    search.set_params(param_grid=grid, **options)
    before = dict(vars(search))
    with pytest.raises((ValueError, TypeError), match=message):
        search.fit(X, y)
    assert vars(search) == before


def test_weights_and_groups_are_routed():
    weights, groups = np.linspace(0.1, 2, len(X)), np.arange(len(X)) % 5
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(mean_absolute_error, greater_is_better=False)
        model = make_pipeline(
            Standardizer().set_fit_request(sample_weight=False),
            net(MLPRegressor).set_fit_request(sample_weight=True),
        )
        results = []
        for Search in (GridSearchCV, StackedGridSearchCV):
            search = Search(
                model,
                {"mlpregressor__alpha": [0.1, 1]},
                cv=GroupKFold(5),
                scoring=scorer.set_score_request(sample_weight=True),
            ).fit(X, X[:, 0], sample_weight=weights, groups=groups)
            results.append(search.cv_results_)
    assert search.n_stacked_ == 10
    assert_same_results(*results[::-1])


@pytest.mark.parametrize("n", [59, 61])
def test_as_many_weights_as_rows(n):
    search = StackedGridSearchCV(net(), GRID, cv=3, error_score="raise")
    with pytest.raises(ValueError, match="sample_weight"):
        search.fit(X, y, sample_weight=np.ones(n))


def test_slices_for_rows():
    halves = slice(0, 60, 2), slice(1, 60, 2)
    for Search in (GridSearchCV, StackedGridSearchCV):
        with pytest.raises(ValueError, match="indices=slice"):
            Search(net(), GRID, cv=[halves], error_score="raise").fit(X, y)


def test_weights_groups_and_validation_rows_without_routing():
    options = {
        "sample_weight": np.linspace(0.1, 2, len(X)),
        "groups": np.arange(60) % 5,
    }
    for validation in (
        {},
        {"X_val": ValidationSet(X[:9], y[:9])},
        {"X_val": X, "y_val": y},
    ):
        results = []
        for Search in (GridSearchCV, StackedGridSearchCV):
            model = net(early_stopping=True, n_iter_no_change=1, max_iter=9)
            search = Search(model, GRID, cv=GroupKFold(5))
            search.fit(X, y, **options, **validation)
            results.append(search.cv_results_)
        assert search.n_stacked_ == 20
        assert_same_results(*results[::-1])


def test_little_working_memory():
    model = in_pipeline(("count", Counter()))
    grid = {"count__shift": [0, 1]} | named(GRID)
    theirs = GridSearchCV(model, grid, cv=2)
    ours = searching(model, grid, cv=2)
    with config_context(working_memory=0):
        assert_same_search(ours, theirs, X, y)
    assert ours.n_stacked_ == 4  # one stack, whose nets exhaust the memory


def test_fit_times_are_shares_of_the_stack():
    search = searching().fit(X, y)
    times = search.cv_results_["mean_fit_time"]
    assert (times > 0).all()
    # Nets of one stack take the same time, and next to nothing is added in the loop.
    assert_allclose(times, times.mean(), atol=0.02)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_one_warning_counts_the_fits_that_reached_max_iter(n_jobs):
    with pytest.warns(ConvergenceWarning) as caught:
        searching(refit=False, n_jobs=n_jobs).fit(X, y)
    assert [str(one.message) for one in caught] == [
        "12 of 12 fits in stacks reached max_iter=5. The loss was still improving: "
        "raise max_iter."
    ]


def test_lines_under_verbose(capsys, monkeypatch):
    monkeypatch.setattr(stacks, "SECONDS_PER_LINE", 0.0)
    searching(verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[StackedGridSearchCV] 12 of 12 fits train in stacks"
    assert lines[-1] == "Fitting 3 folds for each of 4 candidates, totalling 12 fits"
    assert len(lines) > 2
    for line in lines[1:-1]:
        assert line.startswith("[StackedGridSearchCV] stack 1 of 1: ")
        assert line.endswith(" s left")
    assert "100 % of its " in lines[-2]
    searching().fit(X, y)
    assert capsys.readouterr().out == ""


class Recorder:
    """Keeps the tasks of a search, and whether each one ends."""

    def __init__(self):
        self.begun, self.ended = [], []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        self.ended.append(context.task_name)

    def teardown(self, estimator, context):
        self.begun.append("teardown")


def test_a_callback_sees_the_training_and_the_scores():
    recorder = Recorder()
    searching().set_callbacks(recorder).fit(X, y)
    counts = {name: recorder.begun.count(name) for name in recorder.begun}
    assert counts == {
        "fit": 1, "train": 1, "stacks": 1, "stack": 1, "percent": 100, "search": 1,
        "candidate-split-evaluation": 12, "refit-with-best-params": 1, "teardown": 1,
    }  # fmt: skip
    assert sorted([*recorder.ended, "teardown"]) == sorted(recorder.begun)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_progress_bar(n_jobs, capsys):
    pytest.importorskip("rich")
    model = in_pipeline(("scale", StandardScaler()))
    search = searching(model, named(GRID), n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    printed = capsys.readouterr().out
    for task in ("fit", "train", "stack", "search"):
        (line,) = [
            line
            for line in printed.splitlines()
            if line.lstrip().startswith(f"StackedGridSearchCV - {task} ")
        ][-1:]
        assert "100%" in line
    assert search.n_stacked_ == 12


def test_nets_with_callbacks_are_trained_alone():
    epochs = []
    model = net().set_callbacks(LambdaCallback(lambda net: epochs.append(net.n_iter_)))
    search = searching(model, refit=False).fit(X, y)
    assert search.n_stacked_ == 0
    assert len(epochs) == 12 * 5


def test_callbacks_that_a_search_hands_on_see_every_epoch():
    class HandedOn(Recorder):
        max_propagation_depth = None

    recorder = HandedOn()
    search = searching(refit=False).set_callbacks(recorder).fit(X, y)
    assert search.n_stacked_ == 0
    assert recorder.begun.count("epoch") == 12 * 5


def test_a_monitor_of_scores():
    monitor = ScoringMonitor(scoring="accuracy")
    search = searching(net().set_callbacks(monitor)).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 13 * 5
    assert search.n_stacked_ == 0


def press_ctrl_c_at(n, monkeypatch):
    """Let the n-th portion end with Ctrl-C after half of its nets."""
    fit_together, n_calls = stacks.fit_together, iter(range(1, 99))

    def press(calls, **options):
        if next(n_calls) == n:
            fit_together(calls[: len(calls) // 2])
            raise KeyboardInterrupt
        return fit_together(calls, **options)

    monkeypatch.setattr(stacks, "fit_together", press)


def test_ctrl_c_keeps_the_finished_candidates(monkeypatch):
    plain = GridSearchCV(net(), GRID, cv=3).fit(X, y)
    monkeypatch.setattr(stacks, "PORTION", 6)
    press_ctrl_c_at(2, monkeypatch)
    search = searching()
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert search.n_splits_ == 3
    ours = search.cv_results_
    assert len(ours["params"]) == 3  # two of the first portion, one of the second
    for name in ("split0_test_score", "split2_test_score", "mean_test_score"):
        assert_allclose(ours[name], plain.cv_results_[name][:3])
    best = ours["mean_test_score"].argmax()
    assert search.best_params_ == ours["params"][best]
    assert search.best_score_ == ours["mean_test_score"][best]
    assert not hasattr(search, "best_estimator_")
    assert not [name for name in vars(search) if name.startswith("_")]


def test_ctrl_c_in_the_refit_keeps_all_candidates():
    class Press(Recorder):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "refit-with-best-params":
                raise KeyboardInterrupt

    search = searching(scoring=["accuracy", "f1_macro"], refit="f1_macro").fit(X, y)
    results, best = search.cv_results_, search.best_params_
    search.set_callbacks(Press())
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert_same_results(search.cv_results_, results)
    assert search.best_params_ == best
    assert search.multimetric_
    assert search.n_splits_ == 3
    # The net of the earlier fit would not belong to these results.
    assert not hasattr(search, "best_estimator_")


def test_ctrl_c_before_any_candidate_changes_nothing(monkeypatch):
    search = searching().fit(X, y)
    before = dict(vars(search))
    press_ctrl_c_at(1, monkeypatch)
    monkeypatch.setattr(stacks, "PORTION", 4)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert vars(search) == before


def test_files_and_copies():
    for search in (
        searching(),
        StackedRandomizedSearchCV(net(), {"alpha": [0.1, 1]}, n_iter=2, cv=2),
    ):
        search.fit(X, y)
        trusted = [
            *skdl.trusted_types,
            "sklearn.metrics._scorer._PassthroughScorer",
            "sklearn.model_selection._split.StratifiedKFold",
        ]
        for copy in (
            pickle.loads(pickle.dumps(search)),
            skops.io.loads(skops.io.dumps(search), trusted=trusted),
        ):
            assert_array_equal(copy.predict_proba(X), search.predict_proba(X))
            assert copy.best_params_ == search.best_params_
        again = clone(search).fit(X, y)
        assert_same_results(again.cv_results_, search.cv_results_)
        assert is_classifier(search)


def test_a_search_within_a_cross_validation():
    scores = cross_val_score(searching(grid={"alpha": [0.1, 1]}), X, y, cv=2)
    assert np.isfinite(scores).all()


@parametrize_with_checks(
    [],
    alike=[
        StackedGridSearchCV(
            Pipeline([("pca", PCA()), ("net", net(**LEARNS))]),
            {"net__alpha": [0.1, 1.0]},
            cv=2,
            error_score="raise",
        ),
        StackedRandomizedSearchCV(
            Ridge(), {"alpha": [0.1, 1.0]}, n_iter=2, cv=2, error_score="raise"
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
