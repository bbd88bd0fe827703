"""Models of `to_onnx` predict as the estimators do, run by ONNX Runtime."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import skdl
from skdl import MLPClassifier
from skdl.engine import SoftmaxCrossEntropy
from skdl.export import to_onnx
from tests.export.cases import ENSEMBLES, NETS, ROWS, TRANSFORMERS, X
from tests.export.common import fitted, run, session

pytest.importorskip("onnx", reason="needs onnx: pip install skdl[onnx]")
pytest.importorskip("onnxruntime", reason="needs onnxruntime")

MODELS = {**NETS, **ENSEMBLES}


def expected(estimator, rows):
    """Return what a model should give for rows, by the names of its outputs."""
    if not is_classifier(estimator):
        method = "predict" if hasattr(estimator, "predict") else "transform"
        values = getattr(estimator, method)(rows)
        return {"variable": values[:, None] if values.ndim == 1 else values}
    label = estimator.predict(rows)
    if hasattr(estimator, "predict_proba"):
        return {"label": label, "probabilities": estimator.predict_proba(rows)}
    return {"label": label, "scores": estimator.decision_function(rows)}


def compare(found, wanted, tolerance=1e-5):
    assert list(found) == list(wanted)
    second = list(wanted)[-1]
    if isinstance(wanted[second], list):
        assert len(found[second]) == len(wanted[second])
    pairs = zip(*(
        one[second] if isinstance(one[second], list) else [one[second]]
        for one in (found, wanted)
    ), strict=True)  # fmt: skip
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    if "label" in wanted:
        ours, theirs = found["label"], wanted["label"]
        assert ours.shape == theirs.shape
        if theirs.dtype == object:
            theirs = theirs.astype(str)
        # Rounding may turn a row for which two classes are equally likely.
        different = (ours != theirs).reshape(len(ours), -1).any(axis=1)
        assert different.sum() <= len(ours) // 10_000


@pytest.mark.parametrize("name", MODELS)
def test_model_predicts_as_the_estimator(name):
    estimator, y = MODELS[name]
    # Trained in float64, and run in float32.
    estimator = fitted(estimator, X.astype(np.float64), y)
    model = to_onnx(estimator)
    compare(run(model, ROWS), expected(estimator, ROWS))
    compare(run(model, ROWS[:1]), expected(estimator, ROWS[:1]))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_model_transforms_as_the_estimator(name):
    estimator = TRANSFORMERS[name].fit(X.astype(np.float64))
    compare(run(to_onnx(estimator), ROWS), expected(estimator, ROWS))


@pytest.mark.parametrize("name", ["activation=relu", "standardize=True", "numbers"])
def test_rows_of_float64_give_a_model_in_float64(name):
    estimator, y = MODELS[name]
    rows = ROWS.astype(np.float64)
    estimator = fitted(estimator, rows[: len(X)], y)
    compare(run(to_onnx(estimator, rows), rows), expected(estimator, rows), 1e-12)


def test_rows_of_integers_and_large_means():
    rows = np.arange(40, dtype=np.uint8).reshape(-1, 2) % 23
    net = fitted(NETS["linear"][0], rows, np.arange(20) % 3)
    compare(run(to_onnx(net, rows), rows), expected(net, rows))
    # float32 holds the rows, and the net subtracts the mean in float64.
    far = X + np.float32(1e5)
    net = fitted(NETS["standardize=True"][0], far.astype(np.float64), NETS["linear"][1])
    compare(run(to_onnx(net), far), expected(net, far))


def test_names_of_columns_are_inputs():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["height", "weight", "age", "dose"])
    net = fitted(NETS["activation=relu"][0], frame, NETS["activation=relu"][1])
    for model in to_onnx(net), to_onnx(net, frame):
        one = session(model)
        feeds = {name: frame[[name]].to_numpy() for name in frame}
        assert [i.name for i in one.get_inputs()] == list(frame)
        found = one.run(None, feeds)
        assert_allclose(found[1], net.predict_proba(frame), atol=1e-6)
    found = run(to_onnx(net, X), X)
    assert_allclose(found["probabilities"], net.predict_proba(frame), atol=1e-6)


def test_column_with_the_name_of_an_output():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["label", "probabilities", "skdl_add_1", "x y"])
    net = fitted(NETS["linear"][0], frame, NETS["linear"][1])
    found = run(to_onnx(net), {name: frame[[name]].to_numpy() for name in frame})
    assert list(found) == ["label_", "probabilities_"]
    assert_allclose(found["probabilities_"], net.predict_proba(frame), atol=1e-6)


class Own:
    """An activation, and a loss, of a user's own."""

    def forward(self, Z, A):
        np.tanh(Z, out=A)

    def backward(self, dA, Z, A):
        dA *= 1 - A**2


class OwnLink(SoftmaxCrossEntropy):
    def probabilities(self, scores, exclusive=True):
        return super().probabilities(2 * scores)


class OwnLoss(SoftmaxCrossEntropy):
    """With a link of ours."""


def test_objects_of_your_own():
    y = NETS["linear"][1]
    net = fitted(MLPClassifier((3,), activation=Own(), max_iter=1), X, y)
    with pytest.raises(ValueError, match="activation=Own is Python code of your own"):
        to_onnx(net)
    net = fitted(MLPClassifier((3,), loss=OwnLink(), max_iter=1), X, y)
    with pytest.raises(ValueError, match="loss=OwnLink has a method probabilities"):
        to_onnx(net)
    net = fitted(MLPClassifier((3,), loss=OwnLoss(), max_iter=1), X, y)
    compare(run(to_onnx(net), ROWS), expected(net, ROWS))


def test_refusals():
    with pytest.raises(NotFittedError):
        to_onnx(MLPClassifier())
    net = fitted(*NETS["linear"][:1], X, NETS["linear"][1])
    with pytest.raises(ValueError, match="X has 3 columns, and SoftmaxClassifier was"):
        to_onnx(net, X[:, :3])
    with pytest.raises(ValueError, match="X must have rows and columns"):
        to_onnx(net, X[0])
    with pytest.raises(ValueError, match="'X' holds text"):
        to_onnx(net, X.astype(str))


def test_search_gives_its_best_net():
    search = GridSearchCV(NETS["linear"][0], {"alpha": [0.1]}, cv=2)
    search = fitted(search, X, NETS["linear"][1])
    compare(run(to_onnx(search), ROWS), expected(search, ROWS))


def test_model_names_its_maker():
    net = fitted(*NETS["linear"][:1], X, NETS["linear"][1])
    model = to_onnx(net)
    assert (model.producer_name, model.producer_version) == ("skdl", skdl.__version__)
    versions = {one.domain: one.version for one in model.opset_import}
    assert versions == {"": 18, "ai.onnx.ml": 3}


def test_error_without_onnx(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install "skdl\[onnx\]"'):
        to_onnx(MLPClassifier())
