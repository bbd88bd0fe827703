"""How far training is: what schedules read, and what a later call goes on from."""

import math
from dataclasses import dataclass

__all__ = ["Epoch", "Progress"]


@dataclass
class Progress:
    """How far a training run is.

    Attributes
    ----------
    epochs, steps : int
        Passes over the data, and batches, so far.
    rows : int
        Rows seen so far: scikit-learn's ``t_``.
    weight : float or None
        The sum of their weights; None for as many as `rows`.
    restarts : int
        How often training began anew from its last good weights, each time at a tenth
        of the rate.
    plateaus : int
        How often the rate was lowered because training got stuck.
    stalled : int
        Epochs in a row without improvement, since the last of these times.
    max_epochs : int
        Epochs that the run may have in all.
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

    def count(self, unit):
        """Return how many epochs or iterations have passed."""
        return self.epochs if unit == "epochs" else self.steps

    def share(self, horizon):
        """Return which part of `horizon` epochs (None: of all) has passed, up to 1."""
        epochs = self.max_epochs if horizon is None else horizon
        return min(1.0, self.steps / (epochs * self.batches))


@dataclass
class Epoch:
    """What the loop tells of one pass over the data.

    Attributes
    ----------
    loss : float
        The mean objective, weighted by the rows' weights, as the parameters stood at
        each batch. Of a stack, an array of shape (n_networks,).
    gradient_norm : float
        ‖g‖ of the epoch's last step, before it was clipped; NaN if the epoch ended
        before its last step, and so below.
    update_ratio : float
        ‖Δw‖ / ‖w‖ of the epoch's last step, w being all parameters before it.
    diverged : bool
        Whether a batch's loss was not finite, or had exploded: the epoch ended there.
    timed_out : bool
        Whether the time was over before the epoch was.
    """

    loss: float = 0.0
    gradient_norm: float = math.nan
    update_ratio: float = math.nan
    diverged: bool = False
    timed_out: bool = False
