"""What TensorBoard would read is the history, and what a Monitor saw."""

import sys
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdl import MLPClassifier
from skdl.callbacks import Checkpoint, LambdaCallback, Monitor, TensorBoardLogger


def make(**options):
    return MLPClassifier(3, max_iter=6, random_state=0, **options)


class Writer:
    """Stands in for tensorboardX's SummaryWriter, and is like it where it matters."""

    made = []

    def __init__(self, logdir, purge_step=None, filename_suffix=""):
        self.logdir, self.purge_step = logdir, purge_step
        self.suffix = filename_suffix
        self.scalars, self.histograms, self.flushed, self.closed = {}, {}, [], False
        self.made.append(self)

    def add_scalar(self, tag, value, step):
        self.scalars.setdefault(tag, {})[step] = value

    def add_histogram_raw(
        self, tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts,
        global_step,
    ):  # fmt: skip
        given = (min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self.histograms.setdefault(tag, {})[global_step] = given

    def flush(self):
        self.flushed.append(len(self.scalars["loss"]))

    def close(self):
        self.closed = True


@pytest.fixture
def stub(monkeypatch):
    module = ModuleType("tensorboardX")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    monkeypatch.setattr(Writer, "made", [])
    return Writer


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_scalars_are_the_history(options, X, y, tmp_path, fit, stub):
    net = fit(make(**options), X, y, TensorBoardLogger(tmp_path / "a" / "b"))
    (writer,) = stub.made
    assert writer.logdir == str(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert writer.purge_step == 1
    assert writer.flushed == list(range(1, net.n_iter_ + 1))
    assert writer.closed
    used = {k: v for k, v in net.history_.items() if not np.isnan(v).all()}
    assert writer.scalars.keys() == used.keys()
    for name, values in used.items():
        expected = {i: v for i, v in enumerate(values, 1) if not np.isnan(v)}
        assert writer.scalars[name] == expected
    assert not writer.histograms


@pytest.mark.parametrize("first", [True, False])
def test_a_monitors_last_step_goes_with_the_epoch(first, X, y, tmp_path, fit, stub):
    callbacks = [Monitor(every=1), TensorBoardLogger(tmp_path)][:: 1 if first else -1]
    net = fit(make(batch_size=20), X, y, *callbacks)
    (writer,), records = stub.made, Monitor.records_of(net)
    last = np.arange(2, 18, 3)  # of three steps each
    for i, layer in enumerate(["hidden 1", "output"]):
        ratios = list(writer.scalars[f"update_ratio/{layer}"].values())
        assert ratios == records["update_ratio"][last, i].tolist()
        for kind in ("weight", "gradient", "activation"):
            for epoch, row in enumerate(last, 1):
                counts = records[f"{kind}_counts"][row, i]
                edges = records[f"{kind}_edges"][row, i]
                given = writer.histograms[f"{kind}/{layer}"][epoch]
                low, high, number, total, squares, limits, found = given
                assert (low, high) == (edges[0], edges[-1])
                assert number == counts.sum()
                assert_allclose(limits, edges[1:])
                assert found == counts.tolist()
                middles = (edges[1:] + edges[:-1]) / 2
                values = np.repeat(middles, counts)
                assert_allclose(total, values.sum(), atol=1e-9)
                assert_allclose(squares, (values**2).sum())
    assert "dead/output" not in writer.scalars


def test_a_resumed_run_hides_only_the_epochs_that_it_repeats(
    X, y, tmp_path, fit, crash, stub
):
    state, logger = tmp_path / "state.npz", TensorBoardLogger(tmp_path / "log")
    crash(make(), 4, X, y, Checkpoint(state), logger)
    net = fit(make(), X, y, logger, Checkpoint(state, resume=True))
    before, after = stub.made
    assert list(before.scalars["loss"]) == [1, 2, 3, 4]
    assert (before.purge_step, after.purge_step) == (1, 4)
    assert list(after.scalars["loss"].values()) == net.loss_curve_[3:]
    assert before.suffix != after.suffix
    assert after.closed
    fit(make(), X, y, logger, Checkpoint(state, resume=True))  # complete
    assert len(stub.made) == 2


def test_a_fit_that_dies_closes_its_file(X, y, tmp_path, crash, stub):
    crash(make(), 2, X, y, TensorBoardLogger(tmp_path))
    import gc

    gc.collect()
    assert stub.made[0].closed


def test_without_tensorboardx_it_is_said_before_training(
    X, y, tmp_path, fit, monkeypatch
):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    watch = LambdaCallback(lambda net: pytest.fail("trained"))
    with pytest.raises(ImportError, match=r"pip install skdl\[tensorboard\]"):
        fit(make(), X, y, watch, TensorBoardLogger(tmp_path / "log"))
    assert not (tmp_path / "log").exists()


def test_a_folder_that_cannot_be_is_refused_before_training(X, y, tmp_path, fit, stub):
    (tmp_path / "file").write_text("")
    watch = LambdaCallback(lambda net: pytest.fail("trained"))
    with pytest.raises(OSError, match="path='.*file.*' cannot be a folder"):
        fit(make(), X, y, watch, TensorBoardLogger(tmp_path / "file"))


def test_fits_of_a_search_have_folders_of_their_own(X, y, tmp_path, fit, stub):
    from sklearn.model_selection import GridSearchCV

    net = make().set_callbacks(TensorBoardLogger(tmp_path / "{fingerprint}"))
    fit(GridSearchCV(net, {"alpha": [0.1, 1]}, cv=2), X, y)
    assert len({writer.logdir for writer in stub.made}) == 5


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="path must be a str or path-like, got 3"):
        TensorBoardLogger(3)
    with pytest.raises(ValueError, match="path must name a file or folder, got ''"):
        TensorBoardLogger("")


def read(folder):
    """Return what stands in the event files: {tag: {step: value or histogram}}."""
    from tensorboardX.proto.event_pb2 import Event

    found = {}
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        while content:
            # Length, its checksum, the event, its checksum.
            length = int.from_bytes(content[:8], "little")
            event = Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]
            for value in event.summary.value:
                kind = value.WhichOneof("value")
                entry = found.setdefault(value.tag, {})
                entry[event.step] = getattr(value, kind)
    return found


def test_event_files_have_it_all(X, y, tmp_path, fit):
    pytest.importorskip("tensorboardX", reason='needs pip install ".[tensorboard]"')
    callbacks = [TensorBoardLogger(tmp_path), Monitor(every=1)]
    net = fit(make(early_stopping=True), X, y, *callbacks)
    found, records = read(tmp_path), Monitor.records_of(net)
    for name, values in net.history_.items():
        assert list(found[name]) == list(range(1, net.n_iter_ + 1))
        assert_allclose(list(found[name].values()), values, rtol=1e-6)  # float32
    for i, layer in enumerate(["hidden 1", "output"]):
        for step, histogram in found[f"weight/{layer}"].items():
            counts = records["weight_counts"][step - 1, i]
            assert list(histogram.bucket) == counts.tolist()
            assert histogram.num == counts.sum()
    assert len(list(tmp_path.iterdir())) == 1
    fit(make(), X, y, *callbacks)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", ["__init__", "flush", "close"])
def test_errors_of_the_disk_name_the_path(name, X, y, tmp_path, fit, stub, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stub, name, full)
    with pytest.raises(OSError, match="path=.*log. takes no log .No space left"):
        fit(make(), X, y, TensorBoardLogger(tmp_path / "log"))
