"""A fit that dies and is called again ends as if it had not."""

import copy
import os
import pickle
import warnings
from contextlib import closing

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

from skdl import MLPClassifier, MLPRegressor, Standardizer, ValidationSet
from skdl.callbacks import Checkpoint, LambdaCallback
from skdl.callbacks.checkpoint import VERSIONS
from skdl.engine import Cosine, ReduceOnPlateau
from skdl.engine.optimizers import OPTIMIZERS
from tests.callbacks.private_names import FileLock, StateFile

IN_USE = r"in use: another fit .*'\{fingerprint\}'"


def noise(rows, rng):
    return rows + rng.normal(size=rows.shape)


# Options that have a state of their own between epochs.
CASES = {
    **{solver: {"solver": solver} for solver in OPTIMIZERS},
    "no momentum": {"solver": "sgd", "momentum": 0},
    "l1": {"penalty": "l1", "alpha": 0.1},
    "dropout": {"dropout": 0.3},
    "batch norm": {"normalization": "batch", "dropout": [0.1, 0.2]},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3, "tol": 0.05},
    "scoring": {"early_stopping": True, "scoring": "accuracy", "n_iter_no_change": 99},
    "splitter": {
        "validation_split": KFold(3, shuffle=True, random_state=1),
        "early_stopping": True,
        "scoring": "loss",
    },
    "cosine": {"learning_rate": Cosine()},
    "on plateau": {"learning_rate": ReduceOnPlateau(patience=2), "tol": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05}
    | {"n_iter_no_change": 1},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "in order": {"shuffle": False},
    "tol": {"tol": 0.3, "n_iter_no_change": 5},
    "warm": {"warm_start": True},
    "augment": {"augment": noise, "standardize": True},
    "standardize": {"standardize": True, "early_stopping": True, "tol": 0},
    "residual": {"hidden_layer_sizes": (6, 6, 6), "residual": True},
}


def make(Net=MLPClassifier, **options):
    usual = {"hidden_layer_sizes": (6,), "max_iter": 13, "batch_size": 16}
    usual |= {"random_state": 0, "learning_rate_init": 0.02}
    return Net(**{**usual, **options})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.npz"


@pytest.mark.parametrize("name", CASES)
def test_fit_resumes_after_a_crash(name, X, y, path, fit, crash, assert_same):
    expected = fit(make(**CASES[name]), X, y)
    callback = Checkpoint(path, resume=True)
    crash(make(**CASES[name]), 3, X, y, callback)
    crash(make(**CASES[name]), 5, X, y, callback)
    epochs = []
    watch = LambdaCallback(lambda net: epochs.append(net.n_iter_))
    net = fit(make(**CASES[name]), X, y, watch, Checkpoint(path, resume=True))
    assert epochs[0] == 5
    assert_same(net, expected)


@pytest.mark.parametrize("kind", ["float32", "sparse", "weights", "X_val", "held set"])
def test_fit_resumes_with_all_kinds_of_data(kind, X, y, path, fit, crash, assert_same):
    others = {}
    if kind == "float32":
        X = X.astype(np.float32)
    elif kind == "sparse":
        X = csr_array(np.where(X > 0, X, 0))
    elif kind == "weights":
        others = {"sample_weight": np.linspace(0, 2, 60)}
    elif kind == "X_val":
        others = {"X_val": X[:20] + 0.1, "y_val": y[:20]}
    else:
        others = {"X_val": ValidationSet(X + 0.1, y, np.linspace(0, 2, 60))}
    options = {"early_stopping": "X_val" in others, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y, **others)
    crash(make(**options), 4, X, y, Checkpoint(path), **others)
    net = fit(make(**options), X, y, Checkpoint(path, resume=True), **others)
    assert_same(net, expected)


def test_regressor_resumes(X, path, fit, crash, assert_same):
    Y = X[:, :2] ** 2
    expected = fit(make(MLPRegressor), X, Y)
    crash(make(MLPRegressor), 4, X, Y, Checkpoint(path))
    assert_same(fit(make(MLPRegressor), X, Y, Checkpoint(path, resume=True)), expected)


class Spike:
    """A rate that kills training in the fifth epoch, until it has been lowered."""

    def factor(self, progress):
        return 1e4 if progress.epochs == 4 and not progress.restarts else 1.0

    def check(self):
        pass


