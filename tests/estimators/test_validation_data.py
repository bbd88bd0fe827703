"""Validation data: rows that the user passes, or a split of X."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix
from scipy.special import log_softmax
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    d2_pinball_score,
    f1_score,
    r2_score,
)
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    ValidationSet,
)
from skdl.engine import Quantile
from skdl.ensemble import SeedEnsembleClassifier
from skdl.estimators._internal_api import Indicator, Labels, Numbers
from tests.estimators.common import fit, flat, make, wild
from tests.estimators.conftest import NETS
from tests.pairwise import parametrize_pairwise

SOLVERS = ["sgd", "adam", "adagrad", "rmsprop", "adamw", "lbfgs"]


# Data of the user's own.


@pytest.mark.parametrize("weighted", [False, True])
def test_best_epoch_by_given_rows(Net, X, y, X_val, y_val, weights_val, weighted):
    extra = {"X_val": X_val, "y_val": y_val}
    weights = weights_val if weighted else None
    if weighted:
        extra["sample_weight_val"] = weights
    net = fit(wild(Net), X, y, **extra)
    assert net.t_ == net.n_iter_ * 60  # none of X was held out
    best = int(np.argmax(net.validation_scores_)) + 1
    assert best < net.n_iter_
    assert net.score(X_val, y_val, weights) == pytest.approx(
        net.best_validation_score_, rel=1e-12
    )
    assert net.best_validation_score_ == max(net.validation_scores_)
    without = fit(wild(Net, early_stopping=False, max_iter=best), X, y)
    assert_array_equal(flat(net), flat(without))


def test_validation_changes_nothing_but_the_records(Net, X, y, X_val, y_val):
    net = fit(make(Net), X, y, X_val=X_val, y_val=y_val)
    plain = fit(make(Net), X, y)
    assert_array_equal(flat(net), flat(plain))
    assert net.validation_scores_ is net.best_validation_score_ is None
    assert np.isfinite(net.history_["validation_loss"]).all()
    assert np.isnan(plain.history_["validation_loss"]).all()
    assert np.isnan(plain.history_["validation_score"]).all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_history_of_given_rows(solver, weighted, X, y, X_val, y_val, weights_val):
    weights = weights_val if weighted else None
    for k in (1, 3):
        net = make(SoftmaxClassifier, solver=solver, max_iter=k, alpha=5.0)
        fit(net, X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        rows = -log_softmax(net.decision_function(X_val), axis=1)
        loss = np.average(rows[np.arange(35), y_val], weights=weights)
        assert_allclose(net.history_["validation_loss"][-1], loss, rtol=1e-10)
        score = accuracy_score(y_val, net.predict(X_val), sample_weight=weights)
        assert_allclose(net.history_["validation_score"][-1], score, rtol=1e-12)
        assert len(net.history_["validation_loss"]) == k


def test_loss_of_several_outputs_is_their_sum(X, X_val):
    Y, Y_val = X[:, :2] * [1, 5], X_val[:, :2] * [1, 5]
    net = fit(make(MLPRegressor), X, Y, X_val=X_val, y_val=Y_val)
    P = net.predict(X_val)
    loss = 0.5 * ((P - Y_val) ** 2).sum(axis=1).mean()
    assert_allclose(net.history_["validation_loss"][-1], loss, rtol=1e-10)
    assert_allclose(net.history_["validation_score"][-1], r2_score(Y_val, P))


def test_quantiles(X, y, X_val, y_val):
    net = make(MLPRegressor, loss=Quantile([0.1, 0.5, 0.9]))
    fit(net, X, y, X_val=X_val, y_val=y_val)
    P = net.predict(X_val)
    expected = [
        d2_pinball_score(y_val, P[:, i], alpha=level)
        for i, level in enumerate([0.1, 0.5, 0.9])
    ]
    assert_allclose(net.history_["validation_score"][-1], np.mean(expected))


@pytest.mark.parametrize("names", [["b", "a", "c"], [True, False], [-3, 10, 5]])
def test_labels_of_any_kind(Classifier, names, X, y, X_val, y_val):
    names = np.array(names)
    y, y_val = names[y % len(names)], names[y_val % len(names)]
    net = fit(wild(Classifier), X, y, X_val=X_val, y_val=y_val)
    assert net.score(X_val, y_val) == net.best_validation_score_ > 0.5


def test_validation_rows_need_not_show_all_classes(Classifier, X, y, X_val, y_val):
    one = y_val == 1
    net = fit(wild(Classifier), X, y, X_val=X_val[one], y_val=y_val[one])
    assert net.score(X_val[one], y_val[one]) == net.best_validation_score_


def _rare(n):
    """Return labels of which the last one is the only one of its class."""
    return (np.arange(n) == n - 1).astype(int)


OWN_ROWS = {
    "fit": lambda make, X: make().fit(X, X[:, 0] > 0, X_val=X[:9], y_val=_rare(9) > 0),
    "ValidationSet": lambda make, X: make(early_stopping=True).fit(
        X, X[:, 0] > 0, X_val=ValidationSet(X[:9], _rare(9) > 0)
    ),
    "partial_fit": lambda make, X: make().partial_fit(
        X, X[:, 0] > 0, classes=[False, True], X_val=X[:9], y_val=_rare(9) > 0
    ),
    "KFold": lambda make, X: make(validation_split=KFold(5)).fit(X, _rare(60)),
    "list of a split": lambda make, X: make(
        validation_split=[(range(40), range(40, 60))]
    ).fit(X, _rare(60)),
    "TimeSeriesSplit": lambda make, X: make(validation_split=TimeSeriesSplit(3)).fit(
        X, _rare(60)
    ),
    "ensemble's share": lambda make, X: SeedEnsembleClassifier(
        make(), n_members=2, weights="score", random_state=0
    ).fit(X, _rare(60)),
    "ensemble's X_val": lambda make, X: SeedEnsembleClassifier(
        make(), n_members=2, weights="score", random_state=0
    ).fit(X, X[:, 0] > 0, X_val=X[:9], y_val=_rare(9) > 0),
}


@pytest.mark.parametrize("way", OWN_ROWS.values(), ids=OWN_ROWS.keys())
def test_only_early_stoppings_random_share_needs_two_rows_of_a_class(way, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = way(partial(make, MLPClassifier), X)
    assert len(model.classes_) == 2


def test_several_labels(X, X_val):
    Y, Y_val = (X[:, :3] > 0).astype(int), (X_val[:, :3] > 0).astype(int)
    for Net in (LogisticClassifier, MLPClassifier):
        net = fit(wild(Net), X, Y, X_val=X_val, y_val=Y_val)
        assert net.score(X_val, Y_val) == net.best_validation_score_


@pytest.mark.parametrize("scoring", [None, "loss", "f1_macro", "neg_log_loss"])
def test_soft_targets(scoring, X, y, X_val, y_val):
    T, T_val = 0.9 * np.eye(3)[y] + 0.1 / 3, 0.9 * np.eye(3)[y_val] + 0.1 / 3
    net = wild(SoftmaxClassifier, scoring=scoring)
    fit(net, X, T, X_val=X_val, y_val=T_val)
    P = net.predict_log_proba(X_val)
    score = {
        None: lambda: net.score(X_val, T_val),
        "loss": lambda: ((P - np.log(T_val)) * T_val).sum(axis=1).mean(),
        "f1_macro": lambda: f1_score(y_val, net.predict(X_val), average="macro"),
        "neg_log_loss": lambda: P[np.arange(35), y_val].mean(),
    }[scoring]()
    if scoring == "loss":  # cross-entropy, whose minimum is the targets' entropy
        score += (T_val * np.log(T_val)).sum(axis=1).mean()
    assert_allclose(net.best_validation_score_, score, rtol=1e-9)
    held = fit(wild(SoftmaxClassifier, scoring=scoring), X, T)
    assert np.isfinite(held.best_validation_score_)


def test_data_frames(Net, X, y, X_val, y_val):
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame_val = pd.DataFrame(X_val, columns=list("abcd"))
    for scoring in (None, "neg_mean_absolute_error"):  # by predict; warnings fail
        net = wild(Net, scoring=scoring)
        expected = fit(wild(Net, scoring=scoring), X, y, X_val=X_val, y_val=y_val)
        fit(net, frame, pd.Series(y), X_val=frame_val, y_val=pd.Series(y_val))
        assert_array_equal(flat(net), flat(expected))
        assert net.feature_names_in_.tolist() == list("abcd")
        fit(net, frame, pd.Series(y))  # rows of its own
    with pytest.raises(ValueError, match="validation data.*feature names"):
        net.fit(frame, y, X_val=frame_val.rename(columns={"a": "z"}), y_val=y_val)
    for rows, others, text in [
        (frame, X_val, "X has column names and X_val has none: .* Pass X_val as a"),
        (X, frame_val, "X_val has column names and X has none: .* both as arrays"),
    ]:
        with pytest.warns(UserWarning, match=text) as caught:
            fit(make(Net), rows, y, X_val=others, y_val=y_val)
        assert len(caught) == 1


@pytest.mark.parametrize("kind", ["float32", "list", "csr", "csr_matrix", "memmap"])
def test_forms_of_input(Net, kind, X, y, X_val, y_val, tmp_path):
    def memmap(array):
        path = tmp_path / f"{len(array)}.npy"
        np.save(path, array)
        return np.load(path, mmap_mode="r")

    changes = {
        "float32": lambda array: array.astype(np.float32),
        "list": lambda array: array.tolist(),
        "csr": csr_array,
        "csr_matrix": csr_matrix,
        "memmap": memmap,
    }
    change = changes[kind]
    scoring = None if kind != "csr" else "neg_mean_absolute_error"
    net = wild(Net, scoring=scoring)
    fit(net, change(X), y, X_val=change(X_val), y_val=y_val)
    dense = wild(Net, scoring=scoring)
    fit(dense, X, y, X_val=X_val, y_val=y_val)
    rtol = 1e-2 if kind == "float32" else 1e-9
    assert net.coefs_[0].dtype == (np.float32 if kind == "float32" else np.float64)
    assert_allclose(net.validation_scores_[:4], dense.validation_scores_[:4], rtol=rtol)
    mixed = wild(Net, scoring=scoring)
    fit(mixed, X, y, X_val=change(X_val), y_val=y_val)
    assert_allclose(mixed.validation_scores_[:4], dense.validation_scores_[:4], rtol)
    if kind != "float32":
        assert_allclose(flat(net), flat(dense), rtol=1e-6, atol=1e-9)


def test_nothing_given_is_written_to(Net, X, y, X_val, y_val, weights_val):
    arrays = [X_val, y_val, weights_val]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    fit(make(Net), X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights_val)
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)


WRONG = {
    "labels": (lambda X, y: (X, y + 1), "not in `self.classes_`"),
    "features": (lambda X, y: (X[:, :3], y), "X has 3 features, but .* expecting 4"),
    "length": (lambda X, y: (X, y[1:]), r"\[35, 34\]"),
    "weights": (lambda X, y: (X, y, np.ones(7)), r"\[35, 35, 7\]"),
    "negative weights": (lambda X, y: (X, y, -np.ones(35)), "sample_weight"),
    "no weights": (lambda X, y: (X, y, np.zeros(35)), "at least one non-zero"),
    "nan": (lambda X, y: (X * np.nan, y), "NaN"),
    "empty": (lambda X, y: (X[:0], y[:0]), "0 sample"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_wrong_data_are_named(Net, change, message, X, y, X_val, y_val, no_work):
    if "classes_" in message and not is_classifier(Net()):
        change, message = lambda X, y: (X, np.c_[y, y]), "2 outputs of the net"
    names = ("X_val", "y_val", "sample_weight_val")
    extra = dict(zip(names, change(X_val, y_val), strict=False))
    net = make(Net)
    with pytest.raises(ValueError, match=rf"(?s)validation data \(X_val.*{message}"):
        net.fit(X, y, **extra)
    assert vars(net) == net.get_params()


@pytest.mark.parametrize("names", [["X_val"], ["y_val"], ["sample_weight_val"]])
def test_parts_go_together(Net, names, X, y, X_val, y_val):
    extra = {name: {"X_val": X_val}.get(name, y_val) for name in names}
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        make(Net).fit(X, y, **extra)


def test_other_number_of_labels_is_refused(X, X_val):
    Y, Y_val = (X[:, :3] > 0).astype(int), (X_val[:, :2] > 0).astype(int)
    with pytest.raises(ValueError, match="validation data.*indicator matrix of 2"):
        make(MLPClassifier).fit(X, Y, X_val=X_val, y_val=Y_val)


def test_one_way_to_say_it(Net, X, y, X_val, y_val):
    net = make(Net, validation_split=3)
    with pytest.raises(ValueError, match="validation_split and X_val both say"):
        net.fit(X, y, X_val=X_val, y_val=y_val)
    given = ValidationSet(X_val, y_val)
    with pytest.raises(ValueError, match="which has y and sample_weight of its own"):
        net.fit(X, y, X_val=given, y_val=y_val)


# Rows of a split.


GROUPS = np.repeat(np.arange(6), 10)
FOLD = np.where(np.arange(60) % 4, -1, 0)
SPLITS = {
    "kfold": (KFold(3), lambda X, y: next(KFold(3).split(X, y))),
    "shuffled": (
        KFold(3, shuffle=True, random_state=1),
        lambda X, y: next(KFold(3, shuffle=True, random_state=1).split(X, y)),
    ),
    "stratified": (
        StratifiedKFold(4),
        lambda X, y: next(StratifiedKFold(4).split(X, y)),
    ),
    "predefined": (
        PredefinedSplit(FOLD),
        lambda X, y: (np.flatnonzero(FOLD), np.flatnonzero(FOLD == 0)),
    ),
    "time": (TimeSeriesSplit(2), lambda X, y: (np.arange(20), np.arange(20, 40))),
    "groups": (
        list(GroupKFold(3).split(np.zeros(60), groups=GROUPS)),
        lambda X, y: next(GroupKFold(3).split(X, y, GROUPS)),
    ),
    "lists": (
        [([*range(20), 25], [23, 22])],
        lambda X, y: ([*range(20), 25], [23, 22]),
    ),
    "ranges": (
        [(range(45), range(45, 60))],
        lambda X, y: (np.arange(45), np.arange(45, 60)),
    ),
    "masks": (
        [(np.arange(60) < 50, np.arange(60) >= 50)],
        lambda X, y: (np.arange(50), np.arange(50, 60)),
    ),
    "from the end": (
        [(np.arange(-60, -10), np.arange(-10, 0))],
        lambda X, y: (np.arange(50), np.arange(50, 60)),
    ),
}


@parametrize_pairwise(Net=NETS, case=SPLITS, shuffle=[False, True])
def test_first_split_of_a_splitter(Net, case, shuffle, X, y, held_out):
    split, expected = case
    if "Stratified" in repr(split) and not is_classifier(Net()):
        y = y % 2
    net = wild(Net, validation_split=split, shuffle=shuffle, scoring=held_out)
    fit(net, X, y)
    train, held = expected(X, y)
    assert_array_equal(held_out.rows, held)
    assert net.t_ == net.n_iter_ * len(train)
    assert net.score(X[held], y[held]) == net.best_validation_score_
    if not shuffle:
        other = wild(Net, shuffle=False)
        fit(other, X[train], y[train], X_val=X[held], y_val=y[held])
        assert_array_equal(flat(net), flat(other))


def test_number_of_folds(Net, X, y, held_out):
    net = make(Net, validation_split=4, early_stopping=True, scoring=held_out)
    fit(net, X, y)
    splitter = StratifiedKFold(4) if is_classifier(net) else KFold(4)
    train, held = next(splitter.split(X, y))
    assert_array_equal(held_out.rows, held)
    assert net.t_ == net.n_iter_ * len(train)


LABELS = {
    "stratified": (np.repeat(["a", "b", "c"], [40, 10, 10]), 0.2, [8, 2, 2]),
    "a class of one row": (np.repeat([0, 1, 2], [1, 1, 58]), 0.2, None),
    "fewer rows than classes": (np.repeat(range(20), 3), 0.1, None),
}


@pytest.mark.parametrize(("y", "fraction", "n_held"), LABELS.values(), ids=LABELS)
def test_a_random_share_is_stratified_where_that_is_possible(
    Classifier, y, fraction, n_held, X, held_out
):
    net = make(Classifier, early_stopping=True, scoring=held_out)
    fit(net.set_params(validation_fraction=fraction), X, y)
    assert len(set(held_out.rows)) == 60 * fraction
    assert net.t_ == net.n_iter_ * (60 - len(held_out.rows))
    if n_held is not None:
        found = np.unique(y[held_out.rows], return_counts=True)[1]
        assert found.tolist() == n_held


@pytest.mark.parametrize("codes", [[0, 0, 1], [1, 0, 1]])
@pytest.mark.parametrize("labels", [["ham", "spam"], [-2, 7]])
def test_one_row_of_one_of_two_classes_cannot_be_held_out(codes, labels):
    y = np.array(labels)[codes]
    only = labels[codes == [0, 0, 1]]
    message = (
        rf"Only one row has the label '?{only}'?: .*early_stopping=False.*"
        rf"too few members are: \['{codes == [0, 0, 1]}'\], the answer to y =="
    )
    with pytest.raises(ValueError, match=message):
        make(MLPClassifier, early_stopping=True).fit(np.eye(3), y)


def test_split_is_held_out_without_early_stopping_too(Net, X, y):
    net = fit(make(Net, validation_split=3), X, y)
    assert net.t_ == net.n_iter_ * 40
    assert np.isfinite(net.history_["validation_loss"]).all()
    assert net.validation_scores_ is None


def test_splits_of_strings_and_soft_targets_are_stratified(X, y):
    names = np.array(["a", "b", "c"])[y]
    params = {"validation_split": StratifiedKFold(3), "scoring": "f1_macro"}
    for targets in (names, np.eye(3)[y] * 0.8 + 0.2 / 3):
        net = fit(wild(SoftmaxClassifier, **params), X, targets)
        assert 0 < net.best_validation_score_ <= 1


def test_weights_of_held_rows(Classifier, X, y):
    weights = np.random.default_rng(0).uniform(0.1, 3, 60)
    _, held = next(KFold(3).split(X))
    for scoring, score in (
        (None, accuracy_score),
        ("f1_macro", lambda *a, **kw: f1_score(*a, average="macro", **kw)),
    ):
        net = wild(Classifier, validation_split=KFold(3), scoring=scoring)
        fit(net, X, y, weights)
        expected = score(y[held], net.predict(X[held]), sample_weight=weights[held])
        assert_allclose(net.best_validation_score_, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ([], "there is none"),
        (iter([]), "there is none"),
        ([(range(60), [])], "60 rows to train on and 0 to validate on"),
        ([([], range(60))], "0 rows to train on"),
        ([(range(50), [60])], "out of bounds"),
        ([(range(50),)], "unpack"),
        (GroupKFold(3), r"list\(splitter.split\(X, y, groups\)\)"),
        (100, "n_splits=100"),
        (PredefinedSplit(np.arange(70) % 2), "out of bounds"),
    ],
)
def test_split_that_fails(Net, split, message, X, y):
    net = make(Net, validation_split=split)
    with pytest.raises(
        ValueError, match=f"first split of validation_split=.*{message}"
    ):
        net.fit(X, y)
    assert vars(net) == net.get_params()


def test_one_fold_is_refused(Net, X, y):
    with pytest.raises(ValueError, match="'validation_split' parameter|n_splits=1"):
        make(Net, validation_split=1).fit(X, y)


@pytest.mark.parametrize("zero", ["trained", "held"])
def test_split_without_weight_is_refused(Net, zero, X, y):
    weights = np.ones(60)
    weights[20:] = 0
    if zero == "held":
        weights = 1 - weights
    with pytest.raises(ValueError, match="all training rows.*all validation rows"):
        make(Net, validation_split=KFold(3)).fit(X, y, weights)


def test_warm_start_holds_out_the_same_rows(Net, X, y, held_out):
    """Others would have been trained on."""
    net = wild(Net, warm_start=True, max_iter=3, scoring=held_out)
    for _ in range(3):
        fit(net, X, y)
    for rows in held_out.sets[1:]:
        assert_array_equal(rows, held_out.sets[0])


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_warm_start_on_other_rows_starts_with_a_new_best_score(
    Net, solver, X, y, X_val, y_val
):
    """The best score of easy rows is not what hard ones have to reach."""
    net = wild(Net, warm_start=True, max_iter=6, solver=solver)
    net.set_params(scoring="loss", batch_size=60)
    easy = fit(net, X, y, X_val=X_val, y_val=y_val).best_validation_score_
    hard = {"X_val": 0.1 * X_val, "y_val": y_val}
    if not is_classifier(net):
        hard["y_val"] = y_val + 5
    start = fit(clone(net).set_params(max_iter=6), X, y, X_val=X_val, y_val=y_val)
    fit(net, X, y, **hard)
    fit(start.set_params(scoring=None, early_stopping=False), X, y, **hard)
    scores = -start.history_["validation_loss"][start.n_iter_ :]
    assert_allclose(net.validation_scores_[-6:], scores[:6], rtol=1e-9)
    assert easy > net.best_validation_score_ >= max(scores[:6])


def test_no_warning_but_convergence(Net, X, y, X_val, y_val):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        wild(Net, scoring="loss", max_iter=2).fit(X, y, X_val=X_val, y_val=y_val)
    assert [warning.category for warning in caught] == [ConvergenceWarning]


# Targets in other units than those that are trained on.

PRICES = 3e5 + 1e5 * np.sin(np.arange(200))
UNITS = {
    "scaled": (StandardScaler(), PRICES),
    "logarithms": (FunctionTransformer(np.log, np.exp, check_inverse=False), PRICES),
    "about zero": (StandardScaler(), PRICES - 3e5),
    "ten times as wide": (StandardScaler(), 10 * np.sin(np.arange(200))),
}


@pytest.mark.parametrize("case", UNITS.values(), ids=UNITS.keys())
def test_targets_that_the_transformer_left_as_they_are_are_noticed(case):
    transformer, y = case
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = TransformedTargetRegressor(make(MLPRegressor), transformer=transformer)
    message = "y_val lies far outside y: .*TransformedTargetRegressor transforms y and"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        with pytest.warns(UserWarning, match=message):
            model.fit(X, y, X_val=X[:50], y_val=y[:50])
        y_val = clone(transformer).fit(y[:, None]).transform(y[:50, None])[:, 0]
        model.fit(X, y, X_val=X[:50], y_val=y_val)


def _moved(seed):
    """Return y and y_val as they honestly come about, some of them far apart."""
    rng = np.random.default_rng(seed)
    time = np.arange(250.0)
    return [
        (rng.normal(size=200), rng.normal(size=50)),
        (rng.normal(size=200), rng.normal(size=50) + 3),
        (rng.standard_cauchy(200), rng.standard_cauchy(50)),
        (rng.lognormal(sigma=2, size=200), rng.lognormal(sigma=2, size=50)),
        (time[:200], time[200:]),
        (np.exp(time / 25)[:200], np.exp(time / 25)[200:]),
        (rng.poisson(0.05, 200), rng.poisson(0.5, 50)),
        (rng.normal(size=200), rng.normal(size=3) + 2),
        (np.zeros(200), rng.normal(size=50)),  # one value: nothing is far
        (rng.normal(size=5), 100 * rng.normal(size=50)),  # too few rows to tell
        (rng.normal(size=(200, 2)), rng.normal(size=(50, 2))),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_honest_targets_far_apart_give_no_warning(seed):
    for y, y_val in _moved(seed):
        X, X_val = np.ones((len(y), 1)), np.ones((len(y_val), 1))
        fit(make(MLPRegressor, solver="sgd", learning_rate_init=1e-30, max_iter=1),
            X, y, X_val=X_val, y_val=y_val)  # fmt: skip


def test_honest_rows_far_apart_give_no_warning():
    for x, x_val in _moved(0):
        X, X_val = (values.reshape(len(values), -1) for values in (x, x_val))
        fit(make(MLPRegressor, solver="sgd", learning_rate_init=1e-30, max_iter=1),
            X, X[:, 0], X_val=X_val, y_val=X[:1, 0].repeat(len(X_val)))  # fmt: skip


@pytest.mark.parametrize("named", [False, True])
def test_rows_that_a_pipeline_left_as_they_are_are_noticed(named):
    X = 1000 * np.random.default_rng(0).normal(size=(60, 3))
    y = X[:, 0] > 0
    net = make(SoftmaxClassifier, standardize=False)
    if named:
        X = pd.DataFrame(X, columns=list("abc"))
    scaler = StandardScaler().set_output(transform="pandas" if named else "default")
    message = f"in column {'.a.' if named else 0}: X goes .* Pipeline.*transform_input"
    with pytest.warns(UserWarning, match=f"X_val lies far outside X {message}"):
        fit(net, scaler.fit_transform(X), y, X_val=X, y_val=y)
    fit(net, scaler.transform(X), y, X_val=scaler.transform(X), y_val=y)


def test_the_column_whose_targets_are_far_away_is_named():
    y = np.random.default_rng(0).normal(size=(200, 2))
    with pytest.warns(UserWarning, match="far outside y in column 1: y goes from -"):
        fit(make(MLPRegressor), y, y, X_val=y[:50], y_val=y[:50] * [1, 1000])


def test_partial_fit_knows_one_batch_of_targets(X):
    net = make(MLPRegressor)
    net.partial_fit(X, X[:, 0], X_val=X, y_val=100 + 0 * X[:, 0])


@pytest.mark.parametrize("split", [3, KFold(3)])
def test_split_of_columns_of_many_types(split, Classifier, X):
    y = np.array([["a", 1], ["b", 2], ["a", 3]], object)[np.arange(60) % 3]
    net = make(Classifier, validation_split=split, early_stopping=True, max_iter=2)
    assert len(fit(net, X, y).validation_scores_) == 2


@pytest.mark.parametrize("n", [1, 2, 30])
@pytest.mark.parametrize("weighted", [None, "f4", "f8"])
@pytest.mark.parametrize("kind", ["f4", "f8", "int", "constant", "exact", "two"])
def test_own_scores_are_those_of_sklearn_to_the_bit(n, weighted, kind):
    """The scores of early stopping leave out the checks, and nothing else."""
    rng = np.random.default_rng(0)
    y = 10 * rng.normal(size=(n, 2) if kind == "two" else n)
    y = np.ones(n) if kind == "constant" else y
    predicted = y if kind == "exact" else (y + rng.normal(size=y.shape)).astype("f4")
    y = y.astype({"f4": "f4", "int": int}.get(kind, "f8"))
    weights = None if weighted is None else rng.uniform(0.1, 2, n).astype(weighted)
    targets = Numbers(MLPRegressor())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        expected = r2_score(y, predicted, sample_weight=weights)
        assert_array_equal(targets.score(y, predicted, weights), expected)
        assert_array_equal(targets.score_predictions(y, predicted, weights), expected)
    labels, decided = rng.integers(0, 3, (2, n))
    expected = accuracy_score(labels, decided, sample_weight=weights)
    targets = Labels(MLPClassifier(), np.arange(3))
    assert targets.score(labels, decided, weights) == expected
    for classes in (
        np.arange(3),
        np.array(["a", "b", "cc"]),
        np.array(list("abc"), "O"),
    ):
        words = classes[labels], classes[decided], weights
        assert targets.score_predictions(*words) == expected
    several, decided = rng.integers(0, 2, (2, n, 3))
    expected = accuracy_score(several, decided, sample_weight=weights)
    targets = Indicator(LogisticClassifier(), np.arange(3))
    assert targets.score(several, decided, weights) == expected
    assert targets.score_predictions(several, decided, weights) == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_score_refuses_targets_that_are_not_finite(bad, X):
    net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(X, X[:, 0])
    y = X[:, 0].copy()
    y[3] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        net.score(X, y)
