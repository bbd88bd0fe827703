"""scikit-learn's contract: its own checks, with no expected failure, and its tools."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    PCAWhitener,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.engine import KLDivergence, Quantile
from skdl.preprocessing import (
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TabularEncoder,
)
from tests.scikit_learn_checks import parametrize_with_checks

NETS = [
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
    SoftmaxClassifier,
]
CLASSIFIERS = [Net for Net in NETS if Net is not MLPRegressor]

# The checks train on whatever they like: too few rows, unscaled data, short runs.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=:UserWarning"),
]


# A penalty with lbfgs: without it the nets grow so sure of these few rows that
# probabilities underflow, and one check takes their logarithm (ours stays finite).
SMALL = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 30}


class Shrunk(BaseEstimator):
    """A function whose repr, which names the tests, has no address in it."""

    def __call__(self, rows, rng):
        # Nothing drawn: a row of weight 2 is augmented once, and a row twice is twice.
        return 0.9 * rows


QUICK = {"hidden_layer_sizes": 20, "max_iter": 60, "learning_rate_init": 0.01}


@parametrize_with_checks(
    [
        # Each estimator with its defaults but for the size.
        *(Net(**QUICK) for Net in NETS),
        Standardizer(),
        PCAWhitener(),
        PCAWhitener(zca=True),
        SmoothClipScaler(),
        PiecewiseLinearEncoder(),
        TabularEncoder(),
        TabularEncoder(categorical_features=[0], n_bins=1, min_frequency=1),
    ],
    alike=[
        # Each way through the code that the checks' data, weights and warm starts can
        # tell from others.
        MLPClassifier(10, solver="sgd", learning_rate_init=0.1, max_iter=50),
        MLPRegressor(hidden_layer_sizes=10, **SMALL),
        SVMClassifier((), **SMALL),
        # No dropout: a row of weight 2 has one mask, and a row twice has two.
        SoftmaxClassifier((10, 8), normalization="batch", residual=True, max_iter=100),
        MLPRegressor(
            hidden_layer_sizes=10,
            activation="maxout",
            normalization="batch",
            learning_rate_init=0.01,
            max_iter=100,
        ),
        MLPClassifier(loss=KLDivergence(), label_smoothing=0.1, **QUICK),
        MLPClassifier(standardize=True, **QUICK),
        MLPClassifier(augment=Shrunk(), **QUICK),
        MLPRegressor(standardize=True, hidden_layer_sizes=10, **SMALL),
        MLPRegressor(Quantile(0.4), max_iter=100, learning_rate_init=0.01),
    ],
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(90, 4))


@pytest.fixture
def y(X):
    return X[:, :3].argmax(axis=1)


@pytest.fixture
def words(y):
    return np.array(["ant", "bee", "cat"])[y]


def quick(Net, **params):
    return Net(
        **{"hidden_layer_sizes": (6,), "max_iter": 8, "random_state": 0} | params
    )


def through_joblib(net):
    file = io.BytesIO()
    joblib.dump(net, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("Net", NETS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_copies_are_equal_and_independent(Net, duplicate, dtype, X, y):
    net = quick(Net).fit(X.astype(dtype), y)
    other = duplicate(net)
    assert other.get_params() == net.get_params()
    for a, b in zip(
        net.coefs_ + net.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        assert_array_equal(a, b)
        assert a.dtype == b.dtype
    before = net.predict(X)
    assert_array_equal(other.predict(X), before)
    other.coefs_[-1][...] = 0
    other.intercepts_[-1][...] = 0
    assert (other.predict(X) == other.predict(X)[0]).all()
    assert_array_equal(net.predict(X), before)


@pytest.mark.parametrize("Net", NETS)
def test_clone_has_the_parameters_and_no_more(Net, X, y):
    net = quick(Net, alpha=0.3).fit(X, y)
    other = clone(net)
    assert vars(other) == net.get_params()
    assert_array_equal(other.fit(X, y).coefs_[0], net.coefs_[0])


@pytest.mark.parametrize("Net", CLASSIFIERS)
def test_cross_validation_and_pipeline(Net, X, words):
    model = make_pipeline(
        Standardizer(), quick(Net, learning_rate_init=0.05, max_iter=20)
    )
    assert is_classifier(model)
    assert cross_val_score(model, X, words, cv=3).mean() > 0.6
    assert not is_classifier(make_pipeline(Standardizer(), MLPRegressor()))


@pytest.mark.parametrize("Net", CLASSIFIERS)
def test_parallel_grid_search_with_words(Net, X, words):
    model = Pipeline([("scale", Standardizer()), ("net", quick(Net))])
    grid = {"net__alpha": [0.01, 1.0], "net__hidden_layer_sizes": [(), (5,)]}
    search = GridSearchCV(model, grid, cv=3, n_jobs=2, error_score="raise")
    search.fit(X, words)
    assert set(search.predict(X)) <= {"ant", "bee", "cat"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # Sorted labels: without stratification a fold would lack a class.
    order = np.argsort(words)
    folds = check_cv(3, words[order], classifier=is_classifier(search))
    assert isinstance(folds, StratifiedKFold)


def test_regression_search(X):
    grid = {"alpha": [0.1, 1e4]}
    net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs")
    search = GridSearchCV(net, grid, cv=3).fit(X, X @ [1, 2, 3, 4])
    assert search.best_params_ == {"alpha": 0.1}
    assert search.best_score_ > 0.99


def test_soft_voting(X, words):
    nets = [(Net.__name__, quick(Net, max_iter=60)) for Net in CLASSIFIERS if Net
            is not SVMClassifier]  # fmt: skip
    vote = VotingClassifier(nets, voting="soft").fit(X, words)
    mean = np.mean([net.predict_proba(X) for net in vote.estimators_], axis=0)
    assert_array_equal(vote.predict(X), vote.classes_[mean.argmax(axis=1)])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration_of_the_svm(method, X, words):
    net = quick(SVMClassifier, learning_rate_init=0.05, max_iter=50)
    model = CalibratedClassifierCV(net, method=method, cv=3).fit(X, words)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert model.score(X, words) > 0.7


@pytest.mark.parametrize("Net", NETS)
def test_pandas_output_reaches_the_net(Net, X, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make_pipeline(Standardizer(), PCAWhitener(), quick(Net))
    model.set_output(transform="pandas").fit(frame, y)
    assert model[-1].feature_names_in_.tolist() == [f"pcawhitener{i}" for i in range(4)]


@pytest.mark.parametrize("Net", CLASSIFIERS)
def test_routed_weights_reach_the_net_and_the_scorer(Net, X, words):
    weights = np.where(words == "cat", 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        net = quick(Net, solver="lbfgs", max_iter=40, alpha=1.0)
        net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scaler = Standardizer().set_fit_request(sample_weight=True)
        model = Pipeline([("scale", scaler), ("net", net)])
        search = GridSearchCV(model, {"net__alpha": [1.0, 2.0]}, cv=3)
        search.fit(X, words, sample_weight=weights)
    plain = Pipeline([("scale", Standardizer()), ("net", clone(net))])
    plain.set_params(**search.best_params_)
    expected = clone(plain).fit(
        X, words, scale__sample_weight=weights, net__sample_weight=weights
    )
    assert_array_equal(search.predict(X), expected.predict(X))
    assert "cat" not in search.predict(X)
    assert "cat" in plain.fit(X, words).predict(X)
    # The folds' scores leave the cats out too, or none could exceed two thirds.
    assert search.best_score_ > 0.7


def test_weights_without_a_request_are_refused(X, y):
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(quick(MLPClassifier), {"alpha": [1.0]}, cv=3)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            search.fit(X, y, sample_weight=np.ones(90))
