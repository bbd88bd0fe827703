"""The worst mistakes: their order, their images, their table."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdl import MLPRegressor, SoftmaxClassifier, Standardizer, SVMClassifier
from skdl.engine import Quantile
from skdl.inspection import MistakesDisplay

SHAPE = {"image_shape": (4, 4)}
LABELS = np.array(["a", "b", "c"])
P = np.array(
    [[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.0, 0.02, 0.98], [0.6, 0, 0.4]]
)
TRUE = np.array(["a", "a", "c", "b", "c"])
from_predictions = MistakesDisplay.from_predictions


def texts(display):
    return [text.get_text() for text in display.texts_]


def cells(display, line):
    table = display.table_.get_celld()
    n_columns = 1 + max(column for _, column in table)
    return [table[line, j].get_text().get_text() for j in range(n_columns)]


def test_the_least_probable_label_comes_first():
    X = np.arange(20.0).reshape(5, 4)
    display = from_predictions(
        TRUE, P, X=X, classes=LABELS, probabilities=True, image_shape=(2, 2)
    )
    assert display.indices.tolist() == [3, 1, 2, 4]
    assert display.true.tolist() == ["b", "a", "c", "c"]
    assert display.predicted.tolist() == ["c", "b", "b", "a"]
    expected = [[0.98, 0.02], [0.7, 0.2], [0.4, 0.3], [0.6, 0.4]]
    assert_allclose(display.probability, expected)
    assert texts(display)[0] == "row 3\ntrue b (2 %)\npredicted c (98 %)"
    shown = display.image_.get_array().filled(np.nan)
    (x, y), tile = display.texts_[0].get_position(), shown[3:5, :2]
    assert_allclose(tile, (X[3].reshape(2, 2) - 4) / 15)
    assert x == 0.5
    assert y < 3  # above the image


def test_classes_may_have_any_order():
    order = [2, 0, 1]
    display = from_predictions(
        TRUE, P[:, order], X=np.zeros((5, 4)), classes=LABELS[order], probabilities=True
    )
    assert display.indices.tolist() == [3, 1, 2, 4]


def test_equal_probabilities_are_ordered_by_the_lead_of_the_wrong_class():
    p = np.array([[0.0, 0.3, 0.7], [0.0, 0.9, 0.1], [1.0, 0.0, 0.0]])
    display = from_predictions(
        np.zeros(3, int), p, X=p, classes=[0, 1, 2], probabilities=True
    )
    assert display.indices.tolist() == [1, 0]


def test_scores_are_ordered_by_the_lead_of_the_wrong_class():
    scores = np.array([[3.0, 1, 0], [5, 4, 0], [0, 1, 9]])
    display = from_predictions(
        ["b", "b", "a"], scores, X=np.zeros((3, 4)), classes=LABELS
    )
    assert display.indices.tolist() == [2, 0, 1]
    assert display.probability is None
    assert cells(display, 1)[:3] == ["2", "a", "c"]


@pytest.mark.parametrize("probabilities", [True, False])
def test_two_classes_may_have_one_column(probabilities):
    scores = np.array([0.9, 0.3, 0.6]) - (0 if probabilities else 0.5)
    display = from_predictions(
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
    expected = [str(i), f"{X[i, 0]:.3g}", f"{net.predict(X)[i]:.3g}"]
    assert cells(display, 1)[:3] == expected


def test_errors_of_unsigned_bytes_may_be_negative():
    y, predicted = np.array([0, 5], np.uint8), np.array([250, 4], np.uint8)
    assert from_predictions(y, predicted, X=np.eye(2)).indices.tolist() == [0, 1]


def test_soft_targets_stand_for_the_most_probable_class(X, y, fit):
    codes = np.unique(y, return_inverse=True)[1]
    soft = 0.2 + 0.4 * np.eye(3)[codes]
    net = fit(SoftmaxClassifier((3,), max_iter=3, random_state=0), X, soft)
    display = MistakesDisplay.from_estimator(net, X, soft)
    same = MistakesDisplay.from_estimator(net, X, codes)
    assert len(display.indices) == 15
    assert_array_equal(display.indices, same.indices)
    assert str(display) == str(same)


def test_a_table_has_names_words_and_gaps(X, y, fit):
    frame = pd.DataFrame(X[:, :2], columns=["a", "b"]).assign(word=y)
    frame.loc[::2, "b"] = np.nan
    encoder = make_column_transformer(
        (SimpleImputer(), ["a", "b"]), (OneHotEncoder(), ["word"])
    )
    model = make_pipeline(encoder, SoftmaxClassifier((3,), max_iter=3, random_state=0))
    display = MistakesDisplay.from_estimator(fit(model, frame, y), frame, y)
    assert cells(display, 0) == ["row", "true", "predicted", "a", "b", "word"]
    for line, i in enumerate(display.indices, 1):
        gap = "nan" if i % 2 == 0 else f"{X[i, 1]:.3g}"
        assert cells(display, line)[3:] == [f"{X[i, 0]:.3g}", gap, y[i]]
    first, second = str(display).splitlines()[:2]
    assert first.split() == ["row", "true", "predicted", "a", "b", "word"]
    assert second.split()[0] == str(display.indices[0])
    assert len(first) == len(second)


def test_a_wide_table_shows_the_first_columns():
    X = np.arange(40.0).reshape(2, 20)
    display = from_predictions(np.ones(2), np.zeros(2), X=X)
    assert cells(display, 0)[3:] == [*map(str, range(12)), "…"]
    frame = pd.DataFrame(np.eye(2), columns=[0, "a name that is long"])
    display = from_predictions(np.ones(2), np.zeros(2), X=frame)
    assert cells(display, 0)[3:] == ["0", "a name that\nis long"]


def test_a_wide_table_shows_the_columns_in_which_the_mistakes_differ_most():
    X = np.random.default_rng(0).normal(size=(100, 20))
    X[3, [5, 17]] = 30, -30
    y = np.zeros(100)
    y[3] = 9
    display = from_predictions(y, np.zeros(100), X=X, n_mistakes=1)
    assert {5, 17} < set(display.columns.tolist())
    assert display.columns.tolist() == sorted(display.columns)
    assert cells(display, 0)[3:] == [*map(str, display.columns), "…"]
    words = np.full((100, 20), "a", object)
    display = from_predictions(y, np.zeros(100), X=words, n_mistakes=1)
    assert display.columns.tolist() == list(range(12))


def test_names_of_columns_are_those_that_the_model_learned_from(X, y, fit):
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    model = make_pipeline(Standardizer(), SoftmaxClassifier((3,), max_iter=3))
    display = MistakesDisplay.from_estimator(fit(model, frame, y), frame, y)
    assert cells(display, 0)[3:] == ["a", "b", "c"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the array has no names
        display = MistakesDisplay.from_estimator(model, X[:, :3], y)
    assert cells(display, 0)[3:] == ["a", "b", "c"]


def test_sparse_rows_are_shown_like_dense_ones(X, y, net):
    for options in ({}, SHAPE):
        sparse, dense = (
            MistakesDisplay.from_estimator(net, rows, y, **options)
            for rows in (csr_array(X), X)
        )
        assert_array_equal(sparse.rows, dense.rows)


def test_images_may_have_gaps():
    X = np.array([[0.0, 1, np.nan, 4]])
    display = from_predictions([1], [0], X=X, image_shape=(2, 2))
    tile = display.image_.get_array().filled(np.nan)[-2:]
    assert_array_equal(tile, [[0, 0.25], [np.nan, 1]])


def test_long_labels_do_not_overlap():
    X, classes = np.zeros((6, 16)), ["a rather long name", "b"]
    display = from_predictions(["b"] * 6, np.zeros(6), X=X, classes=classes, **SHAPE)
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.texts_]
    assert all(boxes[i].x1 < boxes[i + 1].x0 for i in range(4))
    assert boxes[0].x0 >= 0
    assert boxes[4].x1 <= display.figure_.bbox.x1


def test_cells_have_room_for_their_text():
    X = np.full((3, 2), -0.01234)
    display = from_predictions(np.zeros(3), np.full(3, -1234.5), X=X)
    display.figure_.draw_without_rendering()
    for cell in display.table_.get_celld().values():
        text = cell.get_text().get_window_extent()
        assert text.width < cell.get_window_extent().width


def test_a_model_without_mistakes():
    display = from_predictions(
        ["a"], [[1.0, 0]], X=np.zeros((1, 4)), classes=["a", "b"], image_shape=(2, 2)
    )
    assert [text.get_text() for text in display.ax_.texts] == ["no mistakes"]


def test_extreme_probabilities_are_rounded_to_bounds():
    display = from_predictions(
        ["b"], [[0.999, 0.001]], X=np.zeros((1, 4)), classes=["a", "b"],
        probabilities=True,
    )  # fmt: skip
    assert cells(display, 1)[1:3] == ["b (<1 %)", "a (>99 %)"]


def test_several_outputs_are_refused(X, y, fit):
    columns = np.column_stack([X[:, 0], X[:, 1]])
    with pytest.raises(ValueError, match="y_true has 2 columns.*pass one column"):
        from_predictions(columns, columns, X=X)
    net = MLPRegressor(Quantile([0.1, 0.9]), max_iter=2, random_state=0)
    net = fit(net, X, X[:, 0])
    with pytest.raises(ValueError, match="y_pred has 2 columns.*pass one column"):
        MistakesDisplay.from_estimator(net, X, X[:, 0])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "message"),
    [
        (TRUE, TRUE, {}, "y_true must be numbers, as classes is None"),
        (TRUE, TRUE, {"classes": LABELS}, "y_pred must be a score for each class"),
        (TRUE, P[:, :2], {"classes": LABELS}, "2 columns, and there are 3 classes"),
        (["z"] * 5, P, {"classes": LABELS}, r"not among the classes: \['z'\]"),
        (TRUE, P[:4], {"classes": LABELS}, "inconsistent numbers of samples"),
        (TRUE[:4], P, {"classes": LABELS}, "inconsistent numbers of samples"),
        (np.ones(5), np.ones(5), {"probabilities": True}, "needs classes"),
        (TRUE, P, {}, "y_pred has 3 columns.* pass classes=net.classes_, and prob"),
        (np.ones(5), P[:, :2], {}, "2 columns.* pass classes=.* pass one column"),
        (["a", None, "a", "a", "a"], P, {"classes": LABELS}, "y_true contains None"),
        (np.ones((5, 1, 1)), np.ones(5), {}, r"got shape \(5, 1, 1\)"),
    ],
)
def test_wrong_predictions(y_true, y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        from_predictions(y_true, y_pred, X=P, **options)


def test_probabilities_of_other_classes(net, X):
    with pytest.raises(ValueError, match="probabilities of 80 classes"):
        MistakesDisplay.from_estimator(net, X, np.eye(80))
