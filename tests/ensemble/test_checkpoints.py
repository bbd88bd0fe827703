"""One training run: which epochs become members, and what averaging them gives."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import ShuffleSplit

from skdl import MLPClassifier, MLPRegressor
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.engine import Cosine, CosineRestarts
from skdl.engine.averaging import renew_statistics
from skdl.engine.batching import Data
from skdl.ensemble import CheckpointEnsembleClassifier, CheckpointEnsembleRegressor
from skdl.ensemble.checkpoints import Snapshots
from skdl.estimators._internal_api import network_of
from tests.ensemble.common import parameters_of

# Short runs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def trained(net, X, y, **params):
    """Return the parameters of a net after each of its epochs."""
    seen = []
    net = clone(net).set_params(random_state=0, **params)
    net.set_callbacks(
        LambdaCallback(lambda net: seen.append(parameters_of(net).copy()))
    ).fit(X, y)
    return np.array(seen)


def test_cyclic_members_are_those_at_the_ends_of_the_cycles(Checkpoints, make, X, y):
    ensemble = make(Checkpoints, net={"max_iter": 14}).fit(X, y)
    assert ensemble.member_epochs_.tolist() == [4, 8, 12]
    run = trained(
        ensemble.estimator, X, y,
        learning_rate=CosineRestarts(4), n_iter_no_change=np.inf,
    )  # fmt: skip
    assert_array_equal(parameters_of(ensemble), run[[3, 7, 11]])
    rates = ensemble.estimators_[-1].history_["learning_rate"]
    assert_allclose(rates, np.tile(rates[:4], 3))
    assert (np.diff(rates[:4]) < 0).all()
    assert [len(m.history_["loss"]) for m in ensemble.estimators_] == [4, 8, 12]
    assert ensemble.member_scores_ is None


def test_no_warning_as_the_run_is_as_long_as_wanted(Checkpoints, make, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(Checkpoints).fit(X, y)


def test_the_users_own_cycles(Checkpoints, make, X, y):
    rate = CosineRestarts(2, growth=2)  # ends after 2, 6, 14 and 30 epochs
    net = {"max_iter": 20, "learning_rate": rate}
    ensemble = make(Checkpoints, net=net, n_members=2).fit(X, y)
    assert ensemble.member_epochs_.tolist() == [6, 14]


def test_a_plateau_does_not_end_the_cycles(Checkpoints, make, X, y):
    net = {"max_iter": 30, "tol": 10.0, "n_iter_no_change": 2, "early_stopping": True}
    ensemble = make(Checkpoints, net=net).fit(X, y)
    assert ensemble.member_epochs_.tolist() == [10, 20, 30]
    assert ensemble.member_scores_.shape == (3,)


def test_last_members_are_those_of_the_last_epochs(Checkpoints, make, X, y):
    ensemble = make(Checkpoints, snapshots="last").fit(X, y)
    assert ensemble.member_epochs_.tolist() == [7, 8, 9]
    run = trained(ensemble.estimator, X, y)
    assert_array_equal(parameters_of(ensemble), run[-3:])


@pytest.mark.parametrize("how", ["held out", "splitter", "given", "early_stopping"])
def test_best_members_have_the_best_validation_scores(Checkpoints, make, how, X, y):
    net = {"max_iter": 25, "learning_rate_init": 0.1}
    if how == "splitter":
        net["validation_split"] = ShuffleSplit(1, test_size=20, random_state=0)
    if how == "early_stopping":
        net |= {"early_stopping": True, "n_iter_no_change": 4}
    given = {"X_val": X[60:], "y_val": y[60:]} if how == "given" else {}
    ensemble = make(Checkpoints, snapshots="best", net=net)
    ensemble.fit(X[:60], y[:60], **given)
    # The run may have continued after the epoch of the last member.
    last_member = ensemble.estimators_[-1]
    last, scores = last_member.n_iter_, last_member.history_["validation_score"]
    epochs = ensemble.member_epochs_
    assert_array_equal(scores[epochs - 1], ensemble.member_scores_)
    assert scores[epochs - 1].min() >= np.sort(scores)[-3]
    assert last == epochs[-1]
    if how == "given":
        for member, score in zip(ensemble.estimators_, scores[epochs - 1], strict=True):
            assert member.score(X[60:], y[60:]) == pytest.approx(score)


def test_rows_are_held_out_only_where_scores_are_needed(Checkpoints, make, X, y):
    assert make(Checkpoints).fit(X, y).member_scores_ is None
    assert make(Checkpoints, weights="score").fit(X, y).member_scores_.shape == (3,)
    ensemble = make(Checkpoints, snapshots="best").fit(X, y)
    assert ensemble.member_scores_.shape == (3,)
    assert ensemble.estimators_[0].validation_split is None
    assert ensemble.estimators_[0].stop_reason_ == "max_iter"


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("average_weights", [False, True])
def test_records_of_members_end_with_their_epochs(
    Checkpoints, make, early_stopping, average_weights, X, y
):
    net = {"max_iter": 25, "learning_rate_init": 0.5, "early_stopping": early_stopping}
    ensemble = make(
        Checkpoints, snapshots="best", average_weights=average_weights, net=net
    ).fit(X, y)
    for member in ensemble.estimators_:
        assert member.t_ == 72 * member.n_iter_
        if early_stopping:
            assert member.best_validation_score_ == max(member.validation_scores_)
            assert member.best_loss_ is None
        else:
            assert member.best_loss_ == min(member.loss_curve_)
            assert member.best_validation_score_ is None


def test_random_state_of_the_net_counts_unless_there_is_one(Checkpoints, make, X, y):
    ensemble = make(Checkpoints, net={"random_state": 0}, random_state=None)
    other = make(Checkpoints, random_state=0)
    for one in (ensemble, other):
        one.set_params(snapshots="best").fit(X, y)
    assert_array_equal(parameters_of(ensemble), parameters_of(other))


@pytest.mark.parametrize("snapshots", ["cyclic", "best", "last"])
def test_average_of_the_weights(Checkpoints, make, snapshots, X, y):
    ensemble = make(Checkpoints, snapshots=snapshots).fit(X, y)
    average = clone(ensemble).set_params(average_weights=True).fit(X, y)
    (net,) = average.estimators_
    assert_array_equal(average.member_epochs_, ensemble.member_epochs_)
    mean = parameters_of(ensemble).mean(axis=0)
    assert_allclose(parameters_of(net), mean, rtol=1e-12)
    if hasattr(net, "predict_proba"):
        assert_array_equal(average.predict_proba(X), net.predict_proba(X))
        assert_array_equal(average.decision_function(X), net.decision_function(X))
    assert_array_equal(average.predict(X), net.predict(X))


@pytest.mark.parametrize("weighted", [False, True])
def test_statistics_of_an_average_are_its_own(Checkpoints, make, weighted, X, y):
    """They are those of the training rows with their weights, without held-out rows."""
    X = 3 * X + 5
    net = {"normalization": "batch", "dropout": 0.2, "learning_rate_init": 0.1}
    held = np.arange(60, 80)
    net["validation_split"] = [(np.arange(60), held)]
    w = np.random.default_rng(1).uniform(0, 2, 80) if weighted else None
    ensemble = make(Checkpoints, net=net, average_weights=True).fit(X, y, w)
    (member,) = ensemble.estimators_
    Z = X[:60] @ member.coefs_[0] + member.intercepts_[0]
    normal = next(
        layer for layer in network_of(member).layers if hasattr(layer, "gamma")
    )
    shares = None if w is None else w[:60]
    mean = np.average(Z, axis=0, weights=shares)
    assert_allclose(normal.mean[0], mean, rtol=1e-9)
    variance = np.average((Z - mean) ** 2, axis=0, weights=shares)
    assert_allclose(normal.variance[0], variance, rtol=1e-9)


def test_average_without_new_statistics_would_be_worse():
    """What the statistics are for: those of one snapshot do not fit the mean."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 10))
    y = X[:, :5].argmax(axis=1)
    net = MLPClassifier(
        (30, 30), normalization="batch", learning_rate_init=0.05, max_iter=40
    )
    ensemble = CheckpointEnsembleClassifier(
        net, snapshots="last", n_members=20, average_weights=True, random_state=0
    )
    (member,) = ensemble.fit(X, y).estimators_
    network = network_of(member)
    again = network.statistics.copy()
    renew_statistics(network, Data(X, y))
    assert_allclose(network.statistics, again, rtol=1e-9)
    right = log_loss(y, member.predict_proba(X))
    ensemble.set_params(average_weights=False, n_members=1).fit(X, y)
    network.statistics[:] = network_of(ensemble.estimators_[0]).statistics
    assert log_loss(y, member.predict_proba(X)) > 1.3 * right


