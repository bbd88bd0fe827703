"""The common behaviour of all displays."""

import re
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdl import SoftmaxClassifier, Standardizer
from skdl import inspection as module
from skdl.callbacks import Monitor
from tests.inspection.private_names import _axes as helpers

SHAPE = {"image_shape": (4, 4)}
# Further arguments of from_estimator, and the number of panels.
DISPLAYS = {
    "TrainingCurveDisplay": ((), {}, 2),
    "UpdateRatioDisplay": ((), {}, 1),
    "LayerHistogramDisplay": ((), {"kind": "activation"}, 3),
    "GradientFlowDisplay": ((), {}, 1),
    "GradientFlowDisplay-rows": (("X", "y"), {}, 1),
    "WeightImageDisplay": ((), SHAPE, 1),
    "TopActivationDisplay": (("X",), {"n_units": 3, "n_top": 4, **SHAPE}, 1),
    "MistakesDisplay": (("X", "y"), {"n_mistakes": 4, **SHAPE}, 1),
    "MistakesDisplay-table": (("X", "y"), {"n_mistakes": 4}, 1),
}


@pytest.fixture(params=DISPLAYS)
def case(request):
    return request.param


@pytest.fixture
def draw(case, X, y):
    names, options, _ = DISPLAYS[case]
    display = getattr(module, case.split("-")[0])
    given = [{"X": X, "y": y}[name] for name in names]
    return lambda net, **more: display.from_estimator(net, *given, **options, **more)


def test_the_table_lists_all_displays():
    # find_learning_rate returns LearningRateDisplay.
    displays = {name for name in module.__all__ if name.endswith("Display")}
    displays.remove("LearningRateDisplay")
    assert {name.split("-")[0] for name in DISPLAYS} == displays


def test_a_title_that_overlaps_nothing(case, draw, net):
    display = draw(net)
    display.figure_.draw_without_rendering()  # warnings are errors
    titles = [display.ax_.title]
    if display.figure_.get_suptitle():
        titles.append(display.figure_._suptitle)
    legend = display.ax_.get_legend()
    for title in titles:
        assert title.get_text()
        box = title.get_window_extent()
        assert box.y0 >= display.ax_.get_window_extent().y1
        if legend is not None:
            assert box.y0 >= legend.get_window_extent().y1
        assert box.y1 <= display.figure_.bbox.y1


@pytest.mark.parametrize("n_layers", [1, 5, 6, 10])
def test_the_title_is_above_a_legend_of_two_lines(n_layers):
    names = [f"hidden {i + 1}" for i in range(n_layers)]
    display = module.UpdateRatioDisplay([1, 2], np.full((2, n_layers), 1e-3), names)
    display.plot().figure_.draw_without_rendering()
    box = display.ax_.title.get_window_extent()
    assert box.y0 >= display.ax_.get_legend().get_window_extent().y1


def test_a_new_figure(case, draw, net):
    display = draw(net)
    assert pyplot.get_fignums() == [display.figure_.number]
    assert display.ax_.figure is display.figure_
    panels = list(getattr(display, "axes_", [display.ax_]))
    assert len(panels) == DISPLAYS[case][2]
    assert set(panels) <= set(display.figure_.axes)


def test_a_display_is_shown_by_its_values(case, draw, net):
    display = draw(net)
    name, text, html = case.split("-")[0], repr(display), display._repr_html_()
    assert re.fullmatch(rf"{name}\((\w+=.+)+\)", text)
    assert " object at 0x" not in text
    assert len(text) < 600
    assert html.startswith(f"<p><b>{name}</b></p>\n<table>")
    rows = html.count("<tr>")
    assert rows == 1 + (4 if "Mistakes" in name else text.count("="))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((9, 2)), "array of shape (9, 2)"),
        (np.arange(2), "[0, 1]"),
        ({"loss": 1, "time": 2}, "dict of loss, time"),
        ([1.0] * 9, "list of 9"),
        (["x" * 70], "list of 1"),
        ((4, 4), "(4, 4)"),
        ("a", "'a'"),
        ("a" * 99, "'" + 58 * "a" + "…"),
    ],
)
def test_values_in_short(value, text):
    assert helpers._in_short(value) == text


