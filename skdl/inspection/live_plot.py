"""A callback that draws the curves of a training while it runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter
from typing import Any, Literal

import numpy as np

from skdl._arguments import explain_parameters
from skdl._sklearn import check_matplotlib_support
from skdl._warn import warn
from skdl.callbacks.base import NetCallback, is_fit
from skdl.inspection._check_arguments import check_number
from skdl.inspection._metric_names import metric_of
from skdl.inspection.displays._axes import shape_of
from skdl.inspection.displays.training_curve import TrainingCurveDisplay

__all__ = ["LivePlot"]

# Drawing takes at most a tenth of the time.
PAUSE = 9
SIZE = (6.0, 4.5)


@explain_parameters
@dataclass(eq=False)
class LivePlot(NetCallback):
    """Draws losses, scores and learning rate while a net trains.

    In a notebook, one picture below the cell is replaced again and again. In a script,
    the picture is in a window, if matplotlib's backend has windows. All fits of a
    search, and all steps of a pipeline, share one picture. `TrainingCurveDisplay` draws
    it.

    Parameters
    ----------
    interval : float, default=1.0
        The shortest time between two drawings, in seconds. It is longer where drawing
        would take more than a tenth of the time. The end of training is always drawn.
    yscale : {'linear', 'log'}, default='linear'
        The scale of the losses.

    Warns
    -----
    UserWarning
        If there is neither a notebook nor a window to draw in.

    See Also
    --------
    TrainingCurveDisplay : The same curves, of a fitted net.
    skdl.callbacks.TrainingTable : Prints the numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdl import SoftmaxClassifier
    >>> from skdl.inspection import LivePlot
    >>> net = SoftmaxClassifier(early_stopping=True, random_state=0)
    >>> net = net.set_callbacks(LivePlot(interval=2))
    >>> net.fit(*load_iris(return_X_y=True))  # doctest: +SKIP
    """

    interval: float = 1.0
    yscale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        check_number("interval", self.interval, 0)
        if self.yscale not in ("linear", "log"):
            raise ValueError(f"yscale must be 'linear' or 'log', got {self.yscale!r}.")

    def __getstate__(self) -> dict:
        """Leave what is on the screen out of pickles and copies."""
        return {"interval": self.interval, "yscale": self.yscale}

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Choose where to draw, once for all fits of a search."""
        if is_fit(context) and vars(self).get("_root") != context.root_uuid:
            check_matplotlib_support("LivePlot")
            self._root, self._screen = context.root_uuid, _screen()
        super().on_fit_task_begin(estimator, context)

    def on_fit_begin(self, run: Any) -> None:
        """Begin to measure the time until the first drawing."""
        self.notes[run] = {"next": perf_counter() + self.interval}

    def on_epoch_end(self, run: Any) -> None:
        """Draw, if the last drawing is long enough ago."""
        if self._screen is not None and perf_counter() >= self.notes[run]["next"]:
            self._draw(run)

    def on_fit_end(self, run: Any) -> None:
        """Draw all epochs."""
        if self._screen is not None and run.history["loss"]:
            self._draw(run)

    def _draw(self, run):
        began, net = perf_counter(), run.net
        scores = np.asarray(run.history["validation_score"])
        known = np.isfinite(scores).any()
        display = TrainingCurveDisplay(
            run.history,
            best_epoch=int(np.nanargmax(scores)) + 1 if known else None,
            name=f"{type(net).__name__} {shape_of(net)}",
            score_name=metric_of(net),
        )
        screen: Any = self._screen
        figure = screen.figure()
        display.plot(ax=figure.add_subplot(), yscale=self.yscale)
        screen.show(figure)
        now = perf_counter()
        self.notes[run]["next"] = now + max(self.interval, PAUSE * (now - began))


def _screen():
    """Return where to draw: in a notebook, in a window, or None."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        return _Notebook()
    from matplotlib import get_backend, pyplot

    window = pyplot.figure(figsize=SIZE, layout="constrained")
    if getattr(window.canvas, "required_interactive_framework", None):
        return _Window(window)
    pyplot.close(window)
    warn(
        "LivePlot draws in notebooks and in windows of matplotlib, whose backend "
        f"{get_backend()!r} has none. TrainingTable prints the numbers, and "
        "TrainingCurveDisplay draws them at the end.",
        UserWarning,
    )
    return None


class _Notebook:
    """A picture below a cell, replaced by each new one."""

    def __init__(self):
        self.handle = None

    def figure(self):
        """Return a new figure, of which a notebook's own display knows nothing."""
        from matplotlib.figure import Figure

        return Figure(figsize=SIZE, layout="constrained")

    def show(self, figure):
        """Show a figure in place of the one before."""
        # A notebook has IPython; where skdl is developed, it need not be installed.
        from IPython.display import Image, display  # pyright: ignore

        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        image = Image(data=buffer.getvalue(), format="png")
        if self.handle is None:
            self.handle = display(image, display_id=True)
        else:
            self.handle.update(image)


class _Window:
    """A window of matplotlib."""

    def __init__(self, figure):
        self.window = figure
        figure.show()

    def figure(self):
        """Return the figure of the window, empty."""
        self.window.clear()
        return self.window

    def show(self, figure):
        """Draw the figure, and let the window react to the user."""
        figure.canvas.draw_idle()
        figure.canvas.flush_events()
