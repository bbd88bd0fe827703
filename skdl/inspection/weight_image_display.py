"""The weights of the first layer as images: what each unit looks for."""

import numpy as np

from skdl.inspection._arguments import (
    check_integer,
    check_members,
    check_number,
)
from skdl.inspection._display import axes_for, parts_of
from skdl.inspection._mosaic import (
    as_images,
    check_image_shape,
    draw_mosaic,
    mosaic,
    to_unit_range,
)

__all__ = ["WeightImageDisplay"]

SORTS = ("norm", None)


class WeightImageDisplay:
    """Weights from the inputs to units of the first layer, an image for each unit.

    All images have one scale, from -limit to limit: gray images a diverging colormap,
    in which white is 0, and images in color a gray 0.

    Parameters
    ----------
    images : ndarray of shape (n_units, height, width) or (n_units, height, width, 3)
    units : sequence of int
        Their numbers.

    Attributes
    ----------
    ax_ : matplotlib axes
    figure_ : matplotlib figure
    image_ : matplotlib image
        All images side by side.
    limit_ : float

    See Also
    --------
    TopActivationDisplay : The inputs that excite a unit most.
    """

    def __init__(self, images, units):
        self.images = images
        self.units = units

    @classmethod
    def from_estimator(
        cls, estimator, *, image_shape=None, units=None, sort="norm", max_units=64,
        ax=None, limit=None, n_columns=None, cmap="RdBu_r",
    ):  # fmt: skip
        """Draw the first layer of a fitted net.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside. What comes
            before the net must leave a feature for each pixel, in the same order.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. That of
            the net by default, or a gray square.
        units : sequence of int, optional
            Which units, in this order.
        sort : {'norm', None}, default='norm'
            Without `units`: those with the longest weight vectors first, or by number.
        max_units : int, default=64
            Without `units`: no more than so many.
        ax : matplotlib axes, optional
        limit, n_columns, cmap
            As for `plot`.

        Returns
        -------
        display : WeightImageDisplay
        """
        net = parts_of(estimator, cls).net
        weights = net.coefs_[0]
        shape = check_image_shape(image_shape, net, len(weights))
        if sort not in SORTS:
            raise ValueError(f"sort must be 'norm' or None, got {sort!r}.")
        check_integer("max_units", max_units)
        if units is None:
            units = np.arange(weights.shape[1])
            if sort == "norm":
                units = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
            units = units[:max_units]
        units = check_members("units", units, weights.shape[1])
        display = cls(as_images(weights.T[units], shape), units)
        return display.plot(ax=ax, limit=limit, n_columns=n_columns, cmap=cmap)

    def plot(self, ax=None, *, limit=None, n_columns=None, cmap="RdBu_r"):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib axes, optional
        limit : float, optional
            Where the scale ends, on both sides of 0. By default 99.5 % of the weights
            are within; those beyond have the color of the end.
        n_columns : int, optional
            Images side by side; as many as make a square by default.
        cmap : str or matplotlib colormap, default='RdBu_r'
            Of gray images.

        Returns
        -------
        self : WeightImageDisplay
        """
        images = np.asarray(self.images)
        n = len(images)
        if n_columns is None:
            n_columns = int(np.ceil(np.sqrt(n * images.shape[1] / images.shape[2])))
        check_integer("n_columns", n_columns)
        if limit is None:
            limit = float(np.quantile(np.abs(images), 0.995)) or 1.0
        check_number("limit", limit)
        self.limit_ = limit
        in_color = images.ndim == 4
        shown = to_unit_range(images, -limit, limit) if in_color else images
        whole, _ = mosaic(shown, n_columns, max(1, images.shape[1] // 12))
        size = 5.0
        height = size * whole.shape[0] / whole.shape[1]
        (axes,) = axes_for(self, ax, figsize=(size + (0 if in_color else 0.8), height))
        self.ax_, self.figure_ = axes, axes.figure
        scale = {} if in_color else {"cmap": cmap, "vmin": -limit, "vmax": limit}
        self.image_ = draw_mosaic(axes, whole, **scale)
        if not in_color:
            # White would be a weight of 0.
            axes.set_facecolor("0.7")
            bar = self.figure_.colorbar(
                self.image_, ax=axes, shrink=0.7, pad=0.03, extend="both"
            )
            bar.set_label("weight")
            bar.outline.set_visible(False)
        return self
