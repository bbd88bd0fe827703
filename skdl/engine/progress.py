"""How far training is: what schedules read, and what a later call goes on from."""

from dataclasses import dataclass

__all__ = ["Progress"]


@dataclass
class Progress:
    """How far a training run is.

    Attributes
    ----------
    epochs, steps : int
        Passes over the data, and batches, so far.
    rows : int
        Rows seen so far: scikit-learn's ``t_``.
    plateaus : int
        How often the rate was lowered because training got stuck.
    stalled : int
        Epochs in a row without improvement, since the last of these times.
    max_epochs : int
        Epochs that the run may have in all.
    batches : int
        Batches per epoch.
    """

    epochs: int = 0
    steps: int = 0
    rows: int = 0
    plateaus: int = 0
    stalled: int = 0
    max_epochs: int = 1
    batches: int = 1

    def count(self, unit):
        """Return how many epochs or iterations have passed."""
        return self.epochs if unit == "epochs" else self.steps

    def share(self, horizon):
        """Return which part of `horizon` epochs (None: of all) has passed, up to 1."""
        epochs = self.max_epochs if horizon is None else horizon
        return min(1.0, self.steps / (epochs * self.batches))
