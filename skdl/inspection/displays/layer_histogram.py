"""Histograms of the weights, outputs or gradients of each layer over the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from skdl.callbacks import Monitor
from skdl.inspection._check_arguments import check_indices
from skdl.inspection.displays._axes import (
    COLORS,
    POWERS,
    Display,
    layers_to_name,
    legend_above,
    whole_number_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LayerHistogramDisplay"]

# The most panels in a line, the rows of each picture, and the share of values beyond
# each end of the picture.
MAX_PANELS, N_BINS, TAIL = 10, 60, 0.002
LABELS = {"weight": "weights", "activation": "outputs", "gradient": "gradients"}
# Ticks mark the recorded steps, if there are at most this number.
MAX_TICKS = 40


@dataclass(repr=False, eq=False)
class LayerHistogramDisplay(Display):
    """Histograms of weights, activations or gradients over the steps, by layer.

    Each column of a picture is the histogram of one recorded step: the darkest color
    marks the most frequent value of that step, and the color scale is the square root,
    so that rare values are visible. Lines show the median and, dotted, the quartiles.
    Ticks below a picture mark the recorded steps, if they are few.

    Parameters
    ----------
    step : ndarray of shape (n_records,)
        The numbers of the recorded steps.
    counts : ndarray of shape (n_records, n_layers, n_bins)
        The number of values in each bin.
    edges : ndarray of shape (n_records, n_layers, n_bins + 1)
        The edges of the bins.
    layer : sequence of str
        The names of the layers.
    kind : {'weight', 'activation', 'gradient'}, default='weight'
        The kind of the values, for the label.

    Attributes
    ----------
    axes_ : ndarray of matplotlib axes
        One for each layer.
    ax_ : matplotlib axes
        The first of them.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    meshes_ : list of matplotlib QuadMesh
        The picture of each layer.
    quantiles_ : ndarray of shape (n_records, n_layers, 3)
        Quartiles and median, computed from the histograms.

    See Also
    --------
    skdl.callbacks.Monitor : Records the histograms.
    """

    step: ArrayLike
    counts: np.ndarray
    edges: np.ndarray
    layer: Sequence[str] | np.ndarray
    kind: Literal["weight", "activation", "gradient"] = "weight"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        kind: Literal["weight", "activation", "gradient"] = "weight",
        layers: ArrayLike | None = None,
        ax: Axes | ArrayLike | None = None,
    ) -> LayerHistogramDisplay:
        """Draw the histograms that a `Monitor` recorded while a net trained.

        Parameters
        ----------
        estimator : estimator
            A net that was fitted with a `Monitor`, or a pipeline or a search with such
            a net inside.
        kind : {'weight', 'activation', 'gradient'}, default='weight'
            The values to show. The activations of the output layer are the raw scores.
        layers : sequence of int, optional
            The indices of the layers to show. By default all, or ten evenly spaced
            ones, from the first to the output, of a net with more.
        ax : matplotlib axes or array-like of axes, optional
            The axes to draw on; a single one is divided into a panel for each layer. A
            new figure by default.

        Returns
        -------
        display : LayerHistogramDisplay
            The display, drawn.
        """
        if kind not in LABELS:
            raise ValueError(f"kind must be one of {list(LABELS)}, got {kind!r}.")
        records = Monitor.records_of(cls._unwrap(estimator).net)
        n_layers = len(records["layer"])
        if layers is None:
            layers = layers_to_name(n_layers, MAX_PANELS)
        chosen = check_indices("layers", layers, n_layers)
        display = cls(
            records["step"],
            records[f"{kind}_counts"][:, chosen],
            records[f"{kind}_edges"][:, chosen],
            records["layer"][chosen],
            kind=kind,
        )
        return display.plot(ax=ax)

    def plot(
        self, ax: Axes | ArrayLike | None = None, *, cmap: Any = "Blues"
    ) -> LayerHistogramDisplay:
        """Draw the histograms.

        Parameters
        ----------
        ax : matplotlib axes or array-like of axes, optional
            The axes to draw on; a single one is divided into a panel for each layer. A
            new figure by default.
        cmap : str or matplotlib colormap, default='Blues'
            The colors from frequency 0 to the highest.

        Returns
        -------
        self : LayerHistogramDisplay
            The display itself.
        """
        n_layers = len(self.layer)
        axes = self._new_axes(
            ax, 1, n_layers, figsize=(min(14.0, 1.2 + 2.6 * n_layers), 3.0)
        )
        from matplotlib.colors import PowerNorm

        self.axes_, self.meshes_, quantiles = axes, [], []
        step_borders = _borders_between(np.asarray(self.step, float))
        for j, (place, name) in enumerate(zip(axes, self.layer, strict=True)):
            counts, edges = self.counts[:, j], self.edges[:, j]
            bins, shares = _rebin(counts, edges)
            relative = shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-300)
            # The square root makes the tails visible.
            mesh = place.pcolormesh(
                step_borders, bins, relative.T, cmap=cmap, norm=PowerNorm(0.5, 0, 1),
                rasterized=True,
            )  # fmt: skip
            self.meshes_.append(mesh)
            levels = np.array(
                [_quantiles(c, e) for c, e in zip(counts, edges, strict=True)]
            )
            quantiles.append(levels)
            for line, style, label in zip(
                levels.T, (":", "-", ":"), ("quartiles", "median", None), strict=True
            ):
                place.plot(
                    self.step, line, color=COLORS["red"], linestyle=style, lw=1.1,
                    label=label,
                )  # fmt: skip
            # The title of each panel is above the legend of the first.
            place.set_title(name, fontsize="medium", pad=24)
            place.set(xlabel="step", ylim=(bins[0], bins[-1]))
            place.margins(x=0)
            place.ticklabel_format(**POWERS)
            whole_number_ticks(place)
            if len(step_borders) <= MAX_TICKS:
                place.set_xticks(self.step, minor=True)
        self.quantiles_ = np.stack(quantiles, axis=1)
        axes[0].set_ylabel(LABELS[self.kind])
        legend_above(axes[0], axes[0].lines[:2])
        bar = self.figure_.colorbar(self.meshes_[-1], ax=list(axes), pad=0.02)
        bar.set_label("frequency / highest\n(square-root scale)")
        bar.set_ticks([0, 0.1, 0.25, 0.5, 1], labels=["0", "0.1", "0.25", "0.5", "1"])
        bar.outline.set_visible(False)
        if ax is None:
            self.figure_.suptitle(f"{LABELS[self.kind]} of each layer")
        return self


def _borders_between(steps):
    """Return the borders of the columns that show these steps.

    They are halfway between steps. The first and the last column end beside their step,
    because nothing was recorded beyond.
    """
    middles = (steps[1:] + steps[:-1]) / 2
    return np.concatenate([[steps[0] - 0.5], middles, [steps[-1] + 0.5]])


def _cumulative_shares(counts):
    total = counts.sum()
    return np.concatenate([[0.0], np.cumsum(counts)]) / (total or 1)


def _quantiles(counts, edges, levels=(0.25, 0.5, 0.75)):
    """Return quantiles of a histogram, whose values are evenly spread over each bin."""
    if not counts.sum():
        return np.full(len(levels), np.nan)
    return np.interp(levels, _cumulative_shares(counts), edges)


def _rebin(counts, edges):
    """Return common bins of all records, and each record's share of values in them.

    Returns
    -------
    bins : ndarray of shape (N_BINS + 1,)
        The edges of the common bins.
    shares : ndarray of shape (n_records, N_BINS)
        The shares of the values.
    """
    used = counts.sum(axis=1) > 0
    if not used.any():
        return np.linspace(0, 1, N_BINS + 1), np.zeros((len(counts), N_BINS))
    ends = np.array(
        [
            _quantiles(c, e, (TAIL, 1 - TAIL))
            for c, e in zip(counts[used], edges[used], strict=True)
        ]
    )
    bins = np.linspace(ends[:, 0].min(), ends[:, 1].max(), N_BINS + 1)
    shares = [
        np.diff(np.interp(bins, e, _cumulative_shares(c)))
        for c, e in zip(counts, edges, strict=True)
    ]
    return bins, np.array(shares)
