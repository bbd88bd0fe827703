"""The worst errors of a model, to look at one by one."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_consistent_length

from skdl._sklearn import check_matplotlib_support
from skdl.inspection._arguments import check_integer, check_rows
from skdl.inspection._display import GRAY, axes_for, parts_of
from skdl.inspection._mistakes import absolute_errors, misclassified, one_column
from skdl.inspection._mosaic import (
    as_images,
    check_image_shape,
    draw_mosaic,
    mosaic,
    to_unit_range,
)

__all__ = ["MistakesDisplay"]

# Rows of tables have their numbers in them up to so many columns.
MAX_NUMBERS = 12


class MistakesDisplay:
    """The rows that a model gets most wrong, as images or as rows of a table.

    Of a classifier these are misclassified rows, those first whose true class has the
    smallest probability; without probabilities, those with the largest lead of a wrong
    class. Of a regressor they are the rows with the largest absolute error. A table is
    colored by how many standard deviations a value lies from its column's mean.

    Parameters
    ----------
    rows : ndarray of shape (n_mistakes, n_features)
        Of X, the worst first.
    true, predicted : ndarray of shape (n_mistakes,)
        Labels or numbers.
    probability : ndarray of shape (n_mistakes, 2), optional
        Of the predicted and of the true label.
    indices : ndarray of shape (n_mistakes,)
        Which rows of X they are.
    image_shape : tuple of int, optional
        (height, width, channels), or None for a table.
    feature_names : sequence of str, optional
        For a table.
    center, scale : ndarray of shape (n_features,), optional
        Mean and standard deviation of the columns of X, for a table.

    Attributes
    ----------
    ax_ : matplotlib axes
    figure_ : matplotlib figure
    image_ : matplotlib image
    texts_ : list of matplotlib text
        One for each row.
    """

    def __init__(
        self, rows, true, predicted, indices, *, probability=None, image_shape=None,
        feature_names=None, center=None, scale=None,
    ):  # fmt: skip
        self.rows = rows
        self.true = true
        self.predicted = predicted
        self.indices = indices
        self.probability = probability
        self.image_shape = image_shape
        self.feature_names = feature_names
        self.center = center
        self.scale = scale

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, n_mistakes=15, image_shape=None, ax=None,
        n_columns=5, cmap="gray",
    ):  # fmt: skip
        """Draw the worst errors of a fitted model.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True labels or numbers.
        n_mistakes : int, default=15
            At most so many.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. That of
            the net by default; without one, the rows are a table.
        ax : matplotlib axes, optional
        n_columns, cmap
            As for `plot`.

        Returns
        -------
        display : MistakesDisplay
        """
        net = parts_of(estimator, cls).net
        if image_shape is None:
            image_shape = getattr(net, "image_shape", None)
        options = {
            "n_mistakes": n_mistakes, "ax": ax, "n_columns": n_columns, "cmap": cmap,
            "image_shape": image_shape,
        }  # fmt: skip
        if not is_classifier(net):
            y = one_column("y", y)
            return cls.from_predictions(y, estimator.predict(X), X=X, **options)
        y = one_column("y", y)
        if hasattr(estimator, "predict_proba"):
            scores = estimator.predict_proba(X)
            options["probabilities"] = True
        else:
            scores = estimator.decision_function(X)
        options["classes"] = estimator.classes_
        return cls.from_predictions(y, scores, X=X, **options)

    @classmethod
    def from_predictions(
        cls, y_true, y_pred, *, X, classes=None, probabilities=False, n_mistakes=15,
        image_shape=None, ax=None, n_columns=5, cmap="gray",
    ):  # fmt: skip
        """Draw the worst errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels or numbers.
        y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
            Numbers, if `classes` is None; else a score for each class, or of the second
            of two classes.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
        classes : array-like of shape (n_classes,), optional
            Labels.
        probabilities : bool, default=False
            Whether the scores are probabilities.
        n_mistakes, image_shape, ax, n_columns, cmap
            As for `from_estimator`; without `image_shape` the rows are a table.

        Returns
        -------
        display : MistakesDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_predictions")
        check_integer("n_mistakes", n_mistakes)
        y_true = one_column("y_true", y_true)
        check_consistent_length(X, y_true, y_pred)
        names = getattr(X, "columns", None)
        rows = check_rows(X)
        if image_shape is not None:
            image_shape = check_image_shape(image_shape, None, rows.shape[1])
        probability = None
        if classes is None:
            if probabilities:
                raise ValueError("probabilities=True needs classes: whose they are.")
            predicted = one_column("y_pred", y_pred)
            errors = absolute_errors(y_true, predicted)
            order = np.argsort(-errors, kind="stable")
        else:
            order, predicted, probability = misclassified(
                y_true, y_pred, classes, probabilities
            )
        worst = order[:n_mistakes]
        table = {}
        if image_shape is None:
            table = {"center": rows.mean(axis=0), "scale": rows.std(axis=0)}
            table["feature_names"] = None if names is None else list(names)
        display = cls(
            rows[worst], y_true[worst], predicted[worst], worst,
            probability=probability[worst] if probabilities else None,
            image_shape=image_shape, **table,
        )  # fmt: skip
        return display.plot(ax=ax, n_columns=n_columns, cmap=cmap)

    def plot(self, ax=None, *, n_columns=5, cmap="gray"):
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib axes, optional
        n_columns : int, default=5
            Images side by side.
        cmap : str or matplotlib colormap, default='gray'
            Of gray images.

        Returns
        -------
        self : MistakesDisplay
        """
        if not len(self.rows):
            (axes,) = axes_for(self, ax, figsize=(4.0, 1.0))
            self.image_, self.texts_ = None, []
            axes.set_axis_off()
            axes.text(0.5, 0.5, "no mistakes", ha="center", va="center", color=GRAY)
        elif self.image_shape is None:
            axes = self._plot_table(ax)
        else:
            axes = self._plot_images(ax, n_columns, cmap)
        self.ax_, self.figure_ = axes, axes.figure
        return self

    def _plot_images(self, ax, n_columns, cmap):
        check_integer("n_columns", n_columns)
        images = as_images(self.rows, self.image_shape)
        tiles = to_unit_range(images, images.min(), images.max())
        width = images.shape[2]
        n_columns = min(n_columns, len(images))
        # Room for two lines of text above each image, which is an inch wide.
        above = max(2, round(0.5 * width))
        whole, corners = mosaic(tiles, n_columns, max(1, width // 4), above)
        inches = 1.15 * n_columns
        size = (inches, inches * whole.shape[0] / whole.shape[1])
        (axes,) = axes_for(self, ax, figsize=size)
        scale = {} if images.ndim == 4 else {"cmap": cmap, "vmin": 0, "vmax": 1}
        self.image_ = draw_mosaic(axes, whole, **scale)
        self.texts_ = [
            axes.text(
                left + (width - 1) / 2, top - 0.5 - 0.04 * width, self._text(i, "\n"),
                ha="center", va="bottom", fontsize=7.5, linespacing=1.1,
            )
            for i, (top, left) in enumerate(corners)
        ]  # fmt: skip
        return axes

    def _plot_table(self, ax):
        rows = np.asarray(self.rows, float)
        n_rows, n_features = rows.shape
        spread = np.where(np.asarray(self.scale) > 0, self.scale, 1.0)
        deviations = (rows - self.center) / spread
        wide = min(12.0, 2.4 + 0.62 * n_features)
        (axes,) = axes_for(self, ax, figsize=(wide, 1.5 + 0.3 * n_rows))
        self.image_ = axes.imshow(
            deviations, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        axes.set_yticks(range(n_rows), [self._text(i, ", ") for i in range(n_rows)])
        self.texts_ = axes.get_yticklabels()
        names = self.feature_names
        names = [str(i) for i in range(n_features)] if names is None else names
        if n_features <= 40:
            long = max(map(len, names)) > 3
            axes.set_xticks(
                range(n_features), names, rotation=40 if long else 0,
                ha="right" if long else "center", rotation_mode="anchor",
            )  # fmt: skip
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if n_features <= MAX_NUMBERS:
            for i, j in np.ndindex(*rows.shape):
                dark = abs(deviations[i, j]) > 2
                axes.text(
                    j, i, f"{rows[i, j]:.3g}", ha="center", va="center", fontsize=8,
                    color="white" if dark else "black",
                )  # fmt: skip
        bar = axes.figure.colorbar(self.image_, ax=axes, pad=0.02, extend="both")
        bar.set_label("z-score")
        bar.outline.set_visible(False)
        return axes

    def _text(self, i, between):
        """Return what is said of the i-th row."""
        true, predicted = _said(self.true[i]), _said(self.predicted[i])
        if self.probability is None:
            return f"true {true}{between}predicted {predicted}"
        of_predicted, of_true = self.probability[i]
        return (
            f"true {true} ({_percent(of_true)}){between}"
            f"predicted {predicted} ({_percent(of_predicted)})"
        )


def _said(value):
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)


def _percent(share):
    if share < 0.005:
        return "<1 %"
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
