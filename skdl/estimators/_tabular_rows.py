"""Finds the rows of a table that are equal, and counts them as one row.

The sum of their weights becomes the weight of that row, so a weight of 2 is the same as
a row that occurs twice. A few copies among rows without weights stay: new rows will
have copies, too, and held-out rows then show what that is worth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["DistinctRows", "distinct_rows"]

# Rows for each different row from which on copies are many.
MANY_COPIES = 1.2


@dataclass
class DistinctRows:
    """The different rows of a table and its target.

    Attributes
    ----------
    places : ndarray of int of shape (n_distinct,)
        The first row of the table that is equal to each of them.
    weights : ndarray of shape (n_distinct,)
        Sums of the weights of equal rows.
    groups : ndarray of int of shape (n_distinct,)
        Rows with the same number differ in the target only.
    numbers : ndarray of int of shape (n_rows,)
        Which of them each row of the table is; -1 for a row of weight 0.
    """

    places: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    numbers: np.ndarray

    def of(self, table):
        """Return these rows of the table, which itself has all rows."""
        are_all = np.array_equal(self.numbers, np.arange(len(self.places)))
        places = slice(None) if are_all else self.places
        return table.rows(places, self.weights)


def distinct_rows(table, y, weights, factors: Any = 1.0):
    """Return the different rows among those of positive weight.

    They are sorted, so that their order does not depend on how often a row occurs. If
    all weights are equal and there are few copies, every row counts as different, and
    the rows keep their order.

    Parameters
    ----------
    table : Table
        The columns.
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
    # Every column is read, so that errors name the row of the user's table.
    columns = (table.codes(i)[used] for i in range(table.shape[1]))
    groups = _refined(np.zeros(len(used), np.intp), columns)
    numbers = _refined(groups, y[used].reshape(len(used), -1).T)
    n_different = numbers.max() + 1
    if np.ptp(products[used]) == 0 and len(used) < MANY_COPIES * n_different:
        groups = numbers = np.arange(len(used))
    _, first = np.unique(numbers, return_index=True)
    all_numbers = np.full(len(weights), -1)
    all_numbers[used] = numbers
    return DistinctRows(
        used[first], np.bincount(numbers, weights[used]), groups[first], all_numbers
    )


def _refined(numbers, columns):
    """Give rows of the same number different ones where a column differs."""
    for column in columns:
        if numbers.max() + 1 < len(numbers):
            levels, codes = np.unique(column, return_inverse=True)
            pairs = numbers * len(levels) + codes
            numbers = np.unique(pairs, return_inverse=True)[1]
    return numbers
