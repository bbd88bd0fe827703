"""Displays of training: curves over the epochs, and layer statistics over the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from skdl.callbacks import Monitor
from skdl.engine.probe import probe
from skdl.estimators._internal_api import encode, loss_of, network_of
from skdl.inspection._check_arguments import (
    check_indices,
    check_integer,
    check_lengths,
    check_number,
)
from skdl.inspection._metric_names import metric_label, metric_of
from skdl.inspection.displays._axes import (
    COLORS,
    GRAY,
    Display,
    layer_colors,
    layers_to_name,
    shape_of,
    tidy,
    whole_number_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "GradientFlowDisplay",
    "LayerHistogramDisplay",
    "TrainingCurveDisplay",
    "UpdateRatioDisplay",
]

# The heights of the panels of `TrainingCurveDisplay`, in inches, and the number of
# letters in a line of a panel's label.
HEIGHTS = {"loss": 2.2, "score": 1.4, "learning rate": 1.2}
LABEL_WIDTH = 16
# `UpdateRatioDisplay`: the legend names at most about this number of layers, in lines
# of this number.
MAX_IN_LEGEND, LEGEND_COLUMNS = 10, 5
# `GradientFlowDisplay`: the most layers with full names, and with any name.
MAX_FULL_NAMES, MAX_NAMES = 6, 20
# `LayerHistogramDisplay`: the most panels in a line, the rows of each picture, and the
# share of values beyond each end of the picture.
MAX_PANELS, N_BINS, TAIL = 10, 60, 0.002
LABELS = {"weight": "weights", "activation": "outputs", "gradient": "gradients"}
# Ticks mark the recorded steps, if there are at most this number.
MAX_TICKS = 40
# Numbers outside of 10 ** these powers have a common factor, such as × 10⁻⁵.
POWERS = {"axis": "y", "style": "sci", "scilimits": (-2, 4), "useMathText": True}


@dataclass(repr=False, eq=False)
class TrainingCurveDisplay(Display):
    """Losses, scores and learning rate over the epochs.

    The panels are stacked: the losses; the scores, if there are validation scores or
    training scores; each further metric of `scoring`; and the learning rate, if it
    changed. A dotted line marks the best epoch.

    Parameters
    ----------
    history : dict of ndarray
        As `history_` of a net: at least "loss". A "training_score" may be added.
    best_epoch : int, optional
        The epoch to mark, counted from 1.
    name : str, optional
        The title, such as the class and the layers of the net.
    score_name : str, default="score"
        The name of the metric of the scores.

    Attributes
    ----------
    axes_ : ndarray of matplotlib axes
        One for each panel.
    ax_ : matplotlib axes
        The first panel, with the losses.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    lines_ : dict of matplotlib line
        The curves, by their names in `history_`.

    See Also
    --------
    UpdateRatioDisplay : Shows whether the learning rate suits each layer.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.inspection import TrainingCurveDisplay
    >>> net = MLPClassifier(early_stopping=True, random_state=0)
    >>> net = net.fit(*load_iris(return_X_y=True))
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> sorted(display.lines_)
    ['loss', 'validation_loss', 'validation_score']
    >>> plt.show()
    """

    history: Mapping[str, ArrayLike]
    best_epoch: int | None = None
    name: str | None = None
    score_name: str = "score"

    _for_tabular_nets: ClassVar[str] = (
        "write TrainingCurveDisplay(net.history_, best_epoch=net.best_iteration_)"
        ".plot()"
    )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        training_score: ArrayLike | None = None,
        ax: Axes | ArrayLike | None = None,
        name: str | None = None,
        yscale: Literal["linear", "log"] = "linear",
    ) -> TrainingCurveDisplay:
        """Draw the curves of a fitted net.

        The best epoch is the first one with the highest validation score; early
        stopping restores its weights. Without `early_stopping` it is marked, too, but
        the net keeps the weights of the last epoch: the mark shows how long training
        should have been. There is no mark without validation scores.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside.
        training_score : array-like of shape (n_epochs,), optional
            The score of the training rows after each epoch. Nets do not compute it, as
            it takes another pass over all rows; a callback can:
            ``LambdaCallback(lambda net: scores.append(net.score(X, y)))``.
        ax : matplotlib axes or array-like of axes, optional
            The axes to draw on; a single one is divided into panels. A new figure by
            default.
        name : str, optional
            The title. The default says the net's class, the widths of its layers and
            the best score.
        yscale : {'linear', 'log'}, default='linear'
            The scale of the losses.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `training_score` does not have one number for each epoch.
        """
        net = cls._unwrap(estimator).net
        scores = net.history_.get("validation_score", np.array([]))
        best = None
        if np.isfinite(scores).any():
            best = int(np.nanargmax(scores)) + 1
        metric = metric_of(net)
        if name is None:
            name = f"{type(net).__name__} {shape_of(net)}"
            if best is not None:
                score = f"{scores[best - 1]:.3g}".replace("-", "−")
                name += f", best {metric} {score}"
        history = dict(net.history_)
        if training_score is not None:
            history["training_score"] = np.asarray(training_score, float)
            if history["training_score"].shape != history["loss"].shape:
                raise ValueError(
                    f"training_score must be a number for each of the "
                    f"{len(history['loss'])} epochs, got shape "
                    f"{history['training_score'].shape}."
                )
        display = cls(history, best_epoch=best, name=name, score_name=metric)
        return display.plot(ax=ax, yscale=yscale)

    def plot(
        self,
        ax: Axes | ArrayLike | None = None,
        *,
        yscale: Literal["linear", "log"] = "linear",
    ) -> TrainingCurveDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib axes or array-like of axes, optional
            The axes to draw on; a single one is divided into panels. A new figure by
            default.
        yscale : {'linear', 'log'}, default='linear'
            The scale of the losses.

        Returns
        -------
        self : TrainingCurveDisplay
            The display itself.
        """
        panels = self._panels()
        heights = [HEIGHTS.get(panel, HEIGHTS["score"]) for panel in panels]
        axes = self._new_axes(
            ax, len(panels), figsize=(6.0, 1.2 + sum(heights)), height_ratios=heights
        )
        self.axes_, self.lines_ = axes, {}
        for panel, place in zip(panels, axes, strict=True):
            tidy(place)
            if panel == "loss":
                self._draw(place, "loss", "training", COLORS["blue"])
                if self._has("validation_loss"):
                    self._draw(place, "validation_loss", "validation", COLORS["red"])
                place.set_yscale(yscale)
            elif panel == "score":
                for rows, color in (("training", "blue"), ("validation", "red")):
                    if self._has(f"{rows}_score"):
                        self._draw(place, f"{rows}_score", rows, COLORS[color])
            elif panel == "learning rate":
                self._draw(place, "learning_rate", None, GRAY, drawstyle="steps-mid")
                place.set_ylim(bottom=0)
                place.ticklabel_format(**POWERS)
            else:
                self._draw(place, panel, "validation", COLORS["red"])
            place.set_ylabel(fill(self._label(panel), LABEL_WIDTH))
            place.margins(x=0.02)
            if self.best_epoch is not None:
                label = f"best epoch, {self.best_epoch}" if place is axes[0] else None
                place.axvline(
                    self.best_epoch, color="black", linestyle=":", linewidth=1,
                    label=label,
                )  # fmt: skip
        for place in axes[:-1]:
            place.tick_params(labelbottom=False)
            place.sharex(axes[-1])
        axes[-1].set_xlabel("epoch")
        whole_number_ticks(axes[-1])
        axes[0].legend(framealpha=1, edgecolor="none", loc="upper right")
        if self.name is not None:
            axes[0].set_title(self.name, fontsize="medium")
        return self

    def _panels(self):
        panels = ["loss"]
        if self._has("training_score") or self._has("validation_score"):
            panels.append("score")
        panels += self._further_metrics()
        rates = np.asarray(self.history.get("learning_rate", [np.nan]), float)
        if np.isfinite(rates).any() and np.ptp(rates[np.isfinite(rates)]) > 0:
            panels.append("learning rate")
        return panels

    def _label(self, panel):
        if panel == "score":
            return self.score_name
        if panel.startswith("validation_"):
            return metric_label(panel.removeprefix("validation_"))
        return panel

    def _further_metrics(self):
        """Return the names of the metrics beyond the one that decides."""
        first = self.history.get("validation_score", ())
        return [
            name
            for name, values in self.history.items()
            if name.startswith("validation_")
            and name not in ("validation_loss", "validation_score")
            and self._has(name)
            and not np.array_equal(values, first, equal_nan=True)
        ]

    def _has(self, name):
        return np.isfinite(np.asarray(self.history.get(name, [np.nan]), float)).any()

    def _draw(self, axes, name, label, color, **options):
        values = np.asarray(self.history[name], float)
        epochs, known = np.arange(1, len(values) + 1), np.isfinite(values)
        if not (known[1:] & known[:-1]).any():
            # Between epochs of which none follows another, a line would have gaps only.
            epochs, values = epochs[known], values[known]
        # A line through a single epoch would be invisible.
        marker = "o" if len(values) == 1 else None
        (self.lines_[name],) = axes.plot(
            epochs, values, color=color, label=label, marker=marker, **options
        )


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
        _legend_above(axes, [self.lines_[i] for i in named])
        _title_above_legend(axes, "size of the steps")
        return self


