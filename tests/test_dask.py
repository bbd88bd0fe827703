"""Searches on a real Dask cluster, and data in chunks; skipped without the extra.

docs/distributed.md says what is tested here.
"""

import os
from functools import partial

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
)
from threadpoolctl import threadpool_info, threadpool_limits

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.model_selection import CoarseToFineSearchCV
from tests.meta.dies_once import dies_once, n_scored
from tests.meta.problems import NETS, problem

MISSING = 'needs the extra: pip install ".[dask]"'
pytest.importorskip("dask", reason=MISSING)
distributed = pytest.importorskip("distributed", reason=MISSING)
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def new_cluster():
    return distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=50,
    )


@pytest.fixture(scope="module")
def client():
    with new_cluster() as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(params=NETS, ids=lambda Net: Net.__name__)
def Net(request):
    return request.param


@pytest.fixture
def p(Net):
    return problem("numbers" if Net is MLPRegressor else "classes")


def quick(Net, **params):
    options = {"hidden_layer_sizes": (8,), "max_iter": 10, "random_state": 0}
    return Net(**{**options, **params})


GRID = {"alpha": [1e-3, 0.1], "learning_rate_init": [0.01, 0.001]}
SEARCHES = {
    "grid": partial(GridSearchCV, param_grid=GRID, cv=3),
    "random": partial(
        RandomizedSearchCV, param_distributions=GRID, n_iter=3, cv=3, random_state=0
    ),
    "coarse to fine": partial(
        CoarseToFineSearchCV,
        param_space={"alpha": (1e-3, 1e-1), "activation": ["relu", "tanh"]},
        resource="max_iter",
        max_stages=2,
        max_moves=1,
        cv=3,
        random_state=0,
    ),
}


def scores(search):
    columns = search.cv_results_.items()
    return {name: column for name, column in columns if name.endswith("test_score")}


def assert_equal(search, other):
    assert search.best_params_ == other.best_params_
    assert list(scores(search)) == list(scores(other))
    for name, column in scores(search).items():
        assert_array_equal(column, scores(other)[name], err_msg=name)
    pairs = zip(
        search.best_estimator_.coefs_, other.best_estimator_.coefs_, strict=True
    )
    for ours, theirs in pairs:
        assert_array_equal(ours, theirs)


def blas_threads():
    return {
        lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"
    }


def test_workers_have_one_blas_thread(client):
    """What makes results equal to the bit; Dask sees to it."""
    assert list(client.run(blas_threads).values()) == [{1}, {1}]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_searches_give_the_same_bits(client, Net, p, search):
    search = search(quick(Net))
    with threadpool_limits(1, user_api="blas"):
        alone = clone(search).fit(p.X, p.y)
        with parallel_config("dask"):
            on_dask = clone(search).fit(p.X, p.y)
        with parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
            in_processes = clone(search).fit(p.X, p.y)
    assert_equal(on_dask, alone)
    assert_equal(in_processes, alone)
    assert len(np.unique(alone.cv_results_["mean_test_score"])) > 1


def test_workers_did_the_work(client):
    """Or the test before compares a thing with itself."""
    p = problem("classes")
    search = GridSearchCV(
        quick(SoftmaxClassifier),
        {"alpha": [0.1]},
        cv=3,
        scoring=process_id,
        refit=False,
    )
    with parallel_config("dask"):
        search.fit(p.X, p.y)
    seen = [search.cv_results_[f"split{i}_test_score"][0] for i in range(3)]
    assert set(seen) <= set(client.run(os.getpid).values())


def process_id(net, X, y):
    return os.getpid()


def test_cross_validated_predictions(client, Net, p):
    net = quick(Net)
    with threadpool_limits(1, user_api="blas"):
        alone = cross_val_predict(net, p.X, p.y, cv=3)
        with parallel_config("dask"):
            assert_array_equal(cross_val_predict(net, p.X, p.y, cv=3), alone)


