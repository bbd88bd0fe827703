"""Inspection refuses the data that fit refuses, with the same errors."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.inspection import (
    GradientFlowDisplay,
    MistakesDisplay,
    TopActivationDisplay,
    diagnose,
    hidden_activations,
    input_gradients,
)

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3
FRAME = pd.DataFrame(X, columns=list("abc"))
CLASSIFIER = SoftmaxClassifier((4,), max_iter=2, random_state=0)
REGRESSOR = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2)

CASES = {
    "lazy X": (CLASSIFIER, pl.DataFrame(X).lazy(), Y),
    "lazy y": (CLASSIFIER, X, pl.LazyFrame({"y": Y})),
    "images": (CLASSIFIER, X.reshape(30, 3, 1), Y),
    "dates": (CLASSIFIER, FRAME.assign(b=pd.Timestamp("2020")), Y),
    "a word": (CLASSIFIER, FRAME.astype(object).assign(a=["?"] + [1] * 29), Y),
    "names": (CLASSIFIER, FRAME.rename(columns={"a": 1}), Y),
    "mixed labels": (CLASSIFIER, X, np.array(["a", 1, 2.5], object)[Y]),
    "tuples": (CLASSIFIER, X, np.fromiter([(1, 2), (3, 4), (5,)], object, 3)[Y]),
    "intervals": (CLASSIFIER, X, pd.Series(pd.interval_range(0, 3).take(Y))),
    "text": (REGRESSOR, X, np.array(list("abc"), object)[Y]),
    "times": (REGRESSOR, X, Y.astype("m8[s]")),
    "bytes": (REGRESSOR, X, np.array([b"a", b"b", b"c"])[Y]),
}


@pytest.mark.parametrize("name", CASES)
def test_diagnose_refuses_what_fit_refuses(name):
    net, rows, y = CASES[name]
    with pytest.raises((TypeError, ValueError)) as refused:
        net.fit(rows, y)
    words = re.escape(str(refused.value)[:60])
    with pytest.raises(refused.type, match=words):
        diagnose(net, rows, y)


@pytest.fixture(scope="module")
def fitted():
    return SoftmaxClassifier((), solver="lbfgs").fit(X, Y)


LAZY = pl.DataFrame(X).lazy()


@pytest.mark.parametrize(
    "call",
    [
        lambda net: diagnose(net, LAZY, Y),
        lambda net: hidden_activations(net, LAZY),
        lambda net: input_gradients(net, LAZY, Y),
        lambda net: GradientFlowDisplay.from_estimator(net, LAZY, Y),
        lambda net: MistakesDisplay.from_estimator(net, LAZY, Y),
        lambda net: TopActivationDisplay.from_estimator(net, LAZY),
    ],
)
def test_lazy_frames(call, fitted):
    with pytest.raises(TypeError, match=r"X is a LazyFrame.*pass X.collect\(\)"):
        call(fitted)


def test_missing_rows(fitted):
    with pytest.raises(ValueError, match="X is missing"):
        diagnose(fitted, None, Y)
