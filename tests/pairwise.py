"""Combinations in which every two values meet, instead of all combinations."""

from itertools import combinations

import pytest

__all__ = ["pairwise", "parametrize_pairwise"]


def pairwise(*axes):
    """Return rows of one value per axis: any two values of two axes share a row.

    A fault that one value, or two values together, bring about is found as by the
    product of all axes, with as many rows as the two longest axes have pairs, or a few
    more.

    Parameters
    ----------
    axes : sequence of sequences

    Returns
    -------
    rows : list of tuple
        The same ones at each call.
    """
    if len(axes) == 1:
        return [(value,) for value in axes[0]]
    sizes = [len(axis) for axis in axes]
    # A dict keeps the order, which a set of numbers need not.
    left = {
        ((i, a), (j, b)): None
        for i, j in combinations(range(len(axes)), 2)
        for a in range(sizes[i])
        for b in range(sizes[j])
    }
    rows = []
    while left:
        (i, a), (j, b) = next(iter(left))
        row = {i: a, j: b}
        for k in range(len(axes)):
            if k not in row:
                row[k] = max(
                    # Where values are as good as each other, they take turns.
                    ((len(rows) + shift) % sizes[k] for shift in range(sizes[k])),
                    key=lambda value: sum(
                        _pair(place, (k, value)) in left for place in row.items()
                    ),
                )
        for pair in combinations(row.items(), 2):
            left.pop(_pair(*pair), None)
        rows.append(tuple(axes[k][row[k]] for k in range(len(axes))))
    return rows


def _pair(one, other):
    return (one, other) if one < other else (other, one)


def parametrize_pairwise(**axes):
    """Parametrize a test over what `pairwise` makes of some axes.

    Parameters
    ----------
    axes : dict of sequence or dict
        The values of each argument; a dict's keys name its values.
    """
    tables = [
        axis if isinstance(axis, dict) else {_name(value): value for value in axis}
        for axis in axes.values()
    ]
    rows = pairwise(*map(list, tables))
    return pytest.mark.parametrize(
        tuple(axes),
        [
            tuple(table[key] for table, key in zip(tables, row, strict=True))
            for row in rows
        ],
        ids=["-".join(map(str, row)) for row in rows],
    )


def _name(value):
    return getattr(value, "__name__", str(value))
