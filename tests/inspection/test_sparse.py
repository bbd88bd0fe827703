"""Sparse rows in all formats, as arrays and as matrices."""

import warnings
from functools import cache

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.ensemble import (
    CheckpointEnsembleClassifier,
    CheckpointEnsembleRegressor,
    SeedEnsembleClassifier,
    SeedEnsembleRegressor,
)
from skdl.inspection import (
    GradientFlowDisplay,
    MistakesDisplay,
    NeuralFeatures,
    TopActivationDisplay,
    diagnose,
    find_learning_rate,
    hidden_activations,
    input_gradients,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The loss did not fall"),
]

RNG = np.random.default_rng(0)
DENSE = np.maximum(RNG.normal(size=(40, 9)), 0)
Y = DENSE[:, :3].argmax(axis=1)
SHORT = {"max_time": 1e-3, "max_steps": 2}
FORMATS = [
    getattr(sparse, f"{form}_{kind}")
    for form in ("csr", "csc", "coo")
    for kind in ("array", "matrix")
]


def net():
    return SoftmaxClassifier((4,), max_iter=3, random_state=0, standardize=False)


@cache
def fitted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return net().fit(DENSE, Y)


CALLS = {
    "hidden_activations": lambda X: hidden_activations(fitted(), X),
    "input_gradients": lambda X: input_gradients(fitted(), X),
    "input_gradients of the loss": lambda X: input_gradients(fitted(), X, Y),
    "NeuralFeatures": lambda X: NeuralFeatures(net()).fit(X, Y).transform(X),
    "find_learning_rate": lambda X: find_learning_rate(net(), X, Y, n_steps=20).losses,
    "diagnose": lambda X: diagnose(net(), X, Y, **SHORT).facts["inputs"],
    "diagnose fitted": lambda X: diagnose(fitted(), X, Y, **SHORT).facts["inputs"],
    "TopActivationDisplay": lambda X: TopActivationDisplay.from_estimator(
        fitted(), X
    ).image_.get_array(),
    "MistakesDisplay": lambda X: MistakesDisplay.from_estimator(fitted(), X, Y).indices,
    "GradientFlowDisplay": lambda X: (
        GradientFlowDisplay.from_estimator(fitted(), X, Y).gradient_mean
    ),
    **{
        Ensemble.__name__: lambda X, Ensemble=Ensemble: (
            Ensemble(n_members=2, estimator=clone(fitted()), random_state=0)
            .fit(X, Y)
            .decision_function(X)
        )
        for Ensemble in (CheckpointEnsembleClassifier, SeedEnsembleClassifier)
    },
    **{
        Ensemble.__name__: lambda X, Ensemble=Ensemble: (
            Ensemble(
                MLPRegressor(hidden_layer_sizes=(4,), max_iter=3),
                n_members=2,
                random_state=0,
            )
            .fit(X, Y)
            .predict(X)
        )
        for Ensemble in (CheckpointEnsembleRegressor, SeedEnsembleRegressor)
    },
}


@pytest.mark.parametrize("name", CALLS)
def test_formats_do_not_matter(name):
    expected = CALLS[name](sparse.csr_array(DENSE))
    for make in FORMATS:
        np.testing.assert_allclose(CALLS[name](make(DENSE)), expected, rtol=1e-9)


WORDS = np.array(list("abc"))[Y]
BEHIND = {
    "OneHotEncoder": (OneHotEncoder(), np.column_stack([WORDS, WORDS[::-1]])),
    "TfidfVectorizer": (TfidfVectorizer(), [f"a {w}{w} of {w}s" for w in WORDS]),
    "KBinsDiscretizer": (
        KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
        RNG.normal(size=(40, 2)),
    ),
}


@pytest.mark.parametrize("step", BEHIND)
def test_diagnose_behind_transformers_with_sparse_matrices(step):
    step, X = BEHIND[step]
    model = make_pipeline(step, net())
    for one in (model, clone(model).fit(X, Y)):
        assert "trial" in diagnose(one, X, Y, **SHORT).facts
