"""The bar over the epochs: loss, metrics and time left."""

import copy
import io
import pickle
import re
import sys

import pytest
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier, SoftmaxClassifier
from skdl.callbacks import Checkpoint, EpochBar

tqdm = pytest.importorskip("tqdm", reason='needs tqdm: pip install ".[progress]"')


@pytest.fixture
def stream():
    return io.StringIO()


def last_bar(stream):
    return stream.getvalue().rstrip("\n").split("\r")[-1]


def test_bar_shows_loss_scores_and_the_time_left(X, y, fit, stream):
    net = SoftmaxClassifier(
        (3,), max_iter=4, early_stopping=True, scoring=["accuracy", "neg_log_loss"],
        random_state=0,
    )  # fmt: skip
    fit(net, X, y, EpochBar(stream))
    bar = last_bar(stream)
    assert bar.startswith("SoftmaxClassifier: 100%|")
    assert re.search(r"\| 4/4 \[\d\d:\d\d<\d\d:\d\d,", bar)
    numbers = bar.split("epoch/s, ")[-1].split("s/epoch, ")[-1].rstrip("]").split(", ")
    last = {name: f"{column[-1]:.4g}" for name, column in net.history_.items()}
    assert [number.split("=") for number in numbers] == [
        ["loss", last["loss"]],
        ["validation loss", last["validation_loss"]],
        ["accuracy", last["validation_accuracy"]],
        ["neg_log_loss", last["validation_neg_log_loss"]],
    ]


def test_bar_stays_where_training_ended(X, y, fit, stream):
    net = MLPClassifier((3,), max_iter=10, tol=1e3, n_iter_no_change=1, random_state=0)
    fit(net, X, y, EpochBar(stream))
    assert "| 3/10 [" in last_bar(stream)


def test_bar_of_a_resumed_run_begins_with_its_epochs(
    X, y, fit, crash, stream, tmp_path
):
    def net():
        return MLPClassifier((3,), max_iter=5, random_state=0)

    crash(net(), 3, X, y, Checkpoint(tmp_path / "a"))
    resume = Checkpoint(tmp_path / "a", resume=True)
    fit(net(), X, y, resume, EpochBar(stream))
    assert "| 5/5 [" in last_bar(stream)
    # The bar of a run that was complete, too.
    stream.truncate(0)
    fit(net(), X, y, Checkpoint(tmp_path / "a", resume=True), EpochBar(stream))
    assert "| 5/5 [" in last_bar(stream)


def test_bars_inside_a_search_are_closed(X, y, fit, stream):
    callback = EpochBar(stream)
    net = MLPClassifier((3,), max_iter=2, random_state=0).set_callbacks(callback)
    search = GridSearchCV(net, {"alpha": [1.0], "solver": ["adam", "lbfgs"]}, cv=2)
    fit(search, X, y)
    assert stream.getvalue().count("| 2/2 [") == 5
    assert not callback.notes


def test_copies_draw_on_stderr(tmp_path):
    with open(tmp_path / "log", "w") as file:
        callback = EpochBar(file)
        for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
            assert twin.file is None


def test_bad_stream_is_refused():
    with pytest.raises(TypeError, match=r"file must be a text stream, .* got 'log'"):
        EpochBar("log")


def test_error_without_tqdm_names_it(X, y, fit, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    net = MLPClassifier((3,), max_iter=2)
    with pytest.raises(ImportError, match=r"pip install .skdl\[progress\]"):
        fit(net, X, y, EpochBar())
    assert not hasattr(net, "coefs_")
