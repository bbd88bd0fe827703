"""The tester tested: it passes right gradients and finds wrong ones."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import check_gradient
from tests.engine.cases import each_loss_and_activation, problem

X = np.array([[1.0, -2.0, 0.5], [3.0, 0.1, -1.5]])


def cubes(x):
    return (x**3).sum(), 3 * x**2


def planted(function, place, change):
    """Return the function with one element of its gradient changed."""

    def wrong(x):
        value, gradient = function(x)
        gradient = np.array(gradient)
        gradient.flat[place] = change(gradient.flat[place])
        return value, gradient

    return wrong


def test_right_gradient_passes():
    assert 0 <= check_gradient(cubes, X) < 1e-9


def test_fourth_order_difference_is_exact_for_a_quartic():
    assert check_gradient(lambda x: ((x**4).sum(), 4 * x**3), X, step=0.1) < 1e-10


@pytest.mark.parametrize("place", range(X.size))
@pytest.mark.parametrize(
    "change",
    [lambda g: g * 1.001, lambda g: g * 0.999, lambda g: -g, lambda g: g * 0],
    ids=["more", "less", "sign", "zero"],
)
def test_one_wrong_element_is_found_and_named(place, change):
    with pytest.raises(AssertionError, match=f"element {place}:"):
        check_gradient(planted(cubes, place, change), X)


def test_finds_nan():
    with pytest.raises(AssertionError, match="nan"):
        check_gradient(planted(cubes, 3, lambda g: np.nan), X)


def test_finds_nan_values():
    def broken(x):
        return (np.nan if x[0, 0] != 1.0 else 0.0), 3 * x**2

    with pytest.raises(AssertionError, match="nan"):
        check_gradient(broken, X)


@pytest.mark.parametrize("shape", [(6,), (3, 2), (1, 2, 3), (2, 2)])
def test_finds_a_wrong_shape(shape):
    with pytest.raises(AssertionError, match="shape"):
        check_gradient(lambda x: (cubes(x)[0], np.ones(shape)), X)


def test_tiny_derivatives_are_compared_with_the_largest():
    x = np.array([1.0, 1e-4])
    right = cubes(x)[1]
    off = right + np.array([0, 1e-5 * right[0]])
    with pytest.raises(AssertionError, match="element 1:"):
        check_gradient(lambda x: (cubes(x)[0], off), x)
    off = right + np.array([0, 1e-11 * right[0]])
    check_gradient(lambda x: (cubes(x)[0], off), x)


def test_rtol_is_respected():
    wrong = planted(cubes, 2, lambda g: g * 1.001)
    assert check_gradient(wrong, X, rtol=1e-2) == pytest.approx(1e-3, rel=0.01)


def test_x_is_not_changed_even_by_a_function_that_writes():
    def careless(x):
        value, gradient = cubes(x)
        x[...] = 0
        return value, gradient

    x = X.copy()
    check_gradient(careless, x)
    assert_array_equal(x, X)


def test_large_arrays_are_sampled():
    calls = []

    def counted(x):
        calls.append(1)
        return cubes(x)

    x = np.random.default_rng(0).normal(size=500)
    check_gradient(counted, x, max_elements=10)
    assert len(calls) == 1 + 4 * 10
    wrong = planted(cubes, 123, lambda g: g * 1.001)
    with pytest.raises(AssertionError, match="element 123:"):
        check_gradient(wrong, x, max_elements=499, rng=np.random.default_rng(0))


@each_loss_and_activation()
def test_finds_a_planted_error_in_a_network_gradient(case, activation):
    """0.1 % at one weight and at one bias: as each network test would see it."""
    p = problem(case, activation, weighted=True)
    x, n_weights = p.network.parameters.copy(), p.network.n_weights
    function = p.objective(0.3)
    gradient = np.abs(function(x)[1])
    for place in (gradient[:n_weights].argmax(), n_weights + case.n_scores):
        place = int(place)
        if gradient[place] == 0:
            place = n_weights + int(gradient[n_weights:].argmax())
        with pytest.raises(AssertionError, match=f"element {place}:"):
            check_gradient(planted(function, place, lambda g: g * 1.001), x)


def test_a_nan_is_named_by_its_own_place():
    gradient = np.ones(5)
    gradient[3] = np.nan
    with pytest.raises(AssertionError, match="element 3: the gradient says nan"):
        check_gradient(lambda x: (x.sum(), gradient), np.ones(5))


def test_an_infinite_element_is_found_though_not_drawn():
    def wrong(x):
        gradient = np.full(500, 1.1)
        gradient[0] = np.inf
        return x.sum(), gradient

    with pytest.raises(AssertionError, match="element 0"):
        check_gradient(wrong, np.ones(500), max_elements=10)


def test_nothing_to_check_is_no_error():
    assert check_gradient(lambda x: (0.0, x), np.empty(0)) == 0.0
