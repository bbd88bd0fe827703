"""Monitor records the right numbers of the right steps, and changes no training."""

import pickle
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    Standardizer,
    SVMClassifier,
)
from skdl.callbacks import Checkpoint, LambdaCallback, Monitor
from skdl.callbacks.monitor import HISTOGRAMS, NUMBERS, StepRecords, histogram
from skdl.estimators._internal_api import network_of


def make(**options):
    given = {"max_iter": 6, "batch_size": 20, "random_state": 0} | options
    given = {"standardize": False} | given
    return SoftmaxClassifier((5,), **given)


def assert_equal(records, expected):
    assert records.keys() == expected.keys()
    for name, values in expected.items():
        assert_array_equal(records[name], values, name)


def test_numbers_of_a_step(X, y, fit):
    """Whole batches, so that a step is an epoch: its parts, written out in NumPy."""
    net = SoftmaxClassifier(
        (5,), activation="tanh", batch_size=60, alpha=0.3, max_iter=4, random_state=0,
        shuffle=False, max_grad_norm=0.1, standardize=False,
    )  # fmt: skip
    states = []

    def look(net):
        parts = [*net.training_.network.affine]
        states.append([(one.weights.copy(), one.biases.copy()) for one in parts])

    watch = LambdaCallback(on_fit_begin=look, on_epoch_end=look)
    monitor = Monitor(every=1, n_rows=60, n_bins=7)
    net = fit(net, X, y, monitor, watch)
    records = monitor.records_
    assert records["layer"].tolist() == ["hidden 1", "output"]
    assert records["step"].tolist() == [1, 2, 3, 4]
    assert_array_equal(records["learning_rate"], net.history_["learning_rate"])
    for i in range(4):
        (W, b), (V, c) = states[i]
        A = np.tanh(X @ W + b)
        scores = A @ V + c
        P = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        dS = (P - np.eye(3)[y]) / 60
        gradients = X.T @ ((dS @ V.T) * (1 - A**2)) + 0.3 / 60 * W
        gradients = [gradients, A.T @ dS + 0.3 / 60 * V]
        new = [weights for weights, _ in states[i + 1]]
        A = np.tanh(X @ new[0] + states[i + 1][0][1])
        outputs = [A, A @ new[1] + states[i + 1][1][1]]
        for j, (old, now, slopes) in enumerate(
            zip((W, V), new, gradients, strict=True)
        ):
            norm = np.linalg.norm
            expected = {
                "weight_norm": norm(now),
                "gradient_norm": norm(slopes),
                "update_ratio": norm(now - old) / norm(old),
                "gradient_mean": np.abs(slopes).mean(),
                "gradient_max": np.abs(slopes).max(),
            }
            for name, value in expected.items():
                assert_allclose(records[name][i, j], value, rtol=1e-10, err_msg=name)
            for name, values in (
                ("weight", now),
                ("gradient", slopes),
                ("activation", outputs[j]),
            ):
                counts, edges = np.histogram(values, 7)
                assert_array_equal(records[f"{name}_counts"][i, j], counts)
                assert_allclose(
                    records[f"{name}_edges"][i, j], edges, rtol=1e-9, atol=1e-12
                )


def test_every_nth_step_is_recorded(X, y, fit):
    monitor = Monitor(every=4)
    fit(make(), X, y, monitor)  # 18 steps
    assert monitor.records_["step"].tolist() == [1, 5, 9, 13, 17]


def test_memory_is_bounded_and_records_stay_evenly_spaced(X, y, fit):
    monitor = Monitor(every=2, max_records=8)
    sizes = []
    look = LambdaCallback(lambda net: sizes.append(len(monitor.records_["step"])))
    fit(make(max_iter=200, n_iter_no_change=999), X, y, monitor, look)
    assert max(sizes) < 8
    assert min(sizes[3:]) >= 4
    steps = monitor.records_["step"]
    assert steps[0] == 1
    assert set(np.diff(steps)) == {128}
    assert steps[-1] + 128 > 600


