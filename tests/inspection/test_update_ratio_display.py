"""Lines are the ratios that were recorded."""

import numpy as np
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
