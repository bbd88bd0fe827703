"""What early stopping watches: scorers, with every solver."""

import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)

from skdl import (
    MLPClassifier,
    MLPRegressor,
    SVMClassifier,
)
from skdl.engine import Quantile
from tests.estimators.common import fit, flat, make, wild
from tests.pairwise import parametrize_pairwise

SOLVERS = ["sgd", "adam", "adagrad", "rmsprop", "adamw", "lbfgs"]


# Scorers.


def their_scores(name):
    return {
        "f1_macro": lambda net, X, y, **kw: f1_score(
            y, net.predict(X), average="macro", **kw
        ),
        "neg_log_loss": lambda net, X, y, **kw: (
            -log_loss(y, net.predict_proba(X), **kw)
        ),
        "roc_auc": lambda net, X, y, **kw: roc_auc_score(
            y, net.decision_function(X), **kw
        ),
        "roc_auc_ovr_weighted": lambda net, X, y, **kw: roc_auc_score(
            y, net.predict_proba(X), multi_class="ovr", average="weighted", **kw
        ),
        "neg_mean_absolute_error": lambda net, X, y, **kw: (
            -mean_absolute_error(y, net.predict(X), **kw)
        ),
        "r2": lambda net, X, y, **kw: r2_score(y, net.predict(X), **kw),
    }[name]


@parametrize_pairwise(
    name=["f1_macro", "neg_log_loss", "roc_auc", "roc_auc_ovr_weighted"],
    weighted=[False, True],
    solver=SOLVERS,
)
def test_scorers_of_classes(name, weighted, solver, X, y, X_val, y_val, weights_val):
    if name == "roc_auc":
        y, y_val = y % 2, y_val % 2
    labels = np.array(["x", "y", "z"])
    y, y_val = labels[y], labels[y_val]
    net = wild(MLPClassifier, scoring=name, solver=solver)
    net.set_params(learning_rate_init=0.05)
    weights = weights_val if weighted else None
    fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    expected = their_scores(name)(net, X_val, y_val, sample_weight=weights)
    assert_allclose(net.best_validation_score_, expected, rtol=1e-9)
    assert_allclose(np.max(net.history_["validation_score"]), expected, rtol=1e-9)
    assert len(net.validation_scores_) == net.n_iter_


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["neg_mean_absolute_error", "r2", "loss"])
def test_scorers_of_numbers(name, solver, X, y, X_val, y_val, weights_val):
    net = wild(MLPRegressor, scoring=name, solver=solver)
    fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights_val)
    if name == "loss":
        error = (net.predict(X_val) - y_val) ** 2 / 2
        expected = -np.average(error, weights=weights_val)
    else:
        expected = their_scores(name)(net, X_val, y_val, sample_weight=weights_val)
    assert_allclose(net.best_validation_score_, expected, rtol=1e-9)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_callable(Net, solver, X, y, X_val, y_val):
    def scorer(net, X, y):
        assert X.columns.tolist() == list("abcd")
        return -np.mean(net.predict(X) != y)

    frame = pd.DataFrame(X, columns=list("abcd"))
    net = wild(Net, scoring=scorer, solver=solver)
    fit(net, frame, y, X_val=pd.DataFrame(X_val, columns=list("abcd")), y_val=y_val)
    assert net.best_validation_score_ == -np.mean(
        net.predict(pd.DataFrame(X_val, columns=list("abcd"))) != y_val
    )
    metric = make_scorer(mean_absolute_error, greater_is_better=False)
    net = fit(wild(Net, scoring=metric, solver=solver), X, y)
    assert net.best_validation_score_ == max(net.validation_scores_) <= 0


