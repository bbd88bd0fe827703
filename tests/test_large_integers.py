"""Integers that no float can hold: a ValueError names the parameter and its range."""

import numpy as np
import pandas as pd
import pytest

from skdl import MLPClassifier, MLPRegressor, Standardizer, TabularClassifier
from skdl import TabularRegressor as Tabular
from skdl.engine import Adam, Quantile, StepDecay
from skdl.ensemble import (
    BaggingEnsembleClassifier,
    CheckpointEnsembleClassifier,
    SeedEnsembleClassifier,
)
from skdl.inspection import find_learning_rate
from skdl.metrics import entropy
from skdl.model_selection import CoarseToFineSearchCV
from skdl.preprocessing import PCAWhitener, TabularEncoder

HUGE = 10**400
X = np.random.default_rng(0).normal(size=(6, 2))
y = [0, 1] * 3
cells = [[1.0, 2], [3, HUGE]] + [[1, 2]] * 4
numbers, weights = [0.5, HUGE, 1, 2, 3, 4], [1, HUGE, 1, 1, 1, 1]


def clf(**params):
    return MLPClassifier(**params).fit(X, y)


def reg(y=numbers, **arguments):
    return MLPRegressor().fit(X, y, **arguments)


def score(y, weights=None):
    net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs").fit(X, X[:, 0])
    return net.score(X, y, weights)


PARAMETERS = {
    **dict.fromkeys(("alpha", "tol"), "a float in the range [0.0, inf)"),
    **dict.fromkeys(("learning_rate_init", "epsilon"), "a float in the range (0.0, in"),
    "max_iter": "an int in the range [1, inf)",
    "max_time": "None or a float in the range (0.0, inf)",
    "weight_init": "None, a str among {",
    "hidden_layer_sizes": "an array-like or an int in the range [1, inf)",
}


@pytest.mark.parametrize(("name", "allowed"), PARAMETERS.items(), ids=PARAMETERS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_parameter_of_a_net_is_named_with_its_range(name, allowed, sign):
    with pytest.raises(ValueError, match=r".") as caught:
        clf(**{name: sign * HUGE})
    said = str(caught.value)
    assert said.startswith(f"The {name!r} parameter of MLPClassifier must be {allowed}")
    assert said.endswith(
        f"Got a{'n' if sign > 0 else ' negative'} integer of 401 digits instead. "
        "Numbers go up to 1.8e+308."
    )


VALUES = {
    "width": (lambda: clf(hidden_layer_sizes=(2, HUGE)), "hidden_layer_sizes must be"),
    "class_weight": (lambda: clf(class_weight={0: HUGE}), "class_weight must hold fin"),
    "optimizer": (
        lambda: clf(solver=Adam(beta_1=HUGE)),
        r"Adam: beta_1 .* in \[0, 1\)",
    ),
    "schedule": (
        lambda: StepDecay(decay=HUGE).check(),
        r"StepDecay: decay .* in \(0, ",
    ),
    "quantiles": (lambda: Quantile([HUGE]).check(), r"quantiles .* in \(0, 1\)"),
    "members": (
        lambda: SeedEnsembleClassifier(n_members=HUGE).fit(X, y),
        "'n_members'",
    ),
    "tabular": (
        lambda: TabularClassifier(n_members=HUGE).fit(X, y),
        "'n_members' para",
    ),
    "whitening": (lambda: PCAWhitener(eps=HUGE).fit(X), "'eps' parameter of PCAWh"),
    "rates": (lambda: find_learning_rate(clf(), X, y, max_rate=HUGE), "max_rate must"),
    "range": (
        lambda: CoarseToFineSearchCV(clf(), {"alpha": (1, HUGE)}).fit(X, y),
        "'alpha': Log: high must be a finite number",
    ),
    "distribution": (lambda: entropy([1, HUGE]), "p must be a dense array of real num"),
}


@pytest.mark.parametrize("Model", [SeedEnsembleClassifier, BaggingEnsembleClassifier,
    CheckpointEnsembleClassifier, TabularClassifier])  # fmt: skip
def test_more_members_than_the_memory_holds_are_refused(Model):
    allowed = r"'n_members' parameter .* must be .*an int in the range \[1, 10000\]"
    with pytest.raises(ValueError, match=f"{allowed}. Got 2147483648 instead"):
        Model(n_members=2**31).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("call", "words"), VALUES.values(), ids=VALUES)
def test_a_setting_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


CELL = "^X holds an integer of 401 digits in column 1, row 1 .counted from 0.*1.8e.308"
ENTRY = "holds an integer of 401 digits in row 1 .counted from 0.*1.8e.308"
DATA = {
    "X": (lambda: MLPClassifier().fit(cells, y), CELL),
    "X of objects": (lambda: MLPClassifier().fit(np.array(cells, object), y), CELL),
    "X in a frame": (lambda: MLPClassifier().fit(pd.DataFrame(cells), y), CELL),
    "X of a transformer": (lambda: Standardizer().fit(cells), CELL),
    "X of an encoder": (lambda: TabularEncoder().fit(cells), "Column 1 of X " + ENTRY),
    "X_val": (lambda: reg(X[:, 0], X_val=cells, y_val=X[:, 0]), "X " + CELL[3:]),
    "y": (reg, "^y " + ENTRY),
    "y in two columns": (lambda: reg(cells), "^y" + CELL[2:]),
    "y of a tabular net": (lambda: Tabular().fit(X, numbers), "^y " + ENTRY),
    "y_val": (lambda: reg(X[:, 0], X_val=X, y_val=numbers), "y " + ENTRY),
    "y of score": (lambda: score(numbers), "^y " + ENTRY),
    "weights": (lambda: reg(X[:, 0], sample_weight=weights), "^sample_weight " + ENTRY),
    "weights of score": (lambda: score(X[:, 0], weights), "^sample_weight " + ENTRY),
    "labels": (lambda: MLPClassifier().fit(X, weights), "y holds integers beyond 64 b"),
}


@pytest.mark.parametrize(("call", "words"), DATA.values(), ids=DATA)
def test_an_entry_of_the_data_is_named_with_its_place(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_infinity_in_a_column_of_objects_is_named():
    column = np.array([1.0, np.inf, 2.0], object)
    words = "X contains infinity, first in column 'a', row 1"
    with pytest.raises(ValueError, match=words):
        TabularEncoder().fit(pd.DataFrame({"a": column}))
