"""The progress of training: what schedules read, and where a later call resumes."""

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Epoch", "Progress"]


@dataclass
class Progress:
    """The progress of a training run.

    Attributes
    ----------
    epochs : int
        Passes over the data so far.
    steps : int
        Batches so far.
    rows : int
        Rows seen so far: scikit-learn's ``t_``.
    weight : float or None
        The sum of their weights. None if every row counted once so far.
    restarts : int
        How often training restarted from its last good weights, each time at a tenth of
        the rate.
    plateaus : int
        How often the rate was lowered because the loss stopped improving.
    stalled : int
        Epochs in a row without improvement, counted from the latest plateau.
    max_epochs : int
        Epochs that the run may take in all.
    batches : int
        Batches per epoch.
    reference_loss : float or None
        Absolute loss of the first batch, at least 1. Divergence is measured against it.
    """

    epochs: int = 0
    steps: int = 0
    rows: int = 0
    weight: float | None = None
    restarts: int = 0
    plateaus: int = 0
    stalled: int = 0
    max_epochs: int = 1
    batches: int = 1
    reference_loss: float | None = None

    def count_epoch(self, n_rows: int, weight: float) -> None:
        """Count an epoch that has ended.

        Parameters
        ----------
        n_rows : int
            Rows that were seen in the epoch.
        weight : float
            The sum of their weights.
        """
        self.epochs += 1
        if self.weight is None:
            self.weight = float(self.rows)
        self.weight += weight
        self.rows += n_rows

    def count(self, unit: str) -> int:
        """Return how many epochs or iterations have passed.

        Parameters
        ----------
        unit : {'epochs', 'iterations'}
            What to count. An iteration is a step.
        """
        return self.epochs if unit == "epochs" else self.steps

    def total(self, unit: str) -> int:
        """Return how many epochs or iterations the run may take in all.

        Parameters
        ----------
        unit : {'epochs', 'iterations'}
            What to count. An iteration is a step.
        """
        return self.max_epochs * (1 if unit == "epochs" else self.batches)

    def share(self, horizon: int | None) -> float:
        """Return the share of the horizon that has passed, at most 1.

        Parameters
        ----------
        horizon : int or None
            Number of epochs. None for all epochs of the run.
        """
        epochs = self.max_epochs if horizon is None else horizon
        return min(1.0, self.steps / (epochs * self.batches))

    @property
    def is_over(self) -> bool:
        """Whether all epochs of the run have passed."""
        return self.share(None) == 1


@dataclass
class Epoch:
    """A report on one pass over the data.

    Attributes
    ----------
    loss : float
        The mean of the batches' objectives, weighted by their rows' weights, with the
        parameters of each batch. For a stack, an array of shape (n_networks,).
    gradient_norm : float
        ‖g‖ of the epoch's last step, before clipping. NaN if the epoch ended before its
        last step.
    update_ratio : float
        ‖Δw‖ / ‖w‖ of the epoch's last step, where w are all parameters before it. NaN
        if the epoch ended before its last step.
    diverged : bool
        Whether a batch's loss was not finite, or too large. The epoch ended there.
    timed_out : bool
        Whether the deadline came before the end of the epoch.
    """

    loss: Any = 0.0
    gradient_norm: Any = math.nan
    update_ratio: Any = math.nan
    diverged: bool = False
    timed_out: bool = False
