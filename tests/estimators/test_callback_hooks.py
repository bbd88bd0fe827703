"""scikit-learn's callbacks: one task per epoch."""

import pickle
import warnings
from copy import copy, deepcopy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, Standardizer
from skdl.engine import Network
from tests.estimators.common import flat, make, scores

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Recorder:
    """Notes each call; picklable, and with the full signature."""

    def __init__(self, stop_after=None):
        self.calls, self.contexts, self.received = [], [], []
        self.stop_after = stop_after

    def note(self, name, context, received=None):
        self.calls.append((name, context.task_name, context.task_id))
        self.contexts.append(context)
        self.received.append(received)

    def setup(self, estimator, context):
        self.note("setup", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)

    def on_fit_task_begin(
        self,
        estimator,
        context,
        *,
        X=None,
        y=None,
        metadata=None,
        fitted_estimator=None,
    ):
        assert fitted_estimator is None
        self.note("begin", context, (X, y, metadata))

    def on_fit_task_end(
        self,
        estimator,
        context,
        *,
        X=None,
        y=None,
        metadata=None,
        fitted_estimator=None,
    ):
        self.note("end", context, (X, y, metadata, fitted_estimator))
        return (context.task_name, context.task_id) == ("epoch", self.stop_after)

    def fitted(self):
        """Return the estimators that came with the ends of epochs."""
        return [
            received[3]
            for call, received in zip(self.calls, self.received, strict=True)
            if call[:2] == ("end", "epoch")
        ]


def expected_calls(n_epochs):
    epochs = [(name, "epoch", i) for i in range(n_epochs) for name in ("begin", "end")]
    root = [("setup", "fit", 0), ("begin", "fit", 0)]
    return [*root, *epochs, ("end", "fit", 0), ("teardown", "fit", 0)]


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_order_of_the_hooks(Net, solver, X, y):
    recorder = Recorder()
    net = make(Net, solver=solver).set_callbacks(recorder).fit(X, y)
    assert net.n_iter_ == 4
    assert recorder.calls == expected_calls(4)
    root = recorder.contexts[0]
    assert (root.max_subtasks, root.parent, root.sequential_subtasks) == (4, None, True)
    for call, context in zip(recorder.calls, recorder.contexts, strict=True):
        assert context.estimator_name == Net.__name__
        if call[1] == "epoch":
            assert context.parent is root
            assert context.max_subtasks == 0
        else:
            assert context is root


@pytest.mark.parametrize(
    "params",
    [
        {"tol": 1e3, "n_iter_no_change": 1, "max_iter": 50},
        {"early_stopping": True, "tol": 1e3, "n_iter_no_change": 1, "max_iter": 50},
        {"solver": "lbfgs", "alpha": 10.0, "max_iter": 500},
        {"max_time": 1e-9, "max_iter": 50},
    ],
    ids=["loss", "score", "lbfgs", "time"],
)
def test_an_end_before_the_last_epoch(Net, params, X, y):
    """No epoch begins that does not end, even if SciPy says so afterwards."""
    recorder = Recorder()
    net = make(Net, **params).set_callbacks(recorder).fit(X, y)
    assert net.stop_reason_ in ("converged", "max_time")
    assert net.n_iter_ < params["max_iter"]
    assert recorder.calls == expected_calls(net.n_iter_)