def test_auto_spaces_records_by_the_logarithm_of_the_step(X, y, fit):
    monitor = Monitor()
    fit(make(max_iter=200, n_iter_no_change=999), X, y, monitor)
    steps = monitor.records_["step"]
    assert steps[:15].tolist() == [*range(1, 9), 10, 12, 14, 16, 19, 22, 25]
    np.testing.assert_array_equal(np.diff(steps), 1 + steps[:-1] // 8)
    assert 600 - steps[-1] <= 600 // 8


def test_auto_is_the_same_in_one_fit_and_in_many_short_calls(X, y, fit):
    monitor = Monitor()
    fit(make(max_iter=50, n_iter_no_change=99), X, y, monitor)
    net = make().set_callbacks(Monitor())
    for _ in range(50):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert_equal(Monitor.records_of(net), monitor.records_)


def test_dropping_records_doubles_the_distance_of_auto(X, y, fit):
    monitor = Monitor(max_records=30)
    fit(make(max_iter=200, n_iter_no_change=999), X, y, monitor)
    steps = monitor.records_["step"]
    assert 15 <= len(steps) < 30
    np.testing.assert_allclose(np.diff(steps[8:]) / steps[8:-1], 0.28, atol=0.03)


def test_flat_outputs_and_dead_units(X, y, fit):
    """Of five rectifiers, two get a bias that no row outweighs."""

    def kill(net):
        net.training_.network.affine[0].biases[0, :2] = -1e3

    monitor = Monitor(every=1, n_rows=60)
    net = make(activation="relu", learning_rate_init=1e-9)
    net = fit(net, X, y, LambdaCallback(on_fit_begin=kill), monitor)
    records = monitor.records_
    Z = X @ net.coefs_[0] + net.intercepts_[0]
    assert_allclose(records["saturated"][:, 0], (Z <= 0).mean())
    assert_array_equal(records["dead"][:, 0], 0.4)
    assert np.isnan(records["saturated"][:, 1]).all()
    assert np.isnan(records["dead"][:, 1]).all()


NETS = {
    "classifier": MLPClassifier((5, 4)),
    "regressor": MLPRegressor(hidden_layer_sizes=(5,), activation="tanh"),
    "svm": SVMClassifier(()),
    "logistic": LogisticClassifier((4,), activation="logistic"),
    "lbfgs": MLPClassifier((3,), solver="lbfgs"),
    "all": SoftmaxClassifier(
        (6, 6, 6), activation=["maxout", "elu", "gelu"], normalization="batch",
        dropout=0.2, residual=True, penalty="l1", alpha=0.1, early_stopping=True,
    ),
    "after": SoftmaxClassifier(
        (6, 5), normalization="batch", normalization_position="after", solver="sgd",
        learning_rate="adaptive", max_grad_norm=1.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("name", NETS)
def test_every_net_is_the_same_bits_with_it(name, dtype, X, y, fit):
    net = clone(NETS[name]).set_params(max_iter=5, random_state=0)
    if dtype == "uint8":
        X = np.abs(X) * 100
    X = X.astype(dtype)
    expected = fit(clone(net), X, y)
    net = fit(net, X, y, Monitor(every=1))
    for ours, theirs in zip(
        network_of(net).snapshot(), network_of(expected).snapshot(), strict=True
    ):
        assert_array_equal(ours, theirs)
    records = Monitor.records_of(net)
    n, n_layers = len(records["step"]), len(net.coefs_)
    assert n == (net.n_iter_ if net.solver == "lbfgs" else 5)
    for key, values in records.items():
        shape = {"layer": (n_layers,), "step": (n,), "learning_rate": (n,)}
        shape |= {f"{kind}_counts": (n, n_layers, 40) for kind in KINDS}
        shape |= {f"{kind}_edges": (n, n_layers, 41) for kind in KINDS}
        assert values.shape == shape.get(key, (n, n_layers)), key
    # Weights are those after the step: the last ones, unless better ones came back.
    if not net.early_stopping:
        norms = [np.linalg.norm(W) for W in net.coefs_]
        assert_allclose(records["weight_norm"][-1], norms, rtol=1e-5)
    assert np.isfinite(records["update_ratio"]).all()
    assert (records["update_ratio"] > 0).all()


KINDS = ("weight", "gradient", "activation")


def test_thresholds_are_part_of_the_update(X, y, fit):
    """Steps of an L1 penalty so strong that all weights become zero at once."""
    monitor = Monitor(every=1)
    fit(make(penalty="l1", alpha=1e9, solver="sgd"), X, y, monitor)
    assert_array_equal(monitor.records_["update_ratio"][0], 1)
    assert_array_equal(monitor.records_["weight_norm"], 0)


def test_sparse_rows(X, y, fit):
    from scipy.sparse import csr_array

    records = []
    for data in (X, csr_array(X)):
        monitor = Monitor(every=1)
        fit(make(), data, y, monitor)
        records.append(monitor.records_)
    for name in records[0].keys() - {"layer"}:
        if not name.endswith("_counts"):
            assert_allclose(*(one[name] for one in records), rtol=1e-8, atol=1e-12)


def test_it_is_not_asked_for_when_absent(X, y, fit):
    """No observer without a Monitor: test_step_calls.py counts what a step takes."""
    seen = []
    fit(make(), X, y, LambdaCallback(lambda net: seen.append(net.training_.observer)))
    assert seen == [None] * 6


def test_partial_fit_and_warm_start_continue_the_records(X, y, fit):
    whole = Monitor.records_of(fit(make(), X, y, Monitor(every=4)))
    net = make().set_callbacks(Monitor(every=4))
    for _ in range(6):
        net.partial_fit(X, y, classes=[0, 1, 2])
    assert_equal(Monitor.records_of(net), whole)
    net = make(max_iter=3, warm_start=True)
    for _ in range(2):
        fit(net, X, y, Monitor(every=4))
    assert Monitor.records_of(net)["step"].tolist() == whole["step"].tolist()
    fit(net.set_params(warm_start=False), X, y, Monitor(every=4))
    assert Monitor.records_of(net)["step"].tolist() == [1, 5, 9]


def test_lbfgs_continues_the_step_numbers(X, y, fit):
    net = make(solver="lbfgs", warm_start=True, batch_size="auto", max_iter=4)
    for _ in range(2):
        fit(net, X, y, Monitor(every=1))
    records = Monitor.records_of(net)
    assert records["step"].tolist() == list(range(1, 9))
    assert np.isnan(records["learning_rate"]).all()


def test_a_failed_fit_changes_no_records_of_the_net(X, y, fit):
    net = fit(make(warm_start=True), X, y, Monitor(every=1))
    expected = Monitor.records_of(net)
    monitor = Monitor(every=1)
    with pytest.raises(ValueError, match="non-finite"):
        fit(net.set_params(learning_rate_init=1e300), X, y, monitor)
    assert_equal(Monitor.records_of(net), expected)
    # What led there is to be seen.
    assert len(monitor.records_["step"]) > len(expected["step"])
    assert not np.isfinite(monitor.records_["weight_norm"]).all()


def test_restarts_are_recorded(X, y, fit):
    net = make(learning_rate_init=1e300, max_restarts=400, max_iter=400)
    records = Monitor.records_of(fit(net, X, y, Monitor(every=1, max_records=9999)))
    rates = records["learning_rate"]
    assert rates[0] == 1e300
    assert rates[-1] < 1e10
    assert np.isfinite(records["weight_norm"][-1]).all()


def test_a_later_fit_without_it_has_none(X, y, fit):
    net = fit(make(), X, y, Monitor())
    fit(net.set_callbacks(), X, y)
    with pytest.raises(ValueError, match=r"set_callbacks\(Monitor\(\)\) before fit"):
        Monitor.records_of(net)


def test_each_net_of_a_search_has_its_own(X, y, fit):
    monitor = Monitor(every=1)
    net = make().set_callbacks(monitor)
    search = GridSearchCV(net, {"alpha": [0, 1e9]}, cv=2, n_jobs=2)
    best = fit(search, X, y).best_estimator_
    assert best._skl_callbacks == [monitor]
    expected = Monitor.records_of(fit(clone(best), X, y, Monitor(every=1)))
    assert_equal(Monitor.records_of(best), expected)
    assert_equal(monitor.records_, expected)
    other = fit(clone(best).set_params(alpha=7), X, y)
    assert_equal(monitor.records_, Monitor.records_of(other))
    assert_equal(Monitor.records_of(best), expected)


def test_in_a_pipeline(X, y, fit):
    monitor = Monitor(every=1)
    pipe = fit(make_pipeline(Standardizer(), make().set_callbacks(monitor)), X, y)
    assert_equal(Monitor.records_of(pipe[-1]), monitor.records_)


def test_several_have_intervals_of_their_own(X, y, fit):
    monitors = [Monitor(every=1), Monitor(every=5)]
    fit(make(), X, y, *monitors)
    assert len(monitors[0].records_["step"]) == 18
    assert monitors[1].records_["step"].tolist() == [1, 6, 11, 16]


def test_records_begin_where_a_checkpoint_resumes(X, y, fit, crash, tmp_path):
    path = tmp_path / "state.npz"
    crash(make(), 4, X, y, Checkpoint(path), Monitor(every=1))
    net = fit(make(), X, y, Monitor(every=1), Checkpoint(path, resume=True))
    # The last epoch that was written, of three steps each.
    assert Monitor.records_of(net)["step"].tolist() == list(range(10, 19))


def test_pickles_have_the_records_and_nothing_else(X, y, fit):
    net = fit(make(), X, y, Monitor(every=1))
    twin = pickle.loads(pickle.dumps(net))
    assert_equal(Monitor.records_of(twin), Monitor.records_of(net))
    (monitor,) = twin._skl_callbacks
    assert_equal(monitor.records_, Monitor.records_of(net))
    assert vars(monitor).keys() == {
        "every", "max_records", "n_rows", "n_bins", "_records",
    }  # fmt: skip


def test_frame(X, y, fit):
    pytest.importorskip("pandas")
    monitor = Monitor(every=1)
    fit(make(), X, y, monitor)
    frame, records = monitor.to_frame(), monitor.records_
    assert len(frame) == 36
    for i, layer in enumerate(["hidden 1", "output"]):
        rows = frame[frame["layer"] == layer]
        assert_array_equal(rows["step"], records["step"])
        for name in frame.columns.difference(["layer", "step", "learning_rate"]):
            assert_array_equal(rows[name], records[name][:, i])


def test_no_frame_without_pandas(X, y, fit, monkeypatch):
    monitor = Monitor()
    fit(make(), X, y, monitor)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="needs pandas: pip install pandas"):
        monitor.to_frame()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be 'auto' or an int of at least 1, got 0"),
        ({"every": "often"}, "got 'often'"),
        ({"every": True}, "got True"),
        ({"max_records": 1}, "max_records must be an int of at least 2, got 1"),
        ({"n_rows": 0}, "n_rows must be an int of at least 1, got 0"),
        ({"n_bins": 2.5}, "n_bins must be an int of at least 1, got 2.5"),
    ],
)
def test_arguments_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        Monitor(**options)


