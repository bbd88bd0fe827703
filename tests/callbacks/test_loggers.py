"""Each line of a log is an epoch of the history, in each format."""

import csv
import json
import logging
import math
import os

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier
from skdl.callbacks import (
    Checkpoint,
    CSVLogger,
    EpochLogger,
    JSONLinesLogger,
    LambdaCallback,
)


def make(**options):
    return MLPClassifier(3, random_state=0, **{"max_iter": 6, **options})


def read_csv(path):
    with open(path, newline="") as file:
        names, *rows = csv.reader(file)
    columns = np.array(rows, float).T
    return dict(zip(names, columns, strict=True))


def read_json_lines(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    lines = path.read_text().splitlines()
    epochs = [json.loads(line, parse_constant=refuse) for line in lines]
    assert len({tuple(epoch) for epoch in epochs}) == 1
    return {
        name: np.array([np.nan if e[name] is None else e[name] for e in epochs], float)
        for name in epochs[0]
    }


# A logger, what reads its file, and how many lines come before those of epochs.
LOGGERS = {
    "csv": (CSVLogger, read_csv, 1),
    "json": (JSONLinesLogger, read_json_lines, 0),
}


@pytest.fixture(params=LOGGERS)
def kind(request):
    return request.param


@pytest.fixture
def Logger(kind):
    return LOGGERS[kind][0]


@pytest.fixture
def read(kind):
    return LOGGERS[kind][1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.txt"


def assert_is_history(table, net):
    assert table["epoch"].tolist() == list(range(1, net.n_iter_ + 1))
    assert list(table)[1:] == list(net.history_)
    for name, values in net.history_.items():
        np.testing.assert_array_equal(table[name], values)


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_the_table_is_the_history(Logger, options, X, y, path, fit, read):
    path.write_text("old\n" * 100)
    net = fit(make(**options), X, y, Logger(path))
    assert_is_history(read(path), net)


def test_each_row_is_there_before_the_next_epoch(Logger, X, y, path, fit, kind):
    lengths = []
    look = LambdaCallback(
        lambda net: lengths.append(len(path.read_text().splitlines()))
    )
    fit(make(), X, y, Logger(path), look)
    assert np.subtract(lengths, LOGGERS[kind][2]).tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("first", [True, False])
def test_a_resumed_run_has_each_epoch_once(Logger, first, X, y, path, fit, crash, read):
    state = path.with_name("state.npz")
    crash(make(), 4, X, y, Checkpoint(state), Logger(path))
    assert read(path)["epoch"].tolist() == [1, 2, 3, 4]
    callbacks = [Checkpoint(state, resume=True), Logger(path)][:: 1 if first else -1]
    net = fit(make(), X, y, *callbacks)
    assert_is_history(read(path), net)
    path.unlink()
    fit(make(), X, y, *callbacks)  # complete: no epoch is left
    assert_is_history(read(path), net)


def test_append(Logger, X, y, path, fit, read):
    net = make(warm_start=True)
    for _ in range(2):
        fit(net, X, y, Logger(path, append=True))
    table = read(path)
    assert table["epoch"].tolist() == [1, 2, 3, 4, 5, 6] * 2
    np.testing.assert_array_equal(table["loss"], net.loss_curve_)


def test_fits_of_a_search_have_files_of_their_own(Logger, X, y, tmp_path, fit, read):
    net = make().set_callbacks(Logger(tmp_path / "{fingerprint}.txt"))
    fit(GridSearchCV(net, {"alpha": [0.1, 1]}, cv=2), X, y)
    tables = [read(path) for path in tmp_path.iterdir()]
    assert [len(table["loss"]) for table in tables] == [6] * 5
    assert len({table["loss"][5] for table in tables}) == 5


@pytest.mark.parametrize("append", [False, True])
def test_the_second_fit_on_a_path_is_refused(Logger, append, X, y, path, fit, read):
    def intrude(net):
        if net.n_iter_ == 3:
            with pytest.raises(ValueError, match=r"in use: .*'\{fingerprint\}'"):
                fit(make(), X, y, Logger(path, append))

    net = fit(make(), X, y, LambdaCallback(intrude), Logger(path))
    assert_is_history(read(path), net)
    fit(make(), X, y, Logger(path))


def test_ctrl_c_before_the_file_is_open_stops_the_fit(Logger, X, y, path):
    def press(net):
        raise KeyboardInterrupt

    first = LambdaCallback(on_fit_begin=press)
    net = make().set_callbacks(first, Logger(path))
    with pytest.warns(UserWarning, match="interrupted"):
        net.fit(X, y)
    assert (net.n_iter_, net.stop_reason_) == (0, "interrupted")


def test_a_run_that_loses_its_file_writes_beside_it(Logger, X, y, path, fit, read):
    def intrude(net):
        if net.n_iter_ == 3:
            path.write_text("mine")

    net = make().set_callbacks(LambdaCallback(intrude), Logger(path))
    with pytest.warns(UserWarning, match="Another program has written") as caught:
        fit(net, X, y)
    assert path.read_text() == "mine"
    (beside,) = set(path.parent.iterdir()) - {path}
    assert str(beside) in str(caught[0].message)
    assert_is_history(read(beside), net)


def test_a_file_that_was_removed_is_written_again(Logger, X, y, path, fit, read):
    def remove(net):
        if net.n_iter_ == 3:
            path.unlink()

    net = fit(make(), X, y, LambdaCallback(remove), Logger(path))
    assert list(path.parent.iterdir()) == [path]
    assert_is_history(read(path), net)


def test_the_target_of_a_link_is_written(Logger, X, y, path, fit, read):
    target = path.with_name("elsewhere")
    path.symlink_to(target)
    net = fit(make(), X, y, Logger(path))
    assert path.is_symlink()
    assert_is_history(read(target), net)


def test_errors_of_the_disk_name_the_path(Logger, X, y, path, fit):
    """This one has no room for a byte, as a disk that is full."""
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="path=.*log.txt. takes no log .No space left"):
        fit(make(), X, y, Logger(path))


def test_a_place_that_takes_no_file_is_refused_before_training(
    Logger, X, y, tmp_path, fit
):
    watch = LambdaCallback(lambda net: pytest.fail("trained"))
    for path in (tmp_path / "no" / "log.csv", tmp_path):
        said = f"path='{path}' takes no log .*: name a file in a folder that exists"
        with pytest.raises(OSError, match=said):
            fit(make(), X, y, watch, Logger(path))


def test_arguments_are_checked(Logger):
    with pytest.raises(TypeError, match="path must be a str or path-like, got 3"):
        Logger(3)
    with pytest.raises(ValueError, match="path must name a file or folder, got ''"):
        Logger("")
    with pytest.raises(ValueError, match="path must name a file or folder, got 'a"):
        Logger("a\0b")
    with pytest.raises(TypeError, match="append must be True or False, got 'no'"):
        Logger("log", append="no")


def test_text_of_csv_rows():
    logger = CSVLogger("log.csv")
    assert logger.head({"loss": [], "time": []}) == "epoch,loss,time\n"
    assert logger.line(3, {"loss": 0.1, "time": np.nan}) == "3,0.1,nan\n"


def test_text_of_json_lines():
    logger = JSONLinesLogger("log.jsonl")
    assert logger.head({"loss": []}) == ""
    numbers = {"loss": 0.1, "a": math.nan, "b": math.inf, "c": -math.inf}
    line = logger.line(3, numbers)
    assert line == '{"epoch": 3, "loss": 0.1, "a": null, "b": 1e999, "c": -1e999}\n'
    assert json.loads(line) == {"epoch": 3, **numbers, "a": None}


def test_pandas_reads_json_lines(X, y, tmp_path, fit):
    pandas = pytest.importorskip("pandas")
    net = fit(make(max_iter=4), X, y, JSONLinesLogger(tmp_path / "log.jsonl"))
    table = pandas.read_json(tmp_path / "log.jsonl", lines=True, precise_float=True)
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(table["loss"], net.loss_curve_, rtol=1e-14)
    assert table["validation_loss"].isna().all()


def test_epoch_logger_logs_each_epoch_and_the_end(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "skdl")
    net = fit(make(max_iter=2), X, y, EpochLogger())
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 3
    first, second, last = caplog.messages
    assert first.startswith(
        f"MLPClassifier, epoch 1 of 2: loss {net.loss_curve_[0]:.6g}, learning_rate "
        "0.001, gradient_norm "
    )
    assert second.startswith("MLPClassifier, epoch 2 of 2: ")
    # Without validation, nothing is said of it.
    assert "validation" not in first
    assert last == "MLPClassifier ended after 2 epochs: max_iter"


def test_epoch_logger_names_the_scores(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "skdl")
    net = fit(make(max_iter=2, early_stopping=True), X, y, EpochLogger())
    assert f"validation_score {net.validation_scores_[0]:.6g}" in caplog.messages[0]


def test_name_and_level_of_the_epoch_logger(X, y, fit, caplog):
    caplog.set_level(logging.INFO, "mine")
    fit(make(max_iter=2), X, y, EpochLogger("mine", logging.DEBUG))
    assert not caplog.records
    fit(make(max_iter=2), X, y, EpochLogger("mine", logging.ERROR))
    assert {(r.name, r.levelname) for r in caplog.records} == {("mine", "ERROR")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": logging.getLogger()}, "name must be the str of a logger"),
        ({"level": "INFO"}, "level must be an int .* got 'INFO'"),
    ],
)
def test_arguments_of_the_epoch_logger_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        EpochLogger(**arguments)
