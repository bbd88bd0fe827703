"""Checks of layers, on constructed records."""

import numpy as np
import pytest

from skdl.engine import Maxout, Relu, Tanh
from skdl.engine.activations import ACTIVATIONS
from skdl.engine.probe import LayerRecord
from tests.inspection.private_names import (
    check_activations,
    check_gradient_flow,
    check_gradient_signs,
    check_units,
    check_weights,
)

RNG = np.random.default_rng(0)


def record(name, **arrays):
    usual = {
        "weights": RNG.normal(0, 0.3, (8, 10)),
        "biases": np.zeros((1, 10)),
        "preactivations": RNG.normal(size=(50, 10)),
        "activations": RNG.normal(size=(50, 10)),
        "weight_gradient": RNG.normal(size=(8, 10)),
        "bias_gradient": RNG.normal(size=(1, 10)),
        "activation_gradient": RNG.normal(size=(50, 10)),
    }
    return LayerRecord(name, **usual | arrays)


def layers(number, **arrays):
    """Return three hidden layers and the output, one of them with other arrays."""
    names = ["hidden 1", "hidden 2", "hidden 3", "output"]
    return [
        record(name, **arrays if i == number else {}) for i, name in enumerate(names)
    ]


def found(findings):
    return {finding.kind: finding.where for finding in findings}


@pytest.mark.parametrize(
    ("factor", "kind"),
    [
        (1e-5, "vanishing_gradient"),
        (0, "vanishing_gradient"),
        (1e5, "exploding_gradient"),
        (np.inf, "exploding_gradient"),
        (0.05, None),
        (20, None),
    ],
)
def test_gradient_flow(factor, kind):
    records = layers(1, activation_gradient=np.full((50, 10), factor))
    expected = {} if kind is None else {kind: "hidden 2"}
    assert found(check_gradient_flow(records, "now")) == expected


def test_a_net_without_gradients_or_hidden_layers_is_left_alone():
    records = [
        record(f"hidden {i}", activation_gradient=np.zeros((50, 10))) for i in range(3)
    ]
    assert not found(check_gradient_flow(records, "now"))
    assert not found(check_gradient_flow([record("output")], "now"))


def test_gradient_signs():
    positive = np.abs(RNG.normal(size=(8, 10))) * RNG.choice([-1, 1], 10)
    X = 3 + RNG.uniform(size=(50, 8))
    first = layers(0, weight_gradient=positive)
    expected = {"one_sign_gradient": "hidden 1"}
    assert found(check_gradient_signs(first, X, "now")) == expected
    # Inputs of both signs, centred inputs, the output layer, and mixed gradients.
    assert not found(check_gradient_signs(first, X - 3.5, "now"))
    assert not found(check_gradient_signs(first, X - 3, "now"))
    assert not found(check_gradient_signs(layers(1, weight_gradient=positive), X, ""))
    assert not found(check_gradient_signs(layers(3, weight_gradient=positive), X, ""))
    assert not found(check_gradient_signs(layers(0), X, "now"))
    two = layers(0, weight_gradient=positive[:2])
    assert not found(check_gradient_signs(two, X[:, :2], "now"))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "softplus", "gelu"])
def test_dead_units(name):
    activation = ACTIVATIONS[name]()
    Z = RNG.normal(size=(50, 10))
    Z[:, :5] = -30
    records = layers(1, preactivations=Z)
    expected = {} if name == "leaky_relu" else {"dead_units": "hidden 2"}
    assert found(check_units(records, [activation] * 3, "now")) == expected
    Z[:, 2:5] = 1
    assert not found(check_units(records, [activation] * 3, "now"))


@pytest.mark.parametrize("name", ["tanh", "logistic"])
def test_saturated_units(name):
    activation = ACTIVATIONS[name]()
    records = layers(1, preactivations=RNG.normal(0, 20, (50, 10)))
    expected = {"saturated_units": "hidden 2"}
    assert found(check_units(records, [activation] * 3, "now")) == expected
    assert not found(check_units(layers(0), [activation] * 3, "now"))


def test_maxout_has_no_slopes_to_look_at():
    Z = np.full((50, 20), -30.0)
    records = layers(0, preactivations=Z)
    assert not found(check_units(records, [Maxout(), Relu(), Tanh()], "now"))


def test_activations():
    shifted = layers(0, activations=RNG.normal(30, 1, (50, 10)))
    expected = {"uncentred_activations": "hidden 1"}
    assert found(check_activations(shifted, "now")) == expected
    constant = layers(2, activations=np.ones((50, 10)))
    assert found(check_activations(constant, "")) == {
        "uncentred_activations": "hidden 3"
    }
    rectified = layers(0, activations=np.maximum(RNG.normal(size=(50, 10)), 0))
    assert not found(check_activations(rectified, "now"))
    assert not found(check_activations(layers(1, activations=np.zeros((50, 10))), ""))
    # Scores may have any mean.
    scores = layers(3, activations=RNG.normal(90, 1, (50, 10)))
    assert not found(check_activations(scores, "now"))


def test_weights():
    large = layers(3, weights=RNG.normal(0, 9, (8, 10)))
    assert found(check_weights(large, "now")) == {"large_weights": "output"}
    assert not found(check_weights(layers(0), "now"))