@pytest.mark.parametrize("n_epochs", [3, 5, 6, 8])
def test_restarts_resume(n_epochs, X, path, fit, crash, assert_same):
    net = make(
        MLPRegressor, solver="sgd", momentum=0, max_restarts=1, learning_rate=Spike()
    )
    y = X[:, 0]
    expected = fit(clone(net), X, y)
    assert not expected.loss_curve_[4] < 1e6
    assert expected.n_iter_ == 13
    # The fifth epoch dies before it knows that it has diverged, the others after that.
    crash(clone(net), n_epochs, X, y, Checkpoint(path))
    state = StateFile(path).read()["state"]
    assert state["progress"]["restarts"] == (n_epochs > 5)
    assert_same(fit(clone(net), X, y, Checkpoint(path, resume=True)), expected)


def test_a_loss_explodes_at_the_same_height_after_a_crash(X, y, path, fit, crash):
    """What is usual is the first loss of the run, not of the call."""
    limits = []
    watch = LambdaCallback(
        lambda net: limits.append(net.training_.progress.reference_loss)
    )
    fit(make(), 1e3 * X, y, watch)
    expected = limits.copy()
    crash(make(), 4, 1e3 * X, y, Checkpoint(path))
    limits.clear()
    fit(make(), 1e3 * X, y, Checkpoint(path, resume=True), watch)
    assert set(limits) == set(expected)
    assert limits[0] > 1.1


@pytest.mark.parametrize("every", [2, 5, 50])
def test_every(every, X, y, path, fit, crash, assert_same):
    expected = fit(make(), X, y)
    crash(make(), 8, X, y, Checkpoint(path, every=every))
    epochs = []
    watch = LambdaCallback(lambda net: epochs.append(net.n_iter_))
    net = fit(make(), X, y, Checkpoint(path, resume=True, every=every), watch)
    # The eighth epoch died before it was over.
    assert epochs[0] == {2: 6, 5: 5, 50: 0}[every] + 1
    assert_same(net, expected)


@pytest.mark.parametrize("name", ["adam", "early stopping", "tol", "warm"])
def test_a_complete_run_returns_at_once(name, X, y, path, fit, assert_same):
    expected = fit(make(**CASES[name]), X, y)
    fit(make(**CASES[name]), X, y, Checkpoint(path))
    watch = LambdaCallback(lambda net: pytest.fail("trained again"))
    net = fit(make(**CASES[name]), X, y, watch, Checkpoint(path, resume=True))
    assert_same(net, expected)


@pytest.mark.parametrize("verbose", [False, True])
def test_a_complete_run_says_so_with_verbose(verbose, X, y, path, fit, capsys):
    fit(make(), X, y, Checkpoint(path))
    fit(make(verbose=verbose), X, y, Checkpoint(path, resume=True))
    printed = capsys.readouterr().out
    assert ("holds a complete run of 13 epochs: fit returns" in printed) == verbose
    fit(make(verbose=verbose, max_iter=14), X, y, Checkpoint(path, resume=True))
    assert "complete" not in capsys.readouterr().out


def test_a_complete_run_warns_again_of_too_few_epochs(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    with pytest.warns(ConvergenceWarning, match="max_iter=13.*still improving"):
        make().set_callbacks(Checkpoint(path, resume=True)).fit(X, y)


def test_a_run_that_a_callback_ended_is_complete(X, y, path, fit, assert_same):
    def enough(net):
        return net.n_iter_ == 4

    expected = fit(make(), X, y, LambdaCallback(enough), Checkpoint(path))
    assert expected.stop_reason_ == "callback"
    assert_same(fit(make(), X, y, Checkpoint(path, resume=True)), expected)


@pytest.mark.parametrize("first", [True, False])
def test_a_crash_after_a_callback_has_stopped(first, X, y, path, fit, monkeypatch):
    """The order of the callbacks does not decide whether the stop is forgotten."""
    stop = LambdaCallback(lambda net: net.n_iter_ >= 4)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "on_fit_end", lambda *args: 1 / 0)
        callbacks = [Checkpoint(path), stop][:: 1 if first else -1]
        with pytest.raises(ZeroDivisionError):
            fit(make(), X, y, *callbacks)
    net = fit(make(), X, y, stop, Checkpoint(path, resume=True))
    assert net.n_iter_ == 4


