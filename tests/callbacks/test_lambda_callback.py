"""Functions of the user's, on our nets and on scikit-learn's estimators."""

import copy
import pickle
import subprocess
import sys
import threading

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback


def make(**options):
    return MLPClassifier(3, max_iter=6, random_state=0, **options)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_functions_are_called(solver, X, y, fit):
    calls = []
    callback = LambdaCallback(
        on_epoch_end=lambda net: calls.append(len(net.training_.history["loss"])),
        on_fit_begin=lambda net: calls.append("begin"),
        on_fit_end=lambda net: calls.append("end"),
    )
    net = fit(make(solver=solver), X, y, callback)
    assert calls == ["begin", 1, 2, 3, 4, 5, 6, "end"]
    assert net.stop_reason_ == "max_iter"


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("answer", [True, 1, "yes"])
def test_true_stops(solver, answer, X, y, fit):
    stop = LambdaCallback(lambda net: answer if net.n_iter_ == 3 else None)
    net = fit(make(solver=solver), X, y, stop, LambdaCallback(lambda net: 0))
    assert (net.n_iter_, net.stop_reason_) == (3, "callback")


@pytest.mark.parametrize("answer", [True, "yes"])
def test_what_the_others_return_is_not_used(answer, X, y, fit):
    other = LambdaCallback(on_fit_begin=lambda net: answer)
    ends = LambdaCallback(on_fit_end=lambda net: answer)
    assert fit(make(), X, y, other, ends).n_iter_ == 6


def test_on_scikit_learns_estimator(X, y, fit):
    calls = []
    callback = LambdaCallback(
        lambda model: calls.append("iteration"),
        on_fit_begin=lambda model: calls.append("begin"),
        on_fit_end=lambda model: calls.append("end"),
    )
    model = fit(LogisticRegression(), X, y, callback)
    assert calls == ["begin", *["iteration"] * (len(calls) - 2), "end"]
    assert model.n_iter_[0] <= len(calls) - 2


def test_pickles_with_functions_that_do():
    callback = pickle.loads(pickle.dumps(LambdaCallback(on_fit_end=print)))
    assert callback.on_fit_end is print


@pytest.mark.parametrize("saver", [pickle, joblib], ids=["pickle", "joblib"])
def test_a_net_with_a_lambda_is_saved_and_trains_on(saver, X, y, fit, tmp_path):
    last = 3
    net = make(warm_start=True)
    fit(net, X, y, LambdaCallback(lambda net: net.n_iter_ == last))
    for _ in range(2):  # one that was loaded can be saved, too
        with open(tmp_path / "net", "wb") as file:
            saver.dump(net, file)
        with open(tmp_path / "net", "rb") as file:
            net = saver.load(file)
    assert len(net.predict(X)) == len(X)
    assert (fit(net, X, y).n_iter_, net.stop_reason_) == (3, "callback")


@pytest.mark.slow
def test_a_net_of_a_script_is_loaded_where_its_functions_are_not(tmp_path):
    """What is called "__main__" there is another module here."""
    path = tmp_path / "net.pkl"
    script = f"""
import pickle, warnings
from skdl import MLPClassifier
from skdl.callbacks import LambdaCallback
warnings.simplefilter("ignore")
def stop(net):
    return net.n_iter_ == limit
limit = 2
net = MLPClassifier(3, max_iter=4).set_callbacks(LambdaCallback(stop))
net.fit([[0.0], [1.0]] * 9, [0, 1] * 9)
pickle.dump(net, open({str(path)!r}, "wb"))
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    net = pickle.loads(path.read_bytes())
    assert net.predict([[0.0]]).shape == (1,)
    net.fit([[0.0], [1.0]] * 9, [0, 1] * 9)
    assert net.n_iter_ == 2


def test_copies_keep_the_functions_themselves():
    calls = []
    callback = LambdaCallback(lambda net: calls.append(net))
    for twin in (copy.copy(callback), copy.deepcopy(callback)):
        assert twin.on_epoch_end is callback.on_epoch_end


def test_what_cannot_be_saved_says_what_to_do():
    lock = threading.Lock()
    callback = LambdaCallback(on_fit_end=lambda net: lock.acquire())
    said = r"on_fit_end of LambdaCallback cannot be saved: .* Call set_callbacks\(\)"
    with pytest.raises(TypeError, match=said):
        pickle.dumps(make().set_callbacks(callback))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs one of on_epoch_end, on_fit_begin, on_fit_end"),
        ({"on_fit_end": 3}, "on_fit_end must be callable, got 3"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        LambdaCallback(**arguments)
