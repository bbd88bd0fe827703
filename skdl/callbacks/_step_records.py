"""What is known of single steps, layer by layer: rows of numbers, as many as fit."""

from copy import copy

import numpy as np

__all__ = ["HISTOGRAMS", "NUMBERS", "StepRecords", "histogram"]

# One number for each layer.
NUMBERS = (
    "weight_norm",
    "gradient_norm",
    "update_ratio",
    "gradient_mean",
    "gradient_max",
    "saturated",
    "dead",
)
# One histogram for each layer: (counts, lowest value, highest value).
HISTOGRAMS = ("weight", "gradient", "activation")


def histogram(values, n_bins):
    """Return (counts, low, high) of equally wide bins, as `numpy.histogram` has them.

    It takes a third of its time. What is not finite is left out.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
    n_bins : int
    """
    values = values.astype(np.float64)
    if not np.isfinite(values.sum()):
        values = values[np.isfinite(values)]
    if not values.size:
        return np.zeros(n_bins, np.int64), 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    # A range so narrow has no bins between its ends.
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = 0.5 * max(abs(high), 1e-12)
        low, high = low - half, high + half
    values -= low
    values *= n_bins / (high - low)
    places = np.minimum(values.astype(np.intp), n_bins - 1)
    return np.bincount(places, minlength=n_bins), low, high


class StepRecords:
    """Rows of numbers about steps; never more than so many.

    Parameters
    ----------
    layers : sequence of str
        Names.
    n_bins : int
    rows : list of dict, optional
        To begin with.

    Attributes
    ----------
    stretch : int
        2 to the number of times that room was made.
    n_measured, steps : int
        How many rows there have ever been, and steps since the first one.
    spent, elapsed, usual : float
        Seconds that went into rows, all seconds since the first one, and what one
        row takes.
    """

    def __init__(self, layers, n_bins, rows=()):
        self.layers = list(layers)
        self.n_bins = n_bins
        self.rows = list(rows)
        self.stretch = 1
        self.n_measured = self.steps = 0
        self.spent = self.elapsed = self.usual = 0.0

    def copy(self):
        """Return a copy; rows never change and are shared."""
        twin = copy(self)
        twin.rows = list(self.rows)
        return twin

    @property
    def shape(self):
        """What has to be equal for rows to stand among these."""
        return self.layers, self.n_bins

    @property
    def last_step(self):
        """The step of the last row; 0 if there is none."""
        return self.rows[-1]["step"] if self.rows else 0

    def thin(self):
        """Drop every second row."""
        del self.rows[1::2]
        self.stretch *= 2

    def arrays(self):
        """Return a dict of arrays: see `Monitor`."""
        n_rows, n_layers = len(self.rows), len(self.layers)

        def column(name, dtype=np.float64):
            return np.array([row[name] for row in self.rows], dtype)

        arrays = {
            "layer": np.array(self.layers),
            "step": column("step", np.int64),
            "learning_rate": column("learning_rate"),
        }
        for name in NUMBERS:
            arrays[name] = column(name).reshape(n_rows, n_layers)
        for name in HISTOGRAMS:
            counts = column(f"{name}_counts", np.int64)
            arrays[f"{name}_counts"] = counts.reshape(n_rows, n_layers, self.n_bins)
            low, high = (
                column(f"{name}_{end}").reshape(n_rows, n_layers)
                for end in ("low", "high")
            )
            arrays[f"{name}_edges"] = np.linspace(low, high, self.n_bins + 1, axis=-1)
        return arrays