def test_no_records_before_fit():
    assert not hasattr(Monitor(), "records_")
    with pytest.raises(ValueError, match="No step of this MLPClassifier"):
        Monitor.records_of(MLPClassifier())


class Silent:
    """Another one that looks at steps, and keeps a list."""

    steps_only = True

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = on_fit_task_end = setup

    def observe_steps(self, run, records):
        self.kept = ["first"] if records is None else [*records, "next"]
        return self

    def wants(self, step):
        return False

    def records(self):
        return self.kept


@pytest.mark.parametrize("first", [True, False])
def test_other_observers_change_nothing(first, X, y, fit):
    """Those that come later, and before it, too."""
    net = MLPClassifier(3, max_iter=2, random_state=0, warm_start=True)
    fit(net, X, y, Monitor(every=1))
    n_steps = len(Monitor.records_of(net)["step"])
    silent = Silent()
    for n_fits in (2, 3):
        fit(net, X, y, *[silent, Monitor(every=1)][:: 1 if first else -1])
        assert len(Monitor.records_of(net)["step"]) == n_fits * n_steps
    assert silent.kept == ["first", "next"]
    fit(net, X, y, silent)
    with pytest.raises(ValueError, match="No step of this MLPClassifier was recorded"):
        Monitor.records_of(net)


