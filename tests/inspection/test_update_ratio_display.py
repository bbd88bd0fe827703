"""Lines are the ratios that were recorded."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.callbacks import Monitor
from skdl.inspection import UpdateRatioDisplay


def test_lines_are_the_records(net):
    records = Monitor.records_of(net)
    display = UpdateRatioDisplay.from_estimator(net)
    for j, line in enumerate(display.lines_):
        steps, ratios = line.get_data()
        assert_array_equal(steps, records["step"])
        assert_array_equal(ratios, records["update_ratio"][:, j])
    labels = [text.get_text() for text in display.ax_.get_legend().texts]
    assert labels == ["hidden 1", "hidden 2", "output"]
    assert len({line.get_color() for line in display.lines_}) == 3


def test_band():
    display = UpdateRatioDisplay([1, 2], np.full((2, 1), 1e-3), ["output"])
    (band,) = display.plot(band=(1e-4, 1e-2)).ax_.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (1e-4, 1e-2)
    assert not display.plot(band=None).ax_.patches


def test_zeros_are_gaps():
    ratios = np.array([[1e-3], [0.0], [1e-2]])
    display = UpdateRatioDisplay([1, 2, 3], ratios, ["output"]).plot()
    assert_array_equal(display.lines_[0].get_ydata(), [1e-3, np.nan, 1e-2])


@pytest.mark.parametrize("n_layers", [3, 40])
def test_the_legend_stays_within_the_figure(n_layers):
    names = [*(f"hidden {i}" for i in range(1, n_layers)), "output"]
    display = UpdateRatioDisplay([1, 2], np.full((2, n_layers), 1e-3), names).plot()
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend()
    box, whole = legend.get_window_extent(), display.figure_.bbox
    assert box.y0 >= 0
    assert box.y1 <= whole.y1
    said = [text.get_text() for text in legend.texts]
    assert said[0] == "hidden 1"
    assert said[-1] == "output"
    if n_layers == 3:
        assert said == names


@pytest.mark.parametrize("steps", [[1], [1, 2, 3]])
def test_steps_are_whole(steps):
    display = UpdateRatioDisplay(steps, np.full((len(steps), 1), 1e-3), ["output"])
    ticks = display.plot().ax_.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))
