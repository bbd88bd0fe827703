"""How the values of each layer are distributed while it trains."""

import numpy as np

from skdl.callbacks import Monitor
from skdl.inspection._arguments import check_members
from skdl.inspection._display import axes_for, named_layers, parts_of, whole_numbers

__all__ = ["LayerHistogramDisplay"]

KINDS = {"weight": "weights", "activation": "outputs", "gradient": "gradients"}
# Rows of the picture, and the share of values that it leaves out at each end.
N_BINS = 60
TAIL = 0.002
# Panels that have room in a line.
MOST = 10


class LayerHistogramDisplay:
    """Histograms of weights, activations or gradients over the steps, by the layer.

    Each column is the histogram of one step: the darkest value is the most frequent one
    of its step. Lines are the median and, dotted, the quartiles.

    Parameters
    ----------
    step : ndarray of shape (n_records,)
    counts : ndarray of shape (n_records, n_layers, n_bins)
    edges : ndarray of shape (n_records, n_layers, n_bins + 1)
        Of the bins.
    layer : sequence of str
        Names of the layers.
    kind : {'weight', 'activation', 'gradient'}, default='weight'

    Attributes
    ----------
    axes_ : ndarray of matplotlib axes
        One for each layer.
    ax_ : matplotlib axes
        The first one.
    figure_ : matplotlib figure
    meshes_ : list of matplotlib QuadMesh
        One for each layer.
    quantiles_ : ndarray of shape (n_records, n_layers, 3)
        Quartiles and median, read off the histograms.

    See Also
    --------
    skdl.callbacks.Monitor : Records the histograms.
    """

    def __init__(self, step, counts, edges, layer, *, kind="weight"):
        self.step = step
        self.counts = counts
        self.edges = edges
        self.layer = layer
        self.kind = kind

    @classmethod
    def from_estimator(cls, estimator, *, kind="weight", layers=None, ax=None):
        """Draw what a `Monitor` recorded of a net.

        Parameters
        ----------
        estimator : estimator
            A net that was fitted with a `Monitor`, or a pipeline or a search that ends
            with one.
        kind : {'weight', 'activation', 'gradient'}, default='weight'
            The activations of the output layer are the raw scores.
        layers : sequence of int, optional
            Which layers; all of them by default, but of more than ten only some, evenly
            spaced from the first to the output.
        ax : matplotlib axes or array-like of them, optional
            One is divided into a panel for each layer.

        Returns
        -------
        display : LayerHistogramDisplay
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}.")
        records = Monitor.records_of(parts_of(estimator, cls).net)
        n_layers = len(records["layer"])
        if layers is None:
            layers = named_layers(n_layers, MOST)
        chosen = check_members("layers", layers, n_layers)
        display = cls(
            records["step"],
            records[f"{kind}_counts"][:, chosen],
            records[f"{kind}_edges"][:, chosen],
            records["layer"][chosen],
            kind=kind,
        )
        return display.plot(ax=ax)

    def plot(self, ax=None, *, cmap="Blues"):
        """Draw the histograms.

        Parameters
        ----------
        ax : matplotlib axes or array-like of them, optional
        cmap : str or matplotlib colormap, default='Blues'

        Returns
        -------
        self : LayerHistogramDisplay
        """
        n_layers = len(self.layer)
        axes = axes_for(
            self, ax, 1, n_layers, figsize=(min(14.0, 1.2 + 2.6 * n_layers), 3.0)
        )
        from matplotlib.colors import PowerNorm

        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        self.meshes_, quantiles = [], []
        columns = _borders(np.asarray(self.step, float))
        for j, (place, name) in enumerate(zip(axes, self.layer, strict=True)):
            counts, edges = self.counts[:, j], self.edges[:, j]
            rows, shares = _on_one_scale(counts, edges)
            relative = shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-300)
            # The root shows the tails as well.
            mesh = place.pcolormesh(
                columns, rows, relative.T, cmap=cmap, norm=PowerNorm(0.5, 0, 1),
                rasterized=True,
            )  # fmt: skip
            self.meshes_.append(mesh)
            found = np.array(
                [_quantiles(c, e) for c, e in zip(counts, edges, strict=True)]
            )
            quantiles.append(found)
            for line, style in zip(found.T, (":", "-", ":"), strict=True):
                place.plot(self.step, line, color="#D55E00", linestyle=style, lw=0.9)
            place.set(title=name, xlabel="step", ylim=(rows[0], rows[-1]))
            place.margins(x=0)
            whole_numbers(place)
        self.quantiles_ = np.stack(quantiles, axis=1)
        axes[0].set_ylabel(KINDS[self.kind])
        bar = self.figure_.colorbar(self.meshes_[-1], ax=list(axes), pad=0.02)
        bar.set_label("frequency / highest")
        bar.set_ticks([0, 0.25, 1])
        bar.outline.set_visible(False)
        return self


def _borders(steps):
    """Return where the columns of steps begin and end."""
    if len(steps) == 1:
        return np.array([steps[0] - 0.5, steps[0] + 0.5])
    middles = (steps[1:] + steps[:-1]) / 2
    first, last = steps[0] - (middles[0] - steps[0]), 2 * steps[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])


def _cumulated(counts):
    total = counts.sum()
    return np.concatenate([[0.0], np.cumsum(counts)]) / (total or 1)


def _quantiles(counts, edges, levels=(0.25, 0.5, 0.75)):
    """Return quantiles of a histogram, with values evenly spread over each bin."""
    if not counts.sum():
        return np.full(len(levels), np.nan)
    return np.interp(levels, _cumulated(counts), edges)


def _on_one_scale(counts, edges):
    """Return (edges of bins, shares of shape (n_records, N_BINS)) for all records."""
    used = counts.sum(axis=1) > 0
    if not used.any():
        return np.linspace(0, 1, N_BINS + 1), np.zeros((len(counts), N_BINS))
    ends = np.array(
        [
            _quantiles(c, e, (TAIL, 1 - TAIL))
            for c, e in zip(counts[used], edges[used], strict=True)
        ]
    )
    rows = np.linspace(ends[:, 0].min(), ends[:, 1].max(), N_BINS + 1)
    shares = [
        np.diff(np.interp(rows, e, _cumulated(c)))
        for c, e in zip(counts, edges, strict=True)
    ]
    return rows, np.array(shares)
