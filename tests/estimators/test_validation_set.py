"""Validation data that a search does not cut."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline

from skdl import MLPClassifier, Standardizer, ValidationSet
from skdl.estimators import _base


@pytest.fixture
def X_val():
    """As many rows as X has: that is the trap."""
    return np.random.default_rng(1).normal(size=(60, 4))


@pytest.fixture
def n_validated(monkeypatch):
    """How many rows each fit from here on validates on."""
    numbers, given_rows = [], _base.given_rows

    def spy(*args):
        held = given_rows(*args)
        numbers.append(held.X.shape[0])
        return held

    monkeypatch.setattr(_base, "given_rows", spy)
    return numbers


pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_equals_the_three_arguments(
    Net, X, y, X_val, y_val, weights_val, make, fit, flat
):
    X_val, weights = X_val[:35], weights_val
    y_val = X_val[:, :3].argmax(axis=1)
    net = make(Net, early_stopping=True)
    expected = flat(
        fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    ).copy()
    scores = net.validation_scores_
    fit(net, X, y, X_val=ValidationSet(X_val, y_val, weights))
    assert_array_equal(flat(net), expected)
    assert net.validation_scores_ == scores
    if is_classifier(net):
        net.partial_fit(X, y, X_val=ValidationSet(X_val, y_val, weights))
        assert len(net.validation_scores_) == len(scores) + 1


def test_arrays_of_n_rows_are_cut_by_a_search(
    Net, X, y, X_val, y_val, make, n_validated
):
    """What ValidationSet is for: scikit-learn takes them for weights and the like."""
    y_val = X_val[:, :3].argmax(axis=1)
    search = GridSearchCV(make(Net), {"alpha": [0.1]}, cv=3)
    search.fit(X, y, X_val=X_val, y_val=y_val)
    assert n_validated == [40, 40, 40, 60]
    n_validated.clear()
    search.fit(X, y, X_val=X_val[:59], y_val=y_val[:59])
    assert n_validated == [59] * 4


@pytest.mark.parametrize("routing", [False, True])
def test_is_passed_on_whole(Net, routing, X, y, X_val, make, n_validated):
    given = ValidationSet(X_val, X_val[:, :3].argmax(axis=1))
    with config_context(enable_metadata_routing=routing):
        net = make(Net, early_stopping=True)
        if routing:
            net.set_fit_request(X_val=True)
        GridSearchCV(net, {"alpha": [0.1, 1]}, cv=3).fit(X, y, X_val=given)
        assert n_validated == [60] * 7
        n_validated.clear()
        assert len(cross_val_score(net, X, y, cv=4, params={"X_val": given})) == 4
        assert n_validated == [60] * 4


@pytest.mark.parametrize("routing", [False, True])
def test_in_a_pipeline_and_a_search(Net, routing, X, y, X_val, make, n_validated):
    """The steps before the net do not transform it: scaled data go in."""
    scaled = Standardizer().fit(X).transform(X_val)
    given = ValidationSet(scaled, X_val[:, :3].argmax(axis=1))
    net = make(Net, early_stopping=True)
    if routing:
        with config_context(enable_metadata_routing=True):
            net.set_fit_request(X_val=True)
    pipe = Pipeline([("scale", Standardizer()), ("net", net)])
    name = "X_val" if routing else "net__X_val"
    with config_context(enable_metadata_routing=routing):
        pipe.fit(X, y, **{name: given})
        assert n_validated == [60]
        step = pipe[-1]
        score = step.score(given.X, given.y)
        assert score == pytest.approx(step.best_validation_score_, rel=1e-12)
        search = GridSearchCV(pipe, {"net__alpha": [0.1]}, cv=3, n_jobs=1)
        search.fit(X, y, **{name: given})
    assert n_validated == [60] * 5


def test_in_other_processes(X, y, X_val, make):
    given = ValidationSet(X_val, X_val[:, :3].argmax(axis=1))
    results = [
        GridSearchCV(
            make(MLPClassifier, early_stopping=True), {"alpha": [0.1, 1]}, n_jobs=n_jobs
        )
        .fit(X, y, X_val=given)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    assert_array_equal(*results)


def test_looks_like_nothing_that_is_cut():
    """sklearn.utils takes what has a length or a shape for one entry per row."""
    given = ValidationSet([[1.0]], [1])
    for name in ("__len__", "shape", "__array__", "__iter__", "__getitem__"):
        assert not hasattr(given, name)
    assert not isinstance(given, BaseEstimator)


def test_copies():
    given = ValidationSet(np.ones((2, 3)), [1, 2], [3, 4])
    for other in (pickle.loads(pickle.dumps(given)), clone(given, safe=False)):
        assert_array_equal(other.X, given.X)
        assert (other.y, other.sample_weight) == ([1, 2], [3, 4])
