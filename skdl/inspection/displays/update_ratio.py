"""Sizes of the steps of each layer, as shares of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skdl.callbacks import Monitor
from skdl.inspection._check_arguments import check_number
from skdl.inspection.displays._axes import (
    GRAY,
    Display,
    layer_colors,
    layers_to_name,
    legend_above,
    tidy,
    title_above_legend,
    whole_number_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["UpdateRatioDisplay"]

# The legend names at most about this number of layers.
MAX_IN_LEGEND = 10


@dataclass(repr=False, eq=False)
class UpdateRatioDisplay(Display):
    """‖ΔW‖ / ‖W‖ of each layer over the steps, with a band around 1e-3.

    As a rule of thumb, a step should change the weights by a thousandth of their norm:
    far above the band the learning rate is too high, far below it too low.

    Parameters
    ----------
    step : ndarray of shape (n_records,)
        The numbers of the recorded steps.
    update_ratio : ndarray of shape (n_records, n_layers)
        The ratio of each layer in these steps.
    layer : sequence of str
        The names of the layers.

    Attributes
    ----------
    ax_ : matplotlib axes
        The axes of the latest `plot`.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    lines_ : list of matplotlib line
        One for each layer.

    See Also
    --------
    skdl.callbacks.Monitor : Records the ratios.
    """

    step: ArrayLike
    update_ratio: ArrayLike
    layer: Sequence[str] | np.ndarray

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: Axes | None = None,
        band: tuple[float, float] | None = (10**-3.5, 10**-2.5),
    ) -> UpdateRatioDisplay:
        """Draw the ratios that a `Monitor` recorded while a net trained.

        Parameters
        ----------
        estimator : estimator
            A net that was fitted with a `Monitor`, or a pipeline or a search with such
            a net inside.
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        band : tuple of float, or None
            The ratios between which the background is gray.

        Returns
        -------
        display : UpdateRatioDisplay
            The display, drawn.
        """
        records = Monitor.records_of(cls._unwrap(estimator).net)
        display = cls(records["step"], records["update_ratio"], records["layer"])
        return display.plot(ax=ax, band=band)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        band: tuple[float, float] | None = (10**-3.5, 10**-2.5),
    ) -> UpdateRatioDisplay:
        """Draw the ratios.

        Parameters
        ----------
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        band : tuple of float, or None
            The ratios between which the background is gray.

        Returns
        -------
        self : UpdateRatioDisplay
            The display itself.
        """
        if band is not None:
            if np.shape(band) != (2,):
                raise ValueError(f"band must be two numbers, or None, got {band!r}.")
            check_number("band[0]", band[0])
            check_number("band[1]", band[1], band[0])
        (axes,) = self._new_axes(ax, figsize=(6.0, 3.4))
        tidy(axes)
        if band is not None:
            axes.axhspan(*band, color="0.9", zorder=0, linewidth=0)
            axes.axhline(np.sqrt(band[0] * band[1]), color=GRAY, linewidth=0.8)
            axes.annotate(
                "usual", (1, band[1]), (-4, -3), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="top", color=GRAY,
                fontsize="small",
            )  # fmt: skip
        self.lines_ = []
        ratios = np.asarray(self.update_ratio, float)
        for column, name, color in zip(
            ratios.T, self.layer, layer_colors(len(self.layer)), strict=True
        ):
            # A logarithmic axis cannot show zeros.
            shown = np.where(column > 0, column, np.nan)
            marker = "o" if np.isfinite(shown).sum() == 1 else None
            (line,) = axes.plot(
                self.step, shown, color=color, label=name, linewidth=1.3, marker=marker
            )
            self.lines_.append(line)
        axes.set(yscale="log", xlabel="step", ylabel="‖ΔW‖ / ‖W‖")
        whole_number_ticks(axes)
        axes.margins(x=0.02)
        named = layers_to_name(len(self.lines_), MAX_IN_LEGEND)
        legend_above(axes, [self.lines_[i] for i in named])
        title_above_legend(axes, "size of the steps")
        return self
