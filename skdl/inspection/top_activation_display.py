"""The inputs that excite a unit most."""

import numpy as np

from skdl.inspection._arguments import check_integer, check_members, check_rows
from skdl.inspection._display import axes_for, parts_of
from skdl.inspection._mosaic import (
    as_images,
    check_image_shape,
    draw_mosaic,
    mosaic,
    to_unit_range,
)
from skdl.inspection.activations import hidden_activations

__all__ = ["TopActivationDisplay"]


class TopActivationDisplay:
    """For each of some hidden units, the images with its largest outputs, in a row.

    Parameters
    ----------
    images : ndarray of shape (n_units, n_top, height, width[, 3])
        From the largest output downwards.
    activations : ndarray of shape (n_units, n_top)
        These outputs.
    units : sequence of int
        Numbers of the units.
    indices : ndarray of shape (n_units, n_top), optional
        Which rows the images are.

    Attributes
    ----------
    ax_ : matplotlib axes
    figure_ : matplotlib figure
    image_ : matplotlib image
        All images side by side.

    See Also
    --------
    WeightImageDisplay : What a unit of the first layer looks for.
    """

    def __init__(self, images, activations, units, *, indices=None):
        self.images = images
        self.activations = activations
        self.units = units
        self.indices = indices

    @classmethod
    def from_estimator(
        cls, estimator, X, *, layer=0, units=None, n_units=8, n_top=10,
        image_shape=None, ax=None, cmap="gray",
    ):  # fmt: skip
        """Draw the rows of X that excite hidden units of a fitted net most.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside. The images are
            the rows of X as given, whatever comes before the net.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
        layer : int or str, default=0
            Which hidden layer, or its name, as "hidden 1"; negative ones count from the
            last one.
        units : sequence of int, optional
            Which units; by default the `n_units` whose outputs vary most over X.
        n_units : int, default=8
        n_top : int, default=10
            Rows for each unit.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. That of
            the net by default, or a gray square.
        ax : matplotlib axes, optional
        cmap : str or matplotlib colormap, default='gray'
            Of gray images.

        Returns
        -------
        display : TopActivationDisplay
        """
        parts = parts_of(estimator, cls)
        check_integer("n_units", n_units)
        check_integer("n_top", n_top)
        rows = check_rows(X)
        shape = check_image_shape(image_shape, parts.net, rows.shape[1])
        outputs = hidden_activations(estimator, X, layer)
        if units is None:
            units = np.argsort(-outputs.std(axis=0), kind="stable")[:n_units]
        units = check_members("units", units, outputs.shape[1])
        indices = np.argsort(-outputs[:, units], axis=0, kind="stable")[:n_top].T
        display = cls(
            np.stack([as_images(rows[one], shape) for one in indices]),
            np.take_along_axis(outputs[:, units].T, indices, axis=1),
            units,
            indices=indices,
        )
        return display.plot(ax=ax, cmap=cmap)

    def plot(self, ax=None, *, cmap="gray"):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib axes, optional
        cmap : str or matplotlib colormap, default='gray'
            Of gray images.

        Returns
        -------
        self : TopActivationDisplay
        """
        images = np.asarray(self.images)
        n_units, n_top, height = images.shape[:3]
        tiles = images.reshape(n_units * n_top, *images.shape[2:])
        tiles = to_unit_range(tiles, np.nanmin(tiles), np.nanmax(tiles))
        gap = max(1, height // 12)
        whole, corners = mosaic(tiles, n_top, gap)
        width = 0.55 * n_top
        (axes,) = axes_for(
            self, ax,
            figsize=(width + 0.9, width * whole.shape[0] / whole.shape[1] + 0.5),
        )  # fmt: skip
        self.ax_, self.figure_ = axes, axes.figure
        scale = {} if images.ndim == 5 else {"cmap": cmap, "vmin": 0, "vmax": 1}
        self.image_ = draw_mosaic(axes, whole, **scale)
        tops = [corners[i * n_top][0] for i in range(n_units)]
        axes.set_yticks(np.add(tops, (height - 1) / 2), [str(u) for u in self.units])
        axes.tick_params(length=0)
        axes.set_ylabel("unit")
        axes.set_xlabel("strongest first →")
        axes.xaxis.set_label_coords(0, -0.02)
        axes.xaxis.label.set_horizontalalignment("left")
        return self
