"""`Checkpoint.load` makes a net of a file that predicts as the net that was trained."""

import os
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

import skdl
from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.callbacks.checkpoint import VERSIONS
from skdl.engine import Adam, HiddenLayers, Maxout, Quantile, StepDecay
from skdl.preprocessing import ImageAugmenter
from tests.callbacks.private_names import StateFile


def make(Net=MLPClassifier, **options):
    usual = {"hidden_layer_sizes": (6,), "max_iter": 5, "batch_size": 16}
    usual |= {"random_state": 0, "learning_rate_init": 0.02}
    return Net(**{**usual, **options})


WORDS = np.array(["ash", "birch", "cedar"])
DEEP = HiddenLayers(n_layers=3, width=4)
# Nets, and what makes their y of class numbers.
NETS = {
    "words": (make(), lambda y: WORDS[y]),
    "two classes": (make(), lambda y: y > 0),
    "labels": (make(LogisticClassifier), lambda y: np.eye(3, dtype=int)[y]),
    "columns": (make(), lambda y: np.column_stack([WORDS[y], WORDS[y % 2]])),
    "soft": (make(SoftmaxClassifier), lambda y: (np.eye(3) * 0.7 + 0.1)[y]),
    "linear": (make(SVMClassifier, hidden_layer_sizes=()), lambda y: y),
    "number": (make(MLPRegressor), lambda y: y / 3),
    "numbers": (make(MLPRegressor), lambda y: np.column_stack([y, -y]) / 3),
    "quantiles": (make(MLPRegressor, loss=Quantile([0.1, 0.9])), lambda y: y / 3),
    "units": (make(MLPRegressor, standardize_target=True), lambda y: y * 1e4),
    "units of quantiles": (
        make(MLPRegressor, standardize_target=True, loss=Quantile([0.1, 0.9])),
        lambda y: np.column_stack([y * 1e4, y]),
    ),
    "other names": (make(activation="ReLU", solver="RMSProp"), lambda y: y),
    "moments": (make(standardize=True, normalization="batch"), lambda y: y),
    "deep": (make(hidden_layer_sizes=DEEP, residual=True, dropout=0.1), lambda y: y),
    "objects": (
        make(
            activation=Maxout(3),
            solver=Adam(beta_1=np.float64(0.8)),
            learning_rate=StepDecay(every=2),
            class_weight={0: 1, 2: 2.5},
            augment=ImageAugmenter(shift=1),
            image_shape=[2, 2, 1],
        ),
        lambda y: y,
    ),
    "float32": (make(), lambda y: y),
    "metrics": (
        make(early_stopping=True, scoring=["roc_auc_ovr", "accuracy", "loss"]),
        lambda y: y,
    ),
    "restarts": (make(max_restarts=2, solver="sgd"), lambda y: y),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.npz"


def outputs(net, X):
    """Return all that a net says about rows."""
    methods = ["predict", "predict_proba", "decision_function"]
    found = [getattr(net, name)(X) for name in methods if hasattr(net, name)]
    # With several columns of labels, probabilities are a list.
    return [part for one in found for part in (one if type(one) is list else [one])]


@pytest.mark.parametrize("name", NETS)
def test_a_loaded_net_is_the_net_that_was_trained(name, X, y, path, fit, assert_same):
    net, encode = NETS[name]
    X = X.astype(np.float32) if name == "float32" else X
    net, y = clone(net), encode(y)
    fit(net, X, y, Checkpoint(path))
    loaded = Checkpoint.load(path)
    assert type(loaded) is type(net)
    assert repr(loaded) == repr(net)
    assert_same(loaded, net)
    for ours, theirs in zip(outputs(loaded, X), outputs(net, X), strict=True):
        assert_array_equal(ours, theirs)
    if encode is not NETS["soft"][1]:
        assert loaded.score(X, y) == net.score(X, y)
    # All that fit sets is there, and nothing else.
    assert vars(net).keys() - vars(loaded).keys() <= {
        "_skl_callbacks", "_growing_history",
    }  # fmt: skip
    assert not vars(loaded).keys() - vars(net).keys()


def test_a_loaded_net_knows_that_it_was_fitted_to_bytes(X, y, path, fit):
    X = np.abs(np.rint(9 * X)).astype(np.uint8)
    fit(MLPClassifier((3,), max_iter=2, random_state=0), X, y, Checkpoint(path))
    with pytest.warns(UserWarning, match="takes for black pixels"):
        Checkpoint.load(path).predict(X / 255)


def test_names_of_columns_come_back(X, y, path, fit):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    net = fit(make(), frame, y, Checkpoint(path))
    loaded = Checkpoint.load(path)
    assert_array_equal(loaded.feature_names_in_, net.feature_names_in_)
    assert_array_equal(loaded.predict(frame), net.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame[["b", "a", "c", "d"]])


def test_best_and_last_epoch(X, y, path, fit):
    options = {"early_stopping": True, "learning_rate_init": 0.3, "max_iter": 20}
    weights = []
    watch = LambdaCallback(lambda net: weights.append(net.coefs_[0].copy()))
    net = fit(make(**options), X, y, watch, Checkpoint(path))
    best = int(np.argmax(net.validation_scores_))
    assert best < net.n_iter_ - 1
    assert_array_equal(net.coefs_[0], weights[best])
    assert_array_equal(Checkpoint.load(path).coefs_[0], weights[best])
    last = Checkpoint.load(path, which="last")
    assert_array_equal(last.coefs_[0], weights[-1])
    with pytest.raises(ValueError, match="which must be 'best' or 'last', got 'first'"):
        Checkpoint.load(path, which="first")


def test_a_file_can_be_loaded_while_fit_runs_and_after_a_crash(X, y, path, fit, crash):
    loaded = []

    def look(net):
        if net.n_iter_ > 1:
            loaded.append(Checkpoint.load(path))

    crash(make(), 4, X, y, Checkpoint(path), LambdaCallback(look))
    assert [net.n_iter_ for net in loaded] == [1, 2, 3]
    assert Checkpoint.load(path).stop_reason_ is None
    expected = fit(make(max_iter=3), X, y)
    assert_array_equal(loaded[-1].predict_proba(X), expected.predict_proba(X))
    assert os.listdir(path.parent) == [path.name]


def test_a_loaded_net_is_trained_further(X, y, path, fit):
    net = fit(make(standardize=True), X, y, Checkpoint(path))
    twin, loaded = pickle.loads(pickle.dumps(net)), Checkpoint.load(path)
    for one in (twin, loaded):
        one.partial_fit(X + 1, y)
        fit(one.set_params(warm_start=True).set_callbacks(), X, y)
    assert_array_equal(loaded.coefs_[0], twin.coefs_[0])
    assert_array_equal(loaded.input_mean_, twin.input_mean_)
    assert (
        clone(loaded).get_params()
        == clone(net).set_params(warm_start=True).get_params()
    )


def double(rows, rng):
    return 2 * rows


class OwnNet(MLPClassifier):
    """A net of a user's own."""


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (make(augment=double), "not hold augment=<function double"),
        (make(validation_split=KFold(3)), r"not hold validation_split=KFold\("),
        (make(OwnNet), r"class 'tests.callbacks.test_load.OwnNet', which is not of sk"),
    ],
)
def test_what_a_file_cannot_hold_comes_from_an_estimator(
    net, message, X, y, path, fit, assert_same
):
    net = fit(clone(net), X, y, Checkpoint(path))
    with pytest.raises(ValueError, match=message) as caught:
        Checkpoint.load(path)
    assert "Checkpoint.load(path, estimator)" in str(caught.value)
    loaded = Checkpoint.load(path, clone(net))
    assert_same(loaded, net)
    assert_array_equal(loaded.predict(X), net.predict(X))