def test_ctrl_c_is_gone_on_from(X, y, path, fit, assert_same):
    options = {"early_stopping": True, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y)

    def press(net):
        if net.n_iter_ == 6:
            raise KeyboardInterrupt

    net = make(**options).set_callbacks(Checkpoint(path), LambdaCallback(press))
    continues = r"interrupted by user\. Checkpoint\(.*state.npz.*, resume=True\) cont"
    with pytest.warns(UserWarning, match=continues):
        net.fit(X, y)
    assert net.stop_reason_ == "interrupted"
    assert_same(fit(make(**options), X, y, Checkpoint(path, resume=True)), expected)


def test_the_file_of_an_unfinished_run_is_not_replaced_in_silence(
    X, y, path, fit, crash
):
    crash(make(), 5, X, y, Checkpoint(path))
    net = make(alpha=1)
    with pytest.warns(UserWarning, match=r"state.npz.*4 of 13 epochs.*resume=True"):
        fit(net, X, y, Checkpoint(path))
    # Warnings are errors here: the run in the file is complete now.
    fit(net, X, y, Checkpoint(path))
    fit(make(max_iter=8), X, y, Checkpoint(path))


@pytest.mark.parametrize("every", [1, 100])
def test_slices_of_time_add_up(every, X, y, path, fit, assert_same):
    options = {"early_stopping": True, "n_iter_no_change": 99}
    expected = fit(make(**options), X, y)
    callback = Checkpoint(path, resume=True, every=every)
    ends = []
    while ends[-1:] != ["max_iter"] and len(ends) < 20:
        # This deadline is looked at between epochs, the batches' own stays far off.
        late = LambdaCallback(on_fit_begin=lambda net: expire(net.training_))
        net = fit(make(max_time=1000, **options), X, y, callback, late)
        ends.append(net.stop_reason_)
    assert ends == ["max_time"] * 13 + ["max_iter"]
    assert_same(net, expected)


PRESS = []


def may_press(net, X, y):
    """Score, unless the user presses Ctrl-C just then."""
    if PRESS and getattr(net, "n_iter_", None) == PRESS[0]:
        raise KeyboardInterrupt(PRESS.pop())
    return net.score(X, y)


def noisy(rows, rng):
    return may_press_in_a_batch(rows) + rng.normal(size=rows.shape)


def may_press_in_a_batch(rows):
    if len(PRESS) == 2:
        PRESS[1] -= 1
        if not PRESS[1]:
            PRESS.clear()
            raise KeyboardInterrupt
    return rows


@pytest.mark.parametrize("press", [[4], [-1, 6], [-1, 7]])
def test_ctrl_c_in_scores_and_batches_loses_that_epoch(
    press, X, y, path, fit, assert_same
):
    options = {"early_stopping": True, "scoring": may_press, "augment": noisy}
    options["n_iter_no_change"] = 99
    expected = fit(make(**options), X, y)
    PRESS.extend(press)
    net = make(**options).set_callbacks(Checkpoint(path))
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X, y)
    lengths = {len(values) for values in net.history_.values()}
    assert lengths == {net.n_iter_} == {len(net.validation_scores_)}
    assert 0 < net.n_iter_ < 5
    assert_same(fit(make(**options), X, y, Checkpoint(path, resume=True)), expected)


def expire(run):
    run.deadline = 0


def test_time_that_is_over_within_an_epoch_loses_that_epoch(
    X, y, path, fit, crash, assert_same
):
    expected = fit(make(), X, y)
    crash(make(), 5, X, y, Checkpoint(path))
    net = fit(make(max_time=1e-9), X, y, Checkpoint(path, resume=True))
    assert (net.n_iter_, net.stop_reason_) == (5, "max_time")
    assert_same(fit(make(), X, y, Checkpoint(path, resume=True)), expected)


def changed(array):
    array = array.copy()
    array[-1] += 1
    return array


