"""Pairwise combinations hold every pair, in few rows."""

from itertools import combinations, product

import pytest

from tests.pairwise import pairwise


@pytest.mark.parametrize("sizes", [(4,), (3, 2), (2, 2, 2), (5, 1, 4), (29, 13, 2, 2)])
def test_every_two_values_meet(sizes):
    axes = [[f"{i}{value}" for value in range(size)] for i, size in enumerate(sizes)]
    rows = pairwise(*axes)
    for i, j in combinations(range(len(axes)), 2):
        assert {(row[i], row[j]) for row in rows} == set(product(axes[i], axes[j]))
    largest = sorted(sizes)[-2:]
    fewest = largest[0] * largest[-1] if len(sizes) > 1 else sizes[0]
    assert fewest <= len(rows) <= fewest + 2
    assert rows == pairwise(*axes)
