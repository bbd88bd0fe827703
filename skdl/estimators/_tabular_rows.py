"""Finds the rows of a table that are equal, and counts them as one row.

The sum of their weights becomes the weight of that row, so a weight of 2 is the same as
a row that occurs twice. A few copies among rows without weights stay: new rows will
have copies, too, and held-out rows then show what that is worth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["DistinctRows", "distinct_rows"]

# Copies are many from this number of rows for each different row on.
MANY_COPIES = 1.2
# Repeated rows are not copies if at least this share of them has another target, too.
MANY_CELLS = 0.1


@dataclass
class DistinctRows:
    """The different rows of a table and its target.

    Attributes
    ----------
    places : ndarray of int of shape (n_distinct,)
        The first row of the table that is equal to each of them.
    weights : ndarray of shape (n_distinct,)
        Sums of the weights of equal rows.
    counts : ndarray of int of shape (n_distinct,)
        How many rows of the table are equal to each of them.
    kept : ndarray of shape (n_distinct,)
        A member learns this share of the weight of a row that it holds out: 0, or
        1 - 1 / weight if it holds out one of several equal rows.
    numbers : ndarray of int of shape (n_rows,)
        Which of them each row of the table is; -1 for a row of weight 0.
    """

    places: np.ndarray
    weights: np.ndarray
    counts: np.ndarray
    kept: np.ndarray
    numbers: np.ndarray

    def of(self, table):
        """Return these rows of the table, which itself has all rows."""
        are_all = np.array_equal(self.numbers, np.arange(len(self.places)))
        places = slice(None) if are_all else self.places
        return table.rows(places, self.counts)


def distinct_rows(table, are_categories, y, weights, factors: Any = 1.0):
    """Return the different rows among those of positive weight.

    They are sorted, so that their order does not depend on how often a row occurs. If
    all weights are equal and there are few copies, every row counts as different, and
    the rows keep their order.

    Parameters
    ----------
    table : Table
        The columns.
    are_categories : ndarray of bool of shape (n_columns,), or None
        Columns whose numbers are categories.
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Numbers.
    weights : ndarray of shape (n_rows,)
        How many rows each row stands for.
    factors : ndarray of shape (n_rows,), or float
        Weights of the classes of the rows, which do not count rows.

    Returns
    -------
    DistinctRows
    """
    products = weights * factors
    used = np.flatnonzero(products)
    if are_categories is None:
        are_categories = np.zeros(table.shape[1], bool)
    # Every column is read, so that errors name the row of the user's table.
    columns = (table.codes(i, is_one)[used] for i, is_one in enumerate(are_categories))
    cells = _refined(np.zeros(len(used), np.intp), columns)
    numbers = _refined(cells, y[used].reshape(len(used), -1).T)
    total = max(len(used), weights[used].sum())
    if np.ptp(products[used]) == 0 and total < MANY_COPIES * (numbers.max() + 1):
        cells = numbers = np.arange(len(used))
    _, first = np.unique(numbers, return_index=True)
    all_numbers = np.full(len(weights), -1)
    all_numbers[used] = numbers
    sums = np.bincount(numbers, weights[used])
    return DistinctRows(
        used[first],
        sums,
        np.bincount(numbers),
        _kept(cells[first], sums),
        all_numbers,
    )


def _kept(cells, sums):
    """Return the shares that are not held out, given numbers of equal X.

    Copies of a row have its target: all of them are held out. Where rows of equal X
    differ in y, there are only a few different X. New rows will equal them, too, so
    that a member may learn from the others that equal the row.
    """
    are_many = sums >= 2
    has_other_targets = np.bincount(cells)[cells] > 1
    share = np.sum(are_many & has_other_targets) / max(1, are_many.sum())
    return (1 - 1 / sums) * (are_many & (share >= MANY_CELLS))


def _refined(numbers, columns):
    """Give rows of the same number different ones where a column differs."""
    for column in columns:
        if numbers.max() + 1 < len(numbers):
            levels, codes = np.unique(column, return_inverse=True)
            pairs = numbers * len(levels) + codes
            numbers = np.unique(pairs, return_inverse=True)[1]
    return numbers
