"""The base class of displays: unwrapping the net, and axes to draw on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import fields
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import check_matplotlib_support
from skdl._text import join_names
from skdl._text_tables import html_table
from skdl.estimators._internal_api import network_of
from skdl.inspection._unwrap import Unwrapped, unwrap_net

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colors, which differ for color-blind people, too.
COLORS = {"blue": "#0072B2", "red": "#D55E00", "green": "#009E73", "pink": "#CC79A7"}
GRAY = "0.45"
# Numbers outside of 10 ** these powers have a common factor, such as × 10⁻⁵.
POWERS = {"axis": "y", "style": "sci", "scilimits": (-2, 4), "useMathText": True}
# Names in a line of a legend above the axes.
LEGEND_COLUMNS = 5


class Display:
    """Base class of displays, which are dataclasses of the values to draw.

    A subclass has ``from_estimator``, which computes the values, and ``plot``, which
    draws them on the axes that `_new_axes` returns.
    """

    ax_: Axes
    figure_: Figure

    # What to write for a fitted tabular net; by default, to pass another net.
    _for_tabular_nets: ClassVar[str] = ""

    def __repr__(self) -> str:
        """Show the values to draw, large ones by their shape."""
        values = ", ".join(f"{name}={text}" for name, text in self._described())
        return f"{type(self).__name__}({values})"

    def _repr_html_(self) -> str:
        """Show the same as a table. A notebook shows the drawn figure by itself."""
        return html_table(
            [["value", ""], *self._described()], left=2, caption=type(self).__name__
        )

    def _described(self):
        """Return (name, text) of each value that is not None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return [
            (name, _in_short(values[name]))
            for name in values
            if values[name] is not None
        ]

    @classmethod
    def _unwrap(cls, estimator: Any) -> Unwrapped:
        """Return the fitted net inside an estimator, and its transformers.

        Raises
        ------
        ImportError
            If matplotlib is missing, before any work.
        TypeError
            If the estimator contains no net of skdl.
        sklearn.exceptions.NotFittedError
            If the net is not fitted.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        unwrapped = unwrap_net(estimator, instead=cls._for_tabular_nets)
        check_is_fitted(unwrapped.net)
        return unwrapped

    def _new_axes(self, ax, n_rows=1, n_columns=1, figsize=None, **grid):
        """Return n_rows · n_columns axes; set `ax_` to the first, and `figure_`.

        Parameters
        ----------
        ax : matplotlib axes, array-like of axes, or None
            None creates a new figure. Where several axes are needed, a single one is
            hidden and divided into them.
        n_rows, n_columns : int
            The grid of axes.
        figsize : tuple of float, optional
            The size of a new figure in inches.
        **grid
            Options of matplotlib's ``GridSpec``, such as ``height_ratios``.
        """
        axes = self._make_axes(ax, n_rows, n_columns, figsize, grid)
        self.ax_, self.figure_ = axes[0], axes[0].figure
        return axes

    def _make_axes(self, ax, n_rows, n_columns, figsize, grid):
        name, n = type(self).__name__, n_rows * n_columns
        check_matplotlib_support(f"{name}.plot")
        from matplotlib import pyplot
        from matplotlib.axes import Axes
        from matplotlib.gridspec import GridSpecFromSubplotSpec

        if ax is None:
            _, axes = pyplot.subplots(
                n_rows, n_columns, figsize=figsize, layout="constrained",
                squeeze=False, gridspec_kw=grid,
            )  # fmt: skip
            return axes.ravel()
        if not isinstance(ax, Axes):
            axes = np.asarray(ax, dtype=object).ravel()
            if not all(isinstance(panel, Axes) for panel in axes):
                raise TypeError(f"ax must be matplotlib axes, got {ax!r}.")
            if len(axes) != n:
                raise ValueError(f"{name} has {n} panels, ax has {len(axes)} axes.")
            return axes
        if n == 1:
            return np.array([ax], dtype=object)
        place = ax.get_subplotspec()
        if place is None:
            raise ValueError(
                f"{name} has {n} panels, and ax is not a subplot, so that it cannot be "
                f"divided: pass an array of {n} axes."
            )
        ax.set_axis_off()
        inner = GridSpecFromSubplotSpec(n_rows, n_columns, subplot_spec=place, **grid)
        return np.array([ax.figure.add_subplot(part) for part in inner], dtype=object)


def _in_short(value: Any) -> str:
    """Return a short text: a shape for an array, names for a dict, or the value."""
    if isinstance(value, np.ndarray):
        if value.size > 3:
            return f"array of shape {value.shape}"
        value = value.tolist()
    if isinstance(value, Mapping):
        return f"dict of {join_names([str(key) for key in value])}"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 3:
        return f"{type(value).__name__} of {len(value)}"
    text = " ".join(repr(value).split())
    if len(text) > 60 and isinstance(value, Sized) and not isinstance(value, str):
        return f"{type(value).__name__} of {len(value)}"
    return text if len(text) <= 60 else f"{text[:59]}…"


def layer_colors(n_layers: int) -> list:
    """Return a color for each layer, from dark for the first to light for the last."""
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0, 0.85, n_layers)]


def shape_of(net: Any) -> str:
    """Return the widths of a net's layers, such as "64-32×7-10", for a title."""
    parts: list[str] = []
    for width, equal in groupby(network_of(net).widths):
        n = len(list(equal))
        parts += [str(width)] * n if n < 3 else [f"{width}×{n}"]
    return "-".join(parts)


def tidy(axes: Axes) -> None:
    """Hide the upper and right lines of the frame, and draw a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def layers_to_name(n_layers: int, most: int) -> list[int]:
    """Return indices of about `most` layers, evenly spaced, with the first and last."""
    step, last = -(-n_layers // most), n_layers - 1
    return [*range(0, last - (step - 1) // 2, step), last]


def whole_number_ticks(axes: Axes) -> None:
    """Put ticks only at whole numbers of epochs or steps, if the x-axis is linear."""
    if axes.get_xscale() == "linear":
        locator: Any = axes.xaxis.get_major_locator()
        locator.set_params(integer=True, min_n_ticks=1)


def legend_above(axes, lines):
    """Name lines in a line above the axes, where the legend takes no width.

    Parameters
    ----------
    axes : matplotlib Axes
    lines : list of matplotlib Line2D
    """
    axes.legend(
        handles=lines, loc="lower left", bbox_to_anchor=(0, 1), frameon=False,
        ncols=min(len(lines), LEGEND_COLUMNS), fontsize="small", borderaxespad=0.2,
        handlelength=1.5, columnspacing=1.2,
    )  # fmt: skip


def title_above_legend(axes, title):
    """Write a title above a legend of `legend_above`, which may have several lines.

    Parameters
    ----------
    axes : matplotlib Axes
    title : str
    """
    n_names = len(axes.get_legend().get_texts())
    axes.set_title(title, fontsize="medium", pad=9 + 15 * -(-n_names // LEGEND_COLUMNS))
