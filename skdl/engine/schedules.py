"""How the learning rate changes as training goes on.

A schedule multiplies the estimator's ``learning_rate_init``: ``factor(progress)`` reads
how far training is and returns the factor of the next epoch.
"""

from dataclasses import dataclass

from sklearn.base import BaseEstimator

__all__ = ["SCHEDULES", "Adaptive", "Constant", "InverseScaling", "Progress"]


@dataclass
class Progress:
    """How far a training run is.

    Attributes
    ----------
    epochs, steps : int
        Passes over the data, and updates of the parameters, so far.
    rows : int
        Rows seen so far: scikit-learn's ``t_``.
    plateaus : int
        How often training got stuck so far.
    """

    epochs: int = 0
    steps: int = 0
    rows: int = 0
    plateaus: int = 0


@dataclass(eq=False, repr=False)
class Constant(BaseEstimator):
    """The factor 1."""

    def factor(self, progress):
        """Return 1."""
        return 1.0


@dataclass(eq=False, repr=False)
class InverseScaling(BaseEstimator):
    """The factor 1 / (rows seen + 1)^power, renewed after each epoch.

    Parameters
    ----------
    power : float, default=0.5
    """

    power: float = 0.5

    def factor(self, progress):
        """Return the factor after so many rows."""
        return (progress.rows + 1) ** -self.power


@dataclass(eq=False, repr=False)
class Adaptive(BaseEstimator):
    """A fifth of the rate at each plateau; training ends when `minimum` is reached.

    Parameters
    ----------
    decay : float, default=0.2
    minimum : float, default=1e-6
        The rate (not the factor) at or below which a plateau stops training.
    """

    decay: float = 0.2
    minimum: float = 1e-6

    def factor(self, progress):
        """Return the factor after so many plateaus."""
        return self.decay**progress.plateaus


SCHEDULES = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
}
