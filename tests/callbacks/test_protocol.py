"""Callbacks obey scikit-learn's protocol, and their hooks are called in order."""

import copy
import pickle

import pytest
from sklearn.callback import FitCallback
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, Standardizer
from skdl.callbacks import (
    CSVLogger,
    EpochBar,
    EpochLogger,
    JSONLinesLogger,
    LambdaCallback,
    MLflowLogger,
    Monitor,
    TensorBoardLogger,
    TrainingTable,
)
from skdl.callbacks import __all__ as names
from skdl.callbacks.base import NetCallback


class Recorder(NetCallback):
    def __init__(self):
        self.calls = []

    def on_fit_begin(self, run):
        self.calls.append("begin")
        self.notes[run] = "note"

    def on_epoch_begin(self, run):
        self.calls.append(f"{run.net.n_iter_}")
        assert self.notes[run] == "note"

    def on_epoch_end(self, run):
        self.calls.append(f"to {run.net.n_iter_}")

    def on_fit_end(self, run):
        self.calls.append("end")


def make(**options):
    return MLPClassifier(3, max_iter=2, random_state=0, **options)


CALLS = ["begin", "0", "to 1", "1", "to 2", "end"]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_hooks_of_a_net(solver, X, y, fit):
    recorder = Recorder()
    fit(make(solver=solver), X, y, recorder)
    assert recorder.calls == CALLS
    assert not recorder.notes


def test_hooks_inside_a_pipeline_and_a_search(X, y, fit):
    recorder = Recorder()
    net = make().set_callbacks(recorder)
    fit(make_pipeline(Standardizer(), net), X, y)
    assert recorder.calls == CALLS
    recorder.calls.clear()
    fit(GridSearchCV(net, {"alpha": [0.1, 1]}, cv=2), X, y)
    assert recorder.calls == CALLS * 5


def test_notes_stay_out_of_copies(X, y):
    recorder = Recorder()
    recorder.notes[recorder] = 3
    for twin in (pickle.loads(pickle.dumps(recorder)), copy.deepcopy(recorder)):
        assert vars(twin) == {"calls": []}
        assert not twin.notes


def test_all_obey_the_protocol():
    assert len(names) == 10
    for callback in (
        CSVLogger("x"),
        EpochBar(),
        EpochLogger(),
        JSONLinesLogger("x"),
        LambdaCallback(print),
        MLflowLogger(),
        Monitor(),
        TensorBoardLogger("x"),
        TrainingTable(),
        Recorder(),
    ):
        assert isinstance(callback, FitCallback)
        assert not hasattr(callback, "max_propagation_depth")


@pytest.mark.parametrize("callback", [CSVLogger("x"), EpochLogger(), Recorder()])
@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(make())])
def test_other_estimators_are_refused(callback, estimator, X, y, fit):
    with pytest.raises(TypeError, match=r"training_.*net\.set_callbacks"):
        fit(estimator, X, y, callback)
