"""How many processes train several nets, if `n_jobs` is not set."""

import os
import sys
import threading

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.callback import ProgressBar
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback
from skdl.engine import HiddenLayers
from skdl.ensemble import BaggingEnsembleClassifier, SeedEnsembleClassifier
from skdl.estimators import _processes
from skdl.model_selection import (
    CoarseToFineSearchCV,
    StackedGridSearchCV,
    StackedRandomizedSearchCV,
    cross_val_score,
    cross_validate,
)
from tests.model_selection.private_names import stacks

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
SOME = np.r_[:20, 50:70, 100:120]  # folds of the same size
X, y = X[SOME], y[SOME]


def net(**options):
    quick = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}
    return MLPClassifier(**quick | {"batch_size": 8} | options)


class Nothing:
    """A callback that does nothing."""

    def setup(self, estimator, context):
        pass

    on_fit_task_begin = on_fit_task_end = teardown = setup


def members(Ensemble, estimator, **options):
    return Ensemble(estimator, n_members=4, random_state=0, **options).fit(X, y)


def search(Search, estimator, *args, callbacks=(), **options):
    grid = {"alpha": [0.1, 1.0]}
    if hasattr(estimator, "steps"):
        grid = {f"{estimator.steps[-1][0]}__alpha": [0.1, 1.0]}
    found = Search(estimator, grid, *args, cv=2, refit=False, **options)
    return found.set_callbacks(*callbacks).fit(X, y)


def seeds(estimator, **options):
    return members(SeedEnsembleClassifier, estimator, **options).predict_proba(X)


def bags(estimator, **options):
    return members(BaggingEnsembleClassifier, estimator, **options).predict_proba(X)


def grid(estimator, **options):
    found = search(StackedGridSearchCV, estimator, **options)
    assert found.n_jobs == options.get("n_jobs")
    return found.cv_results_["mean_test_score"]


def randomized(estimator, **options):
    options |= {"n_iter": 2, "random_state": 0}
    found = search(StackedRandomizedSearchCV, estimator, **options)
    assert found.n_jobs == options.get("n_jobs")
    return found.cv_results_["mean_test_score"]


def coarse(estimator, **options):
    options |= {"max_stages": 1, "random_state": 0}
    found = search(CoarseToFineSearchCV, estimator, **options)
    assert found.n_jobs == options.get("n_jobs")
    return found.cv_results_["mean_test_score"]


def folds(estimator, **options):
    return cross_validate(estimator, X, y, cv=3, **options)["test_score"]


def scores(estimator, **options):
    return cross_val_score(estimator, X, y, cv=3, **options)


ALL = [seeds, bags, grid, randomized, coarse, folds, scores]


@pytest.fixture
def always_long(monkeypatch):
    """Two cores are free, and all work is long."""
    monkeypatch.setattr(_processes, "free_cores", lambda: 2)
    monkeypatch.setattr(_processes, "LONG", 0.0)
    monkeypatch.setattr(_processes, "SHARE", 1e-9)


@pytest.fixture
def asked(monkeypatch):
    """Collect the numbers of processes that are asked for; none is started."""
    numbers, init = set(), joblib.Parallel.__init__

    def recorded(self, n_jobs=None, **options):
        numbers.add(n_jobs)
        init(self, n_jobs=1, **options)

    monkeypatch.setattr(joblib.Parallel, "__init__", recorded)
    return numbers


@pytest.mark.parametrize("train", ALL)
def test_long_work_takes_the_cores(train, always_long, asked):
    chosen = train(net())
    assert 2 in asked
    # 1 for the steps before a net that has none, None for scikit-learn's loop
    assert asked <= {None, 1, 2}
    asked.clear()
    assert_allclose(train(net(), n_jobs=1), chosen, rtol=1e-6)
    assert asked == {1}


@pytest.mark.parametrize("train", ALL)
def test_short_work_takes_one_process(train, asked):
    train(net())
    assert asked <= {None, 1}


@pytest.mark.parametrize("train", ALL)
@pytest.mark.parametrize(
    "options",
    [{"max_time": 60.0}, {"verbose": True}, "callbacks", "global draws"],
    ids=str,
)
def test_what_happens_in_one_process_stays_there(
    train, options, always_long, asked, capsys
):
    if options == "callbacks":
        model = net().set_callbacks(LambdaCallback(lambda net: None))
    elif options == "global draws":
        split = ShuffleSplit(1, test_size=0.3)  # without a seed
        model = net(validation_split=split)
    else:
        model = net(**options)
    train(model)
    assert asked <= {None, 1}


@pytest.mark.parametrize("train", [grid, randomized, folds, scores])
def test_the_global_generator_gives_seeds(train, always_long, asked, monkeypatch):
    chosen = []
    for seed in (0, 0, 1):
        rng = np.random.RandomState(seed)
        monkeypatch.setattr(stacks, "check_random_state", lambda _, rng=rng: rng)
        chosen.append(train(net(random_state=None, max_iter=1)).tolist())
    assert chosen[0] == chosen[1] != chosen[2]
    assert 2 in asked