def test_a_stopped_run_has_fewer_members(Checkpoints, make, X, y):
    stop = LambdaCallback(lambda net: net.n_iter_ == 7)
    ensemble = make(Checkpoints)
    ensemble.estimator.set_callbacks(stop)
    message = "There are 2 members instead of n_members=3: .* after 7 epochs"
    with pytest.warns(ConvergenceWarning, match=message):
        ensemble.fit(X, y)
    assert ensemble.member_epochs_.tolist() == [3, 6]
    assert len(ensemble.estimators_) == 2
    # The estimator keeps its callbacks, without that of the ensemble.
    assert ensemble.estimator._skl_callbacks == [stop]


def interrupt(net):
    if net.n_iter_ == 2:
        raise KeyboardInterrupt


SHORT = {
    "interrupted": {"on_epoch_end": interrupt},
    "callback": {"on_epoch_end": lambda net: net.n_iter_ == 2},
}


@pytest.mark.filterwarnings("ignore:Training interrupted")
@pytest.mark.parametrize("reason", SHORT)
@pytest.mark.parametrize(
    ("params", "net"),
    [
        ({}, {}),
        ({"average_weights": True}, {"normalization": "batch"}),
        ({"weights": "score"}, {}),
    ],
    ids=str,
)
def test_a_run_that_ends_before_its_first_member_keeps_the_net(
    Checkpoints, make, reason, params, net, X, y
):
    ensemble = make(Checkpoints, net=net, **params)
    if params.get("weights") and Checkpoints is CheckpointEnsembleRegressor:
        ensemble.set_params(voting="mean")
    ensemble.estimator.set_callbacks(LambdaCallback(**SHORT[reason]))
    message = f"members instead of n_members=3: .* after 2 epochs .*{reason}"
    with pytest.warns(ConvergenceWarning, match=message):
        ensemble.fit(X, y)
    assert ensemble.member_epochs_.tolist()[-1] == 2
    member = ensemble.estimators_[-1]
    assert member.stop_reason_ == reason
    assert member.n_iter_ == len(member.loss_curve_) == 2
    assert_array_equal(ensemble.predict(X), member.predict(X))


