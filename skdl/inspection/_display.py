"""What all displays do: find the net, and get axes to draw on."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdl._sklearn import check_matplotlib_support
from skdl.inspection._nets import take_apart

__all__ = [
    "COLORS",
    "GRAY",
    "axes_for",
    "layer_colors",
    "named_layers",
    "parts_of",
    "tidy",
    "whole_numbers",
]

# Okabe and Ito's, which the color-blind tell apart.
COLORS = {"blue": "#0072B2", "red": "#D55E00", "green": "#009E73", "pink": "#CC79A7"}
GRAY = "0.45"


def parts_of(estimator, display):
    """Return the `Parts` of a fitted estimator that is to be drawn.

    Parameters
    ----------
    estimator : estimator
        See `take_apart`.
    display : class
        That draws it: without matplotlib it is said before any work.

    Raises
    ------
    ImportError
        Without matplotlib.
    TypeError
        If there is no net of ours in it.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    check_matplotlib_support(f"{display.__name__}.from_estimator")
    parts = take_apart(estimator)
    check_is_fitted(parts.net)
    return parts


def axes_for(display, ax, n_rows=1, n_columns=1, figsize=None, **grid):
    """Return an array of n_rows · n_columns axes.

    Parameters
    ----------
    display : object
        For whose ``plot`` they are.
    ax : matplotlib axes, array-like of them, or None
        None for a new figure. One for several is divided: it is switched off, and
        others take its place.
    n_rows, n_columns : int
    figsize : tuple of float, optional
        In inches, of a new figure.
    **grid
        For matplotlib's ``GridSpec``, such as ``height_ratios``.
    """
    name = type(display).__name__
    check_matplotlib_support(f"{name}.plot")
    from matplotlib import pyplot
    from matplotlib.axes import Axes
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    n = n_rows * n_columns
    if ax is None:
        _, axes = pyplot.subplots(
            n_rows, n_columns, figsize=figsize, layout="constrained",
            squeeze=False, gridspec_kw=grid,
        )  # fmt: skip
        return axes.ravel()
    if not isinstance(ax, Axes):
        axes = np.asarray(ax, dtype=object).ravel()
        if not all(isinstance(one, Axes) for one in axes):
            raise TypeError(f"ax must be matplotlib axes, got {ax!r}.")
        if len(axes) != n:
            raise ValueError(f"{name} has {n} panels, ax has {len(axes)} axes.")
        return axes
    if n == 1:
        return np.array([ax], dtype=object)
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            f"{name} has {n} panels, and ax is no subplot, which could be divided: "
            f"pass an array of {n} axes."
        )
    ax.set_axis_off()
    inner = GridSpecFromSubplotSpec(n_rows, n_columns, subplot_spec=place, **grid)
    return np.array([ax.figure.add_subplot(part) for part in inner], dtype=object)


def layer_colors(n_layers):
    """Return a color for each layer, from the first one, dark, to the output, light."""
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0, 0.85, n_layers)]


def tidy(axes):
    """Leave out the frame's upper and right line, and draw faint lines of the grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def named_layers(n_layers, most):
    """Return numbers of layers that have room for a name: the first, the last, others.

    Parameters
    ----------
    n_layers : int
    most : int
        About so many names fit; all of fewer layers.
    """
    step, last = -(-n_layers // most), n_layers - 1
    return [*range(0, last - (step - 1) // 2, step), last]


def whole_numbers(axes):
    """Leave out ticks between whole numbers of epochs or steps, on a linear axis."""
    if axes.get_xscale() == "linear":
        locator = axes.xaxis.get_major_locator()
        locator.set_params(integer=True, min_n_ticks=1)
