"""Biases that a batch normalization takes out: their gradient is exactly zero."""

import warnings

import numpy as np
import pytest

from skdl import MLPClassifier
from skdl.engine import BatchNorm, Identity, Maxout, Network, Relu, Softmax
from skdl.engine.layers import Affine, BatchNormLayer
from skdl.engine.workspace import Workspace

rng = np.random.default_rng(0)
X, T = rng.normal(size=(9, 3)), np.eye(2)[np.arange(9) % 2]
WEIGHTS = 1.0 + np.arange(9)[:, np.newaxis] % 3


def network(activation, dtype=np.float64, **options):
    options = {"normalization": BatchNorm(), **options}
    net = Network((3, 4, 4, 2), [activation()] * 2, dtype, **options)
    net.parameters[...] = rng.normal(size=net.parameters.shape)
    return net


def gradients(net, rows=slice(None), weights=None, **options):
    """Return the network's gradient, and that of central differences."""
    space = Workspace(net, len(X[rows]), True, rng=np.random.default_rng(1), **options)
    data = X[rows].astype(net.dtype), T[rows].astype(net.dtype), weights
    net.loss_and_gradient(*data, Softmax(), space)
    exact, numeric = space.gradient.copy(), np.zeros_like(space.gradient)
    start, kept = net.snapshot(), net.parameters.copy()
    for i in range(len(kept)):
        sides = []
        for h in (1e-6, -1e-6):
            net.restore(start)
            net.parameters[i] += h
            sides.append(net.loss_and_gradient(*data, Softmax(), space))
        numeric[i] = (sides[0] - sides[1]) / 2e-6
    net.restore(start)
    return exact, numeric


def shifts(net, vector):
    """Return the parts of a vector that are biases or β, for hidden layers."""
    return [
        part[-1]
        for layer, part in zip(net.layers, net.views(vector), strict=True)
        if isinstance(layer, Affine | BatchNormLayer)
    ][:-1]


# Which of bias 1, (bias 2 or β 1), … are absorbed, in the order of the layers.
CASES = [
    # affine, norm, relu, affine, norm, relu
    (Relu, {}, [True, False, True, False]),
    (Maxout, {}, [True, False, True, False]),
    (Relu, {"residual": True}, [True, False, True, False]),
    (Relu, {"normalization_position": "after"}, [False, False, False, False]),
    (Maxout, {"normalization_position": "after"}, [False, False, False, False]),
    # β of the first normalization goes into the second one.
    (Identity, {}, [True, True, True, False]),
    (Identity, {"normalization_position": "after"}, [True, True, True, False]),
    # By the bypass it reaches the scores.
    (Identity, {"residual": True}, [True, False, True, False]),
    (
        Identity,
        {"residual": True, "normalization_position": "after"},
        [True, False, True, False],
    ),
]


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(("activation", "options", "absorbed"), CASES, ids=str)
def test_the_gradient_of_an_absorbed_bias_is_zero(
    activation, options, absorbed, weights
):
    net = network(activation, **options)
    exact, numeric = gradients(net, weights=weights)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    assert [not one.any() for one in shifts(net, exact)] == absorbed


def test_dropout_between_keeps_the_gradient():
    net = network(Identity, dropout=[0, 0.5, 0])
    exact, _ = gradients(net)
    assert [not one.any() for one in shifts(net, exact)] == [True, False, True, False]


def test_a_batch_of_one_row_meets_running_means_and_keeps_the_gradient():
    net = network(Relu)
    exact, numeric = gradients(net, rows=slice(1))
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    exact, numeric = gradients(net, input_gradient=True)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-7)
    assert shifts(net, exact)[0].any()


def test_without_normalization_nothing_is_absorbed():
    net = network(Relu, normalization=None)
    assert all(layer.absorber is None for layer in net.layers)


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "adagrad", "rmsprop"])
def test_no_solver_moves_them_in_float32(solver):
    parameters = {"solver": solver, "normalization": "batch", "batch_size": 10}
    parameters |= {"max_iter": 20, "random_state": 0, "alpha": 0.1}
    y = np.arange(20) % 4
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with warnings.catch_warnings(action="ignore"):
        nets = [
            MLPClassifier((4,), learning_rate_init=0.1, **parameters).fit(
                rows.astype(dtype), y
            )
            for dtype in (np.float32, np.float64)
        ]
        start = MLPClassifier((4,), random_state=0, max_iter=1, solver="sgd",
                              learning_rate_init=1e-300).fit(rows, y)  # fmt: skip
    for net in nets:
        np.testing.assert_array_equal(
            net.intercepts_[0], start.intercepts_[0].astype(net.intercepts_[0].dtype)
        )