def test_another_estimator_is_refused(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    with pytest.raises(ValueError, match="other parameters: alpha was 0.0001 and is 3"):
        Checkpoint.load(path, make(alpha=3))
    with pytest.raises(ValueError, match="estimator was MLPClassifier and is MLPRegr"):
        Checkpoint.load(path, make(MLPRegressor))
    with pytest.raises(ValueError, match="must be a net of skdl, got LogisticRegressi"):
        Checkpoint.load(path, LogisticRegression())
    given = make(max_iter=7, verbose=0)
    loaded = Checkpoint.load(path, given)
    assert loaded.max_iter == 7
    assert not hasattr(given, "coefs_")


def changed(content, keys, value):
    """Change one value of nested dicts and lists."""
    for key in keys[:-1]:
        content = content[key]
    content[keys[-1]] = value


HUGE = {"class": "skdl.engine.hidden_layers.HiddenLayers"}
HUGE["parameters"] = {"n_layers": 2, "width": 10**6}
CODE = {"class": "os.system", "parameters": {}}
# Where, what, and the error.
FORGED = [
    (["model"], 3, "lacks"),
    (["model"], {}, "lacks"),
    (["versions"], [], "lacks"),
    (["model", "class"], "os.system", "not of skdl"),
    (["model", "class"], "skdl.callbacks.loggers.EpochLogger", "not the class of"),
    (["model", "class"], "skdl.datasets.mnist.load", "not the class of an estimator"),
    (["model", "class"], "skdl.engine.optimizers.Adam", "Adam is not a net"),
    (["model", "class"], "skdl.estimators.regressor.MLPRegressor", "no parameter"),
    (["model", "class"], ["skdl"], "not of skdl"),
    (["model", "parameters", "fit"], "no", "no parameter 'fit'"),
    (["model", "parameters", "alpha"], "no", "alpha"),
    (["model", "parameters", "alpha"], {"lost": "f"}, "does not hold alpha=f"),
    (["model", "parameters", "alpha"], {"other": 1}, "not the description"),
    (["model", "parameters", "solver"], "lbfgs", "solver"),
    (["model", "parameters", "solver"], CODE, "'os.system' is not the class of"),
    (["model", "parameters", "hidden_layer_sizes"], (7,), "parameters of shape"),
    (["model", "parameters", "hidden_layer_sizes"], HUGE, "parameters of shape"),
    (["model", "n_features"], -4, "n_features must be an int"),
    (["model", "n_features"], 10**12, "parameters of shape"),
    (["model", "n_scores"], 2, "n_scores must be 3"),
    (["model", "feature_names"], ["a"], "does not name 4 columns"),
    (["model", "feature_names"], [1, 2, 3, 4], "does not name 4 columns"),
    (["model", "has_scaling"], True, "statistics of shape"),
    (["model", "fitted"], {}, "fitted lacks 'classes_'"),
    (["model", "fitted", "predict"], 1, "has 'predict', which is unknown"),
    (["model", "fitted", "classes_"], np.array([2, 1, 0]), "not sorted labels"),
    (["model", "fitted", "classes_"], np.zeros((3, 3)), "not sorted labels"),
    (["model", "fitted", "classes_"], np.arange(4), "n_scores must be 4"),
    (["model", "fitted", "classes_"], "abc", "not sorted labels"),
    (["state"], None, "lacks"),
    (["state", "parameters"], "abc", "must be an array of floats"),
    (["state", "parameters"], np.zeros(3), "parameters of shape"),
    (["state", "parameters"], np.zeros(51, ">f8"), "must be an array of floats"),
    (["state", "snapshots", "other"], {}, "has 'other', which is unknown"),
    (["state", "snapshots", "best", "parameters"], np.zeros(3), "of shape"),
    (["state", "records", "n_iter_"], -1, "n_iter_ must be an int"),
    (["state", "records", "loss_curve_"], [], "must be a list"),
    (["state", "records", "predict"], 1, "which is unknown"),
    (["state", "history", "loss"], ["a"] * 5, "must be a number"),
    (["state", "stop_reason"], "tired", "stop_reason is 'tired'"),
    (["state", "optimizer"], {}, "optimizer lacks"),
    (["state", "streams"], {}, "streams lacks"),
    (["state", "input_moments"], {"mean": np.zeros(4)}, "must be None"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "value", "message"), FORGED)
def test_a_forged_file_is_refused(keys, value, message, X, y, path, fit):
    fit(make(early_stopping=True), X, y, Checkpoint(path))
    content = StateFile(path).read()
    changed(content, keys, value)
    StateFile(path).write(content)
    with pytest.raises(ValueError, match=message) as caught:
        Checkpoint.load(path)
    assert f"path={os.fspath(path)!r} cannot be loaded" in str(caught.value)


FORGED_UNITS = [
    (["target_mean_"], np.zeros(2), "a positive number for each output"),
    (["target_scale_"], -np.ones(1), "a positive number for each output"),
    (["target_scale_"], np.array([np.nan]), "must be finite numbers"),
    (["target_mean_"], 3.0, "must be finite numbers"),
    (["classes_"], np.arange(3), "'classes_', which is unknown"),
]


@pytest.mark.parametrize(("keys", "value", "message"), FORGED_UNITS)
def test_forged_units_of_y_are_refused(keys, value, message, X, y, path, fit):
    fit(make(MLPRegressor, standardize_target=True), X, y, Checkpoint(path))
    content = StateFile(path).read()
    changed(content["model"]["fitted"], keys, value)
    StateFile(path).write(content)
    with pytest.raises(ValueError, match=message):
        Checkpoint.load(path)


def test_weights_that_diverged_are_refused(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    content = StateFile(path).read()
    content["state"]["parameters"][0] = np.nan
    content["state"]["stop_reason"] = "diverged"
    StateFile(path).write(content)
    with pytest.raises(ValueError, match="weights contain infinity or NaN"):
        Checkpoint.load(path)


def test_files_that_are_no_checkpoint_are_refused(X, y, path, fit, tmp_path):
    fit(make(), X, y, Checkpoint(path))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"cut off or damaged \(.*\)\.$"):
        Checkpoint.load(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(ValueError, match="is not a checkpoint of skdl"):
        Checkpoint.load(path)
    with pytest.raises(FileNotFoundError, match="path=.*cannot be read"):
        Checkpoint.load(tmp_path / "none.npz")
    with pytest.raises(TypeError, match="path must be a str"):
        Checkpoint.load(3)


def test_another_version_is_told(X, y, path, fit, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(VERSIONS, "skdl", "0.0.9")
        fit(make(), X, y, Checkpoint(path))
    with pytest.warns(UserWarning, match=r"with skdl 0\.0\.9 \(now "):
        Checkpoint.load(path)
    assert skdl.__version__ == VERSIONS["skdl"]


@pytest.mark.parametrize("every", [1, 3, 50])
def test_the_best_model_is_written_as_it_appears(every, X, y, path, fit):
    """The file has the best epoch so far, whatever `every` is."""
    best = path.with_name("best.npz")
    scores, found = [], []

    def look(net):
        if net.n_iter_ > 1:
            found.append(Checkpoint.load(best).n_iter_)
        scores.append(net.training_.history["validation_score"][-1])

    net = make(max_iter=12, learning_rate_init=0.1)
    callbacks = Checkpoint(path, every=every, best_path=best), LambdaCallback(look)
    fit(net, X, y, *callbacks, X_val=X[:9] + 0.5, y_val=y[:9])
    expected = [int(np.argmax(scores[:n])) + 1 for n in range(1, len(scores) + 1)]
    assert len(set(expected)) > 1
    assert found == expected[:-1]
    kept = Checkpoint.load(best)
    assert kept.n_iter_ == expected[-1]
    assert kept.score(X[:9] + 0.5, y[:9]) == max(scores)


def test_the_last_epoch_may_be_the_best(X, y, path, fit):
    best = path.with_name("best.npz")
    net = make(max_iter=3, learning_rate_init=1e-3, validation_split=2, scoring="loss")
    net = fit(net, X, y, Checkpoint(path, best_path=best))
    assert np.argmax(net.history_["validation_score"]) == 2
    assert_array_equal(Checkpoint.load(best).coefs_[0], net.coefs_[0])


def test_a_file_of_the_best_needs_a_score(X, y, path, fit):
    best = path.with_name("best.npz")
    with pytest.raises(ValueError, match="best.npz'.* needs a validation score: set"):
        fit(make(), X, y, Checkpoint(path, best_path=best))
    assert not os.listdir(path.parent)


def test_the_file_of_the_best_resumes(X, y, path, fit, crash, assert_same):
    """It is a checkpoint as well, and a crash leaves the best so far."""
    best = path.with_name("best.npz")
    options = {"early_stopping": True, "max_iter": 12}
    expected = fit(make(**options), X, y)
    crash(make(**options), 7, X, y, Checkpoint(path, best_path=best))
    fit(make(**options), X, y, Checkpoint(path, resume=True, best_path=best))
    peak = int(np.argmax(expected.validation_scores_)) + 1
    assert Checkpoint.load(best).n_iter_ == peak
    assert_same(fit(make(**options), X, y, Checkpoint(best, resume=True)), expected)
