"""Validation data that a search does not cut."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdl import MLPClassifier, PCAWhitener, Standardizer, ValidationSet
from skdl.estimators import _prepare  # a search fits clones, out of reach from here
from skdl.inspection import NeuralFeatures
from skdl.preprocessing import (
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TabularEncoder,
)
from tests.estimators.common import fit, flat, make


@pytest.fixture
def X_val():
    """As many rows as X has: that is the trap."""
    return np.random.default_rng(1).normal(size=(60, 4))


@pytest.fixture
def n_validated(monkeypatch):
    """How many rows each fit from here on validates on."""
    numbers, encode_validation = [], _prepare.encode_validation

    def spy(*args):
        held = encode_validation(*args)
        numbers.append(held.X.shape[0])
        return held

    monkeypatch.setattr(_prepare, "encode_validation", spy)
    return numbers


pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_equals_the_three_arguments(Net, X, y, X_val, y_val, weights_val):
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


def test_arrays_of_n_rows_are_cut_by_a_search(Net, X, y, X_val, y_val, n_validated):
    """What ValidationSet is for: scikit-learn takes them for weights and the like."""
    y_val = X_val[:, :3].argmax(axis=1)
    search = GridSearchCV(make(Net), {"alpha": [0.1]}, cv=3)
    search.fit(X, y, X_val=X_val, y_val=y_val)
    assert n_validated == [40, 40, 40, 60]
    n_validated.clear()
    search.fit(X, y, X_val=X_val[:59], y_val=y_val[:59])
    assert n_validated == [59] * 4


@pytest.mark.parametrize("routing", [False, True])
def test_is_passed_on_whole(Net, routing, X, y, X_val, n_validated):
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
def test_in_a_pipeline_and_a_search(Net, routing, X, y, X_val, n_validated):
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


@pytest.mark.parametrize("container", ["default", "pandas", "polars"])
@pytest.mark.parametrize(
    "transformer",
    [
        NeuralFeatures(MLPClassifier(2, solver="lbfgs", max_iter=1, tol=1.0)),
        PCAWhitener(),
        PiecewiseLinearEncoder(),
        SmoothClipScaler(),
        Standardizer(),
        TabularEncoder(),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_a_transformer_with_set_output(transformer, container, X, y, X_val):
    if container != "default":
        pytest.importorskip(container)
    transformer = clone(transformer).set_output(transform=container).fit(X, y)
    given = ValidationSet(X_val, X_val[:, 0])
    found, expected = transformer.transform(given), transformer.transform(X_val)
    assert type(found.X) is type(expected)
    assert_array_equal(np.asarray(found.X), np.asarray(expected))
    assert found.y is given.y
    with config_context(transform_output=container):
        assert type(transformer.transform(given).X) is type(expected)


def test_in_other_processes(X, y, X_val):
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


def given_in(form, X_val, y_val):
    if form == "set":
        return {"X_val": ValidationSet(X_val, y_val)}
    if form == "tuples":
        return {"X_val": (X_val,), "y_val": (y_val,)}
    return {"X_val": X_val, "y_val": y_val}


@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("set", Standardizer),
        ("set", PCAWhitener),
        ("tuples", Standardizer),
        ("tuples", StandardScaler),
        ("arrays", StandardScaler),
    ],
)
def test_transform_input(form, first, X, y, X_val, n_validated):
    X_val = 3 * X_val[:31] + 5
    y_val = np.arange(31) % 3
    with config_context(enable_metadata_routing=True):
        net = make(MLPClassifier, max_iter=2)
        net.set_fit_request(X_val=True, y_val=True)
        pipe = Pipeline([("scale", first()), ("net", net)], transform_input=["X_val"])
        pipe.fit(X, y, **given_in(form, X_val, y_val))
        expected = clone(net).fit(
            first().fit_transform(X),
            y,
            X_val=first().fit(X).transform(X_val),
            y_val=y_val,
        )
        for name in ("validation_loss", "validation_score"):
            assert_array_equal(pipe[-1].history_[name], expected.history_[name])
        n_validated.clear()
        given = given_in(
            form, *(np.resize(a, (60, *a.shape[1:])) for a in (X_val, y_val))
        )
        if form != "arrays":
            search = GridSearchCV(pipe, {"net__alpha": [1, 2]}, cv=2)
            search.fit(X, y, **given)
            assert n_validated == [60] * 5


@pytest.fixture
def table():
    """Return a frame of numbers and words with gaps, and class numbers."""
    pd = pytest.importorskip("pandas")
    ages = [31.0, None, 58.0, 44.0, 29.0, 63.0] * 15
    towns = ["Bonn", "Kiel", None] * 30
    return pd.DataFrame({"age": ages, "town": towns}), np.arange(90) % 3 % 2


def prepared():
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), Standardizer()), ["age"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["town"]),
    )


@pytest.mark.parametrize("form", ["arrays", "tuples"])
def test_transform_input_of_a_table(form, table):
    X, y = table
    training, held = slice(60), slice(60, 90)
    with config_context(enable_metadata_routing=True):
        net = make(MLPClassifier, max_iter=2).set_fit_request(X_val=True, y_val=True)
        steps = [("prepare", prepared()), ("net", net)]
        pipe = Pipeline(steps, transform_input=["X_val"])
        pipe.fit(X[training], y[training], **given_in(form, X[held], y[held]))
        expected = clone(net).fit(
            prepared().fit_transform(X[training]),
            y[training],
            X_val=prepared().fit(X[training]).transform(X[held]),
            y_val=y[held],
        )
        found, wanted = pipe[-1].history_, expected.history_
        assert_array_equal(found["validation_loss"], wanted["validation_loss"])
        if form == "tuples":
            search = GridSearchCV(pipe, {"net__alpha": [1, 2]}, cv=2)
            given = given_in(form, X[training], y[training])
            search.fit(X[training], y[training], **given)


@pytest.mark.filterwarnings("ignore:X has feature names")
def test_words_in_rows_that_no_step_transforms(table):
    X, y = table
    net = make(MLPClassifier, max_iter=2)
    pipe = Pipeline([("prepare", prepared()), ("net", net)])
    with pytest.raises(ValueError, match=r"contain no numbers: 'town'") as caught:
        pipe.fit(X, y, net__X_val=X, net__y_val=y)
    for way in (
        "transform_input=['X_val']",
        "net.set_fit_request(X_val=True, y_val=True)",
        "sklearn.set_config(enable_metadata_routing=True)",
    ):
        assert way in str(caught.value)


def test_a_validation_set_is_shown_by_its_size(X, y):
    assert repr(ValidationSet(X, y)) == "ValidationSet(60 rows)"
    assert repr(ValidationSet(csr_array(X), y, y)) == "ValidationSet(60 rows, weighted)"


def test_weights_of_a_transformed_validation_set():
    given = ValidationSet(np.ones((3, 2)), [1, 2, 3], [4, 5, 6])
    transformer = Standardizer().fit([[0.0, 1.0], [2.0, 3.0]])
    made = transformer.transform(given)
    assert_array_equal(made.X, transformer.transform(given.X))
    assert (made.y, made.sample_weight) == ([1, 2, 3], [4, 5, 6])
    assert_array_equal(given.X, np.ones((3, 2)))


def test_other_transformers_say_what_to_pass(X, y):
    given = ValidationSet(X, y)
    with pytest.raises(TypeError, match=r"X_val=\(X_val,\), y_val=\(y_val,\)"):
        StandardScaler().fit(X).transform(given)


def test_tuples(X, y):
    weights = np.arange(60) + 1.0
    net = make(MLPClassifier, max_iter=2)
    expected = fit(net, X, y, X_val=X, y_val=y, sample_weight_val=weights).history_
    for given in (
        {"X_val": (X,), "y_val": (y,), "sample_weight_val": (weights,)},
        {"X_val": (X,), "y_val": y, "sample_weight_val": weights},
        {"X_val": tuple(map(tuple, X)), "y_val": y, "sample_weight_val": weights},
    ):
        history = fit(net, X, y, **given).history_
        assert_array_equal(history["validation_loss"], expected["validation_loss"])
    one = fit(net, X, y, X_val=(tuple(X[0]),), y_val=y[:1])
    assert len(one.history_["validation_loss"]) == 2
    for several in ((X, y), (X, y, weights)):
        with pytest.raises(ValueError, match=r"tuple of .: .*ValidationSet\(\*X_val\)"):
            net.fit(X, y, X_val=several)


def test_rows_that_are_not_transformed(X, y):
    net = make(MLPClassifier)
    with pytest.raises(ValueError, match=r"transform_input=\['X_val'\]"):
        net.fit(X, y, X_val=X[:, :2], y_val=y)
    with pytest.raises(ValueError, match=r"transform_input=\['X_val'\]"):
        net.fit(X, y, X_val=X.astype(str).astype(object) + "x", y_val=y)
    with pytest.raises(ValueError, match="inconsistent numbers") as caught:
        net.fit(X, y, X_val=X, y_val=y[:9])
    assert "transform_input" not in str(caught.value)
