"""Columns are the histograms recorded, on one scale."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import SoftmaxClassifier
from skdl.callbacks import Monitor
from skdl.inspection import LayerHistogramDisplay


@pytest.mark.parametrize("kind", ["weight", "activation", "gradient"])
def test_it_draws_what_was_recorded(kind, net):
    records = Monitor.records_of(net)
    display = LayerHistogramDisplay.from_estimator(net, kind=kind)
    assert_array_equal(display.counts, records[f"{kind}_counts"])
    assert_array_equal(display.edges, records[f"{kind}_edges"])
    titles = [axes.get_title() for axes in display.axes_]
    assert titles == ["hidden 1", "hidden 2", "output"]


def test_some_layers(net):
    display = LayerHistogramDisplay.from_estimator(net, layers=[2, 0])
    assert [axes.get_title() for axes in display.axes_] == ["output", "hidden 1"]
    assert_array_equal(
        display.counts[:, 1], Monitor.records_of(net)["weight_counts"][:, 0]
    )


def test_of_very_many_layers_some_are_drawn(X, y, fit):
    net = SoftmaxClassifier((2,) * 24, residual=True, max_iter=1, random_state=0)
    fit(net.set_callbacks(Monitor()), X, y)
    display = LayerHistogramDisplay.from_estimator(net)
    names = [*(f"hidden {i}" for i in range(1, 23, 3)), "output"]
    assert list(display.layer) == names
    assert len(display.axes_) == len(display.meshes_) == len(names)
    chosen = LayerHistogramDisplay.from_estimator(net, layers=range(12))
    assert len(chosen.axes_) == 12


def test_colors_and_quantiles_of_known_values():
    """Uniform values from 0 to 1, then from 0 to 2."""
    edges = np.array([np.linspace(0, 1, 11), np.linspace(0, 2, 11)])[:, np.newaxis]
    counts = np.full((2, 1, 10), 7)
    display = LayerHistogramDisplay([1, 3], counts, edges, ["output"]).plot()
    assert_allclose(display.quantiles_[:, 0], [[0.25, 0.5, 0.75], [0.5, 1, 1.5]])
    (mesh,) = display.meshes_
    colors = np.asarray(mesh.get_array())
    rows = mesh.get_coordinates()[:, 0, 1]
    middles = (rows[1:] + rows[:-1]) / 2
    inside = np.abs(middles - 1) > 0.05
    assert_allclose(colors[inside, 0], middles[inside] < 1)
    assert_allclose(colors[:, 1], 1)
    assert mesh.get_coordinates()[0, :, 0].tolist() == [0, 2, 4]


def test_quantiles_are_those_of_the_values(net):
    """To within a bin."""
    W = net.coefs_[0]
    edges = np.linspace(W.min(), W.max(), 201)
    counts = np.histogram(W, edges)[0]
    display = LayerHistogramDisplay(
        [1], counts[np.newaxis, np.newaxis], edges[np.newaxis, np.newaxis], ["x"]
    ).plot()
    expected = np.quantile(W, [0.25, 0.5, 0.75])
    assert_allclose(display.quantiles_[0, 0], expected, atol=3 * np.diff(edges)[0])


def test_a_step_without_values_is_empty():
    counts = np.array([[[0, 0]], [[1, 3]]])
    edges = np.array([[[0.0, 0.5, 1.0]], [[0.0, 1.0, 2.0]]])
    display = LayerHistogramDisplay([1, 2], counts, edges, ["output"]).plot()
    assert not np.asarray(display.meshes_[0].get_array())[:, 0].any()
    assert np.isnan(display.quantiles_[0]).all()
    nothing = LayerHistogramDisplay([1], counts[:1], edges[:1], ["output"]).plot()
    assert not np.asarray(nothing.meshes_[0].get_array()).any()


def test_kind_is_checked(net):
    with pytest.raises(ValueError, match="kind must be one of .*got 'bias'"):
        LayerHistogramDisplay.from_estimator(net, kind="bias")


def test_steps_are_whole():
    edges = np.tile(np.linspace(0, 1, 11), (1, 1, 1))
    display = LayerHistogramDisplay([1], np.ones((1, 1, 10)), edges, ["output"]).plot()
    ticks = display.ax_.get_xticks()
    assert_array_equal(ticks, np.round(ticks))
