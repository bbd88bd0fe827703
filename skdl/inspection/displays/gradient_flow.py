"""Gradients and outputs of each layer, from the first to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from skdl.callbacks import Monitor
from skdl.engine.probe import probe
from skdl.estimators._internal_api import encode, loss_of, network_of
from skdl.inspection._check_arguments import check_integer, check_lengths
from skdl.inspection.displays._axes import (
    COLORS,
    Display,
    layers_to_name,
    legend_above,
    tidy,
    title_above_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GradientFlowDisplay"]

# The most layers with full names, and with any name.
MAX_FULL_NAMES, MAX_NAMES = 6, 20


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
        legend_above(axes, self.lines_)
        title = "gradient of each layer"
        title += "" if self.title is None else f", {self.title}"
        title_above_legend(axes, title)
        return self
