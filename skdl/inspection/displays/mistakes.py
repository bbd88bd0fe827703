"""The display of the rows that a model gets most wrong."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils import column_or_1d

from skdl._numbers_of_rows import check_numbers_of_rows
from skdl._sklearn import check_matplotlib_support
from skdl._text_tables import html_table, text_table
from skdl.estimators._internal_api import labels_of
from skdl.inspection._check_arguments import check_integer, check_lengths, check_table
from skdl.inspection.displays._axes import GRAY, Display
from skdl.inspection.displays._mosaic import (
    as_images,
    check_image_shape,
    draw_mosaic,
    mosaic,
    to_unit_range,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MistakesDisplay"]

# A table shows at most this number of columns, and of letters in a cell; a header has
# two lines.
MAX_COLUMNS, MAX_LETTERS = 12, 12
# In inches: the least width of an image with its margin, the width of the image itself,
# and the width of a letter of the text above it.
TILE, IMAGE, LETTER = 1.35, 1.05, 0.072
TITLE = "worst mistakes first (rows counted from 0)"


@dataclass(repr=False, eq=False)
class MistakesDisplay(Display):
    """The rows that a model gets most wrong, as images or as a table.

    For a classifier these are misclassified rows: first the row whose true class has
    the smallest probability or, without probabilities, the row with the largest margin
    by which a wrong class leads. For a regressor they are the rows with the largest
    absolute errors. ``print`` shows the table as text.

    A table shows 12 columns at most: those in which these rows differ most from
    all rows, if there are more.

    Parameters
    ----------
    rows : ndarray of shape (n_mistakes, n_features)
        The rows of X, the worst first.
    true, predicted : ndarray of shape (n_mistakes,)
        Labels or numbers.
    indices : ndarray of shape (n_mistakes,)
        The row numbers in X, counted from 0: ``X.iloc[indices]`` of a data frame.
    probability : ndarray of shape (n_mistakes, 2), optional
        The probabilities of the predicted and of the true label.
    image_shape : tuple of int, optional
        (height, width, channels), or None for a table.
    feature_names : sequence of str, optional
        The names of the columns, for a table.
    columns : sequence of int, optional
        The columns that the table shows; the first ones by default.

    Attributes
    ----------
    ax_ : matplotlib axes
        The axes of the latest `plot`.
    figure_ : matplotlib figure
        The figure of the latest `plot`.
    image_ : matplotlib image or None
        The images side by side.
    texts_ : list of matplotlib text
        The text above each image.
    table_ : matplotlib table or None
        The table.
    """

    rows: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    indices: np.ndarray
    probability: np.ndarray | None = None
    image_shape: tuple[int, ...] | None = None
    feature_names: Sequence[str] | None = None
    columns: Sequence[int] | np.ndarray | None = None

    _for_tabular_nets: ClassVar[str] = (
        "write MistakesDisplay.from_predictions(y, net.predict_proba(X), "
        "classes=net.classes_, probabilities=True, X=X), or for numbers "
        "from_predictions(y, net.predict(X), X=X)"
    )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        n_mistakes: int = 15,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
        n_columns: int = 5,
        cmap: Any = "gray",
    ) -> MistakesDisplay:
        """Draw the worst errors of a fitted model.

        Parameters
        ----------
        estimator : estimator
            A fitted net with one output, or a pipeline or a search with one inside.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
            The rows to predict.
        y : array-like of shape (n_samples,)
            True labels or numbers. A row of class probabilities stands for the most
            probable class.
        n_mistakes : int, default=15
            The largest number of rows to show.
        image_shape : tuple of int, optional
            (height, width), or (height, width, channels) with 1 or 3 channels. The
            default is `image_shape` of the net; if that is None, a table is shown.
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        n_columns, cmap
            As for `plot`.

        Returns
        -------
        display : MistakesDisplay
            The display, drawn.
        """
        net = cls._unwrap(estimator).net
        if image_shape is None:
            image_shape = getattr(net, "image_shape", None)
        options = {
            "n_mistakes": n_mistakes, "ax": ax, "n_columns": n_columns, "cmap": cmap,
            "image_shape": image_shape,
            "feature_names": getattr(estimator, "feature_names_in_", None),
        }  # fmt: skip
        if not is_classifier(net):
            return cls.from_predictions(y, estimator.predict(X), X=X, **options)
        is_probability = hasattr(estimator, "predict_proba")
        method = "predict_proba" if is_probability else "decision_function"
        return cls.from_predictions(
            labels_of(net, y), getattr(estimator, method)(X), X=X,
            classes=estimator.classes_, probabilities=is_probability, **options,
        )  # fmt: skip

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        X: ArrayLike,
        classes: ArrayLike | None = None,
        probabilities: bool = False,
        feature_names: Sequence[str] | np.ndarray | None = None,
        n_mistakes: int = 15,
        image_shape: tuple[int, ...] | None = None,
        ax: Axes | None = None,
        n_columns: int = 5,
        cmap: Any = "gray",
    ) -> MistakesDisplay:
        """Draw the worst errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels or numbers.
        y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
            Without `classes`: predicted numbers. With `classes`: a score for each
            class, or for the second of two classes.
        X : {array-like, sparse matrix or array} of shape (n_samples, n_features)
            The rows that were predicted.
        classes : array-like of shape (n_classes,), optional
            The labels of a classifier, in the order of its scores.
        probabilities : bool, default=False
            Whether the scores are probabilities.
        feature_names : array-like of str, optional
            The names of the columns of X; those of a data frame by default.
        n_mistakes, image_shape, ax, n_columns, cmap
            As for `from_estimator`; without `image_shape` a table is shown.

        Returns
        -------
        display : MistakesDisplay
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_predictions")
        check_integer("n_mistakes", n_mistakes)
        if probabilities and classes is None:
            raise ValueError("probabilities=True needs classes, the labels of y_pred.")
        check_lengths(X, y_true)
        true = _one_column("y_true", y_true)
        if classes is None:
            _refuse_scores_without_classes(y_pred)
            predicted, order = _worst_numbers(true, _one_column("y_pred", y_pred))
            pairs = None
        else:
            labels = np.asarray(classes)
            predicted, order, pairs = _worst_labels(true, y_pred, labels, probabilities)
        order = order[:n_mistakes]
        names, columns = getattr(X, "columns", feature_names), None
        if image_shape is None:
            table = _as_table(X)
            columns = _most_unusual_columns(table, order)
        else:
            table = check_table(X)
            image_shape = check_image_shape(image_shape, None, table.shape[1])
        display = cls(
            table[order], true[order], predicted[order], order,
            probability=pairs[order] if pairs is not None and probabilities else None,
            image_shape=image_shape,
            feature_names=None if names is None else [str(name) for name in names],
            columns=columns,
        )  # fmt: skip
        return display.plot(ax=ax, n_columns=n_columns, cmap=cmap)

    def plot(
        self, ax: Axes | None = None, *, n_columns: int = 5, cmap: Any = "gray"
    ) -> MistakesDisplay:
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib axes, optional
            The axes to draw on; a new figure by default.
        n_columns : int, default=5
            The number of images side by side.
        cmap : str or matplotlib colormap, default='gray'
            The colors of gray images.

        Returns
        -------
        self : MistakesDisplay
            The display itself.
        """
        self.image_, self.texts_, self.table_ = None, [], None
        if not len(self.rows):
            (axes,) = self._new_axes(ax, figsize=(4.0, 1.0))
            axes.set_axis_off()
            axes.text(0.5, 0.5, "no mistakes", ha="center", va="center", color=GRAY)
        elif self.image_shape is None:
            self._plot_table(ax)
        else:
            self._plot_images(ax, self.image_shape, n_columns, cmap)
        return self

    def _plot_images(self, ax, image_shape, n_columns, cmap):
        check_integer("n_columns", n_columns)
        images = as_images(self.rows, image_shape)
        tiles = to_unit_range(images, np.nanmin(images), np.nanmax(images))
        width = images.shape[2]
        n_columns = min(n_columns, len(images))
        texts = ["row {}\n{}\n{}".format(*labels) for labels in self._labels()]
        longest = max(len(line) for text in texts for line in text.split("\n"))
        tile = max(TILE, LETTER * (longest + 1))
        # Three lines of text need space above each image, and long lines at its sides.
        above = max(3, round(0.52 * width))
        gap = max(1, round((tile / IMAGE - 1) * width))
        picture, corners = mosaic(tiles, n_columns, gap, above)
        inches = tile * n_columns
        size = (inches, inches * picture.shape[0] / picture.shape[1])
        (axes,) = self._new_axes(ax, figsize=size)
        scale = {} if images.ndim == 4 else {"cmap": cmap, "vmin": 0, "vmax": 1}
        self.image_ = draw_mosaic(axes, picture, **scale)
        self.texts_ = [
            axes.text(
                left + (width - 1) / 2, top - 0.5 - 0.04 * width, text,
                ha="center", va="bottom", fontsize=8.5, linespacing=1.15,
            )
            for (top, left), text in zip(corners, texts, strict=True)
        ]  # fmt: skip
        axes.set_title(TITLE, fontsize="medium")

    def _plot_table(self, ax):
        header, lines = self._table()
        header = [_in_two_lines(name) for name in header]
        letters = [
            max(len(part) for cell in column for part in cell.split("\n"))
            for column in zip(header, *lines, strict=True)
        ]
        n_header = 1 + max(name.count("\n") for name in header)
        height = 0.12 + 0.15 * n_header + 0.27 * len(lines)
        size = (0.4 + 0.085 * sum(n + 2 for n in letters), 0.3 + height)
        (axes,) = self._new_axes(ax, figsize=size)
        axes.set_axis_off()
        self.table_ = axes.table(
            cellText=lines, colLabels=header, loc="center", edges="horizontal",
            colWidths=[(n + 2) / sum(m + 2 for m in letters) for n in letters],
            bbox=(0, 0, 1, 1),
        )  # fmt: skip
        for (line, _), cell in self.table_.get_celld().items():
            cell.set_height(0.12 + 0.15 * n_header if line == 0 else 0.27)
        self.table_.auto_set_font_size(False)
        self.table_.set_fontsize(8)
        axes.set_title(TITLE, fontsize="medium")

    def _labels(self):
        """Return (row number, true, predicted) of each row as text."""
        lines = []
        for i, index in enumerate(self.indices):
            true = f"true {_cell(self.true[i])}"
            predicted = f"predicted {_cell(self.predicted[i])}"
            if self.probability is not None:
                of_predicted, of_true = self.probability[i]
                true += f" ({_percent(of_true)})"
                predicted += f" ({_percent(of_predicted)})"
            lines.append((str(index), true, predicted))
        return lines

    def _table(self):
        """Return the names of the columns, and the rows of cells, as text."""
        n = self.rows.shape[1]
        names = self.feature_names or [str(j) for j in range(n)]
        shown = list(range(n) if self.columns is None else self.columns)[:MAX_COLUMNS]
        header = [
            "row",
            "true",
            "predicted",
            *(names[j] for j in shown),
        ]
        lines = [
            [
                index, true.removeprefix("true "), predicted.removeprefix("predicted "),
                *(_shorten(_cell(row[j])) for j in shown),
            ]
            for (index, true, predicted), row in zip(
                self._labels(), self.rows, strict=True
            )
        ]  # fmt: skip
        if n > len(shown):
            header.append("…")
            lines = [[*line, ""] for line in lines]
        return header, lines

    def _repr_html_(self) -> str:
        """Show the table in a notebook; for images, without their pixels."""
        header, lines = self._table()
        if self.image_shape is not None:
            header, lines = header[:3], [line[:3] for line in lines]
        return html_table([header, *lines], left=3, caption=type(self).__name__)

    def __str__(self) -> str:
        """Return the table as text."""
        header, lines = self._table()
        header = [_shorten(name) for name in header]
        return text_table([header, *lines], left=0)


def _one_column(name, values):
    """Return labels or numbers, one for each row, as an array."""
    values = values.toarray() if issparse(values) else np.asarray(values)
    if values.ndim == 2 and values.shape[1] > 1:
        raise ValueError(
            f"{name} has {values.shape[1]} columns, and MistakesDisplay shows one "
            "output: pass one column of y and of the predictions to from_predictions."
        )
    if values.ndim not in (1, 2) or not values.size:
        raise ValueError(
            f"{name} must have one label or number for each row, got shape "
            f"{values.shape}."
        )
    values = column_or_1d(values)
    if values.dtype == object:
        if any(value is None for value in values):
            raise ValueError(f"{name} contains None: leave out rows without a label.")
        values = np.array(values.tolist())
    return values


def _refuse_scores_without_classes(scores):
    """Raise if there are several columns of predictions, which have no labels."""
    if np.ndim(scores) == 2 and np.shape(scores)[1] > 1:
        raise ValueError(
            f"y_pred has {np.shape(scores)[1]} columns, and classes is None. For a "
            "score of each class, pass classes=net.classes_, and probabilities=True if "
            "the scores are probabilities. MistakesDisplay shows one output of a "
            "regressor: pass one column of y and of the predictions."
        )


def _worst_numbers(true, predicted):
    """Return the predictions, and the rows in decreasing order of their errors."""
    check_numbers_of_rows(y_true=true, y_pred=predicted)
    for name, values in (("y_true", true), ("y_pred", predicted)):
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be numbers, as classes is None, got "
                f"{values[:1].tolist()} …: for labels, pass scores as y_pred, and "
                "the classes."
            )
    errors = np.abs(np.subtract(true, predicted, dtype=float))
    return predicted, np.argsort(-errors, kind="stable")


def _worst_labels(true, scores, classes, probabilities):
    """Return predicted labels, misclassified rows from the worst, and pairs of scores.

    The pairs are the scores of the predicted and of the true label.
    """
    scores = np.asarray(scores)
    if scores.dtype.kind not in "biuf":
        raise ValueError(
            "y_pred must be a score for each class, not labels, as classes are "
            f"given; got {scores[:1].tolist()} …"
        )
    check_numbers_of_rows(y_true=true, y_pred=scores)
    scores = scores.astype(float)
    if scores.ndim == 1:
        scores = np.column_stack([1 - scores if probabilities else -scores, scores])
    if scores.shape[1] != len(classes):
        raise ValueError(
            f"y_pred has {scores.shape[1]} columns, and there are {len(classes)} "
            "classes."
        )
    unknown = np.setdiff1d(true, classes)
    if len(unknown):
        raise ValueError(f"y has labels that are not among the classes: {unknown}.")
    order = np.argsort(classes)
    codes = order[np.searchsorted(classes, true, sorter=order)]
    best, each = scores.argmax(axis=1), np.arange(len(scores))
    pairs = np.column_stack([scores[each, best], scores[each, codes]])
    lead = pairs[:, 0] - pairs[:, 1]
    wrong = np.flatnonzero(best != codes)
    first = pairs[wrong, 1] if probabilities else -lead[wrong]
    return classes[best], wrong[np.lexsort((-lead[wrong], first))], pairs


def _as_table(X):
    """Return X as an array of numbers, or of objects if some columns hold words."""
    if issparse(X) or np.ndim(X) != 2:
        return check_table(X)
    table = np.asarray(X)
    return table if table.dtype.kind in "biuf" else np.asarray(X, dtype=object)


def _most_unusual_columns(table, rows):
    """Return the columns in which these rows are farthest from the mean of all rows.

    The distance is the mean square, in units of the column's variance.
    """
    n = table.shape[1]
    if n <= MAX_COLUMNS or table.dtype.kind not in "biuf" or not len(rows):
        return np.arange(min(n, MAX_COLUMNS))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a column of NaN only
        values = table.astype(float)
        squares = np.square(values[rows] - np.nanmean(values, axis=0))
        distance = np.nanmean(squares, axis=0) / np.nanvar(values, axis=0)
    order = np.argsort(-np.nan_to_num(distance, posinf=0.0), kind="stable")
    return np.sort(order[:MAX_COLUMNS])


def _cell(value):
    """Return a label or number as text, numbers with three digits."""
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)


def _shorten(text):
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"


def _in_two_lines(name):
    """Break a long name behind a space or an underscore, if there is one."""
    if len(name) <= MAX_LETTERS:
        return name
    breaks = [i + 1 for i, letter in enumerate(name[:MAX_LETTERS]) if letter in " _"]
    at = breaks[-1] if breaks else MAX_LETTERS
    return f"{name[:at].rstrip()}\n{_shorten(name[at:])}"


def _percent(share):
    if share < 0.005:
        return "<1 %"
    return ">99 %" if share > 0.995 else f"{100 * share:.0f} %"