def test_a_net_keeps_no_seed_that_it_was_lent(always_long, asked):
    model = make_pipeline(StandardScaler(), net(random_state=None))
    nets = cross_validate(model, X, y, return_estimator=True)["estimator"]
    assert [one[-1].random_state for one in nets] == [None] * 5
    assert len({one[-1].coefs_[0][0, 0] for one in nets}) == 5
    assert 2 in asked


def test_a_coarse_search_of_a_net_without_a_seed_stays(always_long, asked):
    coarse(net(random_state=None))
    coarse(make_pipeline(StandardScaler(), net(random_state=None)))
    assert asked <= {None, 1}


STAY = {
    "a net without a seed": {"random_state": [0, None]},
    "a net that prints": {"verbose": [False, True]},
    "a clock": {"max_time": (50.0, 60.0)},
    "a splitter without a seed": {"validation_split": [ShuffleSplit(1, test_size=0.3)]},
    "a step without a seed": {"step": ["passthrough", RBFSampler(n_components=3)]},
    "its seed": {"step": [RBFSampler(n_components=3)], "step__random_state": [None]},
    "another net": {"net": [net(), net(random_state=None)]},
    "another estimator": {"net": [net(), RidgeClassifier()]},
    "callbacks": {"net": [net().set_callbacks(LambdaCallback(print))]},
}
MOVE = {
    "seeds": {"random_state": [0, 1]},
    "no clock": {"max_time": [None]},
    "steps": {"step": [StandardScaler(), RBFSampler(n_components=3, random_state=0)]},
    "nets": {"net": [net(), net(alpha=1.0)]},
}


@pytest.mark.parametrize("name", [*STAY, *MOVE])
def test_values_of_candidates_decide_too(name, always_long, asked, capsys):
    space, model = (STAY | MOVE)[name], net()
    if not set(space).isdisjoint({"step", "net"}):
        model = Pipeline([("step", StandardScaler()), ("net", model)])
    CoarseToFineSearchCV(
        model, space, cv=2, max_stages=1, refit=False, random_state=0
    ).fit(X, y)
    assert (2 in asked) == (name in MOVE)


def test_members_have_seeds(always_long, asked):
    seeds(net(random_state=None, validation_split=KFold(3)))
    assert asked == {2}


@pytest.mark.parametrize("train", [grid, randomized, coarse, folds, scores])
def test_pipelines(train, always_long, asked):
    train(make_pipeline(StandardScaler(), net()))
    assert 2 in asked
    asked.clear()
    train(make_pipeline(StandardScaler(), RidgeClassifier()))
    assert asked == {None}


@pytest.mark.parametrize("train", [grid, randomized, coarse])
def test_searches_with_callbacks_or_lines(train, always_long, asked, capsys):
    train(net(), callbacks=[Nothing()])
    train(net(), verbose=2)
    assert asked <= {None, 1}
    pytest.importorskip("rich")
    progress = ProgressBar(max_propagation_depth=0)
    train(net(), callbacks=[progress], scoring=lambda net, X, y: net.score(X, y))
    assert asked <= {None, 1}
    train(net(), callbacks=[progress])
    assert 2 in asked


def test_lines_of_a_cross_validation(always_long, asked, capsys):
    folds(net(), verbose=1)
    assert asked <= {None, 1}


def unchanged(rows, rng):
    return rows


@pytest.mark.parametrize("train", ALL)
@pytest.mark.parametrize("kind", ["module", "script", "lambda"])
def test_objects_of_the_script_stay(train, kind, always_long, asked, monkeypatch):
    augment = unchanged
    if kind == "lambda":
        augment = lambda rows, rng: rows  # noqa: E731
    elif kind == "script":
        main = sys.modules["__main__"]
        monkeypatch.setattr(main, "unchanged", unchanged, raising=False)
        monkeypatch.setattr(unchanged, "__module__", "__main__")
    train(net(augment=augment))
    assert (2 in asked) == (kind == "module")


@pytest.mark.parametrize("train", [grid, randomized, folds, scores, coarse])
def test_scorers_see_all_scores_here(train, always_long, asked):
    seen = []

    def scorer(estimator, X, y):
        seen.append(estimator.score(X, y))
        return seen[-1]

    train(net(), scoring=scorer)
    assert len(seen) in (3, 4, 6)
    # scikit-learn's loop scores where it trains.
    assert (2 in asked) == (train is not coarse)


@pytest.mark.parametrize("train", [grid, randomized, folds, scores])
@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_nets_that_train_alone(train, always_long, asked):
    model = net(solver="lbfgs")
    with pytest.warns(ConvergenceWarning, match=r"\(in (\d) of \1 fits\)"):
        chosen = train(model)
    assert 2 in asked
    with pytest.warns(ConvergenceWarning, match="STOP"):
        assert_allclose(train(model, n_jobs=1), chosen)


