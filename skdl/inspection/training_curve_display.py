"""Curves of a training: losses, scores and learning rate, epoch by epoch."""

import numpy as np

from skdl.inspection._display import (
    COLORS,
    GRAY,
    axes_for,
    parts_of,
    tidy,
    whole_numbers,
)

__all__ = ["TrainingCurveDisplay"]

HEIGHTS = {"loss": 2.2, "score": 1.4, "learning\nrate": 1.2}


class TrainingCurveDisplay:
    """Losses, scores and learning rate over the epochs.

    The panels lie one above the other: the losses; the scores, where rows validated or
    those of training are given; and the rate, where it changed. A line marks the best
    epoch.

    Parameters
    ----------
    history : dict of ndarray
        As `history_` of a net: at least "loss". There may also be a "training_score".
    best_epoch : int, optional
        To be marked, from 1.
    name : str, optional
        Of the estimator, for the title.

    Attributes
    ----------
    axes_ : ndarray of matplotlib axes
        One for each panel.
    ax_ : matplotlib axes
        The first one, that of the losses.
    figure_ : matplotlib figure
    lines_ : dict of matplotlib line
        By the names of `history_`.

    See Also
    --------
    UpdateRatioDisplay : Whether the rate suits each layer.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_iris
    >>> from skdl import MLPClassifier
    >>> from skdl.inspection import TrainingCurveDisplay
    >>> net = MLPClassifier(early_stopping=True, random_state=0)
    >>> net = net.fit(*load_iris(return_X_y=True))
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> len(display.axes_)
    2
    >>> plt.show()
    """

    def __init__(self, history, *, best_epoch=None, name=None):
        self.history = history
        self.best_epoch = best_epoch
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator, *, training_score=None, ax=None, name=None, yscale="linear"
    ):
        """Draw the curves of a fitted net.

        The best epoch is the first with the highest validation score, which is the one
        that early stopping goes back to. Without `early_stopping` it is marked as well,
        though the weights of the net are those of the last epoch: it says how long
        training should have been. Of a net without scores there is none.

        Parameters
        ----------
        estimator : estimator
            A fitted net, or a pipeline or a search with one inside.
        training_score : array-like of shape (n_epochs,), optional
            The score of the rows that it was trained on, after each epoch. No net
            computes it by itself, as that is another pass over all rows; with
            ``LambdaCallback(lambda net: scores.append(net.score(X, y)))`` it does.
        ax : matplotlib axes or array-like of them, optional
            One is divided into the panels; a new figure by default.
        name : str, optional
            For the title; the class of the net by default.
        yscale : {'linear', 'log'}, default='linear'
            Of the losses.

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        ValueError
            If there is not one `training_score` for each epoch.
        """
        net = parts_of(estimator, cls).net
        scores = net.history_.get("validation_score", np.array([]))
        best = None
        if np.isfinite(scores).any():
            best = int(np.nanargmax(scores)) + 1
        name = type(net).__name__ if name is None else name
        history = dict(net.history_)
        if training_score is not None:
            history["training_score"] = np.asarray(training_score, float)
            if history["training_score"].shape != history["loss"].shape:
                raise ValueError(
                    f"training_score must be a number for each of the "
                    f"{len(history['loss'])} epochs, got shape "
                    f"{history['training_score'].shape}."
                )
        display = cls(history, best_epoch=best, name=name)
        return display.plot(ax=ax, yscale=yscale)

    def plot(self, ax=None, *, yscale="linear"):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib axes or array-like of them, optional
        yscale : {'linear', 'log'}, default='linear'

        Returns
        -------
        self : TrainingCurveDisplay
        """
        panels = ["loss"]
        if self._has("training_score") or self._has("validation_score"):
            panels.append("score")
        rates = np.asarray(self.history.get("learning_rate", [np.nan]), float)
        if np.isfinite(rates).any() and np.ptp(rates[np.isfinite(rates)]) > 0:
            panels.append("learning\nrate")
        heights = [HEIGHTS[panel] for panel in panels]
        axes = axes_for(
            self, ax, len(panels), figsize=(6.0, 1.2 + sum(heights)),
            height_ratios=heights,
        )  # fmt: skip
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        self.lines_ = {}
        for panel, place in zip(panels, axes, strict=True):
            tidy(place)
            if panel == "loss":
                self._line(place, "loss", "training", COLORS["blue"])
                if self._has("validation_loss"):
                    self._line(place, "validation_loss", "validation", COLORS["red"])
                place.set_yscale(yscale)
            elif panel == "score":
                for line, color in (("training", "blue"), ("validation", "red")):
                    if self._has(f"{line}_score"):
                        self._line(place, f"{line}_score", line, COLORS[color])
            else:
                self._line(place, "learning_rate", None, GRAY, drawstyle="steps-mid")
                place.set_ylim(bottom=0)
                place.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
            place.set_ylabel(panel)
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
        whole_numbers(axes[-1])
        axes[0].legend(framealpha=1, edgecolor="none", loc="upper right")
        if self.name is not None:
            axes[0].set_title(self.name)
        return self

    def _has(self, name):
        return np.isfinite(np.asarray(self.history.get(name, [np.nan]), float)).any()

    def _line(self, axes, name, label, color, **options):
        values = np.asarray(self.history[name], float)
        epochs = np.arange(1, len(values) + 1)
        # One epoch is a point.
        marker = "o" if len(values) == 1 else None
        (self.lines_[name],) = axes.plot(
            epochs, values, color=color, label=label, marker=marker, **options
        )
