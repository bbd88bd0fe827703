"""Functions of the user's, on our nets and on scikit-learn's estimators."""

import pickle

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
