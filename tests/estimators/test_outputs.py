"""What raw scores say of a column of labels."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skdl.engine import LogisticLoss, Softmax
from skdl.estimators._labels import stack_columns, subset_accuracy
from skdl.estimators._targets import Indicator, Labels

SCORES = np.array([[1.0, -1.0, 0.5], [-2.0, 3.0, 4.0]])


def make_output(classes, loss, kind=Labels):
    """Return the targets of a net with this loss."""
    return kind(SimpleNamespace(loss=loss), np.asarray(classes))


def test_three_classes():
    output = make_output(np.array(["a", "b", "c"]), Softmax())
    assert_array_equal(output.decide(SCORES), [0, 2])
    assert_array_equal(output.decode(SCORES), ["a", "c"])
    assert output.decision(SCORES) is SCORES
    assert_allclose(np.exp(output.log_probabilities(SCORES)).sum(axis=1), 1)
    assert_allclose(
        output.probabilities(SCORES), np.exp(output.log_probabilities(SCORES))
    )


@pytest.mark.parametrize("loss", [Softmax(), LogisticLoss()])
def test_two_classes(loss):
    output = make_output(np.array([-1, 1]), loss)
    scores = np.ascontiguousarray(SCORES[:, : loss.n_scores(2)])
    ahead = scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores[:, 0]
    assert_array_equal(output.decision(scores), ahead)
    assert_array_equal(output.decode(scores), np.where(ahead > 0, 1, -1))
    assert_allclose(output.probabilities(scores)[:, 1], 1 / (1 + np.exp(-ahead)))


@pytest.mark.parametrize("loss", [Softmax(), LogisticLoss()])
def test_one_class(loss):
    output = make_output(np.array(["only"]), loss)
    scores = SCORES[:, :1]
    assert_array_equal(output.decode(scores), ["only", "only"])
    assert_array_equal(output.probabilities(scores), [[1], [1]])
    assert_array_equal(output.log_probabilities(scores), [[0], [0]])


def test_labels_that_do_not_exclude_one_another():
    output = make_output(np.arange(3), LogisticLoss(), Indicator)
    assert_array_equal(output.decode(SCORES), [[1, 0, 1], [0, 1, 1]])
    assert_allclose(output.probabilities(SCORES), 1 / (1 + np.exp(-SCORES)))


def test_certain_labels_rank_by_log_probabilities_as_by_probabilities():
    scores = np.array([[36.0, 40.0, 700.0, -800.0], [20.0, 20.000001, 1.0, -5.0]])
    output = make_output(np.arange(4), LogisticLoss(), Indicator)
    for dtype in (np.float64, np.float32):
        p = output.probabilities(scores.astype(dtype))
        logs = output.log_probabilities(scores.astype(dtype))
        assert np.isfinite(logs).all()
        assert logs.dtype == dtype
        assert_array_equal(logs == 0, p == 1)
        assert_array_equal(logs.argmax(axis=1), p.argmax(axis=1))
        assert_allclose(logs[0, 3], -800)
    assert (p[0, :3] == 1).all()


def test_probabilities_without_log_probabilities():
    class OnlyProbabilities:
        encode = n_scores = rows_and_gradient = print

        def probabilities(self, scores):
            return Softmax().probabilities(scores)

    output = make_output(np.arange(3), OnlyProbabilities())
    expected = np.log(Softmax().probabilities(SCORES))
    assert_allclose(output.log_probabilities(SCORES), expected)


COLUMNS = {
    "integers": ([[1, 2], [3, 4]], "i"),
    "integers and floats": ([[1, 2], [0.0, 4.0]], "f"),
    "text": ([["a", "b"], ["long", "b"]], "U"),
    "text and integers": ([["a", "b"], [3, 4]], "O"),
    "bools and integers": ([[True, False], [3, 4]], "O"),
}


@pytest.mark.parametrize(("columns", "kind"), COLUMNS.values(), ids=COLUMNS)
def test_columns_keep_their_labels(columns, kind):
    matrix = stack_columns([np.array(column) for column in columns])
    assert matrix.shape == (2, 2)
    assert matrix.dtype.kind == kind
    assert matrix.T.tolist() == columns


def test_a_row_is_right_if_all_its_labels_are():
    y = np.array([[1, 2], [1, 3], [2, 2], [2, 3]])
    predicted = np.array([[1, 2], [1, 2], [1, 3], [2, 3]])
    assert subset_accuracy(y, predicted, None) == 0.5
    assert subset_accuracy(y.tolist(), predicted, [3, 1, 0, 0]) == 0.75
    assert subset_accuracy(csr_array(y), predicted, None) == 0.5
    for wrong in (y[:, 0], y[:3], y[:, [0, 1, 1]]):
        with pytest.raises(ValueError, match=r"y must be of shape \(4, 2\)"):
            subset_accuracy(wrong, predicted, None)
    with pytest.raises(ValueError, match="inconsistent"):
        subset_accuracy(y, predicted, [1, 2])