@pytest.mark.filterwarnings("ignore:Training interrupted")
@pytest.mark.parametrize("snapshots", ["cyclic", "best", "last"])
def test_ctrl_c_before_any_epoch(Checkpoints, make, snapshots, X, y):
    def press(*args):
        raise KeyboardInterrupt

    ensemble = make(Checkpoints, snapshots=snapshots, net={"augment": press})
    with pytest.warns(ConvergenceWarning, match="There are 1 members"):
        ensemble.fit(X, y)
    assert ensemble.member_epochs_.tolist() == [0]
    assert len(ensemble.predict(X)) == len(X)


def test_a_score_that_is_never_a_number(X, y, make):
    ensemble = make(
        CheckpointEnsembleClassifier,
        snapshots="best",
        net={"validation_split": 4, "scoring": lambda *args: np.nan},
    )
    with pytest.raises(ValueError, match="no epoch had a validation score that is"):
        ensemble.fit(X, y)


def test_a_run_that_restarts_keeps_good_members_only(X, y):
    net = MLPRegressor(
        hidden_layer_sizes=6,
        solver="sgd",
        learning_rate_init=20.0,
        max_restarts=5,
        max_iter=30,
    )
    ensemble = CheckpointEnsembleRegressor(net, snapshots="last", random_state=0)
    ensemble.fit(X, y)
    assert ensemble.estimators_[0].history_["loss"].max() > 100
    assert ensemble.score(X, y) > -0.5


def test_warm_start_and_training_state_are_not_kept(Checkpoints, make, X, y):
    ensemble = make(Checkpoints, net={"warm_start": True}).fit(X, y)
    assert "optimizer" not in ensemble.estimators_[0]._run_state


REFUSED = {
    "lbfgs": ({"solver": "lbfgs"}, {}, "solver='lbfgs', and CheckpointEnsemble"),
    "schedule": ({"learning_rate": Cosine()}, {}, "snapshots='cyclic' sets the"),
    "name": ({"learning_rate": "adaptive"}, {}, "learning_rate='adaptive'"),
    "setting": ({"learning_rate": CosineRestarts(0)}, {}, "period must be"),
    "epochs": ({"max_iter": 2}, {}, "n_members=3 needs as many cycles .* for 2"),
    "cycles": (
        {"learning_rate": CosineRestarts(2, 2), "max_iter": 13},
        {},
        "max_iter=13 of the estimator is enough for 2",
    ),
    "weights": ({}, {"average_weights": True, "weights": "score"}, "makes one net"),
}


