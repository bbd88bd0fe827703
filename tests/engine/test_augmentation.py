"""What stands between a user's augmenter and the batches.

`test_batching.py` has what becomes of the rows.
"""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.engine import Augmentation


class Noise:
    """An augmenter that refuses what is not uint8."""

    mixes = False

    def start(self, image_shape, batch_size, dtype):
        if dtype != np.uint8:
            raise ValueError(f"Noise: needs uint8, got {dtype}")
        return self

    def transform(self, images, rng):
        return images + rng.integers(0, 2, images.shape, dtype=np.uint8)


def test_it_draws_from_the_generator_that_it_is_given():
    rows = np.arange(24, dtype=np.uint8).reshape(2, 12)
    found = []
    for seed in (0, 0, 1):
        rng = np.random.default_rng(seed)
        found.append(Augmentation(Noise(), 12, (2, 2, 3), 5, np.uint8, rng)(rows))
    assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()
    expected = np.random.default_rng(0).integers(0, 2, (2, 2, 2, 3), dtype=np.uint8)
    assert_array_equal(found[0], rows + expected.reshape(2, 12))


def test_an_augmenter_may_refuse_the_rows():
    with pytest.raises(ValueError, match="Noise: needs uint8, got float32"):
        Augmentation(Noise(), 12, (2, 2, 3), 5, np.float32, None)


def test_a_view_is_put_in_order_in_the_same_memory_each_time():
    flip = Augmentation(
        lambda images, rng: images[:, ::-1], 4, (2, 2, 1), 5, np.uint8, None
    )
    rows = np.arange(8, dtype=np.uint8).reshape(2, 4)
    first = flip(rows)
    assert_array_equal(first, [[2, 3, 0, 1], [6, 7, 4, 5]])
    assert first.flags.c_contiguous
    assert np.shares_memory(first, flip(rows[:1]))
    assert not np.shares_memory(first, rows)


def test_what_is_in_order_is_not_copied():
    same = Augmentation(lambda images, rng: images, 4, (2, 2, 1), 5, np.uint8, None)
    rows = np.zeros((2, 4), np.uint8)
    assert np.shares_memory(same(rows), rows)
    assert not same.mixes
