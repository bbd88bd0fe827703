"""`standardize="auto"`: which nets standardize X, and by which moments."""

import inspect
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.model_selection import cross_val_score
from sklearn.utils import get_tags

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.engine import HiddenLayers
from tests.estimators.common import fit, flat, make

HEADS = [SoftmaxClassifier, SVMClassifier, LogisticClassifier]


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(60, 4)) * [1, 1e3, 1e-3, 1] + 9


@pytest.fixture
def y(X):
    return np.arange(60) % 3


@pytest.fixture
def pixels():
    """Bytes of 2 x 2 pixels in two channels; the last pixel hardly varies."""
    X = np.random.default_rng(0).integers(0, 256, (60, 8)).astype(np.uint8)
    X[:, 1::2] //= 4
    X[:, 6:] = 7
    X[3, 6] = 9
    return X


def auto(Net=SoftmaxClassifier, **params):
    return make(Net, **{"standardize": "auto"} | params)


def test_it_is_the_default_of_the_fixed_heads_only(Net):
    default = inspect.signature(Net).parameters["standardize"].default
    assert default == ("auto" if Net in HEADS else False)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_columns_of_a_dense_x_are_standardized(Net, solver, X, y):
    net = fit(auto(Net, solver=solver), X, y)
    assert_allclose(net.input_mean_, X.mean(axis=0), rtol=1e-12)
    assert_allclose(net.input_scale_, X.std(axis=0), rtol=1e-12)
    expected = fit(make(Net, solver=solver, standardize=True), X, y)
    assert_array_equal(flat(net), flat(expected))


@pytest.mark.parametrize("hidden", [(), HiddenLayers(0)], ids=str)
def test_linear_models_keep_their_columns(Net, hidden, X, y):
    net = fit(auto(Net, hidden_layer_sizes=hidden), X, y)
    assert not hasattr(net, "input_mean_")
    expected = fit(make(Net, hidden_layer_sizes=hidden), X, y)
    assert_array_equal(flat(net), flat(expected))


def test_a_sparse_x_stays_sparse(Net, X, y):
    net = auto(Net)
    assert get_tags(net).input_tags.sparse
    fit(net, csr_array(X), y)
    assert not hasattr(net, "input_mean_")
    assert_array_equal(flat(net), flat(fit(make(Net), csr_array(X), y)))


def test_bytes_have_one_mean_and_one_deviation(pixels, y):
    net = fit(auto(), pixels, y)
    assert_allclose(net.input_mean_, np.full(8, pixels.mean()), rtol=1e-6)
    assert_allclose(net.input_scale_, np.full(8, pixels.std()), rtol=1e-6)
    # Floats have a mean for each column.
    net = fit(auto(), pixels.astype(float), y)
    assert_allclose(net.input_mean_, pixels.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_are_standardized_by_channel(pixels, y, dtype):
    net = fit(auto(image_shape=(2, 2, 2)), pixels.astype(dtype), y)
    channels = pixels.reshape(-1, 2)
    assert_allclose(net.input_mean_, np.tile(channels.mean(axis=0), 4), rtol=1e-6)
    assert_allclose(net.input_scale_, np.tile(channels.std(axis=0), 4), rtol=1e-6)


def test_the_first_call_decides_for_the_next_ones(pixels, y):
    net = auto().partial_fit(pixels[:30], y[:30], classes=[0, 1, 2])
    net = pickle.loads(pickle.dumps(net)).partial_fit(pixels[30:].astype(float), y[30:])
    assert_allclose(net.input_mean_, np.full(8, pixels.mean()), rtol=1e-6)
    net = auto().partial_fit(csr_array(pixels), y, classes=[0, 1, 2])
    assert not hasattr(net.partial_fit(pixels, y), "input_mean_")


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
def test_a_sparse_x_after_a_dense_one_is_refused(X, y, method):
    net = fit(auto(warm_start=True), X, y)
    arguments = (csr_array(X),) if method == "predict" else (csr_array(X), y)
    with pytest.raises(ValueError, match="sparse X would become dense"):
        getattr(net, method)(*arguments)


def test_a_warm_start_keeps_what_it_was(X, y):
    net = fit(auto(warm_start=True, max_iter=2), X, y)
    fit(net, X, y)
    assert_array_equal(flat(net), flat(fit(auto(max_iter=4), X, y)))


def test_a_checkpoint_resumes(pixels, y, tmp_path):
    def fail(net):
        if net.n_iter_ == 2:
            raise RuntimeError

    checkpoint = Checkpoint(tmp_path / "run.npz", resume=True)
    with pytest.raises(RuntimeError):
        fit(
            auto().set_callbacks(checkpoint, LambdaCallback(on_epoch_end=fail)),
            pixels,
            y,
        )
    net = fit(auto().set_callbacks(checkpoint), pixels, y)
    assert_array_equal(flat(net), flat(fit(auto(), pixels, y)))
    assert_array_equal(net.input_mean_, fit(auto(), pixels, y).input_mean_)


def test_models_of_scikit_learn_take_x_as_it_is(X, y):
    theirs = neural_network.MLPClassifier((5,), max_iter=3, random_state=0)
    theirs = fit(theirs, X, y)
    ours = SoftmaxClassifier.from_sklearn(theirs)
    assert ours.standardize is False
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    ours.partial_fit(X, y)
    back = fit(auto(), X, y).to_sklearn()
    assert_allclose(back.predict(X), fit(auto(), X, y).predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_defaults_classify_columns_of_any_scale(load):
    scores = cross_val_score(SoftmaxClassifier(random_state=0), *load(return_X_y=True))
    assert scores.mean() >= 0.97


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_regressor_that_standardizes_both_predicts_numbers_of_any_scale():
    net = MLPRegressor(standardize=True, standardize_target=True, random_state=0)
    assert cross_val_score(net, *load_diabetes(return_X_y=True)).mean() >= 0.40


def test_drop_ins_leave_x_as_it_is(X, y):
    for Net in (MLPClassifier, MLPRegressor):
        net = fit(Net(hidden_layer_sizes=(3,), max_iter=1), X, y)
        assert not hasattr(net, "input_mean_")