def test_more_blas_threads_change_no_more_than_rounding(client):
    p = problem("classes")
    search = SEARCHES["grid"](quick(SoftmaxClassifier), scoring="neg_log_loss")
    with threadpool_limits(2, user_api="blas"):
        alone = clone(search).fit(p.X, p.y)
    with parallel_config("dask"):
        search.fit(p.X, p.y)
    for name, column in scores(search).items():
        assert_allclose(column, scores(alone)[name], rtol=1e-9, err_msg=name)


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
@pytest.mark.parametrize("where", ["here", "dask"])
def test_a_candidate_that_diverges_is_named(client, where):
    p = problem("classes")
    net = quick(SoftmaxClassifier, solver="sgd", activation="identity")
    search = GridSearchCV(net, {"learning_rate_init": [0.01, 1e7, 0.1]}, cv=3)
    with (
        pytest.warns(FitFailedWarning) as said,
        parallel_config("dask" if where == "dask" else "sequential"),
    ):
        search.fit(p.X, p.y)
    (said,) = [str(w.message) for w in said if w.category is FitFailedWarning]
    assert "learning_rate_init=10000000.0" in said
    assert "learning_rate_init=0.1" not in said
    means = search.cv_results_["mean_test_score"]
    assert np.isnan(means).tolist() == [False, True, False]
    assert search.best_params_["learning_rate_init"] != 1e7
    assert search.cv_results_["rank_test_score"][1] == 3


def test_a_dead_worker_takes_no_result_with_it(tmp_path):
    """With copies of all data on both workers, as docs/distributed.md has it."""
    X, y = (rows[:600] for rows in load_digits(return_X_y=True))
    folds = list(StratifiedKFold(5).split(X, y))
    alphas = [1e-3, 1e-2, 0.1, 1.0]
    search = GridSearchCV(quick(SoftmaxClassifier), {"alpha": alphas}, cv=folds)
    search.set_params(scoring=partial(dies_once, str(tmp_path), 1e-2))
    with new_cluster() as cluster, distributed.Client(cluster) as client:
        client.amm.stop()
        workers = set(client.run(os.getpid).values())
        data = [X, y, *(rows for fold in folds for rows in fold)]
        with (
            threadpool_limits(1, user_api="blas"),
            parallel_config("dask", scatter=data),
        ):
            search.fit(X, y)
        client.wait_for_workers(2, timeout=30)
        assert len(set(client.run(os.getpid).values()) - workers) == 1
    assert (tmp_path / "died").exists()
    # What was done is not done again, but for the batch that died.
    assert 20 <= n_scored(tmp_path) <= 20 + 3
    with threadpool_limits(1, user_api="blas"):
        assert_equal(search, clone(search).fit(X, y))


def in_chunks(p):
    da = pytest.importorskip("dask.array", reason=MISSING)
    return da.from_array(p.X, chunks=(30, -1)), da.from_array(p.y, chunks=30)


def incremental(net, **params):
    wrappers = pytest.importorskip("dask_ml.wrappers", reason=MISSING)
    return wrappers.Incremental(net, shuffle_blocks=False, **params)


def test_chunks_go_through_partial_fit(client, Net, p):
    X, y = in_chunks(p)
    known = {} if Net is MLPRegressor else {"classes": np.unique(p.y)}
    net = quick(Net, learning_rate_init=0.03, batch_size=5)
    with threadpool_limits(1, user_api="blas"):
        model = incremental(net).fit(X, y, **known)
        for _ in range(5):
            model.partial_fit(X, y, **known)
        for _ in range(6):
            for start in range(0, len(p.X), 30):
                rows = slice(start, start + 30)
                net.partial_fit(p.X[rows], p.y[rows], **known)
    for ours, theirs in zip(model.estimator_.coefs_, net.coefs_, strict=True):
        assert_array_equal(ours, theirs)
    predicted = model.predict(X)
    assert [len(rows) for rows in predicted.partitions] == [30, 30, 30, 10]
    said = net.predict(p.X)
    if Net is MLPRegressor:
        assert_allclose(predicted.compute(), said, rtol=1e-12)
    else:
        assert_array_equal(predicted.compute(), said)
    if hasattr(net, "predict_proba"):
        expected = net.predict_proba(p.X)
        assert_allclose(model.predict_proba(X).compute(), expected, rtol=1e-12)
    assert net.score(p.X_test, p.y_test) > 0.85


def test_hyperband_where_it_runs(client):
    module = pytest.importorskip("dask_ml.model_selection", reason=MISSING)
    p = problem("classes")
    X, y = in_chunks(p)

    def search(net):
        grid = {"alpha": np.geomspace(1e-4, 1, 20)}
        model = module.HyperbandSearchCV(net, grid, max_iter=9, random_state=0)
        return model.fit(X, y, classes=list(np.unique(p.y)))

    try:
        search(SGDClassifier())
    except Exception as error:
        pytest.skip(f"HyperbandSearchCV fails with SGDClassifier: {error}")
    assert search(quick(SoftmaxClassifier)).best_score_ > 0.4
