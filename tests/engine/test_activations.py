"""Activation functions: values, derivatives, flat parts, float32, in place."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdl.engine import (
    Elu,
    Gelu,
    GlorotNormal,
    Identity,
    LeakyRelu,
    Logistic,
    Maxout,
    Network,
    Relu,
    Selu,
    Silu,
    Softplus,
    Tanh,
    check_gradient,
    raw_scores,
)
from skdl.engine.activations import ACTIVATIONS as REGISTRY
from skdl.engine.activations import ActivationFunction
from skdl.engine.specification import complete
from tests.engine.cases import ACTIVATIONS, SPECIFICATIONS, each, float32_only

Z = np.array([[-3.0, -0.7, -0.01, 0.3, 2.0, -1.3], [0.02, 1.1, 4.0, -2, 0.6, -0.4]])
E = np.exp(1)


def output_for(activation, Z):
    return np.empty((*Z.shape[:-1], Z.shape[-1] // activation.pieces), Z.dtype)


def forward(activation, Z):
    A = output_for(activation, Z)
    activation.forward(Z.copy(), A)
    return A


def kept(activation, Z, A):
    """What backward gets for Z and A."""
    return (A, A) if activation.in_place else (Z, A)


def forward_and_derivative(activation, Z):
    Z, A = Z.copy(), output_for(activation, Z)
    activation.forward(Z, A)
    value, dA = A.copy(), np.ones_like(A)
    activation.backward(dA, *kept(activation, Z, A))
    return value, Z if activation.pieces > 1 else dA


def test_table_is_complete():
    assert {type(case) for case in ACTIVATIONS.values()} == set(REGISTRY.values())


@pytest.mark.parametrize(
    ("activation", "values"),
    [
        (Identity(), [-1.0, 0.0, 1.0]),
        (Relu(), [0.0, 0.0, 1.0]),
        (Tanh(), [-(E**2 - 1) / (E**2 + 1), 0.0, (E**2 - 1) / (E**2 + 1)]),
        (Logistic(), [1 / (1 + E), 0.5, E / (1 + E)]),
        (LeakyRelu(0.2), [-0.2, 0.0, 1.0]),
        (Elu(), [1 / E - 1, 0.0, 1.0]),
        (Elu(2.0), [2 / E - 2, 0.0, 1.0]),
        (Selu(), [-1.1113307378125625, 0.0, 1.0507009873554805]),
        (Softplus(), [np.log(1 + 1 / E), np.log(2), np.log(1 + E)]),
        (Silu(), [-1 / (1 + E), 0.0, E / (1 + E)]),
        (Gelu(), [-0.15865525393145707, 0.0, 0.8413447460685429]),
    ],
)
def test_known_values(activation, values):
    assert_allclose(forward(activation, np.array([-1.0, 0.0, 1.0])), values, rtol=1e-14)


@each("activation", ACTIVATIONS)
def test_gradient(activation):
    check_gradient(activation, Z, rtol=1e-6)
    # `check_gradient` also takes a function that returns a value and a gradient.
    _, derivative = forward_and_derivative(activation, Z)
    check_gradient(lambda Z: (forward(activation, Z).sum(), derivative), Z, rtol=1e-6)


@each("activation", {k: a for k, a in ACTIVATIONS.items() if a.in_place})
def test_forward_in_place_equals_forward_elsewhere(activation):
    expected, A = forward(activation, Z), Z.copy()
    activation.forward(A, A)
    assert_array_equal(A, expected)


@each("activation", ACTIVATIONS)
def test_float32_without_promotion(activation):
    inputs = float32_only(Z)
    A = inputs if activation.in_place else float32_only(output_for(activation, Z))
    dA = float32_only(np.ones(A.shape))
    activation.forward(inputs, A)
    assert_allclose(np.asarray(A), forward(activation, Z), rtol=1e-5, atol=2e-7)
    activation.backward(dA, inputs, A)
    assert dA.dtype == A.dtype == np.float32


@each("activation", {k: a for k, a in ACTIVATIONS.items() if a.pieces == 1})
def test_extreme_inputs_stay_finite(activation):
    Z = np.array([-1e4, 1e4], dtype=np.float32)
    A, dA = np.empty_like(Z), np.ones_like(Z)
    activation.forward(Z, A)
    assert np.isfinite(A).all()
    activation.backward(dA, *kept(activation, Z, A))
    one = getattr(activation, "FACTOR", 1)
    below = 1 if isinstance(activation, Identity) else getattr(activation, "slope", 0)
    above = 0 if isinstance(activation, Tanh | Logistic) else one
    assert_allclose(dA, [below, above], rtol=1e-6, atol=1e-30)


# Each with the largest error of f, relative to max(1, |z|), and of f' in float32; and
# the smallest output that has five correct digits, at inputs that are not near 0.
PRECISE = {
    "gelu": (2e-7, 1e-6, 0.05),
    "silu": (3e-7, 2e-6, 1e-12),
    "softplus": (3e-7, 3e-7, 1e-12),
    "logistic": (2e-7, 2e-7, 1e-12),
    "elu": (2e-7, 2e-7, 1e-12),
    "selu": (4e-7, 4e-7, 1e-12),
}


@pytest.mark.parametrize("name", PRECISE)
def test_float32_is_as_precise_as_its_rounding(name):
    activation = ACTIVATIONS[name]
    small = np.concatenate([[0.0], np.logspace(-35, 0, 200)])
    Z = np.concatenate([np.linspace(-40, 40, 20_001), small, -small])
    Z = Z.astype(np.float32)[:, np.newaxis]
    single = forward_and_derivative(activation, Z)
    double = forward_and_derivative(activation, Z.astype(np.float64))
    of_value, of_slope, smallest = PRECISE[name]
    size = np.maximum(1, np.abs(Z))
    assert (np.abs(single[0] - double[0]) / size).max() < of_value
    assert np.abs(single[1] - double[1]).max() < of_slope
    near_zero = (np.abs(Z) > 1e-30) & (np.abs(Z) < 1)
    kept = near_zero | (np.abs(double[0]) > smallest)
    assert_allclose(single[0][kept], double[0][kept], rtol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "far", "least"), [(np.float32, 120, 1e-25), (np.float64, 900, 1e-250)]
)
@each("activation", ACTIVATIONS)
def test_no_output_and_no_derivative_is_subnormal(activation, dtype, far, least):
    """And not by far: products with such numbers would be, in the layers below."""
    small = np.logspace(-20, 0, 100)
    Z = np.concatenate([np.linspace(-far, far, 4001), small, -small]).astype(dtype)
    pieces = np.repeat(Z[:, np.newaxis], activation.pieces, axis=1)
    for found in forward_and_derivative(activation, pieces):
        assert np.abs(found[found != 0]).min() > least


@each("activation", {k: a for k, a in ACTIVATIONS.items() if a.pieces == 1})
def test_extreme_inputs_do_not_warn_and_nan_stays(activation):
    Z = np.array([[-3e38, 3e38, np.nan]], dtype=np.float32)
    A = forward(activation, Z)
    assert np.isfinite(A[0, :2]).all()
    assert np.isnan(A[0, 2])


@each("activation", {k: a for k, a in ACTIVATIONS.items() if a.needs_scratch})
def test_scratch_memory_changes_no_result(activation):
    expected, slopes = forward_and_derivative(activation, Z)
    inputs, scratch = Z.copy(), np.full_like(Z, np.nan)
    A = inputs if activation.in_place else np.empty_like(Z)
    activation.forward(inputs, A, scratch)
    assert_array_equal(A, expected)
    dA = np.ones_like(Z)
    activation.backward(dA, inputs, A, np.full_like(Z, np.nan))
    assert_array_equal(dA, slopes)


def test_relu_has_derivative_zero_at_zero():
    A, dA = np.zeros(2), np.ones(2)
    Relu().backward(dA, A, A)
    assert_array_equal(dA, [0, 0])


@each("activation", ACTIVATIONS)
def test_works_on_a_stack(activation):
    stack = np.stack([Z, -Z + 0.005, 2 * Z])
    together, dA = forward_and_derivative(activation, stack)
    for i, one in enumerate(stack):
        alone, dA_alone = forward_and_derivative(activation, one)
        assert_allclose(together[i], alone, rtol=1e-14)
        assert_allclose(dA[i], dA_alone, rtol=1e-13)


@each("specification", SPECIFICATIONS)
def test_specifications_survive_pickle_and_clone(specification):
    """Of every kind: activations, losses, optimizers and schedules."""
    for copy in (clone(specification), pickle.loads(pickle.dumps(specification))):
        assert type(copy) is type(specification)
        assert copy is not specification
        # By their printed forms: a schedule within a schedule is a copy, too.
        assert str(copy.get_params()) == str(specification.get_params())
        assert str(vars(copy)) == str(vars(specification))


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (LeakyRelu(-0.1), r"LeakyRelu: slope must be a number in \[0, 1\], got -0.1"),
        (LeakyRelu("a"), "slope must be a number"),
        (Elu(-1), "Elu: alpha must be a number"),
    ],
)
def test_bad_settings_are_refused(activation, message):
    with pytest.raises(ValueError, match=message):
        activation.check()


def test_selu_keeps_mean_and_variance():
    """Its fixed point: a standard normal input has mean 0 and variance 1 after it."""
    Z = np.random.default_rng(0).normal(size=1_000_000)
    A = np.empty_like(Z)
    Selu().forward(Z, A)
    assert_allclose([A.mean(), A.var()], [0, 1], atol=5e-3)


def test_forward_is_the_largest_of_the_linear_functions():
    net = Network((3, 4, 2), [Maxout(3)], np.float64)
    net.initialize(np.random.default_rng(0))
    hidden, last = net.affine
    assert hidden.weights.shape == (3, 12)
    X = np.random.default_rng(1).normal(size=(5, 3))
    sets = [X @ W + b for W, b in hidden.split_pieces()]
    H = np.max(sets, axis=0)
    assert H.shape == (5, 4)
    assert_allclose(raw_scores(net, X), H @ last.weights + last.biases, rtol=1e-12)


@pytest.mark.parametrize("pieces", [2, 3, 5])
def test_the_gradient_goes_to_the_winner_and_once_where_pieces_tie(pieces):
    rng = np.random.default_rng(0)
    Z = rng.integers(0, 3, (50, 4 * pieces)).astype(float)  # many ties
    A, dA = np.empty((50, 4)), rng.normal(size=(50, 4))
    by_piece, gradient = Z.copy().reshape(50, pieces, 4), dA.copy()
    maxout = Maxout(pieces)
    maxout.forward(Z, A)
    maxout.backward(dA, Z, A)
    winner = by_piece.argmax(axis=1)
    expected = np.zeros((50, pieces, 4))
    np.put_along_axis(expected, winner[:, np.newaxis], gradient[:, np.newaxis], axis=1)
    assert_array_equal(Z, expected.reshape(50, -1))


def test_two_pieces_of_opposite_sign_are_the_absolute_value():
    Z = np.array([[-2.0, 3.0, 2.0, -3.0]])
    A = np.empty((1, 2))
    Maxout().forward(Z, A)
    assert_array_equal(A, [[2.0, 3.0]])


def test_each_piece_is_drawn_as_a_layer_of_its_own():
    net = Network((400, 100, 2), [Maxout(4)], np.float64)
    net.initialize(np.random.default_rng(0), initializers=[GlorotNormal()] * 2)
    scale = (2 / 500) ** 0.5  # not of 4 · 100 outputs
    for weights, _ in net.affine[0].split_pieces():
        assert_allclose(weights.std(), scale, rtol=0.02)


@pytest.mark.parametrize("pieces", [1, 0, 2.0, True])
def test_fewer_than_two_pieces_are_refused(pieces):
    with pytest.raises(ValueError, match="Maxout: pieces must be an integer of at lea"):
        Maxout(pieces).check()


# Largest slope where it is flat, smallest where it is not (beyond the hump of silu and
# gelu, whose slope passes through zero once).
SLOPES = {
    "relu": (0, 1),
    "tanh": (0.06, 0.059),
    "logistic": (0.03, 0.029),
    "elu": (0.031, 0.029),
    "elu-2": (0.061, 0.059),
    "selu": (0.054, 0.052),
    "softplus": (0.03, 0.029),
    "silu": (0.001, None),
    "gelu": (0.01, None),
}


@pytest.mark.parametrize("name", SLOPES)
def test_flat_is_where_the_slope_is_small(name):
    function = ACTIVATIONS[name]
    # Not the point 0 itself, where silu and gelu have the output of their flat end.
    Z = np.concatenate([np.linspace(-30, -0.01, 5000), np.linspace(0.01, 30, 5000)])
    outputs, slopes = forward_and_derivative(function, Z[:, np.newaxis])
    flat = function.is_flat(outputs)
    most, least = SLOPES[name]
    assert 0 < flat.sum() < flat.size
    assert np.abs(slopes[flat]).max() <= most
    if least is not None:
        assert np.abs(slopes[~flat]).min() >= least


@pytest.mark.parametrize("name", ["identity", "leaky_relu", "maxout", "maxout-3"])
def test_never_flat(name):
    A = np.linspace(-9, 9, 100)
    assert not ACTIVATIONS[name].is_flat(A).any()


def test_relu_by_another_name():
    A = np.array([-0.0, 0.0, 0.1])
    for function in (Elu(0.0), LeakyRelu(0.0)):
        assert function.is_flat(A).tolist() == [True, True, False]


def test_flatness_of_a_users_activation_is_unknown():
    class Own:
        pass

    assert complete(Own(), ActivationFunction).is_flat(np.zeros(3)) is None
