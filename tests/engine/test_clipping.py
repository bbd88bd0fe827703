"""Clipping by the global norm."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl.engine import clip_gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_longer_gradients_get_the_length_and_keep_the_direction(dtype):
    gradient = np.array([3.0, 0.0, -4.0], dtype)
    assert clip_gradient(gradient, 2.5) == [0.5]
    assert gradient.dtype == dtype
    assert_allclose(gradient, [1.5, 0, -2], rtol=1e-6)


@pytest.mark.parametrize("bound", [5.0, 5.1])
def test_shorter_gradients_stay_to_the_bit(bound):
    gradient = np.array([3.0, 4.0])
    assert clip_gradient(gradient, bound) == [1.0]
    assert_array_equal(gradient, [3, 4])


def test_each_network_of_a_stack_has_its_own_norm():
    gradient = np.array([[3.0, 4.0], [0.3, 0.4]])
    assert clip_gradient(gradient, 1.0) == [pytest.approx(0.2), 1.0]
    assert_allclose(gradient, [[0.6, 0.8], [0.3, 0.4]])
