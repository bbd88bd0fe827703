"""Several columns of class labels: one loss for each column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skdl.engine.losses.base import Loss
from skdl.engine.specification import complete, explain_settings
from skdl.engine.target_tables import SideBySideTable, TargetTable

__all__ = ["MultiOutput"]


@explain_settings
@dataclass(eq=False, repr=False)
class MultiOutput(Loss):
    """The sum of one classification loss per column of labels.

    Each loss has scores of its own. They stand side by side, in the order of the
    columns. This loss has no link: pass the parts that `split` returns to the links of
    the single losses.

    Parameters
    ----------
    losses : sequence of loss objects
        One classification loss for each column of labels.
    widths : sequence of int
        Number of scores of each column: ``loss.n_scores(n_classes)``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdl.engine import Hinge, MultiOutput, mean_loss
    >>> loss = MultiOutput([Hinge(), Hinge()], widths=[2, 3])
    >>> scores = np.array([[1.0, 0.5, 2.0, 1.5, 0.0]])
    >>> targets = np.array([[1.0, 0.0, 1.0, 0.0, 0.0]])
    >>> mean_loss(loss, scores, targets)  # 0.5 of each column
    1.0
    >>> [part.tolist() for part in loss.split(scores)]
    [[[1.0, 0.5]], [[2.0, 1.5, 0.0]]]
    """

    losses: Sequence
    widths: Sequence[int]

    @property
    def mixes(self):
        """Whether the targets of every column may be mixed."""
        return all(complete(loss, Loss).mixes for loss in self.losses)

    @property
    def out_activation(self):
        """The name of the columns' link, or a list of names if they differ."""
        names = [complete(loss, Loss).out_activation for loss in self.losses]
        return names[0] if len(set(names)) == 1 else names

    def n_scores(self, n_classes):
        """Return the number of scores in all, for the sequence of class counts."""
        pairs = zip(self.losses, n_classes, strict=True)
        return sum(loss.n_scores(k) for loss, k in pairs)

    def encode(self, y, n_classes, dtype):
        """Return each row's combination of classes, and the table of combinations.

        Parameters
        ----------
        y : ndarray of int of shape (n_samples, n_columns)
            Class numbers.
        n_classes : sequence of int
            How many classes each column has.
        dtype : numpy.dtype
            The dtype of the table.

        Returns
        -------
        targets : ndarray of int of shape (n_samples,)
            Row numbers of the table.
        table : ndarray of shape (n_combinations, n_scores), or TargetTable
            One row of targets for each combination that occurs.
        """
        targets = np.zeros(len(y), int)
        for k, column in zip(n_classes, y.T, strict=True):
            # Renumbered for each column: numbers stay below n_samples * k.
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
        """Return each column's part of the last axis, as a list of views."""
        stops = np.cumsum(self.widths)
        starts = stops - self.widths
        return [array[..., i:j] for i, j in zip(starts, stops, strict=True)]

    def rows_and_gradient(self, scores, targets, rows, gradient):
        """Write the sum of the columns' row losses, and each column's gradient."""
        parts = self.split(scores)
        columns = zip(
            self.losses, parts, self.split(targets), self.split(gradient), strict=True
        )
        for loss, s, t, g in columns:
            loss.rows_and_gradient(s, t, rows, g)
            # The scores are no longer needed: their first column stores the row losses.
            np.copyto(s[..., :1], rows)
        np.copyto(rows, parts[0][..., :1])
        for s in parts[1:]:
            np.add(rows, s[..., :1], out=rows)
