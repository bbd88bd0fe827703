"""Curves of a training over its epochs: losses, scores, learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from skdl.inspection._metric_names import metric_label, metric_of
from skdl.inspection.displays._axes import (
    COLORS,
    GRAY,
    POWERS,
    Display,
    shape_of,
    tidy,
    whole_number_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TrainingCurveDisplay"]

# The heights of the panels, in inches, and the number of letters in a line of a panel's
# label.
HEIGHTS = {"loss": 2.2, "score": 1.4, "learning rate": 1.2}
LABEL_WIDTH = 16


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