VALUES = {
    "normal": np.random.default_rng(0).normal(size=999),
    "float32": np.random.default_rng(1).normal(size=999).astype("f4"),
    "integers": np.arange(10.0),
    "one": np.array([3.0]),
    "small": np.random.default_rng(2).normal(size=99) * 1e-30,
    "steps": np.array([0.0, 0.5, 1.0]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("n_bins", [1, 10, 40])
def test_histogram_is_numpys(name, n_bins):
    values = VALUES[name]
    kept = values.copy()
    counts, low, high = histogram(values, n_bins)
    assert_array_equal(values, kept)
    assert counts.sum() == values.size
    if name == "one":
        assert low < 3 < high
        return
    expected, edges = np.histogram(values.astype(float), n_bins)
    assert_array_equal(counts, expected)
    assert_allclose([low, high], edges[[0, -1]])


def test_histograms_leave_out_nan_and_infinity():
    values = np.array([1.0, np.nan, 2.0, np.inf, -np.inf])
    assert histogram(values, 2)[0].tolist() == [1, 1]
    counts, low, high = histogram(np.full(3, np.nan), 2)
    assert (counts.tolist(), low, high) == ([0, 0], 0, 1)


def test_equal_values_have_a_range():
    for value in (0.0, 3.0, -1e-300, 1e30):
        counts, low, high = histogram(np.full(5, value), 4)
        assert low < value < high
        assert counts.sum() == 5


def row(step):
    numbers = {name: [step, step + 0.5] for name in NUMBERS}
    for name in HISTOGRAMS:
        numbers[f"{name}_counts"] = np.full((2, 4), step)
        numbers[f"{name}_low"] = [0, step]
        numbers[f"{name}_high"] = [4, step + 8]
    return {"step": step, "learning_rate": 0.1, **numbers}


def test_arrays():
    records = StepRecords(["hidden 1", "output"], 4, [row(1), row(2), row(3)])
    records.thin()
    arrays = records.arrays()
    assert arrays["step"].tolist() == [1, 3]
    assert arrays["dead"].tolist() == [[1, 1.5], [3, 3.5]]
    assert arrays["weight_counts"].shape == (2, 2, 4)
    assert arrays["weight_edges"][1].tolist() == [[0, 1, 2, 3, 4], [3, 5, 7, 9, 11]]
    assert records.last_step == 3


def test_no_rows():
    records = StepRecords(["output"], 4)
    assert records.last_step == 0
    shapes = {name: array.shape for name, array in records.arrays().items()}
    assert shapes["step"] == (0,)
    assert shapes["dead"] == (0, 1)
    assert shapes["gradient_counts"] == (0, 1, 4)
    assert shapes["gradient_edges"] == (0, 1, 5)