def test_what_the_hooks_receive(Net, X, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    target = pd.Series(y)
    if is_classifier(Net()):
        target = pd.Series(np.array(["x", "y", "z"])[y])
    weights = np.linspace(1, 2, 60)
    recorder = Recorder()
    net = make(Net).set_callbacks(recorder).fit(frame, target, weights)
    for call, received in zip(recorder.calls, recorder.received, strict=True):
        if call[0] in ("begin", "end"):
            assert received[0] is frame
            assert received[1] is target
            assert received[2].keys() == {"sample_weight"}
            assert received[2]["sample_weight"] is weights
    assert_array_equal(recorder.fitted()[-1].predict(frame), net.predict(frame))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_fitted_estimator_is_that_of_its_epoch(Net, solver, X, y, X_val, y_val):
    """And stays it, whatever training does afterwards."""
    recorder = Recorder()
    params = {"solver": solver, "scoring": "loss", "early_stopping": True}
    net = make(Net, **params).set_callbacks(recorder)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    for k, fitted in enumerate(recorder.fitted(), start=1):
        shorter = make(Net, solver=solver, max_iter=k).fit(X, y)
        assert_array_equal(flat(fitted), flat(shorter))
        assert_array_equal(scores(fitted, X), scores(shorter, X))
        assert fitted.score(X, y) == shorter.score(X, y)
        assert fitted.loss_curve_ == net.loss_curve_[:k]
        assert fitted.validation_scores_ == net.validation_scores_[:k]
        assert_array_equal(fitted.history_["loss"], net.history_["loss"][:k])
        assert fitted.n_iter_ == k
        assert not hasattr(fitted, "training_")
        assert not {"_callback_fit_ctx", "_skl_callbacks_to_teardown"} & set(
            vars(fitted)
        )
        assert pickle.loads(pickle.dumps(fitted)).predict(X).shape == (60,)
    _, _, _, last = recorder.received[-2]
    assert_array_equal(flat(last), flat(net))  # after the best was restored
    assert last.stop_reason_ == net.stop_reason_


def test_after_a_warm_start(Net, X, y):
    recorder = Recorder()
    net = make(Net, warm_start=True, max_iter=2).fit(X, y).set_callbacks(recorder)
    net.fit(X, y)
    assert recorder.calls == expected_calls(2)
    fitted = recorder.fitted()[0]
    assert len(fitted.history_["loss"]) == len(fitted.loss_curve_) == 3
    before = flat(fitted).copy()
    net.fit(X, y)
    assert_array_equal(flat(fitted), before)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_true_stops_training(Net, solver, X, y):
    recorder = Recorder(stop_after=1)
    net = make(Net, solver=solver, max_iter=50).set_callbacks(recorder).fit(X, y)
    assert (net.n_iter_, net.stop_reason_) == (2, "callback")
    assert recorder.calls == expected_calls(2)
    shorter = make(Net, solver=solver, max_iter=2).fit(X, y)
    assert_array_equal(flat(net), flat(shorter))


def test_stopped_training_has_its_best_weights(Net, X, y, X_val, y_val):
    net = make(Net, early_stopping=True, learning_rate_init=0.3, solver="sgd")
    net.set_params(max_iter=50).set_callbacks(Recorder(stop_after=9))
    if Net is MLPRegressor:
        net.set_params(learning_rate_init=0.05)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert (net.n_iter_, net.stop_reason_) == (10, "callback")
    assert net.score(X_val, y_val) == net.best_validation_score_


class Failing(Recorder):
    """Raises in one of its hooks."""

    def __init__(self, hook, task_name, error=RuntimeError):
        super().__init__()
        self.where, self.error = (hook, task_name), error

    def note(self, name, context, received=None):
        super().note(name, context, received)
        if (name, context.task_name) == self.where:
            raise self.error("by the callback")


FAILURES = [
    ("setup", "fit"),
    ("begin", "fit"),
    ("begin", "epoch"),
    ("end", "epoch"),
    ("end", "fit"),
]


@pytest.mark.parametrize(("hook", "task"), FAILURES)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("fitted", [False, True])
def test_errors_of_a_hook_undo_the_fit(Net, hook, task, solver, fitted, X, y):
    callbacks = Recorder(), Failing(hook, task)
    net = make(Net, solver=solver)
    if fitted:
        net.fit(X, y)
    net.set_callbacks(*callbacks)
    before = dict(vars(net))
    content = net._network.parameters.tobytes() if fitted else None
    with pytest.raises(RuntimeError, match="by the callback"):
        net.fit(X, y)
    assert list(vars(net)) == list(before)
    for name, value in before.items():
        assert getattr(net, name) is value, name
    if fitted:
        assert net._network.parameters.tobytes() == content
    assert not hasattr(net, "training_")
    for callback in callbacks:
        assert callback.calls[-1] == ("teardown", "fit", 0)


def test_error_of_a_teardown_is_told(Net, X, y):
    net = make(Net).set_callbacks(Failing("teardown", "fit"))
    with pytest.raises(RuntimeError, match="by the callback"):
        net.fit(X, y)
    assert not hasattr(net, "training_")


@pytest.mark.parametrize(("hook", "task"), FAILURES[1:])
def test_ctrl_c_in_a_hook_ends_training(hook, task, X, y):
    failing = Failing(hook, task, KeyboardInterrupt)
    net = make(MLPClassifier, max_iter=50).set_callbacks(failing)
    if (hook, task) == ("end", "fit"):  # all is done by then, and undone
        with pytest.raises(KeyboardInterrupt):
            net.fit(X, y)
        assert not hasattr(net, "coefs_")
    else:
        with pytest.warns(UserWarning, match="interrupted"):
            net.fit(X, y)
        assert net.stop_reason_ == "interrupted"
        assert net.predict(X).shape == (60,)
    assert failing.calls[-1][0] == "teardown"


def test_failed_fit_tears_down(Net, X, y):
    recorder = Recorder()
    net = make(Net, solver="sgd", learning_rate_init=1e200).set_callbacks(recorder)
    net.set_params(activation="identity", max_iter=50)
    with pytest.raises(ValueError, match="non-finite"):
        net.fit(X, y)
    assert recorder.calls[-1][0] == "teardown"
    assert ("end", "fit", 0) not in recorder.calls
    assert set(vars(net)) == {*net.get_params(), "_skl_callbacks"}


def test_diverged_epoch_has_no_estimator(Net, X, y):
    """ScoringMonitor would fail on its NaNs, and end a fit that can be restarted."""
    recorder, monitor = Recorder(), ScoringMonitor(scoring="neg_mean_squared_error")
    params = {"solver": "sgd", "learning_rate_init": 1e5, "activation": "identity"}
    net = make(Net, **params, max_iter=40, max_restarts=12, batch_size=20)
    net.set_params(n_iter_no_change=np.inf).set_callbacks(recorder, monitor).fit(X, y)
    assert recorder.calls == expected_calls(40)
    diverged = ~np.isfinite(net.history_["gradient_norm"])
    assert diverged.any()
    assert [fitted is None for fitted in recorder.fitted()] == diverged.tolist()
    n_scored = len(monitor.get_logs().data)
    assert n_scored == 40 - diverged.sum() + 1


def test_a_callback_may_stop_where_training_diverged(X, y):
    """It is not restarted, and has the last good weights nevertheless."""
    stop = Recorder()
    stop.note = lambda *args: None
    stop.on_fit_task_end = lambda estimator, context: (
        not np.isfinite(estimator.history_.get("gradient_norm", [0])[-1:]).all()
        or ("_run" in vars(estimator) and estimator.training_.stop_reason == "diverged")
    )
    net = make(MLPRegressor, solver="sgd", learning_rate_init=1e9, max_restarts=5)
    net.set_params(max_iter=40, activation="identity").set_callbacks(stop).fit(X, y)
    assert net.stop_reason_ == "callback"
    assert net.n_iter_ < 5
    assert np.isfinite(net.predict(X)).all()


class TellTale:
    """The least that the protocol asks for, and what training_ says in each epoch."""

    def __init__(self):
        self.told = []

    def setup(self, estimator, context):
        assert not hasattr(estimator, "training_") or estimator.training_

    def teardown(self, estimator, context):
        assert not hasattr(estimator, "training_")

    def on_fit_task_begin(self, estimator, context):
        assert estimator.training_.network is estimator._network

    def on_fit_task_end(self, estimator, context):
        run = estimator.training_
        assert run.network is estimator._network
        assert isinstance(run.network, Network)
        told = run.progress.epochs, run.learning_rate, len(run.history["loss"])
        self.told.append(told)
        for other in (copy(estimator), deepcopy(estimator), clone(estimator)):
            assert not hasattr(other, "training_")
        assert not hasattr(pickle.loads(pickle.dumps(estimator)), "training_")


def test_training_is_alive_during_fit(Net, X, y):
    tale = TellTale()
    make(Net, learning_rate_init=0.25).set_callbacks(tale).fit(X, y)
    assert tale.told == [(k, 0.25, k) for k in (1, 2, 3, 4, 4)]


def test_training_without_callbacks_has_no_tasks(Net, X, y, monkeypatch):
    """Nothing per epoch: no context, no call."""
    from sklearn.callback import CallbackContext

    monkeypatch.setattr(CallbackContext, "subcontext", None)
    assert make(Net).fit(X, y).n_iter_ == 4
    net = make(Net).set_callbacks(Recorder()).set_callbacks()
    assert net.fit(X, y).n_iter_ == 4


def test_callbacks_change_no_bit(Net, X, y):
    for params in ({}, {"early_stopping": True}, {"solver": "lbfgs"}, {"dropout": 0.2}):
        net = make(Net, **params).set_callbacks(Recorder()).fit(X, y)
        assert_array_equal(flat(net), flat(make(Net, **params).fit(X, y)))


def test_partial_fit_calls_no_hook(Net, X, y):
    recorder = Recorder()
    net = make(Net).set_callbacks(recorder)
    net.partial_fit(X, y, **({"classes": [0, 1, 2]} if is_classifier(net) else {}))
    assert recorder.calls == []


def test_clone_and_pickle_keep_them(Net, X, y):
    recorder = Recorder()
    net = make(Net).set_callbacks(recorder).fit(X, y)
    clone(net).fit(X, y)  # scikit-learn's clones share their callbacks
    assert recorder.calls == expected_calls(4) * 2
    recorder.contexts.clear()
    recorder.received.clear()
    twin = pickle.loads(pickle.dumps(net)).fit(X, y)
    assert twin._skl_callbacks[0].calls == expected_calls(4) * 3
    assert recorder.calls == expected_calls(4) * 2


# scikit-learn's own.


def test_scoring_monitor(Net, X, y):
    name, weights = "neg_mean_squared_error", np.linspace(1, 2, 60)
    monitor = ScoringMonitor(scoring=name)
    make(Net).set_callbacks(monitor).fit(X, y, weights)
    data = monitor.get_logs().data
    epochs = [row for row in data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in epochs] == [0, 1, 2, 3]
    for k, row in enumerate(epochs, start=1):
        net = make(Net, max_iter=k).fit(X, y, weights)
        errors = (net.predict(X) - y) ** 2
        assert row[name] == pytest.approx(-np.average(errors, weights=weights))


def test_progress_bar(Net, X, y, capsys):
    pytest.importorskip("rich")
    make(Net).set_callbacks(ProgressBar()).fit(X, y)
    assert f"{Net.__name__} - fit" in capsys.readouterr().out


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_monitor_on_the_net_in_a_pipeline(Net, solver, X, y):
    monitor = ScoringMonitor(scoring="neg_mean_squared_error")
    net = make(Net, solver=solver).set_callbacks(monitor)
    pipe = make_pipeline(Standardizer(), net).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == pipe[-1].n_iter_ == 4
    scaled = Standardizer().fit(X).transform(X)
    expected = -np.mean((pipe[-1].predict(scaled) - y) ** 2)
    assert rows[-1]["neg_mean_squared_error"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_monitor_in_a_search(n_jobs, X, y):
    monitor = ScoringMonitor(scoring="accuracy")
    net = make(SoftmaxClassifier).set_callbacks(monitor)
    search = GridSearchCV(net, {"alpha": [0.1, 1]}, cv=3, n_jobs=n_jobs).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == (2 * 3 + 1) * 4
    assert len({row["parent_task_id_path"] for row in rows}) == 7
    assert hasattr(search, "best_estimator_")


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_progress_bar_of_a_search(Net, n_jobs, in_pipeline, X, y, capsys):
    """It is propagated to the nets, whose task is the leaf of the search's tree."""
    pytest.importorskip("rich")
    net, name = make(Net), "alpha"
    if in_pipeline:
        net, name = make_pipeline(Standardizer(), net), f"{Net.__name__.lower()}__alpha"
    search = GridSearchCV(net, {name: [0.1, 1]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar()).fit(X, y)
    assert "GridSearchCV - fit" in capsys.readouterr().out
    step = search.best_estimator_[-1] if in_pipeline else search.best_estimator_
    assert step.n_iter_ == 4
    assert not hasattr(step, "_skl_callbacks")


def test_warnings_still_name_the_users_line(X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make(MLPClassifier).set_callbacks(Recorder()).fit(X, y)
    assert [warning.category for warning in caught] == [ConvergenceWarning]
    assert caught[0].filename == __file__
