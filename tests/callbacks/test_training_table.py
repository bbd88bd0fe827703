"""The rows that `verbose` and `TrainingTable` print."""

import copy
import io
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier
from skdl.callbacks import Checkpoint, TrainingTable
from skdl.callbacks.training_table import EpochRows

NAN = float("nan")


def finished(**changes):
    """Return a run of four epochs, as callbacks see it."""
    history = {
        "loss": [12345.678, 1.5, 0.000123, 0.1],
        "validation_loss": [2.0, 1.0, 1.25, 0.75],
        "validation_score": [0.5, 0.75, 0.75, NAN],
        "learning_rate": [0.01, 0.01, 0.001, 0.001],
        "time": [0.5, 0.5, 1.0, 60.0],
    }
    defaults = {
        "net": SimpleNamespace(stop_reason_="max_iter", history_={}),
        "history": history,
        "validation": object(),
        "metric_names": {"validation_score": "average_precision"},
        "optimizer": object(),
        "incremental": False,
        "monitors_validation": True,
        "score_before": -np.inf,
        "max_epochs": 5,
    }
    return SimpleNamespace(**defaults | changes)


def until(run, n_epochs):
    """Return the run as it was after an epoch."""
    history = {name: values[:n_epochs] for name, values in run.history.items()}
    return SimpleNamespace(**vars(run) | {"history": history})


def table(run, first=1, **options):
    rows = EpochRows(until(run, first), **options)
    epochs = range(first, len(run.history["loss"]) + 1)
    return [rows.header, *(rows.row(until(run, n)) for n in epochs), rows.end(run)]


def test_rows_are_aligned_and_mark_the_best():
    assert table(finished(), time_left=True) == [
        "epoch       loss  validation loss  average_precision "
        " learning rate seconds time left",
        "    1  1.235e+04           2.0000*            0.5000*"
        "          0.01   0.500      0:02",
        "    2     1.5000           1.0000*            0.7500*"
        "          0.01   0.500      0:02",
        "    3  1.230e-04           1.2500             0.7500 "
        "         0.001   1.000      0:01",
        "    4     0.1000           0.7500*               nan "
        "         0.001  60.000      0:16",
        "Training ended after 4 epochs in 62.00 s: max_iter. Epoch 2 is the best.",
    ]


def test_only_the_columns_that_a_run_has():
    run = finished(validation=None, optimizer=None, monitors_validation=False)
    header, *_, last, end = table(run)
    assert header.split() == ["epoch", "loss", "seconds"]
    assert last.split() == ["4", "0.1000", "60.000"]
    assert end == "Training ended after 4 epochs in 62.00 s: max_iter."


def test_epochs_before_the_first_row_count_for_the_marks():
    _, third, fourth, _ = table(finished(), first=3)
    assert third.split()[2:4] == ["1.2500", "0.7500"]
    assert fourth.split()[2:4] == ["0.7500*", "nan"]


def test_hours_left():
    run = finished(max_epochs=1000)
    assert table(run, time_left=True)[-2].endswith(" 4:17:18")


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("Net", [MLPClassifier, MLPRegressor, SoftmaxClassifier])
def test_callback_prints_what_verbose_prints(Net, X, y, fit, capsys):
    net = Net(hidden_layer_sizes=3, max_iter=3, random_state=0, early_stopping=True)
    fit(net, X, y, TrainingTable(time_left=False))
    by_callback = capsys.readouterr().out
    rows = [line.split() for line in by_callback.splitlines()[1:-1]]
    scores = [float(row[3].rstrip("*")) for row in rows]
    np.testing.assert_allclose(scores, net.history_["validation_score"], atol=5e-5)
    if Net is SoftmaxClassifier:
        fit(Net(**net.get_params()).set_params(verbose=1), X, y)
        assert capsys.readouterr().out == by_callback


def test_stream_of_the_users_choice(X, y, fit, capsys):
    stream = io.StringIO()
    fit(MLPClassifier(3, max_iter=2, random_state=0), X, y, TrainingTable(stream))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("time left")
    assert capsys.readouterr().out == ""


def test_fits_of_a_search_have_titles(X, y, fit, capsys):
    net = MLPClassifier(3, max_iter=1, random_state=0).set_callbacks(TrainingTable())
    fit(GridSearchCV(net, {"alpha": [1.0]}, cv=2), X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[::4] == [
        "GridSearchCV, candidate-split-evaluation 0:",
        "GridSearchCV, candidate-split-evaluation 1:",
        "GridSearchCV, refit-with-best-params 1:",
    ]


def test_resumed_run_prints_its_new_epochs(X, y, fit, crash, capsys, tmp_path):
    def net():
        return MLPClassifier(3, max_iter=5, random_state=0)

    crash(net(), 3, X, y, Checkpoint(tmp_path / "a"))
    resume = Checkpoint(tmp_path / "a", resume=True)
    fit(net(), X, y, resume, TrainingTable())
    lines = capsys.readouterr().out.splitlines()
    first = int(lines[1].split()[0])
    assert [int(line.split()[0]) for line in lines[1:-1]] == [*range(first, 6)]
    assert first > 1
    # A run that was complete has no row, and says why it ended.
    fit(net(), X, y, Checkpoint(tmp_path / "a", resume=True), TrainingTable())
    out = capsys.readouterr().out
    assert out.startswith("Training ended after 5 epochs in ")
    assert out.endswith(" s: max_iter.\n")


def test_warm_start_that_gets_worse_has_no_best_epoch(X, y, fit, capsys):
    net = SoftmaxClassifier((9,), early_stopping=True, random_state=0, max_iter=30)
    net.set_params(validation_fraction=0.4, warm_start=True, learning_rate_init=0.05)
    best = fit(net, X, y).best_validation_score_
    fit(net.set_params(learning_rate_init=50.0, max_iter=2), X, y, TrainingTable())
    assert max(net.history_["validation_score"][-2:]) < best
    *rows, end = capsys.readouterr().out.splitlines()[1:]
    assert not any(row.split()[3].endswith("*") for row in rows)
    assert len(rows) == 2
    assert end.endswith("No epoch was better than the weights that it began with.")


def test_copies_print_to_stdout(tmp_path):
    with open(tmp_path / "log", "w") as stream:
        callback = TrainingTable(stream, time_left=False)
        for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
            assert vars(twin) == {"file": None, "time_left": False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file": "log.txt"}, r"file must be a text stream, .* got 'log.txt'"),
        ({"time_left": "no"}, "time_left must be True or False, got 'no'"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(TypeError, match=message):
        TrainingTable(**options)