@pytest.mark.parametrize(("net", "params", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_before_any_work(Checkpoints, make, net, params, message, X, y):
    ensemble = make(Checkpoints, net=net, **params)
    calls = []
    ensemble.estimator.set_callbacks(LambdaCallback(calls.append))
    with pytest.raises(ValueError, match=message):
        ensemble.fit(X, y)
    assert not calls


@pytest.mark.parametrize(
    ("Ensemble", "voting"),
    [(CheckpointEnsembleClassifier, "hard"), (CheckpointEnsembleRegressor, "median")],
)
def test_an_average_has_nothing_to_vote_on(Ensemble, voting, make, X, y):
    ensemble = make(Ensemble, voting=voting, average_weights=True)
    with pytest.raises(ValueError, match=f"nothing to vote on: voting='{voting}'"):
        ensemble.fit(X, y)


@pytest.mark.parametrize("snapshots", ["cyclic", "best", "last"])
def test_a_resumed_checkpoint_is_refused(Checkpoints, make, snapshots, tmp_path, X, y):
    ensemble = make(Checkpoints, snapshots=snapshots)
    path = tmp_path / "run.npz"
    ensemble.estimator.set_callbacks(Checkpoint(path, resume=True))
    with pytest.raises(ValueError, match=r"Checkpoint\(resume=True\).* resume=False"):
        ensemble.fit(X, y)
    assert not path.exists()
    ensemble.estimator.set_callbacks(Checkpoint(path))
    assert len(ensemble.fit(X, y).estimators_) == 3
    assert path.exists()


class Run:
    """What a callback sees of a run: its parameters are the number of the epoch."""

    def __init__(self, schedule=None):
        self.net = SimpleNamespace(n_iter_=0)
        self.history = {"validation_score": [], "validation_loss": []}
        self.schedule = schedule
        self.progress = SimpleNamespace(rows=0)
        self.network = SimpleNamespace(snapshot=lambda: (self.net.n_iter_,))

    def epoch(self, callback, score=np.nan, stop_reason=None, loss=1.0):
        self.net.n_iter_ += 1
        self.history["validation_loss"].append(loss)
        self.history["validation_score"].append(score)
        self.stop_reason = stop_reason
        return callback.on_epoch_end(self)


def epochs(snapshots):
    assert all(s.arrays == (s.epoch,) for s in snapshots.kept)
    return [s.epoch for s in snapshots.kept]


@pytest.mark.parametrize("n_kept", range(1, 8))
def test_best_snapshots_have_the_highest_scores_and_the_first_of_equal_ones(n_kept):
    scores = [0.3, 0.5, 0.5, np.nan, 0.4, 0.6, 0.5, 0.3, -np.inf]
    snapshots, run = Snapshots("best", n_kept), Run()
    for score in scores:
        assert not run.epoch(snapshots, score)
    ranked = sorted(
        (i for i, score in enumerate(scores) if score == score),
        key=lambda i: -scores[i],  # stable
    )
    assert epochs(snapshots) == sorted(i + 1 for i in ranked[:n_kept])
    assert [s.score for s in snapshots.kept] == [
        scores[epoch - 1] for epoch in epochs(snapshots)
    ]


@pytest.mark.parametrize("n_kept", range(1, 6))
def test_best_snapshots_of_equal_scores_have_the_lowest_losses(n_kept):
    losses = [0.5, 0.4, 0.2, 0.3, 0.2, 0.9]
    snapshots, run = Snapshots("best", n_kept), Run()
    for loss in losses:
        run.epoch(snapshots, 0.7, loss=loss)
    ranked = np.argsort(losses, kind="stable")[:n_kept]
    assert epochs(snapshots) == sorted(ranked + 1)


def test_last_snapshots_are_of_the_last_epochs():
    snapshots, run = Snapshots("last", 3), Run()
    for _ in range(7):
        run.epoch(snapshots)
    assert epochs(snapshots) == [5, 6, 7]


def test_cyclic_snapshots_are_of_the_last_cycles_and_then_training_stops():
    snapshots, run = Snapshots("cyclic", 2, last_epoch=9), Run(CosineRestarts(3))
    assert [run.epoch(snapshots) for _ in range(9)] == [False] * 8 + [True]
    assert epochs(snapshots) == [6, 9]


def test_no_snapshot_of_an_epoch_that_diverged():
    snapshots, run = Snapshots("last", 3), Run()
    run.epoch(snapshots)
    run.epoch(snapshots, stop_reason="diverged")
    run.epoch(snapshots, stop_reason="max_time")
    assert epochs(snapshots) == [1, 3]


def test_snapshots_are_copies_and_other_callbacks_are_called(X, y):
    snapshots, seen = Snapshots("last", 2), []
    net = MLPClassifier(6, max_iter=5, random_state=0)
    net.set_callbacks(
        LambdaCallback(lambda net: seen.append(net.training_.network.snapshot())),
        snapshots,
    ).fit(X, y)
    assert len(seen) == 5
    for snapshot in snapshots.kept:
        assert_array_equal(snapshot.arrays[0], seen[snapshot.epoch - 1][0])
    assert_array_equal(snapshots.kept[-1].arrays[0], parameters_of(net))
    assert (snapshots.kept[0].arrays[0] != snapshots.kept[1].arrays[0]).any()
    assert snapshots.data.X is X