@pytest.mark.parametrize(
    ("options", "data", "message"),
    [
        ({"alpha": 0.5}, {}, "alpha was 0.0001 and is 0.5"),
        ({"hidden_layer_sizes": (7,)}, {}, r"hidden_layer_sizes was \(6,\) and is"),
        ({"random_state": 1}, {}, "random_state was 0 and is 1"),
        ({"learning_rate": Cosine()}, {}, "learning_rate was 'constant' and is Cos"),
        (
            {},
            {"X": lambda X: X[:50], "y": lambda y: y[:50]},
            r"X was float64 .*\(60, 4",
        ),
        ({}, {"X": changed}, "X was float64 of shape .* content .* and is float64"),
        ({}, {"X": lambda X: X.astype("f4")}, "X was float64 .* and is float32"),
        ({}, {"y": lambda y: y[::-1]}, "run: y was [^;]*content [^;]* and is [^;]*$"),
        (
            {},
            {"sample_weight": np.ones(60)},
            "run: sample_weight was not given and is float",
        ),
        (
            {},
            {"X_val": ValidationSet(np.ones((7, 4)), np.zeros(7, int))},
            "validation data was not given and is 7 rows",
        ),
    ],
)
def test_another_run_is_refused(options, data, message, X, y, path, fit, crash):
    crash(make(), 3, X, y, Checkpoint(path))
    before = path.read_bytes()
    data = {"X": X, "y": y} | {
        name: value({"X": X, "y": y}[name]) if callable(value) else value
        for name, value in data.items()
    }
    net = make(**options)
    with pytest.raises(ValueError, match=message) as caught:
        fit(net, callback=Checkpoint(path, resume=True), **data)
    assert "resume=False" in str(caught.value)
    assert path.read_bytes() == before
    assert vars(net).keys() - {"_skl_callbacks"} == (net.get_params(deep=False).keys())
    # And that is the way out.
    with pytest.warns(UserWarning, match="2 of 13 epochs of an unfinished run"):
        fit(net, callback=Checkpoint(path, resume=False), **data)
    assert path.read_bytes() != before


@pytest.mark.parametrize("name", ["adam", "early stopping", "on plateau", "warm"])
def test_a_complete_run_continues_with_more_epochs(
    name, X, y, path, fit, crash, assert_same
):
    options = {**CASES[name], "n_iter_no_change": 99}
    expected = fit(make(**options), X, y)
    fit(make(**options, max_iter=6), X, y, Checkpoint(path))
    crash(make(**options, max_iter=11), 9, X, y, Checkpoint(path, resume=True))
    epochs = []
    watch = LambdaCallback(lambda net: epochs.append(net.n_iter_))
    net = fit(make(**options), X, y, watch, Checkpoint(path, resume=True))
    assert epochs == [9, 10, 11, 12, 13]
    assert_same(net, expected)


def test_a_run_that_converged_is_over_whatever_max_iter(X, y, path, fit, assert_same):
    options = {**CASES["tol"], "learning_rate": Cosine(horizon=9)}
    expected = fit(make(**options), X, y, Checkpoint(path))
    assert expected.stop_reason_ == "converged"
    net = fit(make(**options, max_iter=99), X, y, Checkpoint(path, resume=True))
    assert_same(net, expected)


def test_a_schedule_over_max_iter_follows_the_new_one(X, y, path, fit):
    options = CASES["cosine"]
    fit(make(**options, max_iter=6), X, y, Checkpoint(path))
    whole = fit(make(**options), X, y)
    net = make(**options).set_callbacks(Checkpoint(path, resume=True))
    with pytest.warns(
        UserWarning, match="another max_iter, on which learning_rate=Cos"
    ):
        fit(net, X, y)
    rates, expected = (n.history_["learning_rate"] for n in (net, whole))
    assert_array_equal(rates[6:], expected[6:])
    assert (rates[:6] < expected[:6]).all()


def test_fewer_epochs_than_the_file_has_are_refused(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="holds 13 epochs, and max_iter=6: set max_it"):
        fit(make(max_iter=6), X, y, Checkpoint(path, resume=True))
    assert path.read_bytes() == before


def test_max_iter_counts_in_the_names_of_files(X, y, tmp_path, fit):
    """Two fits of a search may differ in nothing else."""
    for n_epochs in (2, 3):
        fit(make(max_iter=n_epochs), X, y, Checkpoint(tmp_path / "{fingerprint}.npz"))
    assert len(list(tmp_path.iterdir())) == 2