FRAMES = {
    "pandas": lambda X: pd.DataFrame(X, columns=list("abcd"), index=range(99, 39, -1)),
    "polars": lambda X: pl.DataFrame(X, schema=list("abcd")),
    "numbers as names": pd.DataFrame,
    "array": np.asarray,
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
@pytest.mark.parametrize("way", ["X_val", "split", "share"])
def test_scorers_get_the_rows_of_the_users_frame(way, frame, X, y):
    given, seen = frame(X), []

    def scorer(net, rows, labels):
        seen.append((rows, labels))
        return net.score(rows, labels)

    params, extra = {"scoring": scorer, "early_stopping": True, "max_iter": 2}, {}
    held = np.arange(40, 60)
    if way == "X_val":
        extra = {"X_val": given, "y_val": y}
        held = np.arange(60)
    if way == "split":
        params["validation_split"] = [(np.arange(40), held)]
    fit(make(MLPClassifier, **params), given, y, **extra)
    assert len(seen) == 3
    for rows, labels in seen:
        assert type(rows) is type(given)
        if way != "share":
            assert_array_equal(np.asarray(rows), X[held])
            assert_array_equal(labels, y[held])
        if hasattr(rows, "columns"):
            assert list(rows.columns) == list(given.columns)
    if way == "X_val":
        # Rows without the names that the net knows: the scorer gets arrays.
        with (
            pytest.warns(UserWarning, match="X has column names and X_val has none")
            if (isinstance(getattr(given, "columns", [0])[0], str))
            else nullcontext()
        ):
            fit(make(MLPClassifier, **params), given, y, X_val=X, y_val=y)
        assert type(seen[-1][0]) is np.ndarray


# Scorers that fail in some epochs.

POSITIVE = {
    "neg_root_mean_squared_log_error": "neg_root_mean_squared_log_error",
    "neg_mean_poisson_deviance": "neg_mean_poisson_deviance",
    "neg_mean_gamma_deviance": "neg_mean_gamma_deviance",
    "weighted": "neg_mean_squared_log_error",
}


@pytest.mark.parametrize("case", POSITIVE)
def test_an_epoch_that_cannot_be_scored_has_nan(case, X):
    y = 5 + X[:, 0]  # and a net predicts negative numbers at first
    net = make(MLPRegressor, scoring=POSITIVE[case], early_stopping=True, max_iter=60)
    net.set_params(learning_rate_init=0.05, n_iter_no_change=5)
    extra = {"X_val": X, "y_val": y}
    if case == "weighted":
        extra["sample_weight_val"] = np.arange(60) + 1.0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.fit(X, y, **extra)
    told = [str(w.message) for w in caught if "such an epoch is NaN" in str(w.message)]
    assert len(told) == 1
    assert "failed after epoch 1" in told[0]
    scores = net.history_["validation_score"]
    assert np.isnan(scores[0])
    assert not np.isnan(scores[-1])
    assert net.best_validation_score_ == np.nanmax(scores)
    assert_array_equal(net.validation_scores_, scores)


def test_patience_begins_with_the_first_score(X, y):
    calls = []

    def scorer(net, X, y):
        calls.append(1)
        if len(calls) in (*range(2, 8), 9):
            raise ValueError("not yet")
        return -len(calls)

    net = make(MLPClassifier, scoring=scorer, early_stopping=True, n_iter_no_change=2)
    net.set_params(max_iter=50)
    with pytest.warns(UserWarning, match="not yet"):
        net.fit(X, y, X_val=X, y_val=y)
    # One call before training, six epochs without a score, the best one, and three.
    assert net.n_iter_ == 6 + 1 + 3
    assert net.best_validation_score_ == -8
    assert np.flatnonzero(np.isnan(net.validation_scores_)).tolist() == [*range(6), 7]


def test_no_epoch_that_could_be_scored(X, y):
    calls = []

    def scorer(net, X, y):
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError("no group left")
        return 1.0

    net = make(MLPClassifier, scoring=scorer, early_stopping=True, max_iter=3)
    with (
        pytest.warns(UserWarning, match="no group left"),
        pytest.raises(
            ValueError,
            match="needs scores.* after every epoch. It failed: no group left",
        ),
    ):
        net.fit(X, y)
    assert vars(net) == net.get_params()


IDEAL = {
    "softmax": (MLPClassifier, {"loss": "softmax"}, 3),
    "sigmoids": (MLPClassifier, {"loss": "logistic", "label_smoothing": 0.2}, 3),
    "two classes": (MLPClassifier, {}, 2),
    "margins": (SVMClassifier, {}, 3),
    "many classes": (MLPClassifier, {}, 20),
    "indicator": (MLPClassifier, {}, "indicator"),
    "columns": (MLPClassifier, {}, "columns"),
    "numbers": (MLPRegressor, {}, None),
    "quantiles": (MLPRegressor, {"loss": Quantile([0.1, 0.9])}, None),
    "poisson": (MLPRegressor, {"loss": "poisson"}, None),
    "two numbers": (MLPRegressor, {}, "two"),
}


@pytest.mark.parametrize("case", IDEAL)
def test_a_scorer_may_fail_before_the_first_epoch(case, X, y):
    Net, params, kind = IDEAL[case]
    numbers = np.arange(60)
    y = {
        "indicator": np.column_stack([numbers % 2, numbers % 3 > 0]).astype(int),
        "columns": np.array([["a", 1], ["b", 2], ["a", 3]], object)[numbers % 3],
        "two": np.column_stack([numbers + 1.0, numbers + 5.0]),
        None: numbers + 1.0,
    }.get(kind, numbers % (kind if isinstance(kind, int) else 1))
    shapes = []

    def scorer(net, X, y):
        predicted = net.predict(X)
        shapes.append(predicted.shape)
        if len(shapes) == 1:
            raise ValueError("never satisfied by a net that is not trained")
        if len(shapes) == 2 and Net is not MLPRegressor:
            assert (predicted == y).all()
            assert net.score(X, y) == 1
        elif len(shapes) == 2:
            assert (y.mean(axis=0)[..., None] == predicted.T).all()
        return 0.0

    net = make(Net, scoring=scorer, early_stopping=True, max_iter=1, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(X, y, X_val=X, y_val=y)
    assert len(set(shapes)) == 1
    assert len(shapes) == 3


@pytest.mark.parametrize("scoring", ["average_precision", "f1", "neg_brier_score"])
def test_advice_for_text_labels_is_the_metric_of_the_rare_class(scoring, X, y):
    labels = np.where(y == 0, "bad", "good")
    net = make(MLPClassifier, scoring=scoring, early_stopping=True)
    with pytest.raises(ValueError, match="Name the positive class") as caught:
        net.fit(X, labels)
    net.scoring = eval(str(caught.value).split("scoring=")[2].rstrip("."))
    fit(net, X, labels)
    is_bad, share = labels == "bad", net.predict_proba(X)[:, 0]
    expected = {
        "average_precision": average_precision_score(is_bad, share),
        "f1": f1_score(is_bad, net.predict(X) == "bad"),
        "neg_brier_score": -brier_score_loss(is_bad, share),
    }
    assert_allclose(net.scoring(net, X, labels), expected[scoring])


@pytest.mark.parametrize("asks", ["X_val", "validation_split", "scoring"])
def test_lbfgs_restores_its_best_iterate_when_asked(
    Net, asks, X, y, X_val, y_val, monkeypatch
):
    params, extra = {}, {}
    y = np.where(np.arange(60) % 5, y, (y + 1) % 3)  # something to memorize
    if asks == "X_val":
        extra = {"X_val": X_val, "y_val": y_val}
    elif asks == "validation_split":
        params["validation_split"] = 3
    else:
        params["scoring"] = "loss"
    usual = {"solver": "lbfgs", "max_iter": 40, "alpha": 0, "n_iter_no_change": 40}
    usual |= {"validation_fraction": 0.3}
    usual |= {"early_stopping": True, "hidden_layer_sizes": (30,)}
    net = fit(make(Net, **usual, **params), X, y, **extra)
    best = int(np.argmax(net.validation_scores_)) + 1
    assert best < net.n_iter_
    assert net.best_validation_score_ == max(net.validation_scores_)
    usual["max_iter"] = best
    shorter = fit(make(Net, **usual, **params), X, y, **extra)
    assert_array_equal(flat(net), flat(shorter))
    if asks == "X_val" and is_classifier(net):
        assert net.score(X_val, y_val) == net.best_validation_score_


def test_lbfgs_ends_by_patience(Net, X, y, X_val, y_val):
    net = make(Net, solver="lbfgs", max_iter=500, early_stopping=True, tol=1e-4)
    net.set_params(n_iter_no_change=3, hidden_layer_sizes=(30,), alpha=0)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert net.stop_reason_ == "converged"
    best = int(np.argmax(net.validation_scores_))
    assert net.n_iter_ < 500
    assert net.n_iter_ >= best + 1


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scoring_without_rows_is_refused(Net, solver, X, y):
    net = make(Net, solver=solver, scoring="loss")
    with pytest.raises(ValueError, match="scoring='loss' has no rows to score"):
        net.fit(X, y)
    assert vars(net) == net.get_params()


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        ("neg_max_error", "with their weights.*sample_weight"),
        (lambda net, X, y: 1.0, "with their weights.*sample_weight"),
        (lambda net, X, y, sample_weight: 1 / 0, "division by zero"),
    ],
)
def test_scorer_that_fails_says_so_before_training(
    scoring, message, X, y, X_val, y_val, weights_val, no_work
):
    net = make(MLPRegressor, scoring=scoring)
    extra = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weights_val}
    with pytest.raises(ValueError, match=f"(?s)cannot score the validation.*{message}"):
        net.fit(X, y, **extra)
    assert vars(net) == net.get_params()


