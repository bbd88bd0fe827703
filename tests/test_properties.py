"""Options and small data drawn at random: what must hold for every net."""

import warnings

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier

from skdl import (
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
    SoftmaxClassifier,
    SVMClassifier,
)
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.initializers import INITIALIZERS
from skdl.engine.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from skdl.engine.optimizers import OPTIMIZERS

rates = st.sampled_from([0.0, 0.1, 0.5])
OPTIONS = {
    "hidden_layer_sizes": st.sampled_from([(), (3,), (4, 4), (5, 3, 3)]),
    "activation": st.sampled_from(sorted(ACTIVATIONS)),
    "solver": st.sampled_from([*sorted(OPTIMIZERS), "lbfgs"]),
    "alpha": st.sampled_from([0.0, 1e-4, 1.0]),
    "batch_size": st.sampled_from(["auto", 1, 7]),
    "learning_rate": st.sampled_from(["constant", "invscaling", "adaptive"]),
    "shuffle": st.booleans(),
    "momentum": st.sampled_from([0.0, 0.9]),
    "nesterovs_momentum": st.booleans(),
    "early_stopping": st.booleans(),
    "validation_fraction": st.just(0.3),
    "warm_start": st.booleans(),
    "penalty": st.sampled_from([None, "l2", "l1", "elasticnet", "l0"]),
    "dropout": st.none() | rates,
    "normalization": st.sampled_from([None, "batch"]),
    "normalization_position": st.sampled_from(["before", "after"]),
    "residual": st.booleans(),
    "weight_init": st.none() | st.sampled_from(["auto", 0.1, *sorted(INITIALIZERS)]),
    "max_grad_norm": st.sampled_from([None, 1.0]),
    "scoring": st.sampled_from([None, "loss"]),
    "max_restarts": st.sampled_from([0, 2]),
}
FOR_CLASSES = {
    "label_smoothing": st.sampled_from([0.0, 0.1]),
    "class_weight": st.sampled_from([None, "balanced"]),
}
LOSSES = {
    MLPClassifier: ["log_loss", *sorted(CLASSIFICATION_LOSSES)],
    MLPRegressor: sorted(REGRESSION_LOSSES),
    SVMClassifier: ["hinge", "squared_hinge"],
}
NETS = [
    LogisticClassifier, MLPClassifier, MLPRegressor, SVMClassifier, SoftmaxClassifier,
]  # fmt: skip
labels = st.sampled_from([["a", "b"], ["x", "y", "z"], [-1, 1], [False, True], [0]])


@st.composite
def cases(draw):
    """A net of drawn options, and data for it."""
    Net = draw(st.sampled_from(NETS))
    table = OPTIONS if Net is MLPRegressor else OPTIONS | FOR_CLASSES
    named = draw(st.sets(st.sampled_from(sorted(table)), max_size=8))
    options = {name: draw(table[name]) for name in sorted(named)}
    if Net in LOSSES:
        options["loss"] = draw(st.sampled_from(LOSSES[Net]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, dtype = draw(st.integers(12, 40)), draw(st.sampled_from(["f4", "f8"]))
    X = rng.normal(size=(n, draw(st.integers(1, 4)))).astype(dtype)
    if Net is MLPRegressor:
        y = np.abs(rng.normal(size=n))
    else:
        names = np.array(draw(labels))
        y = names[rng.permutation(np.arange(n) % len(names))]
    weights = rng.uniform(0, 2, n) if draw(st.booleans()) else None
    return Net(max_iter=3, random_state=0, **options), X, y, weights


def fit(net, X, y, weights):
    """Return the fitted net, or None where ``fit`` refuses, with what it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return net.fit(X, y, weights)
        except ValueError as error:
            refusal = str(error)
    assert len(refusal) > 20
    assert not hasattr(net, "n_features_in_")
    return None


def outputs(net, X):
    names = ["predict_proba", "predict_log_proba", "decision_function"]
    if not is_classifier(net):
        names = ["predict"]
    return {name: getattr(net, name)(X) for name in names if hasattr(net, name)}


@given(cases())
@settings(
    max_examples=300, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_net(case):
    net, X, y, weights = case
    fitted = fit(net, X, y, weights)
    if fitted is None:
        return
    found = outputs(fitted, X)
    tolerance = 1e-4 if X.dtype == np.float32 else 1e-9
    order = np.random.default_rng(0).permutation(len(X))
    again = outputs(fit(clone(net), X, y, weights), X)
    for name, values in found.items():
        assert np.isfinite(values).all(), name
        assert_array_equal(again[name], values)
        shuffled = outputs(fitted, X[order])[name]
        assert_allclose(shuffled, values[order], rtol=tolerance, atol=tolerance)
        one = outputs(fitted, X[:1])[name]
        assert_allclose(one, values[:1], rtol=tolerance, atol=tolerance)
    assert np.isfinite(fitted.loss_curve_[-1:]).all()


@given(cases())
@settings(
    max_examples=40, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_most_draws_are_fitted(case):
    """What is drawn above is mostly no nonsense, or nothing would be tested."""
    counts = test_most_draws_are_fitted.counts
    counts.append(fit(*case) is not None)
    if len(counts) == 40:
        assert np.mean(counts) > 0.4


test_most_draws_are_fitted.counts = []