def test_other_validation_data_are_refused(X, y, path, fit, crash):
    crash(make(), 3, X, y, Checkpoint(path), X_val=X[:9], y_val=y[:9])
    for X_val, y_val in [(changed(X[:9]), y[:9]), (X[:9], changed(y[:9]) % 3)]:
        message = r"run: validation data \(9 rows\) has other values than before\."
        with pytest.raises(ValueError, match=message):
            fit(make(), X, y, Checkpoint(path, True), X_val=X_val, y_val=y_val)
    # A split that no seed repeats.
    net = make(validation_split=KFold(3, shuffle=True))
    path = path.with_name("split.npz")
    crash(net, 3, X, y, Checkpoint(path))
    with pytest.raises(ValueError, match=r"run: validation data \(20 rows\) has other"):
        fit(net, X, y, Checkpoint(path, resume=True))


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_runs_that_cannot_be_repeated_are_refused(random_state, X, y, path, fit):
    net = make(random_state=random_state)
    with pytest.raises(ValueError, match=r"random_state, got .* random_state=0"):
        fit(net, X, y, Checkpoint(path))
    assert not path.exists()


def test_lbfgs_is_refused(X, y, path, fit):
    with pytest.raises(ValueError, match="solver='lbfgs', because .* another solver"):
        fit(make(solver="lbfgs"), X, y, Checkpoint(path))


def test_a_numpy_integer_is_an_int(X, y, path, fit):
    fit(make(random_state=np.int64(0)), X, y, Checkpoint(path))
    fit(make(random_state=0), X, y, Checkpoint(path, resume=True))


def test_other_verbosity_and_time_are_no_other_run(X, y, path, fit, crash, assert_same):
    crash(make(), 3, X, y, Checkpoint(path))
    net = make(verbose=True, max_time=1000)
    net = fit(net, X, y, Checkpoint(path, resume=True))
    assert_same(net, fit(make(), X, y))


def test_a_warm_start_is_another_run(X, y, path, fit, crash, assert_same):
    net = fit(make(warm_start=True), X, y, Checkpoint(path, resume=True))
    stored = pickle.dumps(net)
    with pytest.raises(ValueError, match="warm_start"):
        fit(net, X, y, Checkpoint(path, resume=True))
    expected = fit(net.set_callbacks(), X, y)
    second = path.with_name("second.npz")
    crash(pickle.loads(stored), 4, X, y, Checkpoint(second, resume=True))
    net = fit(pickle.loads(stored), X, y, Checkpoint(second, resume=True))
    assert_same(net, expected)
    assert len(net.loss_curve_) == 26


def test_partial_fit_calls_no_callbacks(X, y, path):
    make().set_callbacks(Checkpoint(path)).partial_fit(X, y, classes=[0, 1, 2])
    assert not path.exists()


@pytest.mark.parametrize("resume", [False, True])
def test_places_that_take_no_file_are_refused_before_training(
    resume, X, y, tmp_path, fit
):
    watch = LambdaCallback(lambda net: pytest.fail("trained"))
    other = tmp_path / "data.csv"
    other.write_text("1,2")
    for path, error, message in [
        (tmp_path / "no" / "x.npz", FileNotFoundError, "does not exist. Create it"),
        (tmp_path, IsADirectoryError, "is a folder"),
        (other, ValueError, "not a checkpoint"),
        ("/proc/x.npz", OSError, "takes no files .*: take another path"),
    ]:
        with pytest.raises(error, match=message):
            fit(make(), X, y, Checkpoint(path, resume=resume), watch)
    assert other.read_text() == "1,2"


def test_a_damaged_file_is_refused(X, y, path, fit):
    fit(make(), X, y, Checkpoint(path))
    path.write_bytes(path.read_bytes()[:-100])
    net = make()
    with pytest.raises(ValueError, match="cut off or damaged .* Delete it"):
        fit(net, X, y, Checkpoint(path, resume=True))
    assert not hasattr(net, "coefs_")
    fit(net, X, y, Checkpoint(path))