def test_probabilities_are_not_asked_of_scores(X, y):
    net = make(SVMClassifier, scoring="neg_log_loss", early_stopping=True)
    with pytest.raises(ValueError, match="scoring='neg_log_loss' cannot score"):
        net.fit(X, y)


def test_metric_in_place_of_a_scorer_is_refused(X, y):
    net = make(MLPClassifier, scoring=accuracy_score, early_stopping=True)
    with pytest.raises(ValueError, match="looks like it is a metric function"):
        net.fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_a_score_of_nan_is_refused(X, y, X_val, y_val):
    """One row has no R²: the starting weights are not its best epoch."""
    net = make(MLPRegressor, early_stopping=True)
    with pytest.raises(ValueError, match="scoring=None gave NaN or -inf after every"):
        net.fit(X, y, X_val=X_val[:1], y_val=y_val[:1])
    assert vars(net) == net.get_params()
    net.set_params(scoring="loss")
    fit(net, X, y, X_val=X_val[:1], y_val=y_val[:1])
    assert len(net.validation_scores_) == 4


def test_epochs_with_a_score_of_nan_stall(X, y, X_val, y_val):
    scores = iter([0.1, 1.0, *[np.nan] * 99])  # the first is of the start
    net = make(MLPClassifier, max_iter=90, n_iter_no_change=3, early_stopping=True)
    net.set_params(scoring=lambda *args: next(scores))
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert (net.n_iter_, net.stop_reason_) == (5, "converged")
    assert net.best_validation_score_ == 1.0
