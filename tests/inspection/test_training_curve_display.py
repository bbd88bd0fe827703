"""Curves are those of the history, and the best epoch is the one restored."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skdl import MLPRegressor
from skdl.callbacks import LambdaCallback
from skdl.engine import StepDecay
from skdl.inspection import TrainingCurveDisplay


def test_lines_are_the_history(net):
    display = TrainingCurveDisplay.from_estimator(net)
    names = {"loss", "validation_loss", "validation_score"}
    assert display.lines_.keys() == names
    for name in names:
        epochs, values = display.lines_[name].get_data()
        assert_array_equal(epochs, np.arange(1, net.n_iter_ + 1))
        assert_array_equal(values, net.history_[name])


def test_best_epoch_is_the_one_that_was_restored(net, X, y, fit):
    display = TrainingCurveDisplay.from_estimator(net)
    assert net.validation_scores_[display.best_epoch - 1] == net.best_validation_score_
    shorter = clone(net).set_params(max_iter=display.best_epoch)
    shorter = fit(shorter.set_callbacks(), X, y)
    assert_array_equal(shorter.coefs_[0], net.coefs_[0])
    for axes in display.axes_:
        (mark,) = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert list(mark.get_xdata()) == [display.best_epoch] * 2


def test_without_early_stopping_the_best_epoch_is_only_marked(net, X, y, fit):
    twin = clone(net).set_callbacks().set_params(early_stopping=False, max_iter=12)
    twin = fit(twin, X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    display = TrainingCurveDisplay.from_estimator(twin)
    scores = twin.history_["validation_score"]
    assert display.best_epoch == scores.argmax() + 1 < 12
    assert twin.score(X[40:], y[40:]) == scores[-1] < scores.max()


def test_only_what_there_is(X, y, fit):
    net = fit(MLPRegressor(max_iter=3, random_state=0), X, X[:, 0])
    display = TrainingCurveDisplay.from_estimator(net, name="a regressor")
    assert display.lines_.keys() == {"loss"}
    assert display.best_epoch is None
    assert display.ax_.get_title() == "a regressor"
    assert [text.get_text() for text in display.ax_.get_legend().texts] == ["training"]


def test_a_rate_that_changes_has_a_panel(net, X, y, fit):
    net = clone(net).set_callbacks().set_params(learning_rate=StepDecay(0.5, 2))
    display = TrainingCurveDisplay.from_estimator(fit(net, X, y), yscale="log")
    assert len(display.axes_) == 3
    rates = display.lines_["learning_rate"].get_ydata()
    assert_array_equal(rates, 0.01 * 0.5 ** (np.arange(net.n_iter_) // 2))
    assert display.ax_.get_yscale() == "log"
    limits = [axes.get_xlim() for axes in display.axes_]
    assert limits[0] == limits[1] == limits[2]
    with pytest.raises(ValueError, match="2 axes"):
        display.plot(display.axes_[:2])


def test_the_score_of_training_rows_has_a_line_beside_the_other(net, X, y, fit):
    scores = []
    net = clone(net).set_callbacks(
        LambdaCallback(lambda net: scores.append(net.score(X, y)))
    )
    net = fit(net, X, y)
    assert len(scores) == net.n_iter_
    display = TrainingCurveDisplay.from_estimator(net, training_score=scores)
    assert_array_equal(display.lines_["training_score"].get_ydata(), scores)
    validation = display.lines_["validation_score"]
    assert display.lines_["training_score"].axes is validation.axes
    assert "training_score" not in net.history_
    net.set_params(early_stopping=False)
    display = TrainingCurveDisplay.from_estimator(
        fit(net, X, y), training_score=scores[-net.n_iter_ :]
    )
    assert "validation_score" not in display.lines_
    assert display.lines_["training_score"].axes is display.axes_[1]


@pytest.mark.parametrize("wrong", [[0.5], 0.5, [[0.5]]])
def test_a_score_for_each_epoch(net, wrong):
    with pytest.raises(ValueError, match=r"training_score must be .* epochs, got"):
        TrainingCurveDisplay.from_estimator(net, training_score=wrong)


def test_one_epoch_is_a_point():
    display = TrainingCurveDisplay({"loss": [0.3]}).plot()
    assert display.lines_["loss"].get_marker() == "o"
    ticks = display.ax_.get_xticks()
    assert_array_equal(ticks, np.round(ticks))
