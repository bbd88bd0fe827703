"""What early stopping watches: scorers, with every solver."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.metrics import (
    accuracy_score,
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
from tests.estimators.wild import wild
from tests.pairs import parametrize_pairwise

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
def test_scorers_of_classes(
    name, weighted, solver, X, y, X_val, y_val, weights_val, make, fit
):
    if name == "roc_auc":
        y, y_val = y % 2, y_val % 2
    labels = np.array(["x", "y", "z"])
    y, y_val = labels[y], labels[y_val]
    net = wild(make, MLPClassifier, scoring=name, solver=solver)
    net.set_params(learning_rate_init=0.05)
    weights = weights_val if weighted else None
    fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    expected = their_scores(name)(net, X_val, y_val, sample_weight=weights)
    assert_allclose(net.best_validation_score_, expected, rtol=1e-9)
    assert_allclose(np.max(net.history_["validation_score"]), expected, rtol=1e-9)
    assert len(net.validation_scores_) == net.n_iter_


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["neg_mean_absolute_error", "r2", "loss"])
def test_scorers_of_numbers(name, solver, X, y, X_val, y_val, weights_val, make, fit):
    net = wild(make, MLPRegressor, scoring=name, solver=solver)
    fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights_val)
    if name == "loss":
        error = (net.predict(X_val) - y_val) ** 2 / 2
        expected = -np.average(error, weights=weights_val)
    else:
        expected = their_scores(name)(net, X_val, y_val, sample_weight=weights_val)
    assert_allclose(net.best_validation_score_, expected, rtol=1e-9)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_callable(Net, solver, X, y, X_val, y_val, make, fit):
    def scorer(net, X, y):
        assert isinstance(X, np.ndarray)
        assert not hasattr(net, "feature_names_in_")
        return -np.mean(net.predict(X) != y)

    frame = pd.DataFrame(X, columns=list("abcd"))
    net = wild(make, Net, scoring=scorer, solver=solver)
    fit(net, frame, y, X_val=pd.DataFrame(X_val, columns=list("abcd")), y_val=y_val)
    assert net.best_validation_score_ == -np.mean(
        net.predict(pd.DataFrame(X_val, columns=list("abcd"))) != y_val
    )
    metric = make_scorer(mean_absolute_error, greater_is_better=False)
    net = fit(wild(make, Net, scoring=metric, solver=solver), X, y)
    assert net.best_validation_score_ == max(net.validation_scores_) <= 0


@pytest.mark.parametrize("asks", ["X_val", "validation_split", "scoring"])
def test_lbfgs_restores_its_best_iterate_when_asked(
    Net, asks, X, y, X_val, y_val, make, fit, flat, monkeypatch
):
    params, extra = {}, {}
    y = np.where(np.arange(60) % 5, y, (y + 1) % 3)  # something to learn by heart
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


def test_lbfgs_ends_by_patience(Net, X, y, X_val, y_val, make):
    net = make(Net, solver="lbfgs", max_iter=500, early_stopping=True, tol=1e-4)
    net.set_params(n_iter_no_change=3, hidden_layer_sizes=(30,), alpha=0)
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert net.stop_reason_ == "converged"
    best = int(np.argmax(net.validation_scores_))
    assert net.n_iter_ < 500
    assert net.n_iter_ >= best + 1


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scoring_without_rows_is_refused(Net, solver, X, y, make):
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
    scoring, message, X, y, X_val, y_val, weights_val, make, monkeypatch
):
    from skdl.estimators import _base

    monkeypatch.setattr(_base, "train", None)
    net = make(MLPRegressor, scoring=scoring)
    extra = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weights_val}
    with pytest.raises(ValueError, match=f"(?s)cannot score the validation.*{message}"):
        net.fit(X, y, **extra)
    assert vars(net) == net.get_params()


def test_probabilities_are_not_asked_of_scores(X, y, make):
    net = make(SVMClassifier, scoring="neg_log_loss", early_stopping=True)
    with pytest.raises(ValueError, match="scoring='neg_log_loss' cannot score"):
        net.fit(X, y)


def test_metric_in_place_of_a_scorer_is_refused(X, y, make):
    net = make(MLPClassifier, scoring=accuracy_score, early_stopping=True)
    with pytest.raises(ValueError, match="looks like it is a metric function"):
        net.fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_score_that_is_no_number_is_refused(X, y, X_val, y_val, make, fit):
    """One row has no R²: the starting weights are not its best epoch."""
    net = make(MLPRegressor, early_stopping=True)
    with pytest.raises(ValueError, match="scoring=None gave NaN or -inf after every"):
        net.fit(X, y, X_val=X_val[:1], y_val=y_val[:1])
    assert vars(net) == net.get_params()
    net.set_params(scoring="loss")
    fit(net, X, y, X_val=X_val[:1], y_val=y_val[:1])
    assert len(net.validation_scores_) == 4


def test_epochs_whose_score_is_no_number_stall(X, y, X_val, y_val, make):
    scores = iter([0.1, 1.0, *[np.nan] * 99])  # the first is of the start
    net = make(MLPClassifier, max_iter=90, n_iter_no_change=3, early_stopping=True)
    net.set_params(scoring=lambda *args: next(scores))
    net.fit(X, y, X_val=X_val, y_val=y_val)
    assert (net.n_iter_, net.stop_reason_) == (5, "converged")
    assert net.best_validation_score_ == 1.0
