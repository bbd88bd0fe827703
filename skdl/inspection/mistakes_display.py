"""The worst errors of a model, to look at one by one."""

import numpy as np
from sklearn.base import is_classifier

from skdl._sklearn import check_matplotlib_support
from skdl.estimators._classes import check_classes
from skdl.estimators._targets import holds_distributions, soft_rows
from skdl.inspection._arguments import check_integer, check_lengths, check_rows
from skdl.inspection._display import GRAY, axes_for, parts_of
from skdl.inspection._mistakes import errors_of, output_names, worst_first
from skdl.inspection._mosaic import (
    as_images,
    check_image_shape,
    draw_mosaic,
    mosaic,
    to_unit_range,
)
from skdl.inspection._table import in_cell, numbers_of, read_table

__all__ = ["MistakesDisplay"]

# Rows of tables have their numbers in them up to so many columns.
MAX_NUMBERS = 12
# Inches that an image takes, with some room, and a letter of the text above it.
TILE, IMAGE, LETTER = 1.15, 0.92, 0.062


class MistakesDisplay:
    """The rows that a model gets most wrong, as images or as rows of a table.

    Of a classifier these are misclassified rows, those first whose true class has the
    smallest probability; without probabilities, those with the largest lead of a wrong
    class. Of a regressor they are the rows with the largest absolute error. Where y has
    several columns, the worst of a row counts, and is named; errors in numbers are then
    compared in standard deviations of their column of y. A table is colored by how many
    standard deviations a value lies from its column's mean; words and missing values
    are gray.

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
    output : sequence of str, optional
        Of several outputs, the name of the one that is meant, for each row.
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
        feature_names=None, center=None, scale=None, output=None,
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
        self.output = output

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
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True labels or numbers, as the net takes them. Probabilities of classes
            stand for the most probable one.
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
            return cls.from_predictions(y, estimator.predict(X), X=X, **options)
        options["probabilities"] = hasattr(estimator, "predict_proba")
        method = "predict_proba" if options["probabilities"] else "decision_function"
        scores, classes = getattr(estimator, method)(X), estimator.classes_
        if net._multilabel:
            scores, classes = list(scores.T), [np.array([0, 1])] * len(classes)
        elif _is_soft(net, y):
            y = soft_rows(y)
            check_classes(net, np.arange(y.shape[1]), "soft", True)
            y = classes[y.argmax(axis=1)]
        options["classes"] = classes
        return cls.from_predictions(y, scores, X=X, **options)

    @classmethod
    def from_predictions(
        cls, y_true, y_pred, *, X, classes=None, probabilities=False, n_mistakes=15,
        image_shape=None, ax=None, n_columns=5, cmap="gray",
    ):  # fmt: skip
        """Draw the worst errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True labels or numbers.
        y_pred : array-like, or list of array-like
            Numbers in the shape of `y_true`, if `classes` is None; else a score for
            each class, (n_samples, n_classes), or of the second of two classes,
            (n_samples,). Of several outputs, a list of such scores.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
        classes : array-like of shape (n_classes,), or list of them, optional
            Labels; of several outputs, a list.
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
        if probabilities and classes is None:
            raise ValueError("probabilities=True needs classes: whose they are.")
        check_lengths(X, y_true)
        errors = errors_of(y_true, y_pred, classes, probabilities)
        order, outputs = (one[:n_mistakes] for one in worst_first(errors))
        table, names = {}, getattr(X, "columns", None)
        if image_shape is None:
            rows, table["center"], table["scale"] = read_table(X)
            if names is not None:
                table["feature_names"] = [str(name) for name in names]
        else:
            rows = check_rows(X)
            image_shape = check_image_shape(image_shape, None, rows.shape[1])
        if len(errors) > 1:
            names = output_names(y_true, classes, len(errors))
            table["output"] = [names[j] for j in outputs]
        pairs = list(zip(order, outputs, strict=True))
        true = np.array([errors[j].true[i] for i, j in pairs])
        predicted = np.array([errors[j].predicted[i] for i, j in pairs])
        found = np.array([errors[j].found[i] for i, j in pairs if probabilities])
        display = cls(
            rows[order], true, predicted, order,
            probability=found if probabilities else None, image_shape=image_shape,
            **table,
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
        tiles = to_unit_range(images, np.nanmin(images), np.nanmax(images))
        width = images.shape[2]
        n_columns = min(n_columns, len(images))
        texts = [self._text(i, "\n") for i in range(len(images))]
        longest = max(len(line) for text in texts for line in text.split("\n"))
        wide = max(TILE, LETTER * (longest + 1))
        # Room for two lines of text above each image, and for long ones at its sides.
        above = max(2, round(0.5 * width))
        gap = max(1, round((wide / IMAGE - 1) * width))
        whole, corners = mosaic(tiles, n_columns, gap, above)
        inches = wide * n_columns
        size = (inches, inches * whole.shape[0] / whole.shape[1])
        (axes,) = axes_for(self, ax, figsize=size)
        scale = {} if images.ndim == 4 else {"cmap": cmap, "vmin": 0, "vmax": 1}
        self.image_ = draw_mosaic(axes, whole, **scale)
        self.texts_ = [
            axes.text(
                left + (width - 1) / 2, top - 0.5 - 0.04 * width, text,
                ha="center", va="bottom", fontsize=7.5, linespacing=1.1,
            )
            for (top, left), text in zip(corners, texts, strict=True)
        ]  # fmt: skip
        return axes

    def _plot_table(self, ax):
        rows = np.asarray(self.rows)
        n_rows, n_features = rows.shape
        spread = np.where(np.asarray(self.scale) > 0, self.scale, 1.0)
        deviations = (numbers_of(rows) - self.center) / spread
        texts = [self._text(i, ", ") for i in range(n_rows)]
        wide = 1.2 + 0.08 * max(map(len, texts)) + min(9.0, 0.62 * n_features)
        (axes,) = axes_for(self, ax, figsize=(wide, 1.5 + 0.3 * n_rows))
        self.image_ = axes.imshow(
            deviations, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        axes.set_facecolor("0.9")
        axes.set_yticks(range(n_rows), texts)
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
                    j, i, in_cell(rows[i, j]), ha="center", va="center", fontsize=8,
                    color="white" if dark else "black",
                )  # fmt: skip
        bar = axes.figure.colorbar(self.image_, ax=axes, pad=0.02, extend="both")
        bar.set_label("z-score")
        bar.outline.set_visible(False)
        return axes

    def _text(self, i, between):
        """Return what is said of the i-th row."""
        true, predicted = _said(self.true[i]), _said(self.predicted[i])
        if self.output is not None:
            true = f"{self.output[i]}: true {true}"
        else:
            true = f"true {true}"
        if self.probability is None:
            return f"{true}{between}predicted {predicted}"
        of_predicted, of_true = self.probability[i]
        return (
            f"{true} ({_percent(of_true)}){between}"
            f"predicted {predicted} ({_percent(of_predicted)})"
        )


def _is_soft(net, y):
    several = net._several_outputs
    return not several and net._soft_targets_allowed and holds_distributions(y)


def _said(value):
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)


def _percent(share):
    if share < 0.005:
        return "<1 %"
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
