"""What is read off the network of a fitted net."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from skdl import MLPClassifier, MLPRegressor
from skdl.engine.prediction import bytes_per_row, rows_per_pass
from skdl.estimators._fitted import rows_at_once  # no result shows it
from tests.estimators.common import fit, make
from tests.estimators.conftest import NETS
from tests.pairwise import parametrize_pairwise

ALWAYS = ["coefs_", "intercepts_", "n_zero_weights_", "feature_importances_"]


@pytest.mark.parametrize("name", [*ALWAYS, "coef_", "intercept_"])
def test_nothing_is_there_before_fit(Net, name):
    assert not hasattr(Net(), name)
    with pytest.raises(AttributeError, match=f"not fitted yet: no '{name}'"):
        getattr(Net(), name)


def test_predict_before_fit_is_refused(Net, X):
    with pytest.raises(NotFittedError):
        Net().predict(X)


@pytest.mark.parametrize("name", ["coef_", "intercept_"])
def test_a_deep_net_has_no_linear_coefficients(Net, X, y, name):
    net = fit(make(Net), X, y)
    assert not hasattr(net, name)
    with pytest.raises(AttributeError, match=r"linear models: hidden_layer_sizes=\(\)"):
        getattr(net, name)


def test_coefs_are_views_of_the_parameters(Net, X, y):
    net = fit(make(Net), X, y)
    before = net.predict(X)
    for array in (*net.coefs_, *net.intercepts_):
        assert np.shares_memory(array, net._network.parameters)
        array *= 0
    assert (net.predict(X) != before).any()


def test_linear_coefficients_give_the_scores(Net, X, y):
    net = fit(make(Net, hidden_layer_sizes=()), X, y)
    scores = getattr(net, "decision_function", net.predict)(X)
    assert_allclose(X @ net.coef_.T + net.intercept_, scores, rtol=1e-10)


def test_zero_weights_are_counted_without_biases(Net, X, y):
    net = fit(make(Net), X, y)
    assert net.n_zero_weights_ == 0
    net.coefs_[0][1:3] = 0
    net.coefs_[1][4, 0] = -0.0
    net.intercepts_[0][:] = 0
    assert net.n_zero_weights_ == 2 * 6 + 1
    assert type(net.n_zero_weights_) is int


EVERYTHING = {
    "hidden_layer_sizes": (9, 8, 8),
    "activation": ["maxout", "gelu", "relu"],
    "normalization": "batch",
    "residual": True,
    "dropout": 0.1,
}
METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def answers(net, X):
    """Return what each method of prediction that the net has says of X."""
    return {name: getattr(net, name)(X) for name in METHODS if hasattr(net, name)}


FORMS = {
    "float64": np.asarray,
    "float32": lambda X: X.astype(np.float32),
    "uint8": lambda X: X.astype(np.uint8),
    "CSR": csr_array,
    "CSR uint8": lambda X: csr_array(X.astype(np.uint8)),
}


@pytest.fixture
def counts():
    """Return small whole numbers, which every dtype holds."""
    return np.random.default_rng(1).integers(0, 4, (70, 4)).astype(float)


@parametrize_pairwise(
    Net=NETS,
    form=FORMS,
    options={"plain": {}, "everything": EVERYTHING},
    memory=[0, 1e-9, 3e-3, 1024],  # one row at a time; some; and all
)
def test_any_working_memory_gives_the_same_answers(Net, form, options, memory, counts):
    net = fit(make(Net, **options), counts, np.arange(70) % 3)
    X = form(counts)
    expected = answers(net, X)
    with config_context(working_memory=memory):
        rows = rows_at_once(net._network, X)
        given = answers(net, X)
    assert {0: rows == 1, 1e-9: rows == 1, 1024: rows >= 70}.get(memory, 1 < rows < 70)
    for name, values in expected.items():
        assert_allclose(given[name], values, rtol=1e-5, atol=1e-6)


def test_working_memory_bounds_the_rows(X, y):
    network = fit(make(MLPClassifier, hidden_layer_sizes=(5000,)), X, y)._network
    n_bytes = bytes_per_row(network, X)
    assert n_bytes == 8 * (2 * 5000 + 3)  # relu's outputs, and zeros for it
    most = rows_per_pass(network)
    for rows in (1, 17, most):
        with config_context(working_memory=(rows + 0.5) * n_bytes / 2**20):
            assert rows_at_once(network, X) == rows
    with config_context(working_memory=2 * most * n_bytes / 2**20):
        assert rows_at_once(network, X) == most


@pytest.mark.parametrize("memory", [0.25, 1024])
def test_many_rows_take_the_scores_and_one_pass(memory):
    X = np.random.default_rng(0).normal(size=(200_000, 30)).astype(np.float32)
    net = fit(make(MLPRegressor, hidden_layer_sizes=(50,)), X[:200], X[:200, 0])
    net.predict(X[:10])
    network = net._network
    one_pass = min(memory * 2**20, rows_per_pass(network) * bytes_per_row(network, X))
    with config_context(working_memory=memory):
        tracemalloc.start()
        try:
            predicted = net.predict(X)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < predicted.nbytes + one_pass + 100_000


@parametrize_pairwise(
    Net=NETS,
    options={"plain": {}, "everything": EVERYTHING},
    form={name: FORMS[name] for name in ("float64", "CSR", "uint8")},
)
def test_eight_threads_get_what_one_gets(Net, options, form):
    rng = np.random.default_rng(0)
    train = rng.integers(0, 4, (60, 30)).astype(float)
    options = {"hidden_layer_sizes": (40,), **options}
    net = fit(make(Net, **options), train, np.arange(60) % 3)
    # Of unlike sizes, for the threads to be at different places of the way.
    inputs = [form(rng.integers(0, 4, (n, 30))) for n in range(150, 750, 60)]

    def in_passes(X):
        # scikit-learn's settings are each thread's own.
        with config_context(working_memory=0.1):
            return answers(net, X)

    alone = [in_passes(X) for X in inputs]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            together = list(pool.map(in_passes, inputs))
            for one, other in zip(alone, together, strict=True):
                for name, values in one.items():
                    assert_array_equal(other[name], values)
