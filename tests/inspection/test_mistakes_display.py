"""Rows are the worst errors, in their order, and say what they are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdl import LogisticClassifier, MLPRegressor, SoftmaxClassifier, SVMClassifier
from skdl.inspection import MistakesDisplay

SHAPE = {"image_shape": (4, 4)}

LABELS = np.array(["a", "b", "c"])
P = np.array(
    [[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.0, 0.02, 0.98], [0.6, 0, 0.4]]
)
TRUE = np.array(["a", "a", "c", "b", "c"])


def texts(display):
    return [text.get_text() for text in display.texts_]


def test_probabilities():
    X = np.arange(20.0).reshape(5, 4)
    display = MistakesDisplay.from_predictions(
        TRUE, P, X=X, classes=LABELS, probabilities=True, image_shape=(2, 2)
    )
    assert display.indices.tolist() == [3, 1, 2, 4]
    assert display.predicted.tolist() == ["c", "b", "b", "a"]
    expected = [[0.98, 0.02], [0.7, 0.2], [0.4, 0.3], [0.6, 0.4]]
    assert_allclose(display.probability, expected)
    assert texts(display)[0] == "true b (2 %)\npredicted c (98 %)"
    shown = display.image_.get_array().filled(np.nan)
    (x, y), tile = display.texts_[0].get_position(), shown[2:4, :2]
    assert_allclose(tile, (X[3].reshape(2, 2) - 4) / 15)
    assert x == 0.5
    assert y < 2  # above


def test_classes_in_any_order():
    order = [2, 0, 1]
    X = np.zeros((5, 4))
    display = MistakesDisplay.from_predictions(
        TRUE, P[:, order], X=X, classes=LABELS[order], probabilities=True
    )
    assert display.indices.tolist() == [3, 1, 2, 4]


def test_scores_rank_by_the_lead():
    scores = np.array([[3.0, 1, 0], [5, 4, 0], [0, 1, 9]])
    display = MistakesDisplay.from_predictions(
        ["b", "b", "a"], scores, X=np.zeros((3, 4)), classes=LABELS
    )
    assert display.indices.tolist() == [2, 0, 1]
    assert display.probability is None
    assert texts(display)[0] == "true a, predicted c"


@pytest.mark.parametrize("probabilities", [True, False])
def test_one_column_for_two_classes(probabilities):
    scores = np.array([0.9, 0.3, 0.6]) - (0 if probabilities else 0.5)
    display = MistakesDisplay.from_predictions(
        [0, 1, 0], scores, X=np.zeros((3, 2)), classes=[0, 1],
        probabilities=probabilities,
    )  # fmt: skip
    assert display.indices.tolist() == [0, 1, 2]
    assert display.predicted.tolist() == [1, 0, 1]


def test_from_a_classifier(net, X, y):
    display = MistakesDisplay.from_estimator(net, X, y, n_mistakes=3)
    probabilities = net.predict_proba(X)
    of_true = probabilities[np.arange(80), np.searchsorted(net.classes_, y)]
    wrong = np.flatnonzero(net.predict(X) != y)
    expected = wrong[np.argsort(of_true[wrong])][:3]
    assert_array_equal(display.indices, expected)
    assert_array_equal(display.rows, X[expected])
    assert_array_equal(display.true, y[expected])
    assert_allclose(display.probability[:, 1], of_true[expected])


def test_from_a_net_without_probabilities(X, y, fit):
    net = fit(SVMClassifier((3,), max_iter=3, random_state=0), X, y)
    display = MistakesDisplay.from_estimator(net, X, y)
    scores = net.decision_function(X)
    of_true = scores[np.arange(80), np.searchsorted(net.classes_, y)]
    lead = scores.max(axis=1) - of_true
    assert_array_equal(display.indices, np.argsort(-lead)[: len(display.indices)])
    assert (lead[display.indices] > 0).all()


def test_from_a_regressor(X, fit):
    net = fit(MLPRegressor(max_iter=3, random_state=0), X, X[:, 0])
    display = MistakesDisplay.from_estimator(net, X, X[:, 0], n_mistakes=2)
    errors = np.abs(net.predict(X) - X[:, 0])
    assert_array_equal(display.indices, np.argsort(-errors)[:2])
    i = display.indices[0]
    said = f"true {X[i, 0]:.3g}, predicted {net.predict(X)[i]:.3g}"
    assert texts(display)[0] == said


def test_a_table_has_names_numbers_and_deviations():
    pandas = pytest.importorskip("pandas")
    X = np.array([[1.0, 10], [2, 10], [6, 10]])
    frame = pandas.DataFrame(X, columns=["size", "constant"])
    display = MistakesDisplay.from_predictions(
        np.array([1.0, 2, 3]), np.array([1.0, 2, 9]), X=frame, n_mistakes=1
    )
    z = (X[2] - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    assert_allclose(display.image_.get_array(), [z])
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["size", "constant"]
    assert [text.get_text() for text in display.ax_.texts] == ["6", "10"]


def test_soft_targets_stand_for_the_most_probable_class(X, y, fit):
    codes = np.unique(y, return_inverse=True)[1]
    soft = 0.2 + 0.4 * np.eye(3)[codes]
    net = fit(SoftmaxClassifier((3,), max_iter=3, random_state=0), X, soft)
    display = MistakesDisplay.from_estimator(net, X, soft)
    same = MistakesDisplay.from_estimator(net, X, codes)
    assert len(display.indices) == 15
    assert_array_equal(display.indices, same.indices)
    assert texts(display) == texts(same)


@pytest.mark.parametrize("as_frame", [False, True])
def test_several_labels(X, fit, as_frame):
    labels = X[:, :3] > 0.5
    net = fit(LogisticClassifier((3,), max_iter=3, random_state=0), X, labels)
    y = labels
    if as_frame:
        y = pytest.importorskip("pandas").DataFrame(labels, columns=["big", "red", "x"])
    display = MistakesDisplay.from_estimator(net, X, y, **SHAPE)
    p = net.predict_proba(X)
    of_true = np.where(labels, p, 1 - p)
    wrong = np.flatnonzero((net.predict(X) != labels).any(axis=1))
    expected = wrong[np.argsort(of_true[wrong].min(axis=1))][:15]
    assert_array_equal(display.indices, expected)
    names = ["big", "red", "x"] if as_frame else ["label 0", "label 1", "label 2"]
    worst = of_true[expected].argmin(axis=1)
    assert display.output == [names[j] for j in worst]
    is_true = int(labels[expected[0], worst[0]])
    said = f"{names[worst[0]]}: true {is_true} ("
    assert texts(display)[0].startswith(said)
    assert_allclose(display.probability[:, 1], of_true[expected].min(axis=1))


def test_several_columns_of_labels(X, y, fit):
    columns = np.column_stack([y, np.where(X[:, 3] > 0, "up", "down")])
    net = fit(SVMClassifier((3,), max_iter=3, random_state=0), X, columns)
    display = MistakesDisplay.from_estimator(net, X, columns, n_mistakes=80)
    wrong = net.predict(X) != columns
    assert set(display.indices) == set(np.flatnonzero(wrong.any(axis=1)))
    for i, output, predicted in zip(
        display.indices, display.output, display.predicted, strict=True
    ):
        j = int(output.removeprefix("output "))
        assert wrong[i, j]
        assert predicted == net.predict(X)[i, j]


def test_several_numbers(X, fit):
    Y = X[:, :2] * [1, 100]
    net = fit(MLPRegressor(max_iter=3, random_state=0), X, Y)
    display = MistakesDisplay.from_estimator(net, X, Y)
    errors = np.abs(net.predict(X) - Y) / Y.std(axis=0)
    assert_array_equal(display.indices, np.argsort(-errors.max(axis=1))[:15])
    said = [f"output {j}" for j in errors[display.indices].argmax(axis=1)]
    assert display.output == said


def test_a_table_with_words_and_gaps(X, y, fit):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X[:, :2], columns=["a", "b"]).assign(word=y)
    frame.loc[::2, "b"] = np.nan
    encoder = make_column_transformer(
        (SimpleImputer(), ["a", "b"]), (OneHotEncoder(), ["word"])
    )
    model = make_pipeline(encoder, SoftmaxClassifier((3,), max_iter=3, random_state=0))
    display = MistakesDisplay.from_estimator(fit(model, frame, y), frame, y)
    shown = np.ma.filled(display.image_.get_array(), np.nan)
    assert np.isnan(shown[:, 2]).all()
    of_gaps = np.isin(display.indices, np.arange(0, 80, 2))
    assert_array_equal(np.isnan(shown[:, 1]), of_gaps)
    first = display.indices[0]
    cells = [text.get_text() for text in display.ax_.texts][:3]
    assert cells == [f"{X[first, 0]:.3g}", "nan" if of_gaps[0] else cells[1], y[first]]


def test_names_of_columns_may_be_numbers():
    pandas = pytest.importorskip("pandas")
    display = MistakesDisplay.from_predictions(
        np.ones(2), np.zeros(2), X=pandas.DataFrame(np.eye(2))
    )
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert labels == ["0", "1"]


def test_cells_have_room_for_numbers():
    display = MistakesDisplay.from_predictions(
        np.zeros(3), np.full(3, -1234.5), X=np.full((3, 2), -0.01234)
    )
    display.figure_.draw_without_rendering()
    cell = display.ax_.get_window_extent().width / 2
    for text in display.ax_.texts:
        assert text.get_window_extent().width < cell


def test_images_with_gaps():
    X = np.array([[0.0, 1, np.nan, 4]])
    display = MistakesDisplay.from_predictions([1], [0], X=X, image_shape=(2, 2))
    tile = display.image_.get_array().filled(np.nan)[-2:]
    assert_array_equal(tile, [[0, 0.25], [np.nan, 1]])


def test_long_names_have_room():
    X, classes = np.zeros((6, 16)), ["a rather long name", "b"]
    display = MistakesDisplay.from_predictions(
        ["b"] * 6, np.zeros(6), X=X, classes=classes, **SHAPE
    )
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.texts_]
    assert all(boxes[i].x1 < boxes[i + 1].x0 for i in range(4))
    assert boxes[0].x0 >= 0
    assert boxes[4].x1 <= display.figure_.bbox.x1


def test_no_mistakes():
    display = MistakesDisplay.from_predictions(
        ["a"], [[1.0, 0]], X=np.zeros((1, 4)), classes=["a", "b"], image_shape=(2, 2)
    )
    assert [text.get_text() for text in display.ax_.texts] == ["no mistakes"]


def test_extremes_are_said_so():
    display = MistakesDisplay.from_predictions(
        ["b"], [[0.999, 0.001]], X=np.zeros((1, 4)), classes=["a", "b"],
        probabilities=True,
    )  # fmt: skip
    assert texts(display) == ["true b (<1 %), predicted a (>99 %)"]


def test_what_does_not_fit(net, X, y):
    with pytest.raises(ValueError, match="probabilities of 80 classes"):
        MistakesDisplay.from_estimator(net, X, np.eye(80))
    with pytest.raises(ValueError, match="one label or number for each row"):
        MistakesDisplay.from_estimator(net, X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="2 columns, and there are 3 classes"):
        MistakesDisplay.from_predictions(TRUE, P[:, :2], X=P, classes=LABELS)
    with pytest.raises(ValueError, match=r"not among the classes: \['z'\]"):
        MistakesDisplay.from_predictions(["z"], P[:1], X=P[:1], classes=LABELS)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        MistakesDisplay.from_predictions(TRUE, P, X=X, classes=LABELS)
