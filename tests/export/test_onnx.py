"""Models of `to_onnx` predict as the estimators do, run by ONNX Runtime."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning

from skdl.export import to_onnx
from tests.export.cases import ENSEMBLES, NETS, ROWS, TRANSFORMERS, X

pytest.importorskip("onnx", reason="needs onnx: pip install skdl[onnx]")
runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")

MODELS = {**NETS, **ENSEMBLES}


def fitted(estimator, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(estimator).fit(*data)


def session(model):
    import onnx

    onnx.checker.check_model(model, full_check=True)
    return runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def run(model, rows):
    """Return the outputs by name for a matrix of rows."""
    one = session(model)
    names = [output.name for output in one.get_outputs()]
    return dict(zip(names, one.run(None, {"X": rows}), strict=True))


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
