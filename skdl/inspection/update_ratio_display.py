"""How far each step moves the weights of each layer, beside how far it should."""

import numpy as np

from skdl.callbacks import Monitor
from skdl.inspection._arguments import check_number
from skdl.inspection._display import (
    GRAY,
    axes_for,
    layer_colors,
    named_layers,
    parts_of,
    tidy,
    whole_numbers,
)

__all__ = ["UpdateRatioDisplay"]

# Names in the legend: the colors of many layers form a scale, of which some will do.
MOST = 10


class UpdateRatioDisplay:
    """‖ΔW‖ / ‖W‖ of each layer over the steps, with the band around 1e-3.

    A step that moves the weights by a thousandth of their length is a good one, as a
    rule of thumb: far above the band the rate is too high, far below it too low.

    Parameters
    ----------
    step : ndarray of shape (n_records,)
    update_ratio : ndarray of shape (n_records, n_layers)
    layer : sequence of str
        Names of the layers.

    Attributes
    ----------
    ax_ : matplotlib axes
    figure_ : matplotlib figure
    lines_ : list of matplotlib line
        One for each layer.

    See Also
    --------
    skdl.callbacks.Monitor : Records the ratios.
    """

    def __init__(self, step, update_ratio, layer):
        self.step = step
        self.update_ratio = update_ratio
        self.layer = layer

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, band=(10**-3.5, 10**-2.5)):
        """Draw what a `Monitor` recorded of a net.

        Parameters
        ----------
        estimator : estimator
            A net that was fitted with a `Monitor`, or a pipeline or a search that ends
            with one.
        ax : matplotlib axes, optional
        band : tuple of float, or None
            As for `plot`.

        Returns
        -------
        display : UpdateRatioDisplay
        """
        records = Monitor.records_of(parts_of(estimator, cls).net)
        display = cls(records["step"], records["update_ratio"], records["layer"])
        return display.plot(ax=ax, band=band)

    def plot(self, ax=None, *, band=(10**-3.5, 10**-2.5)):
        """Draw the ratios.

        Parameters
        ----------
        ax : matplotlib axes, optional
        band : tuple of float, or None
            The ratios between which the background is colored.

        Returns
        -------
        self : UpdateRatioDisplay
        """
        if band is not None:
            if np.shape(band) != (2,):
                raise ValueError(f"band must be two numbers, or None, got {band!r}.")
            low, high = band
            check_number("band[0]", low)
            check_number("band[1]", high, low)
        (axes,) = axes_for(self, ax, figsize=(6.0, 3.4))
        self.ax_, self.figure_ = axes, axes.figure
        tidy(axes)
        if band is not None:
            axes.axhspan(low, high, color="0.9", zorder=0, linewidth=0)
            axes.axhline(np.sqrt(low * high), color=GRAY, linewidth=0.8)
        self.lines_ = []
        ratios = np.asarray(self.update_ratio, float)
        for column, name, color in zip(
            ratios.T, self.layer, layer_colors(len(self.layer)), strict=True
        ):
            # Zero has no place on a logarithmic axis.
            shown = np.where(column > 0, column, np.nan)
            marker = "o" if np.isfinite(shown).sum() == 1 else None
            (line,) = axes.plot(
                self.step, shown, color=color, label=name, linewidth=1.3, marker=marker
            )
            self.lines_.append(line)
        axes.set(yscale="log", xlabel="step", ylabel="‖ΔW‖ / ‖W‖")
        whole_numbers(axes)
        axes.margins(x=0.02)
        named = [self.lines_[i] for i in named_layers(len(self.lines_), MOST)]
        axes.legend(
            handles=named, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5),
            title="layer",
        )  # fmt: skip
        return self
