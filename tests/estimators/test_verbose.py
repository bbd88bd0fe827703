"""What nets print with ``verbose=1``: a table, or the lines of scikit-learn."""

import pytest

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.callbacks import LambdaCallback
from skdl.engine import Quantile
from tests.estimators.common import fit, make, wild

DROP_INS = [MLPClassifier, MLPRegressor]
OTHERS = [LogisticClassifier, SoftmaxClassifier, SVMClassifier]


def test_silent_by_default(Net, X, y, capsys):
    fit(make(Net), X, y)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("Net", DROP_INS)
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_drop_ins_print_the_lines_of_scikit_learn(Net, solver, X, y, capsys):
    net = fit(make(Net, solver=solver, verbose=True), X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        f"Iteration {i}" for i in range(1, 5)
    ]
    assert float(lines[-1].split("=")[1]) == pytest.approx(net.loss_, abs=1e-7)


def test_drop_ins_print_the_validation_score(X, y, capsys):
    net = fit(wild(MLPRegressor, learning_rate_init=0.01, verbose=True), X, y)
    lines = capsys.readouterr().out.splitlines()
    scores = [f"Validation score: {score:f}" for score in net.validation_scores_]
    assert lines[1 : 2 * net.n_iter_ : 2] == scores


@pytest.mark.parametrize("Net", DROP_INS)
def test_drop_ins_print_how_an_adaptive_rate_falls(Net, X, y, capsys):
    net = make(Net, solver="sgd", learning_rate="adaptive", max_iter=50, verbose=True)
    net.set_params(tol=1e3, n_iter_no_change=1, learning_rate_init=0.001).fit(X, y)
    printed = capsys.readouterr().out
    assert printed.count("learning rate falls") == 5
    assert "falls to 0.0002\n" in printed
    assert printed.endswith("for 1 consecutive epochs. Stopping.\n")


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("Net", OTHERS)
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_others_print_a_table(Net, solver, X, y, capsys):
    net = fit(make(Net, solver=solver, verbose=1), X, y)
    header, *rows, end = capsys.readouterr().out.splitlines()
    rate = [] if solver == "lbfgs" else ["0.001"]
    name = "learning rate" if rate else ""
    assert header.split() == ["epoch", "loss", *name.split(), "seconds"]
    assert [row.split() for row in rows] == [
        [f"{i + 1}", f"{loss:.4f}", *rate, "0.000"]
        for i, loss in enumerate(net.loss_curve_)
    ]
    assert end == "Training ended after 4 epochs in 0.00 s: max_iter."


def test_table_names_the_metrics(X, y, X_val, y_val, capsys):
    rows = {"X_val": X_val, "y_val": y_val}

    def columns(scoring):
        net = make(SoftmaxClassifier, scoring=scoring, verbose=1, max_iter=1)
        fit(net, X, y, **rows)
        header = capsys.readouterr().out.splitlines()[0]
        return header.split("validation loss")[1].split("learning rate")[0].split()

    def cost(net, X, y):
        return 0.0

    assert columns(None) == ["accuracy"]
    assert columns("f1_macro") == ["f1_macro"]
    assert columns(cost) == ["cost"]
    # The column of the validation loss shows it already.
    assert columns("loss") == []
    assert columns(["loss", "f1_macro"]) == ["f1_macro"]
    assert columns({"mine": cost, "accuracy": "accuracy"}) == ["mine", "accuracy"]


@pytest.mark.parametrize(
    ("loss", "name"), [("huber", "R²"), (Quantile([0.1, 0.9]), "D²")]
)
def test_run_knows_the_name_of_a_regressors_score(loss, name, X, y):
    seen = []
    net = make(MLPRegressor, loss=loss, early_stopping=True, max_iter=1)
    names = LambdaCallback(lambda net: seen.append(net.training_.metric_names))
    fit(net.set_callbacks(names), X, y)
    assert seen == [{"validation_score": name}]


def test_partial_fit_prints_one_header(X, y, X_val, y_val, capsys):
    net = make(SoftmaxClassifier, verbose=1)
    rows = {"X_val": X_val, "y_val": y_val}
    for validation in ({}, {}, rows, rows):
        net.partial_fit(X, y, classes=[0, 1, 2], **validation)
    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    # The header comes again with the columns of the validation rows.
    assert lines == ["epoch", "1", "2", "epoch", "3", "4"]


def test_early_stopping_says_which_epoch_is_the_best(X, y, capsys):
    net = fit(wild(SoftmaxClassifier, verbose=1, n_iter_no_change=2), X, y)
    lines = capsys.readouterr().out.splitlines()
    best = net.validation_scores_.index(net.best_validation_score_) + 1
    assert lines[-1].endswith(f"{net.stop_reason_}. Epoch {best} is the best.")
    assert lines[best].split()[3].endswith("*")
    marked = [line.split()[0] for line in lines[1:-1] if line.split()[3][-1] == "*"]
    assert marked[-1] == str(best)
