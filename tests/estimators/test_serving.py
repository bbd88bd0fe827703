"""Predictions while fit runs, and the memory that predictions take."""

import copy
import threading
import tracemalloc
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import NotFittedError

from skdl import MLPClassifier, MLPRegressor
from skdl.callbacks import LambdaCallback

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))


def elsewhere(function):
    """Return what a function returns or raises in another thread."""
    found = []

    def run():
        try:
            found.append(function())
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=10)
    return found[0]


def classifier():
    return MLPClassifier((4,), max_iter=3, learning_rate_init=0.5, random_state=0)


def everything(net):
    return [
        net.predict(X),
        net.predict_proba(X),
        net.decision_function(X),
        net.predict_log_proba(X),
        net.score(X, net.predict(X)),
        *net.coefs_,
        *copy.copy(net).coefs_,
        *net.to_sklearn().intercepts_,
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("parameters", [{}, {"warm_start": True}, {"solver": "lbfgs"}])
def test_other_threads_meet_the_net_before_fit(parameters):
    y = np.arange(40) % 3
    net = classifier().set_params(**parameters).fit(X, y)
    before, during, inside = everything(net), [], []

    def epoch(training):
        assert training is net
        during.append(elsewhere(lambda: everything(net)))
        inside.append(net.predict_proba(X))

    net.set_callbacks(LambdaCallback(epoch))
    net.fit(2 * X, y)
    net.set_callbacks()
    assert len(during) == 3
    for one in during:
        for old, served in zip(before, one, strict=True):
            np.testing.assert_array_equal(old, served)
    # The thread of fit sees what is trained, and others do so at the end.
    assert not np.array_equal(inside[0], inside[-1])
    np.testing.assert_array_equal(inside[-1], elsewhere(lambda: net.predict_proba(X)))


@pytest.mark.filterwarnings("ignore")
def test_other_threads_keep_the_columns_and_classes_before():
    net = classifier().fit(X, np.array(list("ab"))[np.arange(40) % 2])
    before, during = net.predict(X), []
    net.set_callbacks(
        LambdaCallback(lambda _: during.append(elsewhere(lambda: net.predict(X))))
    )
    net.fit(X[:, :2], np.arange(40) % 4)
    np.testing.assert_array_equal(during[0], before)
    assert net.predict(X[:, :2]).dtype.kind == "i"


@pytest.mark.filterwarnings("ignore")
def test_a_first_fit_has_nothing_to_serve():
    during, net = [], MLPRegressor(hidden_layer_sizes=(3,), max_iter=2)
    net.set_callbacks(
        LambdaCallback(
            lambda _: during.extend(
                [elsewhere(lambda: net.predict(X)), elsewhere(lambda: net.coefs_)]
            )
        )
    )
    net.fit(X, X[:, 0])
    assert isinstance(during[0], NotFittedError)
    assert isinstance(during[1], AttributeError)
    assert not hasattr(net, "_before_fit")


@pytest.mark.filterwarnings("ignore")
def test_a_fit_that_fails_leaves_nothing_behind():
    net = MLPRegressor(hidden_layer_sizes=(3,), max_iter=2).fit(X, X[:, 0])
    before = net.predict(X)
    with pytest.raises(ValueError, match="non-finite"):
        net.set_params(learning_rate_init=1e300).fit(X, X[:, 0])
    np.testing.assert_array_equal(net.predict(X), before)
    assert not hasattr(net, "_before_fit")


def peak(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_labels_take_no_memory_for_all_scores():
    n_rows, n_classes = 6000, 500
    rows, y = rng.normal(size=(n_rows, 2)), np.arange(n_rows) % n_classes
    net = MLPClassifier((2,), batch_size=100)
    net.partial_fit(rows[:500], y[:500], classes=np.arange(n_classes))
    scores = n_rows * n_classes * 8
    assert peak(lambda: net.predict(rows)) < scores / 4
    assert peak(lambda: net.score(rows, y)) < scores / 4
    # What is returned, and no second one of its size.
    assert peak(lambda: net.predict_proba(rows)) < 1.4 * scores


@pytest.mark.parametrize(
    "y",
    [
        np.arange(40) % 3,
        np.array(["no", "yes", "perhaps"])[np.arange(40) % 3],
        (X > 0).astype(int),
        np.column_stack([np.arange(40) % 2, np.arange(40) % 3]),
    ],
    ids=["numbers", "text", "indicator", "columns"],
)
def test_passes_give_what_one_pass_gives(y):
    with warnings.catch_warnings(action="ignore"):
        net = classifier().fit(X, y)
    names = ("predict", "predict_proba", "decision_function", "predict_log_proba")
    whole = [getattr(net, name)(X) for name in names]
    with sklearn.config_context(working_memory=1e-3):
        parts = [getattr(net, name)(X) for name in names]
    for one, other in zip(whole, parts, strict=True):
        assert type(one) is type(other)
        for a, b in zip(one, other, strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            if a.dtype.kind == "f":
                np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)
            else:
                np.testing.assert_array_equal(a, b)


def test_validation_takes_no_memory_for_all_scores():
    n_rows, n_classes = 6000, 500
    rows, y = rng.normal(size=(n_rows, 2)), np.arange(n_rows) % n_classes
    net = MLPClassifier((2,), batch_size=100)
    net.partial_fit(rows[:500], y[:500], classes=np.arange(n_classes))
    few = rows[:100], y[:100]
    taken = peak(lambda: net.partial_fit(*few, X_val=rows, y_val=y))
    assert taken < n_rows * n_classes * 8 / 2
    assert net.history_["validation_score"][-1] == net.score(rows, y)


@pytest.mark.parametrize("bad", [0, 1000])
def test_scores_that_are_not_finite_in_any_pass_validate_as_nan(bad):
    rows, y = rng.normal(size=(1200, 2)), np.arange(1200) % 3
    net = MLPClassifier((700,), activation="identity")
    net.partial_fit(rows, y, classes=[0, 1, 2], X_val=rows, y_val=y)
    rows[bad] = 1e308
    net.intercepts_[0][...] = 0
    net.coefs_[0] = np.full((2, 700), 10.0)
    net.set_params(learning_rate_init=1e-9)
    net.partial_fit(rows[1:9], y[1:9], X_val=rows, y_val=y)
    assert np.isfinite(net.history_["validation_loss"][0])
    assert np.isnan(net.history_["validation_loss"][1])
    assert np.isnan(net.history_["validation_score"][1])
