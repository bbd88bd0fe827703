"""Mixup: convex combinations of rows and of targets, by the same shares."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import beta, kstest

from skdl.preprocessing._mixup import Mixup


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_and_targets_are_mixed_alike(dtype):
    rng = np.random.default_rng(0)
    mixup = Mixup(0.4, 20)
    for n in (20, 7, 1, 20):
        X = rng.normal(size=(n, 6)).astype(dtype)
        targets = np.asfortranarray(np.eye(4, dtype=dtype)[rng.integers(0, 4, n)])
        new_X, new_targets = X.copy(), targets.copy(order="F")
        mixup.mix(new_X, new_targets, np.random.default_rng(n))
        shares, partners = mixup.draw(n, np.random.default_rng(n))
        assert_array_equal(np.sort(partners), np.arange(n))
        assert (new_X.dtype, new_targets.dtype) == (dtype, dtype)
        for i, (share, j) in enumerate(zip(shares, partners, strict=True)):
            own = dtype(share)
            assert_allclose(new_X[i], own * X[i] + (1 - own) * X[j], atol=1e-6)
            mixed = own * targets[i] + (1 - own) * targets[j]
            assert_allclose(new_targets[i], mixed, atol=1e-6)
        assert_allclose(new_targets.sum(axis=1), 1, atol=1e-6)
        assert (new_targets >= 0).all()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_follow_the_beta_distribution(alpha):
    shares, _ = Mixup(alpha, 1).draw(2000, np.random.default_rng(0))
    assert kstest(shares, beta(alpha, alpha).cdf).pvalue > 0.01


def test_buffers_are_used_again():
    mixup, rng = Mixup(1.0, 8), np.random.default_rng(0)
    mixup.mix(np.ones((5, 3)), np.ones((5, 2)), rng)
    before = {name: id(buffer) for name, buffer in mixup.buffers.items()}
    mixup.mix(np.ones((8, 3)), np.ones((8, 2)), rng)
    assert {name: id(buffer) for name, buffer in mixup.buffers.items()} == before
    assert mixup.buffers["X"].shape == (24,)
