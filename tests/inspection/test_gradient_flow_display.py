"""Points are gradients: those recorded, or those of rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdl import MLPRegressor
from skdl.callbacks import Monitor
from skdl.inspection import GradientFlowDisplay


def test_recorded_gradients(net):
    records = Monitor.records_of(net)
    for step, i in ((None, -1), (3, 2), (10**6, -1)):
        display = GradientFlowDisplay.from_estimator(net, step=step)
        largest, mean = (line.get_ydata() for line in display.lines_)
        assert_array_equal(largest, records["gradient_max"][i])
        assert_array_equal(mean, records["gradient_mean"][i])
        assert display.ax_.get_title() == f"step {records['step'][i]}"
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["hidden 1", "hidden 2", "output"]


def gradients_of(net, X, y, weights):
    """Backpropagation through two layers of tanh and a softmax, written out."""
    outputs = [X]
    for W, b in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        outputs.append(np.tanh(outputs[-1] @ W + b))
    dZ = net.predict_proba(X) - (y[:, np.newaxis] == net.classes_)
    dZ *= (weights / weights.sum())[:, np.newaxis]
    gradients = []
    for A, W in zip(outputs[::-1], net.coefs_[::-1], strict=True):
        gradients.insert(0, A.T @ dZ)
        dZ = dZ @ W.T * (1 - A**2)
    return gradients


@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_of_rows(weighted, net, X, y):
    weights = np.arange(1.0, 81) if weighted else None
    display = GradientFlowDisplay.from_estimator(net, X, y, weights)
    expected = gradients_of(net, X, y, np.ones(80) if weights is None else weights)
    assert_allclose(display.gradient_mean, [np.abs(g).mean() for g in expected])
    assert_allclose(display.gradient_max, [np.abs(g).max() for g in expected])


def test_gradients_of_a_regressor(X, y, fit):
    target = X @ np.arange(16.0)
    net = fit(MLPRegressor(hidden_layer_sizes=(), max_iter=2), X, target)
    display = GradientFlowDisplay.from_estimator(net, X, target)
    gradient = X.T @ (net.predict(X) - target) / 80
    assert_allclose(display.gradient_max, np.abs(gradient).max())


def test_the_net_stays_as_it_is(net, X, y):
    before = net._network.snapshot()
    GradientFlowDisplay.from_estimator(net, X, y)
    for ours, theirs in zip(net._network.snapshot(), before, strict=True):
        assert_array_equal(ours, theirs)


def test_contradictions(net, X, y):
    with pytest.raises(ValueError, match="y is missing"):
        GradientFlowDisplay.from_estimator(net, X)
    with pytest.raises(ValueError, match="leave one of them out"):
        GradientFlowDisplay.from_estimator(net, X, y, step=3)
    with pytest.raises(ValueError, match="step=0 comes before the first"):
        GradientFlowDisplay.from_estimator(net, step=0)


def test_many_layers_have_short_names():
    names = [*(f"hidden {i}" for i in range(1, 10)), "output"]
    display = GradientFlowDisplay(np.ones(10), np.ones(10), names).plot()
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == [*map(str, range(1, 10)), "output"]


def test_names_of_very_many_layers_do_not_touch():
    names = [*(f"hidden {i}" for i in range(1, 50)), "output"]
    display = GradientFlowDisplay(np.ones(50), np.ones(50), names).plot()
    display.figure_.draw_without_rendering()
    labels = display.ax_.get_xticklabels()
    assert (labels[0].get_text(), labels[-1].get_text()) == ("1", "output")
    boxes = [label.get_window_extent() for label in labels]
    assert all(boxes[i].x1 < boxes[i + 1].x0 for i in range(len(boxes) - 1))
