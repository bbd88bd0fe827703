"""Networks put together, and taken apart again."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import Tanh, raw_scores
from skdl.engine.stacking import stack, unstack
from tests.engine.cases import LOSSES, each, problem
from tests.engine.test_architecture import ARCHITECTURES


def networks(options, dtype=np.float64):
    """Return three networks with weights and statistics of their own, and rows."""
    options = {"hidden": (5, 4, 3), "activation": Tanh(), **options}
    made = []
    for seed in range(3):
        p = problem(LOSSES["softmax-3"], dtype=dtype, seed=seed, n=9, **options)
        rng = np.random.default_rng(seed)
        p.network.statistics[:] = rng.uniform(0.5, 2, p.network.statistics.shape)
        made.append(p.network)
    return made, p.X


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@each("options", ARCHITECTURES)
def test_a_stack_scores_as_each_network_does(options, dtype):
    ones, X = networks(options, dtype)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    assert stacked.parameters.shape == (3, ones[0].parameters.size)
    together = raw_scores(stacked, X)
    assert together.dtype == dtype
    for network, scores in zip(ones, together, strict=True):
        assert_allclose(scores, raw_scores(network, X), rtol=1e-5)
    if not options.get("scaling"):
        assert_allclose(raw_scores(stacked, csr_array(X)), together, rtol=1e-5)
    assert len({scores.tobytes() for scores in together}) == 3


@each("options", ARCHITECTURES)
def test_a_member_is_a_view_of_the_stack(options):
    ones, X = networks(options)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    member = unstack(stacked, 1)
    assert member.stack == ()
    assert member.layout == ones[1].layout
    assert np.shares_memory(member.parameters, stacked.parameters)
    assert_array_equal(member.parameters, ones[1].parameters)
    assert_array_equal(member.statistics, ones[1].statistics)
    assert_array_equal(raw_scores(member, X), raw_scores(ones[1], X))
    member.affine[0].weights[...] = 7
    assert (stacked.affine[0].weights[1] == 7).all()
    assert_array_equal(stacked.parameters[0], ones[0].parameters)


def test_a_stack_shares_nothing_with_what_it_is_made_of():
    ones, X = networks(ARCHITECTURES["batch-norm"])
    before = raw_scores(ones[0], X)
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    stacked.parameters[:] = 0
    stacked.statistics[:] = 0
    assert_array_equal(raw_scores(ones[0], X), before)


def test_a_pickle_of_a_member_has_its_arrays_alone():
    ones, X = networks(ARCHITECTURES["all"])
    stacked = stack(ones[0], [network.snapshot() for network in ones])
    member = pickle.loads(pickle.dumps(unstack(stacked, 2)))
    assert_array_equal(raw_scores(member, X), raw_scores(ones[2], X))
    size = len(pickle.dumps(unstack(stacked, 2)))
    assert size < len(pickle.dumps(ones[2])) + 100
