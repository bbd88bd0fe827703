"""Displays of images: first-layer weights, and the inputs that excite units most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import column_or_1d

from skdl.inspection._check_arguments import (
    check_indices,
    check_integer,
    check_lengths,
    check_number,
    check_table,
)
from skdl.inspection.displays._axes import Display
from skdl.inspection.displays._mosaic import (
    as_images,
    check_image_shape,
    columns_for,
    draw_mosaic,
    frame_tiles,
    mosaic,
    to_unit_range,
)
from skdl.inspection.gradients import hidden_activations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TopActivationDisplay", "WeightImageDisplay"]


@dataclass(repr=False, eq=False)
class WeightImageDisplay(Display):
    """The weights of first-layer units as images, one for each unit.

    All images share one scale, from -limit to limit: gray images a diverging colormap,
    in which white is 0, and images in color a gray 0. A net without hidden layers has
    an image for each class, with the name of the class above.

    Parameters
    ----------
    images : ndarray of shape (n_units, height, width) or (n_units, height, width, 3)
        The weights of each unit.
    units : sequence of int
        The indices of the units.
    labels : sequence of str, optional
        The text above each image.

    Attributes
    ----------
    ax_ : matplotlib axes
        The axes of the latest `plot`.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    image_ : matplotlib image
        All images side by side.
    texts_ : list of matplotlib text
        The labels.
    limit_ : float
        The end of the scale.

    See Also
    --------
    TopActivationDisplay : The inputs that excite a unit most.
    """

    images: np.ndarray
    units: Sequence[int] | np.ndarray
    labels: Sequence[str] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, ...] | None = None,
        units: ArrayLike | None = None,
        sort: Literal["norm"] | None = "norm",
        max_units: int = 64,
        ax: Axes | None = None,
        limit: float | None = None,
        n_columns: int | None = None,
        cmap: Any = "RdBu_r",
    ) -> WeightImageDisplay:
        """Draw the first layer of a fitted net.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside. Transformers before
            the net must keep one column for each pixel, in the same order.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. The
            default is `image_shape` of the net, or a square gray image.
        units : sequence of int, optional
            The indices of the units to show, in this order.
        sort : {'norm', None}, default='norm'
            Without `units`: show the units with the largest weight norms first, or in
            the order of their indices. The classes of a net without hidden layers are
            in their own order.
        max_units : int, default=64
            Without `units`: the largest number of units to show.
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        limit, n_columns, cmap
            As for `plot`.

        Returns
        -------
        display : WeightImageDisplay
            The display, drawn.
        """
        net = cls._unwrap(estimator).net
        weights = net.coefs_[0]
        shape = check_image_shape(image_shape, net, len(weights))
        if sort not in ("norm", None):
            raise ValueError(f"sort must be 'norm' or None, got {sort!r}.")
        check_integer("max_units", max_units)
        names = _output_names(net)
        if units is None:
            order = np.arange(weights.shape[1])
            if sort == "norm" and names is None:
                order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
            units = order[:max_units]
        shown = check_indices("units", units, weights.shape[1])
        labels = None if names is None else [names[unit] for unit in shown]
        display = cls(as_images(weights.T[shown], shape), shown, labels)
        return display.plot(ax=ax, limit=limit, n_columns=n_columns, cmap=cmap)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        limit: float | None = None,
        n_columns: int | None = None,
        cmap: Any = "RdBu_r",
    ) -> WeightImageDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        limit : float, optional
            The end of the scale, on both sides of 0. By default it is larger than
            99.5 % of the weights; the others get the color of the end.
        n_columns : int, optional
            The number of images side by side; by default the picture is about a
            square, with few empty places.
        cmap : str or matplotlib colormap, default='RdBu_r'
            The colors of gray images.

        Returns
        -------
        self : WeightImageDisplay
            The display itself.
        """
        images = np.asarray(self.images)
        if n_columns is None:
            n_columns = columns_for(len(images), images.shape[1] / images.shape[2])
        check_integer("n_columns", n_columns)
        if limit is None:
            limit = float(np.quantile(np.abs(images), 0.995)) or 1.0
        check_number("limit", limit)
        self.limit_ = limit
        in_color = images.ndim == 4
        shown = to_unit_range(images, -limit, limit) if in_color else images
        n_columns = min(n_columns, len(images))
        gap = max(1, images.shape[1] // 12)
        # A line of text above an image takes a fifth of an inch of the picture's five.
        line = max(2 * gap, round(0.2 * n_columns * (images.shape[2] + gap) / 5.0))
        above = None if self.labels is None else line
        picture, corners = mosaic(shown, n_columns, gap, above)
        size = 5.0
        height = size * picture.shape[0] / picture.shape[1]
        figsize = (size + (0 if in_color else 0.8), height)
        (axes,) = self._new_axes(ax, figsize=figsize)
        scale = {} if in_color else {"cmap": cmap, "vmin": -limit, "vmax": limit}
        self.image_ = draw_mosaic(axes, picture, **scale)
        frame_tiles(axes, corners, images.shape[1:3])
        width = images.shape[2]
        self.texts_ = [
            axes.text(
                left + (width - 1) / 2, top - 0.5 - 0.04 * width, label,
                ha="center", va="bottom", fontsize=8.5,
            )
            for (top, left), label in zip(corners, self.labels or (), strict=False)
        ]  # fmt: skip
        if not in_color:
            bar = self.figure_.colorbar(
                self.image_, ax=axes, shrink=0.7, pad=0.03, extend="both"
            )
            bar.set_label("weight")
            bar.outline.set_visible(False)
        what = "units" if self.labels is None else "classes"
        axes.set_title(
            f"weights from the pixels to {len(images)} {what}", size="medium"
        )
        return self


def _output_names(net):
    """Return a name for each output of a net without hidden layers, or None."""
    if len(net.coefs_) > 1 or not hasattr(net, "classes_"):
        return None
    n, classes = net.coefs_[0].shape[1], net.classes_
    if isinstance(classes, list):
        return None
    if n == 1 and len(classes) == 2:
        return [f"{classes[1]} (against {classes[0]})"]
    return [str(name) for name in classes] if len(classes) == n else None


@dataclass(repr=False, eq=False)
class TopActivationDisplay(Display):
    """For each of some hidden units, a line of the images with the largest outputs.

    Parameters
    ----------
    images : ndarray of shape (n_units, n_top, height, width[, 3])
        The images, in decreasing order of the unit's output.
    activations : ndarray of shape (n_units, n_top)
        The outputs of the units for these images.
    units : sequence of int
        The indices of the units.
    indices : ndarray of shape (n_units, n_top), optional
        The row numbers of the images in X, counted from 0.
    classes : ndarray of shape (n_units, n_top), optional
        The classes of the images. The most frequent class of each unit is named.
    is_ranked : bool, default=False
        Whether the units whose outputs vary most come first, for the label.

    Attributes
    ----------
    ax_ : matplotlib axes
        The axes of the latest `plot`.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    image_ : matplotlib image
        All images side by side.
    texts_ : list of matplotlib text
        The most frequent class of each unit, with its share.

    See Also
    --------
    WeightImageDisplay : The weights of first-layer units.
    """

    images: np.ndarray
    activations: np.ndarray
    units: Sequence[int] | np.ndarray
    indices: np.ndarray | None = None
    classes: np.ndarray | None = None
    is_ranked: bool = False

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        layer: int | str = 0,
        units: ArrayLike | None = None,
        n_units: int = 8,
        n_top: int = 10,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
        cmap: Any = "gray",
    ) -> TopActivationDisplay:
        """Draw the rows of X that excite hidden units of a fitted net most.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside. The images show
            the rows of X as passed here, before any transformers.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
            The images to choose from.
        y : array-like of shape (n_samples,), optional
            The classes of X: the most frequent class among the images of each unit is
            named.
        layer : int or str, default=0
            The hidden layer: 0 or "hidden 1" is the first; negative numbers count from
            the last, which is -1.
        units : sequence of int, optional
            The indices of the units to show; by default the `n_units` units whose
            outputs vary most over X.
        n_units : int, default=8
            Without `units`: the number of units to show.
        n_top : int, default=10
            The number of images for each unit.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. The
            default is `image_shape` of the net, or a square gray image.
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        cmap : str or matplotlib colormap, default='gray'
            The colors of gray images.

        Returns
        -------
        display : TopActivationDisplay
            The display, drawn.
        """
        unwrapped = cls._unwrap(estimator)
        check_integer("n_units", n_units)
        check_integer("n_top", n_top)
        table = check_table(X)
        shape = check_image_shape(image_shape, unwrapped.net, table.shape[1])
        outputs = hidden_activations(estimator, X, layer)
        is_ranked = units is None
        if is_ranked:
            units = np.argsort(-outputs.std(axis=0), kind="stable")[:n_units]
        units = check_indices("units", units, outputs.shape[1])
        indices = np.argsort(-outputs[:, units], axis=0, kind="stable")[:n_top].T
        if y is not None:
            check_lengths(X, y)
        classes = None if y is None else column_or_1d(y)[indices]
        display = cls(
            np.stack([as_images(table[rows], shape) for rows in indices]),
            np.take_along_axis(outputs[:, units].T, indices, axis=1),
            units,
            indices=indices,
            classes=classes,
            is_ranked=is_ranked,
        )
        return display.plot(ax=ax, cmap=cmap)

    def plot(
        self, ax: Axes | None = None, *, cmap: Any = "gray"
    ) -> TopActivationDisplay:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        cmap : str or matplotlib colormap, default='gray'
            The colors of gray images.

        Returns
        -------
        self : TopActivationDisplay
            The display itself.
        """
        images = np.asarray(self.images)
        n_units, n_top, height = images.shape[:3]
        tiles = images.reshape(n_units * n_top, *images.shape[2:])
        tiles = to_unit_range(tiles, np.nanmin(tiles), np.nanmax(tiles))
        picture, corners = mosaic(tiles, n_top, max(1, height // 12))
        width = 0.55 * n_top
        label = 0.0 if self.classes is None else 0.8
        (axes,) = self._new_axes(
            ax,
            figsize=(
                width + 0.9 + label,
                width * picture.shape[0] / picture.shape[1] + 0.5,
            ),
        )
        scale = {} if images.ndim == 5 else {"cmap": cmap, "vmin": 0, "vmax": 1}
        self.image_ = draw_mosaic(axes, picture, **scale)
        tops = np.array([corners[i * n_top][0] for i in range(n_units)])
        axes.set_yticks(tops + (height - 1) / 2, [str(unit) for unit in self.units])
        axes.tick_params(length=0)
        axes.set_ylabel("unit (the most varying first)" if self.is_ranked else "unit")
        axes.set_xlabel("strongest first →")
        axes.xaxis.set_label_coords(0, -0.02)
        axes.xaxis.label.set_horizontalalignment("left")
        self.texts_ = [
            axes.text(
                picture.shape[1] + 0.15 * height, top + (height - 1) / 2, text,
                va="center", fontsize="small",
            )
            for top, text in zip(tops, self._class_shares(), strict=False)
        ]  # fmt: skip
        axes.set_title("images with the largest outputs of each unit", size="medium")
        return self

    def _class_shares(self):
        """Return the most frequent class among each unit's images, and its share."""
        if self.classes is None:
            return []
        shares = []
        for row in self.classes:
            names, numbers = np.unique(row, return_counts=True)
            share = numbers.max() / len(row)
            shares.append(f"{names[numbers.argmax()]} ({100 * share:.0f} %)")
        return shares
