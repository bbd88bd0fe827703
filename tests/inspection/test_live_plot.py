"""The plot of a training that runs: in a notebook, in a window, or nowhere."""

import copy
import pickle
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.model_selection import GridSearchCV

from skdl import SoftmaxClassifier
from skdl.inspection import LivePlot
from tests.inspection.private_names import live_plot


@pytest.fixture
def now(monkeypatch):
    """A clock on which each look takes a second."""
    time = SimpleNamespace(now=0.0)

    def look():
        time.now += 1.0
        return time.now

    monkeypatch.setattr(live_plot, "perf_counter", look)
    return time


@pytest.fixture
def notebook(monkeypatch):
    """A list of (place, image) that a notebook shows."""
    shown = []

    def display(image, display_id):
        assert display_id is True
        place = len({place for place, _ in shown})
        shown.append((place, image))
        update = lambda image: shown.append((place, image))  # noqa: E731
        return SimpleNamespace(update=update)

    ipython, inner = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.version_info = (9, 0)
    ipython.get_ipython = lambda: SimpleNamespace(kernel="a kernel")
    inner.display = display
    inner.Image = lambda data, format: data
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", inner)
    return shown


def make(**params):
    net = SoftmaxClassifier((3,), max_iter=6, random_state=0, early_stopping=True)
    return net.set_params(**params)


@pytest.mark.usefixtures("now")
def test_notebook_replaces_one_picture(notebook, X, y, fit):
    fit(make().set_callbacks(LivePlot(interval=3)), X, y)
    assert {place for place, _ in notebook} == {0}
    assert 1 < len(notebook) < 7
    for _, image in notebook:
        assert image.startswith(b"\x89PNG")
    assert notebook[0][1] != notebook[-1][1]
    # The next call of fit has a picture of its own.
    n_first = len(notebook)
    fit(make().set_callbacks(LivePlot(interval=1e9)), X, y)
    assert [place for place, _ in notebook[n_first:]] == [1]
    assert pyplot.get_fignums() == []


def test_fits_of_a_search_share_a_picture(notebook, X, y, fit):
    net = make(max_iter=2).set_callbacks(LivePlot(interval=1e9))
    fit(GridSearchCV(net, {"alpha": [1.0]}, cv=2), X, y)
    assert [place for place, _ in notebook] == [0, 0, 0]


@pytest.mark.usefixtures("now")
def test_slow_drawing_makes_pauses(notebook, monkeypatch, X, y, fit):
    """Drawing takes 3 seconds here, and an epoch 1 or 2."""
    fit(make(max_iter=40, n_iter_no_change=99).set_callbacks(LivePlot(1e-9)), X, y)
    assert 3 <= len(notebook) <= 6


def test_curves_are_those_of_the_display(notebook, monkeypatch, X, y, fit):
    figures = []

    def keep(figure, *args, **options):
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)
    net = make(scoring=["accuracy", "f1_macro"], learning_rate="cosine", solver="adamw")
    net.set_callbacks(LivePlot(interval=1e9, yscale="log"))
    fit(net, X, y)
    _, *panels = figures[0].axes
    labels = [panel.get_ylabel() for panel in panels]
    assert labels == ["loss", "accuracy", "F1 macro", "learning rate"]
    assert panels[0].get_yscale() == "log"
    assert panels[0].get_title() == "SoftmaxClassifier 16-3-3"
    line = panels[2].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), net.history_["validation_f1_macro"])


def test_window_is_redrawn(monkeypatch, X, y, fit):
    calls = []

    class Canvas(FigureCanvasAgg):
        required_interactive_framework = "tk"

        def draw_idle(self):
            calls.append("draw")

        def flush_events(self):
            calls.append("flush")

    def figure(**options):
        window = Figure(**options)
        window.set_canvas(Canvas(window))
        window.show = lambda: calls.append("show")
        return window

    monkeypatch.setattr(pyplot, "figure", figure)
    fit(make(max_iter=2).set_callbacks(LivePlot(interval=1e9)), X, y)
    assert calls == ["show", "draw", "flush"]


def test_nowhere_to_draw_is_a_warning(X, y, fit):
    net = make(max_iter=2).set_callbacks(LivePlot())
    with pytest.warns(UserWarning, match="backend 'Agg' has none. TrainingTable"):
        fit(net, X, y)
    assert net.n_iter_ == 2
    assert pyplot.get_fignums() == []


def test_pickles_and_copies_hold_the_settings(notebook, X, y, fit):
    callback = LivePlot(2, "log")
    fit(make(max_iter=1).set_callbacks(callback), X, y)
    for twin in (pickle.loads(pickle.dumps(callback)), copy.deepcopy(callback)):
        assert vars(twin) == {"interval": 2, "yscale": "log"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interval": -1}, "interval must be"),
        ({"interval": "often"}, "interval must be"),
        ({"yscale": "sqrt"}, "yscale must be 'linear' or 'log', got 'sqrt'"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        LivePlot(**options)
