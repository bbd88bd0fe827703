"""`scoring` with several metrics: all are recorded, and the first decides."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.metrics import make_scorer, max_error
from sklearn.model_selection import GridSearchCV

from skdl import MLPClassifier, MLPRegressor, SoftmaxClassifier, SVMClassifier
from skdl.callbacks import Checkpoint, CSVLogger, JSONLinesLogger
from skdl.ensemble import CheckpointEnsembleClassifier, SeedEnsembleClassifier
from skdl.inspection import diagnose
from tests.estimators.common import fit, flat, make, wild

NAMES = ["f1_macro", "loss", "accuracy"]


def share_of_class_2(net, X, y):
    return np.mean(net.predict(X) == 2)


def records(net):
    return [name for name in net.history_ if name.startswith("validation")]


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_each_metric_is_recorded_as_it_would_be_alone(solver, X, y, X_val, y_val):
    rows = {"X_val": X_val, "y_val": y_val}
    several = fit(wild(MLPClassifier, solver=solver, scoring=NAMES), X, y, **rows)
    assert records(several) == [
        *("validation_loss", "validation_score"),
        *("validation_f1_macro", "validation_accuracy"),
    ]
    for name, column in several.history_.items():
        assert len(column) == several.n_iter_, name
    alone = fit(wild(MLPClassifier, solver=solver, scoring="f1_macro"), X, y, **rows)
    assert_array_equal(flat(several), flat(alone))
    assert several.validation_scores_ == alone.validation_scores_
    for name in ("validation_score", "validation_f1_macro"):
        assert_array_equal(several.history_[name], alone.history_["validation_score"])
    last = clone(several).set_params(early_stopping=False)
    last = fit(last, X, y, **rows)
    assert last.history_["validation_accuracy"][-1] == last.score(X_val, y_val)


def test_first_one_decides(X, y, X_val, y_val):
    rows = {"X_val": X_val, "y_val": y_val}
    nets = [
        fit(wild(SoftmaxClassifier, scoring=scoring), X, y, **rows)
        for scoring in (("loss", "accuracy"), ("accuracy", "loss"))
    ]
    by_loss, by_accuracy = nets
    assert by_loss.best_validation_score_ == -min(by_loss.history_["validation_loss"])
    best = max(by_accuracy.history_["validation_accuracy"])
    assert by_accuracy.best_validation_score_ == best
    assert by_accuracy.score(X_val, y_val) == best


def test_dict_gives_names_and_mixes_kinds(X, y, X_val, y_val, weights_val):
    scoring = {"worst": make_scorer(max_error, greater_is_better=False), "R2": "r2"}
    net = wild(MLPRegressor, scoring=scoring, early_stopping=False)
    fit(net, X, y, X_val=X_val, y_val=y_val)
    assert records(net)[1:] == ["validation_score", "validation_worst", "validation_R2"]
    assert net.history_["validation_R2"][-1] == net.score(X_val, y_val)
    worst = -max_error(y_val, net.predict(X_val))
    assert net.history_["validation_score"][-1] == worst
    # max_error takes no weights: the error names the metric.
    with pytest.raises(ValueError, match="scoring='worst' cannot score .* with their"):
        net.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights_val)


def test_own_scorers_get_the_frame(X, y):
    seen = []

    def scorer(net, X, y):
        seen.append(X.columns.tolist())
        return 0.0

    frame = pd.DataFrame(X, columns=list("abcd"))
    scoring = {"accuracy": "accuracy", "own": scorer}
    fit(make(MLPClassifier, scoring=scoring, validation_split=3), frame, y)
    assert seen == 5 * [list("abcd")]


def test_scorer_that_fails_leaves_the_others(X, y, X_val, y_val):
    calls = []

    def fails(net, X, y):
        calls.append(0)
        if len(calls) > 1:
            raise ValueError("no more")
        return 1.0

    scoring = {"accuracy": "accuracy", "fails": fails}
    net = make(MLPClassifier, scoring=scoring, early_stopping=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, y, X_val=X_val, y_val=y_val)
    texts = [str(w.message) for w in caught if w.category is UserWarning]
    assert texts == [
        "scoring='fails' failed after epoch 1, and the score of such an epoch is NaN: "
        "no more"
    ]
    assert np.isnan(net.history_["validation_fails"]).all()
    assert np.isfinite(net.history_["validation_score"]).all()


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ([], "scoring=.. is empty: set scoring=None"),
        ({}, "scoring={} is empty"),
        (["acurracy"], "scoring='acurracy' is not .* Did you mean 'accuracy'"),
        (["accuracy", "accuracy"], "has a name twice"),
        (["accuracy", len], "got <.*A dict gives names"),
        ({"a": "acurracy"}, "scoring='acurracy' is not .* Did you mean 'accuracy'"),
        ({"a": 3}, r"scoring\['a'\] must be the name of a scorer .* got 3"),
        ({1: "accuracy"}, "a dict with str as keys, got 1"),
        ({"score": "accuracy"}, "'validation_score' is the record of the first metric"),
        ({"loss": "accuracy"}, "'validation_loss' is the record of the loss"),
    ],
)
@pytest.mark.usefixtures("no_work")
def test_bad_lists_are_refused(Net, scoring, message, X, y):
    net = make(Net, scoring=scoring, early_stopping=True)
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert vars(net) == net.get_params()


def test_metric_that_the_net_cannot_have_is_refused(X, y):
    net = make(SVMClassifier, scoring=["accuracy", "neg_log_loss"], early_stopping=True)
    with pytest.raises(ValueError, match="scoring='neg_log_loss' cannot score"):
        net.fit(X, y)


def test_several_metrics_without_rows_are_refused(X, y):
    with pytest.raises(ValueError, match="has no rows to score"):
        make(MLPClassifier, scoring=["accuracy"]).fit(X, y)


def test_other_metrics_in_later_calls(X, y, X_val, y_val):
    """NaN stands where a metric was not asked for."""
    rows = {"X_val": X_val, "y_val": y_val}
    net = make(SoftmaxClassifier).partial_fit(X, y, classes=[0, 1, 2], **rows)
    net.set_params(scoring=["accuracy", "f1_macro"]).partial_fit(X, y, **rows)
    net.set_params(scoring="loss").partial_fit(X, y, **rows)
    assert {len(column) for column in net.history_.values()} == {3}
    known = np.isfinite(net.history_["validation_f1_macro"])
    assert known.tolist() == [False, True, False]
    assert np.isfinite(net.history_["validation_score"]).all()


def test_checkpoint_resumes_all_of_them(X, y, tmp_path):
    whole = fit(wild(MLPClassifier, scoring=NAMES), X, y)
    net = wild(MLPClassifier, scoring=NAMES, max_time=1e-9)
    fit(net.set_callbacks(Checkpoint(tmp_path / "run.npz")), X, y)
    assert net.n_iter_ < whole.n_iter_
    again = wild(MLPClassifier, scoring=NAMES)
    fit(again.set_callbacks(Checkpoint(tmp_path / "run.npz", resume=True)), X, y)
    assert again.n_iter_ == whole.n_iter_
    for name in set(whole.history_) - {"time"}:
        assert_array_equal(again.history_[name], whole.history_[name])
    other = wild(MLPClassifier, scoring=NAMES[::-1])
    other.set_callbacks(Checkpoint(tmp_path / "run.npz", resume=True))
    with pytest.raises(ValueError, match="scoring was"):
        other.fit(X, y)


def test_logs_have_a_column_for_each(X, y, tmp_path):
    net = make(MLPClassifier, scoring=NAMES, early_stopping=True)
    net.set_callbacks(CSVLogger(tmp_path / "a"), JSONLinesLogger(tmp_path / "b"))
    fit(net, X, y)
    table = pd.read_csv(tmp_path / "a")
    assert list(table.columns) == ["epoch", *net.history_]
    lines = [json.loads(line) for line in (tmp_path / "b").read_text().splitlines()]
    assert_array_equal(
        [line["validation_accuracy"] for line in lines],
        net.history_["validation_accuracy"],
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_search_over_scoring(X, y):
    several = {"accuracy": "accuracy", "own": share_of_class_2}
    net = make(MLPClassifier, early_stopping=True)
    grid = {"scoring": ["loss", ["f1_macro", "accuracy"], several]}
    search = GridSearchCV(net, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 3
    assert clone(net.set_params(scoring=several)).scoring == several


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_ensembles_take_the_first(X, y, X_val, y_val):
    rows = {"X_val": X_val, "y_val": y_val}
    net = make(SoftmaxClassifier, scoring=["accuracy", "neg_log_loss"], max_iter=6)
    for ensemble in (
        SeedEnsembleClassifier(net, n_members=3, n_best=2, random_state=0),
        CheckpointEnsembleClassifier(net, n_members=2, snapshots="best"),
    ):
        ensemble.fit(X, y, **rows)
        for member, score in zip(
            ensemble.estimators_, ensemble.member_scores_, strict=True
        ):
            assert member.history_["validation_neg_log_loss"].shape == (member.n_iter_,)
            assert member.score(X_val, y_val) == score


def test_diagnose_judges_by_the_first(X, y):
    net = make(SoftmaxClassifier, early_stopping=True, max_iter=3)
    several = diagnose(clone(net).set_params(scoring=["f1_macro", "loss"]), X, y)
    alone = diagnose(net.set_params(scoring="f1_macro"), X, y)
    assert [f.kind for f in several.findings] == [f.kind for f in alone.findings]