@dataclass(repr=False, eq=False)
class GradientFlowDisplay(Display):
    """The mean and the largest |gradient| of the weights, layer by layer.

    If the values fall by orders of magnitude towards the first layer, gradients vanish
    on their way back; if they grow, gradients explode.

    Parameters
    ----------
    gradient_mean, gradient_max : ndarray of shape (n_layers,)
        The mean and the largest absolute value of each layer's weight gradient.
    layer : sequence of str
        The names of the layers.
    title : str, optional
        The title of the axes.

    Attributes
    ----------
    ax_ : matplotlib axes
        The axes of the latest `plot`.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    lines_ : list of matplotlib line
        The largest values, and the means.

    See Also
    --------
    skdl.callbacks.Monitor : Records the gradients of training.
    """

    gradient_mean: ArrayLike
    gradient_max: ArrayLike
    layer: Sequence[str] | np.ndarray
    title: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        step: int | None = None,
        ax: Axes | None = None,
    ) -> GradientFlowDisplay:
        """Draw the gradients of a net for given rows, or those a `Monitor` recorded.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside.
        X : array-like of shape (n_samples, n_features), optional
            Rows, for the gradient of their mean loss at the weights of the fitted net,
            without dropout and penalty. Without X, a recorded step is drawn.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), optional
            The targets of X.
        sample_weight : array-like of shape (n_samples,), optional
            The weights of X in the mean loss.
        step : int, optional
            Without X: draw the last record up to this step; the last of all by default.
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.

        Returns
        -------
        display : GradientFlowDisplay
            The display, drawn.
        """
        unwrapped = cls._unwrap(estimator)
        if X is None and y is not None:
            raise ValueError("X is missing: y holds the targets of the rows of X.")
        if X is None:
            records = Monitor.records_of(unwrapped.net)
            return cls._from_records(records, step).plot(ax=ax)
        if step is not None:
            raise ValueError(
                "step selects a record of a Monitor, and X asks for gradients of the "
                "fitted net: leave one of them out."
            )
        if y is None:
            raise ValueError("y is missing: the loss of the rows of X needs it.")
        check_lengths(X, y, sample_weight)
        X, y, _ = unwrapped.transform(X, y)
        network = network_of(unwrapped.net)
        rows = encode(unwrapped.net, X, y, sample_weight)
        weights = rows.sample_weight
        if weights is not None:
            weights = weights.astype(network.dtype)[:, np.newaxis]
        layers = probe(
            network, rows.X, rows.target_rows, weights, loss_of(unwrapped.net)
        )  # fmt: skip
        sizes = [np.abs(np.asarray(layer.weight_gradient)) for layer in layers]
        means = np.array([size.mean() for size in sizes])
        largest = np.array([size.max() for size in sizes])
        return cls(means, largest, [layer.name for layer in layers]).plot(ax=ax)

    @classmethod
    def _from_records(cls, records, step):
        steps = records["step"]
        i = len(steps) - 1
        if step is not None:
            check_integer("step", step, 0)
            i = int(np.searchsorted(steps, step, "right")) - 1
            if i < 0:
                raise ValueError(
                    f"step={step!r} is before the first recorded step, {steps[0]}."
                )
        return cls(
            records["gradient_mean"][i], records["gradient_max"][i], records["layer"],
            title=f"step {steps[i]}",
        )  # fmt: skip

    def plot(self, ax: Axes | None = None) -> GradientFlowDisplay:
        """Draw the gradients.

        Parameters
        ----------
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.

        Returns
        -------
        self : GradientFlowDisplay
            The display itself.
        """
        n_layers = len(self.layer)
        width = min(12.0, max(4.5, 2.2 + 0.75 * n_layers))
        (axes,) = self._new_axes(ax, figsize=(width, 3.2))
        tidy(axes)
        axes.grid(visible=False, axis="x")
        places, self.lines_ = np.arange(n_layers), []
        for values, label, marker, color in (
            (self.gradient_max, "largest weight gradient", "^", COLORS["red"]),
            (self.gradient_mean, "mean over the weights", "o", COLORS["blue"]),
        ):
            values = np.asarray(values, float)
            (line,) = axes.plot(
                places, np.where(values > 0, values, np.nan), marker=marker,
                color=color, label=label, linewidth=1.3,
            )  # fmt: skip
            self.lines_.append(line)
        axes.set(yscale="log", ylabel="|gradient|", xlabel="layer")
        has_room = n_layers <= MAX_FULL_NAMES
        named = layers_to_name(n_layers, MAX_NAMES)
        names = [self.layer[i] for i in named]
        if not has_room:
            names = [name.removeprefix("hidden ") for name in names]
        axes.set_xticks(named, names)
        axes.margins(x=0.12 if has_room else 0.05, y=0.12)
        _legend_above(axes, self.lines_)
        title = "gradient of each layer"
        title += "" if self.title is None else f", {self.title}"
        _title_above_legend(axes, title)
        return self


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
        _legend_above(axes[0], axes[0].lines[:2])
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


def _legend_above(axes, lines):
    """Name lines in a line above the axes, where the legend takes no width."""
    axes.legend(
        handles=lines, loc="lower left", bbox_to_anchor=(0, 1), frameon=False,
        ncols=min(len(lines), LEGEND_COLUMNS), fontsize="small", borderaxespad=0.2,
        handlelength=1.5, columnspacing=1.2,
    )  # fmt: skip


def _title_above_legend(axes, title):
    """Write a title above a legend of `_legend_above`, which may have several lines."""
    n_names = len(axes.get_legend().get_texts())
    axes.set_title(title, fontsize="medium", pad=9 + 15 * -(-n_names // LEGEND_COLUMNS))


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
