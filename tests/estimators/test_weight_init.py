"""Weight initialization as the estimators take it."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import Gaussian, TruncatedNormal
from skdl.engine.initializers import INITIALIZERS
from tests.estimators.common import make


def start(Net, X, y, **parameters):
    """The weights of a net that hardly moves from its start."""
    net = make(Net, learning_rate_init=1e-300, max_iter=1, **parameters)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        net.fit(X, y)
    return net


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_a_name_is_its_object_and_biases_are_zero(Net, X, y, name):
    named = start(Net, X, y, weight_init=name)
    given = start(Net, X, y, weight_init=INITIALIZERS[name]())
    assert_array_equal(named.coefs_[0], given.coefs_[0])
    assert np.abs(np.concatenate(named.intercepts_)).max() < 1e-200


def test_a_number_is_the_scale_of_a_gaussian(Net, X, y):
    number = start(Net, X, y, weight_init=0.3)
    given = start(Net, X, y, weight_init=Gaussian(0.3))
    assert_array_equal(number.coefs_[0], given.coefs_[0])


def test_none_is_not_one_of_ours(Net, X, y):
    net = start(Net, X, y, weight_init=None)
    assert np.abs(np.concatenate(net.intercepts_)).min() > 1e-6


@pytest.mark.parametrize(
    ("weight_init", "message"),
    [
        (0, "units of a layer identical"),
        (-1, "'weight_init' parameter"),
        ("hee", "'weight_init' parameter .*he_normal"),
        (TruncatedNormal(-1), "TruncatedNormal: scale must be"),
    ],
)
def test_bad_values_are_refused(Net, X, y, weight_init, message):
    net = make(Net, weight_init=weight_init)
    with pytest.raises(ValueError, match=message):
        net.fit(X, y)
    assert not hasattr(net, "n_features_in_")