def test_plot_draws_again_and_returns_self(draw, net):
    display = draw(net)
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first


def test_axes_given_are_used_and_nothing_else(case, draw, net):
    figure = Figure(layout="constrained", figsize=(16, 5))
    left, right = figure.subplots(1, 2)
    display = draw(net, ax=left)
    assert display.figure_ is figure
    assert pyplot.get_fignums() == []
    assert not right.has_data()
    panels = list(getattr(display, "axes_", [display.ax_]))
    if len(panels) == 1:
        assert panels == [left]
    else:
        assert left not in panels
        middle = left.get_subplotspec().get_position(figure).x1
        assert not left.axison
        assert all(
            panel.get_subplotspec().get_position(figure).x1 <= middle + 1e-9
            for panel in panels
        )
    figure.draw_without_rendering()


def test_an_array_of_axes(case, draw, net):
    n_panels = DISPLAYS[case][2]
    figure = Figure(layout="constrained")
    axes = figure.subplots(n_panels, squeeze=False)
    display = draw(net, ax=axes)
    assert list(getattr(display, "axes_", [display.ax_])) == list(axes.ravel())
    with pytest.raises(ValueError, match=f"has {n_panels} panels, ax has 9 axes"):
        draw(net, ax=Figure().subplots(3, 3))


def test_in_a_pipeline_and_in_a_search(draw, net, X, y, fit):
    twin = clone(net).set_params(max_iter=2).set_callbacks(Monitor(every=1))
    pipe = fit(make_pipeline(Standardizer(), twin), X, y)
    assert draw(pipe).figure_
    assert draw(make_pipeline(net)).figure_
    search = GridSearchCV(pipe, {"softmaxclassifier__alpha": [0.1]}, cv=2)
    assert draw(fit(search, X, y)).figure_


def test_not_fitted(draw, net):
    for estimator in (clone(net), make_pipeline(clone(net))):
        with pytest.raises(NotFittedError):
            draw(estimator)
    with pytest.raises(NotFittedError):
        draw(GridSearchCV(clone(net), {"alpha": [1]}))


def test_other_estimators_are_refused(draw, X, y):
    model = LogisticRegression().fit(X, y)
    with pytest.raises(TypeError, match="net of skdl.*got LogisticRegression"):
        draw(model)


def test_without_matplotlib(draw, net, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="Display.from_estimator requires matplotlib"):
        draw(clone(net))  # before any work


def test_a_display_made_by_hand_without_matplotlib(monkeypatch):
    display = module.UpdateRatioDisplay([1], np.ones((1, 1)), ["output"])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="UpdateRatioDisplay.plot requires"):
        display.plot()
    with pytest.raises(ImportError, match="from_predictions requires"):
        module.MistakesDisplay.from_predictions([0], [1], X=[[1.0]])


@pytest.mark.parametrize(
    "name", ["UpdateRatioDisplay", "LayerHistogramDisplay", "GradientFlowDisplay"]
)
def test_without_a_monitor(name, net, X, y, fit):
    plain = fit(clone(net).set_callbacks(), X, y)
    with pytest.raises(ValueError, match=r"set_callbacks\(Monitor\(\)\) before fit"):
        getattr(module, name).from_estimator(plain)


def test_axes_that_cannot_be_divided(net):
    axes = Figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="pass an array of 2 axes"):
        module.TrainingCurveDisplay.from_estimator(net, ax=axes)


def test_colors_of_layers_differ():
    for n in (1, 2, 12):
        assert len(set(helpers.layer_colors(n))) == n


def test_decision_boundaries_are_drawn_by_scikit_learn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.array(["in", "out"])[(np.hypot(*X.T) > 1).astype(int)]
    net = SoftmaxClassifier((8,), solver="lbfgs", random_state=0).fit(X, y)
    for method in ("predict", "predict_proba", "decision_function", "auto"):
        display = DecisionBoundaryDisplay.from_estimator(
            net, X, response_method=method, grid_resolution=20
        )
        assert display.response.shape[:2] == (20, 20)
    grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
    np.testing.assert_allclose(display.response.ravel(), net.decision_function(grid))
