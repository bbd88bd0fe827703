"""Displays of training curves, update ratios, gradients and histograms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import fbeta_score, hinge_loss, make_scorer

from skdl import MLPRegressor, SoftmaxClassifier
from skdl.callbacks import LambdaCallback, Monitor
from skdl.engine import Quantile, StepDecay
from skdl.estimators._internal_api import network_of
from skdl.inspection import (
    GradientFlowDisplay,
    LayerHistogramDisplay,
    TrainingCurveDisplay,
    UpdateRatioDisplay,
)
from tests.inspection.private_names import metric_of


def test_curves_are_the_history(net):
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


def test_only_recorded_curves_are_drawn(X, y, fit):
    net = fit(MLPRegressor(max_iter=3, random_state=0), X, X[:, 0])
    display = TrainingCurveDisplay.from_estimator(net, name="a regressor")
    assert display.lines_.keys() == {"loss"}
    assert display.best_epoch is None
    assert display.ax_.get_title() == "a regressor"
    assert [text.get_text() for text in display.ax_.get_legend().texts] == ["training"]


def test_a_changing_learning_rate_has_a_panel(net, X, y, fit):
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


@pytest.mark.parametrize(
    ("scoring", "label"),
    [
        (None, "accuracy"),
        ("loss", "−loss"),
        ("roc_auc_ovr", "ROC AUC one-vs-rest"),
        ("neg_log_loss", "−log loss"),
        (make_scorer(fbeta_score, beta=2, average="macro"), "fbeta"),
        (make_scorer(hinge_loss, greater_is_better=False), "−hinge loss"),
        ({"my_f1": "f1_macro", "other": "accuracy"}, "my F1"),
        (["f1_macro", "accuracy"], "F1 macro"),
    ],
)
def test_scores_have_the_name_of_their_metric(scoring, label):
    assert metric_of(SoftmaxClassifier(scoring=scoring)) == label


@pytest.mark.parametrize(
    ("loss", "label"),
    [("squared_error", "R²"), (Quantile([0.1, 0.9]), "D² of quantiles")],
)
def test_scores_of_regressors_have_a_name(loss, label, X, fit):
    net = fit(MLPRegressor(loss, max_iter=1, random_state=0), X, X[:, 0])
    assert metric_of(net) == label


def test_the_title_says_the_layers_and_the_best_score(net):
    display = TrainingCurveDisplay.from_estimator(net)
    score = f"{net.best_validation_score_:.3g}"
    title = f"SoftmaxClassifier 16-6-5-3, best accuracy {score}"
    assert display.ax_.get_title() == title
    assert display.axes_[1].get_ylabel() == display.score_name == "accuracy"


def test_equal_widths_of_layers_are_counted_in_titles(X, y, fit):
    net = fit(SoftmaxClassifier((4,) * 7, max_iter=1, random_state=0), X, y)
    title = TrainingCurveDisplay.from_estimator(net).ax_.get_title()
    assert title == "SoftmaxClassifier 16-4×7-3"


def test_the_training_score_is_drawn_beside_the_validation_score(net, X, y, fit):
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
def test_training_scores_must_fit_the_epochs(net, wrong):
    with pytest.raises(ValueError, match=r"training_score must be .* epochs, got"):
        TrainingCurveDisplay.from_estimator(net, training_score=wrong)


def test_one_epoch_is_a_point():
    display = TrainingCurveDisplay({"loss": [0.3]}).plot()
    assert display.lines_["loss"].get_marker() == "o"
    ticks = display.ax_.get_xticks()
    assert_array_equal(ticks, np.round(ticks))


def test_update_ratios_are_the_records(net):
    records = Monitor.records_of(net)
    display = UpdateRatioDisplay.from_estimator(net)
    for j, line in enumerate(display.lines_):
        steps, ratios = line.get_data()
        assert_array_equal(steps, records["step"])
        assert_array_equal(ratios, records["update_ratio"][:, j])
    labels = [text.get_text() for text in display.ax_.get_legend().texts]
    assert labels == ["hidden 1", "hidden 2", "output"]
    assert len({line.get_color() for line in display.lines_}) == 3


def test_band_of_update_ratios():
    display = UpdateRatioDisplay([1, 2], np.full((2, 1), 1e-3), ["output"])
    (band,) = display.plot(band=(1e-4, 1e-2)).ax_.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (1e-4, 1e-2)
    assert [text.get_text() for text in display.ax_.texts] == ["usual"]
    assert not display.plot(band=None).ax_.patches


def test_zero_update_ratios_are_gaps():
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
    assert box.x0 >= 0
    assert box.x1 <= whole.x1
    assert box.y0 >= display.ax_.get_window_extent().y1
    assert box.y1 <= whole.y1
    said = [text.get_text() for text in legend.texts]
    assert said[0] == "hidden 1"
    assert said[-1] == "output"
    if n_layers == 3:
        assert said == names


@pytest.mark.parametrize("steps", [[1], [1, 2, 3]])
def test_steps_of_update_ratios_are_whole_numbers(steps):
    display = UpdateRatioDisplay(steps, np.full((len(steps), 1), 1e-3), ["output"])
    ticks = display.plot().ax_.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


def test_recorded_gradients(net):
    records = Monitor.records_of(net)
    for step, i in ((None, -1), (3, 2), (10**6, -1)):
        display = GradientFlowDisplay.from_estimator(net, step=step)
        largest, mean = (line.get_ydata() for line in display.lines_)
        assert_array_equal(largest, records["gradient_max"][i])
        assert_array_equal(mean, records["gradient_mean"][i])
        title = f"gradient of each layer, step {records['step'][i]}"
        assert display.ax_.get_title() == title
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
    before = network_of(net).snapshot()
    GradientFlowDisplay.from_estimator(net, X, y)
    for ours, theirs in zip(network_of(net).snapshot(), before, strict=True):
        assert_array_equal(ours, theirs)


def test_contradictory_arguments_of_gradient_flow(net, X, y):
    with pytest.raises(ValueError, match="y is missing"):
        GradientFlowDisplay.from_estimator(net, X)
    with pytest.raises(ValueError, match="leave one of them out"):
        GradientFlowDisplay.from_estimator(net, X, y, step=3)
    with pytest.raises(ValueError, match="step=0 is before the first"):
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


@pytest.mark.parametrize("kind", ["weight", "activation", "gradient"])
def test_histograms_are_the_records(kind, net):
    records = Monitor.records_of(net)
    display = LayerHistogramDisplay.from_estimator(net, kind=kind)
    assert_array_equal(display.counts, records[f"{kind}_counts"])
    assert_array_equal(display.edges, records[f"{kind}_edges"])
    titles = [axes.get_title() for axes in display.axes_]
    assert titles == ["hidden 1", "hidden 2", "output"]


def test_histograms_of_some_layers(net):
    display = LayerHistogramDisplay.from_estimator(net, layers=[2, 0])
    assert [axes.get_title() for axes in display.axes_] == ["output", "hidden 1"]
    assert_array_equal(
        display.counts[:, 1], Monitor.records_of(net)["weight_counts"][:, 0]
    )


def test_histograms_of_a_deep_net(X, y, fit):
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
    assert mesh.get_coordinates()[0, :, 0].tolist() == [0.5, 2, 3.5]


def test_quantiles_are_those_of_the_values(net):
    """Quantiles are exact up to the width of a bin."""
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


def test_lines_of_histograms_have_a_legend_and_few_records_have_ticks(net):
    display = LayerHistogramDisplay.from_estimator(net)
    names = [text.get_text() for text in display.ax_.get_legend().texts]
    assert names == ["quartiles", "median"]
    assert "square-root" in display.figure_.axes[-1].get_ylabel()
    display = display.__class__(
        [1, 4, 9], display.counts[:3], display.edges[:3], display.layer
    ).plot()
    places = [*display.ax_.get_xticks(), *display.ax_.get_xticks(minor=True)]
    assert {1, 4, 9} <= set(places)


def test_small_gradients_have_a_common_power():
    edges = np.linspace(-5e-5, 5e-5, 11)[np.newaxis, np.newaxis]
    display = LayerHistogramDisplay([1], np.ones((1, 1, 10)), edges, ["output"]).plot()
    display.figure_.draw_without_rendering()
    assert "10^{−5}" in display.ax_.yaxis.get_offset_text().get_text()


def test_kind_of_histograms_is_checked(net):
    with pytest.raises(ValueError, match="kind must be one of .*got 'bias'"):
        LayerHistogramDisplay.from_estimator(net, kind="bias")


def test_steps_of_histograms_are_whole_numbers():
    edges = np.tile(np.linspace(0, 1, 11), (1, 1, 1))
    display = LayerHistogramDisplay([1], np.ones((1, 1, 10)), edges, ["output"]).plot()
    ticks = display.ax_.get_xticks()
    assert_array_equal(ticks, np.round(ticks))


def test_each_further_metric_has_a_panel(X, y, fit):
    net = SoftmaxClassifier((5,), max_iter=5, early_stopping=True, random_state=0)
    net.set_params(scoring=["loss", "f1_macro", "accuracy"])
    display = TrainingCurveDisplay.from_estimator(fit(net, X, y))
    labels = [axes.get_ylabel() for axes in display.axes_]
    assert labels == ["loss", "−loss", "F1 macro", "accuracy"]
    line = display.lines_["validation_accuracy"]
    assert_array_equal(line.get_ydata(), net.history_["validation_accuracy"])
    # The first metric is drawn once.
    net.set_params(scoring=["f1_macro", "accuracy"])
    display = TrainingCurveDisplay.from_estimator(fit(net, X, y))
    assert len(display.axes_) == 3
