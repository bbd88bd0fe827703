"""Maxout: the largest piece, the winner's gradient, ties, the pieces' weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import GlorotNormal, Maxout, Network, raw_scores


def test_forward_is_the_largest_of_the_linear_functions():
    net = Network((3, 4, 2), [Maxout(3)], np.float64)
    net.initialize(np.random.default_rng(0))
    hidden, last = net.affine
    assert hidden.weights.shape == (3, 12)
    X = np.random.default_rng(1).normal(size=(5, 3))
    sets = [X @ W + b for W, b in hidden.sets()]
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
    for weights, _ in net.affine[0].sets():
        assert_allclose(weights.std(), scale, rtol=0.02)


@pytest.mark.parametrize("pieces", [1, 0, 2.0, True])
def test_fewer_than_two_pieces_are_refused(pieces):
    with pytest.raises(ValueError, match="Maxout: pieces must be an integer of at lea"):
        Maxout(pieces).check()