FORGED = {
    "a method": ("records", "predict", "not a method"),
    "a parameter": ("records", "max_iter", 77),
    "one for all": ("parameters", None, np.zeros(1)),
    "moments": ("optimizer", "first_moment", np.zeros(1)),
    "not there": ("progress", None, {}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_state_is_refused(name, X, y, path, fit, crash):
    crash(make(), 3, X, y, Checkpoint(path))
    content = StateFile(path).read()
    part, key, value = FORGED[name]
    if key is None:
        content["state"][part] = value
    else:
        content["state"][part][key] = value
    StateFile(path).write(content)
    net = make()
    with pytest.raises(ValueError, match="path=.*state.npz. does not fit this"):
        fit(net, X, y, Checkpoint(path, resume=True))
    assert not hasattr(net, "coefs_")


@pytest.mark.parametrize("part", ["state", "fingerprint"])
@pytest.mark.parametrize("value", [None, 3, "a", [], {"alpha": 3}])
def test_a_file_that_lacks_a_part_is_refused(part, value, X, y, path, fit, crash):
    crash(make(), 3, X, y, Checkpoint(path))
    content = StateFile(path).read()
    if value is None:
        del content[part]
    else:
        content[part] = value
    StateFile(path).write(content)
    with pytest.raises(ValueError, match="checkpoint path=.*state.npz"):
        fit(make(), X, y, Checkpoint(path, resume=True))


def test_the_second_fit_on_a_path_is_refused(X, y, path, fit, assert_same):
    """The one under way keeps the path, and the net that came second what it was."""
    refused = []

    def intrude(net):
        if net.n_iter_ == 3:
            for resume in (False, True):
                other = make(alpha=1)
                with pytest.raises(ValueError, match=IN_USE):
                    fit(other, X, y, Checkpoint(path, resume))
                refused.append(other)

    net = fit(make(), X, y, Checkpoint(path), LambdaCallback(intrude))
    for other in refused:
        assert vars(other).keys() - {"_skl_callbacks"} == other.get_params().keys()
    assert len(refused) == 2
    assert_same(net, fit(make(), X, y))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    fit(make(alpha=1), X, y, Checkpoint(path))


@pytest.mark.parametrize("end", ["error", "interrupt", "refused"])
def test_no_end_of_a_fit_keeps_the_path(end, X, y, path, fit, crash):
    fit(make(), X, y, Checkpoint(path))
    if end == "error":
        crash(make(), 3, X, y, Checkpoint(path))
    elif end == "refused":
        with pytest.raises(ValueError, match="another run") as kept:
            fit(make(alpha=1), X, y, Checkpoint(path, resume=True))
        assert kept
    else:
        press = LambdaCallback(on_fit_begin=interrupt)
        with pytest.warns(UserWarning, match="interrupted"):
            make().set_callbacks(Checkpoint(path), press).fit(X, y)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    fit(make(), X, y, Checkpoint(path, resume=end == "error"))


def interrupt(net):
    raise KeyboardInterrupt


def test_a_run_that_loses_its_file_writes_beside_it(X, y, path, fit, assert_same):
    """Something that knows no lock has written there."""
    fit(make(alpha=1), X, y, Checkpoint(path))
    foreign = path.read_bytes()

    def intrude(net):
        if net.n_iter_ == 3:
            path.write_bytes(foreign)

    path.unlink()
    net = make().set_callbacks(Checkpoint(path), LambdaCallback(intrude))
    with pytest.warns(UserWarning, match="Another program has written") as caught:
        fit(net, X, y)
    assert path.read_bytes() == foreign
    (beside,) = set(path.parent.iterdir()) - {path}
    assert beside.match("state-????????.npz")
    assert str(beside) in str(caught[0].message)
    assert_same(net, fit(make(), X, y))
    assert_same(net, fit(make(), X, y, Checkpoint(beside, resume=True)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_within_a_fit_takes_neither_lock_nor_file(X, y, path, fit):
    children = []

    def fork(net):
        if net.n_iter_ == 3:
            children.append(os.fork())

    me = os.getpid()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Another program has written")
            fit(make(), X, y, Checkpoint(path), LambdaCallback(fork))
        made = {file.name for file in path.parent.iterdir()}
    finally:
        if os.getpid() != me:
            os._exit(0 if path.name in made and len(made) > 1 else 1)
    assert os.waitpid(children[0], 0)[1] == 0
    assert len(list(path.parent.iterdir())) == 2
    fit(make(), X, y, Checkpoint(path, resume=True))


def test_the_target_of_a_link_is_written(X, y, path, fit, assert_same):
    target = path.with_name("elsewhere.npz")
    path.symlink_to(target)
    net = fit(make(), X, y, Checkpoint(path))
    assert path.is_symlink()
    assert target.exists()
    assert_same(fit(make(), X, y, Checkpoint(path, resume=True)), net)
    lock = FileLock(f"{target}.lock", target)
    with closing(lock), pytest.raises(ValueError, match=IN_USE):
        fit(make(), X, y, Checkpoint(path))


def test_other_versions_are_told(X, y, path, fit, crash, monkeypatch, assert_same):
    with monkeypatch.context() as patch:
        patch.setitem(VERSIONS, "numpy", "2.0.9")
        crash(make(), 3, X, y, Checkpoint(path))
    net = make().set_callbacks(Checkpoint(path, resume=True))
    with pytest.warns(UserWarning, match=r"with numpy 2\.0\.9 \(now .* may differ"):
        fit(net, X, y)
    assert_same(net, fit(make(), X, y))


def test_a_failed_write_leaves_the_last_one(X, y, path, fit, monkeypatch, assert_same):
    calls = []
    write = np.lib.format.write_array

    def disk_full(*args, **kwargs):
        calls.append(1)
        if len(calls) > 40:
            raise OSError(28, "No space left on device")
        write(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format, "write_array", disk_full)
        message = "path=.*state.npz. cannot be written .No space left"
        with pytest.raises(OSError, match=message):
            fit(make(), X, y, Checkpoint(path))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    net = fit(make(), X, y, Checkpoint(path, resume=True))
    assert_same(net, fit(make(), X, y))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_search_resumes(n_jobs, X, y, tmp_path, fit, assert_same):
    """Each fit has its file; those that are complete do not train again."""
    pipe = make_pipeline(Standardizer(), make())
    path = tmp_path / "{fingerprint}.npz"
    pipe[-1].set_callbacks(Checkpoint(path, resume=True))
    grid = {"mlpclassifier__alpha": [0.01, 10.0]}
    search = GridSearchCV(pipe, grid, cv=2, n_jobs=n_jobs, error_score="raise")
    first = fit(search, X, y)
    assert len(list(tmp_path.iterdir())) == 5
    watch = LambdaCallback(lambda net: 1 / 0)
    pipe[-1].set_callbacks(Checkpoint(path, resume=True), watch)
    second = fit(clone(search), X, y)
    assert len(list(tmp_path.iterdir())) == 5
    assert_array_equal(
        second.cv_results_["mean_test_score"], first.cv_results_["mean_test_score"]
    )
    assert_same(second.best_estimator_[-1], first.best_estimator_[-1])
    # And the same without any file.
    pipe[-1].set_callbacks()
    assert_same(second.best_estimator_[-1], fit(search, X, y).best_estimator_[-1])


def test_nothing_is_left_on_the_net(X, y, path, fit):
    callback = Checkpoint(path)
    plain, net = fit(make(), X, y), fit(make(), X, y, callback)
    assert vars(net).keys() - vars(plain).keys() == {"_skl_callbacks"}
    assert len(callback.notes) == 0
    assert net.get_params() == plain.get_params()
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert repr(twin._skl_callbacks) == repr([callback])
    assert clone(net)._skl_callbacks == [callback]


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(make())])
def test_other_estimators_are_refused(estimator, X, y, path, fit):
    pattern = "Checkpoint reads training_.*on the net.*remove it"
    with pytest.raises(TypeError, match=pattern):
        fit(estimator, X, y, Checkpoint(path))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"path": 3}, TypeError, "path must be a str or path-like, got 3"),
        ({"path": "x", "every": 0}, ValueError, "every must be .* got 0"),
        ({"path": "x", "every": 1.5}, ValueError, "every must be .* got 1.5"),
        ({"path": "x", "every": True}, ValueError, "every must be .* got True"),
        ({"path": ""}, ValueError, "path must name a file or folder, got ''"),
        ({"path": "x", "resume": "no"}, TypeError, "resume must be True or False, got"),
        ({"path": "x", "best_path": 3}, TypeError, "best_path must be a str or path-l"),
        ({"path": "x", "best_path": "./x"}, ValueError, "best_path must be another fi"),
    ],
)
def test_arguments_are_checked(arguments, error, message):
    with pytest.raises(error, match=message):
        Checkpoint(**arguments)