def test_they_do_not_count_as_stacked(always_long, asked):
    options = {"solver": ["adam", "lbfgs"], "alpha": [0.1, 1.0]}
    found = StackedGridSearchCV(net(), options, cv=2).fit(X, y)
    assert found.n_stacked_ == 4
    assert 2 in asked


def number(seconds, n_fits=99, n_jobs=None, rows=X):
    return _processes.number_of_processes(n_jobs, seconds, n_fits, rows, [net()])


def test_the_number_of_processes(monkeypatch):
    monkeypatch.setattr(_processes, "free_cores", lambda: 8)
    assert number(11) is None
    assert number(13) == 2
    assert number(35) == 5
    assert number(1e9) == 8
    assert number(1e9, n_fits=3) == 3
    assert number(1e9, n_fits=1) is None
    assert [number(1e9, n_jobs=n) for n in (1, 2, -1)] == [1, 2, -1]
    with config_context(working_memory=3.5 * X.nbytes / 2**20):
        assert number(1e9) == 3
        assert number(1e9, rows=csr_array(X)) in (2, 3)
    with config_context(working_memory=0):
        assert number(1e9) is None
    monkeypatch.setattr(_processes, "free_cores", lambda: 1)
    assert number(1e9) is None


def test_free_cores(monkeypatch):
    for name in (*os.environ,):
        if name.endswith("_THREADS"):
            monkeypatch.delenv(name)
    free, everything = _processes.free_cores, joblib.effective_n_jobs(-1)
    assert free() == everything
    for options in ({"n_jobs": 2}, {"n_jobs": 1}, {"backend": "threading"}):
        with joblib.parallel_config(**{"backend": "loky"} | options):
            assert free() == 1
    inside = joblib.Parallel(2, backend="threading")
    assert inside(joblib.delayed(free)() for _ in range(2)) == [1, 1]
    found = []
    thread = threading.Thread(target=lambda: found.append(free()))
    thread.start()
    thread.join()
    assert found == [1]
    monkeypatch.setenv("OMP_NUM_THREADS", str(everything + 1))
    assert free() == 0
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert free() == 1


def seconds(rows=X, most_columns=None, **options):
    return _processes.seconds_of_training(net(**options), rows, None, most_columns)


def test_estimates_grow_with_the_work():
    base = seconds()
    assert 0 < base < 0.01
    assert seconds(max_iter=6) == pytest.approx(2 * base)
    # Training may end before.
    assert seconds(max_iter=200) == seconds(max_iter=100) == seconds(max_iter=999)
    whole = seconds(max_iter=200, n_iter_no_change=200)
    assert whole == pytest.approx(2 * seconds(max_iter=100))
    assert seconds(hidden_layer_sizes=(99, 99)) > base
    assert seconds(hidden_layer_sizes=HiddenLayers(width=4)) == base
    assert seconds(batch_size=4) > base
    assert seconds(np.repeat(X, 2, axis=0)) > base
    assert seconds(np.repeat(X, 2, axis=1)) > seconds(most_columns=2)
    assert seconds(X.astype(np.float32)) < base
    assert seconds(X.tolist()) == seconds(csr_array(X)) == base
    for wrong in (
        {"max_iter": "a"},
        {"max_iter": 10**400, "n_iter_no_change": 10**400},
        {"batch_size": 0},
        {"hidden_layer_sizes": "a"},
    ):
        assert seconds(**wrong) == 0
    assert seconds(3) == 0


def test_candidates_count_with_their_own_parameters(always_long, asked, monkeypatch):
    monkeypatch.setattr(_processes, "LONG", 2 * seconds(max_iter=20))
    for grid in ({"alpha": [1, 2]}, {"max_iter": [1, 2]}):
        StackedGridSearchCV(net(), grid, cv=2, refit=False).fit(X, y)
        assert asked <= {None, 1}
    StackedGridSearchCV(net(), {"max_iter": [1, 50]}, cv=2, refit=False).fit(X, y)
    assert 2 in asked


@pytest.mark.slow
def test_a_worker_of_joblib_has_no_free_cores():
    inside = joblib.Parallel(2)(joblib.delayed(_processes.free_cores)() for _ in "ab")
    assert inside == [1, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("train", "solver"),
    [(seeds, "adam"), (grid, "lbfgs"), (folds, "adam"), (coarse, "adam")],
)
@pytest.mark.filterwarnings("always::sklearn.exceptions.ConvergenceWarning")
def test_real_processes(train, solver, always_long):
    with pytest.warns(ConvergenceWarning, match=r"of \d (fits|members)"):
        chosen = train(net(solver=solver))
    with pytest.warns(ConvergenceWarning):
        assert_allclose(train(net(solver=solver), n_jobs=1), chosen, rtol=1e-6)
