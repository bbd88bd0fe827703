"""skl2onnx converts pipelines with the estimators of skdl, whole."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdl import PCAWhitener, Standardizer, TabularClassifier
from skdl.export import to_onnx
from tests.export.cases import ENSEMBLES, NETS, ROWS, THREE, TRANSFORMERS, X
from tests.export.common import feeds_of, fitted, run

pytest.importorskip("onnx", reason="needs onnx: pip install skdl[onnx]")
pytest.importorskip("onnxruntime", reason="needs onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx", reason="needs skl2onnx")
MODELS = {**NETS, **ENSEMBLES}
NET = NETS["activation=relu"][0]
SOME = [
    "activation=maxout", "linear", "batch norm after", "two classes", "indicator",
    "columns", "sigmoids", "numbers", "several numbers", "quantiles", "soft vote",
    "hard vote", "mean",
]  # fmt: skip


def check(estimator, found, rows=ROWS):
    if not hasattr(estimator, "classes_"):
        y = estimator.predict(rows)
        wanted = y[:, None] if y.ndim == 1 else y
        assert_allclose(found["variable"], wanted, rtol=1e-5, atol=1e-5)
        return
    assert np.sum(found["label"] != estimator.predict(rows)) <= 1
    if hasattr(estimator, "predict_proba"):
        pairs = found["probabilities"], estimator.predict_proba(rows)
        for ours, theirs in zip(*pairs, strict=True):
            assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("name", SOME)
def test_pipelines_with_steps_of_scikit_learn(name):
    net, y = MODELS[name]
    pipeline = fitted(make_pipeline(StandardScaler(), net), X, y)
    check(pipeline, run(to_onnx(pipeline), ROWS))


@pytest.mark.parametrize(
    "estimator",
    [
        GridSearchCV(NET, {"alpha": [0.1, 1.0]}, cv=2),
        VotingClassifier([("a", NET)], voting="soft", flatten_transform=False),
        StackingClassifier([("a", NET), ("b", NETS["hinge"][0])], cv=2),
        CalibratedClassifierCV(NET, cv=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_meta_estimators(estimator):
    estimator = fitted(estimator, X, THREE)
    check(estimator, run(to_onnx(estimator), ROWS))


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_before_a_step_of_scikit_learn(name):
    pipeline = make_pipeline(TRANSFORMERS[name], StandardScaler()).fit(X)
    found = run(to_onnx(pipeline), ROWS)["variable"]
    assert_allclose(found, pipeline.transform(ROWS), rtol=1e-4, atol=1e-4)


def test_data_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd")).assign(town=["x", "y", "z"] * 20)
    columns = make_column_transformer(
        (OneHotEncoder(), ["town"]), (StandardScaler(), list("abcd"))
    )
    for net in NET, TabularClassifier(n_members=1, max_iter=1):
        pipeline = fitted(make_pipeline(columns, net), frame, THREE)
        model = to_onnx(pipeline, frame)
        check(pipeline, run(model, feeds_of(model, frame)), frame)
    with pytest.raises(ValueError, match=r"call to_onnx\(estimator, X\)"):
        to_onnx(pipeline)


def test_pipelines_of_skdl_alone_do_without_skl2onnx(monkeypatch):
    pipeline = make_pipeline(Standardizer(), "passthrough", PCAWhitener(), NET)
    pipeline = fitted(pipeline, X, THREE)
    others = fitted(make_pipeline(StandardScaler(), NET), X, THREE)
    monkeypatch.setitem(__import__("sys").modules, "skl2onnx", None)
    check(pipeline, run(to_onnx(pipeline), ROWS))
    with pytest.raises(ImportError, match="pip install skl2onnx"):
        to_onnx(others)


def test_calls_of_skl2onnx_itself():
    net = fitted(NET, X, THREE)
    maps = run(skl2onnx.to_onnx(net, X), ROWS)
    p = [[row[k] for k in range(3)] for row in maps["output_probability"]]
    assert_allclose(p, net.predict_proba(ROWS), atol=1e-5)
    options = {"zipmap": False, "nocl": True}
    found = run(skl2onnx.to_onnx(net, X, options=options), ROWS)
    assert_array_equal(found["label"], net.predict(ROWS))
    options = {"zipmap": False, "raw_scores": True}
    found = run(skl2onnx.to_onnx(net, X, options=options), ROWS)
    scores = net.decision_function(ROWS)
    assert_allclose(found["probabilities"], scores, rtol=1e-5, atol=1e-5)
    hinge = fitted(NETS["hinge of two classes"][0], X, THREE > 0)
    found = run(skl2onnx.to_onnx(hinge, X, options={"zipmap": False}), ROWS)
    scores = hinge.decision_function(ROWS)
    assert_allclose(
        found["probabilities"], np.column_stack([-scores, scores]), atol=1e-5
    )
