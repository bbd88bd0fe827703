"""Several columns of class labels at once: one loss for each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator

from skdl.engine.target_tables import SideBySideTable, TargetTable

__all__ = ["MultiOutput"]


@dataclass(eq=False, repr=False)
class MultiOutput(BaseEstimator):
    """The sum of one loss of classes per column of labels, each on scores of its own.

    `skdl.engine.losses` describes the methods. The scores of the columns lie side by
    side, in the order of the columns. There are no links here: those of each column's
    loss take what `split` returns.

    Parameters
    ----------
    losses : sequence of loss objects
        Of classes, one for each column of labels.
    widths : sequence of int
        How many scores each column has: ``loss.n_scores(n_classes)``.
    """

    losses: Sequence
    widths: Sequence[int]

    multilabel = False
    soft_targets = False

    @property
    def mixes(self):
        """Whether targets of every column may be mixed."""
        return all(getattr(loss, "mixes", False) for loss in self.losses)

    @property
    def out_activation(self):
        """The name of the columns' link, or a list of names where they differ."""
        names = [getattr(loss, "out_activation", "identity") for loss in self.losses]
        return names[0] if len(set(names)) == 1 else names

    def n_scores(self, n_classes):
        """Sum over the columns, whose numbers of classes are given as a sequence."""
        pairs = zip(self.losses, n_classes, strict=True)
        return sum(loss.n_scores(k) for loss, k in pairs)

    def encode(self, y, n_classes, dtype):
        """Numbers of combinations, and the table of the combinations that occur.

        Parameters
        ----------
        y : ndarray of int of shape (n_samples, n_columns)
            Class numbers.
        n_classes : sequence of int
            How many classes each column has.
        dtype : numpy.dtype

        Returns
        -------
        targets : ndarray of int of shape (n_samples,)
        table : ndarray of shape (n_combinations, n_scores), or TargetTable
        """
        targets = np.zeros(len(y), int)
        for k, column in zip(n_classes, y.T, strict=True):
            # Numbered anew for each column, they never grow beyond n_samples * k.
            _, first, targets = np.unique(
                targets * k + column, return_index=True, return_inverse=True
            )
        parts = []
        for loss, k, column in zip(self.losses, n_classes, y[first].T, strict=True):
            rows, table = loss.encode(column, k, dtype)
            parts.append((None, rows) if table is None else (rows, table))
        combined = SideBySideTable(parts)
        if any(isinstance(table, TargetTable) for _, table in parts):
            return targets, combined
        return targets, combined[np.arange(len(first))]

    def split(self, array):
        """Return each column's part of the last axis, as views."""
        stops = np.cumsum(self.widths)
        starts = stops - self.widths
        return [array[..., i:j] for i, j in zip(starts, stops, strict=True)]

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Row losses, summed over the columns, and the columns' gradients."""
        parts = self.split(scores)
        columns = zip(
            self.losses, parts, self.split(targets), self.split(gradient), strict=True
        )
        for loss, s, t, g in columns:
            loss.rows_and_gradient(s, t, rows, g)
            # The scores are scratch by now: their first column keeps the row losses.
            np.copyto(s[..., :1], rows)
        np.copyto(rows, parts[0][..., :1])
        for s in parts[1:]:
            np.add(rows, s[..., :1], out=rows)
